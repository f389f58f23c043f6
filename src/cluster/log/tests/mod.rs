//! The log over a place for objects that forgets requests, refuses them, and ends processes.

mod cuts;
mod place;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use wire::update::{Action, Operation, Update};
use wire::{Name, Rcode, Rtype, Serial, Ttl};
use zone::records::{Place, Records};
use zone::{AllButTakeover, Store, UpdateRequest, Updater};

use super::state::Sizes;
use super::{Ahead, LogError, ObjectLog, Opened};
use crate::lease::Term;
use place::{Objects, Rule};

/// A process with zones of its own.
struct Process {
    log: Arc<ObjectLog>,
    store: Arc<Store>,
    updater: Updater,
}

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

/// The records of a zone's file.
fn file(apex: &Name) -> Records {
    let mut records = Records::new(apex.clone());
    let mut soa = b"\x02ns\x00\x01h\x00".to_vec();
    for number in [1_u32, 3600, 600, 86400, 300] {
        soa.extend_from_slice(&number.to_be_bytes());
    }
    let ttl = Ttl::from_secs(300);
    records.push(apex.as_ref(), Rtype::SOA, ttl, &soa, Place::default());
    records.sort();
    records
}

impl Process {
    fn start(objects: &Objects) -> Self {
        Self::start_with(objects, SMALL)
    }

    fn start_with(objects: &Objects, sizes: Sizes) -> Self {
        let log = Arc::new(ObjectLog::start_with(objects.clone(), sizes).unwrap());
        let store = Arc::new(Store::new([1, 2]));
        store.keep_in(log.clone(), BTreeMap::new());
        let (updater, _) = Updater::start(Arc::clone(&store)).unwrap();
        Self {
            log,
            store,
            updater,
        }
    }

    /// Becomes the leader, with these zones.
    fn lead(&self, number: u64, zones: &[&str]) -> Result<Opened, LogError> {
        self.lead_in(Term::begin(number, Duration::from_secs(60)), zones)
    }

    fn lead_in(&self, term: Term, zones: &[&str]) -> Result<Opened, LogError> {
        let opened = block_on(self.log.lead(term, BTreeMap::new(), Serial(100)))?;
        let told = Opened {
            term: opened.term.clone(),
            zones: opened.zones.clone(),
            known: opened.known.clone(),
            ahead: opened.ahead.clone(),
            notes: opened.notes.clone(),
        };
        self.log.take_over(&self.store, told);
        for zone in zones {
            let done = self.store.replace_static(&file(&name(zone)));
            done.unwrap();
        }
        Ok(opened)
    }

    /// Sets the text of a name, or takes it away; tells what the client is told.
    fn update(&self, owner: &str, text: Option<u8>) -> Rcode {
        self.update_of(owner, text.map(|text| vec![1, text]))
    }

