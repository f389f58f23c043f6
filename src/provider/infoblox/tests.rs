//! The provider against a stand-in that is as strict as the API.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use plan::DynProvider;
use serde_json::{Value, json};

use super::{at, open};
use crate::client::stub::{Reply, Seen, Stub, reply};
use crate::trial::{Given, have, state, want};

/// Zones `example.org` in views `default` and `inside`, and `192.0.2.0/24` in `default`.
#[derive(Default)]
struct Host {
    /// By reference, without what is for humans.
    objects: BTreeMap<String, Value>,
    last: u64,
}

impl Host {
    fn answer(&mut self, seen: &Seen) -> Reply {
        // admin:passw0rd
        if seen.header("authorization") != "Basic YWRtaW46cGFzc3cwcmQ=" {
            return reply(401, "<title>401 Authorization Required</title>");
        }
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let path = path.trim_start_matches("/wapi/v2.3.1/").replace("%3A", ":");
        let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
        match &*seen.method {
            "GET" => self.list(&path, query),
            "POST" => {
                self.last += 1;
                self.put(&format!("{path}/ZG5z{}", self.last), json!({}), body, 201)
            }
            "PUT" if body["view"].is_null() => match self.objects.get(&path).cloned() {
                Some(old) => self.put(&path, old, body, 200),
                None => fault(404, "Client.Ibap.Data.NotFound", "Reference not found"),
            },
            "DELETE" => match self.objects.remove(&path) {
                Some(old) => reply(200, old["_ref"].to_string()),
                None => fault(404, "Client.Ibap.Data.NotFound", "Reference not found"),
            },
            _ => fault(400, "Client.Ibap.Proto", "Field is not writable: view"),
        }
    }

    fn list(&self, object: &str, query: &str) -> Reply {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let query: BTreeMap<&str, &str> = pairs.collect();
        if query.get("_paging") != Some(&"1") || query.get("_return_as_object") != Some(&"1") {
            return fault(400, "Client.Ibap.Proto", "_paging needs _return_as_object");
        }
        let zone = |fqdn: &str, view: &str| {
            let reference = format!("zone_auth/ZG5z{view}:{}/{view}", fqdn.replace('/', "%2F"));
            json!({"_ref": reference, "fqdn": fqdn, "view": view})
        };
        let all = match object {
            "zone_auth" => vec![
                zone("example.org", "default"),
                zone("example.org", "inside"),
                zone("192.0.2.0/24", "default"),
            ],
            _ => self.objects.values().cloned().collect(),
        };
        let is_in = |it: &Value| {
            let kind = it["_ref"].as_str().unwrap().split('/').next() == Some(object);
            let in_view = query.get("view").is_none_or(|view| it["view"] == **view);
            let name = it["name"].as_str().unwrap_or_default();
            kind && in_view && query.get("zone").is_none_or(|zone| name.ends_with(zone))
        };
        let all: Vec<Value> = all.into_iter().filter(is_in).collect();
        let from: usize = query
            .get("_page_id")
            .map_or(0, |page| page.parse().unwrap());
        let to = from + query["_max_results"].parse::<usize>().unwrap();
        let shown: Vec<&Value> = all.iter().skip(from).take(to - from).collect();
        let mut answer = json!({"result": shown});
        if to < all.len() {
            answer["next_page_id"] = json!(to.to_string());
        }
        reply(200, answer.to_string())
    }

    fn put(&mut self, path: &str, mut object: Value, body: Value, status: u16) -> Reply {
        for (name, value) in body.as_object().unwrap() {
            object[name] = value.clone();
        }
        let kind = path.split('/').next().unwrap();
        let field = match kind {
            "record:a" => "ipv4addr",
            "record:aaaa" => "ipv6addr",
            "record:cname" => "canonical",
            "record:ptr" => "ptrdname",
            "record:txt" => "text",
            _ => return fault(400, "Client.Ibap.Proto", "Unknown object type"),
        };
        let data = object[field].as_str().unwrap_or_default().to_owned();
        if data.is_empty()
            || data.ends_with('.')
            || object["use_ttl"] == true && object["ttl"].is_null()
        {
            return fault(400, "Client.Ibap.Proto", "Field has a bad value");
        }
        // Quotes around a text without blanks go.
        if kind == "record:txt" && !data.contains(' ') {
            object["text"] = json!(data.trim_matches('"'));
        }
        let others = self.objects.iter().filter(|(other, _)| **other != path);
        let mut same = others.filter(|(_, other)| {
            ["name", "view"]
                .iter()
                .all(|field| other[field] == object[field])
        });
        let clash = same.any(|(other, it)| {
            let cname = other.starts_with("record:cname") != (kind == "record:cname");
            cname || other.starts_with(kind) && it[field] == object[field]
        });
        if clash {
            return fault(
                400,
                "Client.Ibap.Data.Conflict",
                "The record already exists.",
            );
        }
        let name = object["name"].as_str().unwrap();
        let view = object["view"].as_str().unwrap_or("default").to_owned();
        object["_ref"] = json!(format!("{path}:{name}/{view}"));
        object["view"] = json!(view);
        if object["use_ttl"] != true {
            object["ttl"] = json!(28_800);
        }
        let reference = object["_ref"].to_string();
        self.objects.insert(path.to_owned(), object);
        reply(status, reference)
    }
}

