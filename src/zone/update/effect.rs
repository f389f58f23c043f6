//! From what an UPDATE makes of names to changes of layers.
//!
//! A client works on what shows. What shows from the dynamic layer it changes there. What shows
//! from a zone file or from the desired set is not the client's: to change it needs a grant, and
//! then an override stands above it until the client deletes that again.

use std::collections::BTreeMap;

use wire::update::Action;
use wire::{Name, Rcode, Rtype};

use super::names::{Names, Rrsets, canonical, rrsets_of};
use super::{Effect, Permit, Refusal};
use crate::assemble::{SOA_NUMBERS, serial_of};
use crate::layer::Layer;
use crate::merge::{Contribution, winners};
use crate::writer::{Change, Rrset, ZoneWriter};

/// The changes that bring the zone to where the names are now.
pub(super) fn of(
    zone: &ZoneWriter,
    names: Names<'_>,
    permit: &dyn Permit,
) -> Result<Effect, Refusal> {
    let mut effect = Effect::default();
    let (touched, deleted) = names.into_parts();
    for (owner, mut after) in touched {
        let mut before = rrsets_of(&zone.zone, &owner);
        if owner.is_empty() {
            effect.serial = serial_alone(&before, &after);
            if effect.serial.is_some() {
                before.remove(&Rtype::SOA);
                after.remove(&Rtype::SOA);
            }
        }
        let place = Place::new(zone, &owner);
        let mut types: Vec<Rtype> = before.keys().chain(after.keys()).copied().collect();
        types.sort_unstable();
        types.dedup();
        for rtype in types {
            let (old, new) = (before.get(&rtype), after.remove(&rtype));
            if old != new.as_ref() {
                place.change(rtype, old, new, permit, &mut effect.changes)?;
            }
        }
        let deleted = deleted.iter().filter(|(of, _)| *of == owner);
        place.delete_hidden(deleted.map(|(_, action)| action), &mut effect.changes);
    }
    Ok(effect)
}

/// The new serial, if that is all that differs between two SOA records.
fn serial_alone(before: &Rrsets, after: &Rrsets) -> Option<wire::Serial> {
    let (old, new) = (before.get(&Rtype::SOA)?, after.get(&Rtype::SOA)?);
    let (old_data, new_data) = (old.rdatas.first()?, new.rdatas.first()?);
    let without = |data: &[u8]| {
        let at = data.len() - SOA_NUMBERS;
        [&data[..at], &data[at + 4..]].concat()
    };
    let alone = old != new && old.ttl == new.ttl && without(old_data) == without(new_data);
    alone.then(|| serial_of(new_data))
}

/// One name and who says what of it.
struct Place<'z> {
    zone: &'z ZoneWriter,
    owner: &'z [u8],
    name: Name,
    all: Vec<Contribution>,
    /// The layer that shows of each type.
    shown: BTreeMap<Rtype, Layer>,
    /// What would show without dynamic updates.
    base: BTreeMap<Rtype, Contribution>,
}

impl<'z> Place<'z> {
    fn new(zone: &'z ZoneWriter, owner: &'z [u8]) -> Self {
        let all = zone.contributions_at(owner);
        let node = zone.zone.node_at(owner);
        let shown = node.map(|node| node.rrsets()).into_iter().flatten();
        let shown = shown.map(|rrset| (rrset.rtype(), rrset.layer())).collect();
        let base = all.iter().filter(|one| !is_client(one.layer)).cloned();
        let (base, _) = winners(base.collect(), None);
        let base = base.into_iter().map(|one| (one.rrset.rtype, one)).collect();
        Self {
            zone,
            owner,
            name: zone.zone.absolute(owner),
            all,
            shown,
            base,
        }
    }

    /// What a layer says of a type.
    fn says(&self, layer: Layer, rtype: Rtype) -> Option<&Rrset> {
        let mut all = self.all.iter();
        let one = all.find(|one| one.layer == layer && one.rrset.rtype == rtype);
        one.map(|one| &one.rrset)
    }

