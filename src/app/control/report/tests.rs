//! Explanations made by hand, as they look on a terminal.

use super::*;
use crate::app::sync::explain::{Action, Near};

fn address(target: &str) -> Record {
    Record {
        name: "web.example.org".to_owned(),
        rtype: "A".to_owned(),
        ttl: None,
        targets: vec![target.to_owned()],
        ..Record::default()
    }
}

fn service() -> Asking {
    Asking {
        object: "Service default/web".to_owned(),
        source: "service".to_owned(),
        rule: Some("annotation external-dns.kubernetes.io/hostname".to_owned()),
        asks: vec![address("192.0.2.10")],
        ..Asking::default()
    }
}

fn embedded() -> Place {
    let mut wanted = address("192.0.2.10");
    wanted.ttl = Some(300);
    let current = wanted.clone();
    wanted.objects = vec!["service default/web".to_owned()];
    Place {
        destination: "embedded".to_owned(),
        provider: "embedded".to_owned(),
        policy: "sync".to_owned(),
        zone: Some("example.org".to_owned()),
        state: State::AsWanted,
        steps: vec![
            "web.example.org A 192.0.2.10 of service default/web: TTL 300 set, it had none"
                .to_owned(),
        ],
        wanted: vec![wanted],
        current: vec![current],
        ..Place::default()
    }
}

