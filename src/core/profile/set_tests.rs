use super::*;
use crate::core::profile::header::FileKind;

/// A set of these texts.
pub(in crate::core) fn set_of(config: &[u8], credentials: &[u8]) -> ProfileSet {
    let file = |path: &str| File { path: Path::new(path).into(), trusted: true };
    let mut set = ProfileSet::new(file("config"), file("credentials"));
    set.read(FileKind::Config, config, Want::All).unwrap();
    set.read(FileKind::Credentials, credentials, Want::All).unwrap();
    set
}

fn names(config: &[u8]) -> Vec<String> {
    set_of(config, b"").names().map(str::to_owned).collect()
}

fn findings(config: &[u8]) -> Vec<(&'static str, usize)> {
    set_of(config, b"").findings().map(|finding| (finding.code, finding.location.line)).collect()
}

#[test]
fn one_bad_header_does_not_hide_the_others() {
    let config = b"[profile bad\nx = 1\n[profile good]\nregion = eu-west-1\n";
    assert_eq!(names(config), ["good"]);
    assert_eq!(findings(config), [("config-syntax", 1)]);
}

#[test]
fn text_before_the_first_header_is_an_error() {
    assert_eq!(findings(b"\n# c\nregion = x\n[profile a]\n"), [("config-syntax", 3)]);
    assert_eq!(findings(b"\xef\xbb\xbf[profile a]\nregion = x\n[profile b]\n"), [("config-syntax", 1)]);
    assert_eq!(names(b"\xef\xbb\xbf[profile a]\nregion = x\n[profile b]\n"), ["b"]);
}

#[test]
fn nothing_is_taken_from_a_file_that_begins_with_something_else() {
    let set = set_of(b"\xef\xbb\xbf[profile a]\n[profile b]\n", b"[b]\n[c]\n");
    let read = |name: &[u8]| set.settings(set.find(SectionKind::Profile, name).unwrap(), &mut Settings::default());
    assert_eq!(read(b"b").unwrap_err().code(), "config-syntax");
    assert_eq!(read(b"c"), Ok(()));
}

#[test]
fn sections_of_one_name_are_one_profile() {
    let set = set_of(b"[profile a]\nregion = x\n[profile 'a']\noutput = y\n", b"[b]\n[a]\nregion = z\n");
    assert_eq!(set.names().collect::<Vec<_>>(), ["a", "b"]);
    let mut settings = Settings::default();
    set.settings(set.find(SectionKind::Profile, b"a").unwrap(), &mut settings).unwrap();
    let values: Vec<_> = settings.iter().map(|(key, entry)| (key.name(), entry.value.as_ref())).collect();
    assert_eq!(values, [("region", "x"), ("output", "y"), ("region", "z")]);
    assert_eq!(set.findings().map(|f| (f.code, f.location.line)).collect::<Vec<_>>(), [("config-ambiguous", 3)]);
}

#[test]
fn profile_default_replaces_default() {
    for config in
        ["[default]\noutput=x\n[profile default]\nregion=a\n", "[profile default]\nregion=a\n[default]\noutput=x\n"]
    {
        let set = set_of(config.as_bytes(), b"");
        let mut settings = Settings::default();
        let group = set.find(SectionKind::Profile, b"default").unwrap();
        set.settings(group, &mut settings).unwrap();
        assert_eq!(settings.iter().count(), 1, "{config}");
        assert_eq!(findings(config.as_bytes()), [("config-ambiguous", 3)], "{config}");
        assert_eq!(set.spot(group).line, if config.starts_with("[d") { 3 } else { 1 });
    }
}

#[test]
fn only_wanted_profiles_are_kept() {
    let file = || File { path: Path::new("config").into(), trusted: true };
    let mut set = ProfileSet::new(file(), file());
    let config = &b"[profile a]\nregion=x\n[sso-session s]\n[profile b]\nregion=y\n[services v]\n"[..];
    set.read(FileKind::Config, config, Want::Named(&["b".to_owned()])).unwrap();
    assert_eq!(set.names().collect::<Vec<_>>(), ["b"]);
    assert!(set.find(SectionKind::SsoSession, b"s").is_some());
    assert!(set.find(SectionKind::Services, b"v").is_some());
}

#[test]
fn the_quick_look_at_a_header_is_no_other_answer() {
    let file = || File { path: Path::new("config").into(), trusted: true };
    let read = |kind, text: &str, want: Want<'_>| {
        let mut set = ProfileSet::new(file(), file());
        set.read(kind, text.as_bytes(), want).unwrap();
        let findings: Vec<Finding> = set.findings().cloned().collect();
        (set.names().any(|name| name == "dev-1"), findings)
    };
    let wanted = ["dev-1".to_owned()];
    for header in ["[profile dev-1]", "[dev-1]", "[profile dev-2]", "[dev-2]", "[profile]", "[]"] {
        for text in [format!("{header}\nregion = x\n"), format!("[profile dev-1]\n{header}\n[dev-1]\n")] {
            for kind in [FileKind::Config, FileKind::Credentials] {
                assert_eq!(read(kind, &text, Want::Named(&wanted)), read(kind, &text, Want::All), "{text}");
            }
        }
    }
}

#[test]
fn odd_names_are_listed_but_not_usable() {
    let set = set_of(b"[profile caf\xe9]\n[profile b]\n", b"");
    assert_eq!(set.names().collect::<Vec<_>>(), ["b"]);
    let all: Vec<_> = set.of_kind(SectionKind::Profile).map(|group| set.name_text(group).into_owned()).collect();
    assert_eq!(all, ["caf\\xe9", "b"]);
}
