//! Any bytes as the entries of a journal: no panic, and what is read of them is written anew and
//! read again.

#![no_main]

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use libfuzzer_sys::fuzz_target;
use zone::journal::{Disk, DiskFile, Log, Recovered};

fuzz_target!(|entries: &[u8]| {
    let disk = Arc::new(Memory::default());
    drop(open(&disk).expect("an empty folder is none that is damaged"));
    let segment = disk
        .file("00000000000000000001.log")
        .expect("opening makes it");
    segment.write_at(entries, HEADER).expect("memory takes all");
    let Ok(first) = open(&disk) else {
        return;
    };
    let second = open(&disk).expect("what was written anew is whole");
    assert_eq!(second.notes, Vec::<String>::new());
    assert_eq!(contents(&first), contents(&second));
});

fn open(disk: &Arc<Memory>) -> std::result::Result<Recovered, zone::journal::JournalError> {
    Log::open(Arc::clone(disk) as Arc<dyn Disk>, 0).map(|(_, recovered)| recovered)
}

/// What the layers of each zone say, in order.
fn contents(recovered: &Recovered) -> BTreeMap<String, Vec<String>> {
    let zones = recovered.zones.iter().map(|(zone, stored)| {
        let changes = stored.changes.iter().map(|change| format!("{change:?}"));
        let mut changes: Vec<String> = changes.collect();
        changes.sort_unstable();
        changes.push(format!("{:?} {:?} {:?}", stored.shown, stored.steps, stored.late));
        (zone.to_string(), changes)
    });
    zones.collect()
}

/// Files in memory.
#[derive(Debug, Default)]
struct Memory(Mutex<BTreeMap<String, File>>);

#[derive(Clone, Debug, Default)]
struct File(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn file(&self, name: &str) -> Option<File> {
        let files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        files.get(name).cloned()
    }
}

impl Disk for Memory {
    fn path(&self) -> &Path {
        Path::new("journal")
    }

    fn list(&self) -> Result<Vec<String>> {
        let files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(files.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> Result<Box<dyn DiskFile>> {
        let file = self.file(name).ok_or(ErrorKind::NotFound)?;
        Ok(Box::new(file))
    }

    fn create(&self, name: &str) -> Result<Box<dyn DiskFile>> {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let file = File::default();
        files.insert(name.to_owned(), file.clone());
        Ok(Box::new(file))
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let file = files.remove(from).ok_or(ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<()> {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let removed = files.remove(name);
        removed.map(drop).ok_or(ErrorKind::NotFound.into())
    }

    fn changed(&self, _: &str) -> Result<u64> {
        Ok(0)
    }

    fn sync_folder(&self) -> Result<()> {
        Ok(())
    }

    fn random(&self) -> u64 {
        // So that inputs hold the numbers of their entries as they are.
        0
    }
}

impl DiskFile for File {
    fn size(&self) -> Result<u64> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).len() as u64)
    }

    fn identity(&self) -> Result<[u64; 2]> {
        Ok([0, 0])
    }

    fn read_at(&self, buffer: &mut [u8], at: u64) -> Result<usize> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = usize::try_from(at).map_err(Error::other)?;
        let rest = bytes.get(at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, new: &[u8], at: u64) -> Result<()> {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = usize::try_from(at).map_err(Error::other)?;
        let len = bytes.len().max(at + new.len());
        bytes.resize(len, 0);
        bytes[at..at + new.len()].copy_from_slice(new);
        Ok(())
    }

    fn preallocate(&self, _: u64, _: u64) -> Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    fn sync_data(&self) -> Result<()> {
        Ok(())
    }
}

/// The bytes before the first entry.
const HEADER: u64 = 64;
