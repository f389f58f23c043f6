//! Where objects come from: watches of a cluster, or files.

mod dynamic;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::Context;
use config::{Kubernetes, SourceRules};
use plan::HttpCalls;
use source::manifest::{self, Loaded};
use source::object::Kind;
use source::watch::{Connection, Link, Pace, Scope, Subject, Watch, connect};
use source::{Event, Health};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::model::{Model, Touched};
use crate::app::telemetry;
use crate::app::watch::{Nudge, Watcher};

/// Objects of a cluster, as long as nobody asks to stop. `touched` is told of every object that an
/// event touched.
pub(super) async fn cluster(
    (mut watches, mut events): (Watches, Receiver<Event>),
    model: Model,
    touched: impl Fn(&[Touched]) + Send,
    stop: CancellationToken,
) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        watches.start(&model);
        let received = tokio::select! {
            received = next(&mut events, &mut batch) => received,
            () = stop.cancelled() => return,
        };
        if received == 0 {
            return;
        }
        touched(&model.take(batch.drain(..)));
    }
}

/// The next events: one is waited for, what came with it is taken along.
async fn next(events: &mut Receiver<Event>, batch: &mut Vec<Event>) -> usize {
    events.recv_many(batch, BATCH).await
}

/// The way to a cluster.
///
/// # Errors
/// There is no cluster that the settings lead to.
pub(super) async fn link(settings: &Kubernetes, calls: &Arc<HttpCalls>) -> anyhow::Result<Link> {
    let connection = Connection {
        server: settings.server.clone(),
        kubeconfig: settings.kubeconfig.clone(),
        request_timeout: patience(settings),
        calls: Arc::clone(calls),
    };
    connect(&connection).await.context("connect to the cluster")
}

/// How long the API server may take to answer; none is up to the request.
pub(super) fn patience(settings: &Kubernetes) -> Option<Duration> {
    let timeout = settings.request_timeout;
    (!timeout.is_zero()).then_some(timeout)
}

/// The watches of a cluster.
pub(super) struct Watches {
    link: Link,
    pace: Pace,
    rules: SourceRules,
    sources: Vec<&'static str>,
    sender: Sender<Event>,
    running: JoinSet<()>,
    kinds: BTreeSet<Kind>,
}

impl Watches {
    /// None yet, for these sources; and their events.
    pub(super) fn new(
        link: Link,
        settings: &Kubernetes,
        rules: SourceRules,
        sources: Vec<&'static str>,
    ) -> (Self, Receiver<Event>) {
        let (sender, events) = mpsc::channel(QUEUE);
        let mut pace = Pace::default();
        pace.answer = patience(settings).unwrap_or(pace.answer);
        let watches = Self {
            link,
            pace,
            rules,
            sources,
            sender,
            running: JoinSet::new(),
            kinds: BTreeSet::new(),
        };
        (watches, events)
    }

    /// Starts the watches that are wanted and do not run yet. What is no longer wanted runs on: it
    /// may be wanted again, and costs less than another list.
    fn start(&mut self, model: &Model) {
        let wanted = model.wanted();
        for kind in wanted.difference(&self.kinds.clone()) {
            self.kinds.insert(*kind);
            if *kind == Kind::Unstructured {
                dynamic::start(
                    &self.link,
                    &self.rules.unstructured_resources,
                    (&model.trim(), &scope(&self.rules, &self.sources, *kind)),
                    self.pace,
                    &self.sender,
                    &mut self.running,
                );
                continue;
            }
            let trim = (*model.trim()).clone();
            let scope = scope(&self.rules, &self.sources, *kind);
            let watch = Watch::new(Subject::of(*kind, trim), scope, self.pace);
            self.running
                .spawn(watch.run(self.link.clone(), self.sender.clone()));
        }
    }
}

