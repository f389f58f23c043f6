//! Changes on their way into the journal, and the image that takes the place of old ones.

use std::collections::HashMap;
use std::sync::Arc;

use wire::{Name, Serial};

use crate::history::History;
use crate::journal::{Entry, Journal, JournalError, Position, Stored};
use crate::store::{Store, Writers, newer};
use crate::writer::{Change, ZoneWriter};

impl Store {
    /// How often the journal was made durable so far.
    #[must_use]
    pub fn journal_flushes(&self) -> Option<u64> {
        self.journal.get().map(|journal| journal.flushes())
    }

    /// Why the journal does not have all that is published, if so.
    #[must_use]
    pub fn journal_trouble(&self) -> Option<Arc<JournalError>> {
        self.lock().trouble.clone()
    }

    /// Makes changes durable that are about to be committed. Gives those zones of which nothing was
    /// recorded, since the journal keeps no more of them.
    pub(crate) fn record<'c>(
        &self,
        batches: impl Iterator<Item = (&'c Name, &'c [Change], Option<Serial>)>,
    ) -> Result<HashMap<Name, JournalError>, JournalError> {
        let Some(journal) = self.journal.get() else {
            return Ok(HashMap::new());
        };
        let recorded = self.try_record(&**journal, batches);
        if recorded.is_err() {
            // What was added before the failure must not come back after a restart: nobody was told
            // that it was done.
            self.lock().spoiled = true;
        }
        recorded
    }

    fn try_record<'c>(
        &self,
        journal: &dyn Journal,
        batches: impl Iterator<Item = (&'c Name, &'c [Change], Option<Serial>)>,
    ) -> Result<HashMap<Name, JournalError>, JournalError> {
        let (mut position, mut raised) = (None, Vec::new());
        let mut full = HashMap::new();
        {
            let writers = self.lock();
            for (zone, changes, wanted) in batches {
                let Some((_, writer)) = writers.served(zone) else {
                    continue;
                };
                let now = writer.zone.serial;
                let serial = newer(self.next_serial(&writers, zone, now), wanted.unwrap_or(now));
                let (at, ceiling) = match writers.append(journal, zone, serial, changes) {
                    Ok(appended) => appended,
                    Err(error) if error.is_full() => {
                        full.insert(zone.clone(), error);
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                position = Some(at);
                raised.extend(ceiling.map(|ceiling| (zone, ceiling)));
            }
        }
        if let Some(position) = position {
            journal.flush(position)?;
        }
        let mut writers = self.lock();
        for (zone, ceiling) in raised {
            writers.ceilings.insert(zone.clone(), ceiling);
        }
        Ok(full)
    }

    /// Tells the journal of what is published at once: names of objects need no promise, since they
    /// come again. A serial above the ceiling is the exception.
    pub(crate) fn note(
        &self,
        writers: &mut Writers,
        zone: &Name,
        serial: Serial,
        changes: &[Change],
    ) {
        let Some(journal) = self.journal.get() else {
            return;
        };
        if writers.masks.contains_key(zone) {
            // Nobody sees it, and who writes the zone knows better.
            return;
        }
        let noted = || -> Result<Option<Serial>, JournalError> {
            let (position, ceiling) = writers.append(&**journal, zone, serial, changes)?;
            if ceiling.is_some() {
                journal.flush(position)?;
            }
            Ok(ceiling)
        };
        match noted() {
            Ok(Some(ceiling)) => drop(writers.ceilings.insert(zone.clone(), ceiling)),
            Ok(None) => {}
            Err(error) => writers.set_trouble(error),
        }
    }

    /// Lets the journal forget what later entries have replaced, when it is time for that. To be
    /// called every second or so.
    pub fn tidy_journal(&self) {
        let Some(journal) = self.journal.get() else {
            return;
        };
        self.settle_serials();
        let _settled = self.settle();
        let mut writers = self.lock();
        let trouble = (writers.trouble.is_some() || writers.spoiled) && !writers.renewing;
        match Arc::clone(journal).tidy(trouble, &mut || writers.all()) {
            // It is well once nothing is left to do.
            Ok(true) => writers.renewing = trouble,
            Ok(false) if writers.renewing => {
                (writers.trouble, writers.spoiled, writers.renewing) = (None, false, false);
            }
            Ok(false) => {}
            Err(error) => {
                writers.set_trouble(error);
                writers.renewing = false;
            }
        }
    }
}

impl Writers {
    /// Adds a commit to the journal, behind a new ceiling where its serial needs one. The ceiling holds
    /// once the entry is durable.
    fn append(
        &self,
        journal: &dyn Journal,
        zone: &Name,
        serial: Serial,
        changes: &[Change],
    ) -> Result<(Position, Option<Serial>), JournalError> {
        let ceiling = self.ceilings.get(zone);
        // Some to spare: a change that comes in between takes the serial of one that is on its way, and
        // time goes on until that is published.
        let spare = Serial(serial.0.wrapping_add(SPARE));
        let is_above = ceiling.is_none_or(|ceiling| spare.is_newer_than(*ceiling));
        let raised = is_above.then(|| Serial(serial.0.wrapping_add(BLOCK)));
        if let Some(serial) = raised {
            journal.append(Entry::Ceiling { zone, serial })?;
        }
        let position = journal.append(Entry::Commit {
            zone,
            serial,
            changes,
        })?;
        Ok((position, raised))
    }

    /// Notes why the journal does not have all that is published. That nothing is taken since then only
    /// repeats why.
    pub(crate) fn set_trouble(&mut self, error: JournalError) {
        let repeats = matches!(error, JournalError::Untrusted { .. });
        if !repeats || self.trouble.is_none() {
            self.trouble = Some(Arc::new(error));
        }
    }

    /// What a journal should know of all zones, served or not.
    fn all(&self) -> Vec<(Name, Stored)> {
        let served = self.zones.iter();
        let served = served.filter(|(apex, _)| !self.withheld.contains(*apex));
        let served = served.map(|(apex, (_, writer))| (apex.clone(), self.state_of(apex, writer)));
        let others = self.stored.iter();
        let others = others.map(|(apex, stored)| (apex.clone(), stored.clone()));
        served.chain(others).collect()
    }

    /// What a journal should know of a zone.
    pub(crate) fn state_of(&self, apex: &Name, writer: &ZoneWriter) -> Stored {
        let serial = writer.zone.serial;
        let history = self.histories.get(apex);
        let passed = self.passed.get(apex).copied();
        // What is shown of it then is not what we wrote.
        let history = history.filter(|_| !self.masks.contains_key(apex));
        Stored {
            changes: writer.contributions(),
            serial,
            ceiling: self.ceilings.get(apex).copied().unwrap_or(serial),
            passed: passed.filter(|passed| passed.is_newer_than(serial)),
            shown: self.shown_of(apex, writer),
            steps: history.map(History::steps).unwrap_or_default(),
            late: Vec::new(),
        }
    }
}

/// Serials below the ceiling that are left free when an entry is added.
const SPARE: u32 = 1024;

/// Serials that are reserved at a time.
pub const BLOCK: u32 = 65_536;
