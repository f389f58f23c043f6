//! A zone taken from the serial of its file to the last one of its journal.

use std::collections::BTreeMap;

use wire::{Name, Rtype, Serial, Ttl};

use super::JournalError;
use super::journal::{Entry, Journal, Transaction};
use crate::assemble::{SOA_NUMBERS, serial_of};
use crate::records::{Place, Records};

/// A zone at the last serial of its journal.
#[derive(Debug)]
pub struct Rolled {
    /// The records, sorted.
    pub records: Records,
    /// The serial.
    pub serial: Serial,
    /// How many transactions were applied.
    pub transactions: usize,
    /// Records that were to be removed and were not there.
    pub missing: usize,
}

/// Applies what a journal has beyond the serial of a zone.
///
/// # Errors
/// When it is no journal, is damaged, or does not lead on from this zone.
pub fn roll_forward(records: &Records, journal: &[u8]) -> Result<Rolled, JournalError> {
    let mut journal = Journal::open(journal)?;
    let mut contents = Contents::of(records);
    let zone = contents.serial().ok_or(JournalError::NoSoa)?;
    let (begin, end) = (journal.begin, journal.end);
    let (mut serial, mut transactions, mut at) = (zone, 0, None);
    while let Some(transaction) = journal.next(at)? {
        at = Some(transaction.to);
        // Those before are in the file already.
        if transaction.from == serial {
            contents.apply(transaction)?;
            serial = transaction.to;
            transactions += 1;
        }
    }
    if serial != end && at.is_some() {
        return Err(JournalError::Gap { zone, begin, end });
    }
    Ok(Rolled {
        serial,
        transactions,
        missing: contents.missing,
        records: contents.into_records(records.apex()),
    })
}

/// What a zone holds, by owner in lower case, type and data.
struct Contents {
    records: BTreeMap<(Name, Rtype, Box<[u8]>), Ttl>,
    apex: Name,
    missing: usize,
}

impl Contents {
    fn of(records: &Records) -> Self {
        let keyed = records.iter().map(|record| {
            let key = (
                record.owner.to_lowercase(),
                record.rtype,
                record.rdata.into(),
            );
            (key, record.ttl)
        });
        Self {
            records: keyed.collect(),
            apex: records.apex().as_ref().to_lowercase(),
            missing: 0,
        }
    }

    fn serial(&self) -> Option<Serial> {
        let first = (self.apex.clone(), Rtype::SOA, Box::default());
        let ((owner, rtype, soa), _) = self.records.range(first..).next()?;
        let is_soa = *owner == self.apex && *rtype == Rtype::SOA && soa.len() >= SOA_NUMBERS;
        is_soa.then(|| serial_of(soa))
    }

    fn apply(&mut self, transaction: Transaction<'_>) -> Result<(), JournalError> {
        let mut soas = 0;
        for entry in transaction.entries() {
            let entry = entry?;
            soas += usize::from(entry.rtype == Rtype::SOA);
            if !entry.owner.is_at_or_below(self.apex.as_ref()) {
                continue;
            }
            // The first SOA begins what is removed, the second what is added, and so on.
            if soas % 2 == 1 {
                self.remove(entry);
            } else {
                let key = (entry.owner.to_lowercase(), entry.rtype, entry.rdata.into());
                self.records.insert(key, entry.ttl);
            }
        }
        Ok(())
    }

    fn remove(&mut self, entry: Entry<'_>) {
        let key = (entry.owner.to_lowercase(), entry.rtype, entry.rdata.into());
        if self.records.remove(&key).is_some() {
            return;
        }
        // Names in data may have been written in another case.
        let (owner, rtype, _) = &key;
        let first = (owner.clone(), *rtype, Box::default());
        let of_type = self.records.range(first..).map(|(key, _)| key);
        let mut of_type = of_type.take_while(|one| one.0 == *owner && one.1 == *rtype);
        match of_type
            .find(|one| one.2.eq_ignore_ascii_case(entry.rdata))
            .cloned()
        {
            Some(found) => drop(self.records.remove(&found)),
            None => self.missing += 1,
        }
    }

    fn into_records(self, apex: &Name) -> Records {
        let mut records = Records::new(apex.clone());
        for ((owner, rtype, rdata), ttl) in &self.records {
            records.push(owner.as_ref(), *rtype, *ttl, rdata, Place::default());
        }
        records.sort();
        records.dedup();
        records
    }
}
