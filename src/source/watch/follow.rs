//! One kind of object, listed and then followed.
//!
//! ```text
//! stream ─┬─ objects, bookmark "that was all", changes …   (a server with streaming lists)
//!         └─ refused → list, whole but read piece by piece → watch from its version
//! lost → watch again from the last version; gone (410) → list again
//! ```

use std::time::Duration;

use http::Request;
use kube::client::Body;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep};

use super::body::{next, refusal};
use super::change::Change;
use super::client::Link;
use super::failure::{Failure, Refusal, Rule};
use super::frames::{FrameError, Items, Lines};
use super::resource::Query;
use super::shape::List;
use super::subject::{Pace, Scope, Subject};
use crate::{Event, Health};

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let resource = self.subject.resources.first().map(ToString::to_string);
        f.debug_struct("Watch")
            .field("resource", &resource)
            .finish_non_exhaustive()
    }
}

/// The watch of one kind.
pub struct Watch {
    /// What is watched; of the versions of its resource the one to try first is at the front.
    subject: Subject,
    scope: Scope,
    pace: Pace,
    /// The version that all we know is of; none before the first list.
    version: Option<Box<str>>,
    /// Since when the server refuses to stream lists.
    plain_since: Option<Instant>,
    /// Since when the resource is missing though it was there.
    missing_since: Option<Instant>,
    /// A list came to its end, be it that of a missing resource.
    complete: bool,
    /// There may be objects of it in the index.
    present: bool,
    /// How many versions of the resource were missing in a row.
    missing: usize,
    failures: u32,
    /// The version that the last list gave could not be followed: that another list succeeds says
    /// nothing until a watch lasts.
    distrust: bool,
}

impl Watch {
    /// A watch that has not begun.
    #[must_use]
    pub fn new(subject: Subject, scope: Scope, pace: Pace) -> Self {
        Self {
            subject,
            scope,
            pace,
            version: None,
            plain_since: None,
            missing_since: None,
            complete: false,
            present: false,
            missing: 0,
            failures: 0,
            distrust: false,
        }
    }

    /// Lists and follows until nobody takes events any more.
    pub async fn run(mut self, link: Link, events: Sender<Event>) {
        loop {
            let failure = match self.follow(&link, &events).await {
                Ok(()) => continue,
                Err(Failure::Closed) => return,
                Err(failure) => failure,
            };
            let Some(pause) = self.judge(failure, &events).await else {
                return;
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = events.closed() => return,
            }
        }
    }

    /// What a failure means: what is told, what is tried next and when. None to stop.
    async fn judge(&mut self, failure: Failure, events: &Sender<Event>) -> Option<Duration> {
        match failure {
            Failure::Gone => {
                // The next list starts from any version, so a restored etcd is no dead end.
                self.version = None;
                self.distrust = true;
                let (again, pause) = (self.failures > 0, self.pause());
                if !again {
                    return Some(Duration::ZERO);
                }
                events.send(self.failing(failure)).await.ok()?;
                return Some(pause);
            }
            Failure::Refused(Refusal {
                status: 400 | 422, ..
            }) if !self.lists_plainly() && self.version.is_none() => {
                self.plain_since = Some(Instant::now());
                return Some(Duration::ZERO);
            }
            // A server too old for streaming lists ignores the wish and never ends the list.
            Failure::Silent | Failure::Frames(FrameError::CutOff) if self.version.is_none() => {
                self.plain_since = Some(Instant::now());
            }
            Failure::Absent => {
                self.subject.resources.rotate_left(1);
                self.missing += 1;
                if self.missing < self.subject.resources.len() {
                    return Some(Duration::ZERO);
                }
                self.missing = 0;
                let since = *self.missing_since.get_or_insert_with(Instant::now);
                // Asked for often at first: it may be about to be installed.
                let pause = self.pause().min(self.pace.absent);
                if self.present && since.elapsed() < self.pace.vanish {
                    return Some(pause.min(self.pace.vanish));
                }
                if self.present || !self.complete {
                    // No resource, no objects: an empty list.
                    self.version = None;
                    self.present = false;
                    self.complete = true;
                    events.send(Event::Begin(self.subject.kind)).await.ok()?;
                    events.send(Event::End(self.subject.kind)).await.ok()?;
                    events
                        .send(Event::Health(self.subject.kind, Health::Absent))
                        .await
                        .ok()?;
                }
                return Some(pause);
            }
            Failure::Busy {
                wait: Some(wait), ..
            } => {
                let pause = self.pause().max(wait.min(self.pace.longest_pause));
                events.send(self.failing(failure)).await.ok()?;
                return Some(pause);
            }
            _ => {}
        }
        // The first broken connection is nothing to speak of: servers restart.
        let pause = self.pause();
        if self.failures > 1 || failure.is_denial() || !self.complete {
            events.send(self.failing(failure)).await.ok()?;
        }
        Some(pause)
    }

