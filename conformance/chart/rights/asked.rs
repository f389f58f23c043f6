//! What an account asks for beside what its roles allow: nothing more is asked, and nothing less is allowed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::cluster::{Place, words};
use super::role::texts;
use crate::helm::NAMESPACE;
use crate::program::pause;

/// Verb, group and resource.
type Right = (String, String, String);

impl Place {
    /// Waits until an account has asked for all that these rules allow, but for verbs and resources that are rare; and
    /// holds it to having asked for nothing that it may not.
    pub(super) fn asks_for_all(
        &self,
        account: &str,
        rules: &[Value],
        is_rare: fn(&str, &str) -> bool,
    ) -> Result<(), String> {
        let user = format!("system:serviceaccount:{NAMESPACE}:{account}");
        let mut wanted: BTreeSet<Right> = rights(rules);
        wanted.retain(|(verb, _, resource)| !is_rare(verb, resource));
        let mut lacking = wanted.clone();
        for _ in 0..PATIENCE {
            let asked = self.cluster.asked().map_err(words)?;
            let asked = asked.into_iter().filter(|one| one.user == user);
            let (mut done, mut denied) = (BTreeSet::new(), BTreeSet::new());
            for one in asked {
                let right = (one.verb, one.group, one.resource);
                match one.allowed {
                    true => done.insert(right),
                    false => denied.insert(right),
                };
            }
            if !denied.is_empty() {
                return Err(format!("{account} asks for what it may not: {denied:?}"));
            }
            lacking = wanted.difference(&done).cloned().collect();
            if lacking.is_empty() {
                return Ok(());
            }
            pause();
        }
        Err(format!("{account} never asks for {lacking:?}, and may"))
    }
}

/// So often is it looked, some twenty times a second.
const PATIENCE: usize = 1200;

impl Place {
    /// Whether an account has asked for this already.
    pub(super) fn has_asked(
        &self,
        account: &str,
        verb: &str,
        resource: &str,
    ) -> Result<bool, String> {
        let user = format!("system:serviceaccount:{NAMESPACE}:{account}");
        let asked = self.cluster.asked().map_err(words)?;
        Ok(asked
            .iter()
            .any(|one| one.user == user && one.verb == verb && one.resource == resource))
    }
}

fn rights(rules: &[Value]) -> BTreeSet<Right> {
    let mut all = BTreeSet::new();
    for rule in rules {
        for group in texts(rule, "apiGroups") {
            for resource in texts(rule, "resources") {
                for verb in texts(rule, "verbs") {
                    all.insert((verb, group.clone(), resource.clone()));
                }
            }
        }
    }
    all
}
