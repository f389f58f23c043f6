//! What the cluster is told: Events on objects, the status of DNSEndpoints; and what policies and
//! registries leave in our own zones.

use std::process::Command;
use std::time::{Duration, Instant};

use cluster_peers::Recorder;
use peers::{Program, Ready, Server};
use serde_json::{Value, json};

use super::site::{
    Check, NXDOMAIN, PATIENCE, answer, check, start, wait_for_address, wait_for_answer,
    wait_for_log, wait_for_rcode,
};
use super::stand_in::Cluster;

pub(super) const TRIALS: &[Check] = &[
    ("the_status_of_an_object_says_that_it_was_seen", status),
    ("events_say_what_was_done", events),
    ("the_brake_is_told_in_an_event", braked),
    ("a_single_pass_tells_before_it_ends", once),
    (
        "texts_of_a_registry_are_in_our_zones_if_asked_for",
        registry,
    ),
    ("upsert_only_keeps_what_nobody_asks_for", upsert_only),
    ("create_only_keeps_what_is_there", create_only),
    ("without_a_policy_nothing_is_written", no_policy),
];

fn status(program: &Program) -> Result<(), String> {
    let cluster = Cluster::start()?;
    cluster.store.apply(endpoint("e", 3, "192.0.2.1"));
    let server = start(program, &cluster.options(&["--source=crd"]))?;
    wait_for_address(&server, "e.example.org", "192.0.2.1")?;
    let observed = |cluster: &Cluster| {
        let object = cluster.store.object(
            "externaldns.k8s.io/v1alpha1",
            "dnsendpoints",
            "default",
            "e",
        );
        object.and_then(|object| object.pointer("/status/observedGeneration")?.as_i64())
    };
    for generation in [3, 4] {
        cluster.store.apply(endpoint("e", generation, "192.0.2.1"));
        let came = server.wait_for(PATIENCE, |_| observed(&cluster) == Some(generation));
        check(came, || {
            format!(
                "{:?}, not {generation}:\n{}",
                observed(&cluster),
                server.log()
            )
        })?;
    }
    let object = cluster.store.object(
        "externaldns.k8s.io/v1alpha1",
        "dnsendpoints",
        "default",
        "e",
    );
    let spec = object.and_then(|object| object.get("spec").cloned());
    check(
        spec == endpoint("e", 4, "192.0.2.1").get("spec").cloned(),
        || format!("{spec:?}"),
    )
}

