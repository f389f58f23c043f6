//! Designate on a stand-in of the tests' own: Keystone, zones, recordsets in pages.

use std::sync::{Arc, Mutex};

use plan::{Applied, ChangeSet, DynProvider, Endpoint, ErrorKind, Update};
use serde_json::{Value, json};
use wire::{Rtype, Ttl};

use crate::client::stub::{Reply, Seen, Stub, reply};
use crate::trial::Given;

/// A cloud with a zone and recordsets; tokens can be let go.
struct Cloud {
    stub: Stub,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    url: String,
    token: u32,
    made: u32,
    sets: Vec<Value>,
    /// What a page holds at most, whatever is asked for.
    page: usize,
}

impl Cloud {
    async fn start() -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let held = Arc::clone(&state);
        let stub = Stub::start(move |seen| held.lock().unwrap().answer(seen)).await;
        let mut locked = state.lock().unwrap();
        locked.url.clone_from(&stub.url);
        locked.page = 2;
        drop(locked);
        Self { stub, state }
    }

    fn open(&self, more: &[(&'static str, &str)]) -> Box<dyn DynProvider> {
        let url = format!("{}/identity/v3", self.stub.url);
        let mut settings = vec![
            ("OS_AUTH_URL", &*url),
            ("OS_APPLICATION_CREDENTIAL_ID", "i"),
            ("OS_APPLICATION_CREDENTIAL_SECRET", "open-sesame"),
        ];
        settings.extend_from_slice(more);
        super::open(Given::new(&settings).setup()).unwrap()
    }

    fn sets(&self) -> Vec<Value> {
        self.state.lock().unwrap().sets.clone()
    }
}

impl State {
    fn answer(&mut self, seen: &Seen) -> Reply {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        if path == "/identity/v3/auth/tokens" {
            let body: Value = serde_json::from_str(&seen.body).unwrap();
            if body["auth"]["identity"]["application_credential"]["secret"] != "open-sesame" {
                return reply(401, "{\"error\":{\"message\":\"open-barley is wrong\"}}");
            }
            let place = json!({"interface": "public", "region_id": "r", "url": format!("{}/dns/", self.url)});
            let catalog = json!([{"type": "dns", "endpoints": [place]}]);
            let said = json!({"token": {"catalog": catalog}}).to_string();
            return reply(201, said).header("x-subject-token", format!("token-{}", self.token));
        }
        if seen.header("x-auth-token") != format!("token-{}", self.token) {
            return reply(401, "Authentication required");
        }
        let path: Vec<&str> = path.trim_start_matches("/dns/v2/").split('/').collect();
        match (&*seen.method, &path[..]) {
            ("GET", ["zones"]) => {
                let zone = |id: &str, name: &str, kind: &str| json!({"id": id, "name": name, "type": kind, "status": "PENDING", "action": "UPDATE"});
                let zones = [
                    zone("z1", "example.org.", "PRIMARY"),
                    zone("z2", "copy.example.", "SECONDARY"),
                    zone("z3", "ample.org.", "PRIMARY"),
                ];
                self.paged("zones", &zones, query)
            }
            ("GET", ["zones", "z1", "recordsets"]) => self.paged("recordsets", &self.sets, query),
            ("GET", ["zones", "z3", "recordsets"]) => self.paged("recordsets", &[], query),
            ("POST", ["zones", "z1", "recordsets"]) => {
                let mut set: Value = serde_json::from_str(&seen.body).unwrap();
                let same =
                    |other: &Value| other["name"] == set["name"] && other["type"] == set["type"];
                if self.sets.iter().any(same) {
                    return reply(409, "{\"code\":409,\"type\":\"duplicate_recordset\"}");
                }
                self.made += 1;
                set["id"] = json!(format!("s{}", self.made));
                set["status"] = json!("PENDING");
                set["action"] = json!("CREATE");
                self.sets.push(set.clone());
                reply(202, set.to_string())
            }
            (method, ["zones", "z1", "recordsets", id]) => {
                let Some(at) = self.sets.iter().position(|set| set["id"] == *id) else {
                    return reply(404, "{\"code\":404,\"type\":\"recordset_not_found\"}");
                };
                if method == "DELETE" {
                    return reply(202, self.sets.remove(at).to_string());
                }
                let new: Value = serde_json::from_str(&seen.body).unwrap();
                let set = &mut self.sets[at];
                (set["ttl"], set["records"]) = (new["ttl"].clone(), new["records"].clone());
                reply(202, set.to_string())
            }
            _ => reply(404, "{}"),
        }
    }

    fn paged(&self, name: &str, all: &[Value], query: &str) -> Reply {
        let marker = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("marker="));
        let after = |marker| all.iter().position(|item| item["id"] == marker).unwrap() + 1;
        let from = marker.map_or(0, after);
        let page: Vec<&Value> = all.iter().skip(from).take(self.page).collect();
        let mut said = json!({name: page, "links": {"self": "http://inside.example/"}});
        if from + page.len() < all.len() {
            // An address that only the cloud itself reaches.
            said["links"]["next"] = json!("http://inside.example/v2/next");
        }
        reply(200, said.to_string())
    }
}

