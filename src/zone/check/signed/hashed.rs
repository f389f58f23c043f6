//! The chain of NSEC3: the same as that of NSEC, by hashes of names (RFC 5155 §7.1).
//!
//! Empty names between others have a hash too. With opt-out, delegations without DS need none, nor
//! do empty names above nothing else.

use std::collections::HashMap;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use wire::{Name, NameRef, Rtype, text};

use super::super::finding::{Findings, Part, Spot, Text};
use super::bitmap;
use super::chain::AGAIN;
use super::name::Node;
use crate::records::{Record, Records};

type Hash = [u8; 20];

/// What the chain has and what it should have.
#[derive(Debug)]
pub(super) struct Hashed<'r> {
    parameters: Parameters<'r>,
    /// The other parameters that the zone names: chains on their way in or out.
    others: Vec<Parameters<'r>>,
    links: Vec<Link<'r>>,
    wanted: HashMap<Hash, Wanted<'r>>,
    /// The last name, and the last one that opt-out does not leave out.
    last: Option<NameRef<'r>>,
    last_secure: Option<NameRef<'r>>,
}

/// How names are hashed: algorithm, iterations, salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parameters<'r> {
    algorithm: u8,
    iterations: u16,
    salt: &'r [u8],
}

/// An NSEC3.
#[derive(Debug)]
struct Link<'r> {
    hash: Hash,
    next: &'r [u8],
    opt_out: bool,
    types: Vec<Rtype>,
    record: Record<'r>,
}

/// A name that should have an NSEC3.
#[derive(Debug)]
struct Wanted<'r> {
    name: Name,
    types: Vec<Rtype>,
    /// Whether opt-out may leave it out.
    optional: bool,
    /// A record at the name, or below it if it is empty.
    record: Record<'r>,
}

impl<'r> Hashed<'r> {
    /// A chain as the first NSEC3PARAM says, if the zone has one.
    pub(super) fn of(records: &'r Records) -> Option<Self> {
        let apex = records.apex().as_ref();
        let at_apex = records.iter().take_while(|record| record.owner == apex);
        let mut all = at_apex
            .filter(|record| record.rtype == Rtype::NSEC3PARAM)
            // RFC 5155 §4.1.2: what has flags is passed over.
            .filter(|record| record.rdata.get(1) == Some(&0))
            .filter_map(|record| Some(parameters(record.rdata)?.0))
            .filter(|parameters| parameters.algorithm == 1)
            // More are an error already, and each costs a hash of every name.
            .filter(|parameters| parameters.iterations <= MAX_ITERATIONS);
        let parameters = all.next()?;
        Some(Self {
            parameters,
            others: all.collect(),
            links: Vec::new(),
            wanted: HashMap::new(),
            last: None,
            last_secure: None,
        })
    }

    /// Takes note of a name, or of an NSEC3; names come in canonical order.
    pub(super) fn add(&mut self, node: &Node<'_, 'r>, findings: &mut Findings) {
        if let Some(run) = node.of_type(Rtype::NSEC3) {
            for record in run.iter() {
                self.link(&record, node.apex, findings);
            }
            return;
        }
        let Some(first) = node.runs.first() else {
            return;
        };
        let optional = node.is_cut() && node.of_type(Rtype::DS).is_none();
        let last = if optional {
            self.last
        } else {
            self.last_secure
        };
        let record = first.first();
        let mut above = node.owner.parent();
        while let Some(name) = above.filter(|name| name.len() > node.apex.len()) {
            if last.is_some_and(|last| last.is_at_or_below(name)) {
                break;
            }
            self.want(name, Vec::new(), optional, record);
            above = name.parent();
        }
        self.want(node.owner, node.types(), optional, record);
        self.last = Some(node.owner);
        if !optional {
            self.last_secure = Some(node.owner);
        }
    }

    fn want(&mut self, name: NameRef<'r>, types: Vec<Rtype>, optional: bool, record: Record<'r>) {
        let name = name.to_lowercase();
        let hash = hash(&name, &self.parameters);
        let wanted = self.wanted.entry(hash).or_insert(Wanted {
            name,
            types,
            optional,
            record,
        });
        wanted.optional &= optional;
    }

    fn link(&mut self, record: &Record<'r>, apex: NameRef<'r>, findings: &mut Findings) {
        let Some((parameters, rest)) = parameters(record.rdata) else {
            return;
        };
        if parameters != self.parameters {
            if !self.others.contains(&parameters) {
                findings.error(Spot::of(record, Part::Type), || {
                    Text::new(format!(
                        "NSEC3 at \"{}\" is of no chain: no NSEC3PARAM says the same",
                        record.owner
                    ))
                    .hint("algorithm, iterations and salt are those of an NSEC3PARAM at the apex")
                });
            }
            return;
        }
        let mut hash = Vec::new();
        let label = record.owner.labels().next().unwrap_or_default();
        let is_below = record.owner.label_count() == apex.label_count() + 1;
        let is_hash = is_below && text::base32hex(label, &mut hash);
        let Ok(hash) = Hash::try_from(hash)
            .map_err(drop)
            .and_then(|hash| is_hash.then_some(hash).ok_or(()))
        else {
            findings.error(Spot::of(record, Part::Owner), || {
                Text::new(format!("NSEC3 at \"{}\", which is no hash", record.owner))
                    .hint("its first label is a hash in base32hex, right below the apex")
            });
            return;
        };
        let Some((length, rest)) = rest.split_first() else {
            return;
        };
        let Some((next, types)) = rest.split_at_checked(usize::from(*length)) else {
            return;
        };
        self.links.push(Link {
            hash,
            next,
            opt_out: record.rdata.get(1).is_some_and(|flags| flags & 1 != 0),
            types: bitmap::types(types),
            record: *record,
        });
    }

