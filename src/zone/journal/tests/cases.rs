//! Single cases: what is written, cut and said.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use wire::{Name, Rtype, Serial, Ttl};

use super::sim::{Faults, Sim};
use super::{Says, change, name};
use crate::journal::end::Sizes;
use crate::journal::frame::HEADER_LEN;
use crate::journal::payload::{self, Record};
use crate::journal::{
    Disk, Entry, Folder, Journal, JournalError, Log, Position, Recovered, Stored,
};
use crate::layer::Layer;
use crate::writer::{Change, Rrset};

fn open(disk: &Sim) -> Result<(Log, Recovered), JournalError> {
    Log::open_with(Arc::new(disk.clone()), disk.now(), SIZES)
}

fn zone() -> Name {
    name("example.org.")
}

/// Adds a commit of one address.
fn add(log: &Log, serial: u32) -> Result<Position, JournalError> {
    let host = format!("host-{serial}.example.org.");
    log.append(Entry::Commit {
        zone: &zone(),
        serial: Serial(serial),
        changes: &[change(&host, Says::Address(serial))],
    })
}

fn raise(log: &Log, serial: u32) {
    let serial = Serial(serial);
    log.append(Entry::Ceiling {
        zone: &zone(),
        serial,
    })
    .unwrap();
}

/// The addresses that are stored, in order.
fn addresses(recovered: &Recovered) -> Vec<u32> {
    let changes = recovered.zones.values().flat_map(|stored| &stored.changes);
    let rdatas = changes.flat_map(|change| &change.rrset.as_ref().unwrap().rdatas);
    let addresses = rdatas.map(|rdata| u32::from_be_bytes((**rdata).try_into().unwrap()));
    let mut addresses: Vec<u32> = addresses.collect();
    addresses.sort_unstable();
    addresses
}

/// A log of some commits, each flushed by itself; gives its bytes.
fn written(count: u32) -> (Sim, Vec<u8>) {
    let disk = Sim::new(1);
    let (log, _) = open(&disk).unwrap();
    for serial in 1..=count {
        log.flush(add(&log, serial).unwrap()).unwrap();
    }
    let bytes = disk.read(LOG);
    (disk, bytes)
}

/// Where each frame of a segment begins, and where they end.
fn frames(bytes: &[u8]) -> Vec<usize> {
    let mut starts = vec![64];
    loop {
        let at = *starts.last().unwrap();
        match u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) {
            0 => return starts,
            len => starts.push(at + 16 + len as usize),
        }
    }
}

#[test]
fn what_was_flushed_is_in_a_real_folder_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    for round in 0..3_u32 {
        let (log, recovered) = Log::open(Arc::new(Folder::open(&path).unwrap()), 0).unwrap();
        assert_eq!(recovered.notes, Vec::<String>::new());
        assert_eq!(addresses(&recovered), (1..=round).collect::<Vec<u32>>());
        log.flush(add(&log, round + 1).unwrap()).unwrap();
    }
    let files = std::fs::read_dir(&path).unwrap().map(Result::unwrap);
    let modes = files.map(|file| file.metadata().unwrap().permissions().mode() & 0o777);
    assert_eq!(modes.collect::<Vec<u32>>(), [0o600; 3]);
}

#[test]
fn a_folder_is_used_by_one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let held = Folder::open(&path).unwrap();
    let message = Folder::open(&path).unwrap_err().to_string();
    let expected = format!(
        "data folder \"{}\" is in use by process {}. Stop it, or give each process a folder of its \
         own (--data-dir)",
        path.display(),
        std::process::id()
    );
    assert_eq!(message, expected);
    drop(held);
    Folder::open(&path).unwrap();
}

