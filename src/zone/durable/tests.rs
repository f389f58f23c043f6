//! A zone from one run to the next, with a journal in a real folder.

use std::path::Path;
use std::sync::{Arc, Mutex};

use wire::{Name, Rtype, Serial, Ttl};

use crate::journal::tests::{Faults, Sim, open_small};
use crate::journal::{Disk, Folder, Log, Recovered};
use crate::layer::Layer;
use crate::news::News;
use crate::records::{Place, Records};
use crate::store::Store;
use crate::writer::{Change, Rrset};

pub(super) fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

/// What a zone file says.
pub(super) fn file(serial: u32, hosts: &[(&str, u8)]) -> Records {
    let mut records = Records::new(name("zone."));
    let mut soa = b"\x02ns\x00\x01h\x00".to_vec();
    for number in [serial, 3600, 600, 86400, 300] {
        soa.extend_from_slice(&number.to_be_bytes());
    }
    let mut push = |owner: &str, rtype, rdata: &[u8]| {
        let ttl = Ttl::from_secs(300);
        records.push(name(owner).as_ref(), rtype, ttl, rdata, Place::default());
    };
    push("zone.", Rtype::SOA, &soa);
    push("zone.", Rtype::NS, b"\x02ns\x00");
    for (host, last) in hosts {
        push(host, Rtype::A, &[192, 0, 2, *last]);
    }
    records.sort();
    records
}

/// One run of a process.
struct Run {
    store: Store,
    log: Arc<Log>,
    news: Arc<Mutex<Vec<News>>>,
}

impl Run {
    fn new(folder: &Path) -> Self {
        let (log, recovered) = Log::open(Arc::new(Folder::open(folder).unwrap()), 0).unwrap();
        assert_eq!(recovered.notes, Vec::<String>::new());
        Self::of(log, recovered)
    }

    fn on(disk: &Sim) -> Self {
        let (log, recovered) = open_small(disk);
        Self::of(log, recovered)
    }

    fn of(log: Log, recovered: Recovered) -> Self {
        let log = Arc::new(log);
        let store = Store::new([1, 2]);
        store.keep_in(log.clone(), recovered.zones);
        let news = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&news);
        store.tell(move |_, what| hears.lock().unwrap().push(what));
        Self { store, log, news }
    }

    fn load(&self, file: &Records) -> u32 {
        self.store.replace_static(file).unwrap().serial.0
    }

    fn add(&self, owner: &str, last: u8) -> u32 {
        let rdatas = vec![Box::from([192, 0, 2, last])];
        let (rtype, ttl) = (Rtype::A, Ttl::from_secs(60));
        let change = Change {
            owner: name(owner),
            rtype,
            layer: Layer::Dynamic,
            rrset: Some(Rrset { rtype, ttl, rdatas }),
        };
        let done = self.store.commit(&name("zone."), vec![change]);
        done.unwrap().serial.0
    }

    /// How many steps lead here from a serial, if any do.
    fn steps_since(&self, serial: u32) -> Option<usize> {
        let since = self.store.since(&name("zone."), Serial(serial)).unwrap();
        let steps = since.steps?;
        let mut at = Serial(serial);
        for step in &steps {
            assert_eq!(step.from, at);
            at = step.to;
        }
        assert_eq!(at, since.zone.serial());
        Some(steps.len())
    }

    fn news(&self) -> Vec<News> {
        self.news.lock().unwrap().clone()
    }

    /// Ends in order.
    fn close(self) {
        self.store.note_serials();
        self.log.close().unwrap();
    }
}

#[test]
fn what_has_not_changed_has_its_serial_again_and_the_steps_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::new(folder.path());
    assert_eq!(run.load(&file(7, &[("a.zone.", 1)])), 7);
    assert_eq!((run.add("b.zone.", 1), run.add("b.zone.", 2)), (8, 9));
    run.close();
    for _ in 0..3 {
        let run = Run::new(folder.path());
        assert_eq!(run.load(&file(7, &[("a.zone.", 1)])), 9);
        // It may have been told to nobody before the run ended.
        assert_eq!(run.news(), [News::Came]);
        assert_eq!(run.steps_since(7), Some(2));
        assert_eq!(run.steps_since(8), Some(1));
        run.close();
    }
    // Steps go on from there.
    let run = Run::new(folder.path());
    run.load(&file(7, &[("a.zone.", 1)]));
    assert_eq!(run.add("c.zone.", 1), 10);
    assert_eq!(run.steps_since(7), Some(3));
}

