//! Pods that only follow, with an account that may look at the Lease and at nothing else.

use std::path::Path;

use serde_json::Value;

use super::cluster::{Place, words};
use crate::files::own;
use crate::helm::{Helm, NAMESPACE};
use crate::program::Program;

/// One that leads, as the chart has it, and one that follows it to the end.
pub(super) fn follow(helm: &Helm, place: &Place, ours: &Path) -> Result<(), String> {
    let _turn = place.turn.lock();
    place.install(helm, RELEASE, &own("rights-followers-values.yaml"))?;
    let folder = tempfile::tempdir().map_err(words)?;
    let (leads, follows) = (folder.path().join("leads"), folder.path().join("follows"));
    for folder in [&leads, &follows] {
        std::fs::create_dir(folder).map_err(words)?;
    }
    let key = folder.path().join("replicas.key");
    std::fs::write(&key, KEY).map_err(words)?;
    let start = |name: &str, account: &Path| {
        let mut arguments = place.arguments_of(name)?;
        // What the Pod has from its volumes, its variables and the names of the cluster.
        arguments
            .retain(|one| !one.starts_with("--key-file=") && !one.starts_with("--replica-peers="));
        arguments.extend([
            format!("--key-file={}", key.display()),
            "--replica-peers=127.0.0.1:1".to_owned(),
            format!("--leader-elect-resource-namespace={NAMESPACE}"),
            format!("--replica-name={name}-0"),
            format!("--kubeconfig={}", place.account_of(name, account)?),
        ]);
        Program::start(ours, &arguments)
    };
    let mut leader = start(ACCOUNT, &leads)?;
    leader.metrics("the leader leads", |page| {
        page.contains("zonewright_leads 1")
    })?;
    let mut follower = start(&format!("{ACCOUNT}-followers"), &follows)?;
    follower.metrics("the follower has the zone", |page| {
        page.contains("zonewright_leads 0")
            && page.contains("zonewright_zone_serial{zone=\"example.org.\"}")
    })?;
    follower.says("ready")?;
    for word in ["denied", "forbidden"] {
        let log = follower.log();
        if log.contains(word) {
            return Err(format!("the follower may not do all that it does:\n{log}"));
        }
    }
    let path = format!(
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/roles/{ACCOUNT}-followers"
    );
    let role = place.cluster.api().get(&path).map_err(words)?;
    let rules = role.get("rules").and_then(Value::as_array);
    let rules = rules.ok_or("the role has no rules")?;
    let account = format!("{ACCOUNT}-followers");
    for (right, allowed) in [
        (["get", "coordination.k8s.io", LEASE], true),
        (["watch", "coordination.k8s.io", LEASE], true),
        (["get", "coordination.k8s.io", "leases"], false),
        (["watch", "coordination.k8s.io", "leases"], false),
        (["update", "coordination.k8s.io", LEASE], false),
        (["list", "", "services"], false),
        (["get", "", "secrets"], false),
        (["patch", "", "pods"], false),
        (["create", "zonewright.dev", "zones"], false),
    ] {
        if place.may_account(&account, right, Some(NAMESPACE))? != allowed {
            return Err(format!("{account}: {right:?} is not {allowed}"));
        }
    }
    place.asks_for_all(&account, rules, |_, _| false)
}

const RELEASE: &str = "several";
const ACCOUNT: &str = "several-zonewright";
const LEASE: &str = "leases=several-zonewright";

/// The key that the Pods know each other by.
const KEY: &str = "key \"replicas\" { algorithm hmac-sha256; secret \"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"; };\n";
