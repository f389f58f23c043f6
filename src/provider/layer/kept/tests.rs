use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use plan::diff::{self, Rules};
use plan::registry::{KeptLabels, Registry, Shadow};
use plan::{
    Applied, ChangeSet, Endpoint, ErrorKind, KeptChange, KeptRecord, LabelStore, Labels, Provider,
    ProviderError, Settled,
};
use wire::Rtype;

use super::Kept;
use crate::inmemory::InMemory;

/// A table of names with their owners, that can be told to go wrong.
#[derive(Debug, Default)]
struct Table {
    rows: Mutex<BTreeMap<String, (String, KeptRecord)>>,
    loads: AtomicUsize,
    failed: AtomicUsize,
    /// Calls to settle that go wrong.
    broken: AtomicUsize,
}

impl Table {
    fn put(&self, owner: &str, kept: KeptRecord) {
        let mut rows = self.rows.lock().unwrap();
        rows.insert(kept.name.to_string(), (owner.to_owned(), kept));
    }

    fn names(&self) -> Vec<String> {
        self.rows.lock().unwrap().keys().cloned().collect()
    }

    fn row(endpoint: &Endpoint) -> KeptRecord {
        KeptRecord {
            name: endpoint.name.clone(),
            rtype: endpoint.rtype,
            set_identifier: endpoint.set_identifier.clone(),
            labels: endpoint.labels.clone(),
            claimed: None,
        }
    }
}

/// The table as a store.
struct Shared(Arc<Table>);

impl LabelStore for Shared {
    fn name(&self) -> &'static str {
        "table"
    }

    async fn load(&self) -> Result<Vec<KeptRecord>, ProviderError> {
        self.0.loads.fetch_add(1, Relaxed);
        let rows = self.0.rows.lock().unwrap();
        let ours = rows.values().filter(|(owner, _)| owner == "me");
        Ok(ours.map(|(_, kept)| kept.clone()).collect())
    }

    async fn claim(&self, claims: &[KeptChange]) -> Result<Vec<(usize, Box<str>)>, ProviderError> {
        let mut taken = Vec::new();
        for (place, claim) in claims.iter().enumerate() {
            let name = claim.endpoint.name.to_string();
            let owner = self
                .0
                .rows
                .lock()
                .unwrap()
                .get(&name)
                .map(|row| row.0.clone());
            match owner {
                Some(owner) if owner != "me" => taken.push((place, owner.into())),
                known => {
                    assert_eq!(known.is_some(), claim.kept.is_some(), "{name}");
                    let claimed = Some(claim.endpoint.targets.clone());
                    let row = Table::row(&claim.endpoint);
                    self.0.put("me", KeptRecord { claimed, ..row });
                }
            }
        }
        Ok(taken)
    }

    async fn settle(&self, settled: &Settled) -> Result<(), ProviderError> {
        if self.0.broken.load(Relaxed) > 0 {
            self.0.broken.fetch_sub(1, Relaxed);
            return Err(error(ErrorKind::Unavailable));
        }
        for made in settled.created.iter().chain(&settled.updated) {
            assert!(made.kept.is_some());
            self.0.put("me", Table::row(&made.endpoint));
        }
        let gone = settled.deleted.iter().filter_map(|gone| gone.kept.as_ref());
        for gone in gone.chain(&settled.orphans) {
            self.0.rows.lock().unwrap().remove(&*gone.name);
        }
        Ok(())
    }

    async fn refuse(&self, claims: &[KeptChange], _: &ProviderError) -> Result<(), ProviderError> {
        for claim in claims {
            self.0.rows.lock().unwrap().remove(&*claim.endpoint.name);
        }
        Ok(())
    }

    async fn fail(&self, claims: &[KeptChange], _: &ProviderError) {
        self.0.failed.fetch_add(claims.len(), Relaxed);
    }
}

fn error(kind: ErrorKind) -> ProviderError {
    ProviderError {
        kind,
        provider: "inmemory",
        operation: "settle records",
        message: String::new(),
        source: None,
    }
}

