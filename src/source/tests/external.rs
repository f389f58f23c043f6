//! What external-dns really returned for given flags and objects, against what we give.
//!
//! The cases are a file beside this repository, or at the path in the environment variable
//! `ZONEWRIGHT_EXTERNAL_DNS_CASES`, where it has to be then. Where we differ on purpose,
//! the list below says why; a case of that list that starts to agree fails too.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::builders::Rig;
use crate::template::{Engine as Templates, Templates as Flags};
use crate::{Compatibility, Rules, ServiceTypes};

/// Cases where we differ, by their test's name, with the reason.
const DEVIATIONS: &[(&str, &str)] = &[(
    "TestIngressWithConfiguration/multiple_ingresses_with_same_hostname,_different_IPs_\
         from_different_ingressClasses_are_merged",
    "which object gives the label of united endpoints is chance with external-dns; with us it \
         is the first by namespace and name",
)];

/// Cases on record without a flag that they were run with, by their test's name.
const UNSAID: &[(&str, &str, &str)] = &[
    (
        "TestCRDSource/Endpoints/no_endpoints_within_a_specific_namespace",
        "namespace",
        "foo",
    ),
    (
        "TestCRDSource/Endpoints/valid_crd_gvk_with_label_and_non_matching_label_filter",
        "label-filter",
        "test=that_not",
    ),
];

#[derive(Deserialize)]
struct Case {
    source: String,
    test: String,
    flags: BTreeMap<String, Value>,
    objects: Vec<Value>,
    endpoints: Option<Vec<Expected>>,
    error: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase", default)]
struct Expected {
    dns_name: String,
    record_type: String,
    targets: Vec<String>,
    #[serde(rename = "recordTTL")]
    ttl: i64,
    set_identifier: String,
    labels: BTreeMap<String, String>,
}

#[test]
fn cases_of_external_dns_give_what_it_gives() {
    let path = std::env::var_os("ZONEWRIGHT_EXTERNAL_DNS_CASES").map_or_else(
        || {
            let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
            root.join("../../../shared/data/external-dns-cases.jsonl")
        },
        PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(&path) else {
        let must = std::env::var_os("ZONEWRIGHT_EXTERNAL_DNS_CASES").is_some();
        assert!(!must, "no cases of external-dns at {}", path.display());
        skipped(&path);
        return;
    };
    let mut failures = Vec::new();
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for line in text.lines() {
        let mut case: Case = serde_json::from_str(line).expect("a case on each line");
        for (_, flag, value) in UNSAID.iter().filter(|(test, ..)| *test == case.test) {
            case.flags.insert((*flag).to_owned(), Value::from(*value));
        }
        let count = counts.entry(case.source.clone()).or_default();
        count.1 += 1;
        let known = DEVIATIONS.iter().find(|(test, _)| *test == case.test);
        match (run(&case), known) {
            (Ok(()), None) => count.0 += 1,
            (Ok(()), Some(_)) => failures.push(format!("{}: agrees now", case.test)),
            (Err(_), Some(_)) => {}
            (Err(report), None) => failures.push(format!("{}\n{report}", case.test)),
        }
    }
    assert!(failures.is_empty(), "{counts:?}\n{}", failures.join("\n"));
}

#[expect(
    clippy::print_stderr,
    reason = "a test that did nothing must not look like one that did"
)]
fn skipped(path: &std::path::Path) {
    eprintln!(
        "skipped: cases_of_external_dns_give_what_it_gives: no file at {}",
        path.display()
    );
}

fn run(case: &Case) -> Result<(), String> {
    let mut rig = Rig::new(rules(&case.flags), &[&case.source]);
    for object in &case.objects {
        rig.apply(&placed(object, &case.source));
    }
    if let Some(error) = &case.error {
        // Where external-dns gives up altogether, one object has a problem with us.
        if rig.problems().is_empty() {
            return Err(format!("external-dns says \"{error}\", we see no problem"));
        }
    }
    let found = rig.endpoints().into_iter().map(|endpoint| Expected {
        dns_name: endpoint.name.to_string(),
        record_type: endpoint.rtype.to_string(),
        targets: endpoint.targets.iter().map(ToString::to_string).collect(),
        ttl: endpoint.ttl.map_or(0, |ttl| ttl.as_secs().into()),
        set_identifier: endpoint.set_identifier.to_string(),
        labels: endpoint
            .labels
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
    });
    let found = sorted(found.collect());
    let expected = sorted(case.endpoints.clone().unwrap_or_default());
    if found == expected {
        return Ok(());
    }
    let list =
        |all: &[Expected]| -> String { all.iter().map(|one| format!("    {one:?}\n")).collect() };
    Err(format!(
        "  expected\n{}  found\n{}  problems {:?}",
        list(&expected),
        list(&found),
        rig.problems()
    ))
}

