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
                    self.0.put("me", Table::row(&claim.endpoint));
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

/// A destination with its table, and what is known of it.
struct Place {
    table: Arc<Table>,
    provider: Kept<Shared>,
    shadow: Shadow,
}

impl Place {
    async fn with(there: Vec<Endpoint>) -> Self {
        let memory = InMemory::default();
        let create = there;
        let there = ChangeSet {
            create,
            ..ChangeSet::default()
        };
        if !there.is_empty() {
            Provider::apply(&memory, &there).await.unwrap();
        }
        let table = Arc::new(Table::default());
        let labels = KeptLabels::new("me", "adopt", None);
        Self {
            provider: Kept::new(Box::new(memory), Shared(Arc::clone(&table)), labels),
            table,
            shadow: Shadow::new(Registry::Kept {
                owner: "me".into(),
                texts: None,
            }),
        }
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
