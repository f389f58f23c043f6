//! The small cluster of `zones/manifests`, which the first command of the README serves.

use std::path::PathBuf;
use std::sync::Arc;

use crate::kind::Row;
use crate::{Engine, Rules, manifest};

#[test]
fn the_sample_cluster_gives_its_names() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../zones/manifests");
    let sources = ["service", "ingress", "gateway-httproute", "crd", "node"];
    let rows = sources.iter().filter_map(|name| Row::named(name));
    let mut engine = Engine::new(Arc::new(Rules::default()), rows);
    // Which kinds are wanted follows from the objects.
    let mut told = std::collections::BTreeMap::new();
    for _ in 0..2 {
        let kinds: Vec<_> = engine.wanted().into_iter().collect();
        let loaded = manifest::read(std::slice::from_ref(&folder), &kinds, &engine.trim());
        assert!(
            loaded.report.problems().is_empty(),
            "{}",
            loaded.report.render(false)
        );
        for touch in loaded
            .objects
            .into_iter()
            .flat_map(|object| engine.apply(object))
        {
            assert_eq!(touch.problems, []);
            told.insert(touch.contributor, touch.endpoints);
        }
    }
    let endpoints = told.values().flatten();
    let mut lines: Vec<String> = endpoints
        .map(|endpoint| {
            format!(
                "{} {} {}",
                endpoint.name,
                endpoint.rtype,
                endpoint.targets.join(", ")
            )
        })
        .collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"), @r"
    _sip._tcp.example.org SRV 0 50 5060 vpn.example.org.
    api.example.org A 192.0.2.90
    blog.example.org CNAME lb.example.net
    db-0.db.example.org A 10.1.0.10
    db.example.org A 10.1.0.10
    docs.example.org CNAME docs.example.net
    mail.example.org MX 10 mx1.example.net, 20 mx2.example.net
    mail.example.org TXT v=spf1 mx -all
    node-1.nodes.example.org A 192.0.2.11
    shop.example.org A 192.0.2.80
    shop.example.org AAAA 2001:db8::80
    vpn.example.org A 192.0.2.100, 192.0.2.101
    www.shop.example.org A 192.0.2.80
    www.shop.example.org AAAA 2001:db8::80
    ");
}
