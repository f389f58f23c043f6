//! The provider against a stand-in that is as strict as the API.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use plan::DynProvider;
use serde_json::{Value, json};

use super::*;
use crate::client::stub::{Reply, Seen, Stub, reply};
use crate::trial::{Given, endpoints, have, state, want};

/// One zone, `example.org`.
#[derive(Default)]
struct Host {
    records: BTreeMap<u64, Value>,
    last: u64,
}

impl Host {
    fn answer(&mut self, seen: &Seen) -> Reply {
        if seen.header("authorization") != "Bearer t0ken" {
            let body = json!({"id": "unauthorized", "message": "Unable to authenticate you"});
            return reply(401, body.to_string());
        }
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let segments: Vec<&str> = path.trim_start_matches("/v2/").split('/').collect();
        let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
        match (&*seen.method, &segments[..]) {
            ("GET", ["domains"]) => {
                let zone = json!({"name": "example.org", "ttl": 1800, "zone_file": ""});
                page(seen, query, "domains", &[zone])
            }
            ("GET", ["domains", "example.org", "records"]) => {
                let all: Vec<Value> = self.records.values().cloned().collect();
                page(seen, query, "domain_records", &all)
            }
            ("POST", ["domains", "example.org", "records"]) => {
                self.last += 1;
                self.put(self.last, body, 201)
            }
            ("PUT", ["domains", "example.org", "records", id]) => {
                match id.parse().ok().filter(|id| self.records.contains_key(id)) {
                    Some(id) => self.put(id, body, 200),
                    None => missing(),
                }
            }
            ("DELETE", ["domains", "example.org", "records", id]) => {
                match id.parse().ok().and_then(|id| self.records.remove(&id)) {
                    Some(_) => reply(204, ""),
                    None => missing(),
                }
            }
            _ => missing(),
        }
    }

    fn put(&mut self, id: u64, mut record: Value, status: u16) -> Reply {
        let refuse = |message: &str| {
            let body = json!({"id": "unprocessable_entity", "message": message});
            reply(422, body.to_string())
        };
        let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        let (rtype, name, data) = (text("type"), text("name"), text("data"));
        let dotted = matches!(&*rtype, "CAA" | "CNAME" | "MX" | "NS" | "SRV");
        if name.is_empty() || name.ends_with('.') || name.ends_with("example.org") {
            return refuse("Name is not of this domain");
        }
        if data.is_empty() || dotted && !data.ends_with('.') {
            return refuse("Data needs to end with a dot (.)");
        }
        if record["ttl"].as_u64().is_none_or(|ttl| ttl < 30) {
            return refuse("TTL must be at least 30");
        }
        let of_mx = !record["priority"].is_u64() && matches!(&*rtype, "MX" | "SRV");
        if of_mx || rtype == "SRV" && !record["port"].is_u64() {
            return refuse("Priority can't be blank");
        }
        let mut others = self.records.iter().filter(|(other, _)| **other != id);
        let clash = others.any(|(_, other)| {
            let same = other["name"] == *name;
            same && (other["type"] == "CNAME") != (rtype == "CNAME")
                || same && other["type"] == *rtype && rtype == "CNAME"
        });
        if clash {
            return refuse("CNAME records cannot share a name with other records");
        }
        let shown = if dotted {
            data.trim_end_matches('.')
        } else {
            &data
        };
        let shown = if shown == "example.org" { "@" } else { shown };
        record["data"] = json!(shown);
        record["id"] = json!(id);
        self.records.insert(id, record.clone());
        reply(status, json!({"domain_record": record}).to_string())
    }
}

fn missing() -> Reply {
    let body = json!({"id": "not_found", "message": "The resource you were accessing could not be found."});
    reply(404, body.to_string())
}

