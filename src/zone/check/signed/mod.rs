//! Signed zones: signatures (RFC 4034, 4035) and the chains that deny names (NSEC, RFC 5155).
//!
//! ```text
//! names in order, cuts known ─┬─ signature   each RRset has one that validators take
//!                             ├─ chain       NSEC: each name leads to the next one
//!                             └─ hashed      NSEC3: the same by hashes, with opt-out
//! ```
//!
//! A zone counts as signed if there are signatures at its apex. What is wrong here is an error,
//! since validators then take no answer for true; the zone can be served nevertheless, and whoever
//! serves it is told of expired signatures only.

mod bitmap;
mod chain;
mod hashed;
mod key;
mod name;
mod parent;
mod signature;
mod verify;

use wire::{NameRef, Rtype};

use self::chain::Chain;
use self::hashed::Hashed;
use self::key::Keys;
use self::name::Node;
use self::signature::Signatures;
use super::finding::{Findings, Part, Spot, Text};
use super::{Care, Unread};
use crate::records::Records;

pub(super) use self::key::told;
pub use self::parent::{Stranger, Trust};

/// Judges a zone that is signed.
pub(super) fn check(records: &Records, unread: &Unread, care: &Care, findings: &mut Findings) {
    let apex = records.apex().as_ref();
    let at_apex = || {
        let records = records.iter();
        records.take_while(move |record| record.owner == apex)
    };
    if !at_apex().any(|record| record.rtype == Rtype::RRSIG) {
        return;
    }
    // What could not be read is missing in every chain, and other mistakes come first.
    if !care.signatures || !unread.is_empty() {
        if let Some(now) = care.now {
            signature::expired(records, now, findings);
        }
        return;
    }
    let keys = Keys::of(at_apex());
    if keys.is_empty() {
        no_key(records, findings);
        return;
    }
    let signatures = Signatures::new(apex, &keys, care.now);
    let mut hashed = Hashed::of(records);
    // A zone on its way from one to the other has both.
    let has_nsec = at_apex().any(|record| record.rtype == Rtype::NSEC);
    let has_nsec3 = at_apex().any(|record| record.rtype == Rtype::NSEC3PARAM);
    let mut chain = (has_nsec || !has_nsec3).then(Chain::default);
    name::each(records, |node| {
        signatures.judge(node, findings);
        if let Some(hashed) = &mut hashed {
            hashed.add(node, findings);
        }
        if let Some(chain) = &mut chain {
            chain.add(node, findings);
        }
    });
    if let Some(hashed) = hashed {
        hashed.finish(findings);
    }
    if let Some(chain) = chain {
        chain.finish(findings);
    }
}

fn no_key(records: &Records, findings: &mut Findings) {
    let apex = records.apex().as_ref();
    let mut at_apex = records.iter().take_while(|record| record.owner == apex);
    if let Some(first) = at_apex.find(|record| record.rtype == Rtype::RRSIG) {
        findings.error(Spot::of(&first, Part::Type), || {
            Text::new(format!("signatures in zone \"{apex}\", but no DNSKEY"))
                .hint("publish the keys that signed the zone, or take the signatures out")
        });
    }
}

/// Whether a node says of itself no more than who is asked next.
fn is_cut(node: &Node<'_, '_>, apex: NameRef<'_>) -> bool {
    node.owner.len() != apex.len() && node.of_type(Rtype::NS).is_some()
}

#[cfg(test)]
mod tests;
