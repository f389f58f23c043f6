//! The provider against a stand-in that is as strict as the API.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use plan::DynProvider;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};

use super::open;
use crate::client::stub::{Reply, Seen, Stub, reply};
use crate::trial::{Given, have, want};

/// One zone, `example.org`.
#[derive(Default)]
struct Host {
    url: String,
    records: BTreeMap<u64, Value>,
    /// What the world sees.
    live: BTreeMap<u64, Value>,
    serial: u32,
    last: u64,
    /// How many refreshes come to nothing.
    stuck: usize,
    /// A name that is refused.
    refused: Option<&'static str>,
}

impl Host {
    fn answer(&mut self, seen: &Seen) -> Reply {
        let segments: Vec<&str> = seen.target.trim_start_matches("/1.0/").split('/').collect();
        if segments == ["auth", "time"] {
            return reply(200, "1700000000");
        }
        // $1$ and SHA-1 of secret, consumer, method, address, body and time, joined by +.
        let time = seen.header("x-ovh-timestamp");
        let address = format!("{}{}", self.url, seen.target);
        let text = format!(
            "s3cret+c0nsumer+{}+{address}+{}+{time}",
            seen.method, seen.body
        );
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
        let hash: String = hash
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let signed = format!("$1${hash}") == seen.header("x-ovh-signature");
        let in_time = time
            .parse::<u64>()
            .is_ok_and(|time| time.abs_diff(1_700_000_000) < 60);
        if seen.header("authorization") != "Bearer t0ken" && !(signed && in_time) {
            return fault(403, "INVALID_SIGNATURE", "Invalid signature");
        }
        let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
        match (&*seen.method, &segments[..]) {
            ("GET", ["domain", "zone"]) => ok(&json!(["example.org"])),
            ("GET", ["domain", "zone", "example.org", "soa"]) => {
                ok(&json!({"server": "dns1.example.net.", "serial": self.serial, "ttl": 3600}))
            }
            ("GET", ["domain", "zone", "example.org", "record"]) => {
                ok(&self.records.keys().copied().collect())
            }
            ("POST", ["domain", "zone", "example.org", "refresh"]) => {
                if self.stuck > 0 {
                    self.stuck -= 1;
                    return fault(400, "ACTION_IMPOSSIBLE", "A task is under way");
                }
                self.serial += 1;
                self.live = self.records.clone();
                reply(200, "null")
            }
            ("POST", ["domain", "zone", "example.org", "record"]) => {
                self.last += 1;
                let kind = body["fieldType"].clone();
                self.put(self.last, kind, body)
            }
            (method, ["domain", "zone", "example.org", "record", id]) => {
                let id: u64 = id.parse().unwrap();
                let Some(record) = self.records.get(&id).cloned() else {
                    return fault(404, "NOT_FOUND", "The requested object does not exist");
                };
                match method {
                    "GET" => ok(&record),
                    "PUT" if body["fieldType"].is_null() => {
                        self.put(id, record["fieldType"].clone(), body)
                    }
                    "DELETE" => {
                        self.records.remove(&id);
                        reply(200, "null")
                    }
                    _ => fault(400, "INVALID_ARGUMENT", "Received not described parameters"),
                }
            }
            _ => fault(404, "NOT_FOUND", "Got an invalid (or empty) URL"),
        }
    }

    fn put(&mut self, id: u64, kind: Value, mut record: Value) -> Reply {
        let text = |name: &str| record[name].as_str().unwrap_or("?").to_owned();
        let (name, target) = (text("subDomain"), text("target"));
        let ttl = record["ttl"].as_u64().unwrap_or(1);
        if self.refused == Some(&*name) || name.ends_with("example.org") || name.contains('?') {
            return fault(400, "INVALID_ARGUMENT", "Invalid subDomain");
        }
        if ttl != 0 && ttl < 60 || kind == "TXT" && !target.starts_with('"') {
            return fault(400, "INVALID_ARGUMENT", "Invalid ttl or target");
        }
        record["id"] = json!(id);
        record["zone"] = json!("example.org");
        record["fieldType"] = kind;
        self.records.insert(id, record.clone());
        ok(&record)
    }
}

fn ok(value: &Value) -> Reply {
    reply(200, value.to_string())
}

