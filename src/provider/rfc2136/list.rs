//! Zones found and read: by SOA, then by what has changed, else as a whole.

use client::{Section, Server, Transfer};
use plan::ProviderError;
use wire::{Name, Rtype, Serial};

use super::fault::{Operation, refused};
use super::pool::{Pool, Reason, Refusal};
use super::zone::{Known, Zone};

/// Reads what is in a zone, unless it is known to be as it was.
///
/// # Errors
/// No server gives it.
pub(super) async fn read(pool: &Pool, zone: &mut Zone) -> Result<(), ProviderError> {
    let mut said: Option<Refusal> = None;
    for at in pool.order(zone.known.map(|known| known.server)) {
        let Some(server) = pool.server(at) else {
            continue;
        };
        match read_from(server, at, zone).await {
            Ok(()) => {
                pool.answered(at);
                zone.reread = std::mem::take(&mut zone.doubtful);
                return Ok(());
            }
            Err(reason) => {
                pool.failed(at, &reason);
                said = Some(Refusal::better(said, server, reason));
            }
        }
    }
    Err(refused(Operation::List, &zone.apex, pool.refusal(said)))
}

async fn read_from(server: &Server, at: usize, zone: &mut Zone) -> Result<(), Reason> {
    let serial = serial(server, &zone.apex).await?;
    // Serials of different servers have nothing to do with each other.
    let known = zone
        .known
        .filter(|known| known.server == at && known.is_fresh() && !zone.doubtful);
    if let Some(known) = known
        && known.serial == serial
        && !zone.contents.is_written()
    {
        return Ok(());
    }
    let newer = known.filter(|known| serial.is_newer_than(known.serial));
    let before = zone.known.take();
    let apex = zone.apex.as_ref();
    let have = newer.map(|known| known.serial);
    let mut result = server.transfer(apex, have, &mut zone.contents).await;
    if let Ok(Transfer::Current(_)) = result {
        // That is not what its SOA says.
        result = server.transfer(apex, None, &mut zone.contents).await;
    }
    match result {
        Ok(Transfer::Steps(serial)) => {
            zone.known = newer.map(|known| Known { serial, ..known });
            zone.contents.settle();
            Ok(())
        }
        Ok(Transfer::Whole(serial) | Transfer::Current(serial)) => {
            zone.known = Some(Known::new(at, serial));
            zone.contents.settle();
            Ok(())
        }
        Err(fault) => {
            if zone.contents.is_torn() {
                zone.contents.clear();
            } else {
                zone.known = before;
            }
            Err(Reason::Fault(fault))
        }
    }
}

/// The serial that a server has of a zone.
async fn serial(server: &Server, apex: &Name) -> Result<Serial, Reason> {
    let answer = server.ask(apex.as_ref(), Rtype::SOA).await;
    let answer = answer.map_err(Reason::Fault)?;
    let soa = answer.rrset(apex.as_ref(), Rtype::SOA).map_err(|source| {
        Reason::Fault(client::Fault::Wire {
            server: server.label().into(),
            source,
        })
    })?;
    let rdata = soa.and_then(|soa| soa.rdatas.into_iter().next());
    let serial = rdata.as_ref().and_then(|rdata| {
        let numbers = rdata.len().checked_sub(20)?;
        rdata.get(numbers..)?.first_chunk::<4>().copied()
    });
    match serial {
        Some(serial) => Ok(Serial(u32::from_be_bytes(serial))),
        None if answer.rcode() == wire::Rcode::NOERROR => Err(Reason::Rcode(wire::Rcode::NOTAUTH)),
        None => Err(Reason::Rcode(answer.rcode())),
    }
}

/// The zone that a name is in, as far as the servers are authoritative for one.
///
/// # Errors
/// No server answers.
pub(super) async fn find(pool: &Pool, name: &Name) -> Result<Option<Name>, ProviderError> {
    let mut at = name.clone();
    loop {
        match pool.query(&at, Rtype::SOA, None).await {
            Ok((_, answer)) if answer.is_authoritative() => {
                // The SOA of a zone is in every answer of its server: as what was asked for, or as
                // the reason why that is not there.
                let mut records = answer.records().filter_map(Result::ok);
                let soa = records.find(|(section, record)| {
                    let is_above = name.as_ref().is_at_or_below(record.owner.as_ref());
                    let is_here = *section == Section::Authority || record.owner == at;
                    record.rtype == Rtype::SOA && is_above && is_here
                });
                return Ok(soa.map(|(_, record)| record.owner.as_ref().to_lowercase()));
            }
            Ok(_) => {}
            Err(refusal) if refusal.is_silence() => {
                return Err(refused(Operation::Find, &at, refusal));
            }
            Err(_) => {}
        }
        match at.as_ref().parent() {
            Some(parent) if !parent.is_root() => at = parent.to_name(),
            _ => return Ok(None),
        }
    }
}