/// Some cases have a node without a name, on which pods without a node run. No cluster takes such
/// objects, nor do we, so both get a name.
fn placed(object: &Value, source: &str) -> Value {
    let mut object = object.clone();
    let (part, field) = match object["kind"].as_str() {
        Some("Node") if source == "service" => ("metadata", "name"),
        Some("Pod") => ("spec", "nodeName"),
        _ => return object,
    };
    if object[part][field].as_str().unwrap_or_default().is_empty() {
        object[part][field] = Value::from("nameless");
    }
    object
}

fn sorted(mut endpoints: Vec<Expected>) -> Vec<Expected> {
    for endpoint in &mut endpoints {
        endpoint.targets.sort();
    }
    endpoints.sort();
    endpoints
}

fn rules(flags: &BTreeMap<String, Value>) -> Rules {
    let text = |name: &str| flags.get(name).and_then(Value::as_str).unwrap_or_default();
    let is = |name: &str| flags.get(name).and_then(Value::as_bool).unwrap_or_default();
    let texts = |name: &str| -> Vec<Box<str>> {
        let values = flags.get(name).and_then(Value::as_array);
        let texts = values.into_iter().flatten().filter_map(Value::as_str);
        texts.map(Box::from).collect()
    };
    let types = texts("service-type-filter");
    let has = |name: &str| types.iter().any(|other| **other == *name);
    Rules {
        namespace: text("namespace").into(),
        label_filter: text("label-filter").parse().expect("a selector"),
        annotation_filter: text("annotation-filter").parse().expect("a selector"),
        compatibility: match text("compatibility") {
            "kops-dns-controller" => Some(Compatibility::KopsDnsController),
            "mate" => Some(Compatibility::Mate),
            "molecule" => Some(Compatibility::Molecule),
            _ => None,
        },
        ignore_hostname_annotation: is("ignore-hostname-annotation"),
        publish_internal_services: is("publish-internal-services"),
        publish_host_ip: is("publish-host-ip"),
        always_publish_not_ready: is("always-publish-not-ready-addresses"),
        resolve_load_balancers: is("resolve-service-load-balancer-hostname"),
        service_types: ServiceTypes {
            cluster_ip: has("ClusterIP"),
            external_name: has("ExternalName"),
            load_balancer: has("LoadBalancer"),
            node_port: has("NodePort"),
        },
        expose_internal_ipv6: is("expose-internal-ipv6"),
        exclude_unschedulable: is("exclude-unschedulable"),
        ingress_classes: texts("ingress-class"),
        ignore_ingress_rules: is("ignore-ingress-rules-spec"),
        ignore_ingress_tls: is("ignore-ingress-tls-spec"),
        ignore_pods_off_host_network: is("ignore-non-host-network-pods"),
        pod_domain: text("pod-source-domain").into(),
        gateway_name: text("gateway-name").into(),
        gateway_namespace: text("gateway-namespace").into(),
        gateway_label_filter: text("gateway-label-filter").parse().expect("a selector"),
        gateway_listener_sets: is("gateway-listener-sets"),
        templates: templates(flags.get("templates")),
        ..Rules::default()
    }
}

fn templates(flag: Option<&Value>) -> Option<Arc<Templates>> {
    let (fqdn, target, fqdn_target, combine): (Vec<String>, Vec<String>, Vec<String>, bool) =
        serde_json::from_value(flag?.clone()).ok()?;
    let flags = Flags {
        fqdn: &fqdn,
        target: &target,
        fqdn_target: &fqdn_target,
        combine,
    };
    let engine = Templates::new(flags).expect("templates that external-dns takes");
    engine.is_configured().then(|| Arc::new(engine))
}
