//! Watches, and lists as streams.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use tokio::sync::broadcast::Receiver;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::answer::{CHUNK, json, status, status_text};
use crate::fault::Fault;
use crate::request::{Query, Target};
use crate::store::{Change, Store};

/// A watch from a version, or from nothing with all objects first.
pub(crate) fn answer(
    store: &Arc<Store>,
    target: Target,
    query: &Query<'_>,
    faults: &[Fault],
) -> Response {
    let mut streams = query.is("sendInitialEvents", "true");
    if streams && faults.contains(&Fault::NoStreaming) {
        return status(
            StatusCode::UNPROCESSABLE_ENTITY,
            "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled",
        );
    }
    let unknown = faults.contains(&Fault::StreamingUnknown);
    let seconds = query
        .value("timeoutSeconds")
        .and_then(|text| text.parse().ok());
    let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(1800));
    let (mut sender, body) = Channel::<Bytes, std::io::Error>::new(64);
    let version = query
        .value("resourceVersion")
        .and_then(|text| text.parse::<u64>().ok());
    let (store, faults) = (Arc::clone(store), faults.to_vec());
    tokio::spawn(async move {
        if faults.contains(&Fault::Silent) {
            sleep_until(until).await;
            return;
        }
        let mut from = version.unwrap_or(0);
        if streams || from == 0 {
            // An old server sends the objects too, but not where they end.
            streams &= !unknown;
            let Some(version) = initial(&store, &target, &faults, &mut sender, streams).await
            else {
                return;
            };
            from = version;
        }
        let known = store.changes_since(from);
        let known = known.filter(|_| !faults.contains(&Fault::WatchGone));
        let Some((past, changes)) = known else {
            let text = status_text(410, "too old resource version");
            let line = format!("{{\"type\":\"ERROR\",\"object\":{text}}}\n");
            let _sent = sender.send_data(line.into()).await.is_ok();
            return;
        };
        if faults.contains(&Fault::WatchNonsense) {
            let _sent = sender.send_data("no event\n".into()).await.is_ok();
            return;
        }
        for change in past {
            if !tell(&target, &change, &mut sender).await {
                return;
            }
        }
        follow(&store, &target, changes, until, &mut sender).await;
    });
    json(StatusCode::OK, Body::new(body))
}

/// All objects as they are, then the bookmark that ends them.
async fn initial(
    store: &Store,
    target: &Target,
    faults: &[Fault],
    sender: &mut Sender<Bytes, std::io::Error>,
    marked: bool,
) -> Option<u64> {
    let (objects, version) = store.list(&target.resource, target.namespace.as_deref());
    let mut chunk = Vec::new();
    for (position, object) in objects.iter().enumerate() {
        if !target.wants(&object.value) {
            continue;
        }
        if faults.contains(&Fault::CutAfter(position)) {
            sender.send_data(chunk.into()).await.ok()?;
            return None;
        }
        line(&mut chunk, "ADDED", &object.text);
        let pause = faults.iter().find_map(|fault| match fault {
            Fault::Slow(pause) => Some(*pause),
            _ => None,
        });
        if chunk.len() > CHUNK || pause.is_some() {
            sender
                .send_data(std::mem::take(&mut chunk).into())
                .await
                .ok()?;
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
        }
    }
    if marked {
        line(&mut chunk, "BOOKMARK", bookmark(version, true).as_bytes());
    }
    sender.send_data(chunk.into()).await.ok()?;
    Some(version)
}

async fn follow(
    store: &Store,
    target: &Target,
    mut changes: Receiver<Option<Change>>,
    until: Instant,
    sender: &mut Sender<Bytes, std::io::Error>,
) {
    let mut next_bookmark = Instant::now() + BOOKMARKS;
    loop {
        match timeout_at(until.min(next_bookmark), changes.recv()).await {
            Ok(Ok(Some(change))) => {
                if !tell(target, &change, sender).await {
                    return;
                }
            }
            // Closed by the test, or too far behind.
            Ok(Ok(None) | Err(_)) => return,
            Err(_) if Instant::now() >= until => return,
            Err(_) => {
                next_bookmark = Instant::now() + BOOKMARKS;
                let mut chunk = Vec::new();
                line(
                    &mut chunk,
                    "BOOKMARK",
                    bookmark(store.version(), false).as_bytes(),
                );
                if sender.send_data(chunk.into()).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Tells a change if it is the watch's business; false once nobody listens.
async fn tell(
    target: &Target,
    change: &Change,
    sender: &mut Sender<Bytes, std::io::Error>,
) -> bool {
    let elsewhere = target
        .namespace
        .as_ref()
        .is_some_and(|namespace| *namespace != change.namespace);
    if change.resource != target.resource || elsewhere || !target.wants(&change.object.value) {
        return true;
    }
    let mut chunk = Vec::with_capacity(change.object.text.len() + 40);
    line(&mut chunk, change.kind, &change.object.text);
    sender.send_data(chunk.into()).await.is_ok()
}

fn line(into: &mut Vec<u8>, kind: &str, object: &[u8]) {
    into.extend_from_slice(format!("{{\"type\":\"{kind}\",\"object\":").as_bytes());
    into.extend_from_slice(object);
    into.extend_from_slice(b"}\n");
}

fn bookmark(version: u64, ends_list: bool) -> String {
    let annotations = if ends_list {
        r#","annotations":{"k8s.io/initial-events-end":"true"}"#
    } else {
        ""
    };
    format!(
        r#"{{"kind":"Bookmark","apiVersion":"v1","metadata":{{"resourceVersion":"{version}","creationTimestamp":null{annotations}}}}}"#
    )
}

/// Real servers send one about every minute.
const BOOKMARKS: Duration = Duration::from_secs(1);