fn fault(status: u16, code: &str, message: &str) -> Reply {
    let body = json!({"errorCode": code, "httpCode": status.to_string(), "message": message});
    reply(status, body.to_string())
}

struct Trial {
    stub: Stub,
    host: Arc<Mutex<Host>>,
    provider: Box<dyn DynProvider>,
}

const KEYS: &[(&str, &str)] = &[
    ("OVH_APPLICATION_KEY", "app"),
    ("OVH_APPLICATION_SECRET", "s3cret"),
    ("OVH_CONSUMER_KEY", "c0nsumer"),
    ("ovh-api-rate-limit", "100000"),
];

impl Trial {
    async fn start(settings: &[(&str, &str)]) -> Self {
        let host = Arc::new(Mutex::new(Host::default()));
        let inner = Arc::clone(&host);
        let stub = Stub::start(move |seen| inner.lock().unwrap().answer(seen)).await;
        host.lock().unwrap().url = stub.url.clone();
        let provider = provider(&stub, settings);
        Self {
            stub,
            host,
            provider,
        }
    }

    fn host<T>(&self, look: impl FnOnce(&mut Host) -> T) -> T {
        look(&mut self.host.lock().unwrap())
    }

    /// What the world sees, as `name type target ttl`.
    fn live(&self) -> Vec<String> {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let line = |it: &Value| {
            ["subDomain", "fieldType", "target", "ttl"]
                .map(|name| text(&it[name]))
                .join(" ")
        };
        let mut lines: Vec<String> = self.host(|host| host.live.values().map(line).collect());
        lines.sort_unstable();
        lines
    }

    /// Calls since then, as `METHOD last-segment count`.
    fn calls(&self, since: usize) -> Vec<String> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for seen in self.stub.seen().split_off(since) {
            let last = seen.target.rsplit('/').next().unwrap();
            let last = if last.parse::<u64>().is_ok() {
                "ID"
            } else {
                last
            };
            *counts.entry(format!("{} {last}", seen.method)).or_default() += 1;
        }
        let counts = counts.iter().map(|(call, count)| format!("{call} {count}"));
        counts.collect()
    }
}

fn provider(stub: &Stub, settings: &[(&str, &str)]) -> Box<dyn DynProvider> {
    let url = format!("{}/1.0", stub.url);
    let given = [settings, &[("ovh-endpoint", &*url)]].concat();
    open(Given::new(&given).setup()).unwrap()
}

#[tokio::test]
async fn all_types_come_stay_change_and_go() {
    let trial = Trial::start(KEYS).await;
    let all = r#"
        a.example.org 60 A 192.0.2.1 | 192.0.2.2
        a.example.org - AAAA 2001:db8::1
        a.example.org 300 TXT "heritage=external-dns,external-dns/owner=me"
        example.org 300 CAA 0 issue "ca.example"
        example.org 300 MX 10 mail.example.org
        *.example.org 300 CNAME a.example.org
        _sip._tcp.example.org 300 SRV 1 2 5060 sip.example.org."#;
    have(&*trial.provider, all).await;
    assert_eq!(
        trial.live(),
        [
            " CAA 0 issue \"ca.example\" 300",
            " MX 10 mail.example.org. 300",
            "* CNAME a.example.org. 300",
            "_sip._tcp SRV 1 2 5060 sip.example.org. 300",
            "a A 192.0.2.1 60",
            "a A 192.0.2.2 60",
            "a AAAA 2001:db8::1 0",
            "a TXT \"heritage=external-dns,external-dns/owner=me\" 300",
        ]
    );
    have(&*trial.provider, "a.example.org 5 CNAME b.example.org").await;
    assert_eq!(trial.live(), ["a CNAME b.example.org. 60"]);
    have(&*trial.provider, "").await;
    assert_eq!(trial.live(), [""; 0]);
}

// After an error external-dns neither refreshes the zone nor remembers that it did not: what was
// accepted goes live when something else changes, if ever.
#[tokio::test]
async fn what_was_accepted_goes_live_whatever_else_fails() {
    let trial = Trial::start(KEYS).await;
    trial.host(|host| host.refused = Some("bad"));
    let state = "a.example.org 300 A 192.0.2.1\nbad.example.org 300 A 192.0.2.1";
    let (_, applied) = want(&*trial.provider, state).await.unwrap();
    assert_eq!(&*applied.refused[0].0, "bad.example.org");
    assert_eq!(trial.live(), ["a A 192.0.2.1 300"]);
}

