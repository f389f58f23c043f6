//! Settings of several copies of the program, of which one leads.

use std::net::IpAddr;
use std::time::Duration;

use wire::Name;

/// One of several copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replicas {
    /// Whether it may lead; else it only follows.
    pub candidate: bool,
    /// The Lease, and the times that go with it.
    pub lease: Lease,
    /// The name of this copy; `None` is that of the host.
    pub name: Option<String>,
    /// Where others reach it; `None` is where it listens.
    pub address: Option<(IpAddr, Option<u16>)>,
    /// Where all copies are found: hosts with their ports, if they are given.
    pub peers: Vec<(String, Option<u16>)>,
    /// The key that they know each other by.
    pub key: Name,
}

/// Who leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Its name.
    pub name: String,
    /// Its namespace; `None` is that of the pod.
    pub namespace: Option<String>,
    /// How long others wait for a leader that is silent.
    pub duration: Duration,
    /// How long a leader writes after its last renewal.
    pub renew_deadline: Duration,
    /// How often it is renewed.
    pub retry: Duration,
}