#[test]
fn serials_are_exact_after_closing_and_above_the_ceiling_after_a_crash() {
    let disk = Sim::new(1);
    let start = |disk: &Sim| {
        let (log, recovered) = open(disk).unwrap();
        let stored = &recovered.zones[&zone()];
        (log, recovered.clean, stored.serial.0, stored.ceiling.0)
    };
    let (log, _) = open(&disk).unwrap();
    raise(&log, 100);
    add(&log, 7).unwrap();
    log.close().unwrap();
    assert!(matches!(add(&log, 8), Err(JournalError::Closed { .. })));
    let (log, clean, serial, ceiling) = start(&disk);
    assert_eq!((clean, serial, ceiling), (true, 7, 100));
    log.flush(add(&log, 8).unwrap()).unwrap();
    let (log, clean, serial, ceiling) = start(&disk);
    assert_eq!((clean, serial, ceiling), (false, 101, 100));
    log.close().unwrap();
    let (_, clean, serial, _) = start(&disk);
    assert_eq!((clean, serial), (true, 101));
}

#[test]
fn a_lower_ceiling_changes_nothing_and_a_forgotten_zone_is_gone() {
    let disk = Sim::new(1);
    let (log, _) = open(&disk).unwrap();
    raise(&log, 100);
    raise(&log, 50);
    log.close().unwrap();
    let (log, recovered) = open(&disk).unwrap();
    assert_eq!(recovered.zones[&zone()].ceiling, Serial(100));
    log.append(Entry::Forget { zone: &zone() }).unwrap();
    log.close().unwrap();
    let (_, recovered) = open(&disk).unwrap();
    assert!(recovered.clean && recovered.zones.is_empty());
}

#[test]
fn a_torn_tail_is_cut_and_said() {
    let (disk, bytes) = written(3);
    let starts = frames(&bytes);
    for cut in [starts[2] + 4, starts[2] + 20, starts[3] - 1] {
        disk.put(LOG, &bytes[..cut]);
        let (_, recovered) = open(&disk.copy()).unwrap();
        assert_eq!(addresses(&recovered), [1, 2]);
        let expected = format!(
            "\"/data/{LOG}\" is cut at byte {}: what follows was never flushed (0 whole entries \
             behind the tear)",
            starts[2]
        );
        assert_eq!(recovered.notes, [expected]);
    }
}

#[test]
fn entries_of_one_flush_are_torn_where_the_first_of_them_is() {
    let disk = Sim::new(1);
    let (log, _) = open(&disk).unwrap();
    let positions: Vec<Position> = (1..=4).map(|serial| add(&log, serial).unwrap()).collect();
    log.flush(positions[3]).unwrap();
    let mut bytes = disk.read(LOG);
    let at = frames(&bytes)[1] + 20;
    bytes[at] ^= 1;
    disk.put(LOG, &bytes);
    let (_, recovered) = open(&disk).unwrap();
    assert_eq!(addresses(&recovered), [1]);
    assert!(recovered.notes[0].ends_with("(2 whole entries behind the tear)"));
}

#[test]
fn damage_before_entries_that_were_flushed_later_is_an_error() {
    let (disk, bytes) = written(3);
    let start = frames(&bytes)[1];
    for at in [start, start + 5, start + 15, start + 16, start + 30] {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x10;
        disk.put(LOG, &bytes);
        let message = open(&disk).unwrap_err().to_string();
        let expected = format!(
            "\"/data/{LOG}\": damaged at byte {start}: durable entries behind it are whole. Restore \
             the folder from a copy, or move \"{LOG}\" and every file with a higher number away: \
             the changes in them are lost then, and serials may step back"
        );
        assert_eq!(message, expected);
        assert_eq!(disk.read(LOG), bytes, "a damaged file is left as it is");
    }
    // What the message advises works.
    disk.remove(LOG).unwrap();
    let (_, recovered) = open(&disk).unwrap();
    assert_eq!(addresses(&recovered), Vec::<u32>::new());
}

#[test]
fn an_image_that_is_not_whole_is_an_error() {
    let (disk, _) = written(3);
    open(&disk).unwrap();
    let image = "00000000000000000002.image";
    let mut bytes = disk.read(image);
    let len = bytes.len();
    bytes[len - 10] ^= 1;
    disk.put(image, &bytes);
    let message = open(&disk).unwrap_err().to_string();
    let place = message.split(':').nth(1).unwrap().to_owned();
    let expected = format!(
        "\"/data/{image}\":{place}: the image of all zones is not whole. Restore the folder from a \
         copy, or move its files away: all that updates brought is lost then, and serials may step \
         back"
    );
    assert_eq!(message, expected);
    disk.remove(image).unwrap();
    let missing = open(&disk).unwrap_err().to_string();
    assert!(
        missing.contains("entries before it are missing"),
        "{missing}"
    );
}

