//! Destinations that fail and names that come and go, on a clock that stands still.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use plan::{
    Applied, Capabilities, ChangeSet, Endpoint, ErrorKind, Provider, ProviderError, RowName,
};
use source::Event;
use source::object::{Key, Kind};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::super::state::Scope;
use super::super::{Ask, Destination};
use crate::app::sync::model::Model;
use crate::app::sync::status::Status;
use crate::app::sync::testing::{Settings, service};

/// A destination elsewhere: what it holds, what it refuses, what it was asked for.
#[derive(Default)]
struct Other {
    records: BTreeMap<(String, String), Endpoint>,
    /// Names whose changes are answered with an error of this kind, whatever is with them.
    refused: BTreeMap<&'static str, ErrorKind>,
    /// All changes are answered so.
    down: Option<ErrorKind>,
    /// How many change sets came.
    asked: usize,
    /// How often it was listed.
    listed: usize,
    /// A change set that it fails at is made all the same, this many times.
    half_made: usize,
    /// What was made although it was there.
    repeated: Vec<String>,
    /// Names that it does not adjust, as those that are refused.
    unadjusted: BTreeMap<&'static str, ErrorKind>,
}

#[derive(Clone, Default)]
pub(super) struct Shared(Arc<Mutex<Other>>);

impl Shared {
    fn with<T>(&self, look: impl FnOnce(&mut Other) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }

    /// Puts a record there, as somebody else does.
    pub(super) fn put(&self, record: Endpoint) {
        let key = (record.name.to_string(), record.rtype.to_string());
        self.with(|other| other.records.insert(key, record));
    }

    /// Takes a record away, as somebody else does.
    pub(super) fn take(&self, name: &str, rtype: wire::Rtype) {
        let key = (name.to_owned(), rtype.to_string());
        self.with(|other| other.records.remove(&key));
    }

    /// How many change sets came.
    pub(super) fn writes(&self) -> usize {
        self.with(|other| other.asked)
    }

    fn names(&self) -> usize {
        self.with(|other| other.records.len())
    }

    /// All records, with their targets.
    pub(super) fn texts(&self) -> Vec<String> {
        self.with(|other| {
            let records = other.records.values();
            let texts =
                records.map(|it| format!("{} {} {}", it.name, it.rtype, it.targets.join(" ")));
            texts.collect()
        })
    }

    fn has(&self, name: &str) -> bool {
        self.with(|other| other.records.keys().any(|(other, _)| other == name))
    }

    fn asked(&self) -> usize {
        self.with(|other| std::mem::take(&mut other.asked))
    }
}

fn error(kind: ErrorKind) -> ProviderError {
    ProviderError {
        kind,
        provider: "other",
        operation: "apply changes",
        message: "no".to_owned(),
        source: None,
    }
}

impl Provider for Shared {
    fn name(&self) -> &'static str {
        "other"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(self.with(|other| {
            other.listed += 1;
            other.records.values().cloned().collect()
        }))
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        self.with(|other| {
            let mut bad = desired.iter();
            match bad.find_map(|endpoint| other.unadjusted.get(&*endpoint.name)) {
                Some(kind) => Err(error(*kind)),
                None => Ok(desired),
            }
        })
    }

    async fn apply(&self, changes: &ChangeSet) -> Result<Applied, ProviderError> {
        self.with(|other| {
            other.asked += 1;
            if let Some(kind) = other.down {
                return Err(error(kind));
            }
            let key = |endpoint: &Endpoint| (endpoint.name.to_string(), endpoint.rtype.to_string());
            let new = changes.update.iter().map(|update| &update.new);
            let made: Vec<&Endpoint> = changes.create.iter().chain(new).collect();
            for endpoint in made.iter().copied().chain(&changes.delete) {
                if let Some(kind) = other.refused.get(&*endpoint.name) {
                    return Err(error(*kind));
                }
            }
            for made in &changes.create {
                if other.records.contains_key(&key(made)) {
                    other.repeated.push(made.name.to_string());
                }
            }
            for gone in &changes.delete {
                other.records.remove(&key(gone));
            }
            if other.half_made > 0 {
                other.half_made -= 1;
                let half = made.iter().copied().step_by(2);
                let half: Vec<_> = half.map(|made| (key(made), made.clone())).collect();
                other.records.extend(half);
                return Err(error(ErrorKind::Failed));
            }
            for made in made {
                other.records.insert(key(made), made.clone());
            }
            Ok(Applied::default())
        })
    }
}

