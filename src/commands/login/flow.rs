//! The two ways to sign in: by a browser that comes back, and by a code that is confirmed anywhere.

use std::{thread, time::Duration};

use jiff::SignedDuration;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::{Run, report};
use crate::{
    core::{
        callback::Callback,
        device_code::{self, Answer},
        sanitize::show,
        secret::Secret,
        sign_in::{self, Flow, Granted, OidcClient, Pkce, SignIn},
    },
    edge::{
        aws::{Grant, NoToken, Oidc},
        browser::{self, Opened},
        callback::{self, Listener},
        progress::Progress,
        sign_ins::SignIns,
    },
    error::{CommandError, Kind, Known as _},
};

/// How long the user is waited for.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);
const SECOND: Duration = Duration::from_secs(1);
/// What stays as it is in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One sign-in.
pub(super) struct Attempt<'a, 'r> {
    pub(super) run: &'a mut Run<'r>,
    pub(super) oidc: Oidc<'a>,
    pub(super) cache: &'a SignIns,
    pub(super) sign_in: &'a SignIn,
    pub(super) flow: Flow,
    /// Whether a browser is opened.
    pub(super) opens: bool,
    pub(super) waiting: Waiting,
}

/// What is said while somebody is waited for.
pub(super) struct Waiting {
    line: Progress,
    said: bool,
}

impl Waiting {
    pub(super) fn new(run: &Run<'_>) -> Self {
        Self { line: Progress::new(run.host, false), said: false }
    }
}

impl Attempt<'_, '_> {
    /// Registers where that is needed, and signs in.
    pub(super) fn sign_in(mut self) -> Result<(OidcClient, Granted), CommandError> {
        let kept = self.cache.client(self.sign_in, self.flow, self.run.host.now());
        let was_kept = kept.is_some();
        let client = kept.map_or_else(|| self.register(), Ok)?;
        match self.go(&client)? {
            Ok(granted) => Ok((client, granted)),
            // Identity Center forgot it, as it does when an instance is made anew.
            Err(NoToken::UnknownClient) if was_kept => {
                self.cache.remove_client(self.sign_in).map_err(CommandError::from_parts)?;
                let client = self.register()?;
                match self.go(&client)? {
                    Ok(granted) => Ok((client, granted)),
                    Err(why) => Err(self.refused(why)),
                }
            }
            Err(why) => Err(self.refused(why)),
        }
    }

    fn register(&self) -> Result<OidcClient, CommandError> {
        let client = self.oidc.register(self.flow).map_err(CommandError::from_parts)?;
        // It can be had again.
        let _ = self.cache.write_client(self.sign_in, self.flow, &client);
        Ok(client)
    }

    fn go(&mut self, client: &OidcClient) -> Result<Result<Granted, NoToken>, CommandError> {
        match self.flow {
            Flow::Browser => self.by_browser(client),
            Flow::Device => self.by_device(client),
        }
    }

    fn by_browser(&mut self, client: &OidcClient) -> Result<Result<Granted, NoToken>, CommandError> {
        let failed = |error: std::io::Error| {
            CommandError::new(Kind::Internal, "no port can be opened for the browser's answer")
                .because(error)
                .hint("--device-code needs none.")
        };
        let state = Pkce::new(&callback::random().map_err(failed)?).verifier;
        let pkce = Pkce::new(&callback::random().map_err(failed)?);
        let listener = Listener::open(state.clone()).map_err(failed)?;
        let redirect_uri = listener.redirect_uri();
        let page = self.oidc.authorize_page().map_err(CommandError::from_parts)?;
        let url = authorize_url(&page, client, &redirect_uri, &state, self.sign_in, &pkce);
        let say = format!("Sign in to {} in your browser, at\n\n  {}\n\n", show(&self.sign_in.name()), show(&url));
        report::talk(self.run.host, &say);
        let mut browser = self.open(&url);
        let mut left = PATIENCE;
        let answer = loop {
            self.progress(left);
            if let Some(answer) = listener.wait(SECOND) {
                break answer;
            }
            browser = self.still_there(browser);
            left = left.saturating_sub(SignedDuration::from_secs(1));
            if left.is_zero() || left.is_negative() {
                self.waiting.line.clear();
                return Err(late());
            }
        };
        self.waiting.line.clear();
        drop(listener);
        match answer {
            Callback::Code(code) => {
                let grant = Grant::Code { code: &code, verifier: &pkce.verifier, redirect_uri: &redirect_uri };
                Ok(self.oidc.token(client, grant))
            }
            Callback::Denied(why) if why != "access_denied" => {
                let message = format!("Identity Center did not sign you in ({why})");
                Err(CommandError::new(Kind::Credentials, message).hint("Try again, or use --device-code."))
            }
            Callback::Denied(_) | Callback::Wrong | Callback::Stranger => Ok(Err(NoToken::Denied)),
        }
    }

