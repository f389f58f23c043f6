//! Records written into etcd as CoreDNS reads them.

use std::net::SocketAddr;

use benches::store;
use serde_json::{Value, json};

use crate::{record_address, record_name};

/// Writes so many records.
pub(crate) fn fill(etcd: SocketAddr, records: u32) -> anyhow::Result<()> {
    store(etcd, (0..records).map(record))
}

/// One record: the labels of its name from the right, as folders.
fn record(number: u32) -> (String, Value) {
    let name = record_name(number);
    let labels: Vec<&str> = name.rsplit('.').collect();
    let value = json!({ "host": record_address(number), "ttl": 300 });
    (format!("/skydns/{}", labels.join("/")), value)
}
