//! The operations: who may, and what they answer.

use jiff::Timestamp;

use super::{
    http::{Request, Response, pairs},
    machine::Machine,
    portal,
    scenario::{FakeRole, Scenario, SsoToken},
    sessions::{Caller, Session, Sessions},
    sign_in,
    terms::{self, validation},
    user_keys,
    wire::{Form, IAM, Refusal, STS, element, json_result, xml_result},
};

/// An operation that the fake AWS knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    GetCallerIdentity,
    AssumeRole,
    AssumeRoleWithWebIdentity,
    GetSessionToken,
    ListAccountAliases,
    GetAccountInformation,
    GetRoleCredentials,
    Machine(Machine),
    ListAccounts,
    ListAccountRoles,
    Logout,
    RegisterClient,
    StartDeviceAuthorization,
    Authorize,
    CreateToken,
    ListAccessKeys,
    CreateAccessKey,
    UpdateAccessKey,
    DeleteAccessKey,
}

impl Operation {
    /// Which one a request is.
    pub(super) fn of(request: &Request) -> Option<Self> {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/getAccountInformation") => Some(Self::GetAccountInformation),
            ("GET", "/federation/credentials") => Some(Self::GetRoleCredentials),
            ("GET", "/assignment/accounts") => Some(Self::ListAccounts),
            ("GET", "/assignment/roles") => Some(Self::ListAccountRoles),
            ("POST", "/logout") => Some(Self::Logout),
            ("POST", "/client/register") => Some(Self::RegisterClient),
            ("POST", "/device_authorization") => Some(Self::StartDeviceAuthorization),
            ("GET", "/authorize") => Some(Self::Authorize),
            ("POST", "/token") => Some(Self::CreateToken),
            (_, "/") => match parameters(request).get("Action")?.as_str() {
                "GetCallerIdentity" => Some(Self::GetCallerIdentity),
                "AssumeRole" => Some(Self::AssumeRole),
                "AssumeRoleWithWebIdentity" => Some(Self::AssumeRoleWithWebIdentity),
                "GetSessionToken" => Some(Self::GetSessionToken),
                "ListAccountAliases" => Some(Self::ListAccountAliases),
                "ListAccessKeys" => Some(Self::ListAccessKeys),
                "CreateAccessKey" => Some(Self::CreateAccessKey),
                "UpdateAccessKey" => Some(Self::UpdateAccessKey),
                "DeleteAccessKey" => Some(Self::DeleteAccessKey),
                _ => None,
            },
            _ => Machine::of(request).map(Self::Machine),
        }
    }

    /// As AWS names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::AssumeRole => "AssumeRole",
            Self::AssumeRoleWithWebIdentity => "AssumeRoleWithWebIdentity",
            Self::GetSessionToken => "GetSessionToken",
            Self::ListAccountAliases => "ListAccountAliases",
            Self::GetAccountInformation => "GetAccountInformation",
            Self::GetRoleCredentials => "GetRoleCredentials",
            Self::Machine(machine) => machine.name(),
            Self::ListAccounts => "ListAccounts",
            Self::ListAccountRoles => "ListAccountRoles",
            Self::Logout => "Logout",
            Self::RegisterClient => "RegisterClient",
            Self::StartDeviceAuthorization => "StartDeviceAuthorization",
            Self::Authorize => "Authorize",
            Self::CreateToken => "CreateToken",
            Self::ListAccessKeys => "ListAccessKeys",
            Self::CreateAccessKey => "CreateAccessKey",
            Self::UpdateAccessKey => "UpdateAccessKey",
            Self::DeleteAccessKey => "DeleteAccessKey",
        }
    }

    /// Whether it is one of Identity Center's sign-in.
    fn is_oidc(self) -> bool {
        [Self::RegisterClient, Self::StartDeviceAuthorization, Self::Authorize, Self::CreateToken].contains(&self)
    }

    /// What a request asks, without what is secret.
    pub(super) fn open_parameters(self, request: &Request) -> std::collections::BTreeMap<String, String> {
        if self.is_oidc() {
            return sign_in::open_parameters(request);
        }
        let mut parameters = parameters(request);
        parameters.retain(|name, _| !["TokenCode", "WebIdentityToken", "account_id"].contains(&name.as_str()));
        parameters
    }

    /// How its service speaks.
    pub(super) fn form(self) -> Form {
        match self {
            Self::ListAccountAliases => IAM,
            Self::GetAccountInformation
            | Self::GetRoleCredentials
            | Self::ListAccounts
            | Self::ListAccountRoles
            | Self::Logout
            | Self::Machine(_) => Form::Json,
            _ if self.is_oidc() => Form::Oidc,
            Self::ListAccessKeys | Self::CreateAccessKey | Self::UpdateAccessKey | Self::DeleteAccessKey => IAM,
            _ => STS,
        }
    }

    /// The service that its requests are signed for; `None` where they are not signed.
    pub(super) fn signed_for(self) -> Option<&'static str> {
        match self {
            Self::GetCallerIdentity | Self::AssumeRole | Self::GetSessionToken => Some("sts"),
            Self::ListAccountAliases => Some("iam"),
            Self::ListAccessKeys | Self::CreateAccessKey | Self::UpdateAccessKey | Self::DeleteAccessKey => Some("iam"),
            Self::GetAccountInformation => Some("account"),
            _ => None,
        }
    }

    /// Answers; `caller` is there for every operation that is signed.
    pub(super) fn answer(
        self,
        scenario: &mut Scenario,
        sessions: &mut Sessions,
        caller: Option<&Caller>,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        let is_of_keys = matches!(
            self,
            Self::ListAccessKeys | Self::CreateAccessKey | Self::UpdateAccessKey | Self::DeleteAccessKey
        );
        if let (Some(caller), true) = (caller, is_of_keys) {
            return user_keys::answer(self, scenario, caller, &parameters(request), now);
        }
        let mut desk = Desk { scenario, sessions, request, now };
        match (self, caller) {
            (Self::GetCallerIdentity, Some(caller)) => Ok(caller_identity(caller)),
            (Self::AssumeRole, Some(caller)) => desk.assume_role(caller),
            (Self::GetSessionToken, Some(caller)) => desk.session_token(caller),
            (Self::ListAccountAliases, Some(caller)) => Ok(desk.aliases(caller)),
            (Self::GetAccountInformation, Some(caller)) => desk.account_information(caller),
            (Self::AssumeRoleWithWebIdentity, _) => desk.web_identity(),
            (Self::GetRoleCredentials, _) => desk.sso_role(),
            (Self::Machine(machine), _) => machine.answer(scenario, desk.sessions, request, now),
            (Self::ListAccounts, _) => portal::accounts(scenario, &desk.user()?, request),
            (Self::ListAccountRoles, _) => portal::roles(&desk.user()?, request),
            (Self::Logout, _) => desk.sessions.sign_ins.logout(scenario, request, now),
            (Self::RegisterClient, _) => desk.sessions.sign_ins.register(request, now),
            (Self::StartDeviceAuthorization, _) => desk.sessions.sign_ins.device(scenario, request, now),
            (Self::Authorize, _) => desk.sessions.sign_ins.authorize(scenario, request, now),
            (Self::CreateToken, _) => desk.sessions.sign_ins.token(scenario, request, now),
            (_, _) => Err(Refusal::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")),
        }
    }
}

