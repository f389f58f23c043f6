//! A Lease as the API has it.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use source::watch::micro_time;

use super::{Candidate, LeaseOptions};

/// What a Lease says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Who holds it; empty for nobody.
    pub(super) holder: String,
    /// Where the holder is.
    address: Option<SocketAddr>,
    pub(super) duration: Duration,
    /// As it stands there: it is only compared, never read.
    renewed: String,
    pub(super) transitions: u32,
    /// What the holder says, or the one before said.
    pub(super) word: String,
}

impl Record {
    /// Reads a Lease; what is not there counts as nothing.
    pub(super) fn of(lease: &Value) -> Self {
        let text = |path: &str| {
            let text = lease.pointer(path).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let number = |path: &str| {
            let number = lease.pointer(path).and_then(Value::as_u64);
            number.and_then(|number| u32::try_from(number).ok())
        };
        let annotation = |name: &str| {
            let all = lease.pointer("/metadata/annotations")?;
            all.get(name).and_then(Value::as_str)
        };
        let address = annotation(ADDRESS);
        Self {
            holder: text("/spec/holderIdentity"),
            address: address.and_then(|address| address.parse().ok()),
            duration: Duration::from_secs(number("/spec/leaseDurationSeconds").unwrap_or(0).into()),
            renewed: text("/spec/renewTime"),
            transitions: number("/spec/leaseTransitions").unwrap_or(0),
            word: annotation(WORD).unwrap_or_default().to_owned(),
        }
    }

    /// Who leads by it.
    pub(super) fn leader(&self) -> Option<Candidate> {
        let (name, _) = self.holder.rsplit_once('_')?;
        Some(Candidate {
            name: name.to_owned(),
            address: self.address?,
        })
    }
}

/// A Lease of nobody's, as it is made.
pub(super) fn blank(options: &LeaseOptions) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": options.name, "namespace": options.namespace},
    })
}

/// What a holder writes into a Lease, besides what others have put there.
pub(super) struct Holding<'a> {
    pub(super) holder: &'a str,
    pub(super) address: Option<SocketAddr>,
    pub(super) seconds: u32,
    pub(super) transitions: u32,
    /// When it was acquired, if it is just now.
    pub(super) acquired: Option<Duration>,
    pub(super) renewed: Duration,
    /// What it says; nothing leaves what stands there.
    pub(super) word: String,
}

impl Holding<'_> {
    /// Writes it; the version of the object stays, as the condition of the write.
    pub(super) fn write(&self, lease: &mut Value) {
        if let Some(spec) = field(lease, "spec").and_then(Value::as_object_mut) {
            spec.insert("holderIdentity".into(), json!(self.holder));
            spec.insert("leaseDurationSeconds".into(), json!(self.seconds));
            spec.insert("leaseTransitions".into(), json!(self.transitions));
            spec.insert("renewTime".into(), micro(self.renewed));
            if let Some(acquired) = self.acquired {
                spec.insert("acquireTime".into(), micro(acquired));
            }
        }
        let annotations = field(lease, "metadata").and_then(|data| field(data, "annotations"));
        let Some(annotations) = annotations.and_then(Value::as_object_mut) else {
            return;
        };
        match self.address {
            Some(address) => annotations.insert(ADDRESS.into(), json!(address.to_string())),
            None => annotations.remove(ADDRESS),
        };
        if !self.word.is_empty() {
            annotations.insert(WORD.into(), json!(self.word));
        }
    }
}

/// An object within an object; made if it is not there.
fn field<'a>(within: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    let value = within
        .as_object_mut()?
        .entry(key)
        .or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    Some(value)
}

fn micro(time: Duration) -> Value {
    json!(micro_time(time.as_nanos()))
}

/// The annotation with the address of the holder.
const ADDRESS: &str = "zonewright.dev/address";

/// The annotation with what the holder says of its zone files.
const WORD: &str = "zonewright.dev/files";
