//! Names from a real API server: the rights that external-dns is given, restarts, tokens that are
//! replaced.
//!
//! ```text
//! etcd ← kube-apiserver ─watch→ our program ─┬─ DNS → trial
//!                                            └─ webhook → Recorder
//! ```

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{park_timeout, scope};
use std::time::{Duration, Instant};

use cluster_peers::{Cluster, Object, Part, Parts, Recorder, chain};
use peers::{Options, Program, Ready, Server};
use serde_json::{Value, json};

use super::cluster_objects::{
    bound, chart_role, endpoint, events_role, gateway, headless, ingress, node, node_port, pod,
    route, service, slice,
};
use super::site::{
    Check, NXDOMAIN, PATIENCE, answer, check, skip, start, wait_for_address, wait_for_log,
    wait_for_rcode,
};
use super::telemetry::get;

pub(super) const TRIALS: &[Check] = &[
    ("the_rights_of_external_dns_are_enough", rights),
    ("a_real_api_server_that_restarts_is_followed", restarts),
    ("tokens_and_kubeconfigs_may_be_replaced", tokens),
];

fn rights(program: &Program) -> Result<(), String> {
    let Some(cluster) = cluster("the_rights_of_external_dns_are_enough")? else {
        return Ok(());
    };
    let recorder = Recorder::start().map_err(|error| error.to_string())?;
    create(
        &cluster,
        &[
            service("web", "192.0.2.1"),
            node("n1.example.org", "192.0.2.2"),
            headless("db"),
            pod("db-0", "192.0.2.3"),
            slice("db", "db-0", "192.0.2.3"),
            node_port("ports"),
            ingress("shop", "192.0.2.4"),
            endpoint("mail", "192.0.2.5"),
            gateway("edge", "192.0.2.6"),
            route("api", "edge"),
        ],
    )?;
    let url = format!("--webhook-provider-url={}", recorder.url());
    let sources = ["service", "ingress", "crd", "gateway-httproute", "node"];
    let options = options(&cluster.limited_kubeconfig())
        .arguments(sources.map(|source| format!("--source={source}")))
        .arguments(["--provider=webhook", &url, "--interval=1s"])
        .arguments(["--events-emit=RecordReady", "--events-emit=RecordError"])
        .ready(Ready::Zones(Vec::new()));
    let server = start(program, &options)?;
    // Without any right nothing is known, and so nothing is written.
    for part in [
        "{apiGroups: [''], resources: [services], verbs: [get, list, watch]}",
        "{apiGroups: [externaldns.k8s.io], resources: [dnsendpoints], verbs: [get, list, watch]}",
        "{apiGroups: [gateway.networking.k8s.io], resources: [httproutes], verbs: [get, list, watch]}",
    ] {
        wait_for_log(&server, part)?;
    }
    check(recorder.applied().is_empty(), || server.log())?;
    create(&cluster, &[chart_role(), bound("external-dns")])?;
    for (name, wanted) in [
        ("web", "192.0.2.1"),
        ("db", "192.0.2.3"),
        ("ports", "192.0.2.2"),
        ("shop", "192.0.2.4"),
        ("mail", "192.0.2.5"),
        ("api", "192.0.2.6"),
        ("n1", "192.0.2.2"),
    ] {
        let name = format!("{name}.example.org");
        let came = recorder.wait_for(LONG, |records| {
            let found = records
                .iter()
                .find(|record| record.dns_name == name && record.record_type == "A");
            found.is_some_and(|record| record.targets == [wanted])
        });
        check(came.is_some(), || {
            format!("{name}: {:?}\n{}", recorder.records(), server.log())
        })?;
    }
    let seen = observed(&cluster, "mail")?;
    check(seen, || {
        format!("the status is not written:\n{}", server.log())
    })?;
    // Nobody may write Events: that is said, shown, and harms nothing.
    wait_for_log(
        &server,
        "{apiGroups: [events.k8s.io], resources: [events], verbs: [create]}",
    )?;
    let page = get(&server, "/metrics")?;
    let refused = "zonewright_sync_reports_total{result=\"refused\"} ";
    let count = page.lines().find_map(|line| line.strip_prefix(refused));
    check(count.is_some_and(|count| count != "0"), || page.clone())?;
    patch(&cluster, &[service("web", "192.0.2.11")])?;
    let came = recorder.wait_for(PATIENCE, |records| {
        records
            .iter()
            .any(|record| record.targets == ["192.0.2.11"])
    });
    check(came.is_some(), || server.log())?;
    // With the right they are written, without a restart.
    create(&cluster, &[events_role(), bound("events")])?;
    patch(&cluster, &[service("web", "192.0.2.12")])?;
    let written = server.wait_for(LONG, |_| events(&cluster).is_ok_and(|all| !all.is_empty()));
    check(written, || server.log())?;
    let all = events(&cluster)?;
    let event = all
        .iter()
        .find(|event| event.pointer("/regarding/name").and_then(Value::as_str) == Some("web"));
    let text = |path: &str| {
        let value = event.and_then(|event| event.pointer(path));
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    for (path, wanted) in [
        ("/type", "Normal"),
        ("/reason", "RecordReady"),
        ("/action", "Updated"),
        ("/regarding/kind", "Service"),
        ("/reportingController", "external-dns"),
        ("/reportingInstance", "external-dns/source/service"),
    ] {
        check(text(path) == wanted, || format!("{path}: {all:?}"))?;
    }
    check(text("/related/uid") == text("/regarding/uid"), || {
        format!("{all:?}")
    })
}

fn restarts(program: &Program) -> Result<(), String> {
    let Some(mut cluster) = cluster("a_real_api_server_that_restarts_is_followed")? else {
        return Ok(());
    };
    create(
        &cluster,
        &[
            service("a", "192.0.2.1"),
            service("b", "192.0.2.1"),
            service("c", "192.0.2.1"),
            endpoint("d", "192.0.2.1"),
            gateway("edge", "192.0.2.1"),
            route("e", "edge"),
        ],
    )?;
    let options = options(&cluster.kubeconfig())
        .arguments(["service", "crd", "gateway-httproute"].map(|kind| format!("--source={kind}")))
        .ready(Ready::AnyAnswer);
    let mut server = start(program, &options)?;
    for name in ["a", "b", "c", "d", "e"] {
        wait_for_address(&server, &format!("{name}.example.org"), "192.0.2.1")?;
    }
    for (round, part) in [Part::ApiServer, Part::Etcd, Part::ApiServer]
        .into_iter()
        .enumerate()
    {
        let address = format!("192.0.2.{}", round + 2);
        let over = AtomicBool::new(false);
        let address_of_server = server.address();
        let asked = scope(|scope| {
            let asking = scope.spawn(|| always_there(address_of_server, &over));
            let steps = || {
                cluster.kill(part);
                park_timeout(Duration::from_millis(500));
                cluster.restart(part).map_err(|error| error.to_string())?;
                patch(&cluster, &[service("a", &address), endpoint("d", &address)])?;
                for name in ["a", "d"] {
                    wait_long(&server, &format!("{name}.example.org"), &address)?;
                }
                let gone = object(service("b", "192.0.2.1"))?;
                cluster
                    .api()
                    .delete(&[gone])
                    .map_err(|error| error.to_string())?;
                wait_for_rcode(&server, "b.example.org A", NXDOMAIN)?;
                create(&cluster, &[service("b", &address)])?;
                wait_for_address(&server, "b.example.org", &address).map(drop)
            };
            let done = { steps }();
            over.store(true, Relaxed);
            let asked = asking.join().unwrap_or_else(|_| Err("asking ended".into()));
            done.and(asked)
        });
        let round = format!("round {round}, {part:?}");
        asked.map_err(|why| format!("{round}: {why}; log:\n{}", server.log()))?;
    }
    check(server.ended().is_none(), || "it ended".into())
}

/// Names that nobody takes away are answered all the time.
fn always_there(server: std::net::SocketAddr, over: &AtomicBool) -> Result<(), String> {
    while !over.load(Relaxed) {
        for name in ["c", "e"] {
            let lines = answer(server, &format!("{name}.example.org A"))?;
            check(lines.len() == 1, || format!("{name}: {lines:?}"))?;
        }
        park_timeout(Duration::from_millis(5));
    }
    Ok(())
}

fn tokens(program: &Program) -> Result<(), String> {
    let Some(mut cluster) = cluster("tokens_and_kubeconfigs_may_be_replaced")? else {
        return Ok(());
    };
    create(
        &cluster,
        &[
            chart_role(),
            bound("external-dns"),
            service("a", "192.0.2.1"),
        ],
    )?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let place = folder.path();
    let by_file = cluster
        .kubeconfig_by_file(place, "first")
        .map_err(|error| error.to_string())?;
    cluster
        .replace_tokens("first")
        .map_err(|error| error.to_string())?;
    let options = options(&by_file)
        .arguments(["--source=service"])
        .ready(Ready::AnyAnswer);
    let server = start(program, &options)?;
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    // The file is replaced as mounted secrets are, then the old token is refused.
    replace(&place.join("token"), "second\n")?;
    cluster
        .replace_tokens("second")
        .map_err(|error| error.to_string())?;
    patch(&cluster, &[service("a", "192.0.2.2")])?;
    wait_long(&server, "a.example.org", "192.0.2.2")?;
    // The other way around: refused for a while, until the file has the new one.
    cluster
        .replace_tokens("third")
        .map_err(|error| error.to_string())?;
    wait_for_log(&server, "401")?;
    let lines = answer(server.address(), "a.example.org A")?;
    check(lines.len() == 1, || format!("{lines:?}"))?;
    replace(&place.join("token"), "third")?;
    patch(&cluster, &[service("a", "192.0.2.3")])?;
    wait_long(&server, "a.example.org", "192.0.2.3")?;
    // A kubeconfig that is written anew, with the token in it.
    cluster
        .replace_tokens("fourth")
        .map_err(|error| error.to_string())?;
    let text = fs::read_to_string(&by_file).map_err(|error| error.to_string())?;
    let mut config: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    config["users"][0]["user"] = json!({"token": "fourth"});
    replace(&by_file, &config.to_string())?;
    patch(&cluster, &[service("a", "192.0.2.4")])?;
    wait_long(&server, "a.example.org", "192.0.2.4")
}

/// A cluster of its own; none where its parts are not there.
pub(super) fn cluster(trial: &str) -> Result<Option<Cluster>, String> {
    let parts = Parts::find();
    let missing = parts.missing();
    if !missing.is_empty() {
        skip(trial, &format!("{} not found", missing.join(", ")));
        return Ok(None);
    }
    let cluster = Cluster::start(&parts).map_err(|error| chain(&error))?;
    Ok(Some(cluster))
}

pub(super) fn options(kubeconfig: &Path) -> Options {
    let kubeconfig = format!("--kubeconfig={}", kubeconfig.display());
    Options::new([])
        .arguments([&*kubeconfig, "--domain-filter=example.org", "--policy=sync"])
        // The burst that many objects' statuses and Events would use up in a moment.
        .arguments(["--kube-api-qps=100", "--kube-api-burst=100"])
}

/// A watch may have to wait for its next try.
pub(super) fn wait_long(server: &Server, name: &str, address: &str) -> Result<(), String> {
    let wanted = format!("{name}. 300 A {address}");
    let came = server.wait_for(LONG, |server| {
        answer(server.address(), &format!("{name} A")).is_ok_and(|lines| lines == [&*wanted])
    });
    check(came, || {
        let found = answer(server.address(), &format!("{name} A"));
        format!("{name}: {found:?}, not {wanted:?}; log:\n{}", server.log())
    })
}

fn replace(path: &Path, text: &str) -> Result<(), String> {
    let fresh = path.with_extension("new");
    let written = fs::write(&fresh, text).and_then(|()| fs::rename(&fresh, path));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

fn object(value: Value) -> Result<Object, String> {
    Object::new(value).map_err(|error| error.to_string())
}

fn objects(values: &[Value]) -> Result<Vec<Object>, String> {
    values.iter().cloned().map(object).collect()
}

pub(super) fn create(cluster: &Cluster, values: &[Value]) -> Result<(), String> {
    let created = cluster.create(&objects(values)?);
    created.map_err(|error| chain(&error))
}

pub(super) fn patch(cluster: &Cluster, values: &[Value]) -> Result<(), String> {
    let patched = cluster.api().patch(&objects(values)?);
    patched.map_err(|error| chain(&error))
}

/// Whether the status of a DNSEndpoint says that its current version was seen, sooner or later.
fn observed(cluster: &Cluster, name: &str) -> Result<bool, String> {
    observed_in(cluster, "default", name)
}

/// The same in a namespace.
pub(super) fn observed_in(cluster: &Cluster, namespace: &str, name: &str) -> Result<bool, String> {
    let mut wanted = endpoint(name, "192.0.2.1");
    wanted["metadata"]["namespace"] = json!(namespace);
    let path = object(wanted)?.path();
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        let found = cluster.api().get(&path).map_err(|error| chain(&error))?;
        let number = |path: &str| found.pointer(path).and_then(Value::as_i64);
        let seen = number("/status/observedGeneration");
        if seen.is_some() && seen == number("/metadata/generation") {
            return Ok(true);
        }
        park_timeout(Duration::from_millis(20));
    }
    Ok(false)
}

/// Events about records. The API server tells its own about Services at times.
fn events(cluster: &Cluster) -> Result<Vec<Value>, String> {
    let list = cluster.api().get("/apis/events.k8s.io/v1/events");
    let list = list.map_err(|error| chain(&error))?;
    let items = list.get("items").and_then(Value::as_array);
    let mut events = items.cloned().unwrap_or_default();
    events.retain(|event| {
        let reason = event.get("reason").and_then(Value::as_str);
        reason.is_some_and(|reason| reason.starts_with("Record"))
    });
    Ok(events)
}

/// The pause between two tries of a watch is at most fifteen seconds, and somewhat more.
pub(super) const LONG: Duration = Duration::from_secs(30);
