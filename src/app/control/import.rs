//! Records of another server on their way into a zone of a running daemon.
//!
//! ```text
//! records → RRsets, some at a time ─ could all be done? ─→ each lot as an update: durable, then published
//! ```
//!
//! They are the dynamic layer's, as a client's updates: what shows from another layer is not changed
//! by them, and is a reason to refuse. The frame of the zone, its SOA and NS, stays as it is.

use std::io;

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::{ControlSocket, Environment};
use wire::update::{Action, Operation, Update};
use wire::{Name, NameRef, Rtype, Ttl, rdata};
use zone::records::Records;
use zone::{AllButTakeover, Author, Credit, Credits, Store, Zone};

use super::answerer::{Answerer, Replies, name};
use super::client::ask;
use super::protocol::{Command, Done, Imported, MAX_REQUEST, Reply};
use super::socket::connect;
use crate::app::plain::plain;
use crate::app::telemetry;

/// Gives records to a running daemon; what it says of that, for people.
///
/// # Errors
/// There is no daemon, or it cannot take them.
pub(crate) fn import(
    setting: &ControlSocket,
    records: &Records,
    environment: Environment<'_>,
) -> anyhow::Result<String> {
    let (serial, lots) = lots(records)?;
    let zone = records.apex().to_string();
    let count: usize = lots.iter().flatten().map(|one| one.data.len()).sum();
    let (mut done, mut changed) = (None, false);
    for try_only in [true, false] {
        // A lot is done or not; that one fails after another is told before any is done.
        for (at, rrsets) in lots.iter().enumerate() {
            let stream = connect(setting, environment)?;
            let command = Command::Import {
                zone: zone.clone(),
                serial,
                rrsets: rrsets.clone(),
                try_only,
            };
            let mut said: Option<Done> = None;
            ask(&stream, command, |reply| {
                if let Reply::Ordered(done) = reply {
                    said = Some(done);
                }
                Ok(())
            })?;
            let said = said.context("the daemon does not say what came of the import")?;
            if !said.error.is_empty() {
                let error = plain(&said.error);
                match (try_only, at) {
                    (true, _) | (_, 0) => bail!("nothing is imported: {error}"),
                    _ => bail!(
                        "imported in part, {at} of {} lots: {error}\n  hint: do it again; what is there \
                         already stays",
                        lots.len()
                    ),
                }
            }
            changed |= said.changed && !try_only;
            done = said.serial;
        }
    }
    let serial = done.unwrap_or_default();
    Ok(match changed {
        true => format!(
            "zone {zone} of the running server has {count} records of it, serial {serial}\n"
        ),
        false => {
            format!("zone {zone} of the running server has all of it already, serial {serial}\n")
        }
    })
}

/// All RRsets but those of the frame, as many together as fit a request; and the serial.
fn lots(records: &Records) -> anyhow::Result<(u32, Vec<Vec<Imported>>)> {
    let apex = records.apex().as_ref();
    let (mut serial, mut room, mut lots) = (0, 0_usize, Vec::<Vec<Imported>>::new());
    for rrset in records.rrsets() {
        let first = rrset.first();
        if first.rtype == Rtype::SOA {
            let numbers = first.rdata.last_chunk::<20>();
            let numbers = numbers.and_then(|numbers| numbers.first_chunk::<4>());
            serial = numbers.map_or(0, |serial| u32::from_be_bytes(*serial));
        }
        if is_frame(apex, first.owner, first.rtype) {
            continue;
        }
        let one = Imported {
            name: first.owner.to_string(),
            rtype: first.rtype.0,
            ttl: rrset.iter().map(|one| one.ttl.as_secs()).min().unwrap_or(0),
            data: rrset.iter().map(|one| STANDARD.encode(one.rdata)).collect(),
        };
        let size = 80 + one.name.len() + one.data.iter().map(|data| data.len() + 3).sum::<usize>();
        if size > MOST {
            bail!(
                "\"{}\" {} has more than a running server can be given at a time\n  hint: make a zone \
                 file of it, without --apply",
                first.owner,
                first.rtype
            );
        }
        match room.checked_sub(size) {
            Some(left) if !lots.is_empty() => room = left,
            _ => {
                lots.push(Vec::new());
                room = MOST - size;
            }
        }
        if let Some(lot) = lots.last_mut() {
            lot.push(one);
        }
    }
    Ok((serial, lots))
}

/// What a zone cannot be without, and has of its own.
fn is_frame(apex: NameRef<'_>, owner: NameRef<'_>, rtype: Rtype) -> bool {
    rtype == Rtype::SOA || (rtype == Rtype::NS && owner == apex)
}