    /// Adds the change that turns what shows of a type into something else.
    fn change(
        &self,
        rtype: Rtype,
        old: Option<&Rrset>,
        new: Option<Rrset>,
        permit: &dyn Permit,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        self.check_dname(rtype, new.as_ref())?;
        let base = self.base.get(&rtype);
        let is_base = base.map(|one| &one.rrset) == new.as_ref();
        let overridden = self.says(Layer::Override, rtype).is_some();
        let foreign = match old {
            Some(_) => self.shown.get(&rtype) != Some(&Layer::Dynamic),
            None => base.is_some_and(|one| one.layer == Layer::Static),
        };
        if !overridden && !foreign {
            changes.push(self.say(Layer::Dynamic, rtype, new));
            return Ok(());
        }
        // It only waits for what hides it to go, in this very update.
        if !overridden && old.is_none() && is_base {
            return Ok(());
        }
        if !permit.may_take_over(self.name.as_ref(), rtype) {
            return Err(Refusal::new(
                Rcode::REFUSED,
                format!(
                    "\"{}\" {rtype} comes from {}, and this key has no takeover grant for it",
                    self.name,
                    self.origin(rtype)
                ),
            ));
        }
        // An override that says what would show anyway goes; what is deleted, and would come back by
        // that, is overridden by "none".
        let rrset = match new {
            _ if is_base => None,
            Some(new) => Some(new),
            None => Some(Rrset {
                rtype,
                ttl: old.map_or_else(|| wire::Ttl::from_secs(0), |old| old.ttl),
                rdatas: Vec::new(),
            }),
        };
        changes.push(self.say(Layer::Override, rtype, rrset));
        if self.says(Layer::Dynamic, rtype).is_some() {
            changes.push(self.say(Layer::Dynamic, rtype, None));
        }
        Ok(())
    }

    /// What the client deletes must not come back when what hides it goes: its own records that do
    /// not show are deleted too.
    fn delete_hidden<'a>(
        &self,
        deleted: impl Iterator<Item = &'a Action> + Clone,
        changes: &mut Vec<Change>,
    ) {
        let own = self.all.iter().filter(|one| one.layer == Layer::Dynamic);
        for one in own.filter(|one| self.shown.get(&one.rrset.rtype) != Some(&Layer::Dynamic)) {
            let rtype = one.rrset.rtype;
            let mut left = one.rrset.clone();
            for action in deleted.clone() {
                match action {
                    Action::DeleteName => left.rdatas.clear(),
                    Action::DeleteRrset(of) if *of == rtype => left.rdatas.clear(),
                    Action::DeleteRecord(of, rdata) if *of == rtype => {
                        let unwanted = canonical(rtype, rdata);
                        left.rdatas
                            .retain(|rdata| canonical(rtype, rdata) != unwanted);
                    }
                    _ => {}
                }
            }
            let said = changes
                .iter()
                .any(|change| change.owner == self.name && change.rtype == rtype);
            if left != one.rrset && !said {
                let left = (!left.rdatas.is_empty()).then_some(left);
                changes.push(self.say(Layer::Dynamic, rtype, left));
            }
        }
    }

    fn say(&self, layer: Layer, rtype: Rtype, rrset: Option<Rrset>) -> Change {
        Change {
            owner: self.name.clone(),
            rtype,
            layer,
            rrset,
        }
    }

    /// Where an RRset that is not the client's comes from, in words.
    fn origin(&self, rtype: Rtype) -> &'static str {
        match self.base.get(&rtype).map(|one| one.layer) {
            Some(Layer::Synced) => "objects",
            Some(_) => "the zone's file or settings",
            None => "an override",
        }
    }

    /// A DNAME that would not show, as stronger names stand below it, must not be taken.
    fn check_dname(&self, rtype: Rtype, new: Option<&Rrset>) -> Result<(), Refusal> {
        let Some(new) = new.filter(|_| rtype == Rtype::DNAME) else {
            return Ok(());
        };
        let dname = Contribution {
            layer: Layer::Dynamic,
            rrset: new.clone(),
        };
        let below = self.zone.strongest_below(self.owner, &[dname]);
        if below.is_some_and(|layer| layer < Layer::Dynamic) {
            let name = &self.name;
            let reason = format!("\"{name}\" DNAME: names of the zone's file stand below it");
            return Err(Refusal::new(Rcode::REFUSED, reason));
        }
        Ok(())
    }
}

/// Whether a layer is that of clients.
fn is_client(layer: Layer) -> bool {
    matches!(layer, Layer::Override | Layer::Dynamic)
}