#[tokio::test]
async fn a_refresh_that_did_not_come_about_is_owed() {
    let trial = Trial::start(KEYS).await;
    want(&*trial.provider, "").await.unwrap();
    trial.host(|host| host.stuck = 1);
    let line = "a.example.org 300 A 192.0.2.1";
    want(&*trial.provider, line).await.unwrap_err();
    assert_eq!(trial.live(), [""; 0]);
    want(&*trial.provider, line).await.unwrap();
    assert_eq!(trial.live(), ["a A 192.0.2.1 300"]);
    // The debt of a process that died.
    trial.host(|host| host.live.clear());
    want(&*provider(&trial.stub, KEYS), line).await.unwrap();
    assert_eq!(trial.live(), ["a A 192.0.2.1 300"]);
}

#[tokio::test]
async fn a_zone_is_read_again_only_if_its_serial_is_another() {
    let trial = Trial::start(KEYS).await;
    let line = |at: usize| format!("n{at}.example.org 300 A 192.0.2.1\n");
    let hundred: String = (0..100).map(line).collect();
    want(&*trial.provider, "").await.unwrap();
    for (state, calls) in [
        ("", &["GET record 1", "GET soa 1", "GET zone 1"][..]),
        ("", &["GET soa 1", "GET zone 1"]),
        (
            &*line(0),
            &["GET soa 1", "GET zone 1", "POST record 1", "POST refresh 1"],
        ),
        (
            &line(0),
            &["GET ID 1", "GET record 1", "GET soa 1", "GET zone 1"],
        ),
        (&line(0), &["GET soa 1", "GET zone 1"]),
        (
            &hundred,
            &[
                "GET soa 1",
                "GET zone 1",
                "POST record 99",
                "POST refresh 1",
            ],
        ),
        (
            &hundred,
            &["GET ID 100", "GET record 1", "GET soa 1", "GET zone 1"],
        ),
        (&hundred, &["GET soa 1", "GET zone 1"]),
        (
            "",
            &["DELETE ID 100", "GET soa 1", "GET zone 1", "POST refresh 1"],
        ),
    ] {
        let before = trial.stub.seen().len();
        want(&*trial.provider, state).await.unwrap();
        assert_eq!(trial.calls(before), calls);
    }
    trial.host(|host| host.serial += 1);
    let before = trial.stub.seen().len();
    want(&*trial.provider, "").await.unwrap();
    assert_eq!(
        trial.calls(before),
        ["GET record 1", "GET soa 1", "GET zone 1"]
    );
}

#[tokio::test]
async fn a_target_without_a_dot_is_within_the_zone() {
    let absolute = Trial::start(KEYS).await;
    let relative = [KEYS, &[("ovh-enable-cname-relative", "true")]].concat();
    let relative = Trial::start(&relative).await;
    have(&*relative.provider, "a.example.org 300 CNAME www").await;
    assert_eq!(relative.live(), ["a CNAME www 300"]);
    absolute.host(|host| {
        let record =
            json!({"id": 1, "fieldType": "CNAME", "subDomain": "a", "target": "www", "ttl": 300});
        host.records.insert(1, record);
    });
    let before = absolute.stub.seen().len();
    have(
        &*absolute.provider,
        "a.example.org 300 CNAME www.example.org",
    )
    .await;
    assert!(
        !absolute
            .calls(before)
            .iter()
            .any(|call| call.starts_with("PUT"))
    );
}

#[tokio::test]
async fn credentials_are_looked_for_where_ovhs_tools_look() {
    let trial = Trial::start(&[("OVH_ACCESS_TOKEN", "t0ken")]).await;
    trial.provider.records().await.unwrap();
    let wrong = [("OVH_ACCESS_TOKEN", "wr0ng-t0ken")];
    let error = provider(&trial.stub, &wrong)
        .records()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("ovh.conf") && !error.contains("wr0ng"),
        "{error}"
    );
    let error = open(Given::default().setup()).map(drop).unwrap_err();
    assert!(error.to_string().contains("OVH_CONSUMER_KEY"), "{error}");
}
