use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde_json::{Value, json};

use super::*;
use crate::client::stub::{Stub, reply};

fn pair(key: &[u8], value: &[u8]) -> Pair {
    Pair {
        key: key.to_vec(),
        value: value.to_vec(),
    }
}

fn etcd(servers: &[&str], user: Option<(&str, &str)>) -> Etcd {
    Etcd::new(Settings {
        servers: servers.iter().map(ToString::to_string).collect(),
        user: user.map(|(user, password)| (user.to_owned(), password.to_owned())),
        ..Settings::default()
    })
    .unwrap()
}

#[test]
fn a_dump_is_read_and_nonsense_told() {
    let dump = br#"{"header":{"revision":7},"kvs":[{"key":"L2E=","value":"e30="}],"count":1}"#;
    assert_eq!(read_dump(dump).unwrap(), [pair(b"/a", b"{}")]);
    assert!(read_dump(br#"{"kvs":[{"key":"!"}]}"#).is_err());
    assert!(read_dump(b"/skydns/a\n{}\n").is_err());
}

#[test]
fn secrets_do_not_show() {
    let settings = Settings {
        servers: vec!["http://a:1".to_owned()],
        user: Some(("root".to_owned(), "hunter2".to_owned())),
        ..Settings::default()
    };
    assert_eq!(
        format!("{settings:?}"),
        "Settings { servers: [\"http://a:1\"], .. }"
    );
    let etcd = Etcd::new(settings).unwrap();
    assert!(!format!("{etcd:?}").contains("hunter2"));
}

#[test]
fn a_server_is_asked_by_the_name_of_its_certificate() {
    for (server, name, wanted) in [
        (
            "https://192.0.2.1:2379/",
            Some("etcd.local"),
            "https://etcd.local:2379",
        ),
        ("https://192.0.2.1:2379", None, "https://192.0.2.1:2379"),
        ("https://a", Some("b"), "https://b:443"),
    ] {
        assert_eq!(address(server, name), wanted);
    }
}

#[tokio::test]
async fn edits_are_messages_of_the_gateway() {
    let stub = Stub::start(|seen| match &*seen.target {
        "/v3/kv/range" => reply(
            200,
            r#"{"header":{},"kvs":[{"key":"L2E=","value":"e30=","mod_revision":"7"}]}"#,
        ),
        "/v3/kv/deleterange" => reply(200, r#"{"header":{},"deleted":"2"}"#),
        "/v3/kv/txn" if seen.body.contains("CREATE") => {
            reply(200, r#"{"header":{"revision":"9"},"succeeded":true}"#)
        }
        _ => reply(200, r#"{"header":{}}"#),
    })
    .await;
    let etcd = etcd(&[&stub.url], None);
    let entry = etcd.get(b"/a").await.unwrap().unwrap();
    assert_eq!(
        (&*entry.key, &*entry.value, entry.revision),
        (&b"/a"[..], &b"{}"[..], 7)
    );
    etcd.put(&pair(b"/a", b"{}")).await.unwrap();
    assert_eq!(etcd.delete_prefix(b"/a").await.unwrap(), 2);
    let absent = Compare::Absent(b"/b".to_vec());
    let nothing = Compare::AbsentPrefix(b"/b".to_vec());
    let unchanged = Compare::Unchanged {
        key: b"/a".to_vec(),
        revision: 7,
    };
    let ops = [
        Op::Put(pair(b"/b", b"{}")),
        Op::Delete(b"/a".to_vec()),
        Op::DeletePrefix(b"/a".to_vec()),
    ];
    let compares = [absent, nothing, unchanged.clone()];
    assert_eq!(etcd.txn(&compares, &ops).await.unwrap(), Some(9));
    assert_eq!(etcd.txn(&[unchanged], &[]).await.unwrap(), None);
    let bodies: Vec<Value> = stub
        .seen()
        .iter()
        .map(|seen| serde_json::from_str(&seen.body).unwrap())
        .collect();
    assert_eq!(
        bodies,
        [
            json!({"key": "L2E=", "range_end": "", "limit": "1"}),
            json!({"key": "L2E=", "value": "e30="}),
            json!({"key": "L2E=", "range_end": "L2I="}),
            json!({
                "compare": [
                    {"key": "L2I=", "target": "CREATE", "result": "EQUAL", "createRevision": "0"},
                    {"key": "L2I=", "range_end": "L2M=", "target": "CREATE", "result": "EQUAL", "createRevision": "0"},
                    {"key": "L2E=", "target": "MOD", "result": "EQUAL", "modRevision": "7"},
                ],
                "success": [
                    {"requestPut": {"key": "L2I=", "value": "e30="}},
                    {"requestDeleteRange": {"key": "L2E="}},
                    {"requestDeleteRange": {"key": "L2E=", "range_end": "L2I="}},
                ],
            }),
            json!({
                "compare": [{"key": "L2E=", "target": "MOD", "result": "EQUAL", "modRevision": "7"}],
                "success": [],
            }),
        ]
    );
}

#[tokio::test]
async fn a_token_is_kept_and_renewed_when_it_is_refused() {
    let logins = AtomicUsize::new(0);
    let good = Mutex::new("token-0".to_owned());
    let stub = Stub::start(move |seen| match &*seen.target {
        "/v3/auth/authenticate" => {
            let token = format!("token-{}", logins.fetch_add(1, Relaxed));
            reply(200, json!({"token": token}).to_string())
        }
        _ if seen.header("authorization") == *good.lock().unwrap() => {
            // Tokens of a server end with it.
            if seen.body.contains("Y3Jhc2g=") {
                *good.lock().unwrap() = "token-1".to_owned();
            }
            reply(200, r#"{"header":{}}"#)
        }
        _ => reply(
            401,
            r#"{"error":"etcdserver: invalid auth token","code":16}"#,
        ),
    })
    .await;
    let etcd = etcd(&[&stub.url], Some(("root", "hunter22")));
    for key in [&b"a"[..], b"crash", b"b", b"c"] {
        etcd.get(key).await.unwrap();
    }
    let [login, range] = ["POST /v3/auth/authenticate", "POST /v3/kv/range"];
    assert_eq!(
        stub.lines(),
        [login, range, range, range, login, range, range]
    );
}

#[tokio::test]
async fn a_server_that_cannot_be_asked_is_passed_over() {
    let stub = Stub::start(|seen| match &*seen.target {
        "/v3/kv/txn" => reply(
            503,
            r#"{"error":"etcdserver: request timed out","code":14}"#,
        ),
        _ => reply(200, r#"{"header":{}}"#),
    })
    .await;
    let both = etcd(&["http://127.0.0.1:1", "nonsense", &stub.url], None);
    both.get(b"a").await.unwrap();
    let error = both.txn(&[], &[]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Ambiguous);
    assert_eq!(stub.lines(), ["POST /v3/kv/range", "POST /v3/kv/txn"]);
    let none = etcd(&[], None).get(b"a").await.unwrap_err();
    assert_eq!(
        none.to_string(),
        r#"provider "etcd": read keys: no server is named"#
    );
}

#[tokio::test]
async fn what_servers_say_is_told() {
    for (status, body, kind, message) in [
        (
            400,
            r#"{"error":"etcdserver: user name is empty","code":3}"#,
            ErrorKind::Auth,
            "HTTP 400: etcdserver: user name is empty; set a user (ETCD_USERNAME)",
        ),
        (
            429,
            r#"{"error":"etcdserver: mvcc: database space exceeded","code":8}"#,
            ErrorKind::Config,
            "HTTP 429: etcdserver: mvcc: database space exceeded",
        ),
        (
            403,
            r#"{"message":"etcdserver: permission denied","code":7}"#,
            ErrorKind::Auth,
            "HTTP 403: etcdserver: permission denied; the user is that of ETCD_USERNAME and ETCD_PASSWORD",
        ),
    ] {
        let stub = Stub::start(move |_| reply(status, body)).await;
        let error = etcd(&[&stub.url], None).get(b"a").await.unwrap_err();
        assert_eq!((error.kind, &*error.message), (kind, message));
    }
    let stub = Stub::start(|seen| match &*seen.target {
        "/v3/auth/authenticate" => reply(
            400,
            r#"{"error":"etcdserver: authentication is not enabled","code":9}"#,
        ),
        _ => reply(200, r#"{"header":{}}"#),
    })
    .await;
    etcd(&[&stub.url], Some(("root", "hunter22")))
        .get(b"a")
        .await
        .unwrap();
}

/// Taken for an empty list, it would have all records made again.
#[tokio::test]
async fn an_answer_without_a_head_is_no_list() {
    let stub = Stub::start(|_| reply(200, r#"{"error":"not now"}"#)).await;
    let error = etcd(&[&stub.url], None).entries(b"/a").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol);
}
