//! Records that are not ours, or no longer: who tries to have them deleted, and what becomes of them.

use std::time::Duration;

use plan::Endpoint;
use serde_json::json;
use source::Event;
use source::object::Kind;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wire::Rtype;

use super::faults::Shared;
use crate::app::sync::model::Model;
use crate::app::sync::testing::{Settings, service};

/// A destination with ownership TXT, at work.
struct Place {
    other: Shared,
    model: Model,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Place {
    async fn start(other: &Shared, more: &[&str]) -> Self {
        let all = [
            "--provider=inmemory",
            "--registry=txt",
            "--source=service",
            "--source=crd",
            "--txt-owner-id=me",
        ];
        let settings = Settings::of(all.iter().chain(more).copied());
        let (model, mut destinations) = settings.parts().await;
        let mut destination = destinations.remove(0);
        destination.provider = Box::new(other.clone());
        // Whoever asks is gone already.
        let (_, asks) = mpsc::channel(1);
        let stop = CancellationToken::new();
        #[expect(clippy::disallowed_methods, reason = "it is stopped with the test")]
        let task = tokio::spawn(destination.run(asks, stop.clone()));
        let place = Self {
            other: other.clone(),
            model,
            stop,
            task,
        };
        for kind in [Kind::Service, Kind::DnsEndpoint] {
            place.model.take([Event::Begin(kind), Event::End(kind)]);
        }
        place
    }

    async fn after(&self, minutes: u64) -> Vec<String> {
        sleep(Duration::from_secs(minutes * 60 + 1)).await;
        self.other.texts()
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

fn a(name: &str) -> Endpoint {
    Endpoint::new(name, Rtype::A, ["192.0.2.9"])
}

fn text(name: &str, owner: &str) -> Endpoint {
    let text = format!("\"heritage=external-dns,external-dns/owner={owner}\"");
    Endpoint::new(name, Rtype::TXT, [text])
}

#[tokio::test(start_paused = true)]
async fn no_object_can_say_whose_a_record_is() {
    let other = Shared::default();
    other.put(a("victim.example.org"));
    let before = other.texts();
    let types = [
        "--managed-record-types=A",
        "--managed-record-types=TXT",
        "--policy=sync",
    ];
    let place = Place::start(&other, &types).await;
    let endpoint = |text: &str| json!({"dnsName": "a-victim.example.org", "recordType": "TXT", "targets": [text]});
    for owner in ["me", "other"] {
        let text = format!("heritage=external-dns,external-dns/owner={owner}");
        let quoted = format!("\"{text}\"");
        let object = json!({
            "apiVersion": Kind::DnsEndpoint.api_version(), "kind": Kind::DnsEndpoint.name(),
            "metadata": {"namespace": "default", "name": owner},
            "spec": {"endpoints": [endpoint(&text), endpoint(&quoted)]},
        });
        let object = Kind::DnsEndpoint.decode_value(&object, &place.model.trim());
        place.model.take([Event::Apply(object.unwrap())]);
    }
    assert_eq!(place.after(10).await, before);
    // It settles: nothing is tried again and again.
    assert_eq!(place.other.writes(), 0);
    place.end().await;
}

#[tokio::test(start_paused = true)]
async fn ownership_of_what_is_gone_goes_after_a_while_and_a_few_at_a_time() {
    let other = Shared::default();
    for number in 0..15 {
        other.put(text(&format!("a-gone{number}.example.org"), "me"));
    }
    other.put(text("a-theirs.example.org", "other"));
    other.put(text("old.example.org", "me"));
    other.put(text("a-wanted.example.org", "me"));
    other.put(text("a-there.example.org", "me"));
    other.put(a("there.example.org"));
    let place = Place::start(&other, &["--policy=upsert-only"]).await;
    let all = other.texts();
    assert_eq!(place.after(60).await, all);
    place.end().await;

    let place = Place::start(&other, &["--policy=sync"]).await;
    place
        .model
        .take([Event::Apply(service("wanted", "192.0.2.1"))]);
    // What is ours and not wanted goes with its TXT, the record that is wanted comes.
    assert_eq!(place.after(14).await.len(), all.len() - 1);
    assert_eq!(place.after(2).await.len(), all.len() - 1 - 10);
    let left = place.after(2).await;
    assert_eq!(
        left,
        [
            "a-theirs.example.org TXT \"heritage=external-dns,external-dns/owner=other\"",
            "a-wanted.example.org TXT \"heritage=external-dns,external-dns/owner=me\"",
            "old.example.org TXT \"heritage=external-dns,external-dns/owner=me\"",
            "wanted.example.org A 192.0.2.1",
        ]
    );
    let writes = place.other.writes();
    assert_eq!(place.after(60).await, left);
    assert_eq!(place.other.writes(), writes);
    place.end().await;
}

#[tokio::test(start_paused = true)]
async fn ownership_whose_record_is_missing_in_some_listings_only_stays() {
    let other = Shared::default();
    other.put(text("a-x.example.org", "me"));
    let types = ["--managed-record-types=A", "--policy=sync"];
    let place = Place::start(&other, &types).await;
    for _ in 0..5 {
        assert_eq!(place.after(10).await.len(), 1);
        // Somebody else has a record of this name for a moment: as far as its TXT says, it is ours.
        other.put(Endpoint::new(
            "x.example.org",
            Rtype::CNAME,
            ["y.example.org"],
        ));
        assert_eq!(place.after(2).await.len(), 2);
        other.take("x.example.org", Rtype::CNAME);
    }
    place.end().await;
}
