//! Other tools and we use the same sign-in, in both directions: botocore, boto3 and the AWS CLI, as tests/run.sh
//! installs them.

use std::{env, path::PathBuf, process::Command};

use super::{TOKEN, cache_files, env, requests, token};
use crate::support::{Run, TestEnv, repository};

/// A program of the virtual environment; `None`: left out.
fn program(name: &str) -> Option<PathBuf> {
    let path = repository().join("target/test-venv/bin").join(name);
    if path.is_file() {
        return Some(path);
    }
    assert!(env::var_os("AWSENV_TEST_ALL").is_none(), "tests/run.sh makes target/test-venv");
    eprintln!("left out: target/test-venv is not there");
    None
}

fn run(mut command: Command) -> Run {
    command.output().expect("it starts").into()
}

/// boto3's answer to who the profile is.
fn boto3(env: &TestEnv, python: &PathBuf) -> Run {
    let mut command = env.command(python);
    command.args([
        "-c",
        "import boto3; print(boto3.Session(profile_name='developer').client('sts').get_caller_identity()['Arn'])",
    ]);
    command.env("AWS_DEFAULT_REGION", "eu-west-1");
    run(command)
}

const ARN: &str = "arn:aws:sts::444455556666:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/ada@acme.example\n";

/// A sign-in's time is over.
fn end(env: &TestEnv) {
    let mut token = token(env);
    token["expiresAt"] = "2020-01-01T00:00:00Z".into();
    env.write(TOKEN, token.to_string());
}

#[test]
fn the_aws_cli_and_boto3_use_our_sign_in_and_renew_it() {
    let (Some(python), Some(aws)) = (program("python"), program("aws")) else { return };
    let env = env();
    env.run(&["login", "corp"]).exits(0);
    assert_eq!(boto3(&env, &python).exits(0).stdout, ARN);
    let mut command = env.command(aws);
    command.args(["sts", "get-caller-identity", "--profile", "developer", "--query", "Arn", "--output", "text"]);
    command.env("AWS_DEFAULT_REGION", "eu-west-1");
    assert_eq!(run(command).exits(0).stdout, ARN);
    assert_eq!(requests(&env, "CreateToken").len(), 1);
    // botocore renews what we wrote, and we what it wrote.
    end(&env);
    assert_eq!(boto3(&env, &python).exits(0).stdout, ARN);
    assert_eq!(requests(&env, "CreateToken").len(), 2);
    env.run(&["exec", "developer", "--", "true"]).exits(0);
    assert_eq!(requests(&env, "CreateToken").len(), 2);
    end(&env);
    env.run(&["exec", "developer", "--", "true"]).exits(0);
    assert_eq!(boto3(&env, &python).exits(0).stdout, ARN);
    assert_eq!(requests(&env, "CreateToken").len(), 3);
}

#[test]
fn what_the_aws_cli_keeps_of_a_sign_in_ends_with_it() {
    let env = env();
    let other = env.write(".aws/cli/cache/role.json", r#"{"Credentials":{"AccessKeyId":"ASIAROLE"}}"#);
    for end in [["logout", "corp"], ["logout", "--all"]] {
        // As version 2 writes it, which would go on with it for an hour.
        let kept =
            env.write(".aws/cli/cache/0123.json", r#"{"ProviderType":"sso","Credentials":{"AccessKeyId":"ASIASSO"}}"#);
        env.run(&["login", "corp"]).exits(0);
        env.run(&end).exits(0).says("1 session of the AWS CLI's removed");
        assert!(!kept.exists());
    }
    assert!(other.exists(), "what is not of a sign-in stays");
}

#[test]
fn what_cannot_be_removed_does_not_keep_what_the_aws_cli_has() {
    let env = env();
    // In the place of the lock of our own sessions.
    env.write(".cache/awsenv/sessions/lock/a", "");
    for end in [["logout", "corp"], ["logout", "--all"]] {
        let kept = env.write(".aws/cli/cache/0123.json", r#"{"ProviderType":"sso"}"#);
        env.run(&["login", "corp"]).exits(0);
        env.run(&end).exits(2).says("the sessions are not all removed").says("1 session of the AWS CLI's removed");
        assert!(!kept.exists());
    }
}

#[test]
fn aws_sso_logout_can_read_every_file_of_ours() {
    let env = env();
    for name in ["corp", "legacy"] {
        env.run(&["login", name]).exits(0);
    }
    let files = cache_files(&env);
    assert!(files.iter().any(|file| file.extension().is_some_and(|ending| ending == "lock")));
    for file in files {
        // It reads all there are, passes over what is no JSON, and ends with an error at JSON that is no object.
        let value = serde_json::from_slice::<serde_json::Value>(&std::fs::read(&file).unwrap());
        assert!(value.is_err() || value.is_ok_and(|value| value.is_object()), "{}", file.display());
    }
}

/// botocore signs in by its own client for Identity Center, and writes the files with its own cache.
const SIGN_IN: &str = r"
import datetime, hashlib, json, os, botocore.session
from botocore.utils import JSONFileCache, SSOTokenLoader
from botocore.config import Config
from botocore import UNSIGNED
client = botocore.session.get_session().create_client(
    'sso-oidc', region_name='eu-west-1', config=Config(signature_version=UNSIGNED))
start, session, scopes = 'https://acme.awsapps.com/start', 'corp', ['sso:account:access']
now = datetime.datetime.now(datetime.timezone.utc)
text = lambda time: time.strftime('%Y-%m-%dT%H:%M:%SZ')
of = client.register_client(clientName='botocore-client', clientType='public', scopes=scopes)
keys = dict(clientId=of['clientId'], clientSecret=of['clientSecret'])
ends = text(datetime.datetime.fromtimestamp(of['clientSecretExpiresAt'], datetime.timezone.utc))
cache = JSONFileCache(os.path.expanduser('~/.aws/sso/cache'))
key = json.dumps(dict(tool='botocore', startUrl=start, region='eu-west-1', scopes=scopes, session_name=session), sort_keys=True)
cache[hashlib.sha1(key.encode()).hexdigest()] = dict(keys, expiresAt=ends, scopes=scopes)
device = client.start_device_authorization(startUrl=start, **keys)
for wrong in ['no-such-code', None]:
    try:
        token = client.create_token(
            grantType='urn:ietf:params:oauth:grant-type:device_code', deviceCode=wrong or device['deviceCode'], **keys)
    except client.exceptions.InvalidGrantException:
        assert wrong
try:
    client.create_token(grantType='refresh_token', refreshToken='x', clientId=of['clientId'], clientSecret='wrong')
    raise SystemExit('a wrong client was accepted')
except client.exceptions.InvalidClientException:
    pass
SSOTokenLoader(cache).save_token(start, dict(
    keys, startUrl=start, region='eu-west-1', accessToken=token['accessToken'], refreshToken=token['refreshToken'],
    expiresAt=text(now + datetime.timedelta(seconds=token['expiresIn'])), registrationExpiresAt=ends), session_name=session)
";

#[test]
fn we_use_a_sign_in_that_botocore_wrote() {
    let Some(python) = program("python") else { return };
    let env = env();
    let mut command = env.command(python);
    command.args(["-c", SIGN_IN]);
    run(command).exits(0);
    env.run(&["exec", "developer", "--", "true"]).exits(0);
    end(&env);
    env.run(&["exec", "developer", "--", "true"]).exits(0);
    // Its client serves our next sign-in with a code.
    env.run(&["login", "corp"]).exits(0);
    assert_eq!(requests(&env, "RegisterClient").len(), 1);
    env.run(&["logout", "corp"]).exits(0).says("signed out of sso-session `corp`");
}
