//! Watches against the stand-in server, with all that may go wrong.

#![expect(
    clippy::disallowed_methods,
    reason = "tasks end with the runtime of their test"
)]

mod link;

use std::collections::BTreeMap;
use std::time::Duration;

use apiserver::{ApiServer, Fault};
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::timeout;

use super::{Connection, Pace, Scope, Subject, Watch, connect};
use crate::object::{Kind, Trim};
use crate::{Event, Health, Rules};

fn service(name: &str, hostname: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {
            "namespace": "default", "name": name,
            "annotations": {"external-dns.kubernetes.io/hostname": hostname},
        },
        "spec": {"type": "LoadBalancer", "externalIPs": ["192.0.2.1"]},
    })
}

/// What an index would hold after the events so far.
struct Seen {
    events: Receiver<Event>,
    objects: BTreeMap<String, String>,
    listed: Option<BTreeMap<String, String>>,
    health: String,
}

impl Seen {
    async fn start(server: &ApiServer) -> Self {
        let pace = Pace {
            first_pause: Duration::from_millis(5),
            longest_pause: Duration::from_millis(50),
            absent: Duration::from_millis(20),
            vanish: Duration::from_millis(200),
            watch: Duration::from_secs(2),
            answer: Duration::from_millis(300),
            silence: Duration::from_millis(300),
            plain: Duration::from_millis(200),
        };
        Self::at(server.url(), pace).await
    }

    async fn at(url: String, pace: Pace) -> Self {
        let connection = Connection {
            server: Some(url),
            ..Connection::default()
        };
        let client = connect(&connection).await.unwrap();
        let subject = Subject::of(Kind::Service, Trim::new(&Rules::default()));
        let (sender, events) = mpsc::channel(16);
        tokio::spawn(Watch::new(subject, Scope::default(), pace).run(client, sender));
        let objects = BTreeMap::new();
        Self {
            events,
            objects,
            listed: None,
            health: String::new(),
        }
    }

    /// Takes events until the index holds these services with these names, and has seen a list.
    async fn until(&mut self, wanted: &[(&str, &str)]) {
        let wanted: BTreeMap<String, String> = wanted
            .iter()
            .map(|(name, host)| ((*name).to_owned(), (*host).to_owned()))
            .collect();
        let reached = timeout(Duration::from_secs(10), async {
            while self.objects != wanted || self.listed.is_some() || self.health.is_empty() {
                self.take().await;
            }
        });
        let reached = reached.await;
        assert!(
            reached.is_ok(),
            "has {:?}, wants {wanted:?}, {}",
            self.objects,
            self.health
        );
    }

    async fn until_health(&mut self, part: &str) {
        let reached = timeout(Duration::from_secs(10), async {
            while !self.health.contains(part) {
                self.take().await;
            }
        });
        assert!(
            reached.await.is_ok(),
            "health is {:?}, wanted {part:?}",
            self.health
        );
    }

