//! Writes what is told: Events once, statuses until they are there.

use std::time::{Duration, SystemTime};

use source::kind::{ROWS, Row};
use source::watch::{Failure, Report, Reporter};
use tokio::sync::mpsc::Receiver;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::outbox::{Event, Outbox, Told};
use crate::app::cluster::{self, Leading};
use crate::app::telemetry;

/// Writes what is told, until nobody tells any more.
pub(in crate::app::sync) async fn write(
    reporter: Reporter,
    outbox: Outbox,
    leading: Option<Leading>,
) {
    let Outbox { events, told } = outbox;
    let over = CancellationToken::new();
    // They share the reporter's limit, which lets them through in turn.
    tokio::join!(
        write_events(&reporter, &told, events, (&over, leading.as_ref())),
        write_statuses(&reporter, &told, &over, leading.clone()),
    );
}

async fn write_events(
    reporter: &Reporter,
    told: &Told,
    mut events: Receiver<Event>,
    (over, leading): (&CancellationToken, Option<&Leading>),
) {
    while let Some(event) = events.recv().await {
        // Of several copies one tells.
        if !cluster::leads(leading) {
            continue;
        }
        let report = Report {
            object: &event.object,
            source: source_of(event.object.kind),
            reason: event.reason,
            action: event.action,
            warning: event.warning,
            note: event.note.clone(),
            now: now(),
        };
        let _written = note(told, reporter.event(&report).await);
    }
    over.cancel();
}

async fn write_statuses(
    reporter: &Reporter,
    told: &Told,
    over: &CancellationToken,
    mut leading: Option<Leading>,
) {
    let (mut last, mut pause) = (None, FIRST_PAUSE);
    loop {
        tokio::select! {
            () = cluster::until_led(&mut leading) => {}
            () = over.cancelled() => return,
        }
        let Some((key, generation)) = told.after(last.as_ref()) else {
            tokio::select! {
                () = told.wake.notified() => continue,
                () = over.cancelled() => {}
            }
            // One may have come at the very end.
            if told.waiting() == 0 {
                return;
            }
            continue;
        };
        let result = reporter.observed(&key, generation).await;
        // It is gone; if it comes back, it is told anew.
        let gone = matches!(&result, Err(Failure::Absent));
        if note(told, result) {
            pause = FIRST_PAUSE;
            told.settle(&key, generation);
        } else if gone || over.is_cancelled() {
            told.settle(&key, generation);
        } else {
            tokio::select! {
                () = sleep(pause) => {}
                () = over.cancelled() => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        last = Some(key);
    }
}

/// The source that objects of a kind give names to, as users type it.
fn source_of(kind: &str) -> &'static str {
    let is_it = |row: &&Row| row.kind.is_some_and(|of| of.name() == kind);
    match kind {
        // The brake is told of a namespace, and no source reads them.
        "Namespace" => "namespace",
        _ => ROWS
            .iter()
            .find(is_it)
            .map_or("unstructured", |row| row.name),
    }
}

/// Remembers what came of it. Tells whether it was written.
fn note(told: &Told, result: Result<(), Failure>) -> bool {
    let Err(error) = result else {
        told.write();
        return true;
    };
    let error = telemetry::chain(&error);
    // Said once: without the right to it, every one is refused.
    if told.refuse(&error) {
        tracing::warn!(
            error,
            "status or Event is not written, which harms no record"
        );
    }
    false
}

/// Nanoseconds since 1970.
fn now() -> u128 {
    #[expect(
        clippy::disallowed_methods,
        reason = "only the application looks at the clock"
    )]
    let now = SystemTime::now();
    now.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos()
}

/// The pause after a status that was not written; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Rights are seldom given, and one request now and then does no harm.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
