//! From events to what the touched objects ask for now.
//!
//! ```text
//! apply, delete, begin … end, resolve → index → Changed → rows: touched objects → Touch → plan
//! ```
//!
//! An event recomputes the objects that it touches and no other. What comes out over any course of
//! events is what one pass over the last state gives.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use plan::Contributor;

use crate::asker::{Source, Unread, complain, doubt, in_doubt};
use crate::kind::{Row, Touched};
use crate::object::{Key, Kind, Object, Trim};
use crate::touch::Touch;
use crate::unknown::Unknown;
use crate::{Changed, Index, Outcome, Rules};

/// The index with the sources that are asked for.
#[derive(Debug)]
pub struct Engine {
    index: Index,
    rules: Arc<Rules>,
    trim: Arc<Trim>,
    sources: Vec<Source>,
    unread: Unread,
    /// Objects that could never be read.
    unknown: Unknown,
    /// Grows whenever other objects cannot be read, or others are in doubt.
    doubts: u64,
    /// Kinds of which a list has begun: who is in doubt is seen at its end.
    listing: BTreeSet<Kind>,
}

impl Engine {
    /// An engine without objects, for these sources in the order of their flags.
    #[must_use]
    pub fn new(rules: Arc<Rules>, rows: impl IntoIterator<Item = &'static Row>) -> Self {
        let sources: Vec<Source> = (rows.into_iter())
            .zip(0..)
            .map(|(row, number)| Source::new(number, row))
            .collect();
        let kinds = sources.iter().filter_map(|source| source.row.kind);
        Self {
            index: Index::default(),
            trim: Arc::new(Trim::for_kinds(&rules, kinds)),
            rules,
            sources,
            unread: Unread::new(),
            unknown: Unknown::default(),
            doubts: 0,
            listing: BTreeSet::new(),
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

    /// The kinds that have to be watched whatever objects there are: what the sources were asked for
    /// is in these.
    #[must_use]
    pub fn asked(&self) -> BTreeSet<Kind> {
        let (mut kinds, nothing) = (BTreeSet::new(), Index::default());
        for source in &self.sources {
            kinds.extend(source.row.kind);
            kinds.extend((source.row.also)(&nothing, &self.rules));
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
        let known = self.unknown.remove(kind, &key);
        let mut touches = match self.index.apply(object) {
            Some(changed) => self.recompute(&changed),
            // The same as before it could not be read.
            None if cured => self.retouch(kind, &key),
            None => Vec::new(),
        };
        if known {
            touches.extend(self.reconsider(kind));
        }
        touches
    }

    /// An object is there, or has changed, but cannot be read for this reason: it stays as it was,
    /// with a problem. Of an object that was never read nothing is told, but of those that hang on
    /// it; see [`Self::unknown`].
    pub fn unreadable(&mut self, kind: Kind, key: &Key, reason: &str) -> Vec<Touch> {
        if self.index.seen(kind, key) {
            self.unread.insert((kind, key.clone()), reason.into());
            return self.retouch(kind, key);
        }
        if self.rules.reads(kind, key) && self.unknown.add(kind, key) {
            return self.reconsider(kind);
        }
        Vec::new()
    }

    /// No object of a kind may be read: what hangs on any is in doubt until a list of the kind ends.
    pub fn refuse(&mut self, kind: Kind) -> Vec<Touch> {
        if self.unknown.add_kind(kind) {
            self.reconsider(kind)
        } else {
            Vec::new()
        }
    }

    /// Objects that are there and could never be read: what they ask for is not known, so what they
    /// had before the start should stand.
    #[must_use]
    pub fn unknown(&self) -> &Unknown {
        &self.unknown
    }

    /// Objects that hang on one that could never be read, by kind: what they have should stand.
    pub fn doubtful(&self) -> impl Iterator<Item = (Kind, &Key)> {
        let sources = self.sources.iter();
        sources.flat_map(|source| {
            let keys = source.doubtful.iter();
            keys.filter_map(|key| Some((source.row.kind?, key)))
        })
    }

    /// A number that grows whenever other objects cannot be read, or others are in doubt.
    #[must_use]
    pub fn doubts(&self) -> u64 {
        self.doubts
    }

    /// An object is gone.
    pub fn delete(&mut self, kind: Kind, key: &Key) -> Vec<Touch> {
        self.read_again(kind, key);
        let known = self.unknown.remove(kind, key);
        let changed = self.index.delete(kind, key);
        let mut touches = changed.map_or_else(Vec::new, |changed| self.recompute(&changed));
        if known {
            touches.extend(self.reconsider(kind));
        }
        touches
    }

    /// A list of all objects of a kind begins.
    pub fn begin(&mut self, kind: Kind) {
        self.index.begin(kind);
        self.unknown.begin(kind);
        self.listing.insert(kind);
    }

    /// The list was whole: what was neither applied nor unreadable since it began is gone.
    pub fn end(&mut self, kind: Kind) -> Vec<Touch> {
        let gone = self.index.end(kind);
        let doubted = !self.unknown.is_empty()
            || self
                .sources
                .iter()
                .any(|source| !source.doubtful.is_empty());
        self.unknown.end(kind);
        self.listing.remove(&kind);
        let mut touches = Vec::new();
        for changed in gone {
            self.read_again(kind, &changed.key);
            touches.extend(self.recompute(&changed));
        }
        if doubted {
            touches.extend(self.reconsider(kind));
        }
        touches
    }

    /// Other objects of a kind cannot be read than before: those afresh that are in doubt for it, or
    /// no longer are. In the middle of a list that waits for its end.
    fn reconsider(&mut self, kind: Kind) -> Vec<Touch> {
        self.doubts += 1;
        if self.listing.contains(&kind) {
            return Vec::new();
        }
        let mut touches = Vec::new();
        for source in &mut self.sources {
            let keys = source.in_doubt(&self.index, &self.unknown);
            for key in keys {
                touches.extend(source.touch(
                    &self.index,
                    &self.rules,
                    (&self.unread, &self.unknown),
                    key,
                ));
            }
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
                doubtful: false,
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
                touches.extend(source.touch(
                    &self.index,
                    &self.rules,
                    (&self.unread, &self.unknown),
                    key,
                ));
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
            if let Some(unknown) = in_doubt(row, &self.index, &self.rules, &self.unknown, key) {
                doubt(unknown, &mut outcome);
            }
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
            .filter_map(|source| {
                source.touch(
                    &self.index,
                    &self.rules,
                    (&self.unread, &self.unknown),
                    key.clone(),
                )
            })
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
                touches.extend(source.touch(
                    &self.index,
                    &self.rules,
                    (&self.unread, &self.unknown),
                    key,
                ));
            }
        }
        touches
    }
}
