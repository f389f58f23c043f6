//! Runs that end in order, by a kill or by a power cut, on a disk that forgets; and a secondary.
//!
//! What holds: each serial is shown with one contents for ever, whatever was lost in between; what was
//! acknowledged is there and nothing else of the dynamic layer; steps from any version that a secondary
//! has lead to what is shown. That holds too where the disk can only be read for a part of a run or all
//! of it; but a start that finds a zone as it was before that has its serial of then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wire::{Name, Rtype, Serial, Ttl};

use super::tests::{file, name};
use crate::journal::Log;
use crate::journal::tests::{Faults, Sim, open_small};
use crate::layer::Layer;
use crate::snapshot::Zone;
use crate::store::Store;
use crate::writer::{Change, Rrset};

type Contents = BTreeSet<(Vec<u8>, Rtype, Ttl, Vec<u8>)>;

/// What lives on from run to run.
struct World {
    disk: Sim,
    random: u64,
    /// Last bytes of the addresses that clients were told to be there.
    acknowledged: BTreeMap<u64, u8>,
    /// What was ever shown.
    versions: BTreeMap<u32, Contents>,
    last: Option<Serial>,
    secondary: Option<(Serial, Contents)>,
    /// The serial of the file, and what it says.
    file: (u32, u8),
    by_steps: usize,
    /// Whether disks are read-only at times.
    fails: bool,
    /// Whether files change while they are.
    raises: bool,
    /// Nothing can be written now; or could not be, since all was last.
    read_only: bool,
    dark: bool,
}

/// One run.
struct Run {
    store: Store,
    log: Arc<Log>,
}

impl World {
    fn new(seed: u64, fails: bool) -> Self {
        Self {
            fails,
            raises: seed.is_multiple_of(2),
            read_only: false,
            dark: false,
            disk: Sim::new(seed),
            random: seed,
            acknowledged: BTreeMap::new(),
            versions: BTreeMap::new(),
            last: None,
            secondary: None,
            file: (7, 1),
            by_steps: 0,
        }
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % limit
    }

    fn run(&mut self) {
        // Where nothing was ever stored nothing is known.
        let known = self.last.is_some();
        self.set_read_only(self.fails && known && self.random.is_multiple_of(4));
        self.disk.pass(1);
        let (log, recovered) = open_small(&self.disk);
        let log = Arc::new(log);
        let store = Store::new([1, 2]);
        store.keep_in(log.clone(), recovered.zones);
        let run = Run { store, log };
        match self.below(6) {
            // Who writes files raises serials above what is shown: one that a file gives is taken.
            _ if self.dark && self.raises => {
                let shown = self.last.map_or(0, |last| last.0);
                self.file = (shown.max(self.file.0) + 1000, self.file.1 + 1);
            }
            _ if self.dark => {}
            0 => self.file.1 += 1,
            1 => self.file = (self.file.0 + 1, self.file.1 + 1),
            2 => self.file.0 = self.file.0.saturating_sub(1),
            _ => {}
        }
        self.load(&run);
        run.store.settle_serials();
        let kept = shown(&run).serial();
        if self.dark && self.versions.contains_key(&kept.0) {
            // It steps back, to what it was.
            self.last = Some(kept);
        }
        if !self.read_only {
            self.dark = false;
        }
        self.look(&run);
        if self.below(3) == 0 {
            self.refresh(&run);
        }
        let incomplete = self.below(3) == 0;
        run.store.set_incomplete(&name("zone."), incomplete);
        for _ in 0..self.below(20) {
            self.disk.pass(1);
            if self.fails && self.below(20) == 0 {
                self.set_read_only(true);
            }
            match self.below(10) {
                0..4 => self.update(&run),
                4..7 => self.sync(&run),
                7 => {
                    run.store.tidy_journal();
                    // The thread that writes an image must not write into the next run.
                    while Arc::strong_count(&run.log) > 2 {
                        std::thread::yield_now();
                    }
                }
                8 => self.refresh(&run),
                _ if self.read_only => {}
                _ => {
                    self.file.1 += 1;
                    self.load(&run);
                }
            }
            self.look(&run);
        }
        match self.below(3) {
            0 => {
                run.store.note_serials();
                let closed = run.log.close();
                assert!(closed.is_ok() || self.read_only, "{closed:?}");
            }
            1 => {}
            _ => self.disk.cut_power(),
        }
    }

    fn set_read_only(&mut self, read_only: bool) {
        self.read_only = read_only;
        self.dark |= read_only;
        self.disk.set_faults(match read_only {
            true => Faults::ReadOnly,
            false => Faults::None,
        });
    }

    fn load(&self, run: &Run) {
        let (serial, last) = self.file;
        let file = file(serial, &[("host.zone.", last)]);
        run.store.replace_static(&file).unwrap();
    }

    /// An update by a client: durable before it is told.
    fn update(&mut self, run: &Run) {
        let owner = self.below(4);
        let last = u8::try_from(self.below(5)).unwrap();
        let change = change(Layer::Dynamic, owner, last);
        let changes = [change];
        let zone = name("zone.");
        let batch = (&zone, &changes[..], None);
        let recorded = run.store.record(std::iter::once(batch));
        if self.read_only {
            assert!(recorded.is_err());
            return;
        }
        recorded.unwrap();
        // Names of objects may come in between.
        if self.below(4) == 0 {
            self.sync(run);
        }
        let [change] = changes;
        run.store
            .commit_recorded(&zone, vec![change], None)
            .unwrap();
        match last {
            0 => self.acknowledged.remove(&owner),
            last => self.acknowledged.insert(owner, last),
        };
    }

