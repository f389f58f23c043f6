//! Names from a cluster whose API server fails in all the ways that one can.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use apiserver::Fault;
use cluster_peers::Recorder;
use peers::{Program, Ready};
use serde_json::{Value, json};

use super::site::{
    Check, NXDOMAIN, PATIENCE, SERVFAIL, answer, ask, check, start, wait_for_address, wait_for_log,
    wait_for_rcode,
};
use super::stand_in::Cluster;
use super::telemetry::get;

pub(super) const TRIALS: &[Check] = &[
    (
        "an_api_server_that_is_killed_and_comes_back_is_followed",
        killed,
    ),
    ("an_api_server_that_comes_later_is_waited_for", late),
    (
        "history_that_is_forgotten_again_and_again_harms_no_name",
        gone,
    ),
    ("slow_lists_are_taken_as_they_come", slow),
    ("half_a_list_takes_no_name_away", half),
    ("a_kind_that_may_not_be_listed_stops_no_other", forbidden),
    (
        "a_kind_that_objects_point_at_and_that_may_not_be_listed_holds_up_nothing",
        forbidden_nodes,
    ),
    (
        "a_resource_that_is_installed_later_is_found",
        installed_later,
    ),
    ("a_storm_of_changes_ends_in_the_right_state", storm),
];

fn killed(program: &Program) -> Result<(), String> {
    let mut cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    cluster.apply("b", "192.0.2.1");
    let mut server = start(program, &cluster.options(&[]))?;
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    for round in 2..4 {
        cluster.kill();
        let old = answer(server.address(), "b.example.org A")?;
        check(old.len() == 1, || format!("{old:?}"))?;
        let address = format!("192.0.2.{round}");
        cluster.apply("a", &address);
        cluster.delete("b");
        cluster.restart()?;
        wait_for_address(&server, "a.example.org", &address)?;
        wait_for_rcode(&server, "b.example.org A", NXDOMAIN)?;
        cluster.apply("b", &address);
        wait_for_address(&server, "b.example.org", &address)?;
    }
    check(server.ended().is_none(), || "it ended".into())
}

fn late(program: &Program) -> Result<(), String> {
    let mut cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    cluster.kill();
    let server = start(program, &cluster.options(&[]))?;
    wait_for_log(&server, "no connection to the API server")?;
    // Nobody knows yet which names there are.
    wait_for_rcode(&server, "a.example.org A", SERVFAIL)?;
    for query in ["a.example.org A", "b.example.org TXT", "example.org MX"] {
        let ede = errors(server.address(), query)?;
        check(ede == [NOT_READY], || format!("{query}: {ede:?}"))?;
    }
    // What is known is answered, and nothing is said of it.
    let soa = answer(server.address(), "example.org SOA +edns")?;
    let ede = errors(server.address(), "example.org SOA")?;
    check(soa.len() == 1 && ede.is_empty(), || {
        format!("{soa:?} {ede:?}")
    })?;
    cluster.restart()?;
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    wait_for_rcode(&server, "b.example.org A", NXDOMAIN)?;
    for query in ["a.example.org A", "b.example.org A", "example.org MX"] {
        let ede = errors(server.address(), query)?;
        check(ede.is_empty(), || format!("{query}: {ede:?}"))?;
    }
    Ok(())
}

/// The codes of the extended errors (RFC 8914 §2) of an answer.
fn errors(server: SocketAddr, query: &str) -> Result<Vec<u16>, String> {
    let message = ask(server, &format!("{query} +edns"))?;
    let options = message.edns.iter().flat_map(|edns| &edns.options);
    let errors = options.filter(|(code, _)| *code == EXTENDED_ERROR);
    let codes = errors.filter_map(|(_, data)| Some(u16::from_be_bytes(*data.first_chunk()?)));
    Ok(codes.collect())
}

/// RFC 8914 §5.1.
const EXTENDED_ERROR: u16 = 15;

/// RFC 8914 §4.15: a zone is not read to its end yet.
const NOT_READY: u16 = 14;

