//! The index and the desired set, behind one lock: what objects there are and what they ask for.
//!
//! Events go in through [`Model::take`]; names whose rows may have changed come out to every
//! destination. Destinations read rows under the same lock, a few hundred at a time, so that neither
//! side waits for long.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use plan::{Contributor, Desired, RowName};
use source::object::{Key, Kind, Trim};
use source::{Engine, Event, Health, Problem, Touch};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::pending::Pending;
use super::report::Told;

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

/// What is behind the lock.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) engine: Engine,
    pub(super) desired: Desired,
    /// What is wrong with objects.
    pub(super) problems: HashMap<Contributor, Wrong>,
    /// How the watch of each kind fares.
    pub(super) health: BTreeMap<Kind, Fares>,
    listeners: Vec<Arc<Pending>>,
}

/// What is wrong with an object.
#[derive(Clone, Debug)]
pub(crate) struct Wrong {
    pub(crate) kind: Kind,
    pub(crate) key: Key,
    pub(crate) problems: Vec<Problem>,
}

/// How the watch of a kind fares.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fares {
    /// A list came to its end: what is known is all there was then.
    pub(crate) listed: bool,
    /// What could be read was; the rest may still be meant.
    pub(crate) partial: bool,
    /// The resource is not there.
    pub(crate) absent: bool,
    /// We may not have it.
    pub(crate) denied: bool,
    /// Why the watch does not go on; none if it does.
    pub(crate) failing: Option<String>,
    /// How often it failed.
    pub(crate) failures: u64,
}