fn page(seen: &Seen, query: &str, name: &str, items: &[Value]) -> Reply {
    let number = |wanted: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(name, _)| *name == wanted);
        value.map_or(1, |(_, value)| value.parse::<usize>().unwrap())
    };
    let (at, size) = (number("page"), number("per_page"));
    assert!((1..=200).contains(&size), "{query}");
    let shown: Vec<&Value> = items.iter().skip((at - 1) * size).take(size).collect();
    let path = seen.target.split('?').next().unwrap();
    let mut links = json!({});
    if at * size < items.len() {
        let host = seen.header("host");
        let next = format!("http://{host}{path}?page={}&per_page={size}", at + 1);
        links = json!({"pages": {"next": next}});
    }
    let meta = json!({"total": items.len()});
    reply(
        200,
        json!({name: shown, "links": links, "meta": meta}).to_string(),
    )
}

struct Trial {
    stub: Stub,
    host: Arc<Mutex<Host>>,
    provider: Box<dyn DynProvider>,
}

impl Trial {
    async fn start() -> Self {
        let host = Arc::new(Mutex::new(Host::default()));
        let inner = Arc::clone(&host);
        let stub = Stub::start(move |seen| inner.lock().unwrap().answer(seen)).await;
        let given = Given::new(&[("DO_TOKEN", "t0ken"), ("digitalocean-api-page-size", "50")]);
        let provider = at(&format!("{}/v2", stub.url), Limit::NONE, given.setup()).unwrap();
        Self {
            stub,
            host,
            provider,
        }
    }

    /// What somebody else puts there.
    fn plant(&self, record: Value) {
        let mut host = self.host.lock().unwrap();
        host.last += 1;
        let id = host.last;
        host.records.insert(id, record);
        host.records.get_mut(&id).unwrap()["id"] = json!(id);
    }

    /// What there is, as `name type data ttl`.
    fn held(&self) -> Vec<String> {
        let host = self.host.lock().unwrap();
        let text = |value: &Value| value.to_string().trim_matches('"').to_owned();
        let lines = host.records.values().map(|it| {
            ["name", "type", "data", "ttl"]
                .map(|name| text(&it[name]))
                .join(" ")
        });
        let mut lines: Vec<String> = lines.collect();
        lines.sort_unstable();
        lines
    }

    /// Calls since then, as `METHOD count`.
    fn calls(&self, since: usize) -> Vec<String> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for seen in self.stub.seen().split_off(since) {
            *counts.entry(seen.method).or_default() += 1;
        }
        let counts = counts
            .iter()
            .map(|(method, count)| format!("{method} {count}"));
        counts.collect()
    }
}

#[tokio::test]
async fn all_types_come_stay_change_and_go() {
    let trial = Trial::start().await;
    let all = r#"
        a.example.org 60 A 192.0.2.1 | 192.0.2.2
        a.example.org 300 AAAA 2001:db8::1
        a.example.org 300 TXT "heritage=external-dns,external-dns/owner=me"
        example.org 300 CAA 0 issue "ca.example"
        example.org 300 MX 10 mail.example.org | 20 example.org
        *.example.org 300 CNAME a.example.org
        sub.example.org 300 NS ns1.example.net
        up.example.org 300 CNAME example.org
        _sip._tcp.example.org 300 SRV 1 2 5060 sip.example.org."#;
    have(&*trial.provider, all).await;
    assert_eq!(
        trial.held(),
        [
            "* CNAME a.example.org 300",
            "@ CAA ca.example 300",
            "@ MX @ 300",
            "@ MX mail.example.org 300",
            "_sip._tcp SRV sip.example.org 300",
            "a A 192.0.2.1 60",
            "a A 192.0.2.2 60",
            "a AAAA 2001:db8::1 300",
            "a TXT heritage=external-dns,external-dns/owner=me 300",
            "sub NS ns1.example.net 300",
            "up CNAME @ 300",
        ]
    );
    have(&*trial.provider, "a.example.org 60 CNAME b.example.org").await;
    assert_eq!(trial.held(), ["a CNAME b.example.org 60"]);
    have(&*trial.provider, "").await;
    assert_eq!(trial.held(), [""; 0]);
}