fn gone(program: &Program) -> Result<(), String> {
    let cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    cluster.apply("b", "192.0.2.1");
    let server = start(program, &cluster.options(&[]))?;
    wait_for_address(&server, "b.example.org", "192.0.2.1")?;
    cluster.fail(&[("services", Fault::Status(410))]);
    cluster.store.close_watches();
    cluster.wait_for_requests(4)?;
    let old = answer(server.address(), "b.example.org A")?;
    check(old.len() == 1, || format!("{old:?}"))?;
    cluster.delete("b");
    cluster.apply("a", "192.0.2.2");
    cluster.store.compact();
    cluster.fail(&[]);
    wait_for_address(&server, "a.example.org", "192.0.2.2")?;
    wait_for_rcode(&server, "b.example.org A", NXDOMAIN)?;
    // Compacted while it watches, time and again: lists become seldom then, but do not end.
    for round in 3..7 {
        let address = format!("192.0.2.{round}");
        cluster.apply("a", &address);
        cluster.store.compact();
        cluster.store.close_watches();
        let came = server.wait_for(Duration::from_secs(60), |server| {
            let wanted = format!("a.example.org. 300 A {address}");
            answer(server.address(), "a.example.org A").is_ok_and(|lines| lines == [wanted])
        });
        check(came, || format!("round {round}:\n{}", server.log()))?;
    }
    Ok(())
}

fn slow(program: &Program) -> Result<(), String> {
    let cluster = Cluster::start()?;
    for name in ["a", "b", "c", "d"] {
        cluster.apply(name, "192.0.2.1");
    }
    let pause = Fault::Slow(Duration::from_millis(200));
    cluster.fail(&[("", Fault::NoStreaming), ("services", pause)]);
    let server = start(program, &cluster.options(&[]))?;
    // What is known is served; what is not may yet come.
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    wait_for_rcode(&server, "nobody.example.org A", SERVFAIL)?;
    wait_for_address(&server, "d.example.org", "192.0.2.1")?;
    wait_for_rcode(&server, "nobody.example.org A", NXDOMAIN)
}

fn half(program: &Program) -> Result<(), String> {
    for plain in [true, false] {
        let mut cluster = Cluster::start()?;
        let mut faults = if plain {
            vec![("", Fault::NoStreaming)]
        } else {
            Vec::new()
        };
        cluster.fail(&faults);
        for name in ["a", "b", "c"] {
            cluster.apply(name, "192.0.2.1");
        }
        let server = start(program, &cluster.options(&[]))?;
        wait_for_address(&server, "c.example.org", "192.0.2.1")?;
        cluster.kill();
        cluster.delete("b");
        cluster.store.compact();
        faults.push(("services", Fault::CutAfter(1)));
        cluster.fail(&faults);
        cluster.restart()?;
        cluster.wait_for_requests(4)?;
        for name in ["a", "b", "c"] {
            let there = answer(server.address(), &format!("{name}.example.org A"))?;
            check(there.len() == 1, || {
                format!("plain {plain}: {name}: {there:?}")
            })?;
        }
        faults.pop();
        cluster.fail(&faults);
        wait_for_rcode(&server, "b.example.org A", NXDOMAIN)?;
        let there = answer(server.address(), "c.example.org A")?;
        check(there.len() == 1, || format!("plain {plain}: {there:?}"))?;
    }
    Ok(())
}

fn forbidden(program: &Program) -> Result<(), String> {
    let cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    cluster.store.apply(ingress("i", "192.0.2.1"));
    cluster.fail(&[("ingresses", Fault::Status(403))]);
    let server = start(program, &cluster.options(&["--source=ingress"]))?;
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    wait_for_log(
        &server,
        "{apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [get, list, watch]}",
    )?;
    wait_for_rcode(&server, "i.example.org A", SERVFAIL)?;
    cluster.fail(&[]);
    wait_for_address(&server, "i.example.org", "192.0.2.1")?;
    wait_for_rcode(&server, "nobody.example.org A", NXDOMAIN)?;
    // The right is lost while it runs.
    cluster.fail(&[("services", Fault::Status(403))]);
    cluster.store.close_watches();
    wait_for_log(
        &server,
        "{apiGroups: [''], resources: [services], verbs: [get, list, watch]}",
    )?;
    cluster.store.apply(ingress("i", "192.0.2.2"));
    wait_for_address(&server, "i.example.org", "192.0.2.2")?;
    let there = answer(server.address(), "a.example.org A")?;
    check(there.len() == 1, || format!("{there:?}"))
}