fn a(name: &str, targets: &[&str], ttl: u32) -> Endpoint {
    let mut endpoint = Endpoint::new(name, Rtype::A, targets);
    endpoint.ttl = (ttl > 0).then(|| Ttl::from_secs(ttl));
    endpoint
}

async fn make(provider: &dyn DynProvider, create: &[Endpoint]) -> Applied {
    let changes = ChangeSet {
        create: create.to_vec(),
        ..ChangeSet::default()
    };
    provider.apply(&changes).await.unwrap()
}

/// external-dns drops TTLs, and reads A, CNAME and TXT only.
#[tokio::test]
async fn ttls_and_all_types_are_kept() {
    let cloud = Cloud::start().await;
    let provider = cloud.open(&[]);
    let web = a("web.example.org", &["192.0.2.1", "192.0.2.2"], 60);
    let all = [
        web.clone(),
        Endpoint::new("web.example.org", Rtype::AAAA, ["2001:db8::1"]),
        Endpoint::new("mail.example.org", Rtype::MX, ["10 web.example.org"]),
        Endpoint::new("text.example.org", Rtype::TXT, ["v=spf1 -all"]),
        Endpoint::new("alias.example.org", Rtype::CNAME, ["web.example.org"]),
    ];
    assert!(make(&*provider, &all).await.refused.is_empty());
    let sets = cloud.sets();
    let set = |name: &str, rtype: &str| {
        let found = sets
            .iter()
            .find(|set| set["name"] == name && set["type"] == rtype);
        let set = found.unwrap();
        (set["ttl"].clone(), set["records"].clone())
    };
    assert_eq!(
        set("web.example.org.", "A"),
        (json!(60), json!(["192.0.2.1", "192.0.2.2"]))
    );
    assert_eq!(
        set("text.example.org.", "TXT"),
        (Value::Null, json!(["\"v=spf1 -all\""]))
    );
    assert_eq!(
        set("mail.example.org.", "MX").1,
        json!(["10 web.example.org."])
    );
    assert_eq!(
        set("alias.example.org.", "CNAME").1,
        json!(["web.example.org."])
    );
    // Zones and sets in pages of two each; what is PENDING is there.
    let found = provider.records().await.unwrap();
    assert_eq!(found.len(), 5);
    assert_eq!(
        found.iter().find(|it| it.rtype == Rtype::A).unwrap().ttl,
        web.ttl
    );
    let update = Update {
        old: web,
        new: a("web.example.org", &["192.0.2.3"], 90),
    };
    let changes = ChangeSet {
        update: vec![update],
        delete: found
            .into_iter()
            .filter(|it| it.rtype != Rtype::A)
            .collect(),
        ..ChangeSet::default()
    };
    provider.apply(&changes).await.unwrap();
    let [left] = &cloud.sets()[..] else {
        panic!("{:?}", cloud.sets());
    };
    assert_eq!(
        (&left["ttl"], &left["records"]),
        (&json!(90), &json!(["192.0.2.3"]))
    );
}

