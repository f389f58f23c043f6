//! What only this provider has; all else is the suite's.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use plan::{ChangeSet, ErrorKind};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use super::*;
use crate::client::Answer;
use crate::open::StandIn;
use crate::sim::{Asked, Dialect, Request, Response, Sim, ZoneStore, json as answer};
use crate::suite::Start;
use crate::trial::{Given, endpoints, have, state, want};

const ORG: [(&str, &str); 1] = [("example.org", "z-org")];

fn host(zones: &[(&str, &str)]) -> Sim {
    let zones = zones.iter();
    let zones = zones.map(|(name, id)| ((*name).to_owned(), (*id).to_owned()));
    sim::host(&Start {
        zones: zones.collect(),
    })
}

fn provider(sim: &Sim, settings: &[(&str, &str)], ids: &[&str]) -> Box<dyn DynProvider> {
    let given = Given::new(settings);
    let mut setup = given.setup();
    setup.scope.zones.ids = ids.iter().map(ToString::to_string).collect();
    setup.stand_in = Some(StandIn {
        carrier: Arc::new(sim.clone()),
        clock: sim.clock(),
    });
    open(setup).unwrap()
}

/// The machine's own account and project, and changes of a thousand.
fn usual(sim: &Sim) -> Box<dyn DynProvider> {
    provider(sim, &[("google-batch-change-size", "1000")], &[])
}

/// Requests since then, as `METHOD what`.
fn calls(sim: &Sim, since: usize) -> Vec<String> {
    let log = sim.log().split_off(since);
    let lines = log.iter().map(|seen| {
        let (method, address) = seen.line.split_once(' ').unwrap();
        let path = address.split('?').next().unwrap();
        let what = path.split("/p-1/managedZones").nth(1).unwrap();
        format!("{method} {}", what.trim_start_matches('/'))
    });
    lines.collect()
}

