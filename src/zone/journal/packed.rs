//! Entries in places that are no files: bytes of a few entries together, and what many of them come to.
//!
//! ```text
//! entries → pack → bytes, kept somewhere under a number → Replay, in their order → what was stored
//! what a zone is → pack_zone → pieces, kept somewhere under one number ──┘
//! ```
//!
//! Only what cannot come again by itself is worth it there: ceilings, and what clients brought. Each
//! frame has its number and a sum like those in files, so that a piece in the wrong place is noticed.

use std::collections::BTreeMap;

use wire::Name;

use super::frame::{self, FRAME_LEN, Head};
use super::payload::{self, Record};
use super::state::State;
use super::{Entry, Stored};
use crate::layer::Layer;
use crate::writer::Change;

/// Bytes that are no entries, or those of another number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {number}: damaged at byte {byte}")]
pub struct Unreadable {
    /// The number.
    pub number: u64,
    /// Where.
    pub byte: usize,
}

/// Whether a change cannot come again by itself: neither a file nor an object has it.
#[must_use]
pub fn is_brought(change: &Change) -> bool {
    matches!(change.layer, Layer::Dynamic | Layer::Override)
}

/// Adds an entry to those that are kept under a number. Of commits this is what clients brought; tells
/// whether anything is left of it.
pub fn pack(into: &mut Vec<u8>, number: u64, entry: Entry<'_>) -> bool {
    match entry {
        Entry::Ceiling { .. } => add(into, number, &entry),
        Entry::Commit {
            zone,
            serial,
            changes,
        } => {
            let brought = changes.iter().filter(|change| is_brought(change));
            let changes: Vec<Change> = brought.cloned().collect();
            if changes.is_empty() {
                return false;
            }
            let changes = &changes[..];
            add(
                into,
                number,
                &Entry::Commit {
                    zone,
                    serial,
                    changes,
                },
            )
        }
        Entry::Forget { .. } | Entry::Passed { .. } | Entry::Shown { .. } | Entry::Step { .. } => {
            false
        }
    }
}

/// All that is to be kept of a zone, in pieces of about so many bytes. There is one at least.
#[must_use]
pub fn pack_zone(zone: &Name, stored: &Stored, number: u64, most: usize) -> Vec<Vec<u8>> {
    let mut pieces = vec![Vec::new()];
    let all = stored.changes.iter().chain(&stored.late);
    let all: Vec<Change> = all.filter(|change| is_brought(change)).cloned().collect();
    let mut rest = &all[..];
    while !rest.is_empty() {
        let (changes, others) = rest.split_at(fitting(rest, most));
        let entry = Entry::Commit {
            zone,
            serial: stored.serial,
            changes,
        };
        let mut piece = Vec::new();
        add(&mut piece, number, &entry);
        match pieces.last_mut() {
            Some(last) if last.len() + piece.len() <= most => last.append(&mut piece),
            _ => pieces.push(piece),
        }
        rest = others;
    }
    let entry = Entry::Ceiling {
        zone,
        serial: stored.ceiling,
    };
    if let Some(last) = pieces.last_mut() {
        add(last, number, &entry);
    }
    pieces
}

/// How many changes fill a quarter of a piece; one at least.
fn fitting(changes: &[Change], most: usize) -> usize {
    let mut bytes = 0;
    let fills = changes.iter().position(|change| {
        bytes += size(change);
        bytes >= most / 4
    });
    fills.map_or(changes.len(), |last| last + 1)
}

/// About how many bytes a change takes.
pub(crate) fn size(change: &Change) -> usize {
    let rdatas = change.rrset.iter().flat_map(|rrset| &rrset.rdatas);
    let rdatas = rdatas.map(|rdata| rdata.len() + 3);
    change.owner.as_bytes().len() + 16 + rdatas.sum::<usize>()
}

fn add(into: &mut Vec<u8>, number: u64, entry: &Entry<'_>) -> bool {
    let start = frame::begin(into);
    payload::write(into, 0, entry);
    let fits = frame::finish(into, start, SALT, number).is_ok();
    if !fits {
        into.truncate(start);
    }
    fits
}

/// What the bytes that were read come to.
#[derive(Debug, Default)]
pub struct Replay {
    state: State,
    commits: bool,
}

impl Replay {
    /// Takes in what is kept under a number. Entries come in the order in which they were made.
    ///
    /// # Errors
    /// When they are damaged; what was whole before that counts.
    pub fn read(&mut self, number: u64, bytes: &[u8]) -> Result<(), Unreadable> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let read = one(rest, number);
            let (record, len) = read.ok_or(Unreadable { number, byte: at })?;
            self.commits |= matches!(record, Record::Commit { .. });
            self.state.apply(record);
            at += len;
        }
        Ok(())
    }

    /// Whether anything said what clients brought.
    #[must_use]
    pub fn has_commits(&self) -> bool {
        self.commits
    }

    /// What it comes to: serials begin above the ceilings.
    #[must_use]
    pub fn finish(self) -> BTreeMap<Name, Stored> {
        self.state.finish(false, 0, 0)
    }
}

