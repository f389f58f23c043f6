//! CoreDNS and SkyDNS before a stand-in for etcd: one with a user, one that asks nobody and has its keys
//! elsewhere.

use crate::keyed::sim::{Gateway, Server};
use crate::sim::{Limits, SECRET, Sim, store};
use crate::suite::{Family, Hosted, Start};

pub(crate) const SUBJECT: Hosted =
    Hosted::new("coredns", (&super::QUIRKS, Family::Batch), |start| {
        host(start, Gateway::new(Server::SkyDns, "/skydns/"))
    })
    .set(&[
        ("ETCD_URLS", "http://etcd.example:2379"),
        ("ETCD_USERNAME", "us"),
        ("ETCD_PASSWORD", SECRET),
    ])
    .lists(lists)
    .unzoned();

pub(crate) const SKYDNS: Hosted = Hosted::new("skydns", (&super::QUIRKS, Family::Batch), |start| {
    host(
        start,
        Gateway::of_anybody(Server::SkyDns, "/names/of/ours/"),
    )
})
.set(&[
    ("ETCD_URLS", "http://etcd.example:2379"),
    ("coredns-prefix", "names/of/ours"),
])
.lists(lists)
.unzoned();

fn host(start: &Start, gateway: Gateway) -> Sim {
    let limits = Limits {
        types: super::QUIRKS.types,
        apex_cname: true,
        ..Limits::default()
    };
    Sim::new(store(start, limits), gateway)
}

/// A key for each; the first page has a thousand.
fn lists(records: usize) -> usize {
    1 + records.saturating_sub(1000).div_ceil(20_000)
}
