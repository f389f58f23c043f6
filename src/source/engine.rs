//! From events to what the touched objects ask for now.
//!
//! ```text
//! apply, delete, begin … end, resolve → index → Changed → rows: touched objects → Touch → plan
//! ```
//!
//! An event recomputes the objects that it touches and no other. What comes out over any course of
//! events is what one pass over the last state gives.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use plan::{Contributor, Endpoint};

use crate::kind::{Row, Touched};
use crate::object::{Key, Kind, Object, Trim};
use crate::{Changed, Index, Outcome, Problem, Reason, Rules};

/// The index with the sources that are asked for.
#[derive(Debug)]
pub struct Engine {
    index: Index,
    rules: Arc<Rules>,
    trim: Arc<Trim>,
    sources: Vec<Source>,
    unread: Unread,
    /// Objects that could never be read, and whether the list at hand has them.
    unknown: BTreeMap<(Kind, Key), bool>,
}

/// Objects that count as they were, since what they are now cannot be read, with the reason.
type Unread = BTreeMap<(Kind, Key), Box<str>>;

/// One source of an engine.
#[derive(Debug)]
struct Source {
    number: u16,
    row: &'static Row,
    /// Which objects, by place, gave endpoints or problems when they were last computed: of the
    /// others nothing is told.
    told: Bits,
}

/// What an object asks for now.
#[derive(Clone, Debug, PartialEq)]
pub struct Touch {
    /// The object as the planner knows it.
    pub contributor: Contributor,
    /// The kind of the object.
    pub kind: Kind,
    /// The object.
    pub key: Key,
    /// What it asks for; nothing if it is gone.
    pub endpoints: Vec<Endpoint>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

impl Engine {
    /// An engine without objects, for these sources in the order of their flags.
    #[must_use]
    pub fn new(rules: Arc<Rules>, rows: impl IntoIterator<Item = &'static Row>) -> Self {
        let sources: Vec<Source> = (rows.into_iter())
            .zip(0..)
            .map(|(row, number)| Source {
                number,
                row,
                told: Bits::default(),
            })
            .collect();
        let kinds = sources.iter().filter_map(|source| source.row.kind);
        Self {
            index: Index::default(),
            trim: Arc::new(Trim::for_kinds(&rules, kinds)),
            rules,
            sources,
            unread: Unread::new(),
            unknown: BTreeMap::new(),
        }
    }

    /// What is to be kept of objects.
    #[must_use]
    pub fn trim(&self) -> Arc<Trim> {
        self.trim.clone()
    }

    /// The objects.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The settings.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The sources, by the number that they have as contributors.
    pub fn rows(&self) -> impl Iterator<Item = &'static Row> {
        self.sources.iter().map(|source| source.row)
    }

    /// The kinds that have to be watched now; grows and shrinks with the objects.
    #[must_use]
    pub fn wanted(&self) -> BTreeSet<Kind> {
        let mut kinds = BTreeSet::new();
        for source in &self.sources {
            kinds.extend(source.row.kind);
            kinds.extend((source.row.also)(&self.index, &self.rules));
        }
        kinds
    }

    /// An object is there, or has changed.
    pub fn apply(&mut self, object: Object) -> Vec<Touch> {
        if !self.rules.reads(object.kind(), &object.meta().key) {
            return Vec::new();
        }
        let (kind, key) = (object.kind(), object.meta().key.clone());
        let cured = self.read_again(kind, &key);
        if !self.unknown.is_empty() {
            self.unknown.remove(&(kind, key.clone()));
        }
        match self.index.apply(object) {
            Some(changed) => self.recompute(&changed),
            // The same as before it could not be read.
            None if cured => self.retouch(kind, &key),
            None => Vec::new(),
        }
    }

    /// An object is there, or has changed, but cannot be read for this reason: it stays as it was,
    /// with a problem. Of an object that was never read nothing is told, but see [`Self::unknown`].
    pub fn unreadable(&mut self, kind: Kind, key: &Key, reason: &str) -> Vec<Touch> {
        if !self.index.seen(kind, key) {
            self.unknown.insert((kind, key.clone()), true);
            return Vec::new();
        }
        self.unread.insert((kind, key.clone()), reason.into());
        self.retouch(kind, key)
    }

    /// Objects that are there and could never be read: what they ask for is not known, so what they
    /// had before the start should stand.
    pub fn unknown(&self) -> impl Iterator<Item = (Kind, &Key)> {
        self.unknown.keys().map(|(kind, key)| (*kind, key))
    }

    /// An object is gone.
    pub fn delete(&mut self, kind: Kind, key: &Key) -> Vec<Touch> {
        self.read_again(kind, key);
        self.unknown.remove(&(kind, key.clone()));
        let changed = self.index.delete(kind, key);
        changed.map_or_else(Vec::new, |changed| self.recompute(&changed))
    }

    /// A list of all objects of a kind begins.
    pub fn begin(&mut self, kind: Kind) {
        self.index.begin(kind);
        let of_kind = self.unknown.iter_mut().filter(|((of, _), _)| *of == kind);
        of_kind.for_each(|(_, listed)| *listed = false);
    }

    /// The list was whole: what was neither applied nor unreadable since it began is gone.
    pub fn end(&mut self, kind: Kind) -> Vec<Touch> {
        let gone = self.index.end(kind);
        self.unknown
            .retain(|(of, _), listed| *of != kind || *listed);
        let mut touches = Vec::new();
        for changed in gone {
            self.read_again(kind, &changed.key);
            touches.extend(self.recompute(&changed));
        }
        touches
    }