/// external-dns lists zones and records again before it writes, in pages of twenty.
#[tokio::test]
async fn calls_are_pages_and_changes() {
    let cloud = Cloud::start().await;
    cloud.state.lock().unwrap().page = 1000;
    let provider = cloud.open(&[]);
    let count = || cloud.stub.lines().len();
    provider.records().await.unwrap();
    // The token, the zones, the records of two.
    assert_eq!(count(), 4);
    let names: Vec<String> = (0..100).map(|at| format!("n{at}.example.org")).collect();
    let all: Vec<Endpoint> = names
        .iter()
        .map(|name| a(name, &["192.0.2.1"], 0))
        .collect();
    assert!(make(&*provider, &all).await.refused.is_empty());
    assert_eq!(count(), 104);
    provider.records().await.unwrap();
    assert_eq!(count(), 107);
}

#[tokio::test]
async fn what_was_made_meanwhile_is_taken_for_what_it_is() {
    let cloud = Cloud::start().await;
    let provider = cloud.open(&[]);
    provider.records().await.unwrap();
    let set = |name: &str, value: &str| json!({"id": name, "name": format!("{name}.example.org."), "type": "A", "ttl": null, "records": [value]});
    cloud.state.lock().unwrap().sets = vec![set("ours", "192.0.2.1"), set("theirs", "192.0.2.66")];
    let all = ["ours", "theirs"].map(|name| a(&format!("{name}.example.org"), &["192.0.2.1"], 0));
    let applied = make(&*provider, &all).await;
    let [(name, error)] = &applied.refused[..] else {
        panic!("{applied:?}");
    };
    assert_eq!(
        (&**name, error.kind),
        ("theirs.example.org", ErrorKind::Conflict)
    );
    assert_eq!(cloud.sets().len(), 2);
}

/// external-dns takes a name for one of a zone whose name its letters end in.
#[tokio::test]
async fn a_zone_holds_names_at_borders_of_labels_only() {
    let cloud = Cloud::start().await;
    let provider = cloud.open(&[]);
    let applied = make(&*provider, &[a("web.xample.org", &["192.0.2.1"], 0)]).await;
    assert!(
        applied.refused[0]
            .1
            .to_string()
            .contains("in none of the zones")
    );
}

#[tokio::test]
async fn a_wildcard_is_a_whole_label() {
    let cloud = Cloud::start().await;
    let owner = Endpoint::new("a-*.wild.example.org", Rtype::TXT, ["heritage"]);
    let applied = make(&*cloud.open(&[]), &[owner]).await;
    let said = applied.refused[0].1.to_string();
    assert!(said.contains("--txt-wildcard-replacement"), "{said}");
    assert!(cloud.sets().is_empty());
}

#[tokio::test]
async fn a_token_is_renewed_and_a_wrong_secret_told_without_itself() {
    let cloud = Cloud::start().await;
    let provider = cloud.open(&[]);
    provider.records().await.unwrap();
    cloud.state.lock().unwrap().token += 1;
    provider.records().await.unwrap();
    let provider = cloud.open(&[("OS_APPLICATION_CREDENTIAL_SECRET", "open-barley")]);
    let error = provider.records().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth);
    assert!(!error.to_string().contains("barley"), "{error}");
}

#[test]
fn what_is_missing_is_told() {
    let error = super::open(Given::default().setup()).err().unwrap();
    assert!(
        error.to_string().contains("OS_AUTH_URL is not set"),
        "{error}"
    );
}