#[test]
fn an_ordinary_name_is_a_few_lines() {
    let explanation = Explanation {
        name: "web.example.org".to_owned(),
        objects: vec![service()],
        destinations: vec![embedded()],
        ..Explanation::default()
    };
    insta::assert_snapshot!(report(&explanation), @"
    web.example.org

    Asked for by
      Service default/web
        source   service, annotation external-dns.kubernetes.io/hostname
        asks     A 192.0.2.10

    Destination embedded: as wanted
      where    provider embedded, zone example.org, policy sync
      merge    A 192.0.2.10 of service default/web: TTL 300 set, it had none
      wanted   A 192.0.2.10, TTL 300, from service default/web
      there    A 192.0.2.10, TTL 300
    ");
}

#[test]
fn what_keeps_a_name_back_is_said_where_it_does() {
    let mut waiting = service();
    waiting.object = "Ingress shop/front".to_owned();
    waiting.source = "ingress".to_owned();
    waiting.rule = Some("spec.rules".to_owned());
    waiting.asks.clear();
    waiting.notes = vec!["its load balancer has no address yet".to_owned()];
    let mut old = address("192.0.2.9");
    old.owner = Some("us".to_owned());
    let change = |action, state, old: Option<&Record>, new: Option<Record>| Change {
        action,
        state,
        reason: None,
        old: old.cloned(),
        new,
    };
    let refused = Change {
        reason: Some("provider \"webhook\": apply changes: HTTP 400".to_owned()),
        ..change(
            Action::Update,
            State::Refused,
            Some(&old),
            Some(address("192.0.2.10")),
        )
    };
    let hook = Place {
        destination: "hook".to_owned(),
        provider: "webhook".to_owned(),
        policy: "upsert-only".to_owned(),
        owner: Some("us".to_owned()),
        zone: None,
        state: State::Refused,
        wanted: vec![address("192.0.2.10")],
        current: vec![old.clone()],
        changes: vec![
            change(Action::Delete, State::Withheld, Some(&old), None),
            refused,
        ],
        conflicts: vec![
            "web.example.org CNAME a.example of service b/web loses to A 192.0.2.10 of service \
             default/web: a CNAME cannot be beside other types"
                .to_owned(),
        ],
        foreign: vec!["web.example.org AAAA belongs to \"other\", it is left alone".to_owned()],
        held: 25,
        error: Some("provider \"webhook\": list records: HTTP 503".to_owned()),
        ..Place::default()
    };
    let outside = Place {
        destination: "inside".to_owned(),
        provider: "inmemory".to_owned(),
        policy: "sync".to_owned(),
        state: State::Outside,
        outside: vec![
            "web.example.org A 192.0.2.10: the name does not pass the domain filter".to_owned(),
        ],
        ..Place::default()
    };
    let explanation = Explanation {
        name: "web.example.org".to_owned(),
        objects: vec![service(), waiting],
        destinations: vec![hook, outside],
        problems: vec!["Service a/b: target \"web.example.org\" is no address".to_owned()],
        incomplete: vec!["Gateway: not listed yet".to_owned()],
        untold: vec!["HTTP 403".to_owned()],
        near: Vec::new(),
    };
    insta::assert_snapshot!(report(&explanation), @r#"
    web.example.org

    Asked for by
      Service default/web
        source   service, annotation external-dns.kubernetes.io/hostname
        asks     A 192.0.2.10

    Named by, without effect
      Ingress shop/front
        source   ingress, spec.rules
        note     its load balancer has no address yet

    Problems that speak of it
      Service a/b: target "web.example.org" is no address

    Destination hook: refused by the destination
      where    provider webhook, policy upsert-only, owner "us"
      wanted   A 192.0.2.10
      there    A 192.0.2.9, owned by "us"
      lost     CNAME a.example of service b/web loses to A 192.0.2.10 of service default/web: a CNAME cannot be beside other types
      others   AAAA belongs to "other", it is left alone
      to do    delete A 192.0.2.9, withheld by the policy
               update A 192.0.2.9 → A 192.0.2.10, refused by the destination: provider "webhook": apply changes: HTTP 400
      brake    holds 25 deletes in this zone; `zonewright brake release` lets them go
      error    provider "webhook": list records: HTTP 503

    Destination inside: not looked at
      where    provider inmemory, policy sync
      outside  A 192.0.2.10: the name does not pass the domain filter

    Not all objects are known
      Gateway: not listed yet

    The cluster is not told of it, which harms no record
      HTTP 403
    "#);
}

#[test]
fn a_name_nobody_asks_for_comes_with_those_that_may_be_meant() {
    let near = |name: &str, wildcard| Near {
        name: name.to_owned(),
        wildcard,
    };
    let explanation = Explanation {
        name: "wbe.example.org".to_owned(),
        near: vec![near("*.example.org", true), near("web.example.org", false)],
        destinations: vec![Place {
            destination: "embedded".to_owned(),
            provider: "embedded".to_owned(),
            policy: "sync".to_owned(),
            zone: Some("example.org".to_owned()),
            ..Place::default()
        }],
        ..Explanation::default()
    };
    insta::assert_snapshot!(report(&explanation), @"
    wbe.example.org

    No object asks for it
      falls under  *.example.org
      close to     web.example.org

    Destination embedded: nothing wanted, nothing there
      where    provider embedded, zone example.org, policy sync
    ");
}

#[test]
fn long_lists_are_cut() {
    let mut asking = service();
    asking.asks = vec![address("192.0.2.10")];
    asking.asks[0].targets = (0..20).map(|at| format!("192.0.2.{at}")).collect();
    asking.notes = (0..20).map(|at| format!("pod {at} is not ready")).collect();
    let explanation = Explanation {
        name: "web.example.org".to_owned(),
        objects: vec![asking; 9],
        ..Explanation::default()
    };
    let text = report(&explanation);
    assert!(text.contains("192.0.2.7 and 12 more"), "{text}");
    assert!(text.contains("and 14 more"), "{text}");
    assert!(text.ends_with("  and 4 more\n"), "{text}");
}

#[test]
fn terminals_act_on_nothing_in_it() {
    let mut asking = service();
    asking.notes = vec!["\u{1b}[31mred".to_owned()];
    let explanation = Explanation {
        objects: vec![asking],
        ..Explanation::default()
    };
    let report = report(&explanation);
    assert!(report.contains(r"\u{1b}[31mred"), "{report}");
}

#[test]
fn json_comes_back_as_it_went() {
    let explanation = Explanation {
        name: "web.example.org".to_owned(),
        objects: vec![service()],
        destinations: vec![embedded()],
        ..Explanation::default()
    };
    let text = serde_json::to_string(&explanation).unwrap();
    assert_eq!(
        serde_json::from_str::<Explanation>(&text).unwrap(),
        explanation
    );
    assert!(text.contains(r#""state":"as-wanted""#), "{text}");
    assert!(text.contains(r#""type":"A""#), "{text}");
}
