//! Executors against an API that notes what it is asked, and fails where a test says so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use plan::{Applied, ChangeSet, Endpoint, ErrorKind, Labels, Provider, ProviderError, Update};
use wire::Rtype;

use super::{
    Answer, Api, BatchApi, Batched, ByRecord, ByRrset, Cost, Done, Edit, Executor, RecordApi,
    RrsetApi, Scope,
};
use crate::record::quirks::Quirks;
use crate::record::{Found, Handle, Key, Record, Rrset};
use crate::zones::Zone;

mod strangers;

#[derive(Clone)]
struct Fake(Arc<Mutex<Inner>>);

struct Inner {
    quirks: Quirks,
    zones: Vec<Zone>,
    sets: BTreeMap<(Box<str>, Key), Rrset>,
    log: Vec<String>,
    /// Calls that fail: what is in their line, how, and how often.
    fail: Vec<(&'static str, ErrorKind, u32)>,
    /// Whether edits are accepted first.
    late: bool,
}

impl Fake {
    fn new(zones: &[(&str, &str)], records: &[&str]) -> Self {
        let zones: Vec<Zone> = zones.iter().map(|(name, id)| Zone::new(name, id)).collect();
        let mut sets = BTreeMap::new();
        for zone in &zones {
            for rrset in records.iter().map(|line| Rrset::of(&ep(line))) {
                let rrset = Rrset {
                    ttl: Quirks::NONE.unset_ttl(),
                    ..rrset
                };
                sets.insert((zone.id.clone(), rrset.key.clone()), rrset);
            }
        }
        Self(Arc::new(Mutex::new(Inner {
            quirks: Quirks::NONE,
            zones,
            sets,
            log: Vec::new(),
            fail: Vec::new(),
            late: false,
        })))
    }

    fn fails(&self, line: &'static str, kind: ErrorKind, times: u32) {
        self.0.lock().unwrap().fail.push((line, kind, times));
    }

    /// What was asked since the last time, but listings.
    fn calls(&self) -> Vec<String> {
        let mut log = std::mem::take(&mut self.0.lock().unwrap().log);
        log.retain(|line| !line.starts_with("list"));
        log
    }

    /// What is there, as `zone name TYPE values`.
    fn there(&self) -> Vec<String> {
        let inner = self.0.lock().unwrap();
        let sets = inner.sets.iter().map(|((zone, key), rrset)| {
            format!(
                "{zone} {} {} {}",
                key.name,
                key.rtype,
                rrset.values.join(",")
            )
        });
        sets.collect()
    }

    fn call(&self, line: String) -> Answer<()> {
        let mut inner = self.0.lock().unwrap();
        let found = inner
            .fail
            .iter_mut()
            .find(|(part, _, times)| line.contains(part) && *times > 0);
        let kind = found.map(|(_, kind, times)| {
            *times -= 1;
            *kind
        });
        inner.log.push(line);
        kind.map_or(Ok(()), |kind| Err(error(kind)))
    }

    fn set(&self, zone: &Zone, key: &Key, rrset: Option<Rrset>) -> Done {
        let mut inner = self.0.lock().unwrap();
        let at = (zone.id.clone(), key.clone());
        match rrset {
            Some(rrset) => inner.sets.insert(at, rrset),
            None => inner.sets.remove(&at),
        };
        if inner.late {
            Done::Pending("op".into())
        } else {
            Done::Now
        }
    }

    fn listed(&self, zone: &Zone) -> Vec<Found> {
        let inner = self.0.lock().unwrap();
        let sets = inner.sets.iter().filter(|((id, _), _)| *id == zone.id);
        sets.map(|(_, rrset)| Found::whole(rrset.clone(), "v", serde_json::Value::Null))
            .collect()
    }
}

fn error(kind: ErrorKind) -> ProviderError {
    ProviderError {
        kind,
        provider: "fake",
        operation: "call",
        message: "no".to_owned(),
        source: None,
    }
}

impl Api for Fake {
    const NAME: &'static str = "fake";

    fn quirks(&self) -> &Quirks {
        // Tests change them before they begin.
        let quirks = self.0.lock().unwrap().quirks;
        Box::leak(Box::new(quirks))
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        Ok(self.0.lock().unwrap().zones.clone())
    }