#[test]
fn a_file_that_says_something_else_has_a_later_serial_and_no_steps() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::new(folder.path());
    run.load(&file(7, &[("a.zone.", 1)]));
    run.close();
    // (the file's serial, what it says, the serial that is served, whether steps lead there)
    let cases = [
        (7, 2, 8, false),
        (7, 2, 8, true),
        (5, 2, 8, true),
        (5, 3, 9, false),
        (20, 3, 20, true),
        (30, 4, 30, false),
    ];
    let mut before = 7;
    for (serial, last, served, leads) in cases {
        let run = Run::new(folder.path());
        assert_eq!(run.load(&file(serial, &[("a.zone.", last)])), served);
        assert_eq!(
            run.steps_since(before).is_some(),
            leads,
            "{before} to {served}"
        );
        assert_eq!(run.news(), [News::Came], "{before} to {served}");
        before = served;
        run.close();
    }
}

#[test]
fn a_serial_that_was_made_up_counts_only_for_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::new(folder.path());
    let load = |run: &Run, serial, last| {
        let done = run.store.replace_made(&file(serial, &[("a.zone.", last)]));
        done.unwrap().serial.0
    };
    assert_eq!((load(&run, 100, 1), load(&run, 110, 1)), (100, 100));
    assert_eq!(run.add("b.zone.", 1), 101);
    run.close();
    let run = Run::new(folder.path());
    assert_eq!(load(&run, 200, 1), 101);
    assert_eq!(run.news(), [News::Came]);
    run.close();
    let run = Run::new(folder.path());
    assert_eq!(load(&run, 300, 2), 300);
    assert_eq!(run.news(), [News::Came]);
}

#[test]
fn after_a_kill_steps_lead_to_a_serial_above_all_that_were_shown() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::new(folder.path());
    run.load(&file(7, &[("a.zone.", 1)]));
    drop(run);
    // Nothing but the file was ever shown.
    let run = Run::new(folder.path());
    assert_eq!(run.load(&file(7, &[("a.zone.", 1)])), 7);
    assert_eq!(run.add("b.zone.", 1), 8);
    drop(run);
    let mut run = Run::new(folder.path());
    let mut serial = run.load(&file(7, &[("a.zone.", 1)]));
    assert!(serial > 65_536, "{serial}");
    assert_eq!(run.news(), [News::Came]);
    assert_eq!(run.steps_since(7), Some(2));
    assert_eq!(run.steps_since(8), Some(1));
    assert_eq!(run.steps_since(9), None);
    // What led over the end of that run is there after the next ones, too.
    for orderly in [true, false, true] {
        match orderly {
            true => run.close(),
            false => drop(run),
        }
        run = Run::new(folder.path());
        let now = run.load(&file(7, &[("a.zone.", 1)]));
        assert_eq!(now == serial, orderly, "{now} after {serial}");
        assert!(run.steps_since(7).is_some(), "{now} after {serial}");
        assert!(run.steps_since(serial).is_some(), "{now} after {serial}");
        serial = now;
    }
}