#[tokio::test(start_paused = true)]
async fn zones_are_those_that_settings_choose() {
    let sim = host(&[
        ("example.org", "org-public"),
        ("example.org", "org-private"),
        ("peer.example.org", "peered-zone"),
        ("example.net", "net"),
    ]);
    sim.store(|store| store.zones[1].private = true);
    let (one, other, net) = (
        "GET org-public/rrsets",
        "GET org-private/rrsets",
        "GET net/rrsets",
    );
    for (visibility, ids, read) in [
        ("", &[][..], &[net, other, one][..]),
        ("public", &[], &[net, one]),
        ("private", &[], &[other]),
        // By a name, or by a number, but not by the end of one, which may be another's.
        ("", &["org-public"], &[one]),
        ("", &["7003"], &[net]),
        ("", &["7003", "org-private"], &[net, other]),
        ("", &["003", "private", "net-"], &[]),
        ("public", &["org-private"], &[]),
        ("", &["peered-zone"], &[]),
    ] {
        let before = sim.log().len();
        let settings = [
            ("google-project", "p-1"),
            ("google-zone-visibility", visibility),
        ];
        let settings = settings.into_iter().filter(|(_, value)| !value.is_empty());
        let provider = provider(&sim, &settings.collect::<Vec<_>>(), ids);
        provider.records().await.unwrap();
        assert_eq!(calls(&sim, before)[1..], *read, "{visibility} {ids:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_machine_says_what_project_it_is_of() {
    let sim = host(&ORG);
    have(&*usual(&sim), "a.example.org 300 A 192.0.2.1").await;
    let sim = host(&ORG);
    let other = provider(&sim, &[("google-project", "p-2")], &[]);
    let error = other.records().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "provider \"google\": list zones: HTTP 404: The resource 'such address' does not exist. (notFound)"
    );
}

/// A zone that is told in words of its own.
struct Odd(Arc<Mutex<Vec<Value>>>);

impl Dialect for Odd {
    fn handle(&mut self, _: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        let body = match asked.path.last().map(String::as_str) {
            Some("managedZones") => {
                json!({"managedZones": [{"id": "1", "name": "z", "dnsName": "example.org."}]})
            }
            Some("rrsets") => json!({"rrsets": [
                {"name": "a.example.org.", "type": "TXT", "ttl": 60, "rrdatas": ["\"a\" \"b\""]},
                {"name": "c.example.org.", "type": "CNAME", "ttl": 60, "rrdatas": ["T.Example."]},
                {"name": "odd.example.org.", "type": "IPSECVPNKEY", "ttl": 60, "rrdatas": ["x"]},
            ]}),
            _ => {
                self.0.lock().unwrap().push(asked.body);
                json!({})
            }
        };
        answer(StatusCode::OK, &body)
    }

    fn aside(&mut self, request: &Request) -> Option<Response> {
        let is_token = request.uri().path() == "/token";
        let token = json!({"access_token": crate::sim::SECRET, "expires_in": 3599});
        is_token.then(|| answer(StatusCode::OK, &token))
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_away_is_told_in_the_words_that_it_was_read_in() {
    let told = Arc::default();
    let sim = Sim::new(ZoneStore::default(), Odd(Arc::clone(&told)));
    let settings = [
        ("GOOGLE_APPLICATION_CREDENTIALS", sim::CREDENTIALS),
        ("google-project", "p-1"),
    ];
    let provider = provider(&sim, &settings, &[]);
    let there = provider.records().await.unwrap();
    assert_eq!(
        state(&there),
        "a.example.org 60 TXT \"a\" \"b\"\nc.example.org 60 CNAME t.example"
    );
    let changes = ChangeSet {
        create: endpoints("b.example.org - A 192.0.2.1"),
        delete: there,
        ..ChangeSet::default()
    };
    provider.apply(&changes).await.unwrap();
    let set = |name: &str, rtype: &str, ttl: u32, data: &str| json!({"name": name, "type": rtype, "ttl": ttl, "rrdatas": [data]});
    assert_eq!(
        *told.lock().unwrap(),
        [json!({
            "additions": [set("b.example.org.", "A", 300, "192.0.2.1")],
            "deletions": [
                set("a.example.org.", "TXT", 60, "\"a\" \"b\""),
                set("c.example.org.", "CNAME", 60, "T.Example."),
            ],
        })]
    );
}

// external-dns sends all changes of a zone in one, and one record that is gone already fails them in each
// pass.
#[tokio::test(start_paused = true)]
async fn a_record_that_is_gone_already_stops_no_other_change() {
    let sim = host(&ORG);
    let provider = usual(&sim);
    have(
        &*provider,
        "a.example.org 300 A 192.0.2.1\nb.example.org 300 A 192.0.2.1",
    )
    .await;
    let there = provider.records().await.unwrap();
    let gone = crate::sim::SetKey::new("a.example.org", wire::Rtype::A);
    sim.store(|store| store.plant("z-org", |draft| drop(draft.take(&gone))));
    let changes = ChangeSet {
        create: endpoints("c.example.org 300 A 192.0.2.1"),
        delete: there,
        ..ChangeSet::default()
    };
    let applied = provider.apply(&changes).await.unwrap();
    assert!(applied.refused.is_empty(), "{:?}", applied.refused);
    let left = state(&provider.records().await.unwrap());
    assert_eq!(left, "c.example.org 300 A 192.0.2.1");
}

// external-dns leaves a name out that has more changes than a batch may have, and only logs it.
#[tokio::test(start_paused = true)]
async fn changes_come_in_pieces_and_none_is_left_out() {
    let ten: String = (0..10)
        .map(|at| format!("n{at}.example.org 300 A 192.0.2.1\n"))
        .collect();
    let both = "n0.example.org 300 A 192.0.2.1\nn0.example.org 300 AAAA 2001:db8::1";
    for (state, size, pieces) in [
        (&*ten, "0", 1),
        (&ten, "4", 3),
        (&ten, "1", 10),
        (both, "1", 1),
    ] {
        let sim = host(&ORG);
        let settings = [
            ("google-project", "p-1"),
            ("google-batch-change-size", size),
            ("google-batch-change-interval", "7"),
        ];
        let provider = provider(&sim, &settings, &[]);
        let begin = Instant::now();
        want(&*provider, state).await.unwrap();
        let pauses = u32::try_from(pieces - 1).unwrap() * Duration::from_secs(7);
        assert_eq!(begin.elapsed().as_secs(), pauses.as_secs(), "{size}");
        let made = calls(&sim, 0)
            .into_iter()
            .filter(|call| call.starts_with("POST"));
        assert_eq!(made.count(), pieces, "{size}");
        have(&*provider, state).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_set_that_answers_by_a_policy_is_seen_and_left_alone() {
    let sim = host(&ORG);
    let provider = usual(&sim);
    have(&*provider, "a.example.org 300 A 192.0.2.1").await;
    let key = crate::sim::SetKey::new("a.example.org", wire::Rtype::A);
    sim.store(|store| {
        store.plant("z-org", |draft| {
            let rows = draft.get(&key).unwrap().rows.clone();
            let policy = json!({"filter": "geo"}).as_object().cloned();
            draft.put(key.clone(), rows, policy);
        });
    });
    let there = state(&provider.records().await.unwrap());
    assert_eq!(there, "a.example.org 300 A 192.0.2.1");
    for wanted in ["", "a.example.org 300 A 192.0.2.2"] {
        let before = sim.log().len();
        let (_, applied) = want(&*provider, wanted).await.unwrap();
        assert_eq!(
            applied.refused[0].1.message,
            "\"a.example.org\" A answers by a routing policy, and is left alone"
        );
        assert!(
            calls(&sim, before)
                .iter()
                .all(|call| call.starts_with("GET"))
        );
    }
}

#[test]
fn reasons_say_more_than_the_status() {
    let body = |code: u16, reason: &str| {
        let one = json!({"message": "said", "domain": "global", "reason": reason});
        json!({"error": {"code": code, "message": "said", "errors": [one]}})
    };
    let hint = "; credentials are those of GOOGLE_APPLICATION_CREDENTIALS, of gcloud or of the machine, and \
                need the role roles/dns.admin in the project";
    for (status, reason, kind, more) in [
        (400, "invalid", ErrorKind::Rejected, ""),
        (401, "authError", ErrorKind::Auth, hint),
        (403, "forbidden", ErrorKind::Auth, hint),
        (403, "rateLimitExceeded", ErrorKind::RateLimited, ""),
        (403, "userRateLimitExceeded", ErrorKind::RateLimited, ""),
        (403, "quotaExceeded", ErrorKind::Rejected, ""),
        (404, "notFound", ErrorKind::NotFound, ""),
        (409, "alreadyExists", ErrorKind::Conflict, ""),
        (412, "conditionNotMet", ErrorKind::Conflict, ""),
        (429, "rateLimitExceeded", ErrorKind::RateLimited, ""),
        (503, "backendError", ErrorKind::Unavailable, ""),
    ] {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from(body(status, reason).to_string()),
        };
        let refusal = api::judge(&answer).unwrap();
        let message = format!("HTTP {status}: said ({reason}){more}");
        assert_eq!((refusal.kind, refusal.message), (kind, message), "{reason}");
        assert_eq!(refusal.renew, status == 401);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_are_few() {
    let sim = host(&ORG);
    let provider = usual(&sim);
    let lines = |count: usize, ttl: u32| -> String {
        let lines = (0..count).map(|at| format!("n{at}.example.org {ttl} A 192.0.2.1\n"));
        lines.collect()
    };
    // Reads, of which one is that of zones and the others are of a hundred sets each; and changes.
    for (state, reads, changes) in [
        (String::new(), 2, 0),
        (lines(1, 300), 2, 1),
        (lines(1, 300), 2, 0),
        (lines(100, 300), 2, 1),
        (lines(100, 60), 3, 1),
        (lines(2000, 60), 3, 2),
        (lines(2000, 60), 22, 0),
        (String::new(), 22, 2),
    ] {
        let before = sim.log().len();
        want(&*provider, &state).await.unwrap();
        let made = calls(&sim, before);
        let posts = made.iter().filter(|call| call.starts_with("POST")).count();
        assert_eq!((made.len() - posts, posts), (reads, changes));
    }
}
