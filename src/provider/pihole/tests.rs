//! Pi-hole on a stand-in of the tests' own.

use std::sync::{Arc, Mutex};

use plan::{Applied, ChangeSet, DynProvider, Endpoint, ErrorKind, Update};
use serde_json::json;
use wire::{Rtype, Ttl};

use crate::client::stub::{Reply, Seen, Stub, reply};
use crate::trial::Given;

/// A server with its two lists, which only the session of the last login changes.
struct Server {
    stub: Stub,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    sid: u32,
    hosts: Vec<String>,
    cnames: Vec<String>,
}

impl Server {
    async fn start(hosts: &[&str], cnames: &[&str]) -> Self {
        let text = |lines: &[&str]| lines.iter().map(ToString::to_string).collect();
        let state = Arc::new(Mutex::new(State {
            sid: 0,
            hosts: text(hosts),
            cnames: text(cnames),
        }));
        let held = Arc::clone(&state);
        let stub = Stub::start(move |seen| held.lock().unwrap().answer(seen)).await;
        Self { stub, state }
    }

    fn open(&self, password: &str) -> Box<dyn DynProvider> {
        let settings = [
            ("pihole-server", &*self.stub.url),
            ("pihole-password", password),
            ("registry", "noop"),
        ];
        super::open(Given::new(&settings).setup()).unwrap()
    }

    fn lines(&self) -> (Vec<String>, Vec<String>) {
        let state = self.state.lock().unwrap();
        (state.hosts.clone(), state.cnames.clone())
    }
}

impl State {
    fn answer(&mut self, seen: &Seen) -> Reply {
        if seen.target == "/api/auth" {
            if seen.body != "{\"password\":\"open-sesame\"}" {
                return reply(
                    401,
                    "{\"error\":{\"key\":\"unauthorized\",\"message\":\"Unauthorized\"}}",
                );
            }
            self.sid += 1;
            let session =
                json!({"valid": true, "sid": format!("session-{}", self.sid), "validity": 1800});
            return reply(200, json!({"session": session}).to_string());
        }
        if seen.header("x-ftl-sid") != format!("session-{}", self.sid) {
            return reply(401, "{\"error\":{\"key\":\"unauthorized\"}}");
        }
        let path = seen.target.trim_start_matches("/api/config/dns");
        if path.is_empty() {
            let dns = json!({"hosts": self.hosts, "cnameRecords": self.cnames, "port": 53});
            return reply(200, json!({"config": {"dns": dns}}).to_string());
        }
        let (list, line) = path.trim_start_matches('/').split_once('/').unwrap();
        let line = line
            .replace("%20", " ")
            .replace("%2C", ",")
            .replace("%3A", ":");
        let is_cname = list == "cnameRecords";
        let lines = if is_cname {
            &mut self.cnames
        } else {
            &mut self.hosts
        };
        let at = lines.iter().position(|other| *other == line);
        match (&*seen.method, at) {
            ("PUT", Some(_)) => reply(400, "{\"error\":{\"message\":\"Item already present\"}}"),
            ("PUT", None) => {
                let alias = |line: &str| line.split(',').next().map(str::to_owned);
                if is_cname && lines.iter().any(|other| alias(other) == alias(&line)) {
                    return reply(400, "{\"error\":{\"message\":\"duplicate CNAME\"}}");
                }
                lines.push(line);
                reply(201, "{}")
            }
            ("DELETE", Some(at)) => {
                lines.remove(at);
                reply(204, "")
            }
            _ => reply(404, "{}"),
        }
    }
}

fn endpoint(name: &str, rtype: Rtype, target: &str, ttl: u32) -> Endpoint {
    let mut endpoint = Endpoint::new(name, rtype, [target]);
    endpoint.ttl = (ttl > 0).then(|| Ttl::from_secs(ttl));
    endpoint
}

async fn update(provider: &dyn DynProvider, old: Endpoint, new: Endpoint) -> Applied {
    let changes = ChangeSet {
        update: vec![Update { old, new }],
        ..ChangeSet::default()
    };
    provider.apply(&changes).await.unwrap()
}