/// The first entry of bytes, and how many of them it takes.
fn one(bytes: &[u8], number: u64) -> Option<(Record, usize)> {
    let head = Head::read(bytes, SALT).filter(|head| head.sequence == number)?;
    let len = usize::try_from(head.frame_len()).ok()?;
    debug_assert!(len >= FRAME_LEN, "a frame has a head");
    let payload = frame::payload(bytes.get(..len)?)?;
    Some((payload::read(payload)?, len))
}

/// Where these bytes are kept nobody finds stale ones.
const SALT: u64 = 0;

#[cfg(test)]
mod tests {
    use wire::{Rtype, Serial, Ttl};

    use super::*;
    use crate::writer::Rrset;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), None).unwrap()
    }

    fn change(owner: &str, layer: Layer, text: Option<&[u8]>) -> Change {
        let rtype = Rtype::TXT;
        let rrset = text.map(|text| Rrset {
            rtype,
            ttl: Ttl::from_secs(60),
            rdatas: vec![text.into()],
        });
        Change {
            owner: name(owner),
            rtype,
            layer,
            rrset,
        }
    }

    fn texts(stored: &Stored) -> Vec<String> {
        let mut texts: Vec<String> = stored
            .changes
            .iter()
            .map(|change| format!("{} {}", change.owner, change.layer))
            .collect();
        texts.sort();
        texts
    }

    #[test]
    fn what_clients_brought_comes_back_and_nothing_else() {
        let zone = name("zone.");
        let (serial, mut bytes) = (Serial(7), Vec::new());
        let ceiling = Entry::Ceiling {
            zone: &zone,
            serial: Serial(100),
        };
        assert!(pack(&mut bytes, 3, ceiling));
        let changes = [
            change("a.zone.", Layer::Dynamic, Some(b"\x01a")),
            change("b.zone.", Layer::Override, Some(b"\x01b")),
            change("c.zone.", Layer::Synced, Some(b"\x01c")),
        ];
        let commit = |changes| Entry::Commit {
            zone: &zone,
            serial,
            changes,
        };
        assert!(pack(&mut bytes, 3, commit(&changes)));
        let before = bytes.len();
        assert!(!pack(&mut bytes, 3, commit(&changes[2..])));
        assert_eq!(bytes.len(), before);
        let mut gone = Vec::new();
        pack(
            &mut gone,
            4,
            commit(&[change("a.zone.", Layer::Dynamic, None)]),
        );
        let mut replay = Replay::default();
        replay.read(3, &bytes).unwrap();
        replay.read(4, &gone).unwrap();
        let zones = replay.finish();
        assert_eq!(texts(&zones[&zone]), ["b.zone. override"]);
        assert_eq!(
            (zones[&zone].ceiling, zones[&zone].serial),
            (Serial(100), Serial(101))
        );
    }

    #[test]
    fn a_zone_comes_back_from_its_pieces() {
        let zone = name("zone.");
        let all: Vec<Change> = (0..500)
            .map(|number| change(&format!("n{number}.zone."), Layer::Dynamic, Some(&[9; 40])))
            .collect();
        let stored = Stored {
            changes: all,
            serial: Serial(5),
            ceiling: Serial(900),
            passed: None,
            shown: None,
            steps: Vec::new(),
            late: vec![change("n0.zone.", Layer::Override, Some(b"\x01x"))],
        };
        let pieces = pack_zone(&zone, &stored, 12, 4096);
        assert!(pieces.len() > 5);
        assert!(pieces.iter().all(|piece| piece.len() < 5000));
        let mut replay = Replay::default();
        for piece in &pieces {
            replay.read(12, piece).unwrap();
        }
        let zones = replay.finish();
        assert_eq!(zones[&zone].changes.len(), 501);
        assert_eq!(zones[&zone].ceiling, Serial(900));
        // An empty one has its ceiling.
        let empty = Stored {
            changes: Vec::new(),
            late: Vec::new(),
            ..stored
        };
        assert_eq!(pack_zone(&zone, &empty, 12, 4096).len(), 1);
    }

    #[test]
    fn damage_is_noticed() {
        let zone = name("zone.");
        let mut bytes = Vec::new();
        let serial = Serial(1);
        let entry = Entry::Ceiling {
            zone: &zone,
            serial,
        };
        pack(&mut bytes, 7, entry);
        let read = |number, bytes: &[u8]| Replay::default().read(number, bytes);
        assert_eq!(read(7, &bytes), Ok(()));
        assert_eq!(read(8, &bytes), Err(Unreadable { number: 8, byte: 0 }));
        for len in 1..bytes.len() {
            assert!(read(7, &bytes[..len]).is_err(), "{len}");
        }
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert!(read(7, &other).is_err(), "{at}");
        }
    }
}
