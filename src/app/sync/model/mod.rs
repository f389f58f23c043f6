//! The index and the desired set, behind one lock: what objects there are and what they ask for.
//!
//! Events go in through [`Model::take`]; names whose rows may have changed come out to every
//! destination. Destinations read rows under the same lock, a few hundred at a time, so that neither
//! side waits for long.

mod doubts;
mod inner;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use plan::{Desired, RowName};
use source::object::{Key, Kind, Trim};
use source::{Engine, Event, Problem};
use tokio::sync::Notify;
use tokio::time::Instant;
use wire::Name;

use super::embedded::plain;
use super::pending::Pending;
use super::report::Told;
pub(super) use doubts::{Doubts, add_targets};
pub(super) use inner::Inner;

/// The model. Clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Model(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    inner: RwLock<Inner>,
    /// Told when all kinds that are wanted have been listed, or no longer have.
    settled: Notify,
    /// Grows with every step in which rows may have changed.
    generation: AtomicU64,
    /// What the cluster is told of objects, and what came of it.
    told: Arc<Told>,
}

impl Model {
    pub(super) fn new(engine: Engine, desired: Desired) -> Self {
        let mut inner = Inner {
            engine,
            desired,
            problems: HashMap::new(),
            health: BTreeMap::new(),
            listeners: Vec::new(),
            asked: None,
        };
        for touch in inner.engine.rootless() {
            inner.touch(touch);
        }
        Self(Arc::new(Shared {
            inner: RwLock::new(inner),
            settled: Notify::new(),
            generation: AtomicU64::new(0),
            told: Arc::default(),
        }))
    }

    /// From now on remembers which names objects asked for, also when they do so no more.
    pub(crate) fn remember_names(&self) {
        let mut inner = self.write();
        inner.asked = Some(inner.desired.names().into_iter().collect());
    }

    /// Whether an object asks for a name, or did since it is remembered.
    pub(crate) fn is_asked_for(&self, owner: &Name) -> bool {
        let name = RowName::new(&plain(owner.as_ref()));
        let inner = self.read();
        let asked = inner.asked.as_ref();
        asked.is_some_and(|asked| asked.contains(&name)) || !inner.desired.row(&name).is_empty()
    }

    /// Names will be told here from now on.
    pub(super) fn listen(&self) -> Arc<Pending> {
        let pending = Arc::new(Pending::default());
        self.write().listeners.push(Arc::clone(&pending));
        pending
    }

    /// Reads under the lock.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Inner> {
        // The model is changed by whole steps only; after a panic the last one stands.
        self.0
            .inner
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.0
            .inner
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Takes events, in one step, and tells the names they touch. Gives the objects that they touch.
    pub(super) fn take(&self, events: impl IntoIterator<Item = Event>) -> Vec<Touched> {
        let came = Instant::now();
        let mut inner = self.write();
        let (before, doubts) = (inner.knows(), inner.engine.doubts());
        let (mut names, mut touched) = (Vec::new(), Vec::new());
        for event in events {
            let told = Inner::told(&event);
            for touch in inner.event(event) {
                let (found, object) = inner.touch(touch);
                if let Some(asked) = &mut inner.asked {
                    asked.extend(found.iter().cloned());
                }
                names.extend(found);
                touched.push(object);
            }
            touched.extend(told);
        }
        let after = inner.knows();
        if before != after {
            self.0.settled.notify_waiters();
        }
        if !names.is_empty() {
            self.0.generation.fetch_add(1, Relaxed);
        }
        for listener in &inner.listeners {
            if !names.is_empty() {
                listener.add(names.iter().cloned(), came);
            } else if before != after || doubts != inner.engine.doubts() {
                listener.wake();
            }
        }
        touched
    }

    /// What is to be kept of objects.
    pub(super) fn trim(&self) -> Arc<Trim> {
        self.read().engine.trim()
    }

    /// The kinds that have to be watched now.
    pub(super) fn wanted(&self) -> BTreeSet<Kind> {
        self.read().engine.wanted()
    }

    /// What is not to be taken away for objects that cannot be read.
    pub(super) fn doubts(&self) -> Doubts {
        self.read().doubts()
    }

    /// A number that grows whenever that may be less or more.
    pub(super) fn doubted(&self) -> u64 {
        self.read().engine.doubts()
    }

