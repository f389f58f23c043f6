//! Resources that the settings choose, which share one kind: a watch each, their events as if they
//! were of one.
//!
//! The kind counts as listed once each of its resources is, and as failing while one of them fails.

use std::sync::{Arc, Mutex, PoisonError};

use source::kind::Shared;
use source::object::{Dynamic, Kind, Trim};
use source::watch::{Link, Pace, Resource, Scope, Subject, Watch};
use source::{Event, Health};
use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinSet;

use crate::app::telemetry;

/// Starts a watch for each of these resources.
pub(super) fn start(
    link: &Link,
    resources: &[String],
    (trim, scope): (&Arc<Trim>, &Scope),
    pace: Pace,
    events: &Sender<Event>,
    running: &mut JoinSet<()>,
) {
    // Texts that name no resource were errors of the settings.
    let dynamics: Vec<Dynamic> = resources
        .iter()
        .filter_map(|text| text.parse().ok())
        .collect();
    let names = dynamics.iter().map(ToString::to_string);
    let together = Arc::new(Mutex::new(Together::of(names)));
    for (number, dynamic) in dynamics.into_iter().enumerate() {
        let watch = Watch::new(subject(dynamic, trim), scope.clone(), pace);
        let (sender, mut own) = mpsc::channel(QUEUE);
        running.spawn(watch.run(link.clone(), sender));
        let (events, together) = (events.clone(), Arc::clone(&together));
        running.spawn(async move {
            while let Some(event) = own.recv().await {
                let out = together
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .take(number, event);
                for event in out {
                    if events.send(event).await.is_err() {
                        return;
                    }
                }
            }
        });
    }
}

fn subject(dynamic: Dynamic, trim: &Arc<Trim>) -> Subject {
    let trim = Arc::clone(trim);
    Subject {
        kind: Kind::Unstructured,
        resources: vec![Resource {
            api_version: dynamic.api_version.clone(),
            plural: dynamic.plural.clone(),
        }],
        decode: Arc::new(move |json| dynamic.decode(json, dynamic.kind(), &trim)),
    }
}

/// How the watches of one kind fare together.
#[derive(Debug)]
struct Together {
    watches: Vec<One>,
}

/// One of them.
#[derive(Debug, Default)]
struct One {
    shared: Shared,
    /// As users type it.
    resource: String,
    listed: bool,
    fares: Fares,
}

/// What was last said of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Fares {
    #[default]
    Well,
    Absent,
    Failing {
        denied: bool,
        reason: String,
    },
}

/// What is wrong with some of the watches.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
struct Said(String);

impl Together {
    fn of(resources: impl IntoIterator<Item = String>) -> Self {
        let watches = resources.into_iter().map(|resource| One {
            resource,
            ..One::default()
        });
        Self {
            watches: watches.collect(),
        }
    }

    /// What an event of one of the watches means for the kind.
    fn take(&mut self, number: usize, event: Event) -> Vec<Event> {
        let Some(one) = self.watches.get_mut(number) else {
            return Vec::new();
        };
        match event {
            Event::Health(kind, health) => {
                let fares = match &health {
                    Health::Following => Fares::Well,
                    Health::Absent => Fares::Absent,
                    Health::Failing { denied, reason } => Fares::Failing {
                        denied: *denied,
                        reason: telemetry::chain(&**reason),
                    },
                };
                let as_before = fares == one.fares && !matches!(fares, Fares::Failing { .. });
                one.fares = fares;
                match self.failing() {
                    Some(_) if as_before => Vec::new(),
                    failing => vec![Event::Health(kind, failing.unwrap_or(health))],
                }
            }
            Event::End(kind) => {
                let mut events = one.shared.take(Event::End(kind));
                one.listed = true;
                if self.watches.iter().all(|one| one.listed) {
                    // No list of the kind has begun, so this sweeps nothing.
                    events.push(Event::End(kind));
                }
                events
            }
            event => one.shared.take(event),
        }
    }