// external-dns loses the TTL of records whose name has several values, and writes them in each pass.
#[tokio::test]
async fn several_values_keep_their_ttl() {
    let trial = Trial::start().await;
    let two = "a.example.org 120 A 192.0.2.1 | 192.0.2.2";
    have(&*trial.provider, two).await;
    assert_eq!(state(&trial.provider.records().await.unwrap()), two);
    have(
        &*trial.provider,
        "a.example.org 600 A 192.0.2.1 | 192.0.2.2",
    )
    .await;
    assert_eq!(trial.held(), ["a A 192.0.2.1 600", "a A 192.0.2.2 600"]);
}

// external-dns compares the desired target with itself, and so deletes whatever CNAME there is.
#[tokio::test]
async fn a_cname_with_another_target_is_not_taken_away() {
    let trial = Trial::start().await;
    let other = json!({"type": "CNAME", "name": "a", "data": "theirs.example.net", "ttl": 300});
    trial.plant(other);
    let ours = endpoints("a.example.org 300 CNAME ours.example.net");
    let changes = plan::ChangeSet {
        delete: ours,
        ..plan::ChangeSet::default()
    };
    trial.provider.apply(&changes).await.unwrap();
    assert_eq!(trial.held(), ["a CNAME theirs.example.net 300"]);
}

#[tokio::test]
async fn what_the_api_does_not_take_is_refused_before_it_is_asked() {
    let trial = Trial::start().await;
    for (line, said) in [
        (
            r#"a.example.org 300 TXT "a\\b""#,
            "\"a.example.org\" TXT: a TXT with a backslash is not taken there",
        ),
        (
            "a.example.org 300 PTR b.example.org",
            "\"a.example.org\" PTR: records of this type are not taken there",
        ),
    ] {
        let (_, applied) = want(&*trial.provider, line).await.unwrap();
        assert_eq!(applied.refused[0].1.message, said);
    }
    assert_eq!(trial.calls(0), ["GET 4"]);
    have(&*trial.provider, "a.example.org 5 A 192.0.2.1").await;
    assert_eq!(trial.held(), ["a A 192.0.2.1 30"]);
}

#[tokio::test]
async fn calls_are_as_few_as_the_changes() {
    let trial = Trial::start().await;
    let line = |at: usize| format!("n{at}.example.org 300 A 192.0.2.1\n");
    let hundred: String = (0..100).map(line).collect();
    for (state, calls) in [
        ("", &["GET 2"][..]),
        (&*line(0), &["GET 2", "POST 1"]),
        (&line(0), &["GET 2"]),
        (&hundred, &["GET 2", "POST 99"]),
        // Two pages of fifty each.
        (&hundred, &["GET 3"]),
        (&hundred.replace("300", "60"), &["GET 3", "PUT 100"]),
        ("", &["DELETE 100", "GET 3"]),
    ] {
        let before = trial.stub.seen().len();
        want(&*trial.provider, state).await.unwrap();
        assert_eq!(trial.calls(before), calls);
    }
}

#[tokio::test]
async fn a_wrong_token_is_told_without_itself() {
    let trial = Trial::start().await;
    let given = Given::new(&[("DO_TOKEN", "wr0ng-t0ken")]);
    let provider = at(
        &format!("{}/v2", trial.stub.url),
        Limit::NONE,
        given.setup(),
    )
    .unwrap();
    let error = provider.records().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "provider \"digitalocean\": list zones: HTTP 401: {\"id\":\"unauthorized\",\"message\":\
         \"Unable to authenticate you\"}; the token is that of DO_TOKEN"
    );
    let error = open(Given::default().setup()).map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "provider \"digitalocean\": DO_TOKEN is not set; expected the credentials of an account"
    );
}
