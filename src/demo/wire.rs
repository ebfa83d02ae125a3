//! Answers in the forms of AWS: XML for STS and IAM, JSON for the others.

use super::http::Response;

/// What a service says no with.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    /// AWS's words for a caller without the permission.
    pub(super) fn denied(caller: &str, action: &str, resource: &str) -> Self {
        let message = format!("User: {caller} is not authorized to perform: {action} on resource: {resource}");
        Self::new(403, "AccessDenied", message)
    }

    /// In the form of the service.
    pub(super) fn response(&self, form: Form) -> Response {
        let Self { status, code, message } = self;
        match form {
            Form::Xml { namespace } => Response {
                status: *status,
                content_type: "text/xml",
                headers: request_id(),
                body: format!(
                    "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message>\
                     </Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>",
                    xml(code),
                    xml(message)
                ),
            },
            Form::Oidc => {
                let mut headers = request_id();
                headers.push(("x-amzn-ErrorType", code.clone()));
                let body = serde_json::json!({ "error": oauth(code), "error_description": message }).to_string();
                Response { status: *status, content_type: "application/json", headers, body }
            }
            Form::Json => {
                let code = if code == "AccessDenied" { "AccessDeniedException" } else { code };
                let mut headers = request_id();
                headers.push(("x-amzn-ErrorType", code.to_owned()));
                let body = serde_json::json!({ "message": message }).to_string();
                Response { status: *status, content_type: "application/json", headers, body }
            }
        }
    }
}

/// `AuthorizationPendingException` → `authorization_pending`.
fn oauth(code: &str) -> String {
    let name = code.trim_end_matches("Exception");
    let words =
        name.chars().map(|c| if c.is_ascii_uppercase() { format!("_{}", c.to_ascii_lowercase()) } else { c.into() });
    words.collect::<String>().trim_start_matches('_').to_owned()
}

/// How a service speaks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Xml {
        namespace: &'static str,
    },
    Json,
    /// JSON, with errors as OAuth has them beside AWS's.
    Oidc,
}

/// STS.
pub(super) const STS: Form = Form::Xml { namespace: "https://sts.amazonaws.com/doc/2011-06-15/" };
/// IAM.
pub(super) const IAM: Form = Form::Xml { namespace: "https://iam.amazonaws.com/doc/2010-05-08/" };

const REQUEST_ID: &str = "00000000-0000-4000-8000-0000000000de";

fn request_id() -> Vec<(&'static str, String)> {
    vec![("x-amzn-RequestId", REQUEST_ID.to_owned())]
}

/// The answer of a query-protocol operation; `result` is XML.
pub(super) fn xml_result(form: Form, operation: &str, result: &str) -> Response {
    let namespace = match form {
        Form::Xml { namespace } => namespace,
        Form::Json | Form::Oidc => "",
    };
    Response {
        status: 200,
        content_type: "text/xml",
        headers: request_id(),
        body: format!(
            "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{result}</{operation}Result>\
             <ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{operation}Response>"
        ),
    }
}

/// The answer of a JSON operation.
pub(super) fn json_result(value: &serde_json::Value) -> Response {
    Response { status: 200, content_type: "application/json", headers: request_id(), body: value.to_string() }
}

/// `<name>text</name>`.
pub(super) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", xml(text))
}

/// Text in XML, or in HTML.
pub(super) fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
