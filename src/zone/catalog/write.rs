//! Zones and their groups → the records of a catalog.

use std::collections::BTreeMap;

use wire::{Name, Rtype, Serial, Ttl};

use super::{CURRENT, GROUP, VERSION, ZONES};
use crate::records::{Place, Records};

/// The name of a catalog leaves no room for its members.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name of catalog \"{apex}\" is too long for what stands below it")]
pub struct TooLong {
    /// The catalog.
    pub apex: Name,
}

/// The records of a catalog that lists these zones, each with its groups; sorted.
///
/// The label of a member is made from its name, so it stays the same for as long as the zone is
/// listed, and across restarts.
///
/// # Errors
/// The catalog's name is too long.
pub fn write(
    apex: &Name,
    zones: &BTreeMap<Name, Vec<Vec<u8>>>,
    serial: Serial,
) -> Result<Records, TooLong> {
    let too_long = || TooLong { apex: apex.clone() };
    let mut records = Records::new(apex.clone());
    let mut add = |owner: &Name, rtype, rdata: &[u8]| {
        // RFC 9432 §4.1: nobody keeps these records by their TTL.
        let ttl = Ttl::from_secs(0);
        records.push(owner.as_ref(), rtype, ttl, rdata, Place::default());
    };
    let mut soa = [INVALID, INVALID].concat();
    for number in [serial.0, REFRESH, RETRY, EXPIRE, 0] {
        soa.extend_from_slice(&number.to_be_bytes());
    }
    add(apex, Rtype::SOA, &soa);
    // RFC 9432 §4.1: it needs a name server as all zones do, and nobody asks it.
    add(apex, Rtype::NS, INVALID);
    let version = apex.child(VERSION).ok_or_else(too_long)?;
    add(&version, Rtype::TXT, &string(CURRENT));
    let members = apex.child(ZONES).ok_or_else(too_long)?;
    for (zone, groups) in zones {
        let id = format!("{:032x}", hash(zone));
        let member = members.child(id.as_bytes()).ok_or_else(too_long)?;
        add(&member, Rtype::PTR, zone.as_bytes());
        let group = member.child(GROUP).ok_or_else(too_long)?;
        for one in groups {
            add(&group, Rtype::TXT, &string(one));
        }
    }
    records.sort();
    records.dedup();
    Ok(records)
}

/// A text as the one string of a TXT record; what is longer is cut.
fn string(text: &[u8]) -> Vec<u8> {
    let len = u8::try_from(text.len()).unwrap_or(u8::MAX);
    let mut rdata = vec![len];
    rdata.extend_from_slice(text.get(..usize::from(len)).unwrap_or_default());
    rdata
}

/// FNV-1a of 128 bits. It must never change, and nobody but who makes our zones chooses names.
fn hash(zone: &Name) -> u128 {
    let lower = zone.as_ref().to_lowercase();
    lower.as_bytes().iter().fold(BASIS, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(PRIME)
    })
}

const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The name "invalid.", which is nobody's (RFC 6761 §6.4).
const INVALID: &[u8] = b"\x07invalid\0";

const REFRESH: u32 = 300;
const RETRY: u32 = 60;

/// Secondaries should not forget their zones because we are away for long.
const EXPIRE: u32 = 2_147_483_646;