#[tokio::test]
async fn records_are_lines_of_two_lists() {
    let server = Server::start(&[], &[]).await;
    let provider = server.open("open-sesame");
    let wanted = vec![
        endpoint("web.example.org", Rtype::A, "192.0.2.1", 60),
        endpoint("web.example.org", Rtype::AAAA, "2001:db8::1", 0),
        endpoint("alias.example.org", Rtype::CNAME, "web.example.org", 90),
    ];
    let create = provider.adjust(wanted).await.unwrap();
    let changes = ChangeSet {
        create: create.clone(),
        ..ChangeSet::default()
    };
    assert!(provider.apply(&changes).await.unwrap().refused.is_empty());
    let (mut hosts, cnames) = server.lines();
    hosts.sort_unstable();
    assert_eq!(
        hosts,
        ["192.0.2.1 web.example.org", "2001:db8::1 web.example.org"]
    );
    assert_eq!(cnames, ["alias.example.org,web.example.org,90"]);
    // A login, a listing, and a call for each line.
    assert_eq!(server.stub.lines().len(), 5);
    let found = provider.records().await.unwrap();
    assert_eq!(server.stub.lines().len(), 6);
    for wanted in &create {
        let same = |it: &&Endpoint| it.name == wanted.name && it.targets == wanted.targets;
        assert_eq!(found.iter().find(same).unwrap().ttl, wanted.ttl);
    }
    let changes = ChangeSet {
        delete: found,
        ..ChangeSet::default()
    };
    provider.apply(&changes).await.unwrap();
    assert_eq!(server.lines(), (Vec::new(), Vec::new()));
}

/// external-dns sees the first name of a line only, and takes the second one of a CNAME for its target.
#[tokio::test]
async fn other_names_of_a_line_stay() {
    let server = Server::start(
        &["192.0.2.1 a.example.org b.example.org", "nonsense"],
        &["c.example.org,d.example.org,a.example.org"],
    )
    .await;
    let provider = server.open("open-sesame");
    let found = provider.records().await.unwrap();
    let lines: Vec<String> = found
        .iter()
        .map(|it| format!("{} {} {}", it.name, it.rtype, it.targets.join(" ")))
        .collect();
    assert_eq!(
        lines,
        [
            "a.example.org A 192.0.2.1",
            "b.example.org A 192.0.2.1",
            "c.example.org CNAME a.example.org",
            "d.example.org CNAME a.example.org",
        ]
    );
    let gone = |it: &Endpoint| ["a.example.org", "d.example.org"].contains(&&*it.name);
    let changes = ChangeSet {
        delete: found.into_iter().filter(gone).collect(),
        ..ChangeSet::default()
    };
    assert!(provider.apply(&changes).await.unwrap().refused.is_empty());
    let (mut hosts, cnames) = server.lines();
    hosts.sort_unstable();
    assert_eq!(hosts, ["192.0.2.1 b.example.org", "nonsense"]);
    assert_eq!(cnames, ["c.example.org,a.example.org"]);
}

/// external-dns never writes a TTL that alone has changed.
#[tokio::test]
async fn a_ttl_of_an_alias_is_changed() {
    let server = Server::start(&[], &["a.example.org,b.example.org"]).await;
    let provider = server.open("open-sesame");
    let alias = |ttl| endpoint("a.example.org", Rtype::CNAME, "b.example.org", ttl);
    let applied = update(&*provider, alias(0), alias(60)).await;
    assert!(applied.refused.is_empty(), "{applied:?}");
    assert_eq!(server.lines().1, ["a.example.org,b.example.org,60"]);
}

#[tokio::test]
async fn what_is_not_known_there_is_refused_in_words() {
    let server = Server::start(&[], &[]).await;
    let provider = server.open("open-sesame");
    let create = vec![
        endpoint("*.example.org", Rtype::A, "192.0.2.1", 0),
        endpoint("text.example.org", Rtype::TXT, "hello", 0),
        endpoint("web.example.org", Rtype::A, "192.0.2.1", 0),
    ];
    let changes = ChangeSet {
        create,
        ..ChangeSet::default()
    };
    let applied = provider.apply(&changes).await.unwrap();
    assert_eq!(applied.refused.len(), 2);
    assert_eq!(server.lines().0, ["192.0.2.1 web.example.org"]);
}

#[tokio::test]
async fn a_session_is_renewed_and_a_wrong_password_told_without_itself() {
    let server = Server::start(&[], &[]).await;
    let provider = server.open("open-sesame");
    provider.records().await.unwrap();
    server.state.lock().unwrap().sid += 1;
    provider.records().await.unwrap();
    let error = server.open("open-barley").records().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth);
    let said = error.to_string();
    assert!(
        said.contains("--pihole-password") && !said.contains("barley"),
        "{said}"
    );
}

#[test]
fn what_is_missing_is_told() {
    let refused = |settings: &[(&'static str, &str)]| {
        let given = Given::new(settings);
        super::open(given.setup()).err().unwrap().to_string()
    };
    assert!(refused(&[]).contains("--pihole-server"));
    let server = ("pihole-server", "http://192.0.2.1");
    assert!(refused(&[server, ("registry", "txt")]).contains("--registry=noop"));
}
