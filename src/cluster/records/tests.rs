//! Objects to the byte, and the requests for them at a stand-in for the API server.

use std::time::Duration;

use apiserver::ApiServer;
use plan::{
    Endpoint, ErrorKind, KeptChange, KeptRecord, LabelStore, Labels, ProviderError, Settled,
};
use serde_json::{Value, json};
use source::watch::{Connection, connect};
use wire::{Rtype, Ttl};

use super::RecordObjects;
use super::object::{self, Stage};

const VERSION: &str = "externaldns.k8s.io/v1alpha1";

fn record(target: &str) -> Endpoint {
    let mut record = Endpoint::new("x.example.org", Rtype::A, [target]);
    record.labels.set(Labels::OWNER, "me");
    record.labels.set(Labels::RESOURCE, "service/default/web");
    record
}

fn change(endpoint: Endpoint, kept: Option<KeptRecord>) -> KeptChange {
    KeptChange { endpoint, kept }
}

#[test]
fn names_are_readable_and_tell_alike_records_apart() {
    let a = Rtype::A;
    let cases = [
        ("sub.example.com", a, "", "sub-example-com-afc10cee"),
        (
            "*.Example.org.",
            Rtype::CNAME,
            "blue",
            "example-org-00dacd11",
        ),
        ("sub-example.io", a, "", "sub-example-io-1c730bef"),
        ("sub.example.io", a, "", "sub-example-io-0df74740"),
        (
            "_sip._tcp.example.org",
            Rtype::SRV,
            "",
            "sip-tcp-example-org-6f8dda08",
        ),
        ("*", Rtype::TXT, "", "record-8464caa1"),
        (
            "b\u{fc}cher.example",
            Rtype::AAAA,
            "",
            "b-cher-example-e348f003",
        ),
    ];
    for (name, rtype, set_identifier, wanted) in cases {
        assert_eq!(object::name(name, rtype, set_identifier), wanted);
    }
    let long = [
        "a".repeat(63),
        "b".repeat(63),
        "c".repeat(63),
        "d".repeat(60),
    ]
    .join(".");
    let name = object::name(&long, a, "x");
    assert!(name.len() == 253 && name.ends_with("d-cb35fbc2"), "{name}");
}

#[test]
fn fields_that_are_empty_are_not_there() {
    let plain = Endpoint::new("x.example.org", Rtype::A, ["192.0.2.1"]);
    let wanted = json!({"dnsName": "x.example.org", "targets": ["192.0.2.1"], "recordType": "A"});
    assert_eq!(object::endpoint(&plain), wanted);
    let mut full = record("192.0.2.1");
    full.ttl = Some(Ttl::from_secs(60));
    full.set_identifier = "blue".into();
    full.properties.push("aws/weight", "10");
    full.properties.push("alias", "");
    full.labels.set(Labels::PREVIOUS_OWNER, "old");
    assert_eq!(
        object::endpoint(&full),
        json!({
            "dnsName": "x.example.org",
            "targets": ["192.0.2.1"],
            "recordType": "A",
            "setIdentifier": "blue",
            "recordTTL": 60,
            "labels": {"owner": "me", "resource": "service/default/web"},
            "providerSpecific": [{"name": "aws/weight", "value": "10"}, {"name": "alias"}],
        })
    );
}

#[test]
fn an_object_is_believed_as_far_as_it_says_that_its_record_is_there() {
    let mut there = object::object("x-example-org-7d5c6d3c", "dns", "me", &record("192.0.2.1"));
    there["metadata"]["name"] = json!(object::name("x.example.org", Rtype::A, ""));
    let claimed = Some(vec!["192.0.2.1".into()]);
    let now = Duration::from_secs(1_000_000);
    let stages = [
        (None, claimed.clone()),
        (Some(Stage::Accepted), claimed.clone()),
        (Some(Stage::Unsure("no answer")), claimed),
        (Some(Stage::Failed("no")), Some(Vec::new())),
        (Some(Stage::Programmed), None),
    ];
    for (stage, claimed) in stages {
        if let Some(stage) = stage {
            assert!(object::set_stage(&mut there, stage, now));
            let later = Duration::from_secs(2_000_000);
            assert!(!object::set_stage(&mut there, stage, later), "{stage:?}");
        }
        let kept = object::kept(&there).unwrap();
        assert_eq!(kept.claimed, claimed, "{stage:?}");
        assert_eq!(kept.labels, record("192.0.2.1").labels);
    }
    assert_eq!(
        there["status"]["conditions"][0]["lastTransitionTime"],
        "1970-01-12T13:46:40Z"
    );
    // One that is not named after what it holds, and such that hold nothing.
    let mut other = there.clone();
    other["spec"]["endpoint"]["dnsName"] = json!("y.example.org");
    for broken in [
        other,
        json!({}),
        json!({"spec": {"endpoint": null}}),
        json!(null),
    ] {
        assert!(object::kept(&broken).is_none(), "{broken}");
    }
}

