//! A disk in memory that forgets what was not synced, and fails when it is told to.
//!
//! After a power cut each unsynced write may be there whole, in part, in single sectors or not at
//! all, and so may each unsynced change of a name. After a sync that failed, the system still shows
//! what was written, but it never reaches the disk.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::journal::{Disk, DiskFile};

#[derive(Clone, Debug)]
pub(crate) struct Sim(Arc<Mutex<Inner>>);

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Faults {
    /// Now and then anything.
    Any,
    /// Not at all.
    None,
    /// Most writes find no room.
    Full,
    /// There is no room at all.
    NoRoom,
    /// Nothing that was written is made durable.
    NoSync,
    /// No file can be opened.
    NoOpen,
    /// There is room for names, and for nothing else.
    NamesOnly,
    /// Nothing can be changed.
    ReadOnly,
}

#[derive(Debug)]
struct Inner {
    files: Vec<Content>,
    shown: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
    unsynced: Vec<NameChange>,
    faults: Faults,
    random: u64,
    syncs: usize,
    /// Seconds since 1970.
    now: u64,
}

#[derive(Clone, Debug, Default)]
struct Content {
    shown: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<(usize, Vec<u8>)>,
    changed: u64,
}

#[derive(Clone, Debug)]
enum NameChange {
    Put(String, usize),
    Remove(String),
    Rename(String, String),
}

#[derive(Debug)]
struct File {
    disk: Sim,
    number: usize,
}

impl Sim {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            files: Vec::new(),
            shown: BTreeMap::new(),
            durable: BTreeMap::new(),
            unsynced: Vec::new(),
            faults: Faults::None,
            random: seed,
            syncs: 0,
            now: 1_000_000_000,
        })))
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, seconds: u64) {
        self.lock().now += seconds;
    }

    /// What its clock shows.
    pub(crate) fn now(&self) -> u64 {
        self.lock().now
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.lock().faults = faults;
    }

    pub(crate) fn cut_power(&self) {
        let mut inner = self.lock();
        inner.settle_names();
        inner.shown = inner.durable.clone();
        for number in 0..inner.files.len() {
            inner.settle(number);
            let content = &mut inner.files[number];
            content.shown = content.durable.clone();
        }
    }

    /// The same content on another disk.
    pub(super) fn copy(&self) -> Self {
        let inner = self.lock();
        let copy = Self::new(inner.random);
        for (name, number) in &inner.shown {
            copy.put(name, &inner.files[*number].shown);
        }
        copy
    }

    /// How often data was synced.
    pub(super) fn syncs(&self) -> usize {
        self.lock().syncs
    }

    /// What the system shows of a file.
    pub(super) fn read(&self, name: &str) -> Vec<u8> {
        let inner = self.lock();
        inner.files[inner.shown[name]].shown.clone()
    }

    /// Puts a file there, as if it had always been so.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) {
        let mut inner = self.lock();
        let (number, changed) = (inner.files.len(), inner.now);
        inner.files.push(Content {
            shown: bytes.to_vec(),
            durable: bytes.to_vec(),
            unsynced: Vec::new(),
            changed,
        });
        inner.shown.insert(name.to_owned(), number);
        inner.durable.insert(name.to_owned(), number);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    fn file(&self, number: usize) -> Box<dyn DiskFile> {
        Box::new(File {
            disk: self.clone(),
            number,
        })
    }
}

impl Inner {
    fn random(&mut self, below: usize) -> usize {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed >> 33) % below as u64).unwrap()
    }

    /// Whether this call fails, and how.
    fn fault(&mut self, writes: bool) -> Option<io::Error> {
        if self.faults == Faults::ReadOnly {
            return writes.then(|| ErrorKind::ReadOnlyFilesystem.into());
        }
        let (broken, full) = match self.faults {
            Faults::Any => (self.random(8) == 0, self.random(8) == 0),
            Faults::None => (false, false),
            Faults::Full => (false, self.random(3) > 0),
            Faults::NoRoom | Faults::NamesOnly => (false, true),
            Faults::NoSync | Faults::NoOpen | Faults::ReadOnly => (false, false),
        };
        if broken {
            return Some(io::Error::from_raw_os_error(5));
        }
        (full && writes).then(|| ErrorKind::StorageFull.into())
    }

    /// Lets chance decide what of the unsynced writes is on the disk.
    fn settle(&mut self, number: usize) {
        let writes = std::mem::take(&mut self.files[number].unsynced);
        let usual = self.random(4);
        for (at, bytes) in writes {
            let end = bytes.len();
            let kept: Vec<(usize, usize)> = match self.random(8).min(usual * 2) {
                0 => Vec::new(),
                1 => {
                    vec![(0, self.random(end + 1))]
                }
                2 => {
                    let first = at / SECTOR;
                    let last = (at + end).div_ceil(SECTOR);
                    let sectors = (first..last).filter(|_| self.random(2) == 0);
                    let range = |sector: usize| {
                        let from = (sector * SECTOR).max(at) - at;
                        (from, ((sector + 1) * SECTOR - at).min(end))
                    };
                    sectors.map(range).collect()
                }
                _ => vec![(0, end)],
            };
            for (from, to) in kept {
                put(&mut self.files[number].durable, at + from, &bytes[from..to]);
            }
        }
    }

    fn settle_names(&mut self) {
        for change in std::mem::take(&mut self.unsynced) {
            if self.random(2) == 0 {
                apply(&mut self.durable, change);
            }
        }
    }

    fn change_name(&mut self, change: NameChange) {
        apply(&mut self.shown, change.clone());
        self.unsynced.push(change);
    }
}