impl Answerer {
    /// Puts RRsets into a zone, or says whether that could be done.
    pub(super) fn import(
        &self,
        zone: &str,
        serial: u32,
        rrsets: &[Imported],
        try_only: bool,
        out: &mut Replies<'_>,
    ) -> io::Result<Result<(), String>> {
        let done = name(zone).and_then(|zone| {
            let update = update(&self.store, &zone, serial, rrsets)?;
            match try_only {
                true => {
                    let effect = self.store.evaluate(&update, &AllButTakeover);
                    let effect = effect.map_err(|refusal| refusal.to_string())?;
                    Ok((None, !effect.is_nothing()))
                }
                false => {
                    let done = self.store.update(&update, &AllButTakeover);
                    let done = done.map_err(|error| telemetry::chain(&error))?;
                    let (serial, rrsets) = (done.serial.0, rrsets.len());
                    tracing::info!(%zone, serial, rrsets, "records were imported");
                    let operations = update.operations.into_iter();
                    self.store.credit(|| Credits {
                        zone: zone.clone(),
                        serial: done.serial,
                        each: operations
                            .map(|one| Credit {
                                owner: one.owner,
                                rtype: None,
                                authors: vec![Author::Command("import")],
                            })
                            .collect(),
                    });
                    Ok((Some(serial), done.changed))
                }
            }
        });
        let (serial, changed, error) = match done {
            Ok((serial, changed)) => (serial, changed, String::new()),
            Err(error) => (None, false, error),
        };
        out.send(&Reply::Ordered(Done {
            zone: zone.to_owned(),
            serial,
            changed,
            error,
        }))?;
        Ok(Ok(()))
    }
}

/// The update that makes each of the RRsets what is imported.
fn update(store: &Store, zone: &Name, serial: u32, rrsets: &[Imported]) -> Result<Update, String> {
    let snapshot = store.snapshot();
    let served = snapshot.zone(zone.as_ref());
    let served = served.filter(|served| served.apex() == zone.as_ref());
    let Some(served) = served else {
        return Err(format!(
            "zone \"{zone}\" is not served here. Give the server the zone first, by --zone or with a file"
        ));
    };
    let mut operations = Vec::new();
    for one in rrsets {
        let owner = name(&one.name)?;
        let rtype = Rtype(one.rtype);
        let wrong = |what: &str| format!("\"{owner}\" {rtype}: {what}");
        if !owner.as_ref().is_at_or_below(zone.as_ref()) {
            return Err(wrong("not in the zone"));
        }
        if is_frame(zone.as_ref(), owner.as_ref(), rtype) {
            return Err(wrong("the zone has its own"));
        }
        // An alias and other records exclude each other, and the one that is added later does not count
        // (RFC 2136 §3.4.2.2).
        let before = match rtype {
            Rtype::CNAME => vec![Action::DeleteName],
            _ => vec![
                Action::DeleteRrset(rtype),
                Action::DeleteRrset(Rtype::CNAME),
            ],
        };
        operations.extend(before.into_iter().map(|action| Operation {
            owner: owner.clone(),
            action,
        }));
        for data in &one.data {
            let data = STANDARD.decode(data).map_err(|_| wrong("no base64"))?;
            rdata::check(rtype, &data).map_err(|_| wrong("no data of the type"))?;
            let ttl = Ttl::from_secs(one.ttl);
            let action = Action::Add(rtype, ttl, data.into());
            operations.push(Operation {
                owner: owner.clone(),
                action,
            });
        }
    }
    operations.extend(raise(served, serial));
    Ok(Update {
        zone: zone.as_ref().to_lowercase(),
        prerequisites: Vec::new(),
        operations,
    })
}

/// Secondaries of before know a serial, and look for a later one.
fn raise(zone: &Zone, serial: u32) -> Option<Operation> {
    let soa = zone.apex_node()?.rrset(Rtype::SOA)?;
    let mut data = soa.first().to_vec();
    let at = data.len().checked_sub(20)?;
    let next = serial.wrapping_add(1).to_be_bytes();
    data.get_mut(at..at + 4)?.copy_from_slice(&next);
    Some(Operation {
        owner: zone.apex().to_name(),
        action: Action::Add(Rtype::SOA, soa.ttl(), data.into()),
    })
}

/// Bytes of RRsets in one request: less than it may have.
const MOST: usize = {
    #[expect(clippy::cast_possible_truncation, reason = "it is a small constant")]
    let most = MAX_REQUEST as usize;
    most / 2
};
