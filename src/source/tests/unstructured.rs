//! Objects of any kind.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::kind::Row;
use crate::object::Kind;
use crate::template::{Engine as Templates, Templates as Flags};
use crate::{Engine, Rules};

/// What a widget gives, a line for each endpoint.
fn lines(flags: Flags<'_>, annotations: &Value, spec: &Value) -> Vec<String> {
    let templates = Templates::new(flags).unwrap();
    let rules = Rules {
        templates: templates.is_configured().then(|| Arc::new(templates)),
        ..Rules::default()
    };
    let mut engine = Engine::new(Arc::new(rules), Row::named("unstructured"));
    let widget = json!({
        "apiVersion": "example.org/v1",
        "kind": "Widget",
        "metadata": {"name": "one", "namespace": "shop", "annotations": annotations},
        "spec": spec,
    });
    let widget = Kind::Unstructured
        .decode_value(&widget, &engine.trim())
        .unwrap();
    let touches = engine.apply(widget);
    let endpoints = touches.iter().flat_map(|touch| &touch.endpoints);
    let line = |endpoint: &plan::Endpoint| {
        let origin = endpoint.origins.first().unwrap();
        assert_eq!(
            (origin.kind, origin.api_version),
            ("Widget", "example.org/v1")
        );
        assert_eq!(endpoint.labels.value("resource"), Some("widget/shop/one"));
        let ttl = endpoint.ttl.map_or(0, wire::Ttl::as_secs);
        format!(
            "{} {} {} {ttl}",
            endpoint.name,
            endpoint.rtype,
            endpoint.targets.join(",")
        )
    };
    endpoints.map(line).collect()
}

#[test]
fn names_and_targets_come_from_annotations_or_templates() {
    let texts = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    let prefix = "external-dns.kubernetes.io/";
    let key = |name: &str| format!("{prefix}{name}");
    let none = json!({});
    let spec = json!({"dnsNames": ["a.example.org", "b.example.org"], "address": "2001:db8::1"});
    let own = json!({
        key("hostname"): "w.example.org", key("target"): "192.0.2.1, 2001:db8::1, t.example.net",
        key("ttl"): "60", key("set-identifier"): "x", key("aws-weight"): "1",
    });
    assert_eq!(
        lines(Flags::default(), &own, &spec),
        [
            "w.example.org A 192.0.2.1 60",
            "w.example.org AAAA 2001:db8::1 60",
            "w.example.org CNAME t.example.net 60"
        ]
    );
    assert_eq!(
        lines(
            Flags::default(),
            &json!({key("hostname"): "w.example.org"}),
            &spec
        ),
        [""; 0]
    );
    let fqdn = texts(&["{{range .Spec.DNSNames}}{{.}},{{end}}"]);
    let target = texts(&["{{.Spec.address}}"]);
    let named = Flags {
        fqdn: &fqdn,
        target: &target,
        ..Flags::default()
    };
    let both = [
        "a.example.org AAAA 2001:db8::1 0",
        "b.example.org AAAA 2001:db8::1 0",
    ];
    assert_eq!(lines(named, &none, &spec), both);
    // Templates come in where annotations give nothing, or in addition.
    assert_eq!(lines(named, &own, &spec).len(), 3);
    assert_eq!(
        lines(
            Flags {
                combine: true,
                ..named
            },
            &own,
            &spec
        )
        .len(),
        5
    );
    let pairs = texts(&["{{.Name}}.{{.Namespace}}.example.org:{{.Spec.Address}}"]);
    let paired = Flags {
        fqdn_target: &pairs,
        ..Flags::default()
    };
    assert_eq!(
        lines(paired, &json!({key("ttl"): "60"}), &spec),
        ["one.shop.example.org AAAA 2001:db8::1 60"]
    );
    assert_eq!(
        lines(
            Flags {
                fqdn_target: &pairs,
                ..named
            },
            &none,
            &spec
        )
        .len(),
        1
    );
    // Names without targets give nothing.
    assert_eq!(
        lines(
            Flags {
                fqdn: &fqdn,
                ..Flags::default()
            },
            &none,
            &spec
        ),
        [""; 0]
    );
}