impl Disk for Sim {
    fn path(&self) -> &Path {
        Path::new("/data")
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.lock().shown.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let inner = self.lock();
        if inner.faults == Faults::NoOpen {
            // No descriptor is left.
            return Err(io::Error::from_raw_os_error(24));
        }
        let number = inner.shown.get(name).copied();
        drop(inner);
        number
            .map(|number| self.file(number))
            .ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut inner = self.lock();
        let writes = inner.faults != Faults::NamesOnly;
        let fault = inner.fault(writes);
        let read_only = inner.faults == Faults::ReadOnly;
        let fault = match fault {
            Some(fault) if read_only || inner.random(2) == 0 => return Err(fault),
            fault => fault,
        };
        let (number, changed) = (inner.files.len(), inner.now);
        inner.files.push(Content {
            changed,
            ..Content::default()
        });
        inner.change_name(NameChange::Put(name.to_owned(), number));
        drop(inner);
        fault.map_or_else(|| Ok(self.file(number)), Err)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = self.lock();
        let read_only = inner.faults == Faults::ReadOnly;
        let fault = inner.fault(read_only);
        if fault.is_none() || (!read_only && inner.random(2) == 0) {
            inner.change_name(NameChange::Rename(from.to_owned(), to.to_owned()));
        }
        fault.map_or(Ok(()), Err)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut inner = self.lock();
        let read_only = inner.faults == Faults::ReadOnly;
        let fault = inner.fault(read_only);
        if fault.is_none() || (!read_only && inner.random(2) == 0) {
            inner.change_name(NameChange::Remove(name.to_owned()));
        }
        fault.map_or(Ok(()), Err)
    }

    fn changed(&self, name: &str) -> io::Result<u64> {
        let inner = self.lock();
        let number = inner.shown.get(name).ok_or(ErrorKind::NotFound)?;
        Ok(inner.files[*number].changed)
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut inner = self.lock();
        if let Some(fault) = inner.fault(false) {
            inner.settle_names();
            return Err(fault);
        }
        for change in std::mem::take(&mut inner.unsynced) {
            apply(&mut inner.durable, change);
        }
        Ok(())
    }

    fn random(&self) -> u64 {
        self.lock().random(usize::MAX) as u64
    }
}

impl DiskFile for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.disk.lock().files[self.number].shown.len() as u64)
    }

    fn identity(&self) -> io::Result<[u64; 2]> {
        Ok([0, self.number as u64])
    }

    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let mut inner = self.disk.lock();
        let most = 1 + inner.random(4096);
        let content = &inner.files[self.number].shown;
        let rest = content
            .get(usize::try_from(at).unwrap()..)
            .unwrap_or_default();
        let count = buffer.len().min(rest.len()).min(most);
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut inner = self.disk.lock();
        let at = usize::try_from(at).unwrap();
        let fault = inner.fault(true);
        let count = match &fault {
            None => bytes.len(),
            Some(fault) if fault.kind() == ErrorKind::ReadOnlyFilesystem => 0,
            // Without room for all, something is missing; else all may be there.
            Some(fault) if fault.kind() == ErrorKind::StorageFull => inner.random(bytes.len()),
            Some(_) => inner.random(bytes.len() + 1),
        };
        let now = inner.now;
        let content = &mut inner.files[self.number];
        if count > 0 {
            content.changed = now;
        }
        put(&mut content.shown, at, &bytes[..count]);
        content.unsynced.push((at, bytes[..count].to_vec()));
        fault.map_or(Ok(()), Err)
    }

    fn preallocate(&self, from: u64, to: u64) -> io::Result<()> {
        let mut inner = self.disk.lock();
        if let Some(fault) = inner.fault(true) {
            return Err(fault);
        }
        let content = &mut inner.files[self.number];
        let (from, to) = (usize::try_from(from).unwrap(), usize::try_from(to).unwrap());
        if content.shown.len() < to {
            content.shown.resize(to, 0);
            content.unsynced.push((from, vec![0; to - from]));
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut inner = self.disk.lock();
        inner.syncs += 1;
        let lost = || io::Error::from_raw_os_error(5);
        let fault = (inner.faults == Faults::NoSync).then(lost);
        if let Some(fault) = fault.or_else(|| inner.fault(false)) {
            inner.settle(self.number);
            return Err(fault);
        }
        let content = &mut inner.files[self.number];
        for (at, bytes) in std::mem::take(&mut content.unsynced) {
            put(&mut content.durable, at, &bytes);
        }
        Ok(())
    }
}

fn put(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if !bytes.is_empty() {
        content.resize(content.len().max(at + bytes.len()), 0);
        content[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

fn apply(names: &mut BTreeMap<String, usize>, change: NameChange) {
    match change {
        NameChange::Put(name, number) => drop(names.insert(name, number)),
        NameChange::Remove(name) => drop(names.remove(&name)),
        NameChange::Rename(from, to) => {
            if let Some(number) = names.remove(&from) {
                names.insert(to, number);
            }
        }
    }
}

const SECTOR: usize = 512;
