//! Who owns a record, in objects of a real API server: what external-dns has written is gone on with,
//! and what we write is what it would have written.
//!
//! ```text
//! kube-apiserver ─┬─ Services ──→ external-dns, then our program, then external-dns → Recorder
//!                 └─ DNSRecords ←──────────────────────┘
//! ```

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use cluster_peers::{Cluster, Endpoint, Object, Parts, Recorder, chain, run};
use peers::{Options, Program, Ready, Server};
use serde_json::{Value, json};

use super::cluster::{cluster, create, options, patch};
use super::cluster_objects::{bound, chart_role, service};
use super::site::{Check, PATIENCE, check, skip, start, wait_for_log};

pub(super) const TRIALS: &[Check] = &[(
    "ownership_in_objects_goes_from_external_dns_to_us_and_back",
    there_and_back,
)];

fn there_and_back(program: &Program) -> Result<(), String> {
    let trial = "ownership_in_objects_goes_from_external_dns_to_us_and_back";
    let Some(cluster) = cluster(trial)? else {
        return Ok(());
    };
    let Some(external_dns) = Parts::find().external_dns else {
        skip(trial, "external-dns is not built");
        return Ok(());
    };
    let recorder = Recorder::start().map_err(|error| error.to_string())?;
    recorder.put([foreign()]);
    create(
        &cluster,
        &[
            chart_role(),
            bound("external-dns"),
            records_role(),
            bound("records"),
            service("web", "192.0.2.1"),
            service("shop", "192.0.2.2"),
        ],
    )?;
    pass(&external_dns, &cluster, &recorder)?;
    let theirs = records(&cluster, "default")?;
    check(theirs.len() == 2, || format!("{theirs:#?}"))?;

    // The same from us, for another place and in another namespace.
    let other = Recorder::start().map_err(|error| error.to_string())?;
    let server = serve(program, &cluster, &other, "kube-public")?;
    wait(&server, || Ok(records(&cluster, "kube-public")? == theirs)).map_err(|why| {
        let ours = records(&cluster, "kube-public");
        format!("{why}; ours {ours:#?}, theirs {theirs:#?}")
    })?;
    drop(server);

    // What they have is gone on with.
    let applied = recorder.applied().len();
    let server = serve(program, &cluster, &recorder, "default")?;
    wait_for_log(&server, "all names are as wanted")?;
    check(recorder.applied().len() == applied, || {
        format!("it has written: {:#?}", recorder.applied())
    })?;
    check(records(&cluster, "default")? == theirs, || server.log())?;
    patch(&cluster, &[service("web", "192.0.2.11")])?;
    create(&cluster, &[service("new", "192.0.2.3"), taken()])?;
    create(&cluster, &[service("taken", "192.0.2.4")])?;
    let wanted = ["192.0.2.11", "192.0.2.2", "192.0.2.3", "192.0.2.99"];
    wait(&server, || Ok(targets(&cluster)? == wanted))?;
    wait_for_log(
        &server,
        r#"belongs to \"somebody\" in the registry \"crd\""#,
    )?;
    let gone = Object::new(service("shop", "192.0.2.2")).map_err(|error| error.to_string())?;
    cluster
        .api()
        .delete(&[gone])
        .map_err(|error| chain(&error))?;
    let wanted = ["192.0.2.11", "192.0.2.3", "192.0.2.99"];
    wait(&server, || Ok(targets(&cluster)? == wanted))?;
    let there = |recorder: &Recorder| {
        let records = recorder.records().into_iter();
        let mut all: Vec<String> = records.flat_map(|record| record.targets).collect();
        all.sort();
        all
    };
    let wanted = ["192.0.2.11", "192.0.2.3", "198.51.100.1"];
    check(there(&recorder) == wanted, || {
        format!("{:?}\n{}", there(&recorder), server.log())
    })?;
    drop(server);

    // And back.
    let gone = Object::new(service("taken", "192.0.2.4")).map_err(|error| error.to_string())?;
    cluster
        .api()
        .delete(&[gone])
        .map_err(|error| chain(&error))?;
    let applied = recorder.applied().len();
    let before = records(&cluster, "default")?;
    pass(&external_dns, &cluster, &recorder)?;
    check(recorder.applied().len() == applied, || {
        format!("external-dns has written: {:#?}", recorder.applied())
    })?;
    check(records(&cluster, "default")? == before, || {
        "external-dns has changed objects".into()
    })
}

