//! Questions about names of manifests, with destinations at work.

use super::*;
use crate::app::sync::testing::follow;

const OBJECTS: &str = r#"
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: default
  annotations:
    external-dns.alpha.kubernetes.io/hostname: Web.example.org.,mx.example.net
spec: {type: LoadBalancer}
status: {loadBalancer: {ingress: [{ip: 192.0.2.10}]}}
---
apiVersion: v1
kind: Service
metadata:
  name: late
  namespace: default
  annotations:
    external-dns.alpha.kubernetes.io/hostname: web.example.org,late.example.org
spec: {type: LoadBalancer}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: shop}
spec: {rules: [{host: late.example.org}]}
---
apiVersion: v1
kind: Service
metadata:
  name: any
  namespace: default
  annotations:
    external-dns.alpha.kubernetes.io/hostname: "*.example.org"
    external-dns.alpha.kubernetes.io/ttl: soon
spec: {type: ExternalName, externalName: lb.example.com}
"#;

/// Asks about names with our own zone and nothing else as the destination.
async fn explained(names: &[&str]) -> Vec<Explanation> {
    let arguments = ["--source=service", "--source=ingress", "--zone=example.org"];
    let followed = follow(OBJECTS, &arguments).await;
    followed.synced().await;
    let mut all = Vec::new();
    for name in names {
        let running = &followed.running;
        all.push(explain(&running.model, &running.asks, name).await);
    }
    followed.end().await;
    all
}

#[tokio::test]
async fn names_are_followed_from_their_objects_to_their_zone() {
    let all = explained(&[
        "WEB.example.org.",
        "late.example.org",
        "mx.example.net",
        "wab.example.org",
    ])
    .await;
    let [web, late, outside, nobody] = all.as_slice() else {
        panic!("{all:?}");
    };

    assert_eq!(web.name, "web.example.org");
    let [asking, naming] = web.objects.as_slice() else {
        panic!("{web:?}");
    };
    assert_eq!(
        (asking.object.as_str(), asking.source.as_str()),
        ("Service default/web", "service")
    );
    let rule = "annotation external-dns.alpha.kubernetes.io/hostname";
    assert_eq!(asking.rule.as_deref(), Some(rule));
    let asks: Vec<_> = asking
        .asks
        .iter()
        .map(|asked| (&*asked.rtype, asked.targets.join(",")))
        .collect();
    assert_eq!(asks, [("A", "192.0.2.10".to_owned())]);
    assert_eq!(
        (naming.object.as_str(), naming.asks.len()),
        ("Service default/late", 0)
    );
    let [place] = web.destinations.as_slice() else {
        panic!("{web:?}");
    };
    assert_eq!(
        (place.state, place.zone.as_deref()),
        (State::AsWanted, Some("example.org"))
    );
    assert_eq!(place.wanted[0].objects, ["service default/web"]);
    assert_eq!((place.current.len(), place.changes.len()), (1, 0));

    let naming: Vec<&str> = late
        .objects
        .iter()
        .map(|object| object.object.as_str())
        .collect();
    assert_eq!(naming, ["Service default/late", "Ingress shop/front"]);
    assert_eq!(late.objects[1].rule.as_deref(), Some("spec.rules"));
    assert_eq!(
        late.objects[1].notes,
        ["its load balancer has no address yet"]
    );
    assert_eq!(late.destinations[0].state, State::Nothing);
    assert!(
        late.near
            .iter()
            .any(|near| near.wildcard && near.name == "*.example.org")
    );

    assert_eq!(outside.destinations[0].state, State::Outside);
    let [reason] = outside.destinations[0].outside.as_slice() else {
        panic!("{outside:?}");
    };
    assert!(
        reason.starts_with("mx.example.net A 192.0.2.10: the name"),
        "{reason}"
    );

    assert!(nobody.objects.is_empty(), "{nobody:?}");
    let near: Vec<&str> = nobody.near.iter().map(|near| near.name.as_str()).collect();
    assert_eq!(near, ["*.example.org", "web.example.org"]);
}

