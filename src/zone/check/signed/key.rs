//! The keys of a zone: their tags, and whether what the parent is told is among them.

use ring::digest::{self, Algorithm};
use wire::{Name, Rtype};

use super::super::finding::{Findings, Part, Spot, Text};
use super::super::rrset::Rrset;
use crate::records::Record;

/// A key that may sign the zone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'r> {
    pub(super) tag: u16,
    pub(super) algorithm: u8,
    pub(super) public: &'r [u8],
}

/// The keys at the apex that may sign the zone.
#[derive(Debug)]
pub(super) struct Keys<'r>(Vec<Key<'r>>);

impl<'r> Keys<'r> {
    /// The keys among these records.
    pub(super) fn of(records: impl Iterator<Item = Record<'r>>) -> Self {
        let keys = records.filter(|record| record.rtype == Rtype::DNSKEY);
        Self(keys.filter_map(|record| key(record.rdata)).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys of this tag and algorithm: tags may collide.
    pub(super) fn with(&self, tag: u16, algorithm: u8) -> impl Iterator<Item = &Key<'r>> {
        let is_meant = move |key: &&Key<'_>| (key.tag, key.algorithm) == (tag, algorithm);
        self.0.iter().filter(is_meant)
    }

    /// The algorithms of all keys, each once.
    pub(super) fn algorithms(&self) -> Vec<u8> {
        let mut algorithms: Vec<u8> = self.0.iter().map(|key| key.algorithm).collect();
        algorithms.sort_unstable();
        algorithms.dedup();
        algorithms
    }
}

/// RFC 4034 §2.1: keys of zones have a bit of their own, and the protocol 3.
fn key(rdata: &[u8]) -> Option<Key<'_>> {
    match rdata {
        [high, _, 3, algorithm, public @ ..] if high & 1 != 0 => Some(Key {
            tag: tag(rdata),
            algorithm: *algorithm,
            public,
        }),
        _ => None,
    }
}

/// RFC 4034 appendix B.
pub(super) fn tag(rdata: &[u8]) -> u16 {
    let pairs = rdata.chunks(2).map(|pair| match pair {
        [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
        [high] => u32::from(*high) << 8,
        _ => 0,
    });
    let sum = pairs.fold(0_u32, u32::wrapping_add);
    let folded = sum.wrapping_add(sum >> 16) & 0xFFFF;
    u16::try_from(folded).unwrap_or_default()
}

/// Judges what the parent is told (CDS or CDNSKEY) by the keys of the zone.
///
/// RFC 7344 §4.1: a parent that follows it must not cut the zone off. A record of a key that is yet to
/// come may stand beside one of a key that is there.
pub(in super::super) fn told(told: &Rrset<'_>, keys: &Rrset<'_>, findings: &mut Findings) {
    let is_key = |record: &Record<'_>| keys.iter().any(|key| fits(record, &key));
    let at = if told.first().rtype == Rtype::CDS {
        2
    } else {
        3
    };
    // A record of algorithm 0 asks to delete.
    let asks = |record: &Record<'_>| record.rdata.get(at) != Some(&0);
    let told: Vec<Record<'_>> = told.iter().filter(asks).collect();
    let strangers: Vec<Record<'_>> = told.iter().filter(|r| !is_key(r)).copied().collect();
    let all = strangers.len() == told.len();
    for record in strangers {
        let text = || {
            Text::new(format!(
                "{} at \"{}\" is of no DNSKEY of the zone",
                record.rtype, record.owner
            ))
            .hint(match all {
                true => "a parent that follows it cuts the zone off from validators",
                false => "publish that key first, or take the record out",
            })
        };
        let spot = Spot::of(&record, Part::Data(0));
        match all {
            true => findings.error(spot, text),
            false => findings.warning(spot, text),
        }
    }
}

/// Whether a DS, CDS or CDNSKEY is of a DNSKEY. A digest of a kind that is not computed here fits by
/// tag and algorithm.
fn fits(record: &Record<'_>, key: &Record<'_>) -> bool {
    match record.rtype {
        Rtype::CDNSKEY => record.rdata == key.rdata,
        _ => fits_key(record.rdata, &key.owner.to_lowercase(), key.rdata),
    }
}

/// Whether the data of a DS is that of a key; the owner is in lower case.
pub(super) fn fits_key(ds: &[u8], owner: &Name, key: &[u8]) -> bool {
    let (&[high, low, algorithm, kind, ref wanted @ ..], &[_, _, _, of_key, ..]) = (ds, key) else {
        return false;
    };
    if (u16::from_be_bytes([high, low]), algorithm) != (tag(key), of_key) {
        return false;
    }
    let method: &'static Algorithm = match kind {
        1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        2 => &digest::SHA256,
        4 => &digest::SHA384,
        _ => return true,
    };
    // RFC 4034 §5.1.4: the owner in canonical form, then the data of the key.
    let mut context = digest::Context::new(method);
    context.update(owner.as_bytes());
    context.update(key);
    context.finish().as_ref() == wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_those_of_the_rfc() {
        // RFC 4034 §5.4: the key of dskey.example.com has the tag 60485.
        let mut rdata = vec![1, 0, 3, 5];
        let text = b"AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMz\
                     NXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJ\
                     BjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==";
        assert!(wire::text::base64(text, &mut rdata));
        assert_eq!(tag(&rdata), 60485);
    }
}
