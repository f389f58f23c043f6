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
    let together = Arc::new(Mutex::new(Together::of(dynamics.len())));
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
    listed: bool,
    fares: Fares,
}

/// What was last said of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fares {
    #[default]
    Well,
    Absent,
    Failing,
}

impl Together {
    fn of(count: usize) -> Self {
        let mut watches = Vec::new();
        watches.resize_with(count, One::default);
        Self { watches }
    }

    /// What an event of one of the watches means for the kind.
    fn take(&mut self, number: usize, event: Event) -> Vec<Event> {
        let Some(one) = self.watches.get_mut(number) else {
            return Vec::new();
        };
        match event {
            Event::Health(kind, health) => {
                one.fares = match health {
                    Health::Following => Fares::Well,
                    Health::Absent => Fares::Absent,
                    Health::Failing { .. } => Fares::Failing,
                };
                let said = one.fares;
                let worse = self.watches.iter().any(|other| match said {
                    Fares::Well | Fares::Absent => other.fares == Fares::Failing,
                    Fares::Failing => false,
                });
                if worse {
                    Vec::new()
                } else {
                    vec![Event::Health(kind, health)]
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
        let mut together = Together::of(2);
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
