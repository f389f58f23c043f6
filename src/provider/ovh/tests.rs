//! What only this provider has; all else is the suite's.

use super::open;
use super::sim::SUBJECT;
use crate::sim::{Fault, Faults, Rule, SECRET};
use crate::trial::{Given, Staged, have, want};

const LINE: &str = "a.example.org 300 A 192.0.2.1";
const HELD: [&str; 1] = ["a.example.org A 300 192.0.2.1"];

// After an error external-dns neither refreshes the zone nor remembers that it did not: what was
// accepted goes live when something else changes, if ever.
#[tokio::test(start_paused = true)]
async fn what_was_accepted_goes_live_whatever_else_fails() {
    let trial = Staged::with(SUBJECT, &[]).await;
    trial.sim.store(|store| store.poison = "bad.".to_owned());
    let state = format!("{LINE}\nbad.example.org 300 A 192.0.2.1");
    let (_, applied) = want(&*trial.provider, &state).await.unwrap();
    assert_eq!(&*applied.refused[0].0, "bad.example.org");
    assert_eq!(trial.held(), HELD);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_did_not_come_about_is_owed() {
    let trial = Staged::with(SUBJECT, &[]).await;
    want(&*trial.provider, "").await.unwrap();
    let stuck = Rule::write(Fault::Status(400)).with("refresh");
    trial.sim.fail(Faults::of([stuck]));
    want(&*trial.provider, LINE).await.unwrap_err();
    assert_eq!(trial.held(), [""; 0]);
    want(&*trial.provider, LINE).await.unwrap();
    assert_eq!(trial.held(), HELD);
    // The debt of a process that died.
    let forget = |zone: &mut crate::sim::SimZone| {
        let live = zone.live.as_mut().unwrap();
        live.retain(|key, _| key.name == "example.org");
    };
    trial
        .sim
        .store(|store| store.zones.iter_mut().for_each(forget));
    want(&*trial.open(&[]), LINE).await.unwrap();
    assert_eq!(trial.held(), HELD);
}

#[tokio::test(start_paused = true)]
async fn a_zone_is_read_again_only_if_its_serial_is_another() {
    let trial = Staged::with(SUBJECT, &[]).await;
    let line = |at: usize| format!("n{at}.example.org 300 A 192.0.2.1\n");
    let hundred: String = (0..100).map(line).collect();
    // One record is the NS of the zone itself.
    want(&*trial.provider, "").await.unwrap();
    let (soa, zones, all) = ("GET soa 1", "GET zone 1", "GET record 1");
    trial
        .count(&[
            // A process before us may have left something.
            ("", &["GET ID 1", all, soa, zones]),
            ("", &[soa, zones]),
            (&line(0), &[soa, zones, "POST record 1", "POST refresh 1"]),
            (&line(0), &["GET ID 2", all, soa, zones]),
            (&line(0), &[soa, zones]),
            (&hundred, &[soa, zones, "POST record 99", "POST refresh 1"]),
            (&hundred, &["GET ID 101", all, soa, zones]),
            (&hundred, &[soa, zones]),
            ("", &["DELETE ID 100", soa, zones, "POST refresh 1"]),
        ])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_target_without_a_dot_is_within_the_zone() {
    let relative = [("ovh-enable-cname-relative", "true")];
    let trial = Staged::with(SUBJECT, &relative).await;
    have(&*trial.provider, "a.example.org 300 CNAME www").await;
    let whole = [r#"a.example.org CNAME 300 www.example.org. {"target":"www"}"#];
    assert_eq!(trial.held(), whole);
    // Whoever takes targets as whole names reads it for what it is.
    let before = trial.sim.log().len();
    let other = trial.open(&[]);
    have(&*other, "a.example.org 300 CNAME www.example.org").await;
    assert!(!trial.calls(before).concat().contains("PUT"));
}

#[tokio::test(start_paused = true)]
async fn credentials_are_looked_for_where_ovhs_tools_look() {
    let token = [("OVH_APPLICATION_KEY", ""), ("OVH_ACCESS_TOKEN", SECRET)];
    let trial = Staged::with(SUBJECT, &token).await;
    trial.provider.records().await.unwrap();
    let wrong = trial.open(&[
        ("OVH_APPLICATION_KEY", ""),
        ("OVH_ACCESS_TOKEN", "wr0ng-t0ken"),
    ]);
    let error = wrong.records().await.unwrap_err().to_string();
    assert!(
        error.contains("ovh.conf") && !error.contains("wr0ng"),
        "{error}"
    );
    let error = open(Given::default().setup()).map(drop).unwrap_err();
    assert!(error.to_string().contains("OVH_CONSUMER_KEY"), "{error}");
}
