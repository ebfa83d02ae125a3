//! Identity Center's sign-in: clients, codes and tokens, as its OIDC service gives them out and takes them back.
//!
//! What real clients get wrong is checked as AWS checks it: PKCE, codes that work once, refresh tokens that rotate.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    http::{Request, Response, pairs},
    scenario::{Consent, Scenario, SsoToken},
    wire::{Refusal, json_result, xml},
};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const REFRESH_TOKEN: &str = "refresh_token";
const AUTHORIZATION_CODE: &str = "authorization_code";

/// A client that registered itself.
#[derive(Clone, Debug)]
struct OidcClient {
    secret: String,
    grants: Vec<String>,
    redirects: Vec<String>,
    scopes: Vec<String>,
}

/// An authorization code: of a browser or of a device.
#[derive(Clone, Debug)]
struct Code {
    client: String,
    expires: Timestamp,
    /// Redirect URI and challenge; a device has none.
    browser: Option<(String, String)>,
    polls: u32,
}

/// An access token that was given out.
#[derive(Clone, Debug)]
struct Given {
    token: String,
    user: String,
    expires: Timestamp,
}

/// All clients, codes and tokens.
#[derive(Debug, Default)]
pub(super) struct SignIns {
    clients: BTreeMap<String, OidcClient>,
    codes: BTreeMap<String, Code>,
    given: Vec<Given>,
    /// Each refresh token, with its client, until it is used.
    refresh: BTreeMap<String, String>,
    signed_out: Vec<String>,
    secrets: Vec<String>,
    count: u32,
}

type Answer = Result<Response, Refusal>;

impl SignIns {
    /// Everything that was given out or handed in and must be seen nowhere.
    pub(super) fn secrets(&self) -> impl Iterator<Item = String> {
        self.secrets.iter().cloned()
    }

    /// Whose access token a request to the portal brings.
    pub(super) fn user(&self, scenario: &Scenario, request: &Request, now: Timestamp) -> Result<SsoToken, Refusal> {
        let unauthorized = || Refusal::new(401, "UnauthorizedException", "Session token not found or invalid");
        let token = request.header("x-amz-sso_bearer_token").ok_or_else(unauthorized)?;
        if self.signed_out.iter().any(|gone| gone == token) {
            return Err(unauthorized());
        }
        let given = self.given.iter().find(|given| given.token == token && given.expires > now);
        let of = |known: &&SsoToken| match given {
            Some(given) => known.user == given.user,
            None => known.access_token == token,
        };
        scenario.sso_tokens.iter().find(of).cloned().ok_or_else(unauthorized)
    }

    /// Ends the session of a token.
    pub(super) fn logout(&mut self, scenario: &Scenario, request: &Request, now: Timestamp) -> Answer {
        self.user(scenario, request, now)?;
        self.signed_out.extend(request.header("x-amz-sso_bearer_token").map(str::to_owned));
        Ok(json_result(&json!({})))
    }

    /// RegisterClient.
    pub(super) fn register(&mut self, request: &Request, now: Timestamp) -> Answer {
        let body = body(request)?;
        let metadata = |message: &str| Refusal::new(400, "InvalidClientMetadataException", message);
        text(&body, "clientName").ok_or_else(|| metadata("clientName is missing"))?;
        if text(&body, "clientType") != Some("public") {
            return Err(metadata("clientType is not public"));
        }
        let mut grants = list(&body, "grantTypes");
        if grants.is_empty() {
            grants = vec![DEVICE_CODE.to_owned(), REFRESH_TOKEN.to_owned()];
        }
        let known = [DEVICE_CODE, REFRESH_TOKEN, AUTHORIZATION_CODE];
        if grants.iter().any(|grant| !known.contains(&grant.as_str())) {
            return Err(Refusal::new(400, "UnsupportedGrantTypeException", "unknown grant type"));
        }
        let redirects = list(&body, "redirectUris");
        let by_browser = grants.iter().any(|grant| grant == AUTHORIZATION_CODE);
        if by_browser && (redirects.is_empty() || !redirects.iter().all(|uri| uri.starts_with("http://127.0.0.1/"))) {
            return Err(Refusal::new(400, "InvalidRedirectUriException", "not a loopback address without a port"));
        }
        if by_browser && text(&body, "issuerUrl").is_none() {
            return Err(metadata("issuerUrl is missing"));
        }
        let id = self.random("client", now);
        let secret = self.secret("client-secret", now);
        let scopes = list(&body, "scopes");
        self.clients.insert(id.clone(), OidcClient { secret: secret.clone(), grants, redirects, scopes });
        Ok(json_result(&json!({
            "clientId": id,
            "clientSecret": secret,
            "clientIdIssuedAt": now.as_second(),
            "clientSecretExpiresAt": now.as_second() + 90 * 86_400,
        })))
    }

