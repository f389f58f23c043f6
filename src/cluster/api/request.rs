//! Requests of one resource, and what comes back.

use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::Value;
use source::watch::Link;
use tokio::time::timeout;

use super::{ApiError, Fault};

/// A kind of objects, in one namespace.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) namespace: String,
}

impl Resource {
    /// The path of all of them, or of one.
    pub(crate) fn path(&self, name: Option<&str>) -> String {
        let Self {
            group,
            version,
            plural,
            namespace,
        } = self;
        let all = format!("/apis/{group}/{version}/namespaces/{namespace}/{plural}");
        match name {
            Some(name) => format!("{all}/{name}"),
            None => all,
        }
    }
}

/// Requests to the API server.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    link: Link,
}

impl Api {
    pub(crate) fn new(link: Link) -> Self {
        Self { link }
    }

    /// Sends a request and reads its answer, both within this time.
    ///
    /// What is behind the resource's path: a name, a part of it, a query.
    pub(crate) async fn call(
        &self,
        method: Method,
        resource: &Resource,
        behind: &str,
        body: Option<&Value>,
        patience: Duration,
    ) -> Result<Value, ApiError> {
        let verb = verb(&method, behind);
        let done = match patience {
            // Nothing is sent for which there is no time.
            Duration::ZERO => Err(Fault::Silent { patience }),
            _ => {
                let exchange = self.exchange(method, resource, behind, body);
                let done = timeout(patience, exchange).await;
                done.unwrap_or(Err(Fault::Silent { patience }))
            }
        };
        done.map_err(|fault| wrap(verb, resource, behind, fault))
    }

    /// Begins a watch; its lines come as they come.
    pub(crate) async fn watch(
        &self,
        resource: &Resource,
        query: &str,
        patience: Duration,
    ) -> Result<Lines, ApiError> {
        let begin = async {
            let response = self.send(Method::GET, resource, query, None).await?;
            let status = response.status();
            if status.is_success() {
                return Ok(Lines {
                    body: response.into_body(),
                    text: Vec::new(),
                });
            }
            let text = read(response.into_body()).await?;
            Err(fault(status, &text, resource, "watch"))
        };
        let begun = timeout(patience, begin).await;
        let begun = begun.unwrap_or(Err(Fault::Silent { patience }));
        begun.map_err(|fault| wrap("watch", resource, "", fault))
    }

    async fn exchange(
        &self,
        method: Method,
        resource: &Resource,
        behind: &str,
        body: Option<&Value>,
    ) -> Result<Value, Fault> {
        let verb = verb(&method, behind);
        let response = self.send(method, resource, behind, body).await?;
        let status = response.status();
        let text = read(response.into_body()).await?;
        if status.is_success() {
            serde_json::from_slice(&text).map_err(|error| Fault::Nonsense(Box::new(error)))
        } else {
            Err(fault(status, &text, resource, verb))
        }
    }

    async fn send(
        &self,
        method: Method,
        resource: &Resource,
        behind: &str,
        body: Option<&Value>,
    ) -> Result<Response<Body>, Fault> {
        let kind = match method {
            Method::PATCH => "application/merge-patch+json",
            _ => JSON,
        };
        let body = match body {
            Some(body) => Body::from(body.to_string().into_bytes()),
            None => Body::empty(),
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{behind}", resource.path(None)))
            .header(http::header::ACCEPT, JSON)
            .header(http::header::CONTENT_TYPE, kind)
            .body(body)
            .map_err(|error| Fault::Lost(Box::new(error)))?;
        let sent = self.link.send(resource.plural, request).await;
        sent.map_err(|error| Fault::Lost(Box::new(error)))
    }
}

/// The lines of a watch.
#[derive(Debug)]
pub(crate) struct Lines {
    body: Body,
    text: Vec<u8>,
}

impl Lines {
    /// The next event; none when the watch is over. What has come of a line stays when this is not
    /// waited for to its end.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.text.drain(..=end).collect();
                return serde_json::from_slice(&line).ok();
            }
            if self.text.len() > LARGEST {
                return None;
            }
            let frame = self.body.frame().await?.ok()?;
            if let Some(bytes) = frame.data_ref() {
                self.text.extend_from_slice(bytes);
            }
        }
    }
}

async fn read(mut body: Body) -> Result<Vec<u8>, Fault> {
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Fault::Lost(Box::new(error)))?;
        if let Some(bytes) = frame.data_ref() {
            text.extend_from_slice(bytes);
        }
        if text.len() > LARGEST {
            return Err(Fault::Nonsense("it does not end".into()));
        }
    }
    Ok(text)
}

fn fault(status: StatusCode, text: &[u8], resource: &Resource, verb: &'static str) -> Fault {
    let answer: Value = serde_json::from_slice(text).unwrap_or_default();
    let message = answer.get("message").and_then(Value::as_str);
    let message = message.unwrap_or_default().to_owned();
    match status {
        StatusCode::NOT_FOUND => Fault::Absent,
        StatusCode::CONFLICT => Fault::Conflict,
        StatusCode::GONE => Fault::Gone,
        StatusCode::FORBIDDEN => Fault::Forbidden {
            message,
            group: resource.group,
            plural: resource.plural,
            verb,
        },
        status => Fault::Refused {
            status: status.as_u16(),
            message,
        },
    }
}

fn wrap(verb: &str, resource: &Resource, behind: &str, fault: Fault) -> ApiError {
    let name = behind.trim_start_matches('/').split('?').next();
    let name = name.filter(|name| !name.is_empty()).unwrap_or("*");
    let (plural, group, namespace) = (resource.plural, resource.group, &resource.namespace);
    ApiError {
        action: format!("{verb} {plural}.{group} \"{namespace}/{name}\""),
        fault,
    }
}

/// What a role calls it.
fn verb(method: &Method, behind: &str) -> &'static str {
    match *method {
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ if behind.starts_with('/') => "get",
        _ => "list",
    }
}

const JSON: &str = "application/json";

/// A page of a list is smaller, and so is every object.
const LARGEST: usize = 64 << 20;