fn events(program: &Program) -> Result<(), String> {
    let cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    let all = [
        "--events-emit=RecordReady",
        "--events-emit=RecordDeleted",
        "--events-emit=RecordError",
        "--source=crd",
        "--kube-api-qps=100",
    ];
    let server = start(program, &cluster.options(&all))?;
    wait_for_event(&cluster, &server, "a", ["RecordReady", "Created", "Normal"])?;
    cluster.apply("a", "192.0.2.2");
    wait_for_event(&cluster, &server, "a", ["RecordReady", "Updated", "Normal"])?;
    // Two objects ask for one alias each at one name: one of them has to go without.
    for name in ["x", "y"] {
        cluster.store.apply(json!({
            "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
            "metadata": {"namespace": "default", "name": name},
            "spec": {"endpoints": [{"dnsName": "c.example.org", "recordType": "CNAME",
                "targets": [format!("{name}.example.net")]}]},
        }));
    }
    let lost = wait_for_event(
        &cluster,
        &server,
        "y",
        ["RecordError", "FailedSync", "Warning"],
    )?;
    let text = |path: &str| {
        lost.pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    check(
        text("/reportingInstance") == "external-dns/source/crd"
            && text("/regarding/kind") == "DNSEndpoint"
            && !text("/regarding/uid").is_empty()
            && lost.get("related") == lost.get("regarding"),
        || format!("{lost}"),
    )?;
    cluster.delete("a");
    wait_for_event(
        &cluster,
        &server,
        "a",
        ["RecordDeleted", "Deleted", "Normal"],
    )
    .map(drop)
}

fn braked(program: &Program) -> Result<(), String> {
    let recorder = Recorder::start().map_err(|error| error.to_string())?;
    let mut cluster = Cluster::start()?;
    for number in 0..60 {
        cluster.apply(&format!("s{number}"), "192.0.2.1");
    }
    let url = format!("--webhook-provider-url={}", recorder.url());
    let more = [
        "--provider=webhook",
        &url,
        "--registry=noop",
        "--events-emit=RecordError",
    ];
    let options = cluster.options(&more).ready(Ready::Zones(Vec::new()));
    let server = start(program, &options)?;
    let came = recorder.wait_for(PATIENCE, |records| records.len() == 60);
    check(came.is_some(), || server.log())?;
    cluster.kill();
    for number in 0..40 {
        cluster.delete(&format!("s{number}"));
    }
    cluster.store.compact();
    cluster.restart()?;
    let event = wait_for_event(
        &cluster,
        &server,
        "default",
        ["RecordError", "DeletesHeld", "Warning"],
    )?;
    let note = event
        .get("note")
        .and_then(Value::as_str)
        .unwrap_or_default();
    check(
        note.contains("40 are held") && note.contains("zonewright brake release"),
        || note.to_owned(),
    )
}

fn once(program: &Program) -> Result<(), String> {
    let recorder = Recorder::start().map_err(|error| error.to_string())?;
    let cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    cluster.store.apply(endpoint("e", 7, "192.0.2.1"));
    let mut command = Command::new(program.path());
    command
        .env("KUBECONFIG", "/dev/null")
        .args(["--once", "--provider=webhook", "--policy=sync"])
        .args([
            "--source=service",
            "--source=crd",
            "--events-emit=RecordReady",
        ])
        .arg(format!("--webhook-provider-url={}", recorder.url()))
        .arg(format!("--server={}", cluster.url()));
    let output = command.output().map_err(|error| error.to_string())?;
    check(output.status.success(), || {
        String::from_utf8_lossy(&output.stderr).into_owned()
    })?;
    for name in ["a", "e"] {
        let told = event_of(&cluster, name, ["RecordReady", "Created", "Normal"]);
        check(told.is_some(), || {
            format!("{name}: {:?}", all_events(&cluster))
        })?;
    }
    let object = cluster.store.object(
        "externaldns.k8s.io/v1alpha1",
        "dnsendpoints",
        "default",
        "e",
    );
    let seen = object.and_then(|object| object.pointer("/status/observedGeneration")?.as_i64());
    check(seen == Some(7), || format!("{seen:?}"))
}

fn registry(program: &Program) -> Result<(), String> {
    let cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    let more = ["--registry=txt", "--txt-owner-id=me", "--txt-prefix=own-"];
    let server = start(program, &cluster.options(&more))?;
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    let text = "own-a-a.example.org. 300 TXT \"heritage=external-dns,external-dns/owner=me,\
                external-dns/resource=service/default/a\"";
    wait_for_answer(&server, "own-a-a.example.org TXT", &[text])?;
    cluster.delete("a");
    wait_for_rcode(&server, "a.example.org A", NXDOMAIN)?;
    wait_for_rcode(&server, "own-a-a.example.org TXT", NXDOMAIN)
}

fn upsert_only(program: &Program) -> Result<(), String> {
    let cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    cluster.apply("b", "192.0.2.1");
    let server = start(program, &cluster.options(&["--policy=upsert-only"]))?;
    wait_for_address(&server, "b.example.org", "192.0.2.1")?;
    cluster.delete("a");
    cluster.apply("b", "192.0.2.2");
    wait_for_address(&server, "b.example.org", "192.0.2.2")?;
    kept(&server, "a", "192.0.2.1")
}

fn create_only(program: &Program) -> Result<(), String> {
    let cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    cluster.apply("b", "192.0.2.1");
    let server = start(program, &cluster.options(&["--policy=create-only"]))?;
    wait_for_address(&server, "b.example.org", "192.0.2.1")?;
    cluster.delete("a");
    cluster.apply("b", "192.0.2.2");
    cluster.apply("c", "192.0.2.3");
    wait_for_address(&server, "c.example.org", "192.0.2.3")?;
    kept(&server, "a", "192.0.2.1")?;
    kept(&server, "b", "192.0.2.1")
}

fn no_policy(program: &Program) -> Result<(), String> {
    let recorder = Recorder::start().map_err(|error| error.to_string())?;
    let cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    let url = format!("--webhook-provider-url={}", recorder.url());
    let more = ["--provider=webhook", &url, "--policy=none", "--interval=1s"];
    let options = cluster.options(&more).ready(Ready::Zones(Vec::new()));
    let server = start(program, &options)?;
    wait_for_log(&server, "all names are as wanted")?;
    check(recorder.applied().is_empty(), || {
        format!("{:?}", recorder.applied())
    })
}

fn kept(server: &Server, name: &str, address: &str) -> Result<(), String> {
    let lines = answer(server.address(), &format!("{name}.example.org A"))?;
    let wanted = format!("{name}.example.org. 300 A {address}");
    check(lines == [wanted], || format!("{name}: {lines:?}"))
}

fn endpoint(name: &str, generation: i64, address: &str) -> Value {
    json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
        "metadata": {"namespace": "default", "name": name, "generation": generation},
        "spec": {"endpoints": [{"dnsName": format!("{name}.example.org"), "recordType": "A",
            "targets": [address]}]},
    })
}

fn all_events(cluster: &Cluster) -> Vec<Value> {
    cluster.store.objects("events.k8s.io/v1", "events")
}

/// The Event on an object with this reason, action and type.
fn event_of(cluster: &Cluster, name: &str, wanted: [&str; 3]) -> Option<Value> {
    let is_it = |event: &Value| {
        let text = |path: &str| event.pointer(path).and_then(Value::as_str);
        text("/regarding/name") == Some(name)
            && ["/reason", "/action", "/type"].map(text) == wanted.map(Some)
    };
    all_events(cluster).into_iter().find(is_it)
}

fn wait_for_event(
    cluster: &Cluster,
    server: &Server,
    name: &str,
    wanted: [&str; 3],
) -> Result<Value, String> {
    let begin = Instant::now();
    loop {
        if let Some(event) = event_of(cluster, name, wanted) {
            return Ok(event);
        }
        check(begin.elapsed() < PATIENCE, || {
            let all = all_events(cluster);
            format!("{name}: no {wanted:?} in {all:?}; log:\n{}", server.log())
        })?;
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