    /// Names of objects: not durable at once.
    fn sync(&mut self, run: &Run) {
        let (owner, last) = (10 + self.below(4), self.below(5));
        let change = change(Layer::Synced, owner, u8::try_from(last).unwrap());
        run.store.commit(&name("zone."), vec![change]).unwrap();
    }

    /// What is shown is right, and was never something else under this serial.
    fn look(&mut self, run: &Run) {
        let zone = shown(run);
        let (serial, contents) = (zone.serial(), contents(&zone));
        let last = self.last.replace(serial).unwrap_or(serial);
        assert!(
            last == serial || serial.is_newer_than(last),
            "{serial:?} after {last:?}"
        );
        let before = self
            .versions
            .entry(serial.0)
            .or_insert_with(|| contents.clone());
        assert_eq!(*before, contents, "{serial:?} was something else");
        let layer = run.store.layer(&name("zone."), Layer::Dynamic);
        let found: BTreeMap<Name, u8> = layer
            .into_iter()
            .filter_map(|change| Some((change.owner, *change.rrset?.rdatas.first()?.last()?)))
            .collect();
        let acknowledged = self.acknowledged.iter();
        let acknowledged: BTreeMap<Name, u8> = acknowledged
            .map(|(owner, last)| (owner_name(*owner), *last))
            .collect();
        assert_eq!(found, acknowledged);
    }

    /// The secondary asks for steps, and takes all where there are none.
    fn refresh(&mut self, run: &Run) {
        let zone = shown(run);
        let whole = contents(&zone);
        let held = self.secondary.take();
        let since = held.and_then(|(serial, held)| {
            let steps = run.store.since(&name("zone."), serial)?.steps?;
            Some((steps, held))
        });
        if let Some((steps, mut held)) = since {
            for step in &steps {
                for one in step.removed().filter(|one| one.rtype != Rtype::SOA) {
                    let gone = (one.owner.to_vec(), one.rtype, one.ttl, one.rdata.to_vec());
                    assert!(held.remove(&gone), "not there to be removed: {gone:?}");
                }
                for one in step.added().filter(|one| one.rtype != Rtype::SOA) {
                    let new = (one.owner.to_vec(), one.rtype, one.ttl, one.rdata.to_vec());
                    assert!(held.insert(new), "there already");
                }
            }
            assert_eq!(held, whole, "steps lead elsewhere");
            self.by_steps += 1;
        }
        self.secondary = Some((zone.serial(), whole));
    }
}

fn owner_name(number: u64) -> Name {
    name(&format!("n{number}.zone."))
}

fn change(layer: Layer, owner: u64, last: u8) -> Change {
    let (rtype, ttl) = (Rtype::A, Ttl::from_secs(60));
    let rdatas = vec![Box::from([192, 0, 2, last])];
    let rrset = Rrset { rtype, ttl, rdatas };
    Change {
        owner: owner_name(owner),
        rtype,
        layer,
        rrset: (last > 0).then_some(rrset),
    }
}

fn shown(run: &Run) -> Arc<Zone> {
    run.store.since(&name("zone."), Serial(0)).unwrap().zone
}

/// All but the SOA, which has the serial.
fn contents(zone: &Zone) -> Contents {
    let rrsets = zone.nodes().flat_map(|node| {
        let owner = node.owner().to_vec();
        node.rrsets().map(move |rrset| (owner.clone(), rrset))
    });
    let rrsets = rrsets.filter(|(_, rrset)| rrset.rtype() != Rtype::SOA);
    let records = rrsets.flat_map(|(owner, rrset)| {
        let (rtype, ttl) = (rrset.rtype(), rrset.ttl());
        let rdatas = rrset.rdatas();
        rdatas.map(move |rdata| (owner.clone(), rtype, ttl, rdata.to_vec()))
    });
    records.collect()
}

#[test]
fn no_end_of_a_run_makes_two_contents_of_one_serial() {
    check(0..150, false);
}

#[test]
fn no_disk_that_can_only_be_read_makes_two_contents_of_one_serial() {
    check(0..150, true);
}

fn check(seeds: std::ops::Range<u64>, fails: bool) {
    let mut by_steps = 0;
    for seed in seeds.clone() {
        let mut world = World::new(seed, fails);
        // The seed of a failure is the last one that is said.
        let told = Seed(seed);
        for _ in 0..8 {
            world.run();
        }
        by_steps += world.by_steps;
        std::mem::forget(told);
    }
    let least = if fails { 1 } else { 3 };
    assert!(by_steps > least * seeds.count(), "{by_steps} by steps");
}

/// Says which seed it was when a run panics.
struct Seed(u64);

impl Drop for Seed {
    #[expect(clippy::print_stderr, reason = "a test tells on the terminal")]
    fn drop(&mut self) {
        eprintln!("seed {}", self.0);
    }
}
