//! The label on the pod of the leader, so that a Service finds it.

use std::time::Duration;

use http::{Method, Request, StatusCode, header};
use kube::client::Body;
use serde_json::{Value, json};
use source::watch::Link;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::role::Role;
use crate::app::telemetry;

/// Our own pod.
pub(super) struct Pod {
    link: Link,
    namespace: String,
    name: String,
}

impl Pod {
    pub(super) fn new(link: Link, namespace: String, name: String) -> Self {
        Self {
            link,
            namespace,
            name,
        }
    }

    /// Keeps the label as the role is until the stop.
    pub(super) async fn run(self, mut roles: watch::Receiver<Role>, stop: CancellationToken) {
        let mut said = None;
        loop {
            let leads = roles.borrow_and_update().term().is_some();
            let mut pause = FIRST_PAUSE;
            loop {
                let labeled = tokio::select! {
                    labeled = self.label(leads) => labeled,
                    () = stop.cancelled() => return,
                };
                let error = match labeled {
                    Ok(()) => break,
                    Err(error) => error,
                };
                if said.as_ref() != Some(&error) {
                    tracing::warn!(
                        pod = self.name,
                        error,
                        "the pod could not be labeled with its role: a Service that selects the leader may miss it"
                    );
                    said = Some(error);
                }
                tokio::select! {
                    () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                    () = stop.cancelled() => return,
                    changed = roles.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        roles.mark_changed();
                        break;
                    }
                }
            }
            tokio::select! {
                changed = roles.changed() => if changed.is_err() { return },
                () = stop.cancelled() => break,
            }
        }
        // Whoever takes over has the label in a moment; two would be one too many.
        let _gone = timeout(LAST, self.label(false)).await.is_ok();
    }

    /// Puts the label on, or takes it off.
    async fn label(&self, leads: bool) -> Result<(), String> {
        let value = if leads { json!("leader") } else { Value::Null };
        let patch = json!({"metadata": {"labels": {LABEL: value}}});
        let (namespace, name) = (&self.namespace, &self.name);
        let request = Request::builder()
            .method(Method::PATCH)
            .uri(format!("/api/v1/namespaces/{namespace}/pods/{name}"))
            .header(header::CONTENT_TYPE, "application/merge-patch+json")
            .header(header::ACCEPT, "application/json")
            .body(Body::from(patch.to_string().into_bytes()))
            .map_err(|error| error.to_string())?;
        let sent = timeout(ANSWER, self.link.send("pods", request)).await;
        let response = sent.map_err(|_| format!("no answer in {ANSWER:?}"))?;
        let status = response.map_err(|error| telemetry::chain(&error))?.status();
        match status {
            status if status.is_success() => Ok(()),
            StatusCode::FORBIDDEN => Err(format!(
                "HTTP 403; the role needs {{apiGroups: [''], resources: [pods], verbs: [patch]}} in namespace {namespace}"
            )),
            status => Err(format!("HTTP {}", status.as_u16())),
        }
    }
}

/// The label; its value is the role.
const LABEL: &str = "zonewright.dev/role";

/// How long the API server may take.
const ANSWER: Duration = Duration::from_secs(5);

/// How long the end waits for it.
const LAST: Duration = Duration::from_secs(1);

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
