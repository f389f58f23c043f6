//! Many entries become one checkpoint.
//!
//! ```text
//! all parts are made → entries that they cover go → checkpoints before it go
//! ```
//!
//! Whatever is cut off in between is made good by the next one: a checkpoint without all its parts does
//! not count, and what is covered by one that does is not read.

use super::LogError;
use super::item::{Id, Item, Kind};
use super::objects::Objects;
use super::write::{create, delete};
use crate::lease::Term;
use wire::Name;

/// What is to be done for one zone.
#[derive(Debug)]
pub(super) struct Fold {
    pub(super) zone: Name,
    /// The last entry that is covered.
    pub(super) upto: u64,
    /// Random bits.
    pub(super) mark: u64,
    pub(super) pieces: Vec<Vec<u8>>,
    /// Objects that have no use when it is done.
    pub(super) covered: Vec<Id>,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Folded {
    pub(super) zone: Name,
    pub(super) upto: u64,
    /// The parts that were made, or may have been.
    pub(super) parts: Vec<Id>,
    pub(super) bytes: u64,
    /// Whether all parts are there, so that the checkpoint counts.
    pub(super) whole: bool,
    /// Objects without use that are there yet.
    pub(super) left: Vec<Id>,
    /// Why it did not come to its end.
    pub(super) error: Option<LogError>,
}

/// Folds; the checkpoint counts once all its parts are there, whatever comes of the rest.
pub(super) async fn fold<O: Objects>(objects: &O, term: &Term, writer: u64, work: Fold) -> Folded {
    let count = u32::try_from(work.pieces.len()).unwrap_or(u32::MAX);
    let mut folded = Folded {
        zone: work.zone,
        upto: work.upto,
        parts: Vec::new(),
        bytes: 0,
        whole: false,
        left: work.covered,
        error: None,
    };
    for (part, data) in (0..count).zip(work.pieces) {
        let id = Id {
            kind: Kind::Checkpoint,
            zone: folded.zone.clone(),
            number: work.upto,
            mark: work.mark,
            part,
        };
        folded.bytes += data.len() as u64;
        let item = Item {
            id: id.clone(),
            term: term.number(),
            writer,
            parts: count,
            data,
        };
        folded.parts.push(id);
        if let Err(error) = create(objects, term, &item).await {
            folded.error = Some(error);
            return folded;
        }
    }
    folded.whole = true;
    while let Some(id) = folded.left.last() {
        if let Err(error) = delete(objects, term, id).await {
            folded.error = Some(error);
            return folded;
        }
        folded.left.pop();
    }
    folded
}
