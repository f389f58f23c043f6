//! What is written back to the cluster: the status of DNSEndpoints, and Events on objects.
//!
//! Both are courtesies. Without the right to write them nothing else suffers: the caller logs it
//! and goes on. They share one limit of requests a second, since lists and watches have none.

use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use kube::client::Body;
use plan::ObjectRef;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use super::body::next;
use super::client::Link;
use super::failure::{Failure, Refusal, Rule};
use super::resource::Resource;
use crate::object::Key;

/// Writes to the cluster, so many a second.
pub struct Reporter {
    link: Link,
    /// The pause between two requests once the burst is used up.
    gap: Duration,
    /// How far behind the present the next free moment may be: the burst.
    burst: Duration,
    next: Mutex<Option<Instant>>,
    patience: Duration,
}

impl std::fmt::Debug for Reporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reporter")
            .field("gap", &self.gap)
            .finish_non_exhaustive()
    }
}

/// One Event on an object.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The object.
    pub object: &'a ObjectRef,
    /// The source that names come from, as `service`.
    pub source: &'a str,
    /// One word that programs read, as `RecordReady`.
    pub reason: &'a str,
    /// What was done, as `Created`.
    pub action: &'a str,
    /// Whether someone should look at it.
    pub warning: bool,
    /// The sentence that people read.
    pub note: String,
    /// Now, in nanoseconds since 1970.
    pub now: u128,
}

impl Reporter {
    /// A reporter with a limit of requests a second and a burst. A request may take so long, or ten
    /// seconds.
    #[must_use]
    pub fn new(link: Link, per_second: u32, burst: u32, patience: Option<Duration>) -> Self {
        let gap = Duration::from_secs(1) / per_second.max(1);
        Self {
            link,
            gap,
            burst: gap * burst.saturating_sub(1),
            next: Mutex::new(None),
            patience: patience.unwrap_or(PATIENCE),
        }
    }

    /// Says in the status of a DNSEndpoint which version of it was seen.
    ///
    /// It is read and replaced, not patched: that is the right which roles made for external-dns
    /// give.
    ///
    /// # Errors
    /// The server cannot be reached, or does not allow it.
    pub async fn observed(&self, key: &Key, generation: i64) -> Result<(), Failure> {
        let resource = Resource {
            api_version: "externaldns.k8s.io/v1alpha1".into(),
            plural: "dnsendpoints".into(),
        };
        let status = Resource {
            plural: "dnsendpoints/status".into(),
            ..resource.clone()
        };
        let path = format!("{}/{}", resource.path(Some(key.namespace())), key.name());
        let mut tries = TRIES;
        loop {
            self.wait().await;
            let read = self.request(Method::GET, path.clone(), &resource.plural, Body::empty());
            let mut object = self.read(read.await?, Rule::to("get", &resource)).await?;
            let number = |path: &str| object.pointer(path).and_then(Value::as_i64);
            let now = number("/metadata/generation").unwrap_or(generation);
            // A later version is told of by itself.
            if now > generation || number("/status/observedGeneration") >= Some(generation) {
                return Ok(());
            }
            let Some(fields) = object.as_object_mut() else {
                return Ok(());
            };
            // A status of another form is not ours to change.
            let own = fields.entry("status").or_insert_with(|| json!({}));
            let Some(own) = own.as_object_mut() else {
                return Ok(());
            };
            own.insert("observedGeneration".to_owned(), json!(generation));
            let body = Body::from(serde_json::to_vec(&object)?);
            let path = format!("{path}/status");
            let written = self.request(Method::PUT, path, "status", body).await?;
            tries -= 1;
            if written.status() == StatusCode::CONFLICT && tries > 0 {
                continue;
            }
            return judge(&written, Rule::to("update", &status));
        }
    }

