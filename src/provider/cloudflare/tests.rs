//! The provider against a stand-in that is as strict as the API.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::client::stub::{Reply, Seen, Stub, reply};
use crate::trial::{Given, have, state, want};

/// One zone, `example.org`, whose identifier is `z1`.
#[derive(Clone, Default)]
struct Host {
    records: BTreeMap<String, Value>,
    /// By identifier.
    hostnames: BTreeMap<String, Value>,
    regions: BTreeMap<String, String>,
    last: u64,
    /// Whether there is no endpoint for batches.
    old: bool,
}

/// A status, a code, and what is said.
type Refused = (u16, u32, &'static str);

impl Host {
    fn answer(&mut self, seen: &Seen) -> Reply {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let segments: Vec<&str> = path.trim_start_matches("/v4/").split('/').collect();
        let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
        match self.result(seen, &segments, &body) {
            Ok(Value::Array(all)) if seen.method == "GET" => page(query, &all),
            Ok(result) => reply(
                200,
                json!({"success": true, "errors": [], "messages": [], "result": result})
                    .to_string(),
            ),
            Err((status, code, message)) => {
                let error = json!({"code": code, "message": message});
                let body = json!({"success": false, "errors": [error], "result": null});
                reply(status, body.to_string())
            }
        }
    }

    fn result(&mut self, seen: &Seen, path: &[&str], body: &Value) -> Result<Value, Refused> {
        let by_key = (seen.header("x-auth-email"), seen.header("x-auth-key"));
        if seen.header("authorization") != "Bearer t0ken" && by_key != ("a@example.org", "k3y") {
            return Err((403, 10000, "Authentication error"));
        }
        let zone = json!({"id": "z1", "name": "example.org", "type": "full", "status": "active",
            "plan": {"legacy_id": "free", "is_subscribed": false}});
        let other = json!({"id": "z2", "name": "example.net", "type": "secondary"});
        match (&*seen.method, path) {
            ("GET", ["zones"]) => Ok(json!([zone, other])),
            ("GET", ["zones", "z1"]) => Ok(zone),
            ("GET", ["zones", "z1", "dns_records"]) => Ok(self.records.values().cloned().collect()),
            ("POST", ["zones", "z1", "dns_records"]) => {
                self.last += 1;
                self.put(&format!("r{:05}", self.last), body)
            }
            ("POST", ["zones", "z1", "dns_records", "batch"]) if !self.old => {
                let before = self.clone();
                let result = self.batch(body);
                if result.is_err() {
                    *self = before;
                }
                result
            }
            ("PUT", ["zones", "z1", "dns_records", id]) if self.records.contains_key(*id) => {
                self.put(id, body)
            }
            ("DELETE", ["zones", "z1", "dns_records", id]) => self.take(id),
            (_, ["zones", "z1", "custom_hostnames", rest @ ..]) => {
                self.custom(&seen.method, rest, body)
            }
            (_, ["zones", "z1", "addressing", "regional_hostnames", rest @ ..]) => {
                self.regional(&seen.method, rest, body)
            }
            _ => Err((404, 7003, "Could not route to this path")),
        }
    }

    fn take(&mut self, id: &str) -> Result<Value, Refused> {
        let taken = self.records.remove(id);
        taken.ok_or((404, 81044, "Record does not exist."))
    }

    fn batch(&mut self, body: &Value) -> Result<Value, Refused> {
        let list = |name: &str| body[name].as_array().cloned().unwrap_or_default();
        let (deletes, puts, posts) = (list("deletes"), list("puts"), list("posts"));
        if deletes.len() + puts.len() + posts.len() > 200 {
            return Err((400, 9206, "Batch is too large"));
        }
        for it in &deletes {
            self.take(it["id"].as_str().unwrap())?;
        }
        for it in &puts {
            let id = it["id"].as_str().unwrap();
            if !self.records.contains_key(id) {
                return Err((404, 81044, "Record does not exist."));
            }
            self.put(id, it)?;
        }
        for it in &posts {
            self.last += 1;
            self.put(&format!("r{:05}", self.last), it)?;
        }
        Ok(json!({}))
    }

    fn put(&mut self, id: &str, record: &Value) -> Result<Value, Refused> {
        let mut record = record.clone();
        let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        let (rtype, name, content) = (text("type"), text("name"), text("content"));
        if !name.ends_with("example.org") {
            return Err((400, 9000, "DNS name is invalid."));
        }
        let structured = matches!(&*rtype, "SRV" | "CAA" | "NAPTR" | "TLSA");
        if structured != record["data"].is_object() || structured == record["content"].is_string() {
            return Err((400, 9101, "data is a required data field."));
        }
        if content.ends_with('.') && rtype != "TXT" {
            return Err((400, 9007, "Content for this record is invalid."));
        }
        if rtype == "SRV" && !record["data"]["port"].is_u64() {
            return Err((400, 9101, "port is a required data field."));
        }
        if rtype == "MX" && !record["priority"].is_u64() {
            return Err((400, 9100, "priority is a required data field."));
        }
        let proxied = record["proxied"] == true;
        if proxied && !matches!(&*rtype, "A" | "AAAA" | "CNAME") {
            return Err((400, 9004, "This record type cannot be proxied."));
        }
        let ttl = record["ttl"].as_u64().unwrap_or(0);
        if ttl != 1 && (proxied || !(60..=86_400).contains(&ttl)) {
            return Err((400, 9021, "Invalid TTL."));
        }
        if text("comment").chars().count() > 100 {
            return Err((400, 9205, "Comment is too long."));
        }
        if rtype == "TXT" && !content.starts_with('"') {
            record["content"] = json!(format!("\"{content}\""));
        }
        for (_, other) in self.records.iter().filter(|(other, _)| **other != id) {
            if other["name"] != *name {
                continue;
            }
            if (other["type"] == "CNAME") != (rtype == "CNAME") {
                return Err((
                    400,
                    81053,
                    "An A, AAAA, or CNAME record with that host exists.",
                ));
            }
            let same = ["type", "content", "data", "priority"];
            if same.iter().all(|field| other[field] == record[field]) {
                return Err((400, 81058, "An identical record already exists."));
            }
        }
        record["id"] = json!(id);
        record["meta"] = json!({});
        self.records.insert(id.to_owned(), record.clone());
        Ok(record)
    }

    fn custom(&mut self, method: &str, path: &[&str], body: &Value) -> Result<Value, Refused> {
        match (method, path) {
            ("GET", []) => Ok(self.hostnames.values().cloned().collect()),
            ("POST", []) => {
                if body["ssl"]["method"] != "http" || body["ssl"]["type"] != "dv" {
                    return Err((400, 1415, "SSL attribute is invalid"));
                }
                if self
                    .hostnames
                    .values()
                    .any(|it| it["hostname"] == body["hostname"])
                {
                    return Err((409, 1406, "Duplicate custom hostname found."));
                }
                self.last += 1;
                let id = format!("h{}", self.last);
                let mut made = body.clone();
                made["id"] = json!(id);
                self.hostnames.insert(id, made.clone());
                Ok(made)
            }
            ("DELETE", [id]) => {
                let gone = self.hostnames.remove(*id);
                gone.ok_or((404, 1436, "The custom hostname was not found."))
            }
            _ => Err((404, 7003, "Could not route to this path")),
        }
    }

    fn regional(&mut self, method: &str, path: &[&str], body: &Value) -> Result<Value, Refused> {
        let region = body["region_key"].as_str().map(str::to_owned);
        match (method, path, region) {
            ("GET", [], _) => {
                let all = self.regions.iter();
                Ok(all
                    .map(|(name, key)| json!({"hostname": name, "region_key": key}))
                    .collect())
            }
            ("POST", [], Some(region)) => {
                let name = body["hostname"].as_str().unwrap().to_owned();
                match self.regions.insert(name, region) {
                    None => Ok(json!({})),
                    Some(_) => Err((409, 1002, "Hostname already exists")),
                }
            }
            ("PATCH", [name], Some(region)) if self.regions.contains_key(*name) => {
                self.regions.insert((*name).to_owned(), region);
                Ok(json!({}))
            }
            ("DELETE", [name], _) if self.regions.remove(*name).is_some() => Ok(json!({})),
            _ => Err((404, 7003, "Could not route to this path")),
        }
    }
}

fn page(query: &str, items: &[Value]) -> Reply {
    let number = |wanted: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(name, _)| *name == wanted);
        value.map_or(1, |(_, value)| value.parse::<usize>().unwrap())
    };
    let (at, size) = (number("page"), number("per_page"));
    let shown: Vec<&Value> = items.iter().skip((at - 1) * size).take(size).collect();
    let info = json!({"page": at, "per_page": size, "total_pages": items.len().div_ceil(size)});
    let body = json!({"success": true, "errors": [], "result": shown, "result_info": info});
    reply(200, body.to_string())
}

