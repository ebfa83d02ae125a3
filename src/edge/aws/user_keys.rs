//! The access keys of an IAM user: listed, made, switched off, deleted.

use std::error::Error;

use aws_config::{SdkConfig, retry::RetryConfig};
use aws_sdk_iam::types::StatusType;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{
    error::{self, AwsError, Call},
    mfa::{self, Company},
    session::Session,
};
use crate::core::{credentials::Credentials, mfa::MfaDevice, secret::Secret};

/// An access key, as IAM lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserKey {
    /// Its ID.
    pub id: String,
    /// Whether it works.
    pub is_active: bool,
    /// When it was made, in AWS's words.
    pub created: Option<String>,
}

impl Session<'_> {
    /// A session of the user of these keys, whose calls count as made with MFA.
    pub fn with_mfa(
        &self,
        device: &MfaDevice,
        from: &Credentials,
        company: &mut dyn Company,
    ) -> Result<Credentials, AwsError> {
        mfa::session_token(self, device, from, company)
    }

    /// The user's access keys.
    pub fn keys_of(&self, user: &str, signer: &Credentials) -> Result<Vec<UserKey>, AwsError> {
        let purpose = format!("list the access keys of {user}");
        self.run(async {
            let call = self.call("iam:ListAccessKeys", &purpose, Some(signer));
            let request = aws_sdk_iam::Client::new(&self.sdk_with(signer)).list_access_keys().user_name(user);
            let answer = request.send().await.map_err(|error| failed(&call, error))?;
            let key = |key: aws_sdk_iam::types::AccessKeyMetadata| {
                let created = key.create_date.map(|date| date.to_string());
                Some(UserKey { id: key.access_key_id?, is_active: key.status == Some(StatusType::Active), created })
            };
            Ok(answer.access_key_metadata.into_iter().filter_map(key).collect())
        })
    }

    /// Makes one more. It is asked once: a second try would make a second key, where the answer to the first got lost.
    pub fn create_key(&self, user: &str, signer: &Credentials) -> Result<Credentials, AwsError> {
        let purpose = format!("make an access key for {user}");
        self.run(async {
            let call = self.call("iam:CreateAccessKey", &purpose, Some(signer));
            let once: SdkConfig = self.sdk_with(signer).to_builder().retry_config(RetryConfig::disabled()).build();
            let request = aws_sdk_iam::Client::new(&once).create_access_key().user_name(user);
            let answer = request.send().await.map_err(|error| failed(&call, error))?;
            let key = answer.access_key.ok_or_else(|| AwsError::unreachable("iam:CreateAccessKey gave no key"))?;
            let key = Credentials {
                access_key_id: key.access_key_id,
                secret_access_key: Secret::new(key.secret_access_key),
                session_token: None,
                expires: None,
                claimed_account: None,
            };
            self.usable(key, call.action)
        })
    }

    /// Switches one off.
    pub fn switch_off_key(&self, user: &str, id: &str, signer: &Credentials) -> Result<(), AwsError> {
        let purpose = format!("switch off the access key {id} of {user}");
        self.run(async {
            let call = self.call("iam:UpdateAccessKey", &purpose, Some(signer));
            let client = aws_sdk_iam::Client::new(&self.sdk_with(signer));
            let request = client.update_access_key().user_name(user).access_key_id(id).status(StatusType::Inactive);
            request.send().await.map(drop).map_err(|error| failed(&call, error))
        })
    }

    /// Deletes one. One that is gone is as good as deleted.
    pub fn delete_key(&self, user: &str, id: &str, signer: &Credentials) -> Result<(), AwsError> {
        let purpose = format!("delete the access key {id} of {user}");
        self.run(async {
            let call = self.call("iam:DeleteAccessKey", &purpose, Some(signer));
            let client = aws_sdk_iam::Client::new(&self.sdk_with(signer));
            match client.delete_access_key().user_name(user).access_key_id(id).send().await {
                Ok(_) => Ok(()),
                Err(error) if code(&error) == "NoSuchEntity" => Ok(()),
                Err(error) => Err(failed(&call, error)),
            }
        })
    }
}

fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> &str {
    error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default()
}

/// The failure, with what to do where the user may not.
fn failed<E>(call: &Call<'_>, error: SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let hint = match code(&error) {
        "AccessDenied" | "AccessDeniedException" => format!(
            "A policy must allow the user {} on itself. If it does so with MFA only, name the device in the profile: \
             `mfa_serial`.",
            call.action
        ),
        "LimitExceeded" => "A user has two access keys at most: delete one that nobody uses.".to_owned(),
        _ => return error::of_call(call, error),
    };
    error::of_call(call, error).hint(hint)
}
