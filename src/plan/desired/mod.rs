//! What should exist: what every object asks for, found by name.
//!
//! ```text
//! put(contributor, endpoints) ─→ names touched      row(name) ─→ merged endpoints of that name
//! ```
//!
//! Objects come and go in any order and the rows come out the same: contributions meet in the order
//! of their sources, then of their objects' namespaces and names. A name is touched by an object
//! that asks for it, a reverse name by each that could publish its address. Nothing merged is kept;
//! a row is made again whenever it is asked for.

mod parts;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;

use crate::merge::{
    self, Candidate, Counts, MergeRules, PtrRule, Record, Step, What, address_of, reverse_name,
};
use crate::name::normalize;
use crate::pack::{Block, Statics, names, pack};
use crate::{Endpoint, RowName};
use parts::{Part, Parts};

/// An object as one source sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Contributor {
    /// The source, by its place among the flags.
    pub source: u16,
    /// The object, by any number that is its own within the source.
    pub object: u32,
}

/// Says whether an endpoint may take part at a destination, or why not.
pub type Admit<'a> = &'a dyn Fn(&Endpoint) -> Result<(), Box<str>>;

/// What all objects ask for.
#[derive(Debug, Default)]
pub struct Desired {
    rules: MergeRules,
    statics: Statics,
    contributions: HashMap<Contributor, Box<[u8]>>,
    rows: HashMap<RowName, Parts>,
}

impl Desired {
    /// Nothing yet.
    #[must_use]
    pub fn new(rules: MergeRules) -> Self {
        Self {
            rules,
            ..Self::default()
        }
    }

    /// The rules rows are made by.
    #[must_use]
    pub fn rules(&self) -> &MergeRules {
        &self.rules
    }

    /// Takes what an object asks for now, in place of what it asked for before, and tells the names
    /// whose rows may have changed, sorted. The same again touches nothing.
    pub fn put(
        &mut self,
        contributor: Contributor,
        endpoints: impl AsRef<[Endpoint]>,
    ) -> Vec<RowName> {
        let endpoints = endpoints.as_ref();
        if endpoints.is_empty() {
            return self.remove(contributor);
        }
        let block = pack(endpoints, &mut self.statics);
        if self.contributions.get(&contributor) == Some(&block) {
            return Vec::new();
        }
        let mut touched = self.forget(contributor);
        for ((at, name), endpoint) in names(&block).zip(endpoints) {
            let part = Part::new(contributor, at);
            touched.push(link(&mut self.rows, &normalize(name), part));
            for address in merge::addresses(endpoint, &self.rules) {
                let name = reverse_name(address);
                touched.push(link(&mut self.rows, &name, part.reversed()));
            }
        }
        self.contributions.insert(contributor, block);
        self.with_pointers(touched)
    }

    /// Forgets an object, and tells the names whose rows may have changed, sorted.
    pub fn remove(&mut self, contributor: Contributor) -> Vec<RowName> {
        let touched = self.forget(contributor);
        self.with_pointers(touched)
    }

    /// The endpoints that should exist at a name.
    #[must_use]
    pub fn row(&self, name: &RowName) -> Vec<Endpoint> {
        self.make(name, None, &mut Record::Nothing)
    }

    /// As [`Desired::row`], from those contributions only that a destination admits.
    #[must_use]
    pub fn row_where(&self, name: &RowName, admit: Admit<'_>) -> Vec<Endpoint> {
        self.make(name, Some(admit), &mut Record::Nothing)
    }

    /// As [`Desired::row`]; what is dropped is added to the counts.
    #[must_use]
    pub fn row_counted(&self, name: &RowName, counts: &mut Counts) -> Vec<Endpoint> {
        self.make(name, None, &mut Record::Counts(counts))
    }

    /// As [`Desired::row_where`], with all that was done on the way.
    #[must_use]
    pub fn row_traced(
        &self,
        name: &RowName,
        admit: Option<Admit<'_>>,
    ) -> (Vec<Endpoint>, Vec<Step>) {
        let mut steps = Vec::new();
        let row = self.make(name, admit, &mut Record::Steps(&mut steps));
        (row, steps)
    }