/// The parameters of a query-protocol request: of the form, or of the query.
fn parameters(request: &Request) -> std::collections::BTreeMap<String, String> {
    let mut parameters = pairs(&request.query);
    if request.header("content-type").is_some_and(|kind| kind.contains("json")) {
        return parameters;
    }
    parameters.extend(pairs(&String::from_utf8_lossy(&request.body)));
    parameters
}

fn caller_identity(caller: &Caller) -> Response {
    let result =
        [element("Arn", &caller.arn), element("UserId", &caller.user_id), element("Account", caller.account())];
    xml_result(STS, "GetCallerIdentity", &result.concat())
}

/// What the operations that need more than the caller work with.
struct Desk<'a> {
    scenario: &'a Scenario,
    sessions: &'a mut Sessions,
    request: &'a Request,
    now: Timestamp,
}

impl Desk<'_> {
    fn assume_role(&mut self, caller: &Caller) -> Result<Response, Refusal> {
        let parameters = parameters(self.request);
        let arn = parameters.get("RoleArn").map(String::as_str).unwrap_or_default();
        let denied = || Refusal::denied(&caller.arn, "sts:AssumeRole", arn);
        let role = self.scenario.role(arn).ok_or_else(denied)?;
        let trusted = role.trust.iter().any(|trust| *trust == caller.principal || trust == caller.account());
        let external_id = role.external_id.is_none() || role.external_id.as_ref() == parameters.get("ExternalId");
        let proven = terms::mfa(self.scenario, &mut self.sessions.used_codes, caller, &parameters, self.now)?;
        let terms = terms::assume_role(role, caller, &parameters)?;
        if !trusted || !external_id || (role.needs_mfa && !proven && !caller.mfa) {
            return Err(denied());
        }
        let seconds = role_duration(role, caller.is_role, parameters.get("DurationSeconds"))?;
        let made = session_caller(role, parameters.get("RoleSessionName"))?;
        let session = self.issue(Caller { terms, ..made }, seconds);
        Ok(xml_result(STS, "AssumeRole", &(assumed(&session) + &xml_credentials(&session))))
    }

    fn web_identity(&mut self) -> Result<Response, Refusal> {
        let parameters = parameters(self.request);
        let arn = parameters.get("RoleArn").map(String::as_str).unwrap_or_default();
        let denied = || Refusal::new(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
        let role = self.scenario.role(arn).filter(|role| role.web_identity_token.is_some()).ok_or_else(denied)?;
        if role.web_identity_token.as_ref() != parameters.get("WebIdentityToken") {
            let message =
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";
            return Err(Refusal::new(400, "InvalidIdentityToken", message));
        }
        terms::policies(&parameters)?;
        let seconds = role_duration(role, false, parameters.get("DurationSeconds"))?;
        let session = self.issue(session_caller(role, parameters.get("RoleSessionName"))?, seconds);
        Ok(xml_result(STS, "AssumeRoleWithWebIdentity", &(assumed(&session) + &xml_credentials(&session))))
    }

    fn session_token(&mut self, caller: &Caller) -> Result<Response, Refusal> {
        let parameters = parameters(self.request);
        if self.scenario.user(&caller.access_key_id).is_none() {
            return Err(Refusal::new(403, "AccessDenied", "Cannot call GetSessionToken with session credentials"));
        }
        let mfa = terms::mfa(self.scenario, &mut self.sessions.used_codes, caller, &parameters, self.now)?;
        let most = if terms::is_root(caller) { 3600 } else { 129_600 };
        let seconds = duration(parameters.get("DurationSeconds"), most.min(43_200), most)?;
        let session = self.issue(Caller { mfa, ..caller.clone() }, seconds);
        Ok(xml_result(STS, "GetSessionToken", &xml_credentials(&session)))
    }

    fn aliases(&self, caller: &Caller) -> Response {
        let alias = self.scenario.account(caller.account()).and_then(|account| account.alias.as_deref());
        let members = alias.map(|alias| element("member", alias)).unwrap_or_default();
        let result = format!("<IsTruncated>false</IsTruncated><AccountAliases>{members}</AccountAliases>");
        xml_result(IAM, "ListAccountAliases", &result)
    }

    fn account_information(&self, caller: &Caller) -> Result<Response, Refusal> {
        let account = self.scenario.account(caller.account());
        let account = account.ok_or_else(|| Refusal::denied(&caller.arn, "account:GetAccountInformation", "*"))?;
        Ok(json_result(&serde_json::json!({
            "AccountId": account.id,
            "AccountName": account.name,
            "AccountCreatedDate": "2019-04-01T09:00:00Z",
        })))
    }

    /// The signed-in user of Identity Center who asks.
    fn user(&self) -> Result<SsoToken, Refusal> {
        self.sessions.sign_ins.user(self.scenario, self.request, self.now)
    }

    fn sso_role(&mut self) -> Result<Response, Refusal> {
        let token = self.user()?;
        let query = pairs(&self.request.query);
        let wanted = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let (account, set) = (wanted("account_id"), wanted("role_name"));
        if !token.assignments.contains(&format!("{account}/{set}")) {
            return Err(Refusal::new(403, "ForbiddenException", "No access"));
        }
        let arn =
            format!("arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_{set}_0123456789abcdef");
        let session = self.issue(Caller::role(&arn, &token.user), 3600);
        Ok(json_result(&serde_json::json!({ "roleCredentials": {
            "accessKeyId": session.caller.access_key_id,
            "secretAccessKey": session.secret_access_key,
            "sessionToken": session.session_token,
            "expiration": session.expires.as_millisecond(),
        }})))
    }

    fn issue(&mut self, caller: Caller, seconds: i64) -> Session {
        self.sessions.issue(caller, self.scenario.issued_for_seconds.unwrap_or(seconds), self.now)
    }
}

