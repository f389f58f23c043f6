//! The journal on a real folder and on a disk that forgets.

mod cases;
mod looks;
mod property;
mod readers;
mod sim;

use std::sync::Arc;

pub(crate) use sim::{Faults, Sim};
use wire::{Name, Rtype, Ttl};

use crate::journal::end::Sizes;
use crate::journal::{Log, Recovered};
use crate::layer::Layer;
use crate::writer::{Change, Rrset};

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

/// A log whose segments are soon replaced by images.
pub(crate) fn open_small(disk: &Sim) -> (Log, Recovered) {
    let sizes = Sizes {
        step: 1 << 10,
        segment: 2 << 10,
    };
    Log::open_with(Arc::new(disk.clone()), disk.now(), sizes).unwrap()
}

/// An RRset of one address; none stands for "absent", `Gone` for a contribution that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Absent,
    Address(u32),
    Gone,
}

fn change(owner: &str, says: Says) -> Change {
    let rrset = |rdatas| Rrset {
        rtype: Rtype::A,
        ttl: Ttl::from_secs(300),
        rdatas,
    };
    Change {
        owner: name(owner),
        rtype: Rtype::A,
        layer: Layer::Dynamic,
        rrset: match says {
            Says::Absent => Some(rrset(Vec::new())),
            Says::Address(address) => Some(rrset(vec![address.to_be_bytes().into()])),
            Says::Gone => None,
        },
    }
}
