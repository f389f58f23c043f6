//! What there is to count of zones that copies share.

use std::sync::Arc;

use cluster::ObjectLog;
use wire::Name;

use super::gate::Replicas;

/// What there is to count.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(super) replicas: Arc<Replicas>,
    pub(super) log: Option<Arc<ObjectLog>>,
}

impl Figures {
    /// How many zones have another file here than at the leader.
    pub(crate) fn other_files(&self) -> usize {
        self.replicas.files.count()
    }

    /// How much the journal in the cluster has of each zone, while we lead.
    pub(crate) fn journal_bytes(&self) -> Vec<(Name, u64)> {
        self.log.as_ref().map(|log| log.bytes()).unwrap_or_default()
    }
}
