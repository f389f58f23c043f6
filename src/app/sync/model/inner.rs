//! What is behind the lock: the index and the desired set, changed by one event after the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use plan::{Contributor, Desired, RowName};
use source::object::{Key, Kind};
use source::{Engine, Event, Health, Problem, Touch};

use super::Touched;
use super::doubts::{Doubts, joined};
use crate::app::sync::pending::Pending;

/// What is behind the lock.
#[derive(Debug)]
pub(in crate::app::sync) struct Inner {
    pub(in crate::app::sync) engine: Engine,
    pub(in crate::app::sync) desired: Desired,
    /// What is wrong with objects.
    pub(in crate::app::sync) problems: HashMap<Contributor, Wrong>,
    /// How the watch of each kind fares.
    pub(in crate::app::sync) health: BTreeMap<Kind, Fares>,
    pub(super) listeners: Vec<Arc<Pending>>,
    /// Names that objects have asked for, if that is remembered.
    pub(super) asked: Option<BTreeSet<RowName>>,
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
    /// How often it was said in a row that we may not.
    pub(crate) refusals: u32,
    /// Why the watch does not go on; none if it does.
    pub(crate) failing: Option<String>,
    /// How often it failed.
    pub(crate) failures: u64,
}

/// All that whoever waits may wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Knows {
    /// All that is wanted has been listed. A kind that is only looked at because some objects need
    /// it, and that we may not read, leaves those in doubt and no others; without a kind that was
    /// asked for nobody knows what there is.
    pub(super) complete: bool,
    /// Each kind was listed, or is known not to be had.
    pub(super) answered: bool,
    /// Waiting leads nowhere: what a server still refuses after a while is refused until somebody
    /// gives us the right.
    pub(super) decided: bool,
    /// All that can be known is, though a file may have more in it that cannot be read.
    pub(super) known: bool,
}

impl Inner {
    /// What is known of all kinds that are wanted now.
    pub(super) fn knows(&self) -> Knows {
        let resolved = self.engine.is_resolved();
        let mut all = Knows {
            complete: resolved,
            answered: resolved,
            decided: resolved,
            known: resolved,
        };
        for kind in self.engine.wanted() {
            let Some(fares) = self.health.get(&kind) else {
                return Knows::default();
            };
            let refused = self.engine.unknown().has_kind(kind);
            let read = fares.listed || fares.partial;
            all.complete &= fares.listed || refused;
            all.answered &= read || fares.absent || fares.denied;
            all.decided &= read || fares.refusals >= REFUSALS;
            all.known &= read || refused;
        }
        all
    }

    /// What is not to be taken away for objects that cannot be read.
    pub(in crate::app::sync) fn doubts(&self) -> Doubts {
        let kinds: BTreeSet<Kind> = self.engine.rows().filter_map(|row| row.kind).collect();
        let unknown = self.engine.unknown().all();
        let roots = unknown.filter(|(kind, _)| kinds.contains(kind));
        Doubts::of(roots.chain(self.engine.doubtful()))
    }

    /// The DNSEndpoint that an event is about: its status speaks of it whatever it asks for.
    pub(super) fn told(event: &Event) -> Option<Touched> {
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

    pub(super) fn event(&mut self, event: Event) -> Vec<Touch> {
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
                if self.engine.unknown().object(kind, &key).is_some() {
                    // No source of its own that could have the problem.
                    let object = kind.name();
                    tracing::warn!(
                        object, %key, error,
                        "object cannot be read; what it had, and what hangs on it, stays as it was"
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
                self.refuse(kind)
            }
        }
    }

    /// Leaves in doubt what hangs on a kind that was refused often enough and was not asked for.
    fn refuse(&mut self, kind: Kind) -> Vec<Touch> {
        let fares = self.health.get(&kind);
        let refused = fares.is_some_and(|fares| fares.refusals >= REFUSALS && !fares.listed);
        if refused && !self.engine.asked().contains(&kind) {
            self.engine.refuse(kind)
        } else {
            Vec::new()
        }
    }

    fn fare(&mut self, kind: Kind, health: Health) {
        let fares = self.health.entry(kind).or_default();
        match health {
            Health::Following => {
                if fares.failing.take().is_some() {
                    tracing::info!(kind = kind.name(), "watch goes on");
                }
                (fares.absent, fares.denied, fares.refusals) = (false, false, 0);
            }
            Health::Absent => {
                if !std::mem::replace(&mut fares.absent, true) {
                    let kind = kind.name();
                    tracing::warn!(
                        kind,
                        "the API server has no such resource; its names come once it has"
                    );
                }
                (fares.failing, fares.denied, fares.refusals) = (None, false, 0);
            }
            Health::Failing { denied, reason } => {
                fares.denied = denied;
                fares.refusals = if denied { fares.refusals + 1 } else { 0 };
                let reason = crate::app::telemetry::chain(&*reason);
                if fares.failing.as_ref() != Some(&reason) {
                    let kind = kind.name();
                    if denied {
                        tracing::error!(
                            kind,
                            reason,
                            "watch is refused until our role has the right"
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

    pub(super) fn touch(&mut self, touch: Touch) -> (Vec<RowName>, Touched) {
        let Touch {
            contributor,
            kind,
            key,
            endpoints,
            problems,
            doubtful,
        } = touch;
        // What it hangs on is not known, so it may mean more than it asks for now.
        let endpoints = if doubtful {
            joined(endpoints, self.desired.contribution(contributor))
        } else {
            endpoints
        };
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

/// A server that starts refuses what it has not read the roles of yet: with the pauses between, so
/// many refusals take some seconds.
const REFUSALS: u32 = 6;