/// A destination at work, with the objects of a cluster that is made up.
struct Rig {
    other: Shared,
    model: Model,
    status: Arc<Status>,
    asks: mpsc::Sender<Ask>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Rig {
    async fn start() -> Self {
        Self::with(&["--source=service"]).await
    }

    async fn with(arguments: &[&str]) -> Self {
        let other = Shared::default();
        let destination = idle(arguments, &other).await;
        let (asks, receiver) = mpsc::channel(4);
        let (stop, model) = (CancellationToken::new(), destination.model.clone());
        let status = Arc::clone(&destination.status);
        #[expect(clippy::disallowed_methods, reason = "it is stopped with the test")]
        let task = tokio::spawn(destination.run(receiver, stop.clone()));
        Self {
            other,
            model,
            status,
            asks,
            stop,
            task,
        }
    }

    /// All Services there are.
    fn list(&self, names: impl IntoIterator<Item = String>) {
        list(&self.model, Kind::Service, names);
    }

    fn apply(&self, name: &str) {
        self.model.take([Event::Apply(service(name, "192.0.2.1"))]);
    }

    fn delete(&self, name: &str) {
        let key = Key::new("default", name);
        self.model.take([Event::Delete(Kind::Service, key)]);
    }

    /// Waits until there are so many names there.
    async fn wait_for(&self, names: usize) {
        let there = async {
            while self.other.names() != names {
                sleep(Duration::from_millis(100)).await;
            }
        };
        let came = timeout(Duration::from_secs(600), there).await;
        assert!(came.is_ok(), "{} names, not {names}", self.other.names());
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// A destination of this kind that does nothing by itself.
async fn idle(arguments: &[&str], other: &Shared) -> Destination {
    let all = ["--provider=inmemory", "--registry=noop", "--policy=sync"];
    let settings = Settings::of(all.iter().chain(arguments).copied());
    let (_, mut destinations) = settings.parts().await;
    let mut destination = destinations.remove(0);
    destination.provider = Box::new(other.clone());
    destination.pace.patience = Duration::from_secs(30);
    destination
}

fn list(model: &Model, kind: Kind, names: impl IntoIterator<Item = String>) {
    let objects = names.into_iter().map(|name| service(&name, "192.0.2.1"));
    let begin = std::iter::once(Event::Begin(kind));
    let events = begin.chain(objects.map(Event::Apply));
    model.take(events.chain([Event::End(kind)]));
}

fn numbered(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|at| format!("s{at}"))
}

#[tokio::test(start_paused = true)]
async fn one_record_that_breaks_a_batch_is_set_aside_and_stops_no_other() {
    for kind in [ErrorKind::Failed, ErrorKind::Rejected] {
        for bad in ["s0", "s99", "s50"] {
            let rig = Rig::start().await;
            let name: &'static str = format!("{bad}.example.org").leak();
            rig.other.with(|other| other.refused.insert(name, kind));
            rig.list(numbered(100));
            rig.wait_for(99).await;
            assert!(!rig.other.has(name));
            sleep(Duration::from_secs(1)).await;
            assert_eq!(rig.status.numbers().refused, 1);
            assert!(rig.other.asked() < 25, "{kind:?} {bad}");
            // Others are made at once, and it is tried again by each full pass only.
            rig.apply("later");
            sleep(Duration::from_millis(50)).await;
            assert!(rig.other.has("later.example.org"));
            assert_eq!(rig.other.asked(), 1);
            sleep(Duration::from_secs(60)).await;
            assert_eq!((rig.other.asked(), rig.status.numbers().refused), (1, 1));
            rig.other.with(|other| other.refused.clear());
            sleep(Duration::from_secs(60)).await;
            assert!(rig.other.has(name));
            assert_eq!(rig.status.numbers().refused, 0);
            rig.end().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_record_that_cannot_be_adjusted_stays_as_it_is_and_stops_no_other() {
    for kind in [ErrorKind::Failed, ErrorKind::Rejected] {
        let rig = Rig::start().await;
        rig.list(numbered(50));
        rig.wait_for(50).await;
        let bad = ["s7.example.org", "new7.example.org"].map(|name| (name, kind));
        rig.other.with(|other| other.unadjusted = bad.into());
        for at in 0..50 {
            rig.apply(&format!("new{at}"));
        }
        rig.wait_for(99).await;
        sleep(Duration::from_secs(120)).await;
        assert!(rig.other.has("s7.example.org") && !rig.other.has("new7.example.org"));
        let numbers = rig.status.numbers();
        assert_eq!((numbers.refused, numbers.failures), (2, 0), "{kind:?}");
        rig.other.with(|other| other.unadjusted.clear());
        rig.wait_for(100).await;
        assert_eq!(rig.status.numbers().refused, 0);
        rig.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_is_kept_stands_for_the_next_ones_but_not_before_a_write() {
    let rig = Rig::with(&["--source=service", "--provider-cache-time=10m"]).await;
    let listed = || rig.other.with(|other| other.listed);
    rig.list(numbered(3));
    rig.wait_for(3).await;
    sleep(Duration::from_secs(300)).await;
    assert_eq!(listed(), 1);
    rig.apply("new");
    rig.wait_for(4).await;
    assert_eq!(listed(), 2);
    sleep(Duration::from_secs(660)).await;
    assert_eq!(listed(), 3);
    let numbers = rig.status.numbers();
    assert!(numbers.cache_hits > 10 && numbers.cache_misses == 2);
    assert_eq!(numbers.cache_applies, 2);
    rig.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_failed_batch_has_made_is_not_made_again() {
    let rig = Rig::start().await;
    rig.other.with(|other| other.half_made = 2);
    rig.list(numbered(100));
    rig.wait_for(100).await;
    sleep(Duration::from_secs(120)).await;
    let repeated = rig.other.with(|other| std::mem::take(&mut other.repeated));
    assert_eq!(repeated, Vec::<String>::new());
    assert_eq!(rig.status.numbers().refused, 0);
    rig.end().await;
}

#[tokio::test(start_paused = true)]
async fn many_records_that_break_a_batch_are_all_set_aside_in_time() {
    let rig = Rig::start().await;
    let bad = (0..1000).step_by(37).map(|at| format!("s{at}.example.org"));
    let bad: Vec<&'static str> = bad.map(|name| &*name.leak()).collect();
    let refused = bad.iter().map(|name| (*name, ErrorKind::Failed));
    rig.other.with(|other| other.refused = refused.collect());
    rig.list(numbered(1000));
    rig.wait_for(1000 - bad.len()).await;
    sleep(Duration::from_secs(120)).await;
    assert_eq!(rig.status.numbers().refused, bad.len());
    assert_eq!(rig.status.numbers().failures, 0);
    rig.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_place_that_fails_at_everything_is_down_and_nothing_is_set_aside() {
    let rig = Rig::start().await;
    rig.list(numbered(200));
    rig.wait_for(200).await;
    rig.other.asked();
    rig.other.with(|other| other.down = Some(ErrorKind::Failed));
    for at in 0..100 {
        rig.apply(&format!("new{at}"));
    }
    sleep(Duration::from_secs(1800)).await;
    assert_eq!(rig.status.numbers().refused, 0);
    // A few for each try, and a try a minute.
    let asked = rig.other.asked();
    assert!((30..150).contains(&asked), "{asked} requests");
    rig.other.with(|other| other.down = None);
    rig.wait_for(300).await;
    assert_eq!(rig.status.numbers().failures, 0);
    rig.end().await;
}

#[tokio::test(start_paused = true)]
async fn one_record_alone_that_fails_waits_for_others_to_tell() {
    let rig = Rig::start().await;
    rig.list(numbered(10));
    rig.wait_for(10).await;
    let bad = ("bad.example.org", ErrorKind::Failed);
    rig.other.with(|other| other.refused.extend([bad]));
    rig.apply("bad");
    sleep(Duration::from_secs(300)).await;
    let numbers = rig.status.numbers();
    assert_eq!(numbers.refused, 0);
    assert!(numbers.failures > 3);
    rig.apply("good");
    sleep(Duration::from_secs(2)).await;
    assert!(rig.other.has("good.example.org"));
    let numbers = rig.status.numbers();
    assert_eq!((numbers.refused, numbers.failures), (1, 0));
    rig.end().await;
}

#[tokio::test(start_paused = true)]
async fn deletes_that_trickle_in_are_held_until_somebody_lets_them_go() {
    let rig = Rig::start().await;
    rig.list(numbered(50));
    rig.wait_for(50).await;
    for at in 0..40 {
        rig.delete(&format!("s{at}"));
        sleep(Duration::from_millis(500)).await;
    }
    assert_eq!((rig.other.names(), rig.status.numbers().held), (30, 20));
    sleep(Duration::from_secs(90)).await;
    assert_eq!(rig.other.names(), 30);
    for (zone, released) in [(Some("example.net"), Err(Vec::new())), (None, Ok(20))] {
        let (reply, answer) = oneshot::channel();
        let ask = Ask::Release(zone.map(str::to_owned), reply);
        assert!(rig.asks.send(ask).await.is_ok());
        assert_eq!(answer.await.unwrap(), released);
    }
    rig.wait_for(10).await;
    // Those were vouched for.
    for at in 40..50 {
        rig.delete(&format!("s{at}"));
        sleep(Duration::from_millis(500)).await;
    }
    rig.wait_for(0).await;
    rig.end().await;
}

#[tokio::test(start_paused = true)]
async fn deletes_that_are_few_after_all_are_made_in_own_zones_too() {
    let settings = Settings::of(["--source=service", "--zone=example.org", "--policy=sync"]);
    let (model, mut destinations) = settings.parts().await;
    let destination = destinations.remove(0);
    let status = Arc::clone(&destination.status);
    let (_, asks) = mpsc::channel(1);
    let stop = CancellationToken::new();
    #[expect(clippy::disallowed_methods, reason = "it is stopped with the test")]
    let task = tokio::spawn(destination.run(asks, stop.clone()));
    list(&model, Kind::Service, numbered(50));
    sleep(Duration::from_millis(10)).await;
    list(&model, Kind::Service, numbered(20));
    sleep(Duration::from_millis(10)).await;
    let numbers = status.numbers();
    assert_eq!((numbers.names, numbers.held), (50, 30));
    for name in numbered(32).skip(20) {
        model.take([Event::Apply(service(&name, "192.0.2.1"))]);
    }
    sleep(Duration::from_millis(10)).await;
    let numbers = status.numbers();
    assert_eq!((numbers.names, numbers.held), (32, 0));
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_first_pass_waits_for_no_kind_that_is_denied() {
    let rig = Rig::with(&["--source=service", "--source=ingress"]).await;
    rig.list(numbered(3));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(rig.other.names(), 0, "Ingresses are not listed yet");
    let denied = source::Health::Failing {
        denied: true,
        reason: "403".into(),
    };
    rig.model.take([Event::Health(Kind::Ingress, denied)]);
    sleep(Duration::from_millis(50)).await;
    assert_eq!(rig.other.names(), 3);
    // What is incomplete takes nothing away.
    rig.delete("s0");
    sleep(Duration::from_secs(100)).await;
    assert_eq!(rig.other.names(), 3);
    list(&rig.model, Kind::Ingress, None);
    sleep(Duration::from_millis(50)).await;
    assert_eq!(rig.other.names(), 2);
    rig.end().await;
}

#[tokio::test]
async fn a_first_sync_of_own_zones_is_braked_as_one() {
    let settings = Settings::of(["--source=service", "--zone=example.org", "--policy=sync"]);
    let (model, mut destinations) = settings.parts().await;
    let mut destination = destinations.remove(0);
    // What the zone held before is more than one part of a first sync, and half of it is gone.
    let names: Vec<String> = (0..5000).map(|at| format!("s{at:04}")).collect();
    let held = names.iter().map(|name| {
        Endpoint::new(
            &format!("{name}.example.org"),
            wire::Rtype::A,
            ["192.0.2.1"],
        )
    });
    let create = held.collect();
    let changes = ChangeSet {
        create,
        ..ChangeSet::default()
    };
    destination.provider.apply(&changes).await.unwrap();
    let left = names.iter().enumerate().filter(|(at, _)| at % 2 == 0);
    list(&model, Kind::Service, left.map(|(_, name)| name.clone()));
    for _ in 0..2 {
        destination.pass(&Scope::All, true).await.unwrap();
        assert_eq!(destination.brake.held(), [("example.org", 2500)]);
        assert_eq!(destination.status.numbers().held, 2500);
        let gone = RowName::new("s0001.example.org");
        assert_eq!(destination.shadow.row(&gone).len(), 1);
    }
}

#[tokio::test]
async fn targets_beyond_what_a_name_can_have_are_left_out_and_told() {
    let settings = Settings::of(["--source=service", "--zone=example.org", "--policy=sync"]);
    let (model, mut destinations) = settings.parts().await;
    let mut destination = destinations.remove(0);
    let addresses: Vec<String> = (0..1500)
        .map(|at| format!("10.0.{}.{}", at / 250, at % 250))
        .collect();
    let all = service("many", &addresses.join(","));
    model.take([
        Event::Begin(Kind::Service),
        Event::Apply(all),
        Event::End(Kind::Service),
    ]);
    let name = RowName::new("many.example.org");
    for _ in 0..2 {
        destination.pass(&Scope::All, true).await.unwrap();
        assert_eq!(destination.shadow.row(&name)[0].targets.len(), 1000);
        let told = destination.lost.get(&name).cloned().unwrap_or_default();
        assert_eq!(
            told,
            "many.example.org A: 1500 records of one type are more than the 1000 that a name can have, 500 are left out"
        );
        assert_eq!(destination.status.numbers().conflicts, 1);
    }
    let place = destination.explain(&name).await;
    assert_eq!(place.conflicts.len(), 1, "{place:?}");
}

#[tokio::test]
async fn verified_records_are_those_that_are_wanted_and_there() {
    let other = Shared::default();
    let mut destination = idle(&["--source=service", "--source=crd"], &other).await;
    let model = destination.model.clone();
    list(&model, Kind::DnsEndpoint, None);
    list(&model, Kind::Service, ["a", "b", "c"].map(str::to_owned));
    other.with(|other| other.refused.insert("b.example.org", ErrorKind::Rejected));
    let verified = |destination: &Destination| {
        let (_, verified) = destination.status.tally();
        verified.values().sum::<i64>()
    };
    destination.pass(&Scope::All, true).await.unwrap();
    assert_eq!(verified(&destination), 2);
    destination.pass(&Scope::All, true).await.unwrap();
    assert_eq!(verified(&destination), 2);
    other.with(|other| other.refused.clear());
    list(&model, Kind::Service, ["a", "b"].map(str::to_owned));
    destination.pass(&Scope::All, true).await.unwrap();
    assert_eq!(verified(&destination), 2);
}