struct Trial {
    stub: Stub,
    host: Arc<Mutex<Host>>,
    provider: Box<dyn DynProvider>,
}

const USUAL: &[(&str, &str)] = &[
    ("CF_API_TOKEN", "t0ken"),
    ("cloudflare-dns-records-per-page", "100"),
    ("batch-change-size", "200"),
];

impl Trial {
    async fn start(settings: &[(&str, &str)]) -> Self {
        let host = Arc::new(Mutex::new(Host::default()));
        let inner = Arc::clone(&host);
        let stub = Stub::start(move |seen| inner.lock().unwrap().answer(seen)).await;
        let given = Given::new(&[USUAL, settings].concat());
        let provider = at(&format!("{}/v4", stub.url), Limit::NONE, given.setup()).unwrap();
        Self {
            stub,
            host,
            provider,
        }
    }

    fn host<T>(&self, look: impl FnOnce(&mut Host) -> T) -> T {
        look(&mut self.host.lock().unwrap())
    }

    /// What there is, by these fields.
    fn held(&self, fields: &[&str]) -> Vec<String> {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let line = |it: &Value| {
            let words: Vec<String> = fields.iter().map(|name| text(&it[name])).collect();
            words.join(" ")
        };
        let mut lines: Vec<String> = self.host(|host| host.records.values().map(line).collect());
        lines.sort_unstable();
        lines
    }