    async fn is_done(&self, _zone: &Zone, pending: &str) -> Answer<bool> {
        self.call(format!("poll {pending}"))?;
        Ok(!self.0.lock().unwrap().late)
    }

    async fn publish(&self, zone: &Zone) -> Answer<()> {
        self.call(format!("publish {}", zone.id))
    }
}

impl RrsetApi for Fake {
    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        self.call(format!("list {}", zone.id))?;
        Ok(self.listed(zone))
    }

    async fn put(&self, zone: &Zone, new: &Rrset, _old: Option<&Found>) -> Answer<Done> {
        self.call(format!(
            "put {} {} {}",
            zone.id, new.key.name, new.key.rtype
        ))?;
        Ok(self.set(zone, &new.key, Some(new.clone())))
    }

    async fn remove(&self, zone: &Zone, old: &Found) -> Answer<Done> {
        let key = &old.rrset.key;
        self.call(format!("remove {} {} {}", zone.id, key.name, key.rtype))?;
        Ok(self.set(zone, key, None))
    }
}

impl RecordApi for Fake {
    async fn list(&self, zone: &Zone) -> Answer<Vec<(Record, Handle)>> {
        self.call(format!("list {}", zone.id))?;
        let mut all = Vec::new();
        for Found { rrset, .. } in self.listed(zone) {
            for value in &rrset.values {
                let Rrset { key, ttl, .. } = rrset.clone();
                let foreign = serde_json::Value::Null;
                let handle = Handle {
                    id: value.clone(),
                    value: value.clone(),
                    ttl,
                    foreign,
                };
                let properties = plan::Properties::default();
                all.push((
                    Record {
                        key,
                        ttl,
                        value: value.clone(),
                        properties,
                    },
                    handle,
                ));
            }
        }
        Ok(all)
    }

    async fn create(&self, _: &Zone, new: &Record, _: Option<&Handle>) -> Answer<Done> {
        self.call(format!("create {} {}", new.key.rtype, new.value))?;
        Ok(Done::As(new.value.clone()))
    }

    async fn update(&self, _: &Zone, old: &Handle, new: &Record) -> Answer<Done> {
        self.call(format!(
            "update {} to {} {}",
            old.id, new.key.rtype, new.value
        ))?;
        Ok(Done::Now)
    }

    async fn remove(&self, _: &Zone, old: &Handle, _: &Record) -> Answer<Done> {
        self.call(format!("remove {}", old.id))?;
        Ok(Done::Now)
    }
}

impl BatchApi for Fake {
    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        RrsetApi::list(self, zone).await
    }

    fn limits(&self) -> (Cost, Duration) {
        (Cost::changes(100), Duration::from_secs(1))
    }

    async fn submit(&self, zone: &Zone, edits: &[Edit]) -> Answer<Done> {
        let names: Vec<&str> = edits.iter().map(|edit| &*edit.key().name).collect();
        self.call(format!("submit {} {}", edits.len(), names.join(" ")))?;
        for edit in edits {
            self.set(zone, edit.key(), edit.new.clone());
        }
        Ok(Done::Now)
    }
}

/// `name TYPE values`; a name that begins with `own-` is an ownership record.
fn ep(line: &str) -> Endpoint {
    let mut words = line.splitn(3, ' ');
    let (name, rtype) = (words.next().unwrap(), words.next().unwrap());
    let rtype = Rtype::from_text(rtype.as_bytes()).unwrap();
    let mut endpoint = Endpoint::new(name, rtype, words.next().unwrap().split(','));
    if let Some((_, owned)) = name
        .split_once("own-")
        .and_then(|(_, rest)| rest.split_once('-'))
    {
        endpoint.labels.set(Labels::OWNED_RECORD, owned);
    }
    endpoint
}

fn eps(lines: &[&str]) -> Vec<Endpoint> {
    lines.iter().map(|line| ep(line)).collect()
}

fn creates(lines: &[&str]) -> ChangeSet {
    ChangeSet {
        create: eps(lines),
        ..ChangeSet::default()
    }
}

fn deletes(lines: &[&str]) -> ChangeSet {
    ChangeSet {
        delete: eps(lines),
        ..ChangeSet::default()
    }
}

