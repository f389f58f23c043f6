//! Images: all zones at one instant, so that the segments before it can go.
//!
//! An image is entries like those of a segment, in a file of its own that gets its name only once
//! it is whole and durable.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::io;

use wire::{Name, Serial};

use super::frame::{self, Header, Kind, VERSION};
use super::recover::{DRAFT, Files, IMAGE, file_name};
use super::state::newer;
use super::{Disk, DiskFile, Entry, JournalError, Stored, payload};
use crate::writer::Change;

/// The instant between two segments that an image is to show.
#[derive(Debug)]
#[must_use = "without an image the older segments stay"]
pub(super) struct Rotation {
    /// The segment that begins then, and the image.
    pub(super) number: u64,
    /// The last entry before.
    pub(super) last: u64,
    /// All entries up to this one were durable then.
    pub(super) durable: u64,
    /// The ceilings then.
    pub(super) ceilings: BTreeMap<Name, Serial>,
}

/// Writes a whole image and makes it durable; gives how many bytes it has.
pub(super) fn write<S: Borrow<Stored>>(
    disk: &dyn Disk,
    rotation: &Rotation,
    zones: impl Iterator<Item = (Name, S)>,
) -> Result<u64, JournalError> {
    let draft = file_name(rotation.number, DRAFT);
    let name = file_name(rotation.number, IMAGE);
    let written = write_draft(disk, &draft, rotation, zones);
    let done = written.and_then(|size| {
        let renamed = disk.rename(&draft, &name);
        renamed.map_err(|error| JournalError::io("rename to", disk.path(), &name, error))?;
        let synced = disk.sync_folder();
        synced.map_err(|error| JournalError::io("sync folder", disk.path(), "", error))?;
        Ok(size)
    });
    if done.is_err() {
        // It is of no use, and the disk may be full; opening takes it away as well.
        disk.remove(&draft).ok();
    }
    done
}

fn write_draft<S: Borrow<Stored>>(
    disk: &dyn Disk,
    name: &str,
    rotation: &Rotation,
    zones: impl Iterator<Item = (Name, S)>,
) -> Result<u64, JournalError> {
    let failed = |action| move |error| JournalError::io(action, disk.path(), name, error);
    let file = disk.create(name).map_err(failed("make file"))?;
    let mut draft = Draft {
        file: &*file,
        salt: disk.random(),
        sequence: 0,
        buffer: Vec::with_capacity(2 * CHUNK),
        at: 0,
    };
    let header = Header {
        kind: Kind::Image,
        version: VERSION,
        number: rotation.number,
        first: rotation.last + 1,
        // Whether the image is durable is not known before it has its name, and its name is.
        durable: rotation.durable,
        salt: draft.salt,
    };
    draft.buffer.extend(header.to_bytes());
    let too_big = |bytes| JournalError::too_big(disk.path(), bytes);
    for (zone, stored) in zones {
        let Stored {
            changes,
            serial,
            ceiling,
            passed,
            shown,
            steps,
            late,
        } = stored.borrow();
        // What was shown and what led there, then what came after it. A zone without contributions is
        // known by its serial, which may be one that nobody was shown yet.
        let known = shown.map_or(*serial, |shown| shown.serial);
        let parts = [(known, &**changes), (*serial, &**late)];
        for (part, (serial, mut rest)) in parts.into_iter().enumerate() {
            loop {
                let (changes, others) = rest.split_at(chunk_len(rest));
                let entry = Entry::Commit {
                    zone: &zone,
                    serial,
                    changes,
                };
                draft.add(Some(&entry)).map_err(too_big)?;
                draft.spill(CHUNK).map_err(failed("write to"))?;
                rest = others;
                if rest.is_empty() {
                    break;
                }
            }
            let Some(shown) = shown.filter(|_| part == 0) else {
                continue;
            };
            let (zone, sum) = (&zone, shown.sum);
            for step in steps {
                // Of the last one alone the sum counts.
                let entry = Entry::Step { zone, step, sum };
                draft.add(Some(&entry.kept())).map_err(too_big)?;
                draft.spill(CHUNK).map_err(failed("write to"))?;
            }
            let entry = Entry::Shown { zone, shown };
            draft.add(Some(&entry)).map_err(too_big)?;
        }
        if let Some(serial) = *passed {
            let entry = Entry::Passed {
                zone: &zone,
                serial,
            };
            draft.add(Some(&entry)).map_err(too_big)?;
        }
        let before = rotation.ceilings.get(&zone).copied();
        let entry = Entry::Ceiling {
            zone: &zone,
            serial: newer(before, *ceiling),
        };
        draft.add(Some(&entry)).map_err(too_big)?;
    }
    draft.add(None).map_err(too_big)?;
    draft.spill(0).map_err(failed("write to"))?;
    file.sync_data().map_err(failed("sync"))?;
    Ok(draft.at)
}

/// How many changes one entry takes, so that reading it takes little room.
fn chunk_len(changes: &[Change]) -> usize {
    let mut bytes = 0;
    let fills = changes.iter().position(|change| {
        let rdatas = change.rrset.iter().flat_map(|rrset| &rrset.rdatas);
        bytes += 16 + rdatas.map(|rdata| rdata.len() + 1).sum::<usize>();
        bytes >= CHUNK / 4
    });
    fills.map_or(changes.len(), |last| last + 1)
}

/// An image in the making.
struct Draft<'a> {
    file: &'a dyn DiskFile,
    salt: u64,
    sequence: u64,
    /// What is not in the file yet.
    buffer: Vec<u8>,
    at: u64,
}

impl Draft<'_> {
    /// Adds an entry, or the end.
    fn add(&mut self, entry: Option<&Entry<'_>>) -> Result<(), usize> {
        let start = frame::begin(&mut self.buffer);
        match entry {
            Some(entry) => payload::write(&mut self.buffer, 0, entry),
            None => payload::write_end(&mut self.buffer, 0),
        }
        self.sequence += 1;
        frame::finish(&mut self.buffer, start, self.salt, self.sequence)
    }

    /// Writes what is there if it is more than so many bytes.
    fn spill(&mut self, least: usize) -> io::Result<()> {
        if self.buffer.len() > least {
            self.file.write_at(&self.buffer, self.at)?;
            self.at += self.buffer.len() as u64;
            self.buffer.clear();
        }
        Ok(())
    }
}

/// Takes away what an image has made useless. What stays behind goes with the next image.
pub(super) fn remove_older(disk: &dyn Disk, number: u64) -> Result<(), JournalError> {
    let files = Files::list(disk)?;
    let older = files
        .images
        .range(..number)
        .chain(files.segments.range(..number));
    let rest = files.drafts.range(..number);
    let rest = rest.chain(files.marks.range(..number));
    let mut done = Ok(());
    for (_, name) in older.chain(rest) {
        let removed = disk.remove(name);
        if let Err(error) = removed {
            done = Err(JournalError::io("remove", disk.path(), name, error));
        }
    }
    done
}

/// The bytes that are written at a time.
const CHUNK: usize = 256 << 10;