    /// StartDeviceAuthorization.
    pub(super) fn device(&mut self, scenario: &Scenario, request: &Request, now: Timestamp) -> Answer {
        let body = body(request)?;
        let client = self.client(&body, DEVICE_CODE)?;
        let consent = &scenario.consent;
        if !text(&body, "startUrl").is_some_and(|url| url.starts_with("https://")) {
            return Err(Refusal::new(400, "InvalidRequestException", "startUrl is not one of Identity Center"));
        }
        let code = self.secret("device-code", now);
        let expires = later(now, consent.device_seconds);
        self.codes.insert(code.clone(), Code { client, expires, browser: None, polls: 0 });
        let uri = &consent.verification_uri;
        Ok(json_result(&json!({
            "deviceCode": code,
            "userCode": "ABCD-EFGH",
            "verificationUri": uri,
            "verificationUriComplete": format!("{uri}?user_code=ABCD-EFGH"),
            "expiresIn": consent.device_seconds,
            "interval": consent.interval_seconds,
        })))
    }

    /// The page in the browser. A real one shows a question; any other program is a user who consents, or does not.
    pub(super) fn authorize(&mut self, scenario: &Scenario, request: &Request, now: Timestamp) -> Answer {
        let query = pairs(&request.query);
        let asked = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let bad = |message: &str| Refusal::new(400, "InvalidRequestException", message);
        let id = asked("client_id");
        let client = self.clients.get(id).ok_or_else(|| bad("unknown client_id"))?;
        let redirect = asked("redirect_uri");
        if !client.redirects.contains(&without_port(redirect)) {
            return Err(bad("redirect_uri was not registered"));
        }
        let state = asked("state");
        let challenge = asked("code_challenge");
        if asked("response_type") != "code" || asked("code_challenge_method") != "S256" || challenge.len() != 43 {
            return Err(bad("not an authorization code with PKCE"));
        }
        if state.is_empty() || asked("scopes").is_empty() {
            return Err(bad("state or scopes is missing"));
        }
        let answer = query.get("answer").map(String::as_str);
        if answer.is_none() && request.header("accept").is_some_and(|accept| accept.contains("text/html")) {
            return Ok(question(request));
        }
        let location = if scenario.consent.denies || answer == Some("no") {
            format!("{redirect}?error=access_denied&error_description=The+user+said+no&state={state}")
        } else {
            let (client, browser) = (id.to_owned(), Some((redirect.to_owned(), challenge.to_owned())));
            let code = self.secret("authorization-code", now);
            self.codes.insert(code.clone(), Code { client, expires: later(now, 60), browser, polls: 0 });
            format!("{redirect}?code={code}&state={state}")
        };
        let headers = vec![("Location", location)];
        Ok(Response { status: 302, content_type: "text/plain", headers, body: String::new() })
    }

    /// CreateToken.
    pub(super) fn token(&mut self, scenario: &Scenario, request: &Request, now: Timestamp) -> Answer {
        let body = body(request)?;
        self.secrets.extend(text(&body, "codeVerifier").map(str::to_owned));
        let grant = text(&body, "grantType").unwrap_or_default();
        let client = self.client(&body, grant)?;
        match grant {
            AUTHORIZATION_CODE => self.spend_code(&body, &client, now)?,
            DEVICE_CODE => self.poll(&scenario.consent, &body, &client, now)?,
            REFRESH_TOKEN => {
                let token = text(&body, "refreshToken").unwrap_or_default();
                if self.refresh.get(token) != Some(&client) {
                    return Err(grant_refused("Invalid refresh token provided"));
                }
                self.refresh.remove(token);
            }
            _ => return Err(Refusal::new(400, "UnsupportedGrantTypeException", "unknown grant type")),
        }
        let user = scenario.sso_tokens.first().map(|token| token.user.clone());
        let user = user.ok_or_else(|| Refusal::new(400, "AccessDeniedException", "nobody may sign in"))?;
        let seconds = scenario.consent.access_seconds;
        let access = self.secret("access", now);
        self.given.push(Given { token: access.clone(), user, expires: later(now, seconds) });
        let mut answer = json!({ "accessToken": access, "expiresIn": seconds, "tokenType": "Bearer" });
        if self.clients.get(&client).is_some_and(|known| !known.scopes.is_empty()) {
            let refresh = self.secret("refresh", now);
            answer["refreshToken"] = json!(refresh);
            self.refresh.insert(refresh, client);
        }
        Ok(json_result(&answer))
    }