/// Which objects of a kind are followed.
fn scope(rules: &SourceRules, sources: &[&str], kind: Kind) -> Scope {
    let namespace = match kind {
        Kind::Gateway | Kind::ListenerSet => &rules.gateway_namespace,
        kind if kind.namespaced() => &rules.namespace,
        _ => &None,
    };
    let any = |of: &[&str]| of.iter().any(|source| sources.contains(source));
    // Objects that another source needs as well are not selected by the server: its own source
    // looks at their labels.
    let shared = match kind {
        // Pods have names of the addresses of their nodes.
        Kind::Node => any(&["pod", "service"]),
        Kind::Pod => any(&["service"]),
        Kind::EndpointSlice | Kind::Namespace | Kind::ListenerSet => true,
        _ => false,
    };
    let labels = match kind {
        Kind::Gateway => &*rules.gateway_label_filter.text,
        _ if shared => "",
        _ => &rules.label_filter.text,
    };
    Scope {
        namespace: namespace.as_deref().unwrap_or_default().into(),
        labels: labels.into(),
    }
}

/// Has files read again, whether they have changed or not.
#[derive(Clone, Debug)]
pub(crate) struct Reread(SyncSender<Reason>);

impl Reread {
    /// Asks for it.
    pub(crate) fn ask(&self) {
        // A full channel leads to a look at all files anyway.
        let _looked_at_anyway = self.0.try_send(Reason::Asked).is_err();
    }
}

/// Why files are read again.
#[derive(Debug)]
pub(super) enum Reason {
    /// Somebody asked for it.
    Asked,
    /// Something happened to them.
    Changed(Nudge),
}

/// The reasons to read files again, and how somebody gives one.
pub(super) fn reasons() -> (Reread, std::sync::mpsc::Receiver<Reason>) {
    let (sender, reasons) = sync_channel(64);
    (Reread(sender), reasons)
}

/// Objects of files, as long as nobody asks to stop: read at once, then whenever there is a reason.
/// Blocks; for a thread of its own.
pub(super) fn files(
    paths: &[PathBuf],
    model: &Model,
    touched: impl Fn(&[Touched]),
    color: bool,
    (reread, reasons): (Reread, std::sync::mpsc::Receiver<Reason>),
    stop: &CancellationToken,
) {
    let mut watcher = Watcher::new(reread.0, Reason::Changed);
    let mut said = Some(String::new());
    while !stop.is_cancelled() {
        watcher.follow(folders(paths));
        // Watched before it is read: what changes meanwhile is read again.
        touched(&model.take(read(paths, model, color, &mut said)));
        if wait(&reasons, stop) {
            said = None;
        }
    }
}

/// Waits for a reason, or for the slow look that needs none. Tells whether somebody asked.
fn wait(reasons: &std::sync::mpsc::Receiver<Reason>, stop: &CancellationToken) -> bool {
    let mut left = POLL;
    while !stop.is_cancelled() {
        let step = left.min(STOP_LOOK);
        match reasons.recv_timeout(step) {
            Ok(Reason::Asked) => return true,
            // A file being written nudges again when it is complete.
            Ok(Reason::Changed(Nudge::Writing(_))) => {}
            Ok(Reason::Changed(Nudge::Done(_) | Nudge::Lost)) => {
                // The few steps of a replacement are one change; a flood of them is many.
                let latest = Instant::now() + FLOOD;
                while Instant::now() < latest {
                    match reasons.recv_timeout(DEBOUNCE) {
                        Ok(Reason::Asked) => return true,
                        Ok(Reason::Changed(_)) => {}
                        Err(_) => return false,
                    }
                }
                return false;
            }
            Err(RecvTimeoutError::Timeout) => {
                left = left.saturating_sub(step);
                if left.is_zero() {
                    return false;
                }
            }
            Err(RecvTimeoutError::Disconnected) => std::thread::park_timeout(step),
        }
    }
    false
}

