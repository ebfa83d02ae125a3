use super::*;
use crate::core::identity::AccountId;

fn profile(name: &str, account: u64, region: Option<&str>) -> Profile {
    Profile {
        name: name.into(),
        account: AccountId::parse(&format!("{account:012}")).unwrap(),
        account_name: String::new(),
        role: "Admin".into(),
        region: region.map(str::to_owned),
    }
}

const NEW: &str = "\
# >>> awsenv sync sso corp >>>
# The four keys that awsenv sets are set anew by each sync; other lines of a profile stay.
[profile a.Admin]
sso_session = corp
sso_account_id = 000000000001
sso_role_name = Admin

# <<< awsenv sync sso corp <<<";

fn written() -> [Written; 1] {
    [Written::of(&profile("a.Admin", 1, None), "corp", None)]
}

#[test]
fn a_block_is_added_at_the_end_and_replaced_in_place() {
    assert_eq!(render("", None, "corp", &written()), format!("{NEW}\n"));
    for (before, between) in [("[default]\n", "\n"), ("[default]", "\n\n"), ("# only\n\n", "\n")] {
        let new = render(before, None, "corp", &written());
        assert_eq!(new, format!("{before}{between}{NEW}\n"));
        let block = find(&new, "corp").unwrap().unwrap();
        assert_eq!(block.profiles, written());
        assert_eq!(render(&new, Some(&block), "corp", &written()), new);
    }
}

#[test]
fn p8_line_ends_and_a_missing_last_one_survive() {
    let windows = render("[default]\r\nregion = eu-west-1\r\n", None, "corp", &written());
    assert_eq!(windows, format!("[default]\r\nregion = eu-west-1\r\n\r\n{}\r\n", NEW.replace('\n', "\r\n")));
    let block = find(&windows, "corp").unwrap().unwrap();
    assert_eq!(block.profiles, written());
    assert_eq!(render(&windows, Some(&block), "corp", &written()), windows);
    let cut = windows.trim_end();
    let block = find(cut, "corp").unwrap().unwrap();
    assert_eq!(render(cut, Some(&block), "corp", &written()), cut);
}

#[test]
fn what_the_user_wrote_in_a_profile_stays() {
    let text = NEW.replace(
        "[profile a.Admin]\n",
        "; mine\n[profile a.Admin]\noutput = json\nRegion=eu-west-1\ns3 =\n  max_queue_size = 10\n# why\n",
    );
    let block = find(&text, "corp").unwrap().unwrap();
    assert_eq!(block.comments, ["; mine"]);
    let now = &block.profiles[0];
    assert_eq!(now.rest, ["output = json", "s3 =", "  max_queue_size = 10", "# why"]);
    let kept = Written::of(&profile("a.Admin", 1, None), "corp", Some(now));
    assert_eq!(kept, *now);
    let new = render(
        &text,
        Some(&block),
        "corp",
        &[Written::of(&profile("a.Admin", 1, Some("eu-west-2")), "corp", Some(now))],
    );
    let expected = "sso_role_name = Admin\nregion = eu-west-2\noutput = json\ns3 =\n  max_queue_size = 10\n# why\n\n#";
    assert!(new.contains(expected), "{new}");
    assert!(new.contains("; mine\n[profile a.Admin]\nsso_session"), "{new}");
}

#[test]
fn another_session_s_block_is_not_ours() {
    let both = format!("{}\n[profile x]\n{NEW}\n", NEW.replace("corp", "other").replace("a.Admin", "b.Admin"));
    let block = find(&both, "corp").unwrap().unwrap();
    assert_eq!(&both[block.span], NEW);
    assert_eq!(find(&both, "third").unwrap(), None);
}

#[track_caller]
fn check(text: &str, line: usize, why: &str) {
    let error = find(text, "corp").unwrap_err();
    assert_eq!(error.line, line, "{error}");
    assert!(error.why.contains(why), "{error}");
}

#[test]
fn p8_a_damaged_block_is_named_by_its_line() {
    check(NEW.rsplit_once('\n').unwrap().0, 1, "does not end");
    check(NEW.split_once('\n').unwrap().1, 7, "does not begin");
    check(&format!("{NEW}\n{NEW}"), 9, "two blocks");
    check(
        &NEW.replace("[profile", "# >>> awsenv sync sso other >>>\n[profile"),
        3,
        "within the one that begins in line 1",
    );
    check(&NEW.replace("corp <<<", "other <<<"), 8, "not the end of the block that begins in line 1");
    check(&NEW.replace("# <<<", "#<<<"), 8, "was edited");
    check(&NEW.replace("corp >>>", "corp >>> mine"), 1, "was edited");
    check(&NEW.replace("# >>>", "  # >>>"), 1, "was edited");
    check(&NEW.replace("[profile a.Admin]", "region = x\n[profile a.Admin]"), 3, "belongs to no profile");
    check(&NEW.replace("[profile a.Admin]", "[profile a.Admin]\nregion"), 4, "key = value");
    check(&NEW.replace("[profile a.Admin]", "[default]"), 3, "none that awsenv wrote");
    check(&NEW.replace("[profile a.Admin]", "[sso-session x]"), 3, "none that awsenv wrote");
    check(&NEW.replace("[profile a.Admin]", "[profile \"a b\"]"), 3, "none that awsenv wrote");
    check(&NEW.replace("[profile a.Admin]", "[profile a.Admin]\n[profile a.Admin]"), 4, "in the block twice");
    check(&NEW.replace("sso_session", "sso_session = x\nSSO_SESSION"), 5, "twice");
    check(&format!("{NEW}\n# more\nregion = eu-west-1\n"), 10, "belongs to the last profile");
    check(&format!("[default]\n{NEW}\n  x = y\n"), 10, "belongs to the last profile");
    assert!(find("# awsenv sync sso corp\n#>>> other program\n", "corp").unwrap().is_none());
}

proptest::proptest! {
    #[test]
    fn p8_everything_outside_stays(
        before in "(\\[profile [a-c]\\]\r?\n|region = x\n|# c\n|\n){0,6}",
        after in "(\\[profile [d-f]\\]\n(region = x\r?\n)?|# é\n|\n){0,4}(\\[default\\])?",
        count in 0_usize..4,
    ) {
        let profiles: Vec<Written> =
            (0..count).map(|n| Written::of(&profile(&format!("p{n}"), n as u64, None), "corp", None)).collect();
        let text = format!("{before}{NEW}\n{after}");
        let block = find(&text, "corp").unwrap().unwrap();
        let new = render(&text, Some(&block), "corp", &profiles);
        let end = String::from("\n") + &after;
        proptest::prop_assert!(new.starts_with(&before) && new.ends_with(&end));
        let again = find(&new, "corp").unwrap().unwrap();
        proptest::prop_assert_eq!(&again.profiles, &profiles);
        proptest::prop_assert_eq!(render(&new, Some(&again), "corp", &profiles), new);
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "(# >>> awsenv sync sso corp >>>|# <<< awsenv sync sso corp <<<|\\[profile a\\]|a = b|  x| |\r|é|\n){0,16}") {
        let _ = find(&text, "corp");
    }
}
