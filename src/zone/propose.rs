//! What may be proposed to the store, and why a proposal is not taken.

use wire::{Name, Rtype};

use crate::layer::Layer;
use crate::snapshot::Zone;
use crate::writer::Change;

/// Why a proposal was not taken. The store is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The zone is a copy of another server's, and changes as that one does.
    #[error("zone \"{apex}\" is a copy of another server's zone, and changes with that one only")]
    IsCopy {
        /// The zone.
        apex: Name,
    },
    /// There is not exactly one SOA at the apex.
    #[error("zone \"{apex}\" needs exactly one SOA record at its apex")]
    NoSoa {
        /// The zone.
        apex: Name,
    },
    /// No zone has this apex.
    #[error("zone \"{apex}\" is not served here")]
    NoZone {
        /// The zone.
        apex: Name,
    },
    /// The zone is ours, but another replica writes it at the moment.
    #[error("zone \"{apex}\" is written by the leader, which is another replica at the moment")]
    Behind {
        /// The zone.
        apex: Name,
    },
    /// A change is for a name of another zone.
    #[error("\"{owner}\" is not in zone \"{apex}\"")]
    OutOfZone {
        /// The zone.
        apex: Name,
        /// The name.
        owner: Name,
    },
    /// More records in an RRset, or more types at a name, than can be stored.
    #[error("\"{owner}\" {rtype}: more than 65,535 records, or more than 255 types at the name")]
    TooBig {
        /// The name.
        owner: Name,
        /// The type.
        rtype: Rtype,
    },
    /// More names than the indexes can number.
    #[error("zone \"{apex}\" has more names than can be stored (about 600 million)")]
    TooManyNames {
        /// The zone.
        apex: Name,
    },
}

/// Judges a change of a zone by what can be stored at all.
pub(crate) fn check_change(zone: &Zone, change: &Change) -> Result<(), StoreError> {
    if !change.owner.as_ref().is_at_or_below(zone.apex.as_ref()) {
        let apex = zone.apex.clone();
        return Err(StoreError::OutOfZone {
            apex,
            owner: change.owner.clone(),
        });
    }
    // It would take the place of the SOA.
    if change.layer < Layer::Static && change.rtype == Rtype::CNAME && change.owner == zone.apex {
        let apex = zone.apex.clone();
        return Err(StoreError::NoSoa { apex });
    }
    let too_big = change.rrset.as_ref().is_some_and(|rrset| {
        rrset.rdatas.len() > usize::from(u16::MAX)
            || rrset
                .rdatas
                .iter()
                .any(|rdata| rdata.len() > usize::from(u16::MAX))
    });
    if too_big {
        return Err(StoreError::TooBig {
            owner: change.owner.clone(),
            rtype: change.rtype,
        });
    }
    Ok(())
}