fn updates(pairs: &[(&str, &str)]) -> ChangeSet {
    let update = |(old, new): &(&str, &str)| Update {
        old: ep(old),
        new: ep(new),
    };
    ChangeSet {
        update: pairs.iter().map(update).collect(),
        ..ChangeSet::default()
    }
}

fn refused(applied: &Applied) -> Vec<(&str, ErrorKind)> {
    applied
        .refused
        .iter()
        .map(|(name, error)| (&**name, error.kind))
        .collect()
}

fn by_rrset(fake: &Fake) -> Executor<ByRrset<Fake>> {
    Executor::new(ByRrset(fake.clone()), Scope::default())
}

const ZONE: &[(&str, &str)] = &[("z.example", "1")];

const TEXT: &str = "own-a-a.z.example TXT \"x\"";

#[tokio::test(start_paused = true)]
async fn owners_come_first_and_go_last_and_what_frees_a_name_goes_before() {
    let fake = Fake::new(ZONE, &["a.z.example A 192.0.2.1", TEXT]);
    let provider = by_rrset(&fake);
    let new = [
        "a.z.example CNAME t.example",
        "own-cname-a.z.example TXT \"x\"",
    ];
    let changes = ChangeSet {
        create: eps(&new),
        delete: eps(&["a.z.example A 192.0.2.1", TEXT]),
        ..ChangeSet::default()
    };
    let applied = provider.apply(&changes).await.unwrap();
    assert_eq!(refused(&applied), []);
    assert_eq!(
        fake.calls(),
        [
            "put 1 own-cname-a.z.example TXT",
            "remove 1 a.z.example A",
            "put 1 a.z.example CNAME",
            "remove 1 own-a-a.z.example TXT",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn values_take_the_place_of_others_and_go_when_all_new_ones_are_there() {
    let fake = Fake::new(ZONE, &["a.z.example A 192.0.2.1,192.0.2.2,192.0.2.3"]);
    let provider = Executor::new(ByRecord(fake.clone()), Scope::default());
    let old = "a.z.example A 192.0.2.1,192.0.2.2,192.0.2.3";
    provider
        .apply(&updates(&[(old, "a.z.example A 192.0.2.2,192.0.2.4")]))
        .await
        .unwrap();
    assert_eq!(
        fake.calls(),
        ["update 192.0.2.1 to A 192.0.2.4", "remove 192.0.2.3"]
    );
    provider
        .apply(&updates(&[(
            "a.z.example A 192.0.2.2,192.0.2.4",
            "a.z.example A 192.0.2.2,192.0.2.4,192.0.2.5",
        )]))
        .await
        .unwrap();
    assert_eq!(fake.calls(), ["create A 192.0.2.5"]);
}

#[tokio::test(start_paused = true)]
async fn an_end_between_owner_and_record_is_made_up_for() {
    let fake = Fake::new(ZONE, &[]);
    let provider = by_rrset(&fake);
    fake.fails("a.z.example A", ErrorKind::Unavailable, 1);
    let changes = creates(&["a.z.example A 192.0.2.1", TEXT]);
    assert!(provider.apply(&changes).await.is_err());
    assert_eq!(fake.there(), ["1 own-a-a.z.example TXT \"x\""]);
    // What is there already is not made again.
    fake.calls();
    provider.apply(&changes).await.unwrap();
    assert_eq!(fake.calls(), ["put 1 a.z.example A"]);
}

#[tokio::test(start_paused = true)]
async fn an_owner_without_a_record_is_taken_away_when_nothing_is_in_doubt() {
    let fake = Fake::new(ZONE, &[]);
    let provider = by_rrset(&fake);
    fake.fails("a.z.example A", ErrorKind::Unavailable, 1);
    let changes = creates(&["a.z.example A 192.0.2.1", TEXT]);
    assert!(provider.apply(&changes).await.is_err());
    provider.records().await.unwrap();
    assert_eq!(fake.there().len(), 1);
    tokio::time::sleep(Duration::from_secs(601)).await;
    provider.records().await.unwrap();
    assert_eq!(fake.there(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_made_room_for_what_is_refused_comes_back() {
    let fake = Fake::new(ZONE, &["a.z.example A 192.0.2.1"]);
    let provider = by_rrset(&fake);
    fake.fails("CNAME", ErrorKind::Rejected, 1);
    let changes = ChangeSet {
        create: eps(&[
            "a.z.example CNAME t.example",
            "own-cname-a.z.example TXT \"x\"",
        ]),
        delete: eps(&["a.z.example A 192.0.2.1"]),
        ..ChangeSet::default()
    };
    let applied = provider.apply(&changes).await.unwrap();
    assert_eq!(refused(&applied), [("a.z.example", ErrorKind::Rejected)]);
    // Nor is there an owner of what is not there.
    assert_eq!(fake.there(), ["1 a.z.example A 192.0.2.1"]);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_is_looked_into_once() {
    let fake = Fake::new(ZONE, &["a.z.example A 192.0.2.1"]);
    let provider = by_rrset(&fake);
    let changes = updates(&[("a.z.example A 192.0.2.1", "a.z.example A 192.0.2.2")]);
    fake.fails("put", ErrorKind::Conflict, 1);
    assert_eq!(refused(&provider.apply(&changes).await.unwrap()), []);
    assert_eq!(fake.calls(), ["put 1 a.z.example A"; 2]);
    fake.fails("put", ErrorKind::Conflict, 9);
    let changes = updates(&[("a.z.example A 192.0.2.2", "a.z.example A 192.0.2.3")]);
    let applied = provider.apply(&changes).await.unwrap();
    assert_eq!(refused(&applied), [("a.z.example", ErrorKind::Conflict)]);
    assert_eq!(fake.calls(), ["put 1 a.z.example A"; 2]);
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_already_is_gone() {
    let fake = Fake::new(ZONE, &["a.z.example A 192.0.2.1", TEXT]);
    let provider = by_rrset(&fake);
    fake.fails("remove 1 a.z", ErrorKind::NotFound, 1);
    let changes = deletes(&["a.z.example A 192.0.2.1", TEXT]);
    assert_eq!(refused(&provider.apply(&changes).await.unwrap()), []);
    assert_eq!(
        fake.calls(),
        ["remove 1 a.z.example A", "remove 1 own-a-a.z.example TXT"]
    );
}

#[tokio::test(start_paused = true)]
async fn zones_of_one_name_are_all_written_to() {
    let fake = Fake::new(&[("z.example", "1"), ("z.example", "2")], &[]);
    let provider = by_rrset(&fake);
    provider
        .apply(&creates(&["a.z.example A 192.0.2.1"]))
        .await
        .unwrap();
    assert_eq!(fake.calls(), ["put 1 a.z.example A", "put 2 a.z.example A"]);
    let whole = provider.records().await.unwrap();
    assert!(whole.first().unwrap().properties.is_empty());
    // What is in one of them only is not what anybody wants.
    fake.0.lock().unwrap().sets.pop_first();
    let part = provider.records().await.unwrap();
    assert!(!part.first().unwrap().properties.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_zone_that_was_not_read_is_not_written_to() {
    let fake = Fake::new(&[("y.example", "1"), ("z.example", "2")], &[]);
    let provider = by_rrset(&fake);
    fake.fails("list 1", ErrorKind::Unavailable, 9);
    let applied = provider
        .apply(&creates(&[
            "a.y.example A 192.0.2.1",
            "a.z.example A 192.0.2.1",
        ]))
        .await
        .unwrap();
    assert_eq!(refused(&applied), [("a.y.example", ErrorKind::Conflict)]);
    assert_eq!(fake.calls(), ["put 2 a.z.example A"]);
}

#[tokio::test(start_paused = true)]
async fn one_in_fifty_that_is_refused_is_found_by_halves() {
    let fake = Fake::new(ZONE, &[]);
    let provider = Executor::new(Batched(fake.clone()), Scope::default());
    fake.fails("n31.", ErrorKind::Rejected, 99);
    let lines: Vec<String> = (0..50)
        .map(|at| format!("n{at}.z.example A 192.0.2.1"))
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let applied = provider.apply(&creates(&lines)).await.unwrap();
    assert_eq!(refused(&applied), [("n31.z.example", ErrorKind::Rejected)]);
    assert_eq!(fake.there().len(), 49);
    let calls = fake.calls().len();
    assert!(calls <= 13, "{calls} calls");
}

#[tokio::test(start_paused = true)]
async fn batches_keep_to_their_limit_and_groups_together() {
    let fake = Fake::new(ZONE, &[]);
    let provider = Executor::new(Batched(fake.clone()), Scope::default());
    let lines: Vec<String> = (0..75)
        .flat_map(|at| {
            let record = format!("n{at}.z.example A 192.0.2.1");
            [record, format!("own-a-n{at}.z.example TXT \"x\"")]
        })
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    provider.apply(&creates(&lines)).await.unwrap();
    let sizes: Vec<String> = fake
        .calls()
        .iter()
        .map(|call| call.split(' ').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(sizes, ["100", "50"]);
}

#[tokio::test(start_paused = true)]
async fn a_name_with_an_edit_that_is_not_made_yet_is_left_alone() {
    let fake = Fake::new(ZONE, &[]);
    let provider = by_rrset(&fake);
    fake.0.lock().unwrap().late = true;
    provider
        .apply(&creates(&["a.z.example A 192.0.2.1"]))
        .await
        .unwrap();
    let change = updates(&[("a.z.example A 192.0.2.1", "a.z.example A 192.0.2.2")]);
    fake.calls();
    let applied = provider.apply(&change).await.unwrap();
    assert_eq!(refused(&applied), [("a.z.example", ErrorKind::Unavailable)]);
    assert_eq!(fake.calls(), ["poll op"]);
    fake.0.lock().unwrap().late = false;
    assert_eq!(refused(&provider.apply(&change).await.unwrap()), []);
    assert_eq!(fake.calls(), ["poll op", "put 1 a.z.example A"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_published_is_published_later() {
    let fake = Fake::new(ZONE, &[]);
    fake.0.lock().unwrap().quirks.publishes = true;
    let provider = by_rrset(&fake);
    // A process before us may have ended before it published.
    provider.records().await.unwrap();
    provider.records().await.unwrap();
    assert_eq!(fake.calls(), ["publish 1"]);
    fake.fails("publish", ErrorKind::Unavailable, 1);
    let changes = creates(&["a.z.example A 192.0.2.1"]);
    assert!(provider.apply(&changes).await.is_err());
    provider.records().await.unwrap();
    assert_eq!(
        fake.calls(),
        ["put 1 a.z.example A", "publish 1", "publish 1"]
    );
    // Also when an edit fails after another one.
    fake.fails("b.z", ErrorKind::Unavailable, 1);
    let changes = creates(&["a1.z.example A 192.0.2.1", "b.z.example A 192.0.2.1"]);
    assert!(provider.apply(&changes).await.is_err());
    assert_eq!(
        fake.calls(),
        ["put 1 a1.z.example A", "put 1 b.z.example A", "publish 1"]
    );
}

#[tokio::test(start_paused = true)]
async fn name_servers_of_a_zone_are_never_touched() {
    let fake = Fake::new(ZONE, &["z.example NS ns1.example"]);
    let provider = by_rrset(&fake);
    let changes = updates(&[("z.example NS ns1.example", "z.example NS ns2.example")]);
    let applied = provider.apply(&changes).await.unwrap();
    assert_eq!(refused(&applied), [("z.example", ErrorKind::Rejected)]);
    assert!(provider.records().await.unwrap().is_empty());
    assert_eq!(fake.calls(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_is_left_in_its_middle_is_not_trusted() {
    let fake = Fake::new(ZONE, &[]);
    fake.0.lock().unwrap().quirks.conditional = true;
    let provider = by_rrset(&fake);
    provider.records().await.unwrap();
    fake.0.lock().unwrap().late = true;
    let changes = creates(&["a.z.example A 192.0.2.1"]);
    let left = tokio::time::timeout(Duration::from_secs(1), provider.apply(&changes)).await;
    assert!(left.is_err());
    fake.0.lock().unwrap().late = false;
    fake.calls();
    // It is there, and what is there is known again before anything is written.
    assert_eq!(refused(&provider.apply(&changes).await.unwrap()), []);
    assert_eq!(fake.calls(), [""; 0]);
}
