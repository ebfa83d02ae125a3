//! The steps of a rotation, each of which leaves a vault with a key that works and says what is still to do.

use super::{
    super::{Run, door::Door, report},
    Args, Keys,
};
use crate::{
    core::{credentials::Credentials, sanitize},
    edge::aws::UserKey,
    error::{CommandError, Kind},
    vault::{entry::Entry, rotation::Rotation},
};

/// A rotation that goes on.
pub(super) struct Rotating<'a, 'r> {
    pub(super) run: &'a mut Run<'r>,
    pub(super) args: &'a Args,
    pub(super) door: &'a mut Door,
    pub(super) keys: &'a Keys<'a>,
    /// What signs the calls about keys.
    pub(super) signer: Credentials,
}

impl Rotating<'_, '_> {
    /// Goes on from what the entry says, to the end: the IDs of the new key and of the old one.
    pub(super) fn go(mut self, entry: Entry) -> Result<(String, String), CommandError> {
        let listed = self.keys.list(&self.signer)?;
        let is_there = |id: &str| listed.iter().any(|key| key.id == id);
        match entry.rotation.clone() {
            Some(Rotation::Old(old)) => {
                self.say(&format!("going on: {old} is still to be deleted"));
                self.retire(entry, &old, is_there(&old))
            }
            Some(Rotation::New(pair)) if is_there(&pair.access_key_id) => {
                self.say(&format!("going on with {}, which was made before", pair.access_key_id));
                self.take_up(entry, &pair.credentials())
            }
            // It was deleted by somebody: from the beginning.
            Some(Rotation::New(_)) => {
                let whole = entry.without_rotation();
                self.door.swap(&self.args.name, &entry, whole.clone())?;
                self.begin(whole, &listed)
            }
            None => self.begin(entry, &listed),
        }
    }

    /// Makes a key and saves it, before anything else.
    fn begin(mut self, entry: Entry, listed: &[UserKey]) -> Result<(String, String), CommandError> {
        self.make_room(&entry, listed)?;
        let new = match self.keys.create(&self.signer) {
            Ok(new) => new,
            Err(error) => return Err(self.perhaps_made(error, &entry)),
        };
        let pending = entry.with_new_key(&new);
        if let Err(error) = self.door.swap(&self.args.name, &entry, pending.clone()) {
            return Err(self.undo(&new, error));
        }
        self.say(&format!("{} is made and in the vault", new.access_key_id));
        self.take_up(pending, &new)
    }

    /// AWS allows two keys; the one that is not the vault's is nobody's to delete unasked.
    fn make_room(&mut self, entry: &Entry, listed: &[UserKey]) -> Result<(), CommandError> {
        let other = listed.iter().find(|key| key.id != entry.access_key_id);
        match (&self.args.delete_other, other) {
            (None, None) => Ok(()),
            (Some(named), Some(other)) if *named == other.id => {
                self.keys.delete(&other.id, &self.signer)?;
                self.say(&format!("{} is deleted", other.id));
                Ok(())
            }
            (Some(named), _) => {
                let user = self.keys.user;
                Err(CommandError::usage(format!("--delete-other: {named} is no other key of the user {user}")))
            }
            (None, Some(other)) => Err(two_keys(self.keys.user, entry, other, &self.args.name)),
        }
    }

    /// Whether the key was made though its answer got lost: its secret is then known to nobody.
    fn perhaps_made(&self, error: CommandError, entry: &Entry) -> CommandError {
        if error.kind != Kind::Unreachable {
            return error;
        }
        let name = &self.args.name;
        let hint = match self.keys.list(&self.signer) {
            Ok(listed) => match listed.iter().find(|key| key.id != entry.access_key_id) {
                Some(lost) => format!(
                    "{} was made, but its secret got lost on the way: `awsenv rotate {name} --delete-other {}` deletes it and \
                     tries again. The vault is as it was.",
                    lost.id, lost.id
                ),
                None => "No key was made, and the vault is as it was.".to_owned(),
            },
            Err(_) => format!("Perhaps a key was made: `awsenv rotate {name}` will say so. The vault is as it was."),
        };
        error.hint(hint)
    }