/// One reading as events: a list of every kind. Without its end if something could not be read.
fn read(paths: &[PathBuf], model: &Model, color: bool, said: &mut Option<String>) -> Vec<Event> {
    let loaded = manifest::read(paths, Kind::ALL, &model.trim());
    say(&loaded, color, said);
    let complete = loaded.is_complete();
    let mut by_kind: BTreeMap<Kind, Vec<Event>> = BTreeMap::new();
    for object in loaded.objects {
        by_kind
            .entry(object.kind())
            .or_default()
            .push(Event::Apply(object));
    }
    let mut events = Vec::new();
    for kind in Kind::ALL {
        events.push(Event::Begin(*kind));
        events.append(by_kind.entry(*kind).or_default());
        if complete {
            events.push(Event::End(*kind));
            events.push(Event::Health(*kind, Health::Following));
        } else {
            events.push(Event::Partial(*kind));
        }
    }
    events
}

/// Says what was read and what is wrong with it, unless that was said before.
fn say(loaded: &Loaded, color: bool, said: &mut Option<String>) {
    let report = loaded.report.render(color);
    if said.as_ref() != Some(&report) {
        if !report.is_empty() {
            telemetry::say(&report);
        }
        tracing::info!(
            files = loaded.files,
            objects = loaded.objects.len(),
            errors = loaded.report.errors(),
            "manifests were read"
        );
        *said = Some(report);
    }
}

/// The folders whose events matter: those named, those of named files, and all below.
fn folders(paths: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut all = BTreeSet::new();
    for path in paths {
        if path.is_dir() {
            below(path, &mut all);
        }
        // A folder may be replaced whole, as mounted volumes are.
        all.extend(path.parent().map(|parent| {
            if parent.as_os_str().is_empty() {
                PathBuf::from(".")
            } else {
                parent.to_owned()
            }
        }));
    }
    all
}

fn below(folder: &Path, all: &mut BTreeSet<PathBuf>) {
    if all.len() >= MOST_FOLDERS || !all.insert(folder.to_owned()) {
        return;
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.path().is_dir()) {
        below(&entry.path(), all);
    }
}

/// Events on their way: enough to keep both sides busy, few enough to cost little.
const QUEUE: usize = 1024;

/// Events that the model takes in one step.
const BATCH: usize = 512;

/// How long steps of one change are waited for.
const DEBOUNCE: Duration = Duration::from_millis(10);

/// How long they are waited for if they do not end.
const FLOOD: Duration = Duration::from_millis(100);

/// How often files are looked at without an event.
const POLL: Duration = Duration::from_secs(10);

/// How often a wait looks whether it should end.
const STOP_LOOK: Duration = Duration::from_millis(250);

/// More folders are found by the slow look only.
const MOST_FOLDERS: usize = 4096;

#[cfg(test)]
mod tests {
    use config::Command;
    use source::object::Kind;

    use super::scope;

    #[test]
    fn labels_select_objects_of_sources_and_not_those_that_help_them() {
        let arguments = [
            "--source=service",
            "--zone=example.org",
            "--label-filter=mine",
            "--gateway-label-filter=edge",
        ];
        let command = config::parse(arguments.map(Into::into), &|_| None);
        let Ok(Command::Run(run)) = command else {
            panic!("{command:?}");
        };
        let rules = run.config.unwrap().sync.unwrap().rules;
        for (source, kind, expected) in [
            ("service", Kind::Service, "mine"),
            ("service", Kind::EndpointSlice, ""),
            ("service", Kind::Node, ""),
            ("service", Kind::Pod, ""),
            ("pod", Kind::Pod, "mine"),
            ("pod", Kind::Node, ""),
            ("node", Kind::Node, "mine"),
            ("ingress", Kind::Ingress, "mine"),
            ("gateway-httproute", Kind::HttpRoute, "mine"),
            ("gateway-httproute", Kind::Gateway, "edge"),
            ("gateway-httproute", Kind::ListenerSet, ""),
            ("gateway-httproute", Kind::Namespace, ""),
        ] {
            let labels = scope(&rules, &[source], kind).labels;
            assert_eq!(&*labels, expected, "{source}: {}", kind.name());
        }
        assert_eq!(&*scope(&rules, &["node", "pod"], Kind::Node).labels, "");
    }
}
