//! Which contributions show: pure rules on the contributions to one name.

use wire::Rtype;

use crate::layer::Layer;
use crate::node::{RrsetRef, write_entry_head, write_rrset};
use crate::writer::Rrset;

/// An RRset with the layer that says it.
#[derive(Clone, Debug)]
pub(crate) struct Contribution {
    pub(crate) layer: Layer,
    pub(crate) rrset: Rrset,
}

/// The contribution that shows in a page.
pub(crate) fn contribution(rrset: RrsetRef<'_>) -> Contribution {
    Contribution {
        layer: rrset.layer(),
        rrset: owned(rrset),
    }
}

/// An RRset of its own with the same contents.
pub(crate) fn owned(rrset: RrsetRef<'_>) -> Rrset {
    let rdatas = rrset.rdatas().map(Box::from).collect();
    Rrset {
        rtype: rrset.rtype(),
        ttl: rrset.ttl(),
        rdatas,
    }
}

/// The entry of a page for a name with these RRsets.
pub(crate) fn entry_of(flags: u8, owner: &[u8], rrsets: &[Contribution]) -> Vec<u8> {
    let mut entry = Vec::with_capacity(64);
    // No name has so many types: what is proposed is capped at 100 before.
    let count = u8::try_from(rrsets.len()).unwrap_or(u8::MAX);
    write_entry_head(&mut entry, flags, count, owner);
    for one in rrsets.iter().take(usize::from(count)) {
        let rdatas = one.rrset.rdatas.iter().map(|rdata| &**rdata);
        write_rrset(
            &mut entry,
            one.rrset.rtype,
            one.rrset.ttl,
            one.layer,
            rdatas,
        );
    }
    entry
}

/// Who shows: the strongest layer of each type; where that would put a CNAME beside other data, or
/// a DNAME above a stronger name, the strongest layer has the whole name. An RRset without records
/// only hides those of weaker layers.
pub(crate) fn winners(
    all: Vec<Contribution>,
    below: Option<Layer>,
) -> (Vec<Contribution>, Vec<Contribution>) {
    let strongest = |rtype| {
        all.iter()
            .filter(|one| one.rrset.rtype == rtype)
            .map(|one| one.layer)
            .min()
    };
    let dname_hidden =
        matches!((strongest(Rtype::DNAME), below), (Some(dname), Some(below)) if below < dname);
    let shows = |one: &Contribution| {
        strongest(one.rrset.rtype) == Some(one.layer)
            && !one.rrset.rdatas.is_empty()
            && !(dname_hidden && one.rrset.rtype == Rtype::DNAME)
    };
    let clash = all
        .iter()
        .any(|one| shows(one) && one.rrset.rtype == Rtype::CNAME)
        && all
            .iter()
            .any(|one| shows(one) && !beside_cname(one.rrset.rtype));
    let top = all
        .iter()
        .filter(|one| shows(one))
        .map(|one| one.layer)
        .min();
    // An override is of single RRsets: beside it the others stay, and the CNAME goes.
    let overridden =
        top == Some(Layer::Override) && strongest(Rtype::CNAME) != Some(Layer::Override);
    let stays = |one: &Contribution| match clash {
        false => true,
        true if overridden => one.rrset.rtype != Rtype::CNAME,
        true => Some(one.layer) == top,
    };
    let keep: Vec<bool> = all.iter().map(|one| shows(one) && stays(one)).collect();
    let mut keep = keep.into_iter();
    all.into_iter().partition(|_| keep.next().unwrap_or(false))
}

/// Types that may stand beside a CNAME (RFC 2181 §10.1, RFC 4034 §3), and the CNAME itself.
pub(crate) fn beside_cname(rtype: Rtype) -> bool {
    matches!(
        rtype,
        Rtype::CNAME | Rtype::RRSIG | Rtype::NSEC | Rtype::KEY
    )
}