const HIDDEN: &str = r#"
apiVersion: externaldns.k8s.io/v1alpha1
kind: DNSEndpoint
metadata: {name: all, namespace: default}
spec:
  endpoints:
  - {dnsName: plain.example.org, recordType: A, targets: [192.0.2.1]}
  - {dnsName: same.example.org, recordType: A, targets: [192.0.2.1]}
  - {dnsName: alias.example.org, recordType: A, targets: [192.0.2.1]}
  - {dnsName: alone.example.org, recordType: CNAME, targets: [lb.example.net]}
  - {dnsName: a.cut.example.org, recordType: A, targets: [192.0.2.1]}
  - {dnsName: a.moved.example.org, recordType: A, targets: [192.0.2.1]}
  - {dnsName: a.child.example.org, recordType: A, targets: [192.0.2.1]}
"#;

#[tokio::test]
async fn what_hides_a_name_is_told() {
    let followed = follow(HIDDEN, &["--source=crd", "--zone=example.org"]).await;
    followed.synced().await;
    let head = "@ 60 SOA n h 1 2 3 4 5\n@ 60 NS n.example.net.\n";
    let records = "plain 60 A 192.0.2.9\nsame 60 A 192.0.2.1\nalias 60 CNAME t.example.net.\n\
                   alone 60 A 192.0.2.9\ncut 60 NS n.example.net.\nmoved 60 DNAME t.example.net.\n\
                   static 60 A 192.0.2.9\n";
    followed.add_zone("example.org.", &format!("{head}{records}"));
    followed.add_zone("child.example.org.", head);
    let from = "from the zone file or --zone-ns";
    let cases = [
        (
            "plain",
            State::Hidden,
            format!(" A is not answered: A 192.0.2.9 {from} takes its place"),
        ),
        ("same", State::AsWanted, String::new()),
        (
            "alias",
            State::Hidden,
            format!(
                " A is not answered: CNAME t.example.net. {from} has the name, and a CNAME stands \
                 alone"
            ),
        ),
        (
            "alone",
            State::Hidden,
            format!(
                " CNAME is not answered: A 192.0.2.9 {from} has the name, and a CNAME stands alone"
            ),
        ),
        (
            "a.cut",
            State::Hidden,
            format!(
                " A is not answered: cut.example.org NS n.example.net. {from} delegates the name to \
                 others"
            ),
        ),
        (
            "a.moved",
            State::Hidden,
            format!(
                " A is not answered: moved.example.org DNAME t.example.net. {from} redirects all \
                 names below it"
            ),
        ),
        (
            "a.child",
            State::Hidden,
            " A is not answered: the name is in zone \"child.example.org\" of this server"
                .to_owned(),
        ),
        ("static", State::NotOurs, String::new()),
    ];
    for (name, state, hidden) in cases {
        let name = format!("{name}.example.org");
        let running = &followed.running;
        let place = explain(&running.model, &running.asks, &name).await;
        let place = &place.destinations[0];
        assert_eq!(place.state, state, "{place:?}");
        let hidden = if hidden.is_empty() {
            Vec::new()
        } else {
            vec![format!("{name}{hidden}")]
        };
        assert_eq!(place.hidden, hidden);
        let beside = ["plain", "same", "alias", "alone", "static"];
        let is_beside = beside.contains(&name.split('.').next().unwrap());
        assert_eq!(!place.beside.is_empty(), is_beside, "{place:?}");
    }
    followed.end().await;
}

#[tokio::test]
async fn problems_are_told_with_their_objects() {
    let all = explained(&["*.example.org"]).await;
    let object = &all[0].objects[0];
    assert_eq!(object.object, "Service default/any");
    assert!(object.problems[0].contains("\"soon\""), "{object:?}");
    assert_eq!(all[0].destinations[0].state, State::AsWanted);
}

#[tokio::test]
async fn what_is_known_of_a_name_is_told_while_its_destination_answers_nothing() {
    let arguments = ["--source=service", "--zone=example.org"];
    let followed = follow(OBJECTS, &arguments).await;
    followed.synced().await;
    let asks = &followed.running.asks[0];
    let name = RowName::new("web.example.org");
    let place = unasked(asks, &followed.running.model, &name, "is busy");
    assert_eq!(
        (place.provider.as_str(), place.wanted.len(), place.error),
        ("embedded", 1, Some("the destination is busy".to_owned()))
    );
    followed.end().await;
}
