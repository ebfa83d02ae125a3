//! The Identity Center portal: which accounts and roles a signed-in user has, page by page.

use std::collections::BTreeMap;

use super::{
    http::{Request, Response, pairs},
    scenario::{Scenario, SsoToken},
    wire::{Refusal, json_result},
};

/// The page that is given without `max_result`, and the largest one.
const PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;

/// `ListAccounts`.
pub(super) fn accounts(scenario: &Scenario, token: &SsoToken, request: &Request) -> Result<Response, Refusal> {
    let mut ids: Vec<&str> = Vec::new();
    for (id, _) in token.assignments.iter().filter_map(|assignment| assignment.split_once('/')) {
        // Those of an account mostly follow each other.
        if ids.last() != Some(&id) && !ids.contains(&id) {
            ids.push(id);
        }
    }
    let (ids, next) = page(&ids, &pairs(&request.query))?;
    let list = ids.iter().map(|id| {
        let name = scenario.account(id).map_or("", |account| account.name.as_str());
        serde_json::json!({ "accountId": id, "accountName": name, "emailAddress": format!("aws+{id}@example.com") })
    });
    let list: Vec<_> = list.collect();
    Ok(json_result(&serde_json::json!({ "accountList": list, "nextToken": next })))
}

/// `ListAccountRoles`.
pub(super) fn roles(token: &SsoToken, request: &Request) -> Result<Response, Refusal> {
    let query = pairs(&request.query);
    let account = query.get("account_id").map(String::as_str).unwrap_or_default();
    let assignments = token.assignments.iter().filter_map(|assignment| assignment.split_once('/'));
    let roles: Vec<&str> = assignments.filter(|(id, _)| *id == account).map(|(_, role)| role).collect();
    if roles.is_empty() {
        return Err(Refusal::new(403, "ForbiddenException", "No access"));
    }
    let (roles, next) = page(&roles, &query)?;
    let list: Vec<_> = roles.iter().map(|role| serde_json::json!({ "accountId": account, "roleName": role })).collect();
    Ok(json_result(&serde_json::json!({ "roleList": list, "nextToken": next })))
}

/// One page of a list, and the token of the next.
fn page<'a>(all: &'a [&'a str], query: &BTreeMap<String, String>) -> Result<(&'a [&'a str], Option<String>), Refusal> {
    let bad = || Refusal::new(400, "InvalidRequestException", "The request is not valid");
    let number = |name: &str, default: usize| match query.get(name) {
        Some(text) => text.parse().map_err(|_| bad()),
        None => Ok(default),
    };
    let (from, size) = (number("next_token", 0)?, number("max_result", PAGE)?);
    if from > all.len() || !(1..=LARGEST_PAGE).contains(&size) {
        return Err(bad());
    }
    let to = (from + size).min(all.len());
    Ok((&all[from..to], (to < all.len()).then(|| to.to_string())))
}
