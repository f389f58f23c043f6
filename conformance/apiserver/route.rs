//! Requests → answers.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::Value;

use crate::answer::{json, status};
use crate::fault::Fault;
use crate::request::{Query, Target};
use crate::store::Store;
use crate::{answer, discovery, watch};

/// Answers any request.
pub(crate) async fn answer(State(store): State<Arc<Store>>, request: Request) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    store.note(format!("{method} {uri}"));
    if matches!(uri.path(), "/readyz" | "/livez" | "/healthz") {
        return Response::new(Body::from("ok"));
    }
    if let Some(kinds) = discovery::answer(&store, uri.path()) {
        return json(StatusCode::OK, kinds.to_string());
    }
    let Some(mut target) = Target::of_path(uri.path()) else {
        return status(
            StatusCode::NOT_FOUND,
            "the server could not find the requested resource",
        );
    };
    let faults = store.faults(&target.resource.1);
    for fault in &faults {
        if let Fault::Status(code) = fault {
            let code = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return status(code, "as the test asked for");
        }
    }
    if !store.is_installed(&target.resource) {
        return status(
            StatusCode::NOT_FOUND,
            "the server could not find the requested resource",
        );
    }
    let query = Query::new(uri.query().unwrap_or_default());
    match (&method, &target.name) {
        (&Method::GET, None) if query.is("watch", "true") || query.is("watch", "1") => {
            target.only = query.only();
            watch::answer(&store, target, &query, &faults)
        }
        (&Method::GET, None) => answer::list(&store, &target, &query, &faults),
        (&Method::GET, Some(name)) => match object(&store, &target, name) {
            Some(object) => json(StatusCode::OK, object.to_string()),
            None => status(StatusCode::NOT_FOUND, "not found"),
        },
        (&Method::PATCH | &Method::PUT | &Method::POST, _) => write(&store, &target, request).await,
        (&Method::DELETE, Some(name)) => {
            let (version, plural) = &target.resource;
            let namespace = target.namespace.as_deref().unwrap_or_default();
            if store.delete(version, plural, namespace, name) {
                json(
                    StatusCode::OK,
                    r#"{"kind":"Status","status":"Success"}"#.to_owned(),
                )
            } else {
                status(StatusCode::NOT_FOUND, "not found")
            }
        }
        _ => status(StatusCode::METHOD_NOT_ALLOWED, "not here"),
    }
}

/// Creation, replacement, and merge patches of an object or of its status.
async fn write(store: &Store, target: &Target, request: Request) -> Response {
    let method = request.method().clone();
    let Ok(bytes) = axum::body::to_bytes(request.into_body(), LARGEST).await else {
        return status(StatusCode::PAYLOAD_TOO_LARGE, "too large");
    };
    let Ok(body) = serde_json::from_slice::<Value>(&bytes) else {
        return status(StatusCode::BAD_REQUEST, "no JSON");
    };
    let object = match &target.name {
        Some(name) => {
            let Some(mut object) = object(store, target, name) else {
                return status(StatusCode::NOT_FOUND, "not found");
            };
            if method == Method::PATCH {
                merge(&mut object, body);
            } else if target.part.as_deref() == Some("status") {
                object["status"] = body["status"].clone();
                object["metadata"]["resourceVersion"] = body["metadata"]["resourceVersion"].clone();
            } else {
                object = body;
            }
            object
        }
        None => {
            let mut object = body;
            if let Some(namespace) = &target.namespace {
                object["metadata"]["namespace"] = Value::from(namespace.as_str());
            }
            object
        }
    };
    let (code, written) = match (&target.name, method) {
        (None, _) => (StatusCode::CREATED, store.create(object)),
        (Some(_), Method::PUT) => (StatusCode::OK, store.replace(object)),
        (Some(_), _) => {
            store.apply(object.clone());
            (StatusCode::OK, Some(object))
        }
    };
    match written {
        Some(object) => json(code, object.to_string()),
        None => status(StatusCode::CONFLICT, "it is there already, or has changed"),
    }
}

fn object(store: &Store, target: &Target, name: &str) -> Option<Value> {
    let (version, plural) = &target.resource;
    store.object(
        version,
        plural,
        target.namespace.as_deref().unwrap_or_default(),
        name,
    )
}

/// A merge patch (RFC 7386).
fn merge(into: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *into = patch;
        return;
    };
    if !into.is_object() {
        *into = Value::Object(serde_json::Map::new());
    }
    for (key, value) in patch {
        if value.is_null() {
            if let Some(map) = into.as_object_mut() {
                map.remove(&key);
            }
        } else {
            merge(&mut into[key], value);
        }
    }
}

/// The largest object that is taken.
const LARGEST: usize = 4 << 20;