#[test]
fn a_later_format_is_left_alone() {
    let (disk, mut bytes) = written(1);
    bytes[11] = 4;
    disk.put(LOG, &bytes);
    let message = open(&disk).unwrap_err().to_string();
    let expected = format!(
        "\"/data/{LOG}\" has format 4, this program knows formats up to 3. Run the program that \
         wrote it, or give another --data-dir"
    );
    assert_eq!(message, expected);
    assert_eq!(disk.read(LOG), bytes);
}

#[test]
fn the_format_of_before_is_read() {
    let (disk, mut bytes) = written(2);
    bytes[11] = 1;
    bytes[12..16].fill(0);
    let crc = crc32fast::hash(&bytes[..HEADER_LEN]).to_be_bytes();
    bytes[12..16].copy_from_slice(&crc);
    disk.put(LOG, &bytes);
    let (_, recovered) = open(&disk).unwrap();
    assert_eq!(recovered.zones[&zone()].changes.len(), 2);
}

#[test]
fn one_sync_serves_all_that_wait() {
    let disk = Sim::new(1);
    let (log, _) = open(&disk).unwrap();
    let before = disk.syncs();
    let positions: Vec<Position> = (1..=64).map(|serial| add(&log, serial).unwrap()).collect();
    for position in positions.iter().rev() {
        log.flush(*position).unwrap();
    }
    assert_eq!(disk.syncs() - before, 1);
}

#[test]
fn many_threads_flush_while_old_entries_are_replaced() {
    let disk = Sim::new(1);
    let sizes = Sizes {
        step: 4096,
        segment: 2048,
    };
    let (log, _) = Log::open_with(Arc::new(disk.clone()), disk.now(), sizes).unwrap();
    let log = Arc::new(log);
    // What a store knows; its lock is held while entries are added.
    let store = std::sync::Mutex::new((0, Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let mut writer = store.lock().unwrap();
                    writer.0 += 1;
                    let serial = writer.0;
                    let position = add(&log, serial).unwrap();
                    let host = format!("host-{serial}.example.org.");
                    writer.1.push(change(&host, Says::Address(serial)));
                    drop(writer);
                    log.flush(position).unwrap();
                    let writer = store.lock().unwrap();
                    let all = || Stored {
                        changes: writer.1.clone(),
                        serial: Serial(writer.0),
                        ceiling: Serial(writer.0),
                        passed: None,
                        shown: None,
                        steps: Vec::new(),
                        late: Vec::new(),
                    };
                    let mut capture = || vec![(zone(), all())];
                    Arc::clone(&log).tidy(false, &mut capture).unwrap();
                }
            });
        }
    });
    while Arc::strong_count(&log) > 1 {
        std::thread::yield_now();
    }
    drop(log);
    disk.cut_power();
    assert!(disk.list().unwrap().len() <= 4, "{:?}", disk.list());
    let (_, recovered) = open(&disk).unwrap();
    assert_eq!(addresses(&recovered), (1..=400).collect::<Vec<u32>>());
}

