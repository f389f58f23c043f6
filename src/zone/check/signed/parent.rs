//! What a zone and the zones that it delegates say of one another: each DS there is of a key here.

use wire::{Name, Rtype};

use super::key::fits_key;
use crate::records::Records;

/// Of a zone what others must agree with.
#[derive(Clone, Debug)]
pub struct Trust {
    apex: Name,
    /// The data of its keys.
    keys: Vec<Vec<u8>>,
    /// Of the zones that it delegates: name, line of the DS in the zone file (0 if it stands
    /// elsewhere), data.
    delegated: Vec<(Name, u32, Vec<u8>)>,
}

/// A DS of which the delegated zone knows nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// The delegated zone.
    pub zone: Name,
    /// The line of the DS in the file of the zone above; 0 if it stands in another file.
    pub line: u32,
    /// Whether the delegated zone has keys at all.
    pub signed: bool,
}

impl Trust {
    /// Takes it out of the records of a zone.
    #[must_use]
    pub fn of(records: &Records) -> Self {
        let apex = records.apex().as_ref().to_lowercase();
        let (mut keys, mut delegated) = (Vec::new(), Vec::new());
        for record in records.iter() {
            match record.rtype {
                Rtype::DNSKEY if record.owner == apex.as_ref() => keys.push(record.rdata.to_vec()),
                Rtype::DS => {
                    let line = match record.place.file {
                        0 => record.place.line,
                        _ => 0,
                    };
                    delegated.push((record.owner.to_lowercase(), line, record.rdata.to_vec()));
                }
                _ => {}
            }
        }
        Self {
            apex,
            keys,
            delegated,
        }
    }

    /// The first DS of each zone among `others` that none of its DS fits: validators take nothing
    /// from such a zone.
    #[must_use]
    pub fn strangers(&self, others: &[Self]) -> Vec<Stranger> {
        let mut strangers = Vec::new();
        for run in self.delegated.chunk_by(|left, right| left.0 == right.0) {
            let Some((zone, line, _)) = run.first() else {
                continue;
            };
            let Some(other) = others.iter().find(|other| other.apex == *zone) else {
                continue;
            };
            let fits = |ds: &[u8]| {
                let mut keys = other.keys.iter();
                keys.any(|key| fits_key(ds, zone, key))
            };
            if !run.iter().any(|(_, _, ds)| fits(ds)) {
                strangers.push(Stranger {
                    zone: zone.clone(),
                    line: *line,
                    signed: !other.keys.is_empty(),
                });
            }
        }
        strangers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::parse_str;

    fn trust(origin: &str, text: &str) -> Trust {
        let origin = Name::from_text(origin.as_bytes(), None).unwrap();
        let text = format!("$TTL 300\n@ SOA a. b. 1 2 3 4 5\n@ NS a.\n{text}");
        Trust::of(&parse_str(text.as_bytes(), "zone", &origin).records.unwrap())
    }

    #[test]
    fn a_ds_is_of_a_key_of_the_zone_below() {
        let key = "@ DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+\
                   KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==";
        let right = "DS 2371 13 2 169521ab547df3a14c1719a0f0d5289278e22682b53ce9f22d379b922125bf98";
        let wrong = right.replace("16952", "26952");
        let stranger = |signed| Stranger {
            zone: Name::from_text(b"example.org.", None).unwrap(),
            line: 5,
            signed,
        };
        for (ds, below, expected) in [
            (format!("example NS a.\nexample {right}\n"), key, vec![]),
            (
                format!("example NS a.\nexample {wrong}\nexample {right}\n"),
                key,
                vec![],
            ),
            (
                format!("example NS a.\nexample {wrong}\n"),
                key,
                vec![stranger(true)],
            ),
            (
                format!("example NS a.\nexample {right}\n"),
                "",
                vec![stranger(false)],
            ),
            (format!("other NS a.\nother {wrong}\n"), key, vec![]),
        ] {
            let above = trust("org.", &ds);
            let others = [trust("example.org.", below)];
            assert_eq!(above.strangers(&others), expected, "{ds}");
        }
    }
}
