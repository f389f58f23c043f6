//! What this copy has stored while it was the only one: it takes that along when it leads the others first.
//!
//! ```text
//! journal in the data folder ─ the cluster knows nothing of the zone ─→ the journal in the cluster begins with it
//!     └ a checkpoint there has it ─→ set aside: who is the only one again must not begin with what was
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cluster::{ObjectLog, Opened};
use wire::{Name, Serial};
use zone::journal::{Folder, Log, Stored};
use zone::{Change, Layer};

use crate::app::{clock, data_dir, telemetry};

/// What clients had changed.
#[derive(Debug)]
pub(super) struct Alone {
    folder: PathBuf,
    zones: BTreeMap<Name, (Vec<Change>, Serial)>,
    /// The cluster has these now, or is about to.
    taken: Vec<Name>,
    said: bool,
}

impl Alone {
    /// Reads what a data folder has; nothing if clients had changed nothing.
    pub(super) fn open(folder: &Path) -> Option<Self> {
        if !data_dir::has_journal(folder) {
            return None;
        }
        let now = clock::now().unix_seconds();
        let opened = Folder::open(folder).and_then(|disk| Log::open(Arc::new(disk), now));
        let (log, recovered) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let error = telemetry::chain(&error);
                tracing::warn!(
                    folder = %folder.display(), error,
                    "what this copy has stored while it was the only one cannot be read, and is not taken along"
                );
                return None;
            }
        };
        // It is read once more at the next start, if nothing comes of it now.
        let _left_open = log.close().is_err();
        let zones = recovered.zones.into_iter().filter_map(|(zone, stored)| {
            let serial = stored.serial;
            let changes = brought(stored);
            (!changes.is_empty()).then_some((zone, (changes, serial)))
        });
        let zones: BTreeMap<Name, (Vec<Change>, Serial)> = zones.collect();
        (!zones.is_empty()).then(|| Self {
            folder: folder.to_owned(),
            zones,
            taken: Vec::new(),
            said: false,
        })
    }

    /// Adds what the journal in the cluster knows nothing of.
    pub(super) fn add(&mut self, opened: &mut Opened) {
        for (zone, (changes, serial)) in &self.zones {
            let ahead = opened.ahead.iter().any(|ahead| ahead.zone == *zone);
            let there = opened.zones.get(zone);
            if ahead
                || opened.known.contains(zone)
                || there.is_some_and(|one| !one.changes.is_empty())
            {
                continue;
            }
            let stored = opened.zones.entry(zone.clone()).or_insert_with(|| Stored {
                changes: Vec::new(),
                serial: *serial,
                ceiling: Serial(0),
                passed: None,
                shown: None,
                steps: Vec::new(),
                late: Vec::new(),
            });
            stored.changes.clone_from(changes);
            if serial.is_newer_than(stored.serial) {
                stored.serial = *serial;
            }
            tracing::info!(
                %zone, rrsets = changes.len(),
                "what clients had changed while this copy was the only one is taken along"
            );
            opened.known.insert(zone.clone());
            self.taken.push(zone.clone());
        }
    }

    /// Whether it is looked for what has been taken.
    pub(super) fn waits(&self) -> bool {
        !self.taken.is_empty()
    }

    /// Sets the journal aside once the cluster has all that was taken. Tells whether that is done.
    pub(super) fn settle(&self, log: &ObjectLog) -> bool {
        if !self.taken.iter().all(|zone| log.has_checkpoint(zone)) {
            return false;
        }
        let aside = self
            .folder
            .join(format!("alone-{}", clock::now().unix_seconds()));
        match data_dir::move_journal(&self.folder, &aside) {
            Ok(()) => tracing::info!(
                aside = %aside.display(),
                "what clients had changed is in the cluster now; the journal of before is set aside"
            ),
            Err(error) => tracing::warn!(
                folder = %self.folder.display(), %error,
                "the journal of before cannot be set aside; remove it before this is the only copy again"
            ),
        }
        true
    }

    /// Another copy leads. Says once that nothing is taken along.
    pub(super) fn pass_over(&mut self) {
        if std::mem::replace(&mut self.said, true) || self.waits() {
            return;
        }
        let zones: Vec<String> = self.zones.keys().map(ToString::to_string).collect();
        tracing::warn!(
            folder = %self.folder.display(), zones = zones.join(" "),
            "clients had changed these zones while this copy was the only one, and another copy leads now: \
             that is not taken along unless this copy leads before anybody has changed them; start it first"
        );
    }
}

/// What clients have brought, of all that is stored.
fn brought(stored: Stored) -> Vec<Change> {
    let all = stored.changes.into_iter().chain(stored.late);
    let mut changes: Vec<Change> = all
        .filter(|change| match change.layer {
            Layer::Dynamic | Layer::Override => true,
            Layer::Static | Layer::Synced => false,
        })
        .collect();
    // What came late stands behind what was there before.
    changes.reverse();
    let mut seen = std::collections::HashSet::new();
    changes.retain(|change| seen.insert((change.owner.clone(), change.rtype, change.layer)));
    changes.retain(|change| change.rrset.is_some());
    changes
}