    /// Makes an Event on an object.
    ///
    /// # Errors
    /// The server cannot be reached, or does not allow it.
    pub async fn event(&self, report: &Report<'_>) -> Result<(), Failure> {
        let object = report.object;
        let namespace = if object.namespace.is_empty() {
            "default"
        } else {
            &object.namespace
        };
        let resource = Resource {
            api_version: "events.k8s.io/v1".into(),
            plural: "events".into(),
        };
        let path = resource.path(Some(namespace));
        let mut about = json!({
            "apiVersion": object.api_version,
            "kind": object.kind,
            "namespace": object.namespace,
            "name": object.name,
        });
        if !object.uid.is_empty() {
            about["uid"] = json!(object.uid);
        }
        let mut body = json!({
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {
                "name": format!("{}.{:x}", object.name, report.now),
                "namespace": namespace,
            },
            "eventTime": micro_time(report.now),
            "type": if report.warning { "Warning" } else { "Normal" },
            "reason": report.reason,
            "action": report.action,
            "note": shortened(&report.note),
            "regarding": about,
            "reportingController": CONTROLLER,
            "reportingInstance": format!("{CONTROLLER}/source/{}", report.source),
        });
        // As in Events of external-dns, which tools may look for.
        if !object.uid.is_empty() {
            body["related"] = body["regarding"].clone();
        }
        self.wait().await;
        let text = Body::from(serde_json::to_vec(&body)?);
        let response = self.request(Method::POST, path, &resource.plural, text);
        judge(&response.await?, Rule::to("create", &resource))
    }

    async fn request(
        &self,
        method: Method,
        path: String,
        resource: &str,
        body: Body,
    ) -> Result<Response<Body>, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(http::header::ACCEPT, JSON)
            .header(http::header::CONTENT_TYPE, JSON)
            .body(body)
            .map_err(|error| Failure::Lost(Box::new(error)))?;
        let answer = self.link.send_within(self.patience, resource, request);
        answer.await
    }

    /// The object in an answer.
    async fn read(&self, response: Response<Body>, rule: Rule) -> Result<Value, Failure> {
        judge(&response, rule)?;
        let mut body = response.into_body();
        let mut text = Vec::new();
        while let Some(bytes) = next(&mut body, self.patience).await? {
            text.extend_from_slice(&bytes);
            if text.len() > LARGEST {
                let message = "the object is larger than any can be".to_owned();
                return Err(Refusal {
                    status: 200,
                    message,
                }
                .into());
            }
        }
        Ok(serde_json::from_slice(&text)?)
    }

    /// Waits for its turn.
    async fn wait(&self) {
        let turn = {
            let mut next = self.next.lock().await;
            let now = Instant::now();
            // Time that nobody used adds up to the burst and no further.
            let earliest = now.checked_sub(self.burst).unwrap_or(now);
            let turn = next.map_or(earliest, |next| next.max(earliest));
            *next = Some(turn + self.gap);
            turn
        };
        sleep_until(turn).await;
    }
}

/// Whether a request was granted; `rule` is the right that it needs.
fn judge(response: &Response<Body>, rule: Rule) -> Result<(), Failure> {
    if response.status().is_success() {
        return Ok(());
    }
    let status = response.status().as_u16();
    Err(Failure::of_status(status, String::new(), None, rule))
}

/// How often a status is written that somebody else writes at the same time.
const TRIES: usize = 3;

/// etcd takes objects of 1.5 MiB.
const LARGEST: usize = 4 << 20;

const JSON: &str = "application/json";

/// How long a request may take if nobody says.
const PATIENCE: Duration = Duration::from_secs(10);

/// The name that tools which read external-dns's Events look for.
const CONTROLLER: &str = "external-dns";

/// The API takes notes of at most 1024 bytes.
fn shortened(note: &str) -> String {
    const LONGEST: usize = 1024;
    if note.len() <= LONGEST {
        return note.to_owned();
    }
    let end = note.floor_char_boundary(LONGEST - '…'.len_utf8());
    let mut short = note.get(..end).unwrap_or_default().to_owned();
    short.push('…');
    short
}

/// A time as the API writes it: `2026-11-21T10:00:00.000000Z`.
#[must_use]
pub fn micro_time(nanoseconds: u128) -> String {
    let seconds = u64::try_from(nanoseconds / 1_000_000_000).unwrap_or(0);
    let micros = nanoseconds / 1_000 % 1_000_000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01, so that a leap day is the last of its year.
    let day = days + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let year = year + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_api_does() {
        let cases = [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399_123_456_000, "2000-02-28T23:59:59.123456Z"),
            (951_868_800_000_000_000, "2000-03-01T00:00:00.000000Z"),
            (1_795_255_200_000_001_000, "2026-11-21T10:00:00.000001Z"),
        ];
        for (nanoseconds, written) in cases {
            assert_eq!(micro_time(nanoseconds), written);
        }
    }

    #[test]
    fn long_notes_end_in_an_ellipsis_at_a_character() {
        let note = "ä".repeat(600);
        let short = shortened(&note);
        assert!(
            short.len() <= 1024 && short.ends_with("ä…"),
            "{}",
            short.len()
        );
        assert_eq!(shortened("short"), "short");
    }
}