    /// What is wrong with those that fail, each by its name; none if all go on. Refused is the kind
    /// only if nothing but rights is missing.
    fn failing(&self) -> Option<Health> {
        let mut texts = Vec::new();
        let mut all_denied = true;
        for one in &self.watches {
            if let Fares::Failing { denied, reason } = &one.fares {
                texts.push(format!("{}: {reason}", one.resource));
                all_denied &= denied;
            } else {
                all_denied &= one.listed;
            }
        }
        (!texts.is_empty()).then(|| Health::Failing {
            denied: all_denied,
            reason: Box::new(Said(texts.join("; "))),
        })
    }
}

/// Events of one resource on their way to the others.
const QUEUE: usize = 64;

#[cfg(test)]
mod tests {
    use serde_json::json;
    use source::object::{Kind, Trim};
    use source::{Event, Health};

    use super::Together;

    #[test]
    fn what_fails_is_said_by_its_name_until_it_goes_on() {
        let kind = Kind::Unstructured;
        let failing = |denied, reason: &str| {
            let reason = reason.into();
            Event::Health(kind, Health::Failing { denied, reason })
        };
        let mut together = Together::of(["gadgets.v1.a".to_owned(), "widgets.v1.b".to_owned()]);
        let well = || Event::Health(kind, Health::Following);
        for (number, event, expected) in [
            (0, failing(true, "no"), "false gadgets.v1.a: no"),
            (
                1,
                failing(true, "no"),
                "true gadgets.v1.a: no; widgets.v1.b: no",
            ),
            (
                0,
                failing(true, "no"),
                "true gadgets.v1.a: no; widgets.v1.b: no",
            ),
            (
                1,
                failing(false, "lost"),
                "false gadgets.v1.a: no; widgets.v1.b: lost",
            ),
            (1, well(), "false gadgets.v1.a: no"),
            (0, well(), "well"),
        ] {
            let said = together.take(number, event);
            let said = said.iter().map(|event| match event {
                Event::Health(_, Health::Failing { denied, reason }) => {
                    format!("{denied} {reason}")
                }
                Event::Health(_, Health::Following) => "well".to_owned(),
                other => format!("{other:?}"),
            });
            assert_eq!(said.collect::<Vec<_>>(), [expected]);
        }
    }

    #[test]
    fn a_kind_is_listed_once_all_its_resources_are() {
        let kind = Kind::Unstructured;
        let failing = || {
            Event::Health(
                kind,
                Health::Failing {
                    denied: false,
                    reason: "gone".into(),
                },
            )
        };
        let widget =
            json!({"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "w"}});
        let widget = kind.decode_value(&widget, &Trim::default()).unwrap();
        let mut together = Together::of(["gadgets".to_owned(), "widgets".to_owned()]);
        let mut said = Vec::new();
        for (number, event) in [
            (0, Event::Begin(kind)),
            (0, Event::Apply(widget)),
            (0, Event::End(kind)),
            (0, Event::Health(kind, Health::Following)),
            (1, failing()),
            (0, Event::Health(kind, Health::Following)),
            (1, Event::Begin(kind)),
            (1, Event::End(kind)),
            (1, Event::Health(kind, Health::Following)),
        ] {
            said.extend(together.take(number, event).into_iter().map(|e| match e {
                Event::Begin(_) => "begin",
                Event::Apply(_) => "apply",
                Event::Delete(..) => "delete",
                Event::Unreadable(..) => "unreadable",
                Event::End(_) => "end",
                Event::Health(_, Health::Following) => "well",
                Event::Health(_, Health::Absent) => "absent",
                Event::Partial(_) => "partial",
                Event::Health(_, Health::Failing { .. }) => "failing",
            }));
        }
        assert_eq!(said, ["apply", "well", "failing", "end", "well"]);
    }
}