    /// Compares what there is with what there should be.
    pub(super) fn finish(mut self, findings: &mut Findings) {
        self.links.sort_by_key(|link| link.hash);
        let followers = self.links.iter().cycle().skip(1);
        for (link, follower) in self.links.iter().zip(followers) {
            if link.next != follower.hash {
                findings.error(Spot::of(&link.record, Part::Data(4)), || {
                    Text::new(format!(
                        "NSEC3 at \"{}\" does not lead to the next one, \"{}\"",
                        link.record.owner, follower.record.owner
                    ))
                    .related(&follower.record, Part::Owner, "the next one")
                    .hint(AGAIN)
                });
            }
            match self.wanted.get(&link.hash) {
                Some(wanted) => types(link, wanted, findings),
                None => findings.error(Spot::of(&link.record, Part::Owner), || {
                    let owner = link.record.owner;
                    Text::new(format!("NSEC3 at \"{owner}\" is of no name of the zone")).hint(AGAIN)
                }),
            }
        }
        let mut missing: Vec<(&Hash, &Wanted<'_>)> = self
            .wanted
            .iter()
            .filter(|(hash, _)| self.at(hash).is_err())
            .collect();
        missing.sort_by_key(|(_, wanted)| wanted.record.place);
        for (hash, wanted) in missing {
            self.missing(hash, wanted, findings);
        }
    }

    fn at(&self, hash: &Hash) -> Result<usize, usize> {
        self.links.binary_search_by_key(hash, |link| link.hash)
    }

    fn missing(&self, hash: &Hash, wanted: &Wanted<'_>, findings: &mut Findings) {
        let at = self.at(hash).unwrap_or_else(|at| at);
        let before = at.checked_sub(1).and_then(|at| self.links.get(at));
        let covering = before.or_else(|| self.links.last());
        if wanted.optional && covering.is_some_and(|link| link.opt_out) {
            return;
        }
        findings.error(Spot::of(&wanted.record, Part::Owner), || {
            let name = &wanted.name;
            Text::new(match (wanted.types.is_empty(), wanted.optional) {
                (true, _) => format!("no NSEC3 for \"{name}\", an empty name above this one"),
                (false, true) => {
                    format!(
                        "no NSEC3 for the delegation \"{name}\", and none with opt-out above it"
                    )
                }
                (false, false) => format!("no NSEC3 for \"{name}\""),
            })
            .hint(AGAIN)
        });
    }
}

fn types(link: &Link<'_>, wanted: &Wanted<'_>, findings: &mut Findings) {
    if let Some(difference) = bitmap::difference(&link.types, &wanted.types) {
        findings.error(Spot::of(&link.record, Part::Type), || {
            Text::new(format!("NSEC3 of \"{}\" {difference}", wanted.name)).hint(AGAIN)
        });
    }
}

/// The parameters that NSEC3 and NSEC3PARAM begin with, and what is behind.
fn parameters(rdata: &[u8]) -> Option<(Parameters<'_>, &[u8])> {
    let [algorithm, _, high, low, length, rest @ ..] = rdata else {
        return None;
    };
    let (salt, rest) = rest.split_at_checked(usize::from(*length))?;
    let parameters = Parameters {
        algorithm: *algorithm,
        iterations: u16::from_be_bytes([*high, *low]),
        salt,
    };
    Some((parameters, rest))
}

/// RFC 5155 §5; more iterations than validators take are reported elsewhere and cost no more here.
fn hash(name: &Name, parameters: &Parameters<'_>) -> Hash {
    let mut input = name.as_bytes().to_vec();
    let mut hash = Hash::default();
    for _ in 0..=parameters.iterations {
        input.extend_from_slice(parameters.salt);
        let made = digest(&SHA1_FOR_LEGACY_USE_ONLY, &input);
        if let Some(made) = made.as_ref().first_chunk() {
            hash = *made;
        }
        input.clear();
        input.extend_from_slice(&hash);
    }
    hash
}

/// No validator takes as many (RFC 9276 §3.2).
const MAX_ITERATIONS: u16 = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_rfc() {
        // RFC 5155 appendix A.
        let parameters = Parameters {
            algorithm: 1,
            iterations: 12,
            salt: &[0xaa, 0xbb, 0xcc, 0xdd],
        };
        for (name, expected) in [
            ("example.", "0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM"),
            ("a.example.", "35MTHGPGCU1QG68FAB165KLNSNK3DPVL"),
            ("x.y.w.example.", "2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S"),
        ] {
            let name = Name::from_text(name.as_bytes(), None).unwrap();
            let mut shown = String::new();
            text::print_base32hex(&hash(&name, &parameters), &mut shown).unwrap();
            assert_eq!(shown, expected, "{name}");
        }
    }
}
