//! The access keys of users, which their own calls change.

use crate::core::hex::hex;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    http::Response,
    operations::Operation,
    scenario::{FakeUser, Scenario},
    sessions::{Caller, key_id},
    terms::Parameters,
    wire::{IAM, Refusal, element, xml_result},
};

/// As many keys as a user may have.
const MOST: usize = 2;

/// Answers an operation on the caller's own keys.
pub(super) fn answer(
    operation: Operation,
    scenario: &mut Scenario,
    caller: &Caller,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Response, Refusal> {
    let user = caller.arn.rsplit('/').next().unwrap_or_default();
    let named = parameters.get("UserName").map_or(user, String::as_str);
    if named != user || caller.is_role || (scenario.keys_need_mfa && !caller.mfa) {
        let action = format!("iam:{}", operation.name());
        return Err(Refusal::denied(&caller.arn, &action, &format!("user {named}")));
    }
    let keys: Vec<FakeUser> = scenario.users.iter().filter(|user| user.arn == caller.arn).cloned().collect();
    let id = parameters.get("AccessKeyId").cloned().unwrap_or_default();
    let status = |id: &str, inactive| {
        let status = if inactive { "Inactive" } else { "Active" };
        [
            element("UserName", user),
            element("AccessKeyId", id),
            element("Status", status),
            element("CreateDate", "2026-01-02T03:04:05Z"),
        ]
        .concat()
    };
    let result = match operation {
        Operation::CreateAccessKey => {
            if keys.len() >= MOST {
                let message = "Cannot exceed quota for AccessKeysPerUser: 2";
                return Err(Refusal::new(409, "LimitExceeded", message));
            }
            // Never one less: an ID that was deleted does not come again.
            let number = u32::try_from(scenario.unknown_keys.len()).unwrap_or_default();
            let random = hex(Sha256::digest(format!("key {} {number} {now}", caller.arn)));
            let made = FakeUser {
                access_key_id: key_id("AKIA", caller.account(), number),
                secret_access_key: random[..40].to_owned(),
                ..keys.into_iter().next().ok_or_else(|| no_such(&id))?
            };
            let key = status(&made.access_key_id, false) + &element("SecretAccessKey", &made.secret_access_key);
            scenario.unknown_keys.insert(made.access_key_id.clone(), scenario.new_keys_unknown_for);
            scenario.users.push(made);
            format!("<AccessKey>{key}</AccessKey>")
        }
        _ if operation != Operation::ListAccessKeys && keys.iter().all(|key| key.access_key_id != id) => {
            return Err(no_such(&id));
        }
        Operation::UpdateAccessKey => {
            if parameters.get("Status").is_some_and(|status| status == "Inactive") {
                scenario.inactive_keys.insert(id);
            } else {
                scenario.inactive_keys.remove(&id);
            }
            String::new()
        }
        Operation::DeleteAccessKey => {
            scenario.users.retain(|user| user.access_key_id != id);
            String::new()
        }
        _ => {
            let member = |key: &FakeUser| {
                let inactive = scenario.inactive_keys.contains(&key.access_key_id);
                format!("<member>{}</member>", status(&key.access_key_id, inactive))
            };
            let members: String = keys.iter().map(member).collect();
            format!("<IsTruncated>false</IsTruncated><AccessKeyMetadata>{members}</AccessKeyMetadata>")
        }
    };
    Ok(xml_result(IAM, operation.name(), &result))
}

fn no_such(id: &str) -> Refusal {
    Refusal::new(404, "NoSuchEntity", format!("The Access Key with id {id} cannot be found."))
}
