//! The context for a program. The keys are a contract.

use std::io;

use jiff::Timestamp;
use serde_json::{Value, json, ser::Formatter};

use super::words::protection_key;
use crate::core::{
    context::{Context, Fact, Request, Unverified},
    credentials::rfc3339,
    profile::plan::Finding,
    registry::{ClassFrom, Color},
};

/// Everything in the banner as data. The texts are raw: print it with [`ascii_json`].
pub fn json(context: &Context, now: Timestamp) -> Value {
    let (request, verified, account) = (&context.request, &context.verified, &context.account);
    let identity = &verified.identity;
    json!({
        "verified": true,
        "verified_at": rfc3339(verified.before.unwrap_or(now)),
        "account_id": context.account_id().as_str(),
        "account_alias": verified.alias.text(),
        "account_alias_state": fact_state(&verified.alias),
        "account_name": context.display_name(),
        "class": account.class,
        "class_from": class_from(account.class_from),
        "suggested_class": account.suggested_class,
        "color": hex(account.color),
        "protection": protection_key(account.protection),
        "partition": identity.partition.name(),
        "arn": identity.arn,
        "user_id": identity.user_id,
        "principal": identity.principal.kind(),
        "role": identity.principal.short_name(),
        "session": identity.principal.session(),
        "region": request.region.as_ref().map(|region| region.as_str()),
        "expires": request.expires.map(|end| end.to_string()),
        "expires_in": request.expires.map(|end| end.as_second() - now.as_second()),
        "profile": request.profile,
        "trail": request.trail,
        "shadowed": request.shadowed,
        "narrowed": request.narrowed,
        "sts_endpoint": verified.foreign_endpoint,
        "findings": findings(request),
    })
}

/// The same for credentials that nobody has confirmed: no account, alias, name, class or colour.
pub fn unverified_json(unverified: &Unverified, now: Timestamp) -> Value {
    let request = &unverified.request;
    json!({
        "verified": false,
        "region": request.region.as_ref().map(|region| region.as_str()),
        "expires": request.expires.map(|end| end.to_string()),
        "expires_in": request.expires.map(|end| end.as_second() - now.as_second()),
        "profile": request.profile,
        "trail": request.trail,
        "shadowed": request.shadowed,
        "narrowed": request.narrowed,
        "findings": findings(request),
    })
}

fn findings(request: &Request) -> Vec<Value> {
    let one = |finding: &Finding| json!({"code": finding.code, "message": finding.message, "location": finding.location.to_string()});
    request.findings.iter().map(one).collect()
}

fn fact_state(fact: &Fact) -> &'static str {
    match fact {
        Fact::Known { cached_at: None, .. } => "known",
        Fact::Known { cached_at: Some(_), .. } => "remembered",
        Fact::None => "none",
        Fact::Denied => "denied",
        Fact::Late => "late",
        Fact::NotAsked => "not-asked",
    }
}

fn class_from(from: ClassFrom) -> &'static str {
    match from {
        ClassFrom::Entry => "entry",
        ClassFrom::Rule => "rule",
        ClassFrom::Nothing => "nothing",
    }
}

fn hex(Color { r, g, b }: Color) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// JSON in ASCII: exact for a program, and harmless where its output is a terminal or the log of a CI.
pub fn ascii_json(value: &Value) -> String {
    let mut text = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut text, Ascii::default());
    match serde::Serialize::serialize(value, &mut writer) {
        Ok(()) => String::from_utf8_lossy(&text).into_owned(),
        Err(fault) => unreachable!("a JSON value is always JSON: {fault}"),
    }
}

/// Indented as usual, with everything beyond printable ASCII as `\uXXXX`, and the second of two `#`: Azure Pipelines
/// takes `##vso[` anywhere in a line for a command.
#[derive(Debug, Default)]
pub struct Ascii(serde_json::ser::PrettyFormatter<'static>);

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut before = ' ';
        for c in fragment.chars() {
            let is_second = std::mem::replace(&mut before, c) == '#' && c == '#';
            if matches!(c, ' '..='~') && !is_second {
                writer.write_all(&[c as u8])?;
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}