fn fault(status: u16, code: &str, text: &str) -> Reply {
    let error = format!("AdmConDataError: None ({text})");
    reply(
        status,
        json!({"Error": error, "code": code, "text": text}).to_string(),
    )
}

struct Trial {
    stub: Stub,
    host: Arc<Mutex<Host>>,
    provider: Box<dyn DynProvider>,
}

const USUAL: &[(&str, &str)] = &[
    ("infoblox-wapi-username", "admin"),
    ("infoblox-wapi-password", "passw0rd"),
    ("infoblox-ssl-verify", "true"),
];

impl Trial {
    async fn start(settings: &[(&str, &str)]) -> Self {
        let host = Arc::new(Mutex::new(Host::default()));
        let inner = Arc::clone(&host);
        let stub = Stub::start(move |seen| inner.lock().unwrap().answer(seen)).await;
        let given = Given::new(&[USUAL, settings].concat());
        let provider = at(&format!("{}/wapi/v2.3.1", stub.url), given.setup()).unwrap();
        Self {
            stub,
            host,
            provider,
        }
    }

    /// What somebody else puts there.
    fn plant(&self, path: &str, mut object: Value) {
        let (name, view) = (object["name"].as_str().unwrap(), "default");
        object["_ref"] = json!(format!("{path}:{name}/{view}"));
        object["view"] = json!(view);
        self.host
            .lock()
            .unwrap()
            .objects
            .insert(path.to_owned(), object);
    }