    /// A code of a browser works once, for its client, redirect URI and verifier.
    fn spend_code(&mut self, body: &Value, client: &str, now: Timestamp) -> Result<(), Refusal> {
        let code = self.codes.remove(text(body, "code").unwrap_or_default());
        let code = code.filter(|code| code.client == client && code.expires > now);
        let (redirect, challenge) =
            code.and_then(|code| code.browser).ok_or_else(|| grant_refused("Invalid authorization code"))?;
        let verifier = text(body, "codeVerifier").unwrap_or_default();
        let right = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge;
        if right && (43..=128).contains(&verifier.len()) && text(body, "redirectUri") == Some(&redirect) {
            return Ok(());
        }
        Err(grant_refused("Invalid code verifier or redirect URI"))
    }

    fn poll(&mut self, consent: &Consent, body: &Value, client: &str, now: Timestamp) -> Result<(), Refusal> {
        let name = text(body, "deviceCode").unwrap_or_default();
        let code = self.codes.get_mut(name).filter(|code| code.client == client && code.browser.is_none());
        let code = code.ok_or_else(|| grant_refused("Invalid device code"))?;
        if code.expires <= now {
            return Err(Refusal::new(400, "ExpiredTokenException", "The device code has expired"));
        }
        code.polls += 1;
        if code.polls <= consent.slow_downs {
            return Err(Refusal::new(400, "SlowDownException", "Too many requests"));
        }
        if code.polls <= consent.slow_downs + consent.pending {
            return Err(Refusal::new(400, "AuthorizationPendingException", "The user has not yet confirmed"));
        }
        if consent.denies {
            return Err(Refusal::new(400, "AccessDeniedException", "The user said no"));
        }
        self.codes.remove(name);
        Ok(())
    }

    /// The ID of the client that a request is of, which may use this grant.
    fn client(&self, body: &Value, grant: &str) -> Result<String, Refusal> {
        let id = text(body, "clientId").unwrap_or_default();
        let client = self.clients.get(id).filter(|known| text(body, "clientSecret") == Some(&known.secret));
        let client = client.ok_or_else(|| Refusal::new(401, "InvalidClientException", "Invalid client provided"))?;
        if client.grants.iter().any(|known| known == grant) {
            return Ok(id.to_owned());
        }
        Err(Refusal::new(400, "UnauthorizedClientException", "the client did not register for this"))
    }

    fn secret(&mut self, what: &str, now: Timestamp) -> String {
        let secret = self.random(what, now);
        self.secrets.push(secret.clone());
        secret
    }

    fn random(&mut self, what: &str, now: Timestamp) -> String {
        self.count += 1;
        let digest = Sha256::digest(format!("{what} {} {now}", self.count));
        format!("fake-{what}-{}", BASE64_URL_SAFE_NO_PAD.encode(digest))
    }
}

/// What a request asks, as far as it is not secret.
pub(super) fn open_parameters(request: &Request) -> BTreeMap<String, String> {
    let open = [
        "clientName",
        "clientType",
        "grantType",
        "grantTypes",
        "redirectUri",
        "redirectUris",
        "issuerUrl",
        "scopes",
        "startUrl",
        "response_type",
        "redirect_uri",
        "code_challenge_method",
    ];
    let body = body(request).unwrap_or_default();
    let of_body = body
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    of_body.chain(pairs(&request.query)).filter(|(name, _)| open.contains(&name.as_str())).collect()
}

