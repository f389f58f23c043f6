//! What only this provider has; all else is the suite's.

use serde_json::json;

use super::open;
use super::sim::SUBJECT;
use crate::sim::{Row, SetKey};
use crate::trial::{Given, Staged, have, state, want};

// external-dns looks for what it deletes or changes by name alone, so all records of a name go, in all
// views.
#[tokio::test(start_paused = true)]
async fn only_the_value_that_is_meant_goes_and_only_in_its_view() {
    let trial = Staged::with(SUBJECT, &[("infoblox-view", "inside")]).await;
    let inside = trial.zone(|zone| zone.id.replace("default", "inside"));
    trial
        .sim
        .store(|store| store.add_zone("example.org", &inside));
    trial.plant("a A 192.0.2.1").await;
    let two = "a.example.org 300 A 192.0.2.1 | 192.0.2.2";
    have(&*trial.provider, two).await;
    have(&*trial.provider, "a.example.org 300 A 192.0.2.2").await;
    assert_eq!(
        trial.held(),
        [
            "a.example.org A 300 192.0.2.2",
            "a.example.org A 600 192.0.2.1"
        ]
    );
}

// external-dns writes what the API refuses to its log, and counts the pass as a success.
#[tokio::test(start_paused = true)]
async fn what_the_api_refuses_is_told() {
    let trial = Staged::with(SUBJECT, &[]).await;
    trial.plant("a NS ns.example").await;
    let lines = "a.example.org 300 CNAME b.example.org\nc.example.org 300 A 192.0.2.1";
    let (_, applied) = want(&*trial.provider, lines).await.unwrap();
    let [(name, error)] = &applied.refused[..] else {
        panic!("{applied:?}");
    };
    assert_eq!(&**name, "a.example.org");
    assert_eq!(
        error.to_string(),
        "provider \"infoblox\": create record: HTTP 400: a.example.org CNAME is beside a CNAME"
    );
}

#[tokio::test(start_paused = true)]
async fn host_objects_are_addresses_that_stay() {
    let trial = Staged::with(SUBJECT, &[]).await;
    trial.plant("h A 192.0.2.7 ;; object=record:host").await;
    let read = state(&trial.provider.records().await.unwrap());
    assert_eq!(read, "h.example.org - A 192.0.2.7");
    let other = "h.example.org 300 A 192.0.2.8";
    let (_, applied) = want(&*trial.provider, other).await.unwrap();
    assert_eq!(
        applied.refused[0].1.message,
        "\"h.example.org\" A: it is of a host object, which is left as it is"
    );
}

#[tokio::test(start_paused = true)]
async fn comments_and_attributes_stay_and_one_ttl_holds_for_all() {
    let trial = Staged::with(SUBJECT, &[("infoblox-cache-duration", "120")]).await;
    let attributes = json!({"Site": {"value": "here"}});
    trial.sim.store(|store| {
        let id = store.zones[0].id.clone();
        store.plant(&id, |draft| {
            let mut row = Row::new(0, vec![192, 0, 2, 1]);
            row.extra.insert("extattrs".into(), attributes.clone());
            draft.put(
                SetKey::new("a.example.org", wire::Rtype::A),
                vec![row],
                None,
            );
        });
    });
    have(&*trial.provider, "a.example.org 300 A 192.0.2.2").await;
    assert_eq!(
        trial.held(),
        [format!(
            "a.example.org A 120 192.0.2.2 {{\"extattrs\":{attributes}}}"
        )]
    );
}

#[tokio::test(start_paused = true)]
async fn calls_are_as_few_as_the_changes() {
    let trial = Staged::with(SUBJECT, &[("infoblox-max-results", "60")]).await;
    let line = |at: usize| format!("n{at}.example.org 300 A 192.0.2.1\n");
    let hundred: String = (0..100).map(line).collect();
    // Five kinds of objects in one zone, the last of them those of hosts.
    let (kinds, zones) = ("GET ID 5", "GET zone_auth 1");
    trial
        .count(&[
            ("", &[kinds, zones]),
            (&line(0), &[kinds, zones, "POST ID 1"]),
            (&line(0), &[kinds, zones]),
            (&hundred, &[kinds, zones, "POST ID 99"]),
            // One kind has two pages.
            (
                &hundred.replace("300", "60"),
                &["GET ID 6", zones, "PUT ID 100"],
            ),
            ("", &["DELETE ID 100", "GET ID 6", zones]),
        ])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_told_without_itself() {
    let trial = Staged::with(SUBJECT, &[("infoblox-wapi-password", "wr0ng")]).await;
    let error = trial.provider.records().await.unwrap_err().to_string();
    assert!(
        error.contains("WAPI_PASSWORD") && !error.contains("wr0ng"),
        "{error}"
    );
    for (given, said) in [
        (&[][..], "no host is named; set --infoblox-grid-host"),
        (
            &[("infoblox-grid-host", "grid.example")],
            "there is no password; set EXTERNAL_DNS_INFOBLOX_WAPI_PASSWORD",
        ),
    ] {
        let error = open(Given::new(given).setup()).map(drop).unwrap_err();
        assert_eq!(error.to_string(), format!("provider \"infoblox\": {said}"));
    }
}