    /// What there is, without references.
    fn held(&self) -> Vec<String> {
        let host = self.host.lock().unwrap();
        let lines = host.objects.iter().map(|(path, it)| {
            let text = |name: &str| it[name].as_str().unwrap_or_default();
            let data = ["ipv4addr", "ipv6addr", "canonical", "ptrdname", "text"];
            let data = data.map(text).concat();
            let ttl = it["ttl"].as_u64().filter(|_| it["use_ttl"] == true);
            let ttl = ttl.map_or_else(|| "-".to_owned(), |ttl| ttl.to_string());
            let kind = path.split('/').next().unwrap();
            format!("{} {} {kind} {data} {ttl}", text("view"), text("name"))
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
        let counts = counts.iter().map(|(call, count)| format!("{call} {count}"));
        counts.collect()
    }
}

#[tokio::test]
async fn all_types_come_stay_change_and_go() {
    let trial = Trial::start(&[]).await;
    let all = r#"
        a.example.org 60 A 192.0.2.1 | 192.0.2.2
        a.example.org - AAAA 2001:db8::1
        a.example.org 300 TXT "heritage=external-dns,external-dns/owner=me"
        b.example.org 300 TXT "two words"
        *.example.org 300 CNAME a.example.org
        1.2.0.192.in-addr.arpa 300 PTR a.example.org"#;
    have(&*trial.provider, all).await;
    assert_eq!(
        trial.held(),
        [
            "default *.example.org record:cname a.example.org 300",
            "default 1.2.0.192.in-addr.arpa record:ptr a.example.org 300",
            "default a.example.org record:a 192.0.2.1 60",
            "default a.example.org record:a 192.0.2.2 60",
            "default a.example.org record:aaaa 2001:db8::1 -",
            "default a.example.org record:txt heritage=external-dns,external-dns/owner=me 300",
            "default b.example.org record:txt \"two words\" 300",
        ]
    );
    have(&*trial.provider, "a.example.org 60 CNAME b.example.org").await;
    assert_eq!(
        trial.held(),
        ["default a.example.org record:cname b.example.org 60"]
    );
    have(&*trial.provider, "").await;
    assert_eq!(trial.held(), [""; 0]);
}

// external-dns looks for what it deletes or changes by name alone, so all records of a name go, in all
// views.
#[tokio::test]
async fn only_the_value_that_is_meant_goes_and_only_in_its_view() {
    let trial = Trial::start(&[("infoblox-view", "inside")]).await;
    trial.plant(
        "record:a/ZG5zX",
        json!({"name": "a.example.org", "ipv4addr": "192.0.2.1"}),
    );
    have(
        &*trial.provider,
        "a.example.org 300 A 192.0.2.1 | 192.0.2.2",
    )
    .await;
    have(&*trial.provider, "a.example.org 300 A 192.0.2.2").await;
    assert_eq!(
        trial.held(),
        [
            "default a.example.org record:a 192.0.2.1 -",
            "inside a.example.org record:a 192.0.2.2 300"
        ]
    );
}

// external-dns writes what the API refuses to its log, and counts the pass as a success.
#[tokio::test]
async fn what_the_api_refuses_is_told() {
    let trial = Trial::start(&[("infoblox-name-regex", "^[a-z]")]).await;
    trial.plant("record:ns/ZG5zX", json!({"name": "a.example.org"}));
    let lines = "a.example.org 300 CNAME b.example.org\nc.example.org 300 A 192.0.2.1";
    let (_, applied) = want(&*trial.provider, lines).await.unwrap();
    let refused = applied
        .refused
        .iter()
        .map(|(name, error)| format!("{name}: {error}"));
    assert_eq!(
        refused.collect::<Vec<_>>(),
        [
            "a.example.org: provider \"infoblox\": create record: HTTP 400: The record already exists."
        ]
    );
}

#[tokio::test]
async fn host_objects_are_addresses_that_stay() {
    let trial = Trial::start(&[]).await;
    let addresses = json!([{"ipv4addr": "192.0.2.7"}]);
    trial.plant(
        "record:host/ZG5zH",
        json!({"name": "h.example.org", "ipv4addrs": addresses}),
    );
    let read = state(&trial.provider.records().await.unwrap());
    assert_eq!(read, "h.example.org - A 192.0.2.7");
    let (_, applied) = want(&*trial.provider, "h.example.org 300 A 192.0.2.8")
        .await
        .unwrap();
    assert_eq!(
        applied.refused[0].1.message,
        "\"h.example.org\" A: it is of a host object, which is left as it is"
    );
}

#[tokio::test]
async fn comments_and_attributes_stay() {
    let trial = Trial::start(&[("infoblox-cache-duration", "120")]).await;
    let extattrs = json!({"Site": {"value": "here"}});
    let object = json!({"name": "a.example.org", "ipv4addr": "192.0.2.1", "comment": "c", "extattrs": extattrs});
    trial.plant("record:a/ZG5zX", object);
    have(&*trial.provider, "a.example.org 300 A 192.0.2.2").await;
    assert_eq!(
        trial.held(),
        ["default a.example.org record:a 192.0.2.2 120"]
    );
    let host = trial.host.lock().unwrap();
    let object = host.objects.values().next().unwrap();
    assert_eq!(
        (&object["comment"], &object["extattrs"]),
        (&json!("c"), &extattrs)
    );
}

#[tokio::test]
async fn calls_are_as_few_as_the_changes() {
    let trial = Trial::start(&[("infoblox-max-results", "60")]).await;
    let line = |at: usize| format!("n{at}.example.org 300 A 192.0.2.1\n");
    let hundred: String = (0..100).map(line).collect();
    // Zones; five kinds of one zone; two of the other, which is of addresses.
    for (state, calls) in [
        ("", &["GET 8"][..]),
        (&*line(0), &["GET 8", "POST 1"]),
        (&hundred, &["GET 8", "POST 99"]),
        // One kind has two pages.
        (&hundred.replace("300", "60"), &["GET 9", "PUT 100"]),
        ("", &["DELETE 100", "GET 9"]),
    ] {
        let before = trial.stub.seen().len();
        want(&*trial.provider, state).await.unwrap();
        assert_eq!(trial.calls(before), calls);
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_without_itself() {
    let trial = Trial::start(&[]).await;
    let given = Given::new(&[
        ("infoblox-wapi-password", "wr0ng"),
        ("infoblox-ssl-verify", "true"),
    ]);
    let provider = at(&format!("{}/wapi/v2.3.1", trial.stub.url), given.setup()).unwrap();
    let error = provider.records().await.unwrap_err().to_string();
    assert!(
        error.contains("WAPI_PASSWORD") && !error.contains("wr0ng"),
        "{error}"
    );
    for (given, said) in [
        (&[][..], "no host is named; set --infoblox-grid-host"),
        (
            &[("infoblox-grid-host", "grid.example")],
            "there is no password; set EXTERNAL_DNS_INFOBLOX_WAPI_PASSWORD",
        ),
    ] {
        let error = open(Given::new(given).setup()).map(drop).unwrap_err();
        assert_eq!(error.to_string(), format!("provider \"infoblox\": {said}"));
    }
}