/// One Service on ports of the nodes, which we may not read.
fn forbidden_nodes(program: &Program) -> Result<(), String> {
    let cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    cluster.store.apply(json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"namespace": "default", "name": "n",
            "annotations": {"external-dns.kubernetes.io/hostname": "n.example.org"}},
        "spec": {"type": "NodePort"},
    }));
    cluster.store.apply(json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": "one"},
        "status": {"addresses": [{"type": "ExternalIP", "address": "192.0.2.7"}]},
    }));
    cluster.fail(&[("nodes", Fault::Status(403))]);
    let recorder = Recorder::start().map_err(|error| error.to_string())?;
    let url = format!("--webhook-provider-url={}", recorder.url());
    let elsewhere = ["--provider=webhook", &url, "--registry=noop"];
    let begin = Instant::now();
    let other = start(
        program,
        &cluster.options(&elsewhere).ready(Ready::Zones(Vec::new())),
    )?;
    let server = start(program, &cluster.options(&[]))?;
    let came = recorder.wait_for(PATIENCE, |records| {
        records
            .iter()
            .any(|record| record.dns_name == "a.example.org")
    });
    let took = begin.elapsed();
    check(came.is_some() && took < Duration::from_secs(5), || {
        format!("{took:?}:\n{}", other.log())
    })?;
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    wait_for_log(
        &server,
        "{apiGroups: [''], resources: [nodes], verbs: [get, list, watch]}",
    )?;
    wait_for_log(&server, "but for those of objects that we may not read")?;
    wait_for_rcode(&server, "nobody.example.org A", NXDOMAIN)?;
    let ready = get(&server, "/readyz")?;
    check(ready.starts_with("HTTP/1.1 200"), || {
        format!("{ready}\n{}", server.log())
    })?;
    // Others come, change and go.
    cluster.apply("b", "192.0.2.1");
    cluster.apply("a", "192.0.2.2");
    wait_for_address(&server, "a.example.org", "192.0.2.2")?;
    cluster.delete("b");
    wait_for_rcode(&server, "b.example.org A", NXDOMAIN)?;
    let came = recorder.wait_for(PATIENCE, |records| {
        let records: Vec<_> = records.iter().filter(|it| it.record_type == "A").collect();
        records.len() == 1 && records.iter().all(|record| record.targets == ["192.0.2.2"])
    });
    check(came.is_some(), || {
        format!("{:?}\n{}", recorder.records(), other.log())
    })?;
    cluster.fail(&[]);
    let came = server.wait_for(Duration::from_secs(40), |server| {
        answer(server.address(), "n.example.org A").is_ok_and(|lines| lines.len() == 1)
    });
    check(came, || server.log())
}

fn installed_later(program: &Program) -> Result<(), String> {
    let cluster = Cluster::start()?;
    let (version, plural) = ("externaldns.k8s.io/v1alpha1", "dnsendpoints");
    cluster.store.uninstall(version, plural);
    cluster.apply("a", "192.0.2.1");
    let server = start(program, &cluster.options(&["--source=crd"]))?;
    wait_for_log(&server, "no such resource")?;
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    // No resource, no objects: that is known.
    wait_for_rcode(&server, "e.example.org A", NXDOMAIN)?;
    cluster.store.install(version, plural);
    cluster.store.apply(json!({
        "apiVersion": version, "kind": "DNSEndpoint",
        "metadata": {"namespace": "default", "name": "e"},
        "spec": {"endpoints": [
            {"dnsName": "e.example.org", "recordType": "A", "targets": ["192.0.2.5"]}]},
    }));
    wait_for_address(&server, "e.example.org", "192.0.2.5").map(drop)
}

/// Five thousand changes as fast as they can be made, with watches that break among them.
fn storm(program: &Program) -> Result<(), String> {
    let cluster = Cluster::start()?;
    for number in 0..200 {
        cluster.apply(&format!("s{number}"), "192.0.2.1");
    }
    let server = start(program, &cluster.options(&[]))?;
    wait_for_address(&server, "s0.example.org", "192.0.2.1")?;
    for change in 0..5000 {
        let name = format!("s{}", change % 200);
        match change % 7 {
            3 => cluster.delete(&name),
            last => cluster.apply(&name, &format!("192.0.2.{last}")),
        }
        if change % 1250 == 1000 {
            cluster.store.close_watches();
        }
        if change % 2500 == 1000 {
            cluster.store.compact();
        }
    }
    cluster.apply("last", "192.0.2.99");
    wait_for_address(&server, "last.example.org", "192.0.2.99")?;
    for number in 0..200 {
        let query = format!("s{number}.example.org A");
        let last = (4800 + number) % 7;
        if last == 3 {
            wait_for_rcode(&server, &query, NXDOMAIN)?;
        } else {
            let name = format!("s{number}.example.org");
            wait_for_address(&server, &name, &format!("192.0.2.{last}"))?;
        }
    }
    Ok(())
}

fn ingress(name: &str, address: &str) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"namespace": "default", "name": name},
        "spec": {"rules": [{"host": format!("{name}.example.org")}]},
        "status": {"loadBalancer": {"ingress": [{"ip": address}]}},
    })
}
