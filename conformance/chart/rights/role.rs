//! Our program with exactly the rights that the chart gives it.

use std::collections::BTreeMap;
use std::path::Path;

use cluster_peers::Object;
use serde_json::{Value, json};

use super::cluster::{Place, words};
use crate::files::own;
use crate::helm::{Helm, NAMESPACE, RELEASE};
use crate::program::{Program, pause};

/// With all sources: every watch runs and every report is written. Without any one resource of the
/// role something fails, so none is too many.
pub(super) fn of_the_cluster(helm: &Helm, place: &Place, ours: &Path) -> Result<(), String> {
    let _turn = place.turn.lock();
    place.install(helm, RELEASE, &own("rights-values.yaml"))?;
    let folder = tempfile::tempdir().map_err(words)?;
    let config = place.account(RELEASE, folder.path())?;
    let mut arguments = place.arguments(RELEASE)?;
    arguments.push(format!("--kubeconfig={config}"));
    let start = || Program::start(ours, &arguments);

    // Another trial's program may have written the status of the version before.
    change_endpoint(place, 59)?;
    let mut program = start()?;
    program.metrics("all watches and reports", |page| {
        healthy(page, &KINDS)
            && value(page, REFUSED) == Some(0.0)
            && value(page, WRITTEN) > Some(1.0)
    })?;
    let path =
        format!("/apis/rbac.authorization.k8s.io/v1/clusterroles/{NAMESPACE}-{RELEASE}-zonewright");
    let role = place.cluster.api().get(&path).map_err(words)?;
    let rules = role.get("rules").and_then(Value::as_array);
    let rules = rules.ok_or("the role has no rules")?;
    // API servers before 1.32 have no watches that begin with all that there is.
    let is_rare = |verb: &str, _: &str| verb == "list";
    place.asks_for_all(&format!("{RELEASE}-zonewright"), rules, is_rare)?;
    drop(program);
    let mut seen: u32 = 0;
    for (number, rule) in rules.iter().enumerate() {
        for resource in texts(rule, "resources") {
            set_rules(place, &without(rules, number, &resource))?;
            let group = texts(rule, "apiGroups").pop().unwrap_or_default();
            let verb = texts(rule, "verbs").pop().unwrap_or_default();
            wait_until_denied(place, RELEASE, [&verb, &group, &resource])?;
            // A status is written once for each version of an object.
            change_endpoint(place, 60 + seen)?;
            let refused = format!("resources: [{resource}]");
            let mut program = start()?;
            let seen_refused = match resource.as_str() {
                // Told to the cluster, not watched.
                "events" | "dnsendpoints/status" => program
                    .metrics("a refusal", |page| value(page, REFUSED) > Some(0.0))
                    .map(drop),
                _ => program.says(&refused),
            };
            seen_refused.map_err(|why| format!("the role needs no {resource}: {why}"))?;
            seen += 1;
        }
    }
    set_rules(place, rules)?;
    match seen {
        16.. => Ok(()),
        seen => Err(format!("only {seen} resources in the role: {rules:?}")),
    }
}

/// Namespaced, with Gateways in a namespace of their own: roles of two namespaces are enough, and one
/// of the cluster for what has no namespace.
pub(super) fn of_namespaces(helm: &Helm, place: &Place, ours: &Path) -> Result<(), String> {
    let release = "shop-names";
    let _turn = place.turn.lock();
    place.install(helm, release, &own("rights-namespaced-values.yaml"))?;
    let folder = tempfile::tempdir().map_err(words)?;
    let config = place.account(release, folder.path())?;
    let mut arguments = place.arguments(release)?;
    arguments.push(format!("--kubeconfig={config}"));
    for verb in ["list", "watch"] {
        wait_until_denied(place, release, [verb, "", "services"])?;
    }
    let kinds = [
        "Service",
        "Node",
        "Pod",
        "Ingress",
        "DNSEndpoint",
        "Gateway",
        "Namespace",
    ];
    Program::start(ours, &arguments)?.metrics("all watches", |page| {
        healthy(page, &kinds) && value(page, REFUSED) == Some(0.0)
    })?;
    Ok(())
}

/// The rules without one resource of one of them.
fn without(rules: &[Value], number: usize, resource: &str) -> Vec<Value> {
    let mut rules = rules.to_vec();
    let kept: Vec<String> = rules
        .get(number)
        .map(|rule| texts(rule, "resources"))
        .unwrap_or_default()
        .into_iter()
        .filter(|one| one != resource)
        .collect();
    if kept.is_empty() {
        rules.remove(number);
    } else if let Some(rule) = rules.get_mut(number) {
        rule["resources"] = json!(kept);
    }
    rules
}

fn set_rules(place: &Place, rules: &[Value]) -> Result<(), String> {
    let role = Object::new(json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": format!("{NAMESPACE}-{RELEASE}-zonewright")},
        "rules": rules,
    }));
    let role = role.map_err(words)?;
    place.cluster.api().patch(&[role]).map_err(words)
}

/// Gives the DNSEndpoint of these trials another TTL.
fn change_endpoint(place: &Place, ttl: u32) -> Result<(), String> {
    let endpoint = json!({"dnsName": "vpn.example.org", "recordType": "A",
        "targets": ["192.0.2.2"], "recordTTL": ttl});
    let object = Object::new(json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1",
        "kind": "DNSEndpoint",
        "metadata": {"name": "vpn", "namespace": "shop"},
        "spec": {"endpoints": [endpoint]},
    }));
    let object = object.map_err(words)?;
    place.cluster.api().patch(&[object]).map_err(words)
}

/// The API server learns of changed roles a moment later.
fn wait_until_denied(place: &Place, release: &str, right: [&str; 3]) -> Result<(), String> {
    for _ in 0..100 {
        if !place.may(release, right)? {
            return Ok(());
        }
        pause();
    }
    Err(format!(
        "the account of {release} in {NAMESPACE} may still {right:?}"
    ))
}

/// Whether the watches of these kinds run, and all others too.
fn healthy(page: &str, kinds: &[&str]) -> bool {
    let watches = watches(page);
    kinds.iter().all(|kind| watches.contains_key(*kind)) && watches.values().all(|runs| *runs)
}

/// Whether the watch of each kind runs.
fn watches(page: &str) -> BTreeMap<String, bool> {
    let lines = page.lines().filter_map(|line| {
        let rest = line.strip_prefix("zonewright_sync_watch_healthy{kind=\"")?;
        let (kind, value) = rest.split_once("\"} ")?;
        Some((kind.to_owned(), value == "1"))
    });
    lines.collect()
}

/// A sample's value.
fn value(page: &str, sample: &str) -> Option<f64> {
    let line = page.lines().find(|line| line.starts_with(sample))?;
    line.strip_prefix(sample)?.trim().parse().ok()
}

pub(super) fn texts(rule: &Value, field: &str) -> Vec<String> {
    let all = rule.get(field).and_then(Value::as_array);
    let all = all.into_iter().flatten().filter_map(Value::as_str);
    all.map(str::to_owned).collect()
}

const REFUSED: &str = "zonewright_sync_reports_total{result=\"refused\"}";
const WRITTEN: &str = "zonewright_sync_reports_total{result=\"written\"}";

/// All kinds that are watched with all sources and the objects of these trials.
const KINDS: [&str; 14] = [
    "DNSEndpoint",
    "EndpointSlice",
    "GRPCRoute",
    "Gateway",
    "HTTPRoute",
    "Ingress",
    "ListenerSet",
    "Namespace",
    "Node",
    "Pod",
    "Service",
    "TCPRoute",
    "TLSRoute",
    "UDPRoute",
];