#[test]
fn a_kill_between_an_update_and_the_step_to_it_leaves_the_step() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::new(folder.path());
    run.load(&file(7, &[("a.zone.", 1)]));
    run.add("b.zone.", 1);
    let (rtype, ttl) = (Rtype::A, Ttl::from_secs(60));
    let rdatas = vec![Box::from([192, 0, 2, 9])];
    let change = Change {
        owner: name("late.zone."),
        rtype,
        layer: Layer::Dynamic,
        rrset: Some(Rrset { rtype, ttl, rdatas }),
    };
    let (zone, changes) = (name("zone."), [change]);
    let batch = (&zone, &changes[..], None);
    run.store.record(std::iter::once(batch)).unwrap();
    drop(run);
    // Twice: what is read is written anew at once.
    drop(Run::new(folder.path()));
    let run = Run::new(folder.path());
    run.load(&file(7, &[("a.zone.", 1)]));
    assert_eq!(run.store.layer(&zone, Layer::Dynamic).len(), 2);
    assert_eq!(run.steps_since(7), Some(2));
    let since = run.store.since(&zone, Serial(8)).unwrap().steps.unwrap();
    assert_eq!((since.len(), since[0].added().count()), (1, 2));
}

#[test]
fn after_a_large_step_the_steps_begin_anew() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::new(folder.path());
    run.load(&file(7, &[("a.zone.", 1)]));
    run.add("b.zone.", 1);
    let (rtype, ttl) = (Rtype::TXT, Ttl::from_secs(60));
    let rdatas = (0..40_u8).map(|byte| vec![byte; 60_000].into());
    let rdatas = rdatas.collect();
    let change = Change {
        owner: name("large.zone."),
        rtype,
        layer: Layer::Dynamic,
        rrset: Some(Rrset { rtype, ttl, rdatas }),
    };
    run.store.commit(&name("zone."), vec![change]).unwrap();
    assert_eq!(run.add("c.zone.", 1), 10);
    // Who comes in this run has it by steps.
    assert_eq!(run.steps_since(7), Some(3));
    // An image has no more than the log.
    run.store.lock().spoiled = true;
    run.store.tidy_journal();
    while Arc::strong_count(&run.log) > 2 {
        std::thread::yield_now();
    }
    run.close();
    for _ in 0..2 {
        let run = Run::new(folder.path());
        assert_eq!(run.load(&file(7, &[("a.zone.", 1)])), 10);
        let since = [7, 8, 9].map(|serial| run.steps_since(serial));
        assert_eq!(since, [None, None, Some(1)]);
        run.close();
    }
}

#[test]
fn serials_of_runs_that_could_store_nothing_do_not_come_again() {
    let hosts = [("a.zone.", 1)];
    for orderly in [true, false] {
        let disk = Sim::new(1);
        let run = Run::on(&disk);
        run.load(&file(7, &hosts));
        assert_eq!(run.add("b.zone.", 1), 8);
        match orderly {
            true => run.close(),
            false => drop(run),
        }
        disk.set_faults(Faults::NamesOnly);
        let mut shown = 8;
        for attempt in 0..3 {
            let run = Run::on(&disk);
            let serial = run.load(&file(7, &hosts));
            match orderly && attempt == 0 {
                true => assert_eq!(serial, shown, "it is what it was"),
                false => assert!(serial > shown, "{serial} after {shown}"),
            }
            shown = run.add("b.zone.", 2);
            assert_eq!(shown, serial + 1);
        }
        disk.set_faults(Faults::None);
        let run = Run::on(&disk);
        let serial = run.load(&file(7, &hosts));
        assert!(serial > shown, "{serial} after {shown}");
        run.close();
        // That is over then.
        let run = Run::on(&disk);
        assert_eq!(run.load(&file(7, &hosts)), serial);
        let names = disk.list().unwrap();
        assert!(!names.iter().any(|name| name.ends_with("unsaved")));
    }
}