    fn update_of(&self, owner: &str, rdata: Option<Vec<u8>>) -> Rcode {
        let owner = name(owner);
        let ttl = Ttl::from_secs(60);
        let gone = Operation {
            owner: owner.clone(),
            action: Action::DeleteRrset(Rtype::TXT),
        };
        let added = rdata.map(|rdata| Operation {
            owner: owner.clone(),
            action: Action::Add(Rtype::TXT, ttl, rdata.into()),
        });
        let (sender, result) = channel();
        let request = UpdateRequest {
            update: Update {
                zone: zone_of(&owner),
                prerequisites: Vec::new(),
                operations: std::iter::once(gone).chain(added).collect(),
            },
            permit: Box::new(AllButTakeover),
            done: Box::new(move |result| {
                let told = result.map_or_else(|error| error.rcode(), |_| Rcode::NOERROR);
                sender.send(told).unwrap();
            }),
        };
        assert!(self.updater.submit(request).is_ok());
        result.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    fn text(&self, owner: &str) -> Option<u8> {
        let snapshot = self.store.snapshot();
        let owner = name(owner);
        let zone = snapshot.zone(zone_of(&owner).as_ref())?;
        let rrset = zone.rrset(owner.as_ref(), Rtype::TXT)?;
        rrset.rdatas().next()?.last().copied()
    }

    fn serial(&self, zone: &str) -> Serial {
        let snapshot = self.store.snapshot();
        snapshot.zone(name(zone).as_ref()).unwrap().serial()
    }
}

/// The last label: zones here have one.
fn zone_of(owner: &Name) -> Name {
    let text = owner.to_string();
    let last = text.trim_end_matches('.').rsplit('.').next();
    name(&format!("{}.", last.unwrap()))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}

#[test]
fn what_one_leader_was_told_the_next_one_has() {
    let objects = Objects::default();
    let first = Process::start(&objects);
    let opened = first.lead(1, &["a.", "b."]).unwrap();
    assert!(opened.zones.is_empty());
    for number in 0..20 {
        let owner = format!("n{number}.{}.", if number % 2 == 0 { "a" } else { "b" });
        assert_eq!(first.update(&owner, Some(number)), Rcode::NOERROR);
    }
    assert_eq!(first.update("n4.a.", None), Rcode::NOERROR);
    assert_eq!(first.update("n6.a.", Some(99)), Rcode::NOERROR);
    let before = first.serial("a.");

    let second = Process::start(&objects);
    let opened = second.lead(2, &["a.", "b."]).unwrap();
    assert_eq!(opened.zones.len(), 2);
    assert_eq!((opened.ahead.len(), opened.notes.len()), (0, 0));
    assert_eq!(second.text("n3.b."), Some(3));
    assert_eq!(second.text("n4.a."), None);
    assert_eq!(second.text("n6.a."), Some(99));
    assert!(second.serial("a.").is_newer_than(before));
    // The first one does not know yet; the server tells it.
    assert_eq!(first.update("late.a.", Some(1)), Rcode::SERVFAIL);
    assert_eq!(first.update("later.b.", Some(1)), Rcode::SERVFAIL);
    assert_eq!(second.update("mine.a.", Some(1)), Rcode::NOERROR);
    // It comes back, and learns what was done meanwhile, in the zones that it has already.
    let before = second.serial("a.");
    first.lead(3, &[]).unwrap();
    assert_eq!(first.text("mine.a."), Some(1));
    assert_eq!(first.text("late.a."), None);
    assert!(first.serial("a.").is_newer_than(before));
    assert_eq!(first.update("late.a.", Some(2)), Rcode::NOERROR);
    assert_eq!(second.update("mine.a.", Some(2)), Rcode::SERVFAIL);
}

#[test]
fn nothing_is_sent_when_the_term_is_over() {
    let objects = Objects::default();
    let process = Process::start(&objects);
    process.log.follow();
    let term = Term::begin(1, Duration::from_secs(60));
    process.lead_in(term.clone(), &["a."]).unwrap();
    assert_eq!(process.update("n.a.", Some(1)), Rcode::NOERROR);
    term.end();
    let before = objects.requests();
    assert_eq!(process.update("n.a.", Some(2)), Rcode::SERVFAIL);
    process.store.tidy_journal();
    assert_eq!(objects.requests(), before);
    let over = block_on(process.log.lead(term, BTreeMap::new(), Serial(1)));
    assert!(matches!(over, Err(LogError::NotLeading)), "{over:?}");
}

#[test]
fn a_first_entry_that_came_late_makes_room() {
    let objects = Objects::default();
    let (first, second) = (Process::start(&objects), Process::start(&objects));
    first.lead(1, &["a."]).unwrap();
    second.lead(2, &["a."]).unwrap();
    // The log has nothing of the zone yet, so there is no fence in it.
    assert_eq!(first.update("late.a.", Some(1)), Rcode::NOERROR);
    assert_eq!(second.update("mine.a.", Some(2)), Rcode::NOERROR);
    let third = Process::start(&objects);
    third.lead(3, &["a."]).unwrap();
    assert_eq!(
        (third.text("late.a."), third.text("mine.a.")),
        (None, Some(2))
    );
}

#[test]
fn requests_that_go_wrong_are_made_again() {
    let objects = Objects::default();
    let process = Process::start(&objects);
    process.lead(1, &["a."]).unwrap();
    for rule in [Rule::Lost, Rule::LostBehind] {
        for number in 0..4 {
            objects.rule_next(rule);
            let owner = format!("n{number}.a.");
            assert_eq!(process.update(&owner, Some(7)), Rcode::NOERROR);
        }
    }
    let next = Process::start(&objects);
    next.lead(2, &["a."]).unwrap();
    assert_eq!(next.text("n3.a."), Some(7));
}

#[test]
fn what_the_server_refuses_harms_nothing_else() {
    let objects = Objects::default();
    let process = Process::start(&objects);
    let term = Term::begin(1, Duration::from_secs(60));
    process.lead_in(term.clone(), &["a.", "b."]).unwrap();
    assert_eq!(process.update("n.a.", Some(1)), Rcode::NOERROR);
    objects.rule_next(Rule::Refused);
    assert_eq!(process.update("n.a.", Some(2)), Rcode::SERVFAIL);
    assert!(term.may_write());
    assert_eq!(process.text("n.a."), Some(1));
    assert_eq!(process.update("n.a.", Some(3)), Rcode::NOERROR);
    let next = Process::start(&objects);
    next.lead(2, &["a."]).unwrap();
    assert_eq!(next.text("n.a."), Some(3));
}

#[test]
fn a_zone_has_an_end_and_others_do_not_mind() {
    let objects = Objects::default();
    let process = Process::start_with(
        &objects,
        Sizes {
            object: 4096,
            zone: 16 << 10,
            ..SMALL
        },
    );
    process.lead(1, &["a.", "b."]).unwrap();
    let text = || Some([&[200], &[7; 200][..]].concat());
    let mut count = 0;
    while process.update_of(&format!("n{count}.a."), text()) == Rcode::NOERROR {
        process.store.tidy_journal();
        count += 1;
        assert!(count < 1000);
    }
    assert!(count > 40, "{count}");
    assert_eq!(process.update_of("more.a.", text()), Rcode::REFUSED);
    assert_eq!(process.update_of("more.b.", text()), Rcode::NOERROR);
    let many: Vec<u8> = std::iter::repeat_n([&[255], &[7; 255][..]].concat(), 20)
        .flatten()
        .collect();
    assert_eq!(process.update_of("large.b.", Some(many)), Rcode::REFUSED);
    // Names that go make room.
    for number in 0..count {
        assert_eq!(
            process.update(&format!("n{number}.a."), None),
            Rcode::NOERROR
        );
        settle(&process, &objects);
    }
    assert_eq!(process.update_of("more.a.", text()), Rcode::NOERROR);
}

#[test]
fn entries_become_checkpoints_and_go() {
    let objects = Objects::default();
    let process = Process::start(&objects);
    process.lead(1, &["a."]).unwrap();
    for number in 0..200 {
        let owner = format!("n{}.a.", number % 50);
        assert_eq!(process.update(&owner, Some(number)), Rcode::NOERROR);
        settle(&process, &objects);
    }
    let (entries, parts) = objects.count();
    assert!(entries <= SMALL.fold_entries + 1, "{entries}");
    assert!((2..10).contains(&parts), "{parts}");
    let next = Process::start(&objects);
    next.lead(2, &["a."]).unwrap();
    for number in 150..200 {
        assert_eq!(next.text(&format!("n{}.a.", number % 50)), Some(number));
    }
}

#[test]
fn an_older_state_of_the_cluster_is_noticed() {
    let objects = Objects::default();
    let process = Process::start(&objects);
    process.lead(1, &["a."]).unwrap();
    assert_eq!(process.update("n.a.", Some(1)), Rcode::NOERROR);
    let held = Serial(process.serial("a.").0 + 200_000);
    let held = BTreeMap::from([(name("a."), held), (name("other."), Serial(7))]);
    let term = Term::begin(2, Duration::from_secs(60));
    let opened = block_on(process.log.lead(term, held.clone(), Serial(1))).unwrap();
    let ceiling = opened.ahead[0].ceiling;
    let ahead = Ahead {
        zone: name("a."),
        held: held[&name("a.")],
        ceiling,
    };
    assert_eq!(opened.ahead, [ahead]);
    assert!(
        opened.zones[&name("a.")]
            .serial
            .is_newer_than(held[&name("a.")])
    );
}

#[test]
fn an_entry_that_somebody_took_away_is_told_of() {
    let objects = Objects::default();
    let process = Process::start(&objects);
    process.lead(1, &["a."]).unwrap();
    for number in 0..3 {
        process.update(&format!("n{number}.a."), Some(number));
    }
    objects.lose_entry(2);
    let next = Process::start(&objects);
    let opened = next.lead(2, &["a."]).unwrap();
    assert_eq!(opened.notes.len(), 1, "{:?}", opened.notes);
    assert_eq!((next.text("n0.a."), next.text("n1.a.")), (Some(0), None));
    assert_eq!(next.text("n2.a."), Some(2));
    settle(&next, &objects);
    let last = Process::start(&objects);
    assert!(last.lead(3, &["a."]).unwrap().notes.is_empty());
}

#[test]
fn what_clients_brought_is_known_once_it_was_written() {
    let objects = Objects::default();
    let process = Process::start(&objects);
    let opened = process.lead(1, &["a."]).unwrap();
    assert!(opened.known.is_empty());
    // Names of objects alone: a ceiling of serials is all there is.
    let change = zone::Change {
        owner: name("n.a."),
        rtype: Rtype::TXT,
        layer: zone::Layer::Synced,
        rrset: None,
    };
    process.store.commit(&name("a."), vec![change]).unwrap();
    let next = Process::start(&objects);
    assert!(next.lead(2, &["a."]).unwrap().known.is_empty());
    settle(&next, &objects);
    let last = Process::start(&objects);
    let opened = last.lead(3, &["a."]).unwrap();
    assert!(opened.known.contains(&name("a.")));
}

/// Begins checkpoints where they are wanted, and waits until they are there.
fn settle(process: &Process, objects: &Objects) {
    process.store.tidy_journal();
    let mut before = objects.requests();
    loop {
        std::thread::park_timeout(Duration::from_millis(2));
        let now = objects.requests();
        if now == before && !process.log.is_folding() {
            return;
        }
        before = now;
    }
}

const SMALL: Sizes = Sizes {
    object: 512,
    zone: 64 << 10,
    fold_entries: 6,
    fold_bytes: 4096,
};
