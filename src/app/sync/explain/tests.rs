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

#[tokio::test]
async fn problems_are_told_with_their_objects() {
    let all = explained(&["*.example.org"]).await;
    let object = &all[0].objects[0];
    assert_eq!(object.object, "Service default/any");
    assert!(object.problems[0].contains("\"soon\""), "{object:?}");
    assert_eq!(all[0].destinations[0].state, State::AsWanted);
}
