//! What kinds there are, for clients that ask before anything else. Others see no such address.

use serde_json::{Value, json};

use crate::store::{KINDS, Store};

/// The answer to a question about kinds; none if it is about something else, or nothing is told.
pub(crate) fn answer(store: &Store, path: &str) -> Option<Value> {
    if !store.tells_kinds() {
        return None;
    }
    match path.trim_end_matches('/') {
        "/api" => Some(json!({"kind": "APIVersions", "versions": ["v1"]})),
        "/apis" => Some(groups(store)),
        "/api/v1" => resources(store, "v1"),
        path => resources(store, path.strip_prefix("/apis/")?),
    }
}

fn installed(store: &Store) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let all = KINDS.iter().copied();
    all.filter(|(version, plural, _)| {
        store.is_installed(&((*version).to_owned(), (*plural).to_owned()))
    })
}

fn groups(store: &Store) -> Value {
    let mut versions: Vec<&str> = installed(store).map(|(version, ..)| version).collect();
    versions.sort_unstable();
    versions.dedup();
    let groups = versions.iter().filter_map(|whole| {
        let (group, version) = whole.split_once('/')?;
        let version = json!({"groupVersion": whole, "version": version});
        Some(json!({"name": group, "versions": [version], "preferredVersion": version}))
    });
    let groups: Vec<Value> = groups.collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn resources(store: &Store, wanted: &str) -> Option<Value> {
    let of_version = installed(store).filter(|(version, ..)| *version == wanted);
    let all = of_version.map(|(_, plural, kind)| {
        json!({
            "name": plural, "singularName": kind.to_ascii_lowercase(), "kind": kind,
            "namespaced": !matches!(plural, "nodes" | "namespaces"),
            "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"],
        })
    });
    let all: Vec<Value> = all.collect();
    let list = json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": wanted, "resources": all,
    });
    (!all.is_empty()).then_some(list)
}
