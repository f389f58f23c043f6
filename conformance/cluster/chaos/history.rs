//! The journal in the cluster as it came about: one history, in terms that only grow.

use std::collections::BTreeMap;

use cluster_peers::{Api, chain};
use serde_json::Value;

use crate::process::site::check;

/// All entries that were seen, by the version of the cluster that each began with.
#[derive(Default)]
pub(super) struct History {
    entries: BTreeMap<u64, Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    number: u64,
    term: u64,
    writer: String,
}

impl History {
    /// Reads what is there now.
    pub(super) fn look(&mut self, api: &Api) -> Result<(), String> {
        let all = api.get("/apis/zonewright.dev/v1alpha1/namespaces/default/zonejournals");
        let all = all.map_err(|error| chain(&error))?;
        let items = all.get("items").and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            let text = |path: &str| {
                let text = item.pointer(path).and_then(Value::as_str);
                text.unwrap_or_default().to_owned()
            };
            let number = |path: &str| item.pointer(path).and_then(Value::as_u64).unwrap_or(0);
            // It is never changed, so its version is that of its creation.
            let version = text("/metadata/resourceVersion").parse().unwrap_or(0);
            let entry = Entry {
                name: text("/metadata/name"),
                number: number("/spec/sequence"),
                term: number("/spec/term"),
                writer: text("/spec/writer"),
            };
            let before = self.entries.insert(version, entry.clone());
            check(before.is_none_or(|before| before == entry), || {
                format!("entry {entry:?} has changed")
            })?;
        }
        Ok(())
    }

    /// Whether nobody of an earlier term has added anything after one of a later term, and no number was
    /// taken twice. Gives how many entries and terms there were.
    pub(super) fn judge(&self) -> Result<(usize, usize), String> {
        let mut last: Option<&Entry> = None;
        let mut terms = 0;
        for entry in self.entries.values() {
            if let Some(last) = last {
                let stale = entry.term < last.term
                    || entry.term == last.term && entry.writer != last.writer;
                check(!stale, || {
                    format!("a stale commit: {entry:?} after {last:?}")
                })?;
                check(entry.number > last.number, || {
                    format!("two histories: {entry:?} after {last:?}")
                })?;
            }
            terms += usize::from(last.is_none_or(|last| last.term != entry.term));
            last = Some(entry);
        }
        Ok((self.entries.len(), terms))
    }
}