    fn by_device(&mut self, client: &OidcClient) -> Result<Result<Granted, NoToken>, CommandError> {
        let device = match self.oidc.start_device(client) {
            Ok(device) => device,
            Err(why) => return Ok(Err(why)),
        };
        let page = device.uri_complete.as_deref().unwrap_or(&device.uri);
        if !sign_in::is_page(&device.uri) || !sign_in::is_page(page) {
            let message = format!("Identity Center names a page that is no https:// address: `{page}` (bad-url)");
            return Err(
                CommandError::new(Kind::Refused, message).hint("No browser was opened. Check the endpoint settings.")
            );
        }
        let say = format!(
            "Sign in to {} in a browser, on any machine, at\n\n  {}\n\nand confirm that it shows the code {}. Only if you asked for \
             this yourself, just now.\n\n",
            show(&self.sign_in.name()),
            show(page),
            show(&device.user_code)
        );
        report::talk(self.run.host, &say);
        let mut browser = self.open(page);
        let oidc = self.oidc;
        let second = |left| {
            self.progress(left);
            thread::sleep(SECOND);
            browser = self.still_there(browser.take());
        };
        let ask = || match oidc.token(client, Grant::Device(&device.code)) {
            Ok(granted) => Answer::Granted(granted),
            Err(NoToken::Pending) => Answer::Pending,
            Err(NoToken::SlowDown) => Answer::SlowDown,
            Err(NoToken::Failed(error)) if error.kind() == Kind::Unreachable => Answer::Lost(NoToken::Failed(error)),
            Err(why) => Answer::Refused(why),
        };
        let answer = device_code::poll(device.lasts.min(PATIENCE), device.interval, second, ask);
        self.waiting.line.clear();
        answer.ok_or_else(late)
    }

    fn open(&mut self, url: &str) -> Option<Opened> {
        if !self.opens {
            return None;
        }
        match browser::open(self.run.host, url) {
            Ok(opened) => Some(opened),
            Err(why) => {
                self.not_opened(&why.to_string());
                None
            }
        }
    }

    fn not_opened(&mut self, why: &str) {
        self.waiting.line.clear();
        let text = format!("awsenv: no browser was opened: {}. Open the address above yourself.\n", show(why));
        report::talk(self.run.host, &text);
    }

    /// Says so, once, when the browser's program failed.
    fn still_there(&mut self, browser: Option<Opened>) -> Option<Opened> {
        match browser.as_ref().and_then(Opened::failure) {
            Some(why) => {
                self.not_opened(&why);
                None
            }
            None => browser,
        }
    }

    /// How long it waits yet: a line that is written anew on a terminal, and once where it would stay.
    fn progress(&mut self, left: SignedDuration) {
        let seconds = left.as_secs();
        let text = format!("awsenv: waiting for the browser, {}:{:02} left (^C ends it)", seconds / 60, seconds % 60);
        self.waiting.line.show(&text);
        if !self.waiting.line.shows() && !self.waiting.said {
            report::talk(self.run.host, &format!("{text}\n"));
        }
        self.waiting.said = true;
    }

    fn refused(&self, why: NoToken) -> CommandError {
        let name = self.sign_in.name();
        let no = |message: String| CommandError::new(Kind::Credentials, message);
        match why {
            NoToken::Failed(error) => CommandError::from_parts(error),
            NoToken::Denied => no(format!("the sign-in to {name} was not allowed in the browser")),
            NoToken::Expired | NoToken::Pending | NoToken::SlowDown => late(),
            NoToken::Invalid => {
                no(format!("Identity Center does not take the browser's answer for {name}")).hint("Sign in again.")
            }
            NoToken::UnknownClient => no(format!("Identity Center does not accept awsenv as a client for {name}"))
                .hint("Check sso_start_url and sso_region in ~/.aws/config."),
        }
    }
}

fn late() -> CommandError {
    CommandError::new(Kind::Credentials, "nobody signed in within the time there was").hint("Try again.")
}

/// The page with all that is asked of it, in the AWS CLI's order.
fn authorize_url(
    page: &str,
    client: &OidcClient,
    redirect_uri: &str,
    state: &Secret,
    sign_in: &SignIn,
    pkce: &Pkce,
) -> String {
    let part = |text: &str| utf8_percent_encode(text, QUERY).to_string();
    format!(
        "{page}?response_type=code&client_id={}&redirect_uri={}&state={}&code_challenge_method=S256&scopes={}&code_challenge={}",
        part(&client.id),
        part(redirect_uri),
        state.expose(),
        part(&sign_in.asked_scopes().join(" ")),
        pkce.challenge
    )
}