impl Model {
    pub(super) fn new(engine: Engine, desired: Desired) -> Self {
        let mut inner = Inner {
            engine,
            desired,
            problems: HashMap::new(),
            health: BTreeMap::new(),
            listeners: Vec::new(),
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
        let before = inner.knows();
        let (mut names, mut touched) = (BTreeSet::new(), Vec::new());
        for event in events {
            let told = Inner::told(&event);
            for touch in inner.event(event) {
                let (found, object) = inner.touch(touch);
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
            } else if before != after {
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

    /// How registries call the objects that are there but could never be read.
    pub(super) fn unknown(&self) -> BTreeSet<String> {
        let inner = self.read();
        let all = inner.engine.unknown().map(|(kind, key)| {
            let kind = match kind {
                Kind::DnsEndpoint => "crd".to_owned(),
                kind => kind.name().to_ascii_lowercase(),
            };
            let slash = if key.namespace().is_empty() { "" } else { "/" };
            format!("{kind}/{}{slash}{}", key.namespace(), key.name())
        });
        all.collect()
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
        self.read().is_complete()
    }

    /// Whether all that can be known is, though a file may have more in it that cannot be read.
    pub(crate) fn is_known(&self) -> bool {
        self.read().is_known()
    }

    /// Whether each kind that is wanted was listed, or is known not to be had.
    pub(super) fn is_answered(&self) -> bool {
        self.read().is_answered()
    }

    /// Waits until all that is wanted has been listed.
    pub(super) async fn complete(&self) {
        self.wait(Self::is_complete).await;
    }

    /// Waits until all that can be known is.
    pub(super) async fn known(&self) {
        self.wait(Self::is_known).await;
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

impl Inner {
    pub(super) fn is_complete(&self) -> bool {
        self.all(|fares| fares.listed)
    }

    pub(super) fn is_known(&self) -> bool {
        self.all(|fares| fares.listed || fares.partial)
    }

    fn is_answered(&self) -> bool {
        self.all(|fares| fares.listed || fares.partial || fares.absent || fares.denied)
    }

    /// All that whoever waits may wait for.
    fn knows(&self) -> [bool; 3] {
        [self.is_complete(), self.is_known(), self.is_answered()]
    }

    fn all(&self, fares: impl Fn(&Fares) -> bool) -> bool {
        let wanted = self.engine.wanted();
        let mut health = wanted.iter().map(|kind| self.health.get(kind));
        health.all(|of| of.is_some_and(&fares)) && self.engine.is_resolved()
    }

    /// The DNSEndpoint that an event is about: its status speaks of it whatever it asks for.
    fn told(event: &Event) -> Option<Touched> {
        let key = match event {
            Event::Apply(object) if object.kind() == Kind::DnsEndpoint => &object.meta().key,
            Event::Delete(Kind::DnsEndpoint, key) => key,
            _ => return None,
        };
        Some(Touched {
            kind: Kind::DnsEndpoint,
            key: key.clone(),
            problems: Vec::new(),
        })
    }

    fn event(&mut self, event: Event) -> Vec<Touch> {
        match event {
            Event::Begin(kind) => {
                self.engine.begin(kind);
                Vec::new()
            }
            Event::Apply(object) => self.engine.apply(object),
            Event::Delete(kind, key) => self.engine.delete(kind, &key),
            Event::Unreadable(kind, key, error) => {
                let error = crate::app::telemetry::chain(&error);
                let touches = self.engine.unreadable(kind, &key, &error);
                if touches.is_empty() {
                    // No source of its own that could have the problem.
                    let object = kind.name();
                    tracing::warn!(
                        object, %key, error,
                        "object cannot be read; what it had stays where a registry knows of it"
                    );
                }
                touches
            }
            Event::Partial(kind) => {
                self.health.entry(kind).or_default().partial = true;
                Vec::new()
            }
            Event::End(kind) => {
                let fares = self.health.entry(kind).or_default();
                (fares.listed, fares.partial) = (true, false);
                self.engine.end(kind)
            }
            Event::Health(kind, health) => {
                self.fare(kind, health);
                Vec::new()
            }
        }
    }

    fn fare(&mut self, kind: Kind, health: Health) {
        let fares = self.health.entry(kind).or_default();
        match health {
            Health::Following => {
                if fares.failing.take().is_some() {
                    tracing::info!(kind = kind.name(), "watch goes on");
                }
                (fares.absent, fares.denied) = (false, false);
            }
            Health::Absent => {
                if !std::mem::replace(&mut fares.absent, true) {
                    let kind = kind.name();
                    tracing::warn!(
                        kind,
                        "the API server has no such resource; its names come once it has"
                    );
                }
                (fares.failing, fares.denied) = (None, false);
            }
            Health::Failing { denied, reason } => {
                fares.denied = denied;
                let reason = crate::app::telemetry::chain(&*reason);
                if fares.failing.as_ref() != Some(&reason) {
                    let (kind, plural) = (kind.name(), kind.plural());
                    if denied {
                        tracing::error!(
                            kind,
                            reason,
                            "watch of {plural} is refused until our role has the right"
                        );
                    } else {
                        tracing::warn!(kind, reason, "watch does not go on, it is tried again");
                    }
                }
                fares.failing = Some(reason);
                fares.failures += 1;
            }
        }
    }

    fn touch(&mut self, touch: Touch) -> (Vec<RowName>, Touched) {
        let Touch {
            contributor,
            kind,
            key,
            endpoints,
            problems,
        } = touch;
        let names = self.desired.put(contributor, endpoints);
        let known = self.problems.get(&contributor).map(|wrong| &wrong.problems);
        let news = known.map_or(!problems.is_empty(), |known| *known != problems);
        if news {
            for problem in &problems {
                let reason = problem.reason.label();
                tracing::warn!(object = kind.name(), %key, reason, "{}", problem.message);
            }
            if problems.is_empty() {
                self.problems.remove(&contributor);
            } else {
                let wrong = Wrong {
                    kind,
                    key: key.clone(),
                    problems: problems.clone(),
                };
                self.problems.insert(contributor, wrong);
            }
        }
        let told = if news { problems } else { Vec::new() };
        (
            names,
            Touched {
                kind,
                key,
                problems: told,
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use source::object::{Key, Kind, Trim};
    use source::{Event, Health};

    use super::super::testing::{Settings, service};

    #[tokio::test]
    async fn an_object_that_could_never_be_read_is_remembered_while_it_is_there() {
        let settings = Settings::of(["--source=service", "--zone=example.org"]);
        let (model, _) = settings.parts().await;
        let kind = Kind::Service;
        let odd = |name: &str| {
            let error = kind.decode(b"[]", &Trim::default()).unwrap_err();
            Event::Unreadable(kind, Key::new("default", name), error)
        };
        let unknown = |model: &super::Model| Vec::from_iter(model.unknown()).join(" ");
        model.take([
            Event::Begin(kind),
            odd("a"),
            odd("b"),
            odd("c"),
            Event::End(kind),
        ]);
        assert_eq!(
            unknown(&model),
            "service/default/a service/default/b service/default/c"
        );
        model.take([Event::Apply(service("a", "192.0.2.1"))]);
        model.take([Event::Delete(kind, Key::new("default", "b"))]);
        assert_eq!(unknown(&model), "service/default/c");
        model.take([Event::Begin(kind), Event::End(kind)]);
        assert_eq!(unknown(&model), "");
    }

    #[tokio::test]
    async fn files_that_become_unreadable_are_told_of() {
        let settings = Settings::of(["--source=service", "--zone=example.org"]);
        let (model, _) = settings.parts().await;
        let kind = Kind::Service;
        model.take([Event::Begin(kind), Event::End(kind)]);
        // Kinds that Services may need are not listed by this test.
        let before = model.ailments().len();
        model.take([Event::Begin(kind), Event::Partial(kind)]);
        let told = model.ailments().join(" ");
        assert!(
            told.contains("manifests: not all of them can be read"),
            "{told}"
        );
        model.take([Event::Begin(kind), Event::End(kind)]);
        assert_eq!(model.ailments().len(), before);
    }

    #[tokio::test]
    async fn an_object_that_cannot_be_read_keeps_its_records_and_has_a_problem() {
        let settings = Settings::of(["--source=service", "--zone=example.org"]);
        let (model, _) = settings.parts().await;
        let kind = Kind::Service;
        let odd = || {
            let error = kind.decode(b"[]", &Trim::default()).unwrap_err();
            Event::Unreadable(kind, Key::new("default", "b"), error)
        };
        let kept = |model: &super::Model| {
            let names = model.read().desired.names();
            let problems = model.watches().problems;
            let problems = problems.get("Unreadable").copied().unwrap_or_default();
            (names.len(), problems)
        };
        model.take([
            Event::Begin(kind),
            Event::Apply(service("a", "192.0.2.1")),
            Event::Apply(service("b", "192.0.2.2")),
            Event::End(kind),
            Event::Health(kind, Health::Following),
        ]);
        assert_eq!(kept(&model), (2, 0));
        let list = || {
            [
                Event::Begin(kind),
                Event::Apply(service("a", "192.0.2.1")),
                odd(),
                Event::End(kind),
            ]
        };
        let told = model.take(list());
        assert_eq!(kept(&model), (2, 1));
        let told: Vec<String> = told.iter().map(|touched| touched.key.to_string()).collect();
        assert_eq!(told, ["default/b"]);
        // Said once, however often it is listed.
        let again = model.take(list());
        assert!(again.iter().all(|touched| touched.problems.is_empty()));
        // As it was before.
        model.take([Event::Apply(service("b", "192.0.2.2"))]);
        assert_eq!(kept(&model), (2, 0));
        model.take([Event::Begin(kind), Event::End(kind)]);
        assert_eq!(kept(&model), (0, 0));
    }
}
