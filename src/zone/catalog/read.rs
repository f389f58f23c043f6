//! The records of a catalog → its members, or what is wrong with it.

use std::collections::BTreeMap;

use wire::{Name, Rtype};

use super::{CURRENT, Catalog, GROUP, HEIR, Member, VERSION, ZONES};
use crate::Rdatas;
use crate::snapshot::Zone;

/// Why a catalog must not be acted on (RFC 9432 §5.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// More than one server is to take a member over.
    #[error("member \"{id}\" has more than one \"coo\"")]
    ManyHeirs {
        /// The label of the member.
        id: String,
    },
    /// A member is more than one zone.
    #[error("member \"{id}\" names more than one zone")]
    ManyNames {
        /// The label of the member.
        id: String,
    },
    /// There is not one version.
    #[error("it has no \"version\", or more than one")]
    NoVersion,
    /// The version is none that we know.
    #[error("its version is \"{version}\"; only \"2\" is known")]
    OtherVersion {
        /// The version.
        version: String,
    },
    /// Two members are the same zone.
    #[error("zone \"{zone}\" is listed twice")]
    Twice {
        /// The zone.
        zone: Name,
    },
}

/// What stands at and below the label of a member.
#[derive(Debug, Default)]
struct Node {
    zone: Option<Name>,
    member: Member,
}

/// The members of a catalog.
///
/// Records that mean nothing here are passed over (RFC 9432 §4.4): they may be other programs'.
///
/// # Errors
/// It breaks a rule, and nothing of it is to be acted on.
pub fn read(catalog: &Zone) -> Result<Catalog, Broken> {
    let above = catalog.apex().label_count();
    let mut version = None;
    let mut nodes: BTreeMap<Vec<u8>, Node> = BTreeMap::new();
    for (owner, rrset) in catalog.rrsets() {
        let labels: Vec<&[u8]> = owner.as_ref().labels().collect();
        let own = labels.len().saturating_sub(above);
        let labels = labels.get(..own).unwrap_or_default();
        match (labels, rrset.rtype()) {
            ([VERSION], Rtype::TXT) => version = one(rrset.rdatas()).map(text),
            ([id, ZONES], Rtype::PTR) => {
                let name = one(rrset.rdatas()).ok_or_else(|| Broken::ManyNames { id: said(id) })?;
                nodes.entry(id.to_vec()).or_default().zone = name_of(name);
            }
            ([HEIR, id, ZONES], Rtype::PTR) => {
                let name = one(rrset.rdatas()).ok_or_else(|| Broken::ManyHeirs { id: said(id) })?;
                nodes.entry(id.to_vec()).or_default().member.heir = name_of(name);
            }
            ([GROUP, id, ZONES], Rtype::TXT) => {
                let mut groups: Vec<Vec<u8>> = rrset.rdatas().map(text).collect();
                groups.sort();
                groups.dedup();
                nodes.entry(id.to_vec()).or_default().member.groups = groups;
            }
            _ => {}
        }
    }
    match version {
        None => return Err(Broken::NoVersion),
        Some(version) if version == CURRENT => {}
        Some(version) => {
            return Err(Broken::OtherVersion {
                version: said(&version),
            });
        }
    }
    let mut members = BTreeMap::new();
    for (id, node) in nodes {
        // A property without its zone says nothing.
        let Some(zone) = node.zone else {
            continue;
        };
        let member = Member { id, ..node.member };
        if members.insert(zone.clone(), member).is_some() {
            return Err(Broken::Twice { zone });
        }
    }
    Ok(Catalog { members })
}

/// The only record of an RRset; none if it has more.
fn one(mut rdatas: Rdatas<'_>) -> Option<&[u8]> {
    let first = rdatas.next()?;
    rdatas.next().is_none().then_some(first)
}

/// The strings of a TXT record as one.
fn text(mut rdata: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    while let Some((len, rest)) = rdata.split_first() {
        let (string, after) = rest.split_at(usize::from(*len).min(rest.len()));
        text.extend_from_slice(string);
        rdata = after;
    }
    text
}

fn name_of(rdata: &[u8]) -> Option<Name> {
    let name = Name::from_wire(rdata).ok()?;
    Some(name.as_ref().to_lowercase())
}

/// Bytes of others, for a message.
fn said(bytes: &[u8]) -> String {
    bytes
        .escape_ascii()
        .take(MOST_SAID)
        .map(char::from)
        .collect()
}

/// How much of a text of others a message repeats.
const MOST_SAID: usize = 80;