fn session_caller(role: &FakeRole, session: Option<&String>) -> Result<Caller, Refusal> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+=,.@-_".contains(c);
    match session {
        Some(session) if (2..=64).contains(&session.len()) && session.chars().all(allowed) => {
            Ok(Caller::role(&role.arn, session))
        }
        _ => Err(terms::constraint("roleSessionName")),
    }
}

fn role_duration(role: &FakeRole, chained: bool, asked: Option<&String>) -> Result<i64, Refusal> {
    let seconds = duration(asked, 3600, 43_200)?;
    if chained && seconds > 3600 {
        let message =
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(validation(message));
    }
    if seconds > role.max_session_seconds {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(validation(message));
    }
    Ok(seconds)
}

fn duration(asked: Option<&String>, default: i64, most: i64) -> Result<i64, Refusal> {
    let Some(asked) = asked else { return Ok(default) };
    match asked.parse() {
        Ok(seconds) if (900..=most).contains(&seconds) => Ok(seconds),
        _ => Err(terms::constraint("durationSeconds")),
    }
}

fn assumed(session: &Session) -> String {
    let Caller { arn, user_id, .. } = &session.caller;
    format!("<AssumedRoleUser>{}{}</AssumedRoleUser>", element("AssumedRoleId", user_id), element("Arn", arn))
}

fn xml_credentials(session: &Session) -> String {
    let parts = [
        element("AccessKeyId", &session.caller.access_key_id),
        element("SecretAccessKey", &session.secret_access_key),
        element("SessionToken", &session.session_token),
        element("Expiration", &session.expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
    ];
    format!("<Credentials>{}</Credentials>", parts.concat())
}