/// A stand-in with the resource, and a store of "me" in it.
async fn place() -> (ApiServer, RecordObjects) {
    let server = ApiServer::start().await.unwrap();
    server.store().install(VERSION, "dnsrecords");
    let connection = Connection {
        server: Some(server.url()),
        ..Connection::default()
    };
    let link = connect(&connection).await.unwrap();
    (server, RecordObjects::new(link, "dns", "me", "webhook"))
}

/// The objects there: name, owner, first target, reason.
fn there(server: &ApiServer) -> Vec<[String; 3]> {
    let objects = server.store().objects(VERSION, "dnsrecords");
    let text = |object: &Value, path: &str| {
        let text = object.pointer(path).and_then(Value::as_str);
        text.unwrap_or("-").to_owned()
    };
    let mut all: Vec<[String; 3]> = objects
        .iter()
        .map(|object| {
            [
                object::owner(object).to_owned(),
                text(object, "/spec/endpoint/targets/0"),
                text(object, "/status/conditions/0/reason"),
            ]
        })
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn an_object_comes_before_its_record_and_goes_after_it() {
    let (server, store) = place().await;
    let row = |target: &str, reason: &str| ["me", target, reason].map(str::to_owned);
    let claim = change(record("192.0.2.1"), None);
    assert_eq!(store.claim(std::slice::from_ref(&claim)).await.unwrap(), []);
    assert_eq!(there(&server), [row("192.0.2.1", "-")]);
    let kept = store.load().await.unwrap();
    assert_eq!(kept[0].claimed, Some(vec!["192.0.2.1".into()]));
    let mut settled = Settled {
        created: vec![claim],
        ..Settled::default()
    };
    store.settle(&settled).await.unwrap();
    assert_eq!(there(&server), [row("192.0.2.1", "Programmed")]);
    let kept = store.load().await.unwrap();
    assert_eq!((kept.len(), &kept[0].claimed), (1, &None));

    settled.created.clear();
    settled.updated = vec![change(record("192.0.2.2"), kept.first().cloned())];
    store.settle(&settled).await.unwrap();
    assert_eq!(there(&server), [row("192.0.2.2", "Programmed")]);

    // Its record is gone, and is made again: it is not known to be there meanwhile.
    let again = change(record("192.0.2.3"), kept.first().cloned());
    store.claim(std::slice::from_ref(&again)).await.unwrap();
    assert_eq!(there(&server), [row("192.0.2.3", "Accepted")]);
    let error = ProviderError {
        kind: ErrorKind::Rejected,
        provider: "webhook",
        operation: "apply changes",
        message: "it is there already".to_owned(),
        source: None,
    };
    store.fail(std::slice::from_ref(&again), &error).await;
    assert_eq!(there(&server), [row("192.0.2.3", "Accepted")]);
    store.refuse(&[again], &error).await.unwrap();
    assert_eq!(there(&server), [row("192.0.2.3", "Failed")]);
    // What is there under its name is somebody else's.
    let kept_now = store.load().await.unwrap();
    assert_eq!(kept_now[0].claimed, Some(Vec::new()));

    settled.updated.clear();
    settled.deleted = vec![change(record("192.0.2.3"), kept.first().cloned())];
    store.settle(&settled).await.unwrap();
    assert!(there(&server).is_empty());
    // What is gone already is no obstacle.
    store.settle(&settled).await.unwrap();
}

#[tokio::test]
async fn objects_of_others_are_neither_believed_nor_replaced_nor_deleted() {
    let (server, store) = place().await;
    let name = object::name("x.example.org", Rtype::A, "");
    for owner in ["other", ""] {
        let mut theirs = object::object(&name, "dns", owner, &record("192.0.2.9"));
        object::set_stage(&mut theirs, Stage::Programmed, Duration::ZERO);
        server.apply(theirs);
        assert_eq!(store.load().await.unwrap(), []);
        let before = there(&server);
        let kept = KeptRecord {
            name: "x.example.org".into(),
            rtype: Rtype::A,
            set_identifier: Box::default(),
            labels: Labels::default(),
            claimed: None,
        };
        for kept in [None, Some(kept)] {
            let claim = change(record("192.0.2.1"), kept.clone());
            let taken = store.claim(std::slice::from_ref(&claim)).await.unwrap();
            assert_eq!(taken, [(0, Box::from(owner))]);
            let settled = Settled {
                created: vec![claim.clone()],
                updated: vec![claim.clone()],
                deleted: vec![claim],
                orphans: kept.into_iter().collect(),
            };
            store.settle(&settled).await.unwrap();
            assert_eq!(there(&server), before);
        }
    }
}

#[tokio::test]
async fn a_list_that_breaks_off_is_an_error_and_says_what_is_missing() {
    let (server, store) = place().await;
    server.store().uninstall(VERSION, "dnsrecords");
    let error = store.load().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
    assert_eq!(
        error.to_string(),
        r#"provider "webhook": list ownership: registry "crd""#
    );
    let source = error.source.unwrap().to_string();
    assert_eq!(source, r#"list dnsrecords.externaldns.k8s.io "dns/*""#);
}