    /// All names that an object asks for, and the reverse names of their addresses, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<RowName> {
        let mut names: Vec<RowName> = self.rows.keys().cloned().collect();
        names.sort_unstable();
        names
    }

    /// The objects that a row may be made of, sorted: those that ask for the name, and for a reverse
    /// name those that could publish its address.
    #[must_use]
    pub fn contributors(&self, name: &RowName) -> Vec<Contributor> {
        let parts = self.rows.get(name).into_iter().flat_map(Parts::iter);
        let mut all: Vec<Contributor> = parts.map(Part::contributor).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What one object asks for, as it was put.
    #[must_use]
    pub fn contribution(&self, contributor: Contributor) -> Vec<Endpoint> {
        let Some(block) = self.contributions.get(&contributor) else {
            return Vec::new();
        };
        let block = Block::new(block, &self.statics);
        block.endpoints().map(|(_, endpoint)| endpoint).collect()
    }

    /// How many objects ask for something.
    #[must_use]
    pub fn len(&self) -> usize {
        self.contributions.len()
    }

    /// Whether nobody asks for anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.contributions.is_empty()
    }

    fn make(
        &self,
        name: &RowName,
        admit: Option<Admit<'_>>,
        record: &mut Record<'_>,
    ) -> Vec<Endpoint> {
        let Some(parts) = self.rows.get(name) else {
            return Vec::new();
        };
        let direct = self.candidates(parts, admit, record);
        let mut row = merge::forward(direct, &self.rules, record).endpoints;
        if let Some(address) = self.reversed(name) {
            row.extend(self.pointer(address, parts, admit, record));
        }
        merge::finished(row, &self.rules, record)
    }

    fn reversed(&self, name: &RowName) -> Option<IpAddr> {
        if self.rules.ptr == PtrRule::Off {
            return None;
        }
        address_of(name.as_str())
    }

    /// The PTR that forward rows give an address.
    fn pointer(
        &self,
        address: IpAddr,
        parts: &Parts,
        admit: Option<Admit<'_>>,
        record: &mut Record<'_>,
    ) -> Option<Endpoint> {
        let parts = parts.iter().filter(|part| part.is_reversed());
        let names = parts.filter_map(|part| {
            let endpoint = self.endpoint(part)?;
            Some(normalize(&endpoint.name).into_owned())
        });
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        names.dedup();
        let mut wishing = Vec::new();
        for name in names {
            let Some(parts) = self.rows.get(name.as_str()) else {
                continue;
            };
            // The steps of the forward rows are for those rows to tell.
            let quiet = &mut Record::Nothing;
            let forward = merge::forward(self.candidates(parts, admit, quiet), &self.rules, quiet);
            let endpoints = forward.endpoints.into_iter().zip(forward.pointers);
            wishing.extend(
                endpoints
                    .filter(|(_, wishes)| *wishes)
                    .map(|(endpoint, _)| endpoint),
            );
        }
        merge::pointer(address, &wishing, record)
    }

    /// The contributions to a name, in the order that they meet in.
    fn candidates(
        &self,
        parts: &Parts,
        admit: Option<Admit<'_>>,
        record: &mut Record<'_>,
    ) -> Vec<Candidate> {
        let parts = parts.iter().filter(|part| !part.is_reversed());
        let mut found: Vec<(Part, Endpoint)> = parts
            .filter_map(|part| Some((part, self.endpoint(part)?)))
            .collect();
        if found.len() > 1 {
            found.sort_by(|(a, left), (b, right)| {
                let sources = a.contributor().source.cmp(&b.contributor().source);
                sources
                    .then_with(|| place(left).cmp(&place(right)))
                    .then_with(|| a.cmp(b))
            });
        }
        if let Some(admit) = admit {
            found.retain(|(_, endpoint)| match admit(endpoint) {
                Ok(()) => true,
                Err(reason) => {
                    record.step(endpoint, || What::Refused(reason));
                    false
                }
            });
        }
        let candidates = found.into_iter().map(|(part, endpoint)| Candidate {
            source: part.contributor().source,
            endpoint,
        });
        candidates.collect()
    }

    fn endpoint(&self, part: Part) -> Option<Endpoint> {
        let block = self.contributions.get(&part.contributor())?;
        Block::new(block, &self.statics).endpoint(part.at())
    }

    /// Adds the reverse names of all addresses in the touched rows: one contribution may decide what
    /// the others of its row publish, and with which TTL.
    fn with_pointers(&self, mut touched: Vec<RowName>) -> Vec<RowName> {
        if self.rules.ptr != PtrRule::Off {
            let rows = touched.iter().filter_map(|name| self.rows.get(name));
            let parts = rows
                .flat_map(Parts::iter)
                .filter(|part| !part.is_reversed());
            let endpoints = parts.filter_map(|part| self.endpoint(part));
            let addresses = endpoints.flat_map(|endpoint| merge::addresses(&endpoint, &self.rules));
            let pointers: Vec<RowName> = addresses
                .map(|address| RowName::of_normalized(&reverse_name(address)))
                .collect();
            touched.extend(pointers);
        }
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    fn forget(&mut self, contributor: Contributor) -> Vec<RowName> {
        let mut touched = Vec::new();
        let Some(block) = self.contributions.remove(&contributor) else {
            return touched;
        };
        for (at, name) in names(&block) {
            let part = Part::new(contributor, at);
            touched.extend(unlink(&mut self.rows, &normalize(name), part));
        }
        if self.rules.ptr == PtrRule::Off {
            return touched;
        }
        for (at, endpoint) in Block::new(&block, &self.statics).endpoints() {
            let part = Part::new(contributor, at).reversed();
            for address in merge::addresses(&endpoint, &self.rules) {
                let name = reverse_name(address);
                touched.extend(unlink(&mut self.rows, &name, part));
            }
        }
        touched
    }
}

/// Where an endpoint stands among others of its source: by its object.
fn place(endpoint: &Endpoint) -> Option<(&str, &str, &str)> {
    let origin = endpoint.origins.first()?;
    Some((&origin.namespace, &origin.name, origin.kind))
}

fn link(rows: &mut HashMap<RowName, Parts>, name: &str, part: Part) -> RowName {
    let known = rows.get_key_value(name).map(|(known, _)| known.clone());
    let name = known.unwrap_or_else(|| RowName::of_normalized(name));
    match rows.entry(name.clone()) {
        Entry::Occupied(mut row) => row.get_mut().add(part),
        Entry::Vacant(row) => {
            row.insert(Parts::One(part));
        }
    }
    name
}

fn unlink(rows: &mut HashMap<RowName, Parts>, name: &str, part: Part) -> Option<RowName> {
    let (known, _) = rows.get_key_value(name)?;
    let known = known.clone();
    if let Entry::Occupied(mut entry) = rows.entry(known.clone())
        && !entry.get_mut().remove(part)
    {
        entry.remove();
    }
    Some(known)
}

#[cfg(test)]
mod tests;