fn a(name: &str, target: &str) -> Endpoint {
    Endpoint::new(name, Rtype::A, [target])
}

/// Zones in memory, and what somebody does right before the next change.
#[derive(Default)]
struct Host {
    memory: InMemory,
    /// Made by a stranger.
    first: Mutex<Vec<Endpoint>>,
    /// How each name is refused then; else the change goes on.
    refuses: Mutex<Option<ErrorKind>>,
}

/// The zones as a provider.
struct Hosted(Arc<Host>);

impl Provider for Hosted {
    fn name(&self) -> &'static str {
        "inmemory"
    }

    fn capabilities(&self) -> plan::Capabilities {
        Provider::capabilities(&self.0.memory)
    }

    async fn filter(&self) -> Result<plan::filter::DomainFilter, ProviderError> {
        Provider::filter(&self.0.memory).await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        Provider::records(&self.0.memory).await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        Provider::adjust(&self.0.memory, desired).await
    }

    async fn apply(&self, changes: &ChangeSet) -> Result<Applied, ProviderError> {
        let create = std::mem::take(&mut *self.0.first.lock().unwrap());
        let first = ChangeSet {
            create,
            ..ChangeSet::default()
        };
        Provider::apply(&self.0.memory, &first).await?;
        let refuses = self.0.refuses.lock().unwrap().take();
        let Some(kind) = refuses else {
            return Provider::apply(&self.0.memory, changes).await;
        };
        let all = changes.create.iter().chain(&changes.delete);
        let refused = all.map(|endpoint| (endpoint.name.clone(), error(kind)));
        Ok(Applied {
            refused: refused.collect(),
        })
    }
}

/// A destination with its table, and what is known of it.
struct Place {
    host: Arc<Host>,
    table: Arc<Table>,
    provider: Kept<Shared>,
    shadow: Shadow,
}

impl Place {
    async fn with(there: Vec<Endpoint>) -> Self {
        let host = Arc::new(Host::default());
        let create = there;
        let there = ChangeSet {
            create,
            ..ChangeSet::default()
        };
        if !there.is_empty() {
            Provider::apply(&host.memory, &there).await.unwrap();
        }
        let table = Arc::new(Table::default());
        Self {
            provider: Self::provider(&host, &table),
            host,
            table,
            shadow: Shadow::new(Registry::Kept {
                owner: "me".into(),
                texts: None,
            }),
        }
    }

    fn provider(host: &Arc<Host>, table: &Arc<Table>) -> Kept<Shared> {
        let labels = KeptLabels::new("me", "adopt", None);
        let host = Hosted(Arc::clone(host));
        Kept::new(Box::new(host), Shared(Arc::clone(table)), labels)
    }

    /// Another process goes on with what there is.
    fn restart(&mut self) {
        self.provider = Self::provider(&self.host, &self.table);
    }

    /// One pass. What could not be made is told.
    async fn pass(&mut self, wanted: &[Endpoint]) -> Result<Applied, ProviderError> {
        let records = self.provider.records().await?;
        let _differing = self.shadow.load(records.clone());
        let rules = Rules {
            owner: Some("me".into()),
            ..Rules::default()
        };
        let changes = diff::plan(records, wanted.to_vec(), &rules).changes;
        if changes.is_empty() {
            return Ok(Applied::default());
        }
        let written = self.shadow.write(changes);
        self.provider.apply(&written).await
    }

    async fn there(&self) -> Vec<(String, Option<String>)> {
        let records = self.provider.records().await.unwrap();
        let one = |record: Endpoint| {
            let owner = record.labels.value(Labels::OWNER).map(str::to_owned);
            (
                format!("{} {}", record.name, record.targets.join(",")),
                owner,
            )
        };
        let mut there: Vec<_> = records.into_iter().map(one).collect();
        there.sort();
        there
    }
}

