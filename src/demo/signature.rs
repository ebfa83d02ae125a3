//! Signature Version 4, as the receiving side checks it.
//!
//! Checked: the scope names the right service, the signed headers include host and date, and the signature is the one
//! that this secret gives for this request; its time is no further off than AWS allows. Not checked:
//! that every `x-amz-*` header is signed.

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use sha2::{Digest, Sha256};

use super::http::Request;
use crate::core::hex::hex;

/// An `Authorization` header, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authorization {
    pub(super) access_key_id: String,
    /// `DATE/REGION/SERVICE/aws4_request`
    scope: String,
    /// Names joined by `;`
    signed_headers: String,
    signature: String,
}

impl Authorization {
    /// Reads the header of a request.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let parts = request.header("authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let part = |name: &str| parts.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let (access_key_id, scope) = part("Credential")?.split_once('/')?;
        Some(Self {
            access_key_id: access_key_id.to_owned(),
            scope: scope.to_owned(),
            signed_headers: part("SignedHeaders")?.to_owned(),
            signature: part("Signature")?.to_owned(),
        })
    }

    /// The service that the request is signed for.
    pub(super) fn service(&self) -> &str {
        self.scope.split('/').nth(2).unwrap_or_default()
    }

    /// The region that the request is signed for.
    pub(super) fn region(&self) -> &str {
        self.scope.split('/').nth(1).unwrap_or_default()
    }

    /// True if this secret signed this request.
    pub(super) fn is_by(&self, secret: &str, request: &Request) -> bool {
        let names: Vec<&str> = self.signed_headers.split(';').collect();
        names.contains(&"host") && names.contains(&"x-amz-date") && self.expected(secret, request) == self.signature
    }

    /// True if the request was signed within five minutes of this time.
    pub(super) fn is_of(&self, now: Timestamp, request: &Request) -> bool {
        let signed_at = request.header("x-amz-date").and_then(|date| DateTime::strptime("%Y%m%dT%H%M%SZ", date).ok());
        let signed_at = signed_at.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
        signed_at.is_some_and(|date| date.timestamp().duration_since(now).abs() <= SignedDuration::from_mins(5))
    }

    /// The signature that belongs to the request.
    fn expected(&self, secret: &str, request: &Request) -> String {
        let date = self.scope.split('/').next().unwrap_or_default();
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{}\n{}",
            request.header("x-amz-date").unwrap_or_default(),
            self.scope,
            hex(Sha256::digest(self.canonical(request)))
        );
        let mut key = mac(format!("AWS4{secret}").as_bytes(), date);
        for part in self.scope.split('/').skip(1) {
            key = mac(&key, part);
        }
        hex(mac(&key, &to_sign))
    }

    /// The request in the form that is signed. Our paths and queries need no encoding.
    fn canonical(&self, request: &Request) -> String {
        let mut query: Vec<&str> = request.query.split('&').collect();
        query.sort_unstable();
        let mut text = format!("{}\n{}\n{}\n", request.method, request.path, query.join("&"));
        for name in self.signed_headers.split(';') {
            let value: Vec<&str> = request.header(name).unwrap_or_default().split_whitespace().collect();
            text.push_str(&format!("{name}:{}\n", value.join(" ")));
        }
        format!("{text}\n{}\n{}", self.signed_headers, hex(Sha256::digest(&request.body)))
    }
}

fn mac(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of AWS's own documentation (GET of IAM's ListUsers, 30 August 2015).
    #[test]
    fn the_documented_example_is_right_and_a_changed_one_is_wrong() {
        let text = "GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1\r\n\
            Host: iam.amazonaws.com\r\n\
            Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n\
            X-Amz-Date: 20150830T123600Z\r\n\
            Authorization: AWS4-HMAC-SHA256 \
            Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
            SignedHeaders=content-type;host;x-amz-date, \
            Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7\r\n\r\n";
        let mut request = Request::read(&mut text.as_bytes()).expect("reads").expect("is there");
        let authorization = Authorization::of(&request).expect("has one");
        assert_eq!((authorization.service(), authorization.region()), ("iam", "us-east-1"));
        assert!(authorization.is_by("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", &request));
        assert!(!authorization.is_by("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKE0", &request));
        request.query = "Action=ListRoles&Version=2010-05-08".to_owned();
        assert!(!authorization.is_by("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", &request));
    }
}
