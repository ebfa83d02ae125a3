//! Which hosts are asked: region, partition and endpoint settings, seen from a proxy that opens no connection.
//!
//! The hosts are those that botocore makes of the same settings.

use std::{collections::BTreeSet, thread};

use crate::support::{ClosedProxy, Run, TestEnv};

const KEYS: &str = "aws_access_key_id = AKIADEMOSTAGING77777\n\
    aws_secret_access_key = demo/staging/not+a+secret/DEMO+DEMO+DE/0\n";

/// The lines of a profile, the environment, and the hosts that are asked; that of STS, or of the call before, first.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

/// STS, IAM and the account's name, in Ireland and with no settings.
const IRELAND: [&str; 3] = ["sts.eu-west-1.amazonaws.com", "iam.amazonaws.com", "account.us-east-1.amazonaws.com"];

/// A home with a sign-in to Identity Center, which answers; all else goes through the proxy.
fn home(proxy: &ClosedProxy, profile: &str) -> TestEnv {
    let mut env = TestEnv::demo();
    let identity_center = env.aws().url();
    env.unset("AWS_ENDPOINT_URL");
    env.set("AWS_ENDPOINT_URL_SSO", &identity_center);
    env.set("HTTPS_PROXY", &proxy.address());
    let token = r#"{"accessToken":"demo-sso-access-token","expiresAt":"2099-01-01T00:00:00Z"}"#;
    env.write(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json", token);
    let token = env.write("token", "demo.web.identity");
    env.profile("p", &profile.replace("KEYS\n", KEYS).replace("TOKEN", &token.to_string_lossy()));
    env
}

#[track_caller]
fn check(rows: &[Row<'_>]) {
    thread::scope(|scope| {
        // All are started before the first is waited for.
        let rows: Vec<_> = rows.iter().map(|row| scope.spawn(move || check_row(row))).collect();
        for row in rows {
            row.join().expect("the row is as expected");
        }
    });
}

fn check_row((profile, variables, hosts): &Row<'_>) {
    let proxy = ClosedProxy::awaiting(hosts.len());
    let mut env = home(&proxy, profile);
    for (name, value) in *variables {
        env.set(name, value);
    }
    let run = env.run(&["whoami", "p"]);
    let expected: BTreeSet<String> = hosts.iter().map(|host| with_port(host)).collect();
    assert_eq!(proxy.asked(), expected, "{profile}{variables:?}\n{}", run.stderr);
    let run = run.exits(6);
    says(&run, &format!("the proxy {} opens no connection to {}", proxy.address(), with_port(hosts[0])));
    assert_eq!(run.stdout, "", "{profile}{variables:?}");
}

/// Wherever the lines were broken.
fn says(run: &Run, text: &str) {
    let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(text), "{text:?} is not in {said:?}");
}

fn with_port(host: &str) -> String {
    if host.contains(':') { host.to_owned() } else { format!("{host}:443") }
}

#[test]
fn the_regions_own_sts_is_asked() {
    check(&[
        ("KEYS\nregion = eu-west-1\n", &[], &IRELAND),
        ("KEYS\n", &[("AWS_REGION", "eu-west-1")], &IRELAND),
        ("KEYS\n", &[("AWS_DEFAULT_REGION", "eu-west-1")], &IRELAND),
        // The profile's region is before the environment's.
        ("KEYS\nregion = eu-west-1\n", &[("AWS_REGION", "ap-south-1")], &IRELAND),
        (
            "KEYS\nregion = cn-north-1\n",
            &[],
            &[
                "sts.cn-north-1.amazonaws.com.cn",
                "iam.cn-north-1.amazonaws.com.cn",
                "account.cn-northwest-1.amazonaws.com.cn",
            ],
        ),
        (
            "KEYS\nregion = us-gov-east-1\n",
            &[],
            &["sts.us-gov-east-1.amazonaws.com", "iam.us-gov.amazonaws.com", "account.us-gov-west-1.amazonaws.com"],
        ),
    ]);
}

#[test]
fn p1_the_environments_region_is_before_that_of_the_environments_profile() {
    let proxy = ClosedProxy::awaiting(3);
    let mut env = home(&proxy, "KEYS\nregion = eu-west-1\n");
    env.set("AWS_PROFILE", "p");
    env.set("AWS_REGION", "ap-south-1");
    let run = env.run(&["whoami"]).exits(6);
    says(&run, "opens no connection to sts.ap-south-1.amazonaws.com:443");
}

/// A partition, a region in which Identity Center is, and the hosts that are asked when nobody names a region.
const PARTITIONS: [(&str, &str, [&str; 3]); 6] = [
    ("aws", "eu-west-1", ["sts.us-east-1.amazonaws.com", "iam.amazonaws.com", "account.us-east-1.amazonaws.com"]),
    (
        "aws-cn",
        "cn-north-1",
        [
            "sts.cn-northwest-1.amazonaws.com.cn",
            "iam.cn-north-1.amazonaws.com.cn",
            "account.cn-northwest-1.amazonaws.com.cn",
        ],
    ),
    (
        "aws-us-gov",
        "us-gov-east-1",
        ["sts.us-gov-west-1.amazonaws.com", "iam.us-gov.amazonaws.com", "account.us-gov-west-1.amazonaws.com"],
    ),
    (
        "aws-eusc",
        "eusc-de-east-1",
        ["sts.eusc-de-east-1.amazonaws.eu", "iam.eusc-de-east-1.amazonaws.eu", "account.eusc-de-east-1.amazonaws.eu"],
    ),
    (
        "aws-iso",
        "us-iso-west-1",
        ["sts.us-iso-east-1.c2s.ic.gov", "iam.us-iso-east-1.c2s.ic.gov", "account.us-iso-east-1.c2s.ic.gov"],
    ),
    (
        "aws-iso-b",
        "us-isob-east-1",
        [
            "sts.us-isob-east-1.sc2s.sgov.gov",
            "iam.us-isob-east-1.sc2s.sgov.gov",
            "account.us-isob-east-1.sc2s.sgov.gov",
        ],
    ),
];

#[test]
fn p1_without_a_region_a_role_is_assumed_in_its_own_partition() {
    let profiles = PARTITIONS.map(|(partition, ..)| {
        let role = format!("role_arn = arn:{partition}:iam::444455556666:role/R\n");
        let source = "source_profile = staging-keys\n\n[profile staging-keys]\nKEYS\n";
        [format!("{role}{source}"), format!("{role}web_identity_token_file = TOKEN\n")]
    });
    let rows = profiles.iter().zip(&PARTITIONS);
    let rows = rows
        .flat_map(|(profiles, (.., hosts))| profiles.iter().map(|profile| -> Row<'_> { (profile, &[], &hosts[..1]) }));
    check(&rows.collect::<Vec<_>>());
}

#[test]
fn p1_without_a_region_identity_is_asked_for_in_identity_centers_partition() {
    let profiles = PARTITIONS.map(|(_, region, _)| {
        format!(
            "sso_session = corp\nsso_account_id = 444455556666\nsso_role_name = Developer\n\n\
             [sso-session corp]\nsso_start_url = https://acme.example/start\nsso_region = {region}\n"
        )
    });
    let rows = profiles.iter().zip(&PARTITIONS);
    check(&rows.map(|(profile, (.., hosts))| -> Row<'_> { (profile, &[], hosts) }).collect::<Vec<_>>());
}

#[test]
fn without_a_region_and_a_partition_it_is_the_commercial_one() {
    check(&[("KEYS\n", &[], &PARTITIONS[0].2)]);
}

#[test]
fn p1_without_a_region_a_web_identity_of_the_environment_is_exchanged_in_its_partition() {
    for (partition, _, [sts, ..]) in PARTITIONS {
        let proxy = ClosedProxy::awaiting(1);
        let mut env = home(&proxy, "");
        env.write(".aws/credentials", "");
        env.set("AWS_ROLE_ARN", &format!("arn:{partition}:iam::444455556666:role/R"));
        env.set("AWS_WEB_IDENTITY_TOKEN_FILE", &env.home().join("token").to_string_lossy());
        says(&env.run(&["whoami"]).exits(6), &format!("opens no connection to {sts}:443"));
        assert_eq!(proxy.asked(), [with_port(sts)].into(), "{partition}");
    }
}

#[test]
fn fips_and_dual_stack_endpoints_are_asked() {
    let fips = ["sts-fips.us-west-2.amazonaws.com", "iam-fips.amazonaws.com", "account-fips.us-east-1.amazonaws.com"];
    let dual = ["sts.us-west-2.api.aws", "iam.global.api.aws", "account.us-east-1.api.aws"];
    let both = ["sts-fips.us-west-2.api.aws", "iam-fips.global.api.aws", "account-fips.us-east-1.api.aws"];
    let none = ["sts.us-west-2.amazonaws.com", "iam.amazonaws.com", "account.us-east-1.amazonaws.com"];
    let china = [
        "sts.cn-northwest-1.api.amazonwebservices.com.cn",
        "iam.global.api.amazonwebservices.com.cn",
        "account.cn-northwest-1.api.amazonwebservices.com.cn",
    ];
    let (use_fips, use_dual) = (("AWS_USE_FIPS_ENDPOINT", "true"), ("AWS_USE_DUALSTACK_ENDPOINT", "true"));
    let oregon = "KEYS\nregion = us-west-2\n";
    check(&[
        (&format!("{oregon}use_fips_endpoint = true\n"), &[], &fips),
        (oregon, &[use_fips], &fips),
        (&format!("{oregon}use_dualstack_endpoint = true\n"), &[], &dual),
        (oregon, &[use_dual], &dual),
        (&format!("{oregon}use_fips_endpoint = true\n"), &[use_dual], &both),
        (&format!("{oregon}use_fips_endpoint = true\n"), &[("AWS_USE_FIPS_ENDPOINT", "false")], &none),
        ("KEYS\nregion = cn-northwest-1\n", &[use_dual], &china),
    ]);
}

#[test]
fn p1_endpoint_settings_have_the_cli_s_order() {
    let [sts, iam, account] = IRELAND;
    let (everywhere, own) =
        (("AWS_ENDPOINT_URL", "https://all.example"), ("AWS_ENDPOINT_URL_STS", "https://sts.example:8443"));
    let keys = "KEYS\nregion = eu-west-1\n";
    let section = "\n[services s]\nsts =\n  endpoint_url = https://section.example\n";
    let services = format!("{keys}services = s\n{section}");
    let both = format!("{keys}services = s\nendpoint_url = https://profile.example\n{section}");
    check(&[
        (keys, &[everywhere], &["all.example"]),
        (keys, &[own], &["sts.example:8443", iam, account]),
        (keys, &[everywhere, own], &["sts.example:8443", "all.example"]),
        (&services, &[], &["section.example", iam, account]),
        (&services, &[own], &["sts.example:8443", iam, account]),
        (&both, &[], &["section.example", "profile.example"]),
        (&both, &[everywhere], &["all.example"]),
        (&both, &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"), everywhere], &[sts, iam, account]),
        (
            &format!(
                "{keys}ignore_configured_endpoint_urls = true\nservices = s\nendpoint_url = https://x.example\n{section}"
            ),
            &[everywhere, own],
            &[sts, iam, account],
        ),
    ]);
}

#[test]
fn no_proxy_goes_straight_to_the_host() {
    // Nobody listens there: the discard port, which only root may open.
    let profile = "KEYS\nregion = eu-west-1\nendpoint_url = https://127.0.0.1:9\n";
    check(&[
        (profile, &[], &["127.0.0.1:9"]),
        (profile, &[("NO_PROXY", "amazonaws.com,.example,10.0.0.0/8")], &["127.0.0.1:9"]),
    ]);
    for name in ["NO_PROXY", "no_proxy"] {
        let proxy = ClosedProxy::awaiting(1);
        let mut env = home(&proxy, profile);
        env.set(name, "amazonaws.com, 127.0.0.1");
        env.run(&["whoami", "p"]).exits(6).says("127.0.0.1:9 refuses connections");
        assert_eq!(proxy.asked(), BTreeSet::new());
    }
}