    /// Calls since then, as `METHOD last-segment count`.
    fn calls(&self, since: usize) -> Vec<String> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for seen in self.stub.seen().split_off(since) {
            let path = seen.target.split('?').next().unwrap();
            let last = path.rsplit('/').next().unwrap();
            let is_id =
                last.starts_with(['r', 'h']) && last.ends_with(|it: char| it.is_ascii_digit());
            let last = if is_id { "ID" } else { last };
            *counts.entry(format!("{} {last}", seen.method)).or_default() += 1;
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
        example.org 300 CAA 0 issue "ca.example"
        example.org 300 MX 10 mail.example.org | 20 mx.example.net
        example.org 300 CNAME a.example.net
        *.example.org 300 CNAME a.example.org
        sub.example.org 300 NS ns1.example.net
        _443._tcp.example.org 300 TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        n.example.org 300 NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.org!" .
        _sip._tcp.example.org 300 SRV 1 2 5060 sip.example.org."#;
    let without_apex = all.replace("example.org 300 CNAME a.example.net\n", "\n");
    have(&*trial.provider, &without_apex).await;
    assert_eq!(
        trial.held(&["name", "type", "content", "data", "ttl", "proxied"]),
        [
            "*.example.org CNAME a.example.org null 300 false",
            "_443._tcp.example.org TLSA null {\"certificate\":\"0123456789ABCDEF0123456789ABCDEF\
             0123456789ABCDEF0123456789ABCDEF\",\"matching_type\":1,\"selector\":1,\"usage\":3} 300 null",
            "_sip._tcp.example.org SRV null {\"port\":5060,\"priority\":1,\"target\":\
             \"sip.example.org\",\"weight\":2} 300 null",
            "a.example.org A 192.0.2.1 null 60 false",
            "a.example.org A 192.0.2.2 null 60 false",
            "a.example.org AAAA 2001:db8::1 null 1 false",
            "a.example.org TXT \"heritage=external-dns,external-dns/owner=me\" null 300 null",
            "example.org CAA null {\"flags\":0,\"tag\":\"issue\",\"value\":\"ca.example\"} 300 null",
            "example.org MX mail.example.org null 300 null",
            "example.org MX mx.example.net null 300 null",
            "n.example.org NAPTR null {\"flags\":\"u\",\"order\":100,\"preference\":10,\"regex\":\
             \"!^.*$!sip:info@example.org!\",\"replacement\":\".\",\"service\":\"E2U+sip\"} 300 null",
            "sub.example.org NS ns1.example.net null 300 null",
        ]
    );
    have(&*trial.provider, "a.example.org 60 CNAME b.example.org").await;
    assert_eq!(trial.held(&["name", "type"]), ["a.example.org CNAME"]);
    have(&*trial.provider, "example.org 1 CNAME b.example.net").await;
    assert_eq!(trial.held(&["name", "ttl"]), ["example.org 1"]);
    have(&*trial.provider, "").await;
    assert_eq!(trial.held(&["name"]), [""; 0]);
}

#[tokio::test]
async fn calls_are_batches() {
    let trial = Trial::start(&[("batch-change-interval", "0")]).await;
    let line = |at: usize| format!("n{at}.example.org 300 A 192.0.2.1\n");
    let hundred: String = (0..100).map(line).collect();
    for (state, calls) in [
        ("", &["GET dns_records 1", "GET zones 1"][..]),
        (
            &*line(0),
            &["GET dns_records 1", "GET zones 1", "POST batch 1"],
        ),
        (&line(0), &["GET dns_records 1", "GET zones 1"]),
        (
            &hundred,
            &["GET dns_records 1", "GET zones 1", "POST batch 1"],
        ),
        (
            &hundred.replace("300", "60"),
            &["GET dns_records 1", "GET zones 1", "POST batch 1"],
        ),
        ("", &["GET dns_records 1", "GET zones 1", "POST batch 1"]),
    ] {
        let before = trial.stub.seen().len();
        want(&*trial.provider, state).await.unwrap();
        assert_eq!(trial.calls(before), calls);
    }
    let many: String = (0..201).map(line).collect();
    let before = trial.stub.seen().len();
    want(&*trial.provider, &many).await.unwrap();
    assert!(trial.calls(before).contains(&"POST batch 2".to_owned()));
}

#[tokio::test]
async fn what_is_wrong_in_a_batch_stops_nothing_else_of_it() {
    let trial = Trial::start(&[]).await;
    let lines: String = (0..7)
        .map(|at| format!("n{at}.example.org 300 A 192.0.2.1\n"))
        .collect();
    let too_long = format!("{lines}bad.example.org 90000 A 192.0.2.1");
    let (_, applied) = want(&*trial.provider, &too_long).await.unwrap();
    let refused = applied
        .refused
        .iter()
        .map(|(name, error)| format!("{name}: {error}"));
    assert_eq!(
        refused.collect::<Vec<_>>(),
        [
            "bad.example.org: provider \"cloudflare\": apply changes: HTTP 400: Invalid TTL. (code 9021)"
        ]
    );
    assert_eq!(trial.held(&["name"]).len(), 7);
}

#[tokio::test]
async fn where_there_are_no_batches_calls_are_made_one_by_one() {
    let trial = Trial::start(&[]).await;
    trial.host(|host| host.old = true);
    let before = trial.stub.seen().len();
    have(
        &*trial.provider,
        "a.example.org 300 A 192.0.2.1 | 192.0.2.2",
    )
    .await;
    have(&*trial.provider, "a.example.org 300 A 192.0.2.3").await;
    assert_eq!(trial.held(&["content"]), ["192.0.2.3"]);
    let calls = trial.calls(before);
    for call in [
        "DELETE ID 1",
        "POST batch 2",
        "POST dns_records 2",
        "PUT ID 1",
    ] {
        assert!(calls.contains(&call.to_owned()), "{call}: {calls:?}");
    }
}

#[tokio::test]
async fn what_is_proxied_has_no_ttl_of_its_own() {
    let proxied = [("cloudflare-proxied", "true")];
    let trial = Trial::start(&proxied).await;
    let prefix = "external-dns.alpha.kubernetes.io/cloudflare-proxied";
    let lines = format!(
        "a.example.org 300 A 192.0.2.1\n\
         b.example.org 300 A 192.0.2.1 ;; {prefix}=false\n\
         c.example.org 300 TXT \"x\""
    );
    have(&*trial.provider, &lines).await;
    assert_eq!(
        trial.held(&["name", "ttl", "proxied"]),
        [
            "a.example.org 1 true",
            "b.example.org 300 false",
            "c.example.org 300 null"
        ]
    );
    have(
        &*trial.provider,
        &lines
            .replace("=false", "=1")
            .replace("a.example.org", "d.example.org"),
    )
    .await;
    assert_eq!(
        trial.held(&["ttl", "proxied"]),
        ["1 true", "1 true", "300 null"]
    );
}

// external-dns cuts comments when it writes and compares them whole, so it writes them in each pass.
#[tokio::test]
async fn comments_and_tags_are_kept_as_they_were_asked_for() {
    let trial = Trial::start(&[("cloudflare-record-comment", "ours")]).await;
    let long = "c".repeat(120);
    let lines = format!(
        "a.example.org 300 A 192.0.2.1 ;; x/cloudflare-tags=b:2,a:1\n\
         b.example.org 300 A 192.0.2.1 ;; x/cloudflare-record-comment={long}"
    );
    have(&*trial.provider, &lines).await;
    let cut = "c".repeat(100);
    assert_eq!(
        trial.held(&["name", "comment", "tags"]),
        [
            "a.example.org ours [\"a:1\",\"b:2\"]".to_owned(),
            format!("b.example.org {cut} []")
        ]
    );
    let read = state(&trial.provider.records().await.unwrap());
    assert!(
        read.contains(
            "cloudflare-proxied=false cloudflare-record-comment=ours cloudflare-tags=a:1,b:2"
        ),
        "{read}"
    );
}

#[tokio::test]
async fn custom_hostnames_come_and_go_with_their_record() {
    let settings = [
        ("cloudflare-custom-hostnames", "true"),
        ("cloudflare-custom-hostnames-min-tls-version", "1.2"),
        (
            "cloudflare-custom-hostnames-certificate-authority",
            "google",
        ),
    ];
    let trial = Trial::start(&settings).await;
    let line = "a.example.org 300 CNAME b.example.net ;; x/cloudflare-custom-hostname=";
    have(&*trial.provider, &format!("{line}y.test,x.test")).await;
    let hostnames = || {
        trial.host(|host| {
            let all = host.hostnames.values();
            let one = |it: &Value| format!("{} {}", it["hostname"], it["custom_origin_server"]);
            all.map(one).collect::<Vec<_>>().join("\n").replace('"', "")
        })
    };
    assert_eq!(hostnames(), "x.test a.example.org\ny.test a.example.org");
    let ssl = trial.host(|host| host.hostnames.values().next().unwrap()["ssl"].clone());
    assert_eq!(ssl["settings"]["min_tls_version"], "1.2");
    assert_eq!(ssl["certificate_authority"], "google");
    have(&*trial.provider, &format!("{line}z.test,x.test")).await;
    assert_eq!(hostnames(), "x.test a.example.org\nz.test a.example.org");
    let other = format!(
        "{line}z.test,x.test\nb.example.org 300 A 192.0.2.1 ;; x/cloudflare-custom-hostname=x.test"
    );
    let (_, applied) = want(&*trial.provider, &other).await.unwrap();
    assert_eq!(
        applied.refused[0].1.message,
        "custom hostname \"x.test\" leads to \"a.example.org\" already"
    );
    have(&*trial.provider, "").await;
    assert_eq!(hostnames(), "");
}

// external-dns takes the region of a name away with its AAAA, though its A is still there.
#[tokio::test]
async fn a_region_stays_for_as_long_as_the_name_has_records() {
    let trial = Trial::start(&[("cloudflare-region-key", "eu")]).await;
    let regions = || trial.host(|host| host.regions.clone().into_iter().collect::<Vec<_>>());
    let region = |key: &str| vec![("a.example.org".to_owned(), key.to_owned())];
    let both = "a.example.org 300 A 192.0.2.1\na.example.org 300 AAAA 2001:db8::1";
    have(&*trial.provider, both).await;
    assert_eq!(regions(), region("eu"));
    have(&*trial.provider, "a.example.org 300 A 192.0.2.1").await;
    assert_eq!(regions(), region("eu"));
    have(
        &*trial.provider,
        "a.example.org 300 A 192.0.2.1 ;; x/cloudflare-region-key=us",
    )
    .await;
    assert_eq!(regions(), region("us"));
    have(&*trial.provider, "").await;
    assert_eq!(regions(), []);
}

#[tokio::test]
async fn credentials_are_a_token_or_a_key_and_are_not_told() {
    let trial = Trial::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "t0ken\n").unwrap();
    let file = format!("file:{}", file.display());
    let key = [("CF_API_KEY", "k3y"), ("CF_API_EMAIL", "a@example.org")];
    let base = format!("{}/v4", trial.stub.url);
    for given in [&key[..], &[("CF_API_TOKEN", &*file)]] {
        let given = Given::new(given);
        let provider = at(&base, Limit::NONE, given.setup()).unwrap();
        provider.records().await.unwrap();
    }
    let given = Given::new(&[("CF_API_TOKEN", "wr0ng-t0ken")]);
    let provider = at(&base, Limit::NONE, given.setup()).unwrap();
    let error = provider.records().await.unwrap_err().to_string();
    assert!(
        error.contains("CF_API_TOKEN") && !error.contains("wr0ng"),
        "{error}"
    );
    for (given, said) in [
        (
            &[][..],
            "there are no credentials; set CF_API_TOKEN, or CF_API_KEY and CF_API_EMAIL",
        ),
        (
            &key[..1],
            "CF_API_EMAIL is not set; expected the credentials of an account",
        ),
    ] {
        let error = open(Given::new(given).setup()).map(drop).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("provider \"cloudflare\": {said}")
        );
    }
}
