//! The harness itself: the recorder speaks the protocol, a cluster starts, breaks and comes back.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Changes, Cluster, Endpoint, Fault, Object, Part, Parts, Recorder, Route};

const TYPE: &str = "application/external.dns.webhook+json;version=1";

/// Sends a request and gives the whole reply.
fn ask(recorder: &Recorder, method: &str, path: &str, body: &str) -> String {
    let url = recorder.url();
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nContent-Type: {TYPE}\r\n");
    write!(stream, "{head}Content-Length: {length}\r\n\r\n{body}").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

fn endpoint(name: &str) -> Endpoint {
    Endpoint {
        dns_name: name.to_owned(),
        record_type: "A".to_owned(),
        targets: vec!["192.0.2.1".to_owned()],
        labels: [("owner".to_owned(), "me".to_owned())].into(),
        ..Endpoint::default()
    }
}

#[test]
fn changes_are_recorded_and_records_come_back_without_labels() {
    let recorder = Recorder::start().unwrap();
    recorder.put([endpoint("old.example.org")]);
    let changes =
        json!({"create": [endpoint("new.example.org")], "delete": [endpoint("old.example.org")]});
    assert!(ask(&recorder, "POST", "/records", &changes.to_string()).starts_with("HTTP/1.1 204"));
    let records = ask(&recorder, "GET", "/records", "");
    assert!(records.contains("new.example.org") && !records.contains("old.example.org"));
    assert!(
        records.contains(TYPE) && !records.contains("owner"),
        "{records}"
    );
    let applied = recorder.take_applied();
    let wanted: Changes = serde_json::from_value(changes).unwrap();
    assert_eq!(
        applied.into_iter().map(|a| a.changes).collect::<Vec<_>>(),
        [wanted]
    );
    assert_eq!(recorder.calls(Route::Apply), 1);
}

#[test]
fn negotiation_gives_the_filter_and_adjustment_gives_back_what_came() {
    let recorder = Recorder::start().unwrap();
    recorder.set_filter(json!({"include": ["example.org"]}));
    assert!(ask(&recorder, "GET", "/", "").ends_with("{\"include\":[\"example.org\"]}"));
    assert!(
        ask(
            &recorder,
            "POST",
            "/adjustendpoints",
            "[{\"dnsName\":\"a\"}]"
        )
        .ends_with("[{\"dnsName\":\"a\"}]")
    );
    assert!(ask(&recorder, "POST", "/adjustendpoints", "null").ends_with("[]"));
    assert!(ask(&recorder, "POST", "/records", "{").starts_with("HTTP/1.1 400"));
    assert!(ask(&recorder, "GET", "/nothing", "").starts_with("HTTP/1.1 404"));
}

#[test]
fn faults_last_as_often_as_told() {
    let change = json!({"create": [endpoint("a.example.org")]}).to_string();
    let cases = [
        (Fault::Status(500), "HTTP/1.1 500", 0),
        (Fault::Status(404), "HTTP/1.1 404", 0),
        (Fault::Drop, "", 0),
        (Fault::AppliedThenDropped, "", 1),
        (Fault::Nonsense, "HTTP/1.1 200", 0),
        (Fault::Slow(Duration::from_millis(1)), "HTTP/1.1 204", 1),
    ];
    for (fault, start, applied) in cases {
        let recorder = Recorder::start().unwrap();
        recorder.fail(Route::Apply, fault.clone(), 1);
        let reply = ask(&recorder, "POST", "/records", &change);
        assert!(
            reply.starts_with(start) && (!start.is_empty() || reply.is_empty()),
            "{fault:?}"
        );
        assert_eq!(recorder.applied().len(), applied, "{fault:?}");
        assert!(ask(&recorder, "POST", "/records", &change).starts_with("HTTP/1.1 204"));
    }
}

#[test]
fn a_cut_body_is_shorter_than_it_says() {
    let recorder = Recorder::start().unwrap();
    recorder.put([endpoint("a.example.org")]);
    recorder.fail(Route::Records, Fault::Cut, 1);
    let reply = ask(&recorder, "GET", "/records", "");
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let length: usize = head.rsplit_once(": ").unwrap().1.parse().unwrap();
    assert!(body.len() < length);
}

/// One test, since starting a cluster takes seconds.
#[test]
fn a_cluster_keeps_objects_over_kills_and_loses_them_by_reset() {
    let parts = Parts::find();
    if !parts.missing().is_empty() {
        return;
    }
    let mut cluster = Cluster::start(&parts).unwrap();
    let service = Object::new(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    }));
    let service = service.unwrap();
    cluster.create(std::slice::from_ref(&service)).unwrap();
    let address = |cluster: &Cluster| {
        let found = cluster.api().get(&service.path());
        found.map(|found| found.pointer("/status/loadBalancer/ingress/0/ip").cloned())
    };
    let wanted = Some(Value::from("192.0.2.1"));
    assert_eq!(address(&cluster).unwrap(), wanted);

    cluster.kill(Part::ApiServer);
    assert!(address(&cluster).is_err());
    cluster.restart(Part::ApiServer).unwrap();
    assert_eq!(address(&cluster).unwrap(), wanted);
    cluster.pause(Part::Etcd).unwrap();
    cluster.resume(Part::Etcd).unwrap();
    cluster.restart(Part::Etcd).unwrap();
    assert_eq!(address(&cluster).unwrap(), wanted);

    cluster.reset().unwrap();
    assert!(address(&cluster).is_err());
}