    fn failing(&self, failure: Failure) -> Event {
        let denied = failure.is_denial();
        let reason = Box::new(failure);
        Event::Health(self.subject.kind, Health::Failing { denied, reason })
    }

    /// The pause before the next try, with some chance in it so that watches do not march in step.
    fn pause(&mut self) -> Duration {
        let doubled = self.pace.first_pause * 2u32.saturating_pow(self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        let mut byte = [0];
        // Without random bytes the pause is merely not random.
        if getrandom::fill(&mut byte).is_err() {
            byte = [128];
        }
        doubled
            .min(self.pace.longest_pause)
            .mul_f64(0.75 + f64::from(byte[0]) / 512.0)
    }

    async fn follow(&mut self, link: &Link, events: &Sender<Event>) -> Result<(), Failure> {
        if self.version.is_none() && self.lists_plainly() {
            self.list(link, events).await?;
        }
        self.watch(link, events).await
    }

    /// Whether the server is known not to stream lists. It may have been upgraded since.
    fn lists_plainly(&self) -> bool {
        let since = self.plain_since;
        since.is_some_and(|since| since.elapsed() < self.pace.plain)
    }

    /// A whole list, read piece by piece.
    async fn list(&mut self, link: &Link, events: &Sender<Event>) -> Result<(), Failure> {
        // Version 0: whatever the watch cache has, so etcd is not asked.
        let query = self.selection().with("resourceVersion", "0");
        let mut body = self.request(link, &query).await?;
        send(events, Event::Begin(self.subject.kind)).await?;
        let mut items = Items::default();
        let mut ready = Vec::new();
        while let Some(bytes) = next(&mut body, self.pace.silence).await? {
            items.feed(&bytes, |item| {
                ready.push(self.subject.read(item)?);
                Ok::<(), Failure>(())
            })?;
            for event in ready.drain(..) {
                send(events, event).await?;
            }
        }
        let list: List = serde_json::from_slice(&items.finish()?)?;
        self.version = Some(list.metadata.resource_version);
        self.listed(events).await
    }

    /// Changes since the version we have; before the first, a list as a stream.
    async fn watch(&mut self, link: &Link, events: &Sender<Event>) -> Result<(), Failure> {
        let seconds = self.pace.watch.as_secs().max(1).to_string();
        let query = self
            .selection()
            .with("watch", "true")
            .with("allowWatchBookmarks", "true")
            .with("timeoutSeconds", &seconds);
        let streams = self.version.is_none();
        let query = match &self.version {
            Some(version) => query.with("resourceVersion", version),
            // Without a version: as fresh as the store, so that a single pass misses nothing that was
            // made before it. The server still answers from its cache, once that has caught up.
            None => query
                .with("sendInitialEvents", "true")
                .with("resourceVersionMatch", "NotOlderThan"),
        };
        let mut body = self.request(link, &query).await?;
        if streams {
            send(events, Event::Begin(self.subject.kind)).await?;
        }
        let began = Instant::now();
        let mut followed = began;
        let silence = self.pace.watch + self.pace.silence;
        let mut lines = Lines::default();
        let mut ready = Vec::new();
        let mut listing = streams;
        loop {
            let patience = if listing { self.pace.silence } else { silence };
            // A watch that lasts is one that goes on, whether anything changes or not.
            let doubtful = self.failures > 0 && !listing;
            let look = if doubtful {
                self.pace.lasting()
            } else {
                patience
            };
            let bytes = match next(&mut body, look).await {
                Err(Failure::Silent) if doubtful => {
                    self.recovered(events).await?;
                    continue;
                }
                result => result?,
            };
            let Some(bytes) = bytes else {
                return if listing {
                    Err(FrameError::CutOff.into())
                } else if began.elapsed() < self.pace.lasting() {
                    // A server that closes watches at once is not to be asked at once.
                    Err(Failure::Lost("the watch was closed at once".into()))
                } else {
                    Ok(())
                };
            };
            let fed = lines.feed(&bytes, |line| {
                ready.push(self.subject.change(line, listing)?);
                Ok::<(), Failure>(())
            });
            let lasts = followed.elapsed() >= self.pace.lasting();
            if !listing && (lasts || !ready.is_empty() && !self.distrust) {
                self.recovered(events).await?;
            }
            for change in ready.drain(..) {
                match change {
                    Change::Event(event, version) => {
                        send(events, *event).await?;
                        if version.is_some() {
                            self.version = version;
                        }
                    }
                    Change::Bookmark { version, ends_list } => {
                        if listing && ends_list {
                            listing = false;
                            followed = Instant::now();
                            self.version = Some(version);
                            self.listed(events).await?;
                        } else if !listing {
                            self.version = Some(version);
                        }
                    }
                }
            }
            if let Err(failure) = fed {
                if matches!(failure, Failure::Nonsense(_) | Failure::Frames(_)) {
                    // The same text would come again from the same version.
                    self.version = None;
                    self.distrust = true;
                }
                return Err(failure);
            }
        }
    }

    /// The watch goes on after failures.
    async fn recovered(&mut self, events: &Sender<Event>) -> Result<(), Failure> {
        if self.failures == 0 {
            return Ok(());
        }
        self.failures = 0;
        self.distrust = false;
        send(events, Event::Health(self.subject.kind, Health::Following)).await
    }

    async fn listed(&mut self, events: &Sender<Event>) -> Result<(), Failure> {
        self.complete = true;
        self.present = true;
        self.missing = 0;
        self.missing_since = None;
        send(events, Event::End(self.subject.kind)).await?;
        if self.distrust {
            return Ok(());
        }
        self.failures = 0;
        send(events, Event::Health(self.subject.kind, Health::Following)).await
    }

    fn selection(&self) -> Query {
        Query::default().with_some("labelSelector", &self.scope.labels)
    }

    async fn request(&self, link: &Link, query: &Query) -> Result<Body, Failure> {
        let Some(resource) = self.subject.resources.first() else {
            return Err(Failure::Absent);
        };
        let namespace = Some(&*self.scope.namespace).filter(|namespace| !namespace.is_empty());
        let request = Request::get(resource.path(namespace) + query.as_str())
            .header(http::header::ACCEPT, "application/json")
            .body(Body::empty())
            .map_err(|error| Failure::Lost(Box::new(error)))?;
        let answer = link.send_within(self.pace.answer, &resource.plural, request);
        let response = answer.await?;
        if response.status().is_success() {
            return Ok(response.into_body());
        }
        let wait = response.headers().get(http::header::RETRY_AFTER);
        let wait = wait.and_then(|value| value.to_str().ok()?.parse().ok());
        let status = response.status().as_u16();
        let said = refusal(response.into_body(), self.pace.silence).await;
        Err(Failure::of_status(
            status,
            said.message,
            wait.map(Duration::from_secs),
            Rule::to_follow(resource),
        ))
    }
}

/// Tells an event to who takes them.
async fn send(events: &Sender<Event>, event: Event) -> Result<(), Failure> {
    events.send(event).await.map_err(|_| Failure::Closed)
}
