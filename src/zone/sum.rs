//! A sum over the records of a zone: two versions with the same one hold the same records.
//!
//! It is kept up to date by what each version adds and removes, so a start can tell whether a zone is
//! what it was at some serial without having a copy of it. The serial itself is left out. What is
//! summed is stored, so the function must stay as it is.

use std::ops::{Add, Sub};

use wire::{Rtype, Ttl};

use crate::assemble::SOA_NUMBERS;
use crate::history::{Step, StepRecord};
use crate::snapshot::Zone;

/// The sum over some records, in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum(pub u64);

impl Sum {
    fn of(records: impl Iterator<Item = u64>) -> Self {
        Self(records.fold(0, u64::wrapping_add))
    }
}

impl Add for Sum {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }
}

impl Sub for Sum {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }
}

impl Zone {
    /// The sum over all records.
    pub(crate) fn sum(&self) -> Sum {
        Sum::of(self.nodes().flat_map(|node| {
            node.rrsets().flat_map(move |rrset| {
                let (rtype, ttl) = (rrset.rtype(), rrset.ttl());
                rrset
                    .rdatas()
                    .map(move |rdata| record(node.owner(), rtype, ttl, rdata))
            })
        }))
    }
}

impl Step {
    /// What it adds to the sum.
    pub(crate) fn sum(&self) -> Sum {
        let one = |one: StepRecord<'_>| record(one.owner, one.rtype, one.ttl, one.rdata);
        Sum::of(self.added().map(one)) - Sum::of(self.removed().map(one))
    }
}

/// The share of one record; its owner stands below the apex in lower case.
fn record(owner: &[u8], rtype: Rtype, ttl: Ttl, rdata: &[u8]) -> u64 {
    let head = u64::from(rtype.0) << 32 | u64::from(ttl.as_secs());
    let hash = bytes(mix(BASIS, head), owner);
    match (rtype, rdata.len().checked_sub(SOA_NUMBERS)) {
        (Rtype::SOA, Some(at)) => {
            let (names, numbers) = rdata.split_at(at);
            let timers = numbers.get(4..).unwrap_or_default();
            bytes(bytes(hash, names), timers)
        }
        _ => bytes(hash, rdata),
    }
}

fn bytes(hash: u64, bytes: &[u8]) -> u64 {
    let mut hash = mix(hash, bytes.len() as u64);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = mix(hash, u64::from_le_bytes(word));
    }
    hash
}

fn mix(hash: u64, word: u64) -> u64 {
    let product = u128::from(hash ^ word) * u128::from(MIX);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    let folded = product as u64 ^ (product >> 64) as u64;
    folded.rotate_left(23) ^ BASIS
}

const BASIS: u64 = 0x243F_6A88_85A3_08D3;
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_means_the_same_tomorrow() {
        let ttl = Ttl::from_secs(300);
        let a = record(b"\x03www", Rtype::A, ttl, &[192, 0, 2, 1]);
        assert_eq!(a, 16_325_069_719_895_165_331);
        assert_ne!(a, record(b"\x03www", Rtype::A, ttl, &[192, 0, 2, 2]));
        assert_ne!(a, record(b"\x03wwv", Rtype::A, ttl, &[192, 0, 2, 1]));
        assert_ne!(
            a,
            record(b"\x03www", Rtype::A, Ttl::from_secs(301), &[192, 0, 2, 1])
        );
        let soa = |serial: u8, minimum: u8| {
            let mut soa = vec![0; 22];
            (soa[5], soa[21]) = (serial, minimum);
            record(b"", Rtype::SOA, ttl, &soa)
        };
        assert_eq!(soa(1, 7), soa(2, 7));
        assert_ne!(soa(1, 7), soa(1, 8));
    }
}
