//! What a host does not take: what DNS does not allow, and what its own limits say.

use std::collections::BTreeSet;

use wire::Rtype;

use super::{SetKey, SimZone, form};

/// What a host takes, by its own documentation.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Types; all if empty.
    pub types: &'static [Rtype],
    /// The least TTL.
    pub ttl: u32,
    /// All TTLs there are; any if empty.
    pub ttls: &'static [u32],
    /// Values of a set.
    pub values: usize,
    /// Bytes of a TXT value.
    pub text: usize,
    /// Names that begin with `*`.
    pub wildcard: bool,
    /// A CNAME at a zone's own name.
    pub apex_cname: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            types: &[],
            ttl: 0,
            ttls: &[],
            values: usize::MAX,
            text: 65_535,
            wildcard: true,
            apex_cname: false,
        }
    }
}

/// Why a host does not do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is there already.
    Exists(String),
    /// It cannot be.
    Invalid(String),
    /// It is not there.
    Missing(String),
    /// It is not what it was expected to be.
    Stale(String),
}

/// Whether what there is of a key now may be there.
pub(super) fn check(
    zone: &SimZone,
    key: &SetKey,
    limits: &Limits,
    weighted: bool,
) -> Result<(), Refused> {
    let Some(set) = zone.sets.get(key) else {
        let is_own = key.name == zone.name && matches!(key.rtype, Rtype::SOA | Rtype::NS);
        return match is_own {
            true => refuse(key, "a zone needs it"),
            false => Ok(()),
        };
    };
    let is_apex = key.name == zone.name;
    if !is_apex && !key.name.ends_with(&format!(".{}", zone.name)) {
        return refuse(key, "is not in this zone");
    }
    // RFC 1035 §2.3.4.
    let labels = key.name.split('.');
    if key.name.len() > 253
        || labels
            .clone()
            .any(|label| label.is_empty() || label.len() > 63)
    {
        return refuse(key, "has a label or a name that is too long");
    }
    if key.name.starts_with('*') && !limits.wildcard {
        return refuse(key, "is a wildcard");
    }
    if !limits.types.is_empty() && !limits.types.contains(&key.rtype) && !is_apex {
        return refuse(key, "is of a type that is not known here");
    }
    if set.rows.is_empty() || set.rows.len() > limits.values {
        return refuse(key, "has no values, or too many");
    }
    let mut seen = BTreeSet::new();
    for row in &set.rows {
        if !seen.insert(&row.rdata) {
            return refuse(key, "has a value twice");
        }
        let is_odd = !limits.ttls.is_empty() && !limits.ttls.contains(&row.ttl);
        if (row.ttl < limits.ttl || is_odd) && !is_apex {
            return refuse(key, "has a TTL that is not taken");
        }
        if key.rtype == Rtype::TXT && form::bytes(&row.rdata).len() > limits.text {
            return refuse(key, "has too long a text");
        }
    }
    if key.rtype == Rtype::CNAME
        && ((set.rows.len() > 1 && !weighted) || (is_apex && !limits.apex_cname))
    {
        return refuse(key, "cannot be a CNAME");
    }
    // RFC 1034 §3.6.2.
    let clash = zone
        .at(&key.name)
        .map(|(other, _)| other)
        .find(|other| other.rtype != key.rtype && [other.rtype, key.rtype].contains(&Rtype::CNAME));
    match clash {
        Some(_) if !is_apex => refuse(key, "is beside a CNAME"),
        _ => Ok(()),
    }
}

fn refuse(key: &SetKey, why: &str) -> Result<(), Refused> {
    let SetKey { name, rtype, .. } = key;
    Err(Refused::Invalid(format!("{name} {rtype} {why}")))
}