#[test]
fn what_threads_were_told_is_durable_outlives_faults() {
    let mut count = 0;
    for seed in 0..32 {
        let disk = Sim::new(seed);
        let sizes = Sizes {
            step: 4096,
            segment: 1024,
        };
        let (log, _) = Log::open_with(Arc::new(disk.clone()), disk.now(), sizes).unwrap();
        let log = Arc::new(log);
        let store = std::sync::Mutex::new((0, BTreeSet::new()));
        let told = std::sync::Mutex::new(BTreeSet::new());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (log, disk, store, told) = (&log, &disk, &store, &told);
                scope.spawn(move || {
                    for round in 0..100 {
                        if thread == 0 {
                            disk.set_faults(match round % 50 {
                                10..15 => Faults::Any,
                                15..20 => Faults::Full,
                                _ => Faults::None,
                            });
                        }
                        let mut known = store.lock().unwrap();
                        known.0 += 1;
                        let serial = known.0;
                        let added = add(log, serial);
                        if added.is_ok() {
                            known.1.insert(serial);
                        }
                        drop(known);
                        match added.and_then(|position| log.flush(position)) {
                            Ok(()) => drop(told.lock().unwrap().insert(serial)),
                            Err(_) => drop(store.lock().unwrap().1.remove(&serial)),
                        }
                        let known = store.lock().unwrap();
                        let all = || {
                            let hosts = known.1.iter().map(|serial| {
                                let host = format!("host-{serial}.example.org.");
                                change(&host, Says::Address(*serial))
                            });
                            Stored {
                                changes: hosts.collect(),
                                serial: Serial(known.0),
                                ceiling: Serial(known.0),
                                passed: None,
                                shown: None,
                                steps: Vec::new(),
                                late: Vec::new(),
                            }
                        };
                        let mut capture = || vec![(zone(), all())];
                        // What goes wrong is tried again.
                        Arc::clone(log).tidy(false, &mut capture).ok();
                    }
                });
            }
        });
        while Arc::strong_count(&log) > 1 {
            std::thread::yield_now();
        }
        drop(log);
        disk.set_faults(Faults::None);
        disk.cut_power();
        let (_, recovered) = open(&disk).unwrap();
        let found: BTreeSet<u32> = addresses(&recovered).into_iter().collect();
        let told = told.into_inner().unwrap();
        let lost: Vec<&u32> = told.difference(&found).collect();
        assert_eq!(
            lost,
            Vec::<&u32>::new(),
            "of {} in round {seed}",
            told.len()
        );
        count += told.len();
    }
    assert!(count > 320, "only {count} entries were durable");
}

#[test]
fn a_full_disk_takes_entries_again_once_there_is_room() {
    let disk = Sim::new(1);
    let (log, _) = open(&disk).unwrap();
    let host = change("host.example.org.", Says::Address(9));
    let changes = vec![host; 4096];
    let entry = Entry::Commit {
        zone: &zone(),
        serial: Serial(1),
        changes: &changes,
    };
    disk.set_faults(Faults::NoRoom);
    let message = log.append(entry).unwrap_err().to_string();
    let expected = format!(
        "write to \"/data/{LOG}\": the disk is full. Free some space or make the volume larger"
    );
    assert_eq!(message, expected);
    assert!(!log.is_untrusted());
    disk.set_faults(Faults::None);
    log.flush(log.append(entry).unwrap()).unwrap();
}

#[test]
fn after_a_lost_sync_nothing_is_taken_until_all_is_written_anew() {
    let disk = Sim::new(1);
    let (log, _) = open(&disk).unwrap();
    let log = Arc::new(log);
    let kept = add(&log, 1).unwrap();
    log.flush(kept).unwrap();
    let lost = add(&log, 2).unwrap();
    disk.set_faults(Faults::NoSync);
    assert!(matches!(
        log.flush(lost),
        Err(JournalError::Io { action: "sync", .. })
    ));
    disk.set_faults(Faults::None);
    let all = || Stored {
        changes: vec![change("host-1.example.org.", Says::Address(1))],
        serial: Serial(1),
        ceiling: Serial(9),
        passed: None,
        shown: None,
        steps: Vec::new(),
        late: Vec::new(),
    };
    for _ in 0..2 {
        log.flush(kept).unwrap();
        assert!(matches!(
            log.flush(lost),
            Err(JournalError::Untrusted { .. })
        ));
        assert!(matches!(add(&log, 3), Err(JournalError::Untrusted { .. })));
        assert!(log.is_untrusted());
    }
    assert!(
        Arc::clone(&log)
            .tidy(false, &mut || vec![(zone(), all())])
            .unwrap()
    );
    while Arc::strong_count(&log) > 1 {
        std::thread::yield_now();
    }
    assert!(!log.is_untrusted());
    assert!(log.flush(lost).is_err(), "what was lost stays lost");
    log.flush(add(&log, 3).unwrap()).unwrap();
    drop(log);
    disk.cut_power();
    let (_, recovered) = open(&disk).unwrap();
    assert_eq!(addresses(&recovered), [1, 3]);
    assert_eq!(recovered.zones[&zone()].serial, Serial(10));
}