#[test]
fn where_nothing_can_be_written_serials_go_on_by_the_clock() {
    let disk = Sim::new(3);
    let hosts = [("a.zone.", 1)];
    let run = Run::on(&disk);
    run.load(&file(7, &hosts));
    assert_eq!(run.add("b.zone.", 1), 8);
    run.close();
    let mut shown = 8;
    for last in 2..6 {
        disk.pass(10);
        disk.set_faults(Faults::ReadOnly);
        let run = Run::on(&disk);
        assert_eq!(run.load(&file(7, &hosts)), 8, "it is what it was");
        let serial = run.add("b.zone.", last);
        assert!(serial > shown + 100, "{serial} after {shown}");
        shown = run.add("b.zone.", last + 1);
        assert_eq!(shown, serial + 1);
    }
    disk.set_faults(Faults::None);
    disk.pass(1);
    // Killed before there is a change, and once more: it is not forgotten.
    for _ in 0..3 {
        let run = Run::on(&disk);
        assert_eq!(run.load(&file(7, &hosts)), 8, "it is what it was");
        run.close();
    }
    let run = Run::on(&disk);
    run.load(&file(7, &hosts));
    let serial = run.add("b.zone.", 9);
    assert!(serial > shown, "{serial} after {shown}");
    // While nothing passes nothing is passed over.
    run.close();
    let run = Run::on(&disk);
    assert_eq!(run.load(&file(7, &hosts)), serial);
    assert_eq!(run.add("b.zone.", 10), serial + 1);
}

#[test]
fn serials_go_by_the_time_where_that_is_asked_for() {
    let disk = Sim::new(5);
    let run = Run::on(&disk);
    run.store.count_serials_from(|| Serial(2_026_112_200));
    assert_eq!(run.load(&file(7, &[])), 7, "as the file says");
    assert_eq!(run.add("a.zone.", 1), 2_026_112_200);
    assert_eq!(run.add("a.zone.", 2), 2_026_112_201);
    // One that is later already is counted up.
    assert_eq!(run.load(&file(2_100_000_000, &[])), 2_100_000_000);
    assert_eq!(run.add("a.zone.", 3), 2_100_000_001);
    drop(run);
    let run = Run::on(&disk);
    assert!(
        run.load(&file(7, &[])) > 2_100_000_001,
        "all were below a ceiling"
    );
}

#[test]
fn a_disk_that_fails_in_the_middle_of_a_run_leaves_serials_that_do_not_come_again() {
    let disk = Sim::new(4);
    let run = Run::on(&disk);
    assert_eq!(run.load(&file(7, &[("a.zone.", 1)])), 7);
    disk.set_faults(Faults::ReadOnly);
    disk.pass(60);
    let mut shown = 7;
    for last in 2..200 {
        shown = run.load(&file(7, &[("a.zone.", last)]));
    }
    assert_eq!(shown, 7 + 198);
    drop(run);
    disk.set_faults(Faults::None);
    let run = Run::on(&disk);
    let serial = run.load(&file(7, &[("a.zone.", 250)]));
    assert!(serial > shown, "{serial} after {shown}");
}

#[test]
fn a_zone_that_is_made_whole_again_goes_on_with_its_steps() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::new(folder.path());
    run.load(&file(7, &[]));
    run.add("b.zone.", 1);
    run.close();
    let run = Run::new(folder.path());
    run.load(&file(7, &[]));
    run.store.set_incomplete(&name("zone."), true);
    run.add("b.zone.", 2);
    run.store.set_incomplete(&name("zone."), false);
    assert_eq!(run.steps_since(7), Some(2));
    // That it is whole is no news to who has a copy.
    assert_eq!(run.news(), [News::Came, News::Changed]);
}

#[test]
fn flushing_and_freezing_are_for_zones_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::new(folder.path());
    run.load(&file(7, &[]));
    let zone = name("Zone.");
    assert_eq!(run.store.flush(&zone).unwrap(), Serial(7));
    assert_eq!(run.store.freeze(&zone).unwrap(), (Serial(7), true));
    assert!(run.store.is_frozen(&name("zone.")));
    assert_eq!(run.store.freeze(&zone).unwrap(), (Serial(7), false));
    assert_eq!(run.store.thaw(&zone).unwrap(), (Serial(7), true));
    assert_eq!(run.store.thaw(&zone).unwrap(), (Serial(7), false));
    run.store.expect_copy(&name("copy.")).unwrap();
    for other in ["copy.", "none."] {
        assert!(run.store.freeze(&name(other)).is_err());
        assert!(run.store.flush(&name(other)).is_err());
    }
    let without = Store::new([1, 2]);
    without.replace_static(&file(7, &[])).unwrap();
    assert!(without.flush(&zone).is_err());
}
