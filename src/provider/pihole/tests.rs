//! What only this provider has; all else is the suite's.

use plan::{Applied, ChangeSet, DynProvider, Endpoint, ErrorKind, Update};
use wire::{Rtype, Ttl};

use super::sim::{self, SUBJECT};
use crate::sim::{Request, SECRET};
use crate::trial::{Given, Staged};

/// A server with lines of its two lists.
async fn started(hosts: &[&str], cnames: &[&str]) -> Staged {
    let trial = Staged::with(SUBJECT, &[]).await;
    trial.sim.store(|store| {
        for (is_cname, lines) in [(false, hosts), (true, cnames)] {
            for line in lines {
                sim::change(store, "PUT", (is_cname, line)).unwrap();
            }
        }
    });
    trial
}

/// The lines of the two lists.
fn lines(trial: &Staged) -> (Vec<String>, Vec<String>) {
    trial
        .sim
        .store(|store| (sim::lines(store, false), sim::lines(store, true)))
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

#[tokio::test(start_paused = true)]
async fn records_are_lines_of_two_lists() {
    let server = started(&[], &[]).await;
    let provider = &*server.provider;
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
    let (mut hosts, cnames) = lines(&server);
    hosts.sort_unstable();
    assert_eq!(
        hosts,
        ["192.0.2.1 web.example.org", "2001:db8::1 web.example.org"]
    );
    assert_eq!(cnames, ["alias.example.org,web.example.org,90"]);
    // A listing, and a call for each line.
    assert_eq!(server.sim.log().len(), 4);
    let found = provider.records().await.unwrap();
    assert_eq!(server.sim.log().len(), 5);
    for wanted in &create {
        let same = |it: &&Endpoint| it.name == wanted.name && it.targets == wanted.targets;
        assert_eq!(found.iter().find(same).unwrap().ttl, wanted.ttl);
    }
    let changes = ChangeSet {
        delete: found,
        ..ChangeSet::default()
    };
    provider.apply(&changes).await.unwrap();
    assert_eq!(lines(&server), (Vec::new(), Vec::new()));
}

/// external-dns sees the first name of a line only, and takes the second one of a CNAME for its target.
#[tokio::test(start_paused = true)]
async fn other_names_of_a_line_stay() {
    let server = started(
        &["192.0.2.1 a.example.org b.example.org"],
        &["c.example.org,d.example.org,a.example.org"],
    )
    .await;
    let provider = &*server.provider;
    let found = provider.records().await.unwrap();
    let read: Vec<String> = found
        .iter()
        .map(|it| format!("{} {} {}", it.name, it.rtype, it.targets.join(" ")))
        .collect();
    assert_eq!(
        read,
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
    let (mut hosts, cnames) = lines(&server);
    hosts.sort_unstable();
    assert_eq!(hosts, ["192.0.2.1 b.example.org"]);
    assert_eq!(cnames, ["c.example.org,a.example.org"]);
}

/// external-dns never writes a TTL that alone has changed.
#[tokio::test(start_paused = true)]
async fn a_ttl_of_an_alias_is_changed() {
    let server = started(&[], &["a.example.org,b.example.org"]).await;
    let provider = &*server.provider;
    let alias = |ttl| endpoint("a.example.org", Rtype::CNAME, "b.example.org", ttl);
    let applied = update(provider, alias(0), alias(60)).await;
    assert!(applied.refused.is_empty(), "{applied:?}");
    assert_eq!(lines(&server).1, ["a.example.org,b.example.org,60"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_known_there_is_refused_in_words() {
    let server = started(&[], &[]).await;
    let provider = &*server.provider;
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
    assert_eq!(lines(&server).0, ["192.0.2.1 web.example.org"]);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_renewed_and_a_wrong_password_told_without_itself() {
    let server = started(&[], &[]).await;
    let provider = &*server.provider;
    provider.records().await.unwrap();
    // Another login ends the session.
    let mut login = Request::new(format!("{{\"password\":\"{SECRET}\"}}").into());
    *login.method_mut() = http::Method::POST;
    *login.uri_mut() = "http://pihole.example/api/auth".parse().unwrap();
    server.sim.answer(login).await.unwrap();
    provider.records().await.unwrap();
    let wrong = server.open(&[("pihole-password", "open-barley")]);
    let error = wrong.records().await.unwrap_err();
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
