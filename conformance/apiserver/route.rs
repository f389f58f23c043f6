//! Requests → answers.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::Value;

use crate::answer::{json, status};
use crate::fault::Fault;
use crate::store::{Resource, Store};
use crate::{answer, discovery, watch};

/// A request for objects.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) resource: Resource,
    pub(crate) namespace: Option<String>,
    name: Option<String>,
    part: Option<String>,
    /// The one name that a watch is about.
    pub(crate) only: Option<String>,
}

impl Target {
    /// Whether a watch is about this object.
    pub(crate) fn wants(&self, object: &Value) -> bool {
        let name = object["metadata"]["name"].as_str();
        self.only.as_deref().is_none_or(|only| name == Some(only))
    }
}

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
    let Some(mut target) = target(uri.path()) else {
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
            target.only = only(&query);
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

/// `/api/v1/…` or `/apis/GROUP/VERSION/…`, then a resource, perhaps in a namespace.
fn target(path: &str) -> Option<Target> {
    let mut parts = path.trim_matches('/').split('/');
    let version = match parts.next()? {
        "api" => parts.next()?.to_owned(),
        "apis" => format!("{}/{}", parts.next()?, parts.next()?),
        _ => return None,
    };
    let rest: Vec<&str> = parts.collect();
    let (namespace, rest) = match rest.as_slice() {
        // A namespace itself is asked for by two parts, and its contents by three.
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
        rest => (None, rest),
    };
    Some(Target {
        resource: (version, (*rest.first()?).to_owned()),
        namespace: namespace.map(str::to_owned),
        name: rest.get(1).map(|name| (*name).to_owned()),
        part: rest.get(2).map(|part| (*part).to_owned()),
        only: None,
    })
}

/// The name that a field selector is for.
fn only(query: &Query<'_>) -> Option<String> {
    let selector = query.value("fieldSelector")?.replace("%3D", "=");
    Some(selector.strip_prefix("metadata.name=")?.to_owned())
}

/// Parameters of a request.
pub(crate) struct Query<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Query<'a> {
    fn new(text: &'a str) -> Self {
        Self(
            text.split('&')
                .filter_map(|pair| pair.split_once('='))
                .collect(),
        )
    }

    pub(crate) fn value(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| *value)
    }

    /// The one label, and its value, that objects must have.
    pub(crate) fn label(&self) -> Option<(String, String)> {
        let selector = self.value("labelSelector")?;
        let selector = selector.replace("%2F", "/").replace("%3D", "=");
        let (label, value) = selector.split_once('=')?;
        Some((label.to_owned(), value.to_owned()))
    }

    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == Some(value)
    }
}

/// The largest object that is taken.
const LARGEST: usize = 4 << 20;