#[tokio::test]
async fn records_of_strangers_are_left_alone_whatever_is_wanted() {
    let mut place = Place::with(vec![a("foreign.example", "192.0.2.9")]).await;
    let wanted = [
        a("foreign.example", "192.0.2.1"),
        a("x.example", "192.0.2.1"),
    ];
    place.pass(&wanted).await.unwrap();
    place.pass(&[]).await.unwrap();
    let there = place.there().await;
    assert_eq!(there, [("foreign.example 192.0.2.9".to_owned(), None)]);
    assert!(place.table.names().is_empty());
}

#[tokio::test]
async fn a_name_that_the_registry_says_is_of_another_owner_is_refused_and_others_are_made() {
    let mut place = Place::with(Vec::new()).await;
    place
        .table
        .put("other", Table::row(&a("x.example", "192.0.2.7")));
    let wanted = [a("x.example", "192.0.2.1"), a("y.example", "192.0.2.1")];
    let applied = place.pass(&wanted).await.unwrap();
    let refused: Vec<String> = applied
        .refused
        .iter()
        .map(|(_, error)| error.to_string())
        .collect();
    assert_eq!(
        refused,
        [
            r#"provider "inmemory": claim records: x.example A belongs to "other" in the registry "table""#
        ]
    );
    let there = place.there().await;
    assert_eq!(
        there,
        [("y.example 192.0.2.1".to_owned(), Some("me".to_owned()))]
    );
    // The other one's row is as it was.
    let row = place.table.rows.lock().unwrap()["x.example"].clone();
    assert_eq!((row.0.as_str(), row.1.labels), ("other", Labels::default()));
}

#[tokio::test]
async fn what_is_kept_is_loaded_once_and_again_after_whatever_goes_wrong() {
    let mut place = Place::with(Vec::new()).await;
    let wanted = [a("x.example", "192.0.2.1")];
    for _ in 0..3 {
        place.pass(&wanted).await.unwrap();
    }
    assert_eq!(place.table.loads.load(Relaxed), 1);
    place.table.broken.store(1, Relaxed);
    place
        .pass(&[a("x.example", "192.0.2.2")])
        .await
        .unwrap_err();
    place.pass(&[a("x.example", "192.0.2.2")]).await.unwrap();
    assert_eq!(place.table.loads.load(Relaxed), 2);
    // Another copy of us has led meanwhile.
    place.provider.forget();
    place.pass(&[]).await.unwrap();
    assert_eq!(place.table.loads.load(Relaxed), 3);
    assert!(place.there().await.is_empty() && place.table.names().is_empty());
}

#[tokio::test]
async fn a_crash_between_a_record_and_its_labels_loses_nothing() {
    let mut place = Place::with(Vec::new()).await;
    place.table.broken.store(1, Relaxed);
    place
        .pass(&[a("x.example", "192.0.2.1")])
        .await
        .unwrap_err();
    let there = place.there().await;
    assert_eq!(
        there,
        [("x.example 192.0.2.1".to_owned(), Some("me".to_owned()))]
    );
    // And labels whose record is gone are no obstacle.
    place.table.broken.store(1, Relaxed);
    place.pass(&[]).await.unwrap_err();
    assert_eq!(place.table.names(), ["x.example"]);
    place.pass(&[a("x.example", "192.0.2.3")]).await.unwrap();
    let there = place.there().await;
    assert_eq!(
        there,
        [("x.example 192.0.2.3".to_owned(), Some("me".to_owned()))]
    );
}

#[tokio::test]
async fn a_destination_that_fails_is_told_to_the_store() {
    let mut place = Place::with(vec![a("x.example", "192.0.2.9")]).await;
    place.pass(&[]).await.unwrap();
    // It has come after the listing, so creating it goes wrong.
    let late = ChangeSet {
        create: vec![a("x.example", "192.0.2.1")],
        ..ChangeSet::default()
    };
    let written = place.shadow.write(late);
    place.provider.apply(&written).await.unwrap_err();
    assert_eq!(place.table.failed.load(Relaxed), 1);
}