#[test]
fn what_is_stored_is_read_where_nothing_can_be_written() {
    let (disk, _) = written(2);
    disk.set_faults(Faults::NoRoom);
    let (log, recovered) = open(&disk).unwrap();
    assert_eq!(addresses(&recovered), [1, 2]);
    let notes = &recovered.notes;
    assert_eq!(notes.len(), 2);
    assert!(notes[0].contains("the disk is full"), "{notes:?}");
    assert!(notes[1].contains("leaves no trace"), "{notes:?}");
    assert!(matches!(add(&log, 3), Err(JournalError::Untrusted { .. })));
}

#[test]
fn errors_of_the_system_say_what_to_do() {
    let say = |kind: io::ErrorKind| {
        JournalError::io("write to", Path::new("/data"), "a.log", kind.into()).to_string()
    };
    let cases = [
        (io::ErrorKind::NotFound, ""),
        (
            io::ErrorKind::PermissionDenied,
            ": not permitted. The folder must belong to the user that the server runs as",
        ),
        (
            io::ErrorKind::ReadOnlyFilesystem,
            ": the file system is read-only. Mount it writable, or give another --data-dir",
        ),
        (
            io::ErrorKind::QuotaExceeded,
            ": the quota is used up. Free some space or raise it",
        ),
    ];
    for (kind, hint) in cases {
        assert_eq!(say(kind), format!("write to \"/data/a.log\"{hint}"));
    }
}

prop_compose! {
    fn any_change()(
        owner in "([a-cA-C]{1,3}\\.){0,2}(example\\.org|EXAMPLE\\.ORG|other)\\.",
        rtype: u16,
        layer in 0..Layer::ALL.len(),
        ttl in 0..u32::MAX / 2,
        rdatas in prop::option::of(prop::collection::vec(
            prop::collection::vec(any::<u8>(), 0..300), 0..4)),
    ) -> Change {
        let rtype = Rtype(rtype);
        let rrset = rdatas.map(|rdatas| Rrset {
            rtype,
            ttl: Ttl::from_secs(ttl),
            rdatas: rdatas.into_iter().map(Into::into).collect(),
        });
        Change { owner: name(&owner), rtype, layer: Layer::ALL[layer], rrset }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn commits_are_read_as_they_were_written(
        changes in prop::collection::vec(any_change(), 0..8),
        serial: u32,
        lag: u64,
    ) {
        let serial = Serial(serial);
        let mut bytes = Vec::new();
        payload::write(&mut bytes, lag, &Entry::Commit { zone: &zone(), serial, changes: &changes });
        prop_assert_eq!(payload::read_lag(&bytes), Some(lag));
        let Some(Record::Commit { zone: read_zone, serial: read_serial, changes: read }) =
            payload::read(&bytes) else { panic!("this was a commit") };
        prop_assert_eq!((read_zone, read_serial), (zone(), serial));
        prop_assert_eq!(read.len(), changes.len());
        for (read, change) in read.iter().zip(&changes) {
            prop_assert_eq!(read.owner.as_bytes(), change.owner.as_bytes());
            prop_assert_eq!((read.rtype, read.layer), (change.rtype, change.layer));
            prop_assert_eq!(&read.rrset, &change.rrset);
        }
        for cut in 0..bytes.len() {
            // A part of a commit may be a shorter one; reading it only must not panic.
            drop(payload::read(&bytes[..cut]));
        }
    }
}

const SIZES: Sizes = Sizes {
    step: 4096,
    segment: 1 << 20,
};
/// The segment that the first opening begins.
const LOG: &str = "00000000000000000001.log";

#[test]
fn a_log_that_is_missing_beside_its_image_is_told() {
    let (disk, _) = written(2);
    disk.remove(LOG).unwrap();
    let (_, recovered) = open(&disk).unwrap();
    let expected = format!("\"/data/{LOG}\" is missing: what updates brought");
    assert!(recovered.notes[0].starts_with(&expected), "{recovered:?}");
    assert!(!recovered.clean);
}
