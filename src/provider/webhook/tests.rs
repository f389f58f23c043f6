//! Against a small server of the protocol, well-behaved and not.

#![expect(
    clippy::disallowed_methods,
    reason = "tasks end with the runtime of their test"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use plan::{ChangeSet, Endpoint, ErrorKind, Provider, Update};
use serde_json::{Value, json};
use wire::{Rtype, Ttl};

use super::{Settings, Webhook};

const MEDIA_TYPE: &str = "application/external.dns.webhook+json;version=1";

/// What the other side answers, and what it was asked.
#[derive(Default)]
struct Other {
    /// Status, content type and body by method and path.
    answers: Vec<(&'static str, StatusCode, &'static str, String)>,
    asked: Vec<(String, HeaderMap, Bytes)>,
}

type Shared = Arc<Mutex<Other>>;

async fn answer(
    State(other): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut other = other.lock().unwrap();
    let asked = format!("{method} {uri}");
    other.asked.push((asked.clone(), headers, body));
    let found = other.answers.iter().find(|(request, ..)| *request == asked);
    match found {
        Some((_, status, content, text)) => {
            (*status, [(header::CONTENT_TYPE, *content)], text.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn start(
    answers: Vec<(&'static str, StatusCode, &'static str, String)>,
) -> (Webhook, Shared) {
    let filter = ("GET /", StatusCode::OK, MEDIA_TYPE, "{}".to_owned());
    let other = Other {
        answers: answers.into_iter().chain([filter]).collect(),
        ..Other::default()
    };
    let other = Arc::new(Mutex::new(other));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .fallback(answer)
        .with_state(Arc::clone(&other));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = Settings {
        url,
        limit: Duration::from_secs(5),
        cap: 10_000,
        calls: Arc::default(),
    };
    (Webhook::new(&settings).unwrap(), other)
}

fn endpoint() -> Endpoint {
    let mut endpoint = Endpoint::new("x.example.org", Rtype::A, ["192.0.2.1", "192.0.2.2"]);
    endpoint.ttl = Some(Ttl::from_secs(60));
    endpoint.set_identifier = "one".into();
    endpoint.labels.set("owner", "me");
    endpoint.properties.set("webhook/weight", "7");
    endpoint
}

fn message() -> Value {
    json!({
        "dnsName": "x.example.org", "targets": ["192.0.2.1", "192.0.2.2"], "recordType": "A",
        "setIdentifier": "one", "recordTTL": 60, "labels": {"owner": "me"},
        "providerSpecific": [{"name": "webhook/weight", "value": "7"}],
    })
}

#[tokio::test]
async fn changes_travel_as_the_protocol_writes_them() {
    let (webhook, other) = start(vec![(
        "POST /records",
        StatusCode::NO_CONTENT,
        "",
        String::new(),
    )])
    .await;
    let mut plain = Endpoint::new("y.example.org", Rtype::CNAME, ["z.example.org"]);
    plain.labels.set("resource", "crd/a/b");
    let changes = ChangeSet {
        create: vec![endpoint()],
        update: vec![Update {
            old: plain.clone(),
            new: endpoint(),
        }],
        delete: Vec::new(),
    };
    webhook.apply(&changes).await.unwrap();
    let other = other.lock().unwrap();
    let (_, headers, body) = other.asked.last().unwrap();
    assert_eq!(headers.get(header::CONTENT_TYPE).unwrap(), MEDIA_TYPE);
    let body: Value = serde_json::from_slice(body).unwrap();
    let plain = json!({
        "dnsName": "y.example.org", "targets": ["z.example.org"], "recordType": "CNAME",
        "labels": {"resource": "crd/a/b"},
    });
    assert_eq!(
        body,
        json!({"create": [message()], "updateOld": [plain], "updateNew": [message()]})
    );
}

#[tokio::test]
async fn records_come_back_as_they_were_sent() {
    let odd = json!({"dnsName": "odd.example.org", "recordType": "NOTYPE", "targets": null});
    let records = json!([message(), odd]).to_string();
    let (webhook, other) = start(vec![("GET /records", StatusCode::OK, MEDIA_TYPE, records)]).await;
    assert_eq!(webhook.records().await.unwrap(), [endpoint()]);
    webhook.records().await.unwrap();
    let other = other.lock().unwrap();
    let asked: Vec<&str> = other
        .asked
        .iter()
        .map(|(asked, ..)| asked.as_str())
        .collect();
    assert_eq!(
        asked,
        ["GET /", "GET /records", "GET /records"],
        "negotiated once"
    );
    let accept = other.asked.last().unwrap().1.get(header::ACCEPT).unwrap();
    assert_eq!(accept, MEDIA_TYPE);
}

#[tokio::test]
async fn what_the_other_side_takes_is_its_filter() {
    let filter = r#"{"include":["example.org"],"exclude":["no.example.org"]}"#.to_owned();
    let (webhook, other) = start(Vec::new()).await;
    other.lock().unwrap().answers = vec![("GET /", StatusCode::OK, MEDIA_TYPE, filter)];
    let filter = webhook.filter().await.unwrap();
    assert!(filter.matches("x.example.org"));
    assert!(!filter.matches("x.no.example.org") && !filter.matches("example.net"));
}

#[tokio::test]
async fn a_filter_of_lists_and_regular_expressions_is_an_error() {
    let filter = r#"{"include":["example.org"],"regexInclude":"example"}"#.to_owned();
    let (webhook, other) = start(Vec::new()).await;
    other.lock().unwrap().answers = vec![("GET /", StatusCode::OK, MEDIA_TYPE, filter)];
    let error = webhook.filter().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol);
}

#[tokio::test]
async fn answers_that_make_no_sense_are_errors_and_never_empty_lists() {
    let json = |text: &str| text.to_owned();
    let cases = [
        (
            ("GET /records", StatusCode::OK, MEDIA_TYPE, json("<html>")),
            ErrorKind::Protocol,
        ),
        (
            ("GET /records", StatusCode::OK, MEDIA_TYPE, json("")),
            ErrorKind::Protocol,
        ),
        (
            ("GET /records", StatusCode::OK, MEDIA_TYPE, json("[{}")),
            ErrorKind::Protocol,
        ),
        (
            (
                "GET /records",
                StatusCode::OK,
                MEDIA_TYPE,
                " ".repeat(10_001),
            ),
            ErrorKind::Protocol,
        ),
        (
            ("GET /records", StatusCode::NO_CONTENT, MEDIA_TYPE, json("")),
            ErrorKind::Protocol,
        ),
        (
            (
                "GET /records",
                StatusCode::FORBIDDEN,
                "text/plain",
                json("no"),
            ),
            ErrorKind::Auth,
        ),
        (
            ("GET /records", StatusCode::BAD_GATEWAY, "", json("")),
            ErrorKind::Unavailable,
        ),
        (
            ("GET /records", StatusCode::TOO_MANY_REQUESTS, "", json("")),
            ErrorKind::RateLimited,
        ),
        (
            ("GET /", StatusCode::OK, "application/json", json("{}")),
            ErrorKind::Protocol,
        ),
    ];
    for (answer, kind) in cases {
        let (webhook, other) = start(Vec::new()).await;
        other.lock().unwrap().answers.insert(0, answer.clone());
        let error = webhook.records().await.unwrap_err();
        assert_eq!(error.kind, kind, "{answer:?}: {error}");
    }
}

#[tokio::test]
async fn only_204_says_that_changes_were_made() {
    for (status, kind) in [
        (StatusCode::OK, ErrorKind::Protocol),
        (StatusCode::BAD_REQUEST, ErrorKind::Rejected),
        (StatusCode::INTERNAL_SERVER_ERROR, ErrorKind::Failed),
    ] {
        let (webhook, _) = start(vec![(
            "POST /records",
            status,
            "text/plain",
            "why\nnot".to_owned(),
        )])
        .await;
        let error = webhook.apply(&ChangeSet::default()).await.unwrap_err();
        assert_eq!(error.kind, kind);
        let text = format!(
            r#"provider "webhook": apply changes: HTTP {}: why"#,
            status.as_u16()
        );
        assert_eq!(error.to_string(), text);
    }
}

#[tokio::test]
async fn adjusted_endpoints_keep_the_objects_they_come_from() {
    let adjusted = json!([message()]).to_string();
    let (webhook, _) = start(vec![(
        "POST /adjustendpoints",
        StatusCode::OK,
        MEDIA_TYPE,
        adjusted,
    )])
    .await;
    let mut wanted = endpoint();
    wanted.origins = vec![Arc::new(plan::ObjectRef {
        kind: "Service",
        api_version: "v1",
        namespace: "a".into(),
        name: "b".into(),
        uid: "".into(),
        created: 0,
    })];
    assert_eq!(
        webhook.adjust(vec![wanted.clone()]).await.unwrap(),
        [wanted]
    );
}
