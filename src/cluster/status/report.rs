//! Writes the status of zones.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use source::watch::Link;
use wire::{Name, Serial};

use super::condition::Ready;
use crate::api::{Api, ApiError, Fault, Resource};
use crate::clock::wall_time;
use crate::lease::Term;
use crate::log::{GROUP, LOG_LABEL, VERSION, label, stem};

/// What is served of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneStatus {
    /// The zone.
    pub zone: Name,
    /// The serial of its SOA.
    pub serial: Serial,
    /// How many records it has.
    pub records: u64,
    /// The Pod that writes it.
    pub leader: String,
    /// Whether anything of it is answered.
    pub ready: bool,
    /// Whether all that is to be in it is.
    pub complete: bool,
    /// Whether its file is newer elsewhere, so that what was shown before is shown on.
    pub older_files: bool,
}

/// Writes objects of the kind Zone.
#[derive(Debug)]
pub struct StatusReporter {
    api: Api,
    resource: Resource,
    name: String,
}

impl StatusReporter {
    /// For objects in this namespace; `name` is that of the Lease.
    #[must_use]
    pub fn new(link: Link, namespace: &str, name: &str) -> Self {
        Self {
            api: Api::new(link),
            resource: Resource {
                group: GROUP,
                version: VERSION,
                plural: "zones",
                namespace: namespace.to_owned(),
            },
            name: name.to_owned(),
        }
    }

    /// Writes the status of a zone where it differs; makes the object if it is not there.
    ///
    /// # Errors
    /// When the term is over, as silence; when the server does not do it.
    pub async fn report(&self, term: &Term, status: &ZoneStatus) -> Result<(), ApiError> {
        let mut name = object_name(&self.name, &status.zone);
        let mut object = self.object(term, &status.zone, &name).await?;
        // Others of this namespace may have a zone of this name, too.
        if !self.is_ours(&object) {
            name = stem(&self.name, &status.zone);
            object = self.object(term, &status.zone, &name).await?;
        }
        let behind = format!("/{name}");
        let before = object.get("status");
        let wanted = status_of(status, before, wall_time());
        if before == Some(&wanted) {
            return Ok(());
        }
        let patch = json!({ "status": wanted });
        let behind = format!("{behind}/status");
        self.call(term, Method::PATCH, &behind, Some(&patch))
            .await?;
        Ok(())
    }

    /// Reads an object, or makes it.
    async fn object(&self, term: &Term, zone: &Name, name: &str) -> Result<Value, ApiError> {
        let read = self
            .call(term, Method::GET, &format!("/{name}"), None)
            .await;
        match read {
            Err(ApiError {
                fault: Fault::Absent,
                ..
            }) => {
                let blank = self.blank(zone, name);
                self.call(term, Method::POST, "", Some(&blank)).await
            }
            read => read,
        }
    }

    /// Whether an object is of our copies: those of another Lease put its label on theirs.
    fn is_ours(&self, object: &Value) -> bool {
        let labels = object
            .get("metadata")
            .and_then(|metadata| metadata.get("labels"));
        let of = labels.and_then(|labels| labels.get(LOG_LABEL));
        of.is_none_or(|of| of.as_str() == Some(&label(&self.name)))
    }

    async fn call(
        &self,
        term: &Term,
        method: Method,
        behind: &str,
        body: Option<&Value>,
    ) -> Result<Value, ApiError> {
        let patience = term.left().min(PATIENCE);
        self.api
            .call(method, &self.resource, behind, body, patience)
            .await
    }

    fn blank(&self, zone: &Name, name: &str) -> Value {
        json!({
            "apiVersion": format!("{GROUP}/{VERSION}"),
            "kind": "Zone",
            "metadata": {
                "name": name,
                "namespace": self.resource.namespace,
                "labels": {LOG_LABEL: label(&self.name)},
            },
            "spec": {"zone": zone.to_string()},
        })
    }
}