    /// Has AWS answer for the new key, of the same user; then it takes the old one's place.
    fn take_up(mut self, pending: Entry, new: &Credentials) -> Result<(String, String), CommandError> {
        let name = &self.args.name;
        match self.keys.who(new) {
            Ok(identity)
                if identity.account == self.keys.identity.account && identity.arn == self.keys.identity.arn => {}
            Ok(identity) => {
                let message = format!("the new key is of {}, not of {}", identity.arn, self.keys.identity.arn);
                return Err(self.give_up(pending, new, CommandError::new(Kind::Mismatch, message)));
            }
            Err(error) if error.kind == Kind::Unreachable => {
                return Err(CommandError::from_parts(error).hint(format!(
                    "The new key is in the vault beside the old one, which stays in use: `awsenv rotate {name}` goes on."
                )));
            }
            Err(error) => return Err(self.give_up(pending, new, CommandError::from_parts(error))),
        }
        let old = pending.access_key_id.clone();
        let placed = pending.with_new_key_in_place(new, self.run.host.now().as_second());
        self.door.swap(name, &pending, placed.clone())?;
        self.say(&format!("AWS knows {}, and `{name}` uses it from now on", new.access_key_id));
        // A session with MFA goes on; the old key itself will not.
        if self.signer.session_token.is_none() {
            self.signer = new.clone();
        }
        self.retire(placed, &old, true)
    }

    /// Switches the old key off, deletes it, and says in the vault that all is done.
    fn retire(self, placed: Entry, old: &str, is_there: bool) -> Result<(String, String), CommandError> {
        let go_on = |error: CommandError| {
            error.hint(format!(
                "The vault has the new key, and {old} is still there: `awsenv rotate {}` goes on.",
                self.args.name
            ))
        };
        if is_there {
            self.keys.switch_off(old, &self.signer).map_err(go_on)?;
            if !self.args.keep_old {
                self.keys.delete(old, &self.signer).map_err(go_on)?;
            }
        }
        self.door.swap(&self.args.name, &placed, placed.without_rotation())?;
        Ok((placed.access_key_id, old.to_owned()))
    }

    /// Deletes the new key again, and forgets it.
    fn give_up(&mut self, pending: Entry, new: &Credentials, error: CommandError) -> CommandError {
        let id = &new.access_key_id;
        if self.keys.delete(id, &self.signer).is_err() {
            return error.hint(format!("{id} could not be deleted again; the old key stays in use."));
        }
        match self.door.swap(&self.args.name, &pending, pending.without_rotation()) {
            Ok(_) => error.hint(format!("{id} was deleted again; the vault is as it was.")),
            Err(_) => error.hint(format!("{id} was deleted again; the old key stays in use.")),
        }
    }

    /// Deletes a key that the vault could not take.
    fn undo(&self, new: &Credentials, error: CommandError) -> CommandError {
        let id = &new.access_key_id;
        match self.keys.delete(id, &self.signer) {
            Ok(()) => error.hint(format!("The new key {id} was deleted again.")),
            Err(_) => error.hint(format!("The new key {id} is lost: delete it in IAM.")),
        }
    }

    fn say(&mut self, what: &str) {
        if !self.run.global.quiet {
            report::talk(self.run.host, &format!("awsenv: {}\n", sanitize::show(what)));
        }
    }
}

fn two_keys(user: &str, entry: &Entry, other: &UserKey, name: &str) -> CommandError {
    let id = &other.id;
    let state = if other.is_active { "active" } else { "switched off" };
    let created = other.created.as_ref().map_or_else(String::new, |at| format!(", made {at}"));
    CommandError::usage(format!(
        "the user {user} has two access keys already, and AWS allows no more: {} of the vault, and {id} ({state}{created})",
        entry.access_key_id
    ))
    .hint(format!("If nobody uses {id}: `awsenv rotate {name} --delete-other {id}` deletes it first."))
    .hint("A rotation that was cut off just when AWS had made the key leaves one whose secret nobody has.")
}
