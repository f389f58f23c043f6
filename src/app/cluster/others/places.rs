//! Where the other copies are found.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;

/// Where they are found.
#[derive(Clone, Debug)]
pub(in crate::app::cluster) struct Places {
    hosts: Vec<(String, u16)>,
    /// Ourselves, who are found there too.
    own: SocketAddr,
}

impl Places {
    pub(in crate::app::cluster) fn new(
        peers: &[(String, Option<u16>)],
        port: u16,
        own: SocketAddr,
    ) -> Self {
        let hosts = peers.iter();
        let hosts = hosts.map(|(host, given)| (host.clone(), given.unwrap_or(port)));
        Self {
            hosts: hosts.collect(),
            own,
        }
    }

    /// Their addresses; none if not all could be found.
    pub(super) async fn resolve(&self) -> Option<BTreeSet<SocketAddr>> {
        let mut found = BTreeSet::new();
        for (host, port) in &self.hosts {
            match timeout(RESOLVING, lookup_host((&**host, *port))).await {
                Ok(Ok(addresses)) => found.extend(addresses),
                Ok(Err(error)) => {
                    tracing::debug!(host, %error, "other copies are not found");
                    return None;
                }
                Err(_) => return None,
            }
        }
        found.remove(&self.own);
        Some(found)
    }
}

/// How long it may take to find one.
const RESOLVING: Duration = Duration::from_secs(1);