/// Who signs in is asked by two links, which come back with the answer.
fn question(request: &Request) -> Response {
    let again = xml(&format!("{}?{}", request.path, request.query));
    let body = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Sign in to the fake AWS</title>\n\
         <h1>Allow awsenv to use your accounts?</h1>\n<p>Nothing here is real.\n\
         <p><a id=\"allow\" href=\"{again}&amp;answer=yes\">Allow</a> <a id=\"deny\" href=\"{again}&amp;answer=no\">Deny</a>\n"
    );
    Response { status: 200, content_type: "text/html; charset=utf-8", headers: Vec::new(), body }
}

fn body(request: &Request) -> Result<Value, Refusal> {
    serde_json::from_slice(&request.body)
        .map_err(|_| Refusal::new(400, "InvalidRequestException", "the request is not JSON"))
}

fn text<'v>(body: &'v Value, name: &str) -> Option<&'v str> {
    body.get(name)?.as_str()
}

fn list(body: &Value, name: &str) -> Vec<String> {
    let items = body.get(name).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn grant_refused(message: &str) -> Refusal {
    Refusal::new(400, "InvalidGrantException", message)
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}

/// `http://127.0.0.1:1234/x` → `http://127.0.0.1/x`.
fn without_port(uri: &str) -> String {
    let host = "http://127.0.0.1";
    let path = uri.strip_prefix(host).and_then(|rest| rest.find('/').map(|start| &rest[start..]));
    path.map(|path| format!("{host}{path}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, path: &str, query: &str, body: &Value) -> Request {
        let [method, path, query] = [method, path, query].map(str::to_owned);
        Request { method, path, query, headers: BTreeMap::new(), body: body.to_string().into_bytes() }
    }

    fn refused(answer: Answer) -> String {
        answer.expect_err("it is refused").code
    }

    #[test]
    fn codes_and_refresh_tokens_work_once_and_only_with_their_proof() {
        let (scenario, now) = (Scenario::demo(), Timestamp::UNIX_EPOCH);
        let mut desk = SignIns::default();
        let asked = json!({
            "clientName": "c", "clientType": "public", "scopes": ["sso:account:access"],
            "grantTypes": ["authorization_code", "refresh_token"], "issuerUrl": "https://acme.awsapps.com/start",
            "redirectUris": ["http://127.0.0.1/oauth/callback"],
        });
        let registered = desk.register(&request("POST", "/client/register", "", &asked), now).expect("is registered");
        let client: Value = serde_json::from_str(&registered.body).expect("is JSON");
        let verifier = "v".repeat(43);
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let redirect = "http://127.0.0.1:7/oauth/callback";
        let code = |desk: &mut SignIns| {
            let query = format!(
                "response_type=code&client_id={}&redirect_uri={redirect}&state=s&code_challenge_method=S256&scopes=x&\
                 code_challenge={challenge}",
                client["clientId"].as_str().unwrap_or_default()
            );
            let answer = desk.authorize(&scenario, &request("GET", "/authorize", &query, &Value::Null), now);
            let location = answer.expect("is sent back").headers[0].1.clone();
            pairs(location.split('?').nth(1).unwrap_or_default())["code"].clone()
        };
        let token = |desk: &mut SignIns, more: Value| {
            let mut body = json!({ "clientId": client["clientId"], "clientSecret": client["clientSecret"] });
            let more = more.as_object().cloned().unwrap_or_default();
            body.as_object_mut().expect("is an object").extend(more);
            desk.token(&scenario, &request("POST", "/token", "", &body), now)
        };
        let grant = |code: &str, verifier: &str| json!({ "grantType": "authorization_code", "code": code, "codeVerifier": verifier, "redirectUri": redirect });
        let first = code(&mut desk);
        assert_eq!(refused(token(&mut desk, grant(&first, &"w".repeat(43)))), "InvalidGrantException");
        assert_eq!(refused(token(&mut desk, grant(&first, &verifier))), "InvalidGrantException", "it is spent");
        let second = code(&mut desk);
        let given = token(&mut desk, grant(&second, &verifier)).expect("is given");
        let given: Value = serde_json::from_str(&given.body).expect("is JSON");
        let refresh = json!({ "grantType": "refresh_token", "refreshToken": given["refreshToken"] });
        token(&mut desk, refresh.clone()).expect("is renewed");
        assert_eq!(refused(token(&mut desk, refresh)), "InvalidGrantException");
        let device = json!({ "grantType": DEVICE_CODE, "deviceCode": "x" });
        assert_eq!(refused(token(&mut desk, device)), "UnauthorizedClientException");
    }
}