#[tokio::test]
async fn a_strangers_record_in_place_of_a_refused_one_is_never_ours() {
    let same = a("x.example", "192.0.2.1");
    for (stranger, kind) in [
        (a("x.example", "192.0.2.9"), ErrorKind::Conflict),
        // The very same, as two who publish one load balancer make it.
        (same.clone(), ErrorKind::Conflict),
        (same.clone(), ErrorKind::Rejected),
        (a("x.example", "192.0.2.9"), ErrorKind::Ambiguous),
    ] {
        for restarts in [false, true] {
            let mut place = Place::with(Vec::new()).await;
            *place.host.first.lock().unwrap() = vec![stranger.clone()];
            *place.host.refuses.lock().unwrap() = Some(kind);
            let applied = place.pass(std::slice::from_ref(&same)).await.unwrap();
            assert_eq!(applied.refused.len(), 1);
            if restarts {
                place.restart();
            }
            // Neither while it is wanted nor once it is not.
            for wanted in [&[same.clone()][..], &[]] {
                place.pass(wanted).await.unwrap();
                let line = format!("x.example {}", stranger.targets[0]);
                assert_eq!(place.there().await, [(line, None)], "{kind:?} {restarts}");
            }
        }
    }
}

#[tokio::test]
async fn what_was_refused_once_is_made_when_nothing_is_in_the_way() {
    for kind in [ErrorKind::Rejected, ErrorKind::Ambiguous] {
        let mut place = Place::with(Vec::new()).await;
        let wanted = [a("x.example", "192.0.2.1")];
        *place.host.refuses.lock().unwrap() = Some(kind);
        place.pass(&wanted).await.unwrap();
        place.pass(&wanted).await.unwrap();
        let ours = ("x.example 192.0.2.1".to_owned(), Some("me".to_owned()));
        assert_eq!(place.there().await, [ours]);
    }
}

#[tokio::test]
async fn a_strangers_record_in_place_of_one_that_is_gone_is_not_ours_after_a_crash() {
    let mut place = Place::with(Vec::new()).await;
    place.pass(&[a("x.example", "192.0.2.1")]).await.unwrap();
    place.table.broken.store(1, Relaxed);
    place.pass(&[]).await.unwrap_err();
    assert_eq!(place.table.names(), ["x.example"]);
    place.restart();
    let create = vec![a("x.example", "192.0.2.9")];
    let theirs = ChangeSet {
        create,
        ..ChangeSet::default()
    };
    Provider::apply(&place.host.memory, &theirs).await.unwrap();
    place.pass(&[]).await.unwrap();
    let there = place.there().await;
    assert_eq!(there, [("x.example 192.0.2.9".to_owned(), None)]);
}

#[tokio::test]
async fn a_record_whose_labels_are_another_owners_by_now_is_not_taken_away() {
    let mut place = Place::with(Vec::new()).await;
    let record = a("x.example", "192.0.2.1");
    place.pass(std::slice::from_ref(&record)).await.unwrap();
    // Handed over while we look away.
    place.table.put("other", Table::row(&record));
    let applied = place.pass(&[]).await.unwrap();
    assert_eq!(applied.refused.len(), 1);
    let records = Provider::records(&place.host.memory).await.unwrap();
    assert_eq!(records.len(), 1);
}

#[tokio::test]
async fn a_record_that_may_not_go_stays_ours() {
    let mut place = Place::with(Vec::new()).await;
    place.pass(&[a("x.example", "192.0.2.1")]).await.unwrap();
    *place.host.refuses.lock().unwrap() = Some(ErrorKind::Rejected);
    place.pass(&[]).await.unwrap();
    place.restart();
    let ours = ("x.example 192.0.2.1".to_owned(), Some("me".to_owned()));
    assert_eq!(place.there().await, [ours]);
    place.pass(&[]).await.unwrap();
    assert!(place.there().await.is_empty() && place.table.names().is_empty());
}