    /// A name was resolved; no addresses means that it has none.
    pub fn resolve(&mut self, name: &str, addresses: &[IpAddr]) -> Vec<Touch> {
        let users = self.index.resolve(name, addresses);
        let mut touches = Vec::new();
        for (kind, key) in users {
            touches.extend(self.retouch(kind, &key));
        }
        touches
    }

    /// Whether each name that has to be resolved was asked for, whatever came of it.
    #[must_use]
    pub fn is_resolved(&self) -> bool {
        let known = |name: &str| self.index.resolved(name).is_some();
        !self.rules.resolve_load_balancers || self.names().all(known)
    }

    /// All names that have to be resolved; what they resolve to is asked for again at intervals.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.index.names()
    }

    /// What sources without objects ask for. It never changes, so it is asked for once.
    pub fn rootless(&mut self) -> Vec<Touch> {
        let sources = self
            .sources
            .iter()
            .filter(|source| source.row.kind.is_none());
        let touches = sources.map(|source| {
            let key = Key::new("", source.row.name);
            let mut outcome = Outcome::default();
            (source.row.endpoints)(&self.index, &self.rules, &key, &mut outcome);
            Touch {
                contributor: Contributor {
                    source: source.number,
                    object: 0,
                },
                // Only `fake` gives anything, by way of a pod that is made up.
                kind: Kind::Pod,
                key,
                endpoints: outcome.endpoints,
                problems: outcome.problems,
            }
        });
        touches.collect()
    }

    /// All objects afresh, those that give nothing left out.
    pub fn all(&mut self) -> Vec<Touch> {
        let mut touches = Vec::new();
        for source in &mut self.sources {
            let keys = source.row.kind.map(|kind| self.index.keys(kind));
            for (key, _) in keys.unwrap_or_default() {
                touches.extend(source.touch(&self.index, &self.rules, &self.unread, key));
            }
        }
        touches
    }

    /// What the object says for a source, with the rules that gave or skipped it. `None` if there
    /// is no such source.
    #[must_use]
    pub fn explain(&self, source: u16, key: &Key) -> Option<Outcome> {
        let row = self.sources.get(usize::from(source))?.row;
        let mut outcome = Outcome::explained();
        (row.endpoints)(&self.index, &self.rules, key, &mut outcome);
        if let Some(kind) = row.kind {
            complain(&self.unread, kind, key, &mut outcome);
        }
        Some(outcome)
    }

    /// An object can be read again, or is gone. Says whether it could not be read before.
    fn read_again(&mut self, kind: Kind, key: &Key) -> bool {
        !self.unread.is_empty() && self.unread.remove(&(kind, key.clone())).is_some()
    }

    /// One object afresh.
    fn retouch(&mut self, kind: Kind, key: &Key) -> Vec<Touch> {
        let sources = (self.sources.iter_mut()).filter(|source| source.row.kind == Some(kind));
        sources
            .filter_map(|source| source.touch(&self.index, &self.rules, &self.unread, key.clone()))
            .collect()
    }

    fn recompute(&mut self, changed: &Changed) -> Vec<Touch> {
        let mut touches = Vec::new();
        for source in &mut self.sources {
            let mut touched = Touched::default();
            if source.row.kind == Some(changed.kind) {
                if changed.deleted {
                    touches.extend(source.forget(changed));
                } else {
                    touched.add(&changed.key);
                }
            }
            (source.row.touched)(&self.index, &self.rules, changed, &mut touched);
            for key in touched.into_keys() {
                touches.extend(source.touch(&self.index, &self.rules, &self.unread, key));
            }
        }
        touches
    }
}

impl Source {
    /// Computes what an object asks for. `None` if that is nothing, as before.
    fn touch(&mut self, index: &Index, rules: &Rules, unread: &Unread, key: Key) -> Option<Touch> {
        let kind = self.row.kind?;
        let slot = index.slot(kind, &key)?;
        let mut outcome = Outcome::default();
        (self.row.endpoints)(index, rules, &key, &mut outcome);
        complain(unread, kind, &key, &mut outcome);
        let tells = !outcome.endpoints.is_empty() || !outcome.problems.is_empty();
        let told = self.told.replace(slot, tells);
        (told || tells).then_some(Touch {
            contributor: Contributor {
                source: self.number,
                object: slot,
            },
            kind,
            key,
            endpoints: outcome.endpoints,
            problems: outcome.problems,
        })
    }

    /// An object is gone. `None` if it asked for nothing.
    fn forget(&mut self, changed: &Changed) -> Option<Touch> {
        self.told.replace(changed.slot, false).then(|| Touch {
            contributor: Contributor {
                source: self.number,
                object: changed.slot,
            },
            kind: changed.kind,
            key: changed.key.clone(),
            endpoints: Vec::new(),
            problems: Vec::new(),
        })
    }
}

/// Reports an object that cannot be read.
fn complain(unread: &Unread, kind: Kind, key: &Key, outcome: &mut Outcome) {
    if unread.is_empty() {
        return;
    }
    if let Some(reason) = unread.get(&(kind, key.clone())) {
        let message = format!("what it is now cannot be read: {reason}; it counts as it was");
        outcome.problem(Reason::Unreadable, message);
    }
}

/// A set of small numbers.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    /// Sets or clears a number; says whether it was set.
    fn replace(&mut self, number: u32, set: bool) -> bool {
        let (word, bit) = ((number / 64) as usize, 1 << (number % 64));
        if self.0.len() <= word {
            if !set {
                return false;
            }
            self.0.resize(word + 1, 0);
        }
        let Some(word) = self.0.get_mut(word) else {
            return false;
        };
        let was = *word & bit != 0;
        *word = if set { *word | bit } else { *word & !bit };
        was
    }
}