    async fn take(&mut self) {
        match self.events.recv().await.expect("the watch goes on") {
            Event::Begin(Kind::Service) => self.listed = Some(BTreeMap::new()),
            Event::End(Kind::Service) => {
                self.objects = self.listed.take().expect("an end has a beginning");
            }
            Event::Apply(object) => {
                let meta = object.meta();
                let hostname = meta
                    .annotations
                    .iter()
                    .next()
                    .map(|(_, value)| value.to_owned());
                let entry = (meta.key.name().to_owned(), hostname.unwrap_or_default());
                self.objects.extend([entry.clone()]);
                if let Some(listed) = &mut self.listed {
                    listed.extend([entry]);
                }
            }
            Event::Delete(_, key) => {
                self.objects.remove(key.name());
            }
            Event::Health(_, Health::Following) => self.health = "following".to_owned(),
            Event::Health(_, Health::Absent) => self.health = "absent".to_owned(),
            Event::Health(_, Health::Failing { reason, .. }) => self.health = reason.to_string(),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn objects_are_followed_from_the_list_on() {
    let server = ApiServer::start().await.unwrap();
    server.apply(service("a", "a.example.org"));
    let mut seen = Seen::start(&server).await;
    seen.until(&[("a", "a.example.org")]).await;
    server.apply(service("b", "b.example.org"));
    server.apply(service("a", "changed.example.org"));
    seen.until(&[("a", "changed.example.org"), ("b", "b.example.org")])
        .await;
    assert!(server.store().delete("v1", "services", "default", "a"));
    seen.until(&[("b", "b.example.org")]).await;
    let asked = server.store().requests();
    assert_eq!(
        asked.len(),
        1,
        "one request streams list and changes: {asked:?}"
    );
}

#[tokio::test]
async fn servers_without_streaming_lists_are_listed() {
    for fault in [Fault::NoStreaming, Fault::StreamingUnknown] {
        let server = ApiServer::start().await.unwrap();
        server.store().fail(vec![(String::new(), fault)]);
        server.apply(service("a", "a.example.org"));
        let mut seen = Seen::start(&server).await;
        seen.until(&[("a", "a.example.org")]).await;
        server.apply(service("b", "b.example.org"));
        seen.until(&[("a", "a.example.org"), ("b", "b.example.org")])
            .await;
    }
}

#[tokio::test]
async fn a_server_that_learns_to_stream_lists_is_asked_again() {
    let server = ApiServer::start().await.unwrap();
    let no_streaming = vec![(String::new(), Fault::NoStreaming)];
    server.store().fail(no_streaming);
    server.apply(service("a", "a.example.org"));
    let mut seen = Seen::start(&server).await;
    seen.until(&[("a", "a.example.org")]).await;
    server.store().fail(Vec::new());
    tokio::time::sleep(Duration::from_millis(250)).await;
    let before = server.store().requests().len();
    server
        .store()
        .fail(vec![(String::new(), Fault::Status(410))]);
    server.store().close_watches();
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.store().fail(Vec::new());
    server.apply(service("b", "b.example.org"));
    seen.until(&[("a", "a.example.org"), ("b", "b.example.org")])
        .await;
    let asked = server.store().requests().split_off(before);
    let streamed = asked
        .iter()
        .any(|request| request.contains("sendInitialEvents"));
    assert!(streamed, "{asked:?}");
}

#[tokio::test]
async fn an_annotation_like_that_of_bookmarks_stops_nothing() {
    let server = ApiServer::start().await.unwrap();
    let mut seen = Seen::start(&server).await;
    seen.until(&[]).await;
    for value in ["true", "a\"b", "\u{e9}\n"] {
        let mut odd = service("odd", "odd.example.org");
        odd["metadata"]["annotations"]["k8s.io/initial-events-end"] = json!(value);
        server.apply(odd);
        let host = format!("{}.example.org", value.len());
        server.apply(service("b", &host));
        seen.until(&[("odd", "odd.example.org"), ("b", &host)])
            .await;
    }
    let asked = server.store().requests();
    assert_eq!(asked.len(), 1, "{asked:?}");
}

#[tokio::test]
async fn a_lost_watch_goes_on_where_it_was() {
    let server = ApiServer::start().await.unwrap();
    server.apply(service("a", "a.example.org"));
    let mut seen = Seen::start(&server).await;
    seen.until(&[("a", "a.example.org")]).await;
    for round in 0..3 {
        server.store().close_watches();
        server.apply(service("a", &format!("{round}.example.org")));
        seen.until(&[("a", &format!("{round}.example.org"))]).await;
    }
    let lists = server.store().requests();
    let lists = lists
        .iter()
        .filter(|request| request.contains("sendInitialEvents"))
        .count();
    assert_eq!(lists, 1, "no further list was needed");
}

#[tokio::test]
async fn forgotten_history_is_listed_anew_and_what_is_gone_is_swept() {
    let server = ApiServer::start().await.unwrap();
    server.apply(service("a", "a.example.org"));
    server.apply(service("b", "b.example.org"));
    let mut seen = Seen::start(&server).await;
    seen.until(&[("a", "a.example.org"), ("b", "b.example.org")])
        .await;
    server
        .store()
        .fail(vec![(String::new(), Fault::Status(503))]);
    server.store().close_watches();
    assert!(server.store().delete("v1", "services", "default", "a"));
    server.store().compact();
    server.store().fail(Vec::new());
    seen.until(&[("b", "b.example.org")]).await;
}

#[tokio::test]
async fn half_a_list_takes_nothing_away() {
    for streaming in [true, false] {
        let server = ApiServer::start().await.unwrap();
        let mut faults = Vec::new();
        if !streaming {
            faults.push((String::new(), Fault::NoStreaming));
        }
        server.store().fail(faults.clone());
        let all = [
            ("a", "a.example.org"),
            ("b", "b.example.org"),
            ("c", "c.example.org"),
        ];
        for (name, hostname) in all {
            server.apply(service(name, hostname));
        }
        let mut seen = Seen::start(&server).await;
        seen.until(&all).await;
        let cut = Fault::CutAfter(1);
        server.store().fail(
            faults
                .iter()
                .cloned()
                .chain([(String::new(), cut)])
                .collect(),
        );
        server.store().compact();
        server.apply(service("d", "d.example.org"));
        server.store().compact();
        server.store().close_watches();
        let patience = timeout(Duration::from_millis(400), async {
            loop {
                seen.take().await;
                assert!(seen.objects.len() >= 3, "{:?}", seen.objects);
            }
        });
        assert!(patience.await.is_err());
        server.store().fail(faults);
        let four = [all[0], all[1], all[2], ("d", "d.example.org")];
        seen.until(&four).await;
    }
}

#[tokio::test]
async fn answers_that_make_no_sense_and_silence_are_tried_again() {
    let faults = [
        Fault::Nonsense,
        Fault::Silent,
        Fault::Status(500),
        Fault::Status(429),
    ];
    for fault in faults {
        let server = ApiServer::start().await.unwrap();
        server.apply(service("a", "a.example.org"));
        let plain = (String::new(), Fault::NoStreaming);
        let faults = match fault {
            Fault::Silent => vec![(String::new(), fault.clone())],
            _ => vec![plain, (String::new(), fault.clone())],
        };
        server.store().fail(faults);
        let mut seen = Seen::start(&server).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.store().fail(Vec::new());
        seen.until(&[("a", "a.example.org")]).await;
    }
}

#[tokio::test]
async fn a_server_that_takes_requests_and_answers_none_is_given_up_in_the_time_that_was_asked_for()
{
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let pace = Pace {
        answer: Duration::from_millis(50),
        ..Pace::default()
    };
    let mut seen = Seen::at(url, pace).await;
    let asked = tokio::time::Instant::now();
    seen.until_health("fell silent").await;
    assert!(asked.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn lists_whose_watches_fail_are_made_ever_more_seldom_and_it_is_said() {
    for (fault, said) in [
        (Fault::WatchGone, "no longer has the changes"),
        (Fault::WatchNonsense, "makes no sense"),
    ] {
        for plain in [false, true] {
            let server = ApiServer::start().await.unwrap();
            let mut faults = vec![(String::new(), fault.clone())];
            faults.extend(plain.then(|| (String::new(), Fault::NoStreaming)));
            server.store().fail(faults);
            server.apply(service("a", "a.example.org"));
            let mut seen = Seen::start(&server).await;
            seen.until_health(said).await;
            let before = server.store().requests().len();
            let waited = timeout(Duration::from_millis(500), async {
                loop {
                    seen.take().await;
                }
            });
            assert!(waited.await.is_err());
            let asked = server.store().requests().split_off(before);
            // A list and a watch every 50 ms at least three quarters long, each 50 ms apart at last.
            assert!(asked.len() <= 40, "{} requests: {asked:?}", asked.len());
            server.store().fail(Vec::new());
            seen.until_health("following").await;
            seen.until(&[("a", "a.example.org")]).await;
        }
    }
}

#[tokio::test]
async fn missing_rights_are_said_and_waited_for() {
    let server = ApiServer::start().await.unwrap();
    server.apply(service("a", "a.example.org"));
    server
        .store()
        .fail(vec![("services".to_owned(), Fault::Status(403))]);
    let mut seen = Seen::start(&server).await;
    let rule = "{apiGroups: [''], resources: [services], verbs: [get, list, watch]}";
    let said = format!("HTTP 403: as the test asked for; our role needs the rule {rule}");
    seen.until_health(&said).await;
    assert_eq!(seen.objects.len(), 0);
    server.store().fail(Vec::new());
    seen.until(&[("a", "a.example.org")]).await;
}

#[tokio::test]
async fn a_missing_resource_has_no_objects_until_it_comes() {
    let server = ApiServer::start().await.unwrap();
    server.store().uninstall("v1", "services");
    let mut seen = Seen::start(&server).await;
    seen.until_health("absent").await;
    seen.until(&[]).await;
    server.store().install("v1", "services");
    server.apply(service("a", "a.example.org"));
    seen.until(&[("a", "a.example.org")]).await;
    // It goes away for a moment, as while a server starts: nothing is lost.
    server
        .store()
        .fail(vec![("services".to_owned(), Fault::Status(404))]);
    server.store().close_watches();
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(seen.objects.len(), 1);
    server.store().fail(Vec::new());
    server.apply(service("b", "b.example.org"));
    seen.until(&[("a", "a.example.org"), ("b", "b.example.org")])
        .await;
    // It goes away for good.
    server.store().uninstall("v1", "services");
    seen.until(&[]).await;
}

#[tokio::test]
async fn a_server_that_was_killed_is_found_again() {
    let server = ApiServer::start().await.unwrap();
    server.apply(service("a", "a.example.org"));
    let mut seen = Seen::start(&server).await;
    seen.until(&[("a", "a.example.org")]).await;
    let (store, address) = (std::sync::Arc::clone(server.store()), server.address());
    server.kill();
    store.apply(service("b", "b.example.org"));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let _server = ApiServer::start_with(store, address).await.unwrap();
    seen.until(&[("a", "a.example.org"), ("b", "b.example.org")])
        .await;
}