    /// Names that objects want resolved.
    pub(super) fn resolvable(&self) -> Vec<String> {
        self.read().engine.names().map(str::to_owned).collect()
    }

    /// Those of them of which nothing is known yet.
    pub(super) fn unresolved(&self) -> Vec<String> {
        let inner = self.read();
        let index = inner.engine.index();
        let names = inner
            .engine
            .names()
            .filter(|name| index.resolved(name).is_none());
        names.map(str::to_owned).collect()
    }

    /// A name was looked up in vain. What was known before stands: a resolver that is down takes no
    /// record away.
    pub(super) fn not_resolved(&self, name: &str) {
        let unknown = self.read().engine.index().resolved(name).is_none();
        if unknown {
            self.resolved(name, &[]);
        }
    }

    /// What a name resolves to.
    pub(super) fn resolved(&self, name: &str, addresses: &[std::net::IpAddr]) {
        let came = Instant::now();
        let mut inner = self.write();
        let before = inner.knows();
        let mut names = BTreeSet::new();
        for touch in inner.engine.resolve(name, addresses) {
            names.extend(inner.touch(touch).0);
        }
        let settled = inner.knows() != before;
        if settled {
            self.0.settled.notify_waiters();
        }
        for listener in &inner.listeners {
            if settled {
                listener.wake();
            }
            listener.add(names.iter().cloned(), came);
        }
        self.0.generation.fetch_add(1, Relaxed);
    }

    /// Whether all that is wanted has been listed, so that what is not desired may go.
    pub(crate) fn is_complete(&self) -> bool {
        self.read().knows().complete
    }

    /// Whether each kind that is wanted was listed, or is known not to be had.
    pub(super) fn is_answered(&self) -> bool {
        self.read().knows().answered
    }

    /// Whether all that can be known is, though a file may have more in it that cannot be read.
    pub(crate) fn is_known(&self) -> bool {
        self.read().knows().known
    }

    /// Waits until waiting leads nowhere: all is listed, or refused.
    pub(super) async fn decided(&self) {
        self.wait(|model| model.read().knows().decided).await;
    }

    async fn wait(&self, reached: impl Fn(&Self) -> bool) {
        loop {
            let told = self.0.settled.notified();
            tokio::pin!(told);
            // Before the look, so that what happens between them is not missed.
            told.as_mut().enable();
            if reached(self) {
                return;
            }
            told.await;
        }
    }

    /// What is not well with the watches, in words.
    pub(crate) fn ailments(&self) -> Vec<String> {
        let inner = self.read();
        let wanted = inner.engine.wanted();
        let partial = |kind: &Kind| inner.health.get(kind).is_some_and(|fares| fares.partial);
        // Of files all kinds are read at once, so this is said once.
        if wanted.iter().any(partial) {
            return vec![UNREADABLE.to_owned()];
        }
        let all = wanted.into_iter().filter_map(|kind| {
            let fares = inner.health.get(&kind).cloned().unwrap_or_default();
            match (fares.failing, fares.listed) {
                (Some(reason), _) => Some(format!("{}: {reason}", kind.name())),
                (None, false) => Some(format!("{}: not listed yet", kind.name())),
                (None, true) => None,
            }
        });
        all.collect()
    }

    /// What the cluster is told of objects, and what came of it.
    pub(crate) fn told(&self) -> &Arc<Told> {
        &self.0.told
    }

    /// Kinds of objects that we may not read.
    pub(super) fn refused(&self) -> Vec<&'static str> {
        let inner = self.read();
        let denied = |kind: &Kind| inner.health.get(kind).is_some_and(|fares| fares.denied);
        let wanted = inner.engine.wanted().into_iter();
        wanted.filter(denied).map(Kind::name).collect()
    }

    /// A number that grows whenever rows may have changed.
    pub(crate) fn generation(&self) -> u64 {
        self.0.generation.load(Relaxed)
    }
}

/// What is said while files cannot be read.
const UNREADABLE: &str = "manifests: not all of them can be read, as the log says; names of those \
                          that cannot stay as they were";

/// An object that an event touched.
#[derive(Clone, Debug)]
pub(super) struct Touched {
    pub(super) kind: Kind,
    pub(super) key: Key,
    /// What is wrong with it, if that is news.
    pub(super) problems: Vec<Problem>,
}