fn status_of(status: &ZoneStatus, before: Option<&Value>, now: Duration) -> Value {
    let ready = Ready {
        ready: status.ready,
        complete: status.complete,
        older_files: status.older_files,
    };
    let conditions = before.and_then(|before| before.get("conditions"));
    json!({
        "serial": status.serial.0,
        "records": status.records,
        "leader": status.leader,
        "conditions": ready.conditions(conditions, now),
    })
}

/// The zone's own name where an object can have it.
fn object_name(log: &str, zone: &Name) -> String {
    let text = zone.to_string().to_ascii_lowercase();
    let text = text.trim_end_matches('.');
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = label.as_bytes();
        bytes.iter().all(|byte| inner(*byte) || *byte == b'-')
            && bytes.first().copied().is_some_and(inner)
            && bytes.last().copied().is_some_and(inner)
    };
    match text.len() <= MOST_NAME && text.split('.').all(label) {
        true => text.to_owned(),
        false => stem(log, zone),
    }
}

/// A name of an object is no longer.
const MOST_NAME: usize = 253;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use apiserver::ApiServer;
    use source::watch::{Connection, connect};

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), None).unwrap()
    }

    #[test]
    fn objects_have_the_names_of_zones_where_they_can() {
        for (zone, wanted) in [
            ("Example.org.", "example.org"),
            ("2.0.192.in-addr.arpa.", "2.0.192.in-addr.arpa"),
        ] {
            assert_eq!(object_name("a", &name(zone)), wanted);
        }
        for zone in [".", "_tcp.example.org.", "-.org.", r"a\.b.org."] {
            let made = object_name("a", &name(zone));
            assert_eq!(made, stem("a", &name(zone)), "{zone}");
        }
    }

    #[tokio::test]
    async fn the_status_is_written_where_it_differs() {
        let server = ApiServer::start().await.unwrap();
        let connection = Connection {
            server: Some(server.url()),
            ..Connection::default()
        };
        let link = connect(&connection).await.unwrap();
        let reporter = StatusReporter::new(link, "dns", "zonewright");
        let term = Term::begin(1, Duration::from_secs(60));
        let mut status = ZoneStatus {
            zone: name("example.org."),
            serial: Serial(u32::MAX),
            records: 7,
            leader: "zonewright-0".to_owned(),
            ready: true,
            complete: true,
            older_files: false,
        };
        for _ in 0..2 {
            reporter.report(&term, &status).await.unwrap();
        }
        let object = || {
            let (version, store) = ("zonewright.dev/v1alpha1", server.store());
            store
                .object(version, "zones", "dns", "example.org")
                .unwrap()
        };
        assert_eq!(object()["status"]["serial"], json!(u32::MAX));
        assert_eq!(object()["status"]["conditions"][0]["status"], "True");
        let requests = server.store().requests();
        let writes = requests.iter().filter(|one| !one.starts_with("GET"));
        assert_eq!(writes.count(), 2, "{requests:?}");
        status.records = 8;
        reporter.report(&term, &status).await.unwrap();
        assert_eq!(object()["status"]["records"], json!(8));
        // Copies of another Lease have an object of their own, and leave ours alone.
        let link = connect(&connection).await.unwrap();
        let other = StatusReporter::new(link, "dns", "other");
        let theirs = ZoneStatus {
            records: 9,
            ..status.clone()
        };
        for _ in 0..2 {
            other.report(&term, &theirs).await.unwrap();
        }
        assert_eq!(object()["status"]["records"], json!(8));
        let apart = stem("other", &status.zone);
        let apart = server
            .store()
            .object("zonewright.dev/v1alpha1", "zones", "dns", &apart);
        assert_eq!(apart.unwrap()["status"]["records"], json!(9));
        term.end();
        let before = server.store().requests().len();
        assert!(reporter.report(&term, &status).await.is_err());
        assert_eq!(server.store().requests().len(), before);
    }
}