/// Lets external-dns make one pass.
fn pass(external_dns: &Path, cluster: &Cluster, recorder: &Recorder) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let arguments = [
        "--once".to_owned(),
        "--source=service".to_owned(),
        "--provider=webhook".to_owned(),
        format!("--webhook-provider-url={}", recorder.url()),
        "--policy=sync".to_owned(),
        "--registry=crd".to_owned(),
        "--txt-owner-id=us".to_owned(),
        "--domain-filter=example.org".to_owned(),
        format!("--kubeconfig={}", cluster.kubeconfig().display()),
    ];
    let limit = Duration::from_secs(60);
    let exit = run(external_dns, &arguments, &[], folder.path(), limit);
    let exit = exit.map_err(|error| error.to_string())?;
    check(exit.code == Some(0), || exit.log.clone())
}

/// Our program, with no more rights than external-dns has by its chart.
fn serve(
    program: &Program,
    cluster: &Cluster,
    recorder: &Recorder,
    namespace: &str,
) -> Result<Server, String> {
    let url = format!("--webhook-provider-url={}", recorder.url());
    let namespace = format!("--crd-registry-namespace={namespace}");
    let options: Options = options(&cluster.limited_kubeconfig())
        .arguments(["--source=service", "--provider=webhook", &url])
        .arguments(["--registry=crd", "--txt-owner-id=us", &namespace])
        .arguments(["--interval=1s"])
        .ready(Ready::Zones(Vec::new()));
    start(program, &options)
}

/// The objects of a namespace: by name the labels, the record, and how far it is.
fn records(cluster: &Cluster, namespace: &str) -> Result<BTreeMap<String, Value>, String> {
    let path = format!("/apis/externaldns.k8s.io/v1alpha1/namespaces/{namespace}/dnsrecords");
    let list = cluster.api().get(&path).map_err(|error| chain(&error))?;
    let items = list.get("items").and_then(Value::as_array);
    let one = |object: &Value| {
        let at = |path: &str| object.pointer(path).cloned().unwrap_or_default();
        let stage =
            ["type", "status", "reason"].map(|key| at(&format!("/status/conditions/0/{key}")));
        let name = at("/metadata/name").as_str().unwrap_or_default().to_owned();
        (name, json!([at("/metadata/labels"), at("/spec"), stage]))
    };
    Ok(items.into_iter().flatten().map(one).collect())
}

/// The first targets of all objects, sorted.
fn targets(cluster: &Cluster) -> Result<Vec<String>, String> {
    let records = records(cluster, "default")?;
    let first = |value: &Value| {
        let target = value.pointer("/1/endpoint/targets/0");
        target
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut all: Vec<String> = records.values().map(first).collect();
    all.sort();
    Ok(all)
}

fn wait(server: &Server, mut holds: impl FnMut() -> Result<bool, String>) -> Result<(), String> {
    let mut wrong = None;
    let came = server.wait_for(PATIENCE, |_| match holds() {
        Ok(holds) => holds,
        Err(why) => {
            wrong = Some(why);
            false
        }
    });
    check(came, || format!("{wrong:?}\n{}", server.log()))
}

/// A record that nobody here has made.
fn foreign() -> Endpoint {
    Endpoint {
        dns_name: "foreign.example.org".to_owned(),
        record_type: "A".to_owned(),
        targets: vec!["198.51.100.1".to_owned()],
        ..Endpoint::default()
    }
}

/// An object of another owner.
fn taken() -> Value {
    let record = json!({"dnsName": "taken.example.org", "recordType": "A",
        "targets": ["192.0.2.99"], "labels": {"owner": "somebody"}});
    json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSRecord",
        "metadata": {"name": TAKEN, "labels": {"externaldns.k8s.io/owner": "somebody"}},
        "spec": {"endpoint": record},
    })
}

/// What the chart of external-dns allows for this registry.
fn records_role() -> Value {
    let verbs = json!(["get", "watch", "list", "create", "update", "delete"]);
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "records"},
        "rules": [
            {"apiGroups": ["externaldns.k8s.io"], "resources": ["dnsrecords"], "verbs": verbs},
            {"apiGroups": ["externaldns.k8s.io"], "resources": ["dnsrecords/status"],
                "verbs": ["update"]},
        ],
    })
}

/// The name of the object of taken.example.org A.
const TAKEN: &str = "taken-example-org-a5f83677";
