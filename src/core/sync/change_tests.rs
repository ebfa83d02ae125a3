use super::*;
use crate::core::{
    identity::AccountId,
    sync::{Outside, name_all},
};

fn access(account: u64, name: &str, role: &str) -> Access {
    let account = AccountId::parse(&format!("{account:012}")).unwrap();
    Access { account, account_name: name.into(), email: String::new(), role: role.into() }
}

/// The block after a sync that asked for all.
fn block(all: &[Access]) -> Block {
    let changes = sync(None, all, false, &|_, _| true);
    Block { span: 0..0, comments: Vec::new(), profiles: changes.after }
}

fn sync(block: Option<&Block>, all: &[Access], prune: bool, in_scope: InScope<'_>) -> Changes {
    let scope = Scope::new("corp", Some("eu-west-1"), all, in_scope, prune);
    let template = "{account_name}.{role}".parse().unwrap();
    let staying: BTreeSet<&str> = block
        .iter()
        .flat_map(|block| &block.profiles)
        .filter(|written| scope.stays(written))
        .map(|written| written.name.as_str())
        .collect();
    let outside = |name: &str, _: &Access| if staying.contains(name) { Outside::Other } else { Outside::Free };
    changes(block, &name_all(&template, "corp", all, &outside), &scope)
}

#[track_caller]
fn check(block: &Block, all: &[Access], prune: bool, expect: &str) {
    let changes = sync(Some(block), all, prune, &|_, _| true);
    let after: Vec<&str> = changes.after.iter().map(|written| written.name.as_str()).collect();
    assert_eq!(format!("{}[{}] {}", changes.text(), changes.sum(), after.join(" ")), expect);
}

#[test]
fn the_same_answer_changes_nothing() {
    let all = [access(1, "a", "R"), access(2, "b", "R")];
    check(&block(&all), &all, true, "[0 to add, 0 to change, 0 to remove, 2 as before] a.R b.R");
}

#[test]
fn what_cannot_be_reached_goes_only_when_asked() {
    let old = block(&[access(1, "a", "R"), access(2, "b", "R")]);
    check(&old, &[access(1, "a", "R")], false, "[0 to add, 0 to change, 0 to remove, 2 as before] a.R b.R");
    check(
        &old,
        &[access(1, "a", "R")],
        true,
        "- b.R  0000-0000-0002 R\n[0 to add, 0 to change, 1 to remove, 1 as before] a.R",
    );
}

#[test]
fn an_account_with_a_new_name_has_one_profile() {
    let old = block(&[access(1, "a", "R")]);
    let expect =
        "+ z.R  0000-0000-0001 R  z\n- a.R  0000-0000-0001 R\n[1 to add, 0 to change, 1 to remove, 0 as before] z.R";
    check(&old, &[access(1, "z", "R")], false, expect);
}

#[test]
fn p1_a_name_does_not_pass_to_another_account_unseen() {
    let old = block(&[access(1, "a", "R"), access(2, "b", "R")]);
    // Of an account that went, the name stays taken until it is pruned.
    let expect = "+ a.R-000000000003  0000-0000-0003 R  a\n[1 to add, 0 to change, 0 to remove, 2 as before] a.R a.R-000000000003 b.R";
    check(&old, &[access(2, "b", "R"), access(3, "a", "R")], false, expect);
    let expect = "~ a.R  sso_account_id: 000000000001 -> 000000000002  ANOTHER ACCOUNT\n\
        ~ b.R  sso_account_id: 000000000002 -> 000000000001  ANOTHER ACCOUNT\n[0 to add, 2 to change, 0 to remove, 0 as before] a.R b.R";
    check(&old, &[access(2, "a", "R"), access(1, "b", "R")], false, expect);
    let moved = sync(Some(&old), &[access(2, "a", "R"), access(1, "b", "R")], false, &|_, _| true);
    assert_eq!(moved.moved().collect::<Vec<_>>(), ["a.R", "b.R"]);
}

#[test]
fn a_profile_of_the_user_s_for_the_same_role_takes_the_place_of_ours() {
    let all = [access(1, "a", "R"), access(1, "a", "S")];
    let old = block(&all);
    let scope = Scope::new("corp", Some("eu-west-1"), &all, &|_, _| true, false);
    let outside = |name: &str, _: &Access| if name == "a.R" { Outside::Same } else { Outside::Free };
    let named = name_all(&"{account_name}.{role}".parse().unwrap(), "corp", &all, &outside);
    let changes = changes(Some(&old), &named, &scope);
    assert_eq!(changes.text(), "- a.R  0000-0000-0001 R\n");
    assert_eq!(changes.sum(), "0 to add, 0 to change, 1 to remove, 1 as before");
}

#[test]
fn what_was_not_asked_for_stays() {
    let old = block(&[access(1, "a", "R"), access(2, "b", "R"), access(1, "a", "S")]);
    let changes = sync(Some(&old), &[], true, &|account, role| account == "000000000001" && role == "S");
    assert_eq!(changes.text(), "- a.S  0000-0000-0001 S\n");
    assert_eq!(changes.after.len(), 2);
}

#[test]
fn p5_free_text_is_shown_safely() {
    let changes = sync(None, &[access(1, "a\u{1b}[31m\n::add-mask::x", "R")], false, &|_, _| true);
    assert_eq!(changes.text(), "+ a-31m-add-mask-x.R  0000-0000-0001 R  a\\x1b[31m\\x0a::add-mask::x\n");
}
