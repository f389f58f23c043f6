//! Ownership TXT without a record.
//!
//! A destination that makes one change after the other may have lost a record, and not its TXT, when
//! it or we went down. Nobody else ever takes such a TXT away: only its owner may, and it is the
//! owner. It does no harm for a while, so it is told only where nothing else can be meant:
//!
//! * it is the only text of its name, and says that its record is ours, of a type that we manage;
//! * its name has a type. One of the old form was for records of any type;
//! * at the name of its record, starred or not, there is no record of any type, whatever its set
//!   identifier;
//! * the same holds for the name that it would be of if it were of the old form: `a-web` was that of a
//!   host of this name.

use std::collections::HashSet;

use wire::Rtype;

use super::TxtRegistry;
use super::mapper::Owned;
use crate::{Endpoint, Labels, RowName};

/// An ownership TXT of ours whose record is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The TXT as it was listed, with its owner.
    pub text: Endpoint,
    /// The names that it may be of. None of them had a record.
    pub names: Vec<RowName>,
}

impl TxtRegistry {
    /// What is left of a record, if this TXT is that. `present`: the names of all records but
    /// ownership TXT.
    pub(super) fn leftover(
        &self,
        text: Endpoint,
        labels: &Labels,
        present: &HashSet<RowName>,
    ) -> Option<Leftover> {
        let ours = labels.value(Labels::OWNER) == Some(&*self.owner);
        let Some(Owned {
            name,
            rtype: Some(rtype),
        }) = self.mapper.owned(&text.name)
        else {
            return None;
        };
        if !ours || !self.manages(rtype) || text.targets.len() != 1 {
            return None;
        }
        let old = self.mapper.owned_of_old(&text.name);
        let starred: Vec<String> = [Some(&name), old.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(|name| self.mapper.with_star(name))
            .collect();
        let names = [name].into_iter().chain(old).chain(starred);
        let names: Vec<RowName> = names.map(|name| RowName::new(&name)).collect();
        if names.iter().any(|name| present.contains(name)) {
            return None;
        }
        let mut text = text;
        text.labels = Labels::default();
        text.labels.set(Labels::OWNER, &self.owner);
        Some(Leftover { text, names })
    }

    /// Takes the TXT that are left over out of deletes, as the destination is to make them.
    pub(super) fn take_leftovers(&self, deletes: &mut Vec<Endpoint>) -> Vec<Endpoint> {
        if self.leftovers.is_empty() {
            return Vec::new();
        }
        let is_left = |gone: &Endpoint| {
            let of = self
                .leftovers
                .get(&super::key_of(&gone.name, &gone.set_identifier));
            of.filter(|of| gone.rtype == Rtype::TXT && gone.targets == of.text.targets)
        };
        let mut out = Vec::new();
        deletes.retain(|gone| {
            let Some(of) = is_left(gone) else { return true };
            let mut text = gone.clone();
            text.labels = Labels::default();
            let name = of.names.first().map_or("", |name| name.as_str());
            text.labels.set(Labels::OWNED_RECORD, name);
            out.push(text);
            false
        });
        out
    }
}
