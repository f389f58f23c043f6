//! RancherDNS before a stand-in for etcd.

use crate::keyed::sim::{Gateway, Server};
use crate::sim::{Limits, SECRET, Sim, store};
use crate::suite::{Family, Hosted, Start};

pub(crate) const SUBJECT: Hosted = Hosted::new(super::NAME, (&super::QUIRKS, Family::Batch), host)
    .set(&[
        ("ETCD_URLS", "http://etcd.example:2379"),
        ("ETCD_USERNAME", "us"),
        ("ETCD_PASSWORD", SECRET),
    ])
    .set_by(|start| vec![("RDNS_ROOT_DOMAIN", root(start))])
    .lists(|records| 1 + records.saturating_sub(1000).div_ceil(20_000))
    .unzoned();

fn host(start: &Start) -> Sim {
    let limits = Limits {
        types: super::QUIRKS.types,
        values: 10,
        ..Limits::default()
    };
    let gateway = Gateway::new(Server::Rancher, super::PREFIX);
    Sim::new(store(start, limits), gateway)
}

/// The domain that all zones are in.
fn root(start: &Start) -> String {
    let mut names = start.zones.iter().map(|(name, _)| name.as_str());
    let mut root = names.next().unwrap_or_default();
    for name in names {
        while name != root && !name.ends_with(&format!(".{root}")) {
            root = root.split_once('.').map_or("", |(_, rest)| rest);
        }
    }
    root.to_owned()
}
