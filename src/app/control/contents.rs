//! What is told of zones: what they are, and what is in them.

use std::fmt;
use std::io;
use std::sync::Arc;

use wire::Name;
use zone::records::{Place, Records};
use zone::{Snapshot, Withheld};

use super::answerer::{Answerer, Replies, name};
use super::protocol::{Reply, Zone};
use crate::app::zones::Status;

impl Answerer {
    /// Tells of all zones.
    pub(super) fn list(&self, out: &mut Replies<'_>) -> io::Result<Result<(), String>> {
        for (zone, status) in self.statuses.all() {
            out.send(&Reply::Zone(Box::new(self.describe(&zone, status))))?;
        }
        Ok(Ok(()))
    }

    /// Tells of one zone.
    pub(super) fn show(&self, zone: &str, out: &mut Replies<'_>) -> io::Result<Result<(), String>> {
        match self.find(zone) {
            Ok((zone, status)) => {
                out.send(&Reply::Zone(Box::new(self.describe(&zone, status))))?;
                Ok(Ok(()))
            }
            Err(message) => Ok(Err(message)),
        }
    }

    /// Sends a zone as text.
    pub(super) fn export(
        &self,
        zone: &str,
        out: &mut Replies<'_>,
    ) -> io::Result<Result<(), String>> {
        match self.records(zone) {
            Ok(records) => {
                let mut text = Text {
                    out,
                    buffer: String::new(),
                    error: None,
                };
                let apex = records.apex().as_ref();
                let printed = zone::file::print(apex, records.iter(), &mut text);
                match (printed, text.finish()) {
                    (Ok(()), result) => result.map(Ok),
                    (Err(_), Err(error)) => Err(error),
                    (Err(error), Ok(())) => Err(io::Error::other(error)),
                }
            }
            Err(message) => Ok(Err(message)),
        }
    }

    fn find(&self, zone: &str) -> Result<(Name, Status), String> {
        let name = name(zone)?;
        match self.statuses.get(&name) {
            Some(status) => Ok((name, status)),
            None => Err(format!("zone \"{name}\" is not served here")),
        }
    }

    fn describe(&self, name: &Name, status: Status) -> Zone {
        let snapshot = self.store.snapshot();
        let zone = shown(&snapshot, name);
        Zone {
            zone: name.as_ref().to_lowercase().to_string(),
            state: status.state.label().to_owned(),
            frozen: self.store.is_frozen(name),
            serial: zone.map(|zone| zone.serial().0),
            records: zone.map_or(0, zone::Zone::record_count),
            names: zone.map_or(0, zone::Zone::name_count),
            memory_bytes: zone.map_or(0, zone::Zone::memory_bytes),
            file: status.path.to_string_lossy().into_owned(),
            folder: status
                .folder
                .map(|folder| folder.to_string_lossy().into_owned()),
            includes: status
                .includes
                .iter()
                .map(|path| path.to_string_lossy().into_owned())
                .collect(),
            read: status.loaded.to_string(),
            warnings: status.warnings,
            errors: status.report,
        }
    }

    /// The records of a zone as they are now. A copy, so that no version is held while a slow
    /// client reads.
    fn records(&self, zone: &str) -> Result<Records, String> {
        let name = name(zone)?;
        let snapshot = Arc::clone(&self.store.snapshot());
        let Some(zone) = shown(&snapshot, &name) else {
            return Err(format!("zone \"{name}\" is not served here"));
        };
        let mut records = Records::new(name);
        records.reserve(zone.record_count(), zone.memory_bytes());
        for (owner, rrset) in zone.rrsets() {
            for rdata in rrset.rdatas() {
                records.push(
                    owner.as_ref(),
                    rrset.rtype(),
                    rrset.ttl(),
                    rdata,
                    Place::default(),
                );
            }
        }
        Ok(records)
    }
}

/// A zone, if there is anything of it to show.
fn shown<'s>(snapshot: &'s Snapshot, name: &Name) -> Option<&'s zone::Zone> {
    let zone = snapshot.zone(name.as_ref())?;
    (zone.withheld() != Some(Withheld::Absent)).then_some(zone)
}

/// Sends text in pieces.
struct Text<'a, 'b> {
    out: &'a mut Replies<'b>,
    buffer: String,
    error: Option<io::Error>,
}

impl Text<'_, '_> {
    fn send(&mut self) -> fmt::Result {
        let text = std::mem::take(&mut self.buffer);
        self.out.send(&Reply::Text(text)).map_err(|error| {
            self.error = Some(error);
            fmt::Error
        })
    }

    fn finish(mut self) -> io::Result<()> {
        let sent = match self.error {
            None => self.send(),
            Some(_) => Err(fmt::Error),
        };
        match (sent, self.error) {
            (Ok(()), _) => Ok(()),
            (Err(_), Some(error)) => Err(error),
            (Err(error), None) => Err(io::Error::other(error)),
        }
    }
}

impl fmt::Write for Text<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.buffer.push_str(text);
        if self.buffer.len() < PIECE {
            return Ok(());
        }
        self.send()
    }
}

/// Bytes of a zone in one reply.
const PIECE: usize = 64 << 10;
