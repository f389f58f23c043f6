//! Lists, single documents, refusals.

use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::channel::Channel;

use crate::fault::Fault;
use crate::request::{Query, Target};
use crate::store::{KINDS, Store};

/// A JSON document.
pub(crate) fn json(code: StatusCode, text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    *response.status_mut() = code;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// A refusal as the API writes it.
pub(crate) fn status(code: StatusCode, message: &str) -> Response {
    json(code, status_text(code.as_u16(), message))
}

pub(crate) fn status_text(code: u16, message: &str) -> String {
    serde_json::json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message,
    })
    .to_string()
}

/// A whole list, or a page of one, object by object.
pub(crate) fn list(
    store: &Store,
    target: &Target,
    query: &Query<'_>,
    faults: &[Fault],
) -> Response {
    if faults.contains(&Fault::Nonsense) {
        return json(StatusCode::OK, "<html>not what you asked for</html>");
    }
    let (mut objects, version) = store.list(&target.resource, target.namespace.as_deref());
    if let Some((label, value)) = query.label() {
        objects.retain(|object| object.value["metadata"]["labels"][&label] == value);
    }
    let number = |name| query.value(name).and_then(|text| text.parse().ok());
    let from: usize = number("continue").unwrap_or(0).min(objects.len());
    let limit = number("limit").unwrap_or(usize::MAX);
    let mut page = objects.split_off(from);
    let more = if page.len() > limit {
        page.truncate(limit);
        format!(r#","continue":"{}""#, from + limit)
    } else {
        String::new()
    };
    let objects = page;
    let (mut cut, mut pause) = (usize::MAX, Duration::ZERO);
    for fault in faults {
        match fault {
            Fault::CutAfter(count) => cut = *count,
            Fault::Slow(time) => pause = *time,
            _ => {}
        }
    }
    let (api_version, kind) = (target.resource.0.clone(), list_kind(&target.resource.1));
    let (mut sender, body) = Channel::<Bytes, std::io::Error>::new(64);
    tokio::spawn(async move {
        let head = format!(
            r#"{{"kind":"{kind}","apiVersion":"{api_version}","metadata":{{"resourceVersion":"{version}"{more}}},"items":["#
        );
        let mut chunk = head.into_bytes();
        for (position, object) in objects.iter().enumerate() {
            if position == cut {
                let _sent = sender.send_data(chunk.into()).await.is_ok();
                sender.abort(std::io::Error::other("cut as the test asked for"));
                return;
            }
            if position > 0 {
                chunk.push(b',');
            }
            chunk.extend_from_slice(&object.text);
            if chunk.len() > CHUNK || !pause.is_zero() {
                if sender
                    .send_data(std::mem::take(&mut chunk).into())
                    .await
                    .is_err()
                {
                    return;
                }
                // Even a pause of nothing lasts until the next tick of the timer.
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            }
        }
        chunk.extend_from_slice(b"]}");
        // Who asked may have gone.
        let _sent = sender.send_data(chunk.into()).await.is_ok();
    });
    json(StatusCode::OK, Body::new(body))
}

/// The kind of a list: clients that know types take no other.
fn list_kind(plural: &str) -> String {
    let known = KINDS.iter().find(|(_, known, _)| *known == plural);
    known.map_or_else(|| "List".to_owned(), |(_, _, kind)| format!("{kind}List"))
}

/// About what a real server writes at once.
pub(crate) const CHUNK: usize = 16 << 10;
