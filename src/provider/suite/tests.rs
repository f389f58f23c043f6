//! The suite against the plain APIs.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::{Subject, cases, run, subjects};
use crate::auth::{Plain, Value};
use crate::client::{Http, Setup, Web};
use crate::sim::{
    Dialect, Fault, Faults, Request, Response, Rule, SECRET, Sim, ZoneStore, json as answer_json,
};

#[expect(clippy::print_stdout, reason = "the table is what is asked for")]
#[tokio::test(start_paused = true)]
async fn every_way_to_make_edits_passes_every_case() {
    let seeds = std::env::var("SUITE_SEEDS").ok();
    let seeds = seeds.map_or(3, |seeds| seeds.parse().unwrap());
    let subjects = subjects();
    let subjects: Vec<&dyn Subject> = subjects.iter().map(AsRef::as_ref).collect();
    // A part of the name of a case, or of a provider, leaves out all others.
    let only = std::env::var("SUITE_ONLY").unwrap_or_default();
    let (case, subject) = only.split_once('@').unwrap_or((&only, ""));
    let subjects = subjects.into_iter();
    let subjects: Vec<&dyn Subject> = subjects.filter(|it| it.name().contains(subject)).collect();
    let cases = cases(seeds).into_iter();
    let cases: Vec<_> = cases.filter(|it| it.name.contains(case)).collect();
    let table = run(&cases, &subjects).await;
    if std::env::var_os("SUITE_TABLE").is_some() {
        println!("{table}\n{}", table.skips().join("\n"));
    }
    let failures = table.failures();
    assert!(failures.is_empty(), "{table}\n{}", failures.join("\n"));
}

/// A host of nothing.
struct Empty;

impl Dialect for Empty {
    fn handle(&mut self, _store: &mut ZoneStore, request: &Request) -> Response {
        answer_json(StatusCode::OK, &json!({"path": request.uri().path()}))
    }
}

#[tokio::test(start_paused = true)]
async fn the_client_gets_to_a_stand_in_without_a_port_and_waits_by_its_clock() {
    let sim = Sim::new(ZoneStore::default(), Empty);
    let wait = Duration::from_secs(20);
    sim.fail(Faults::of([Rule::read(Fault::Limited(Some(wait)))]));
    let http = Http::with("empty", &Setup::default()).unwrap();
    let web = Web::new(
        http.through(Arc::new(sim.clone())),
        "https://empty.example/v1",
    )
    .unwrap();
    let web = web.sign(Plain::bearer(Value::from_setting(SECRET)));
    let begin = tokio::time::Instant::now();
    let answer: serde_json::Value = web.get_json("look", &["a b"]).await.unwrap();
    assert_eq!(answer["path"], "/v1/a%20b");
    assert!(begin.elapsed() >= wait);
    let log = sim.log();
    assert_eq!(log.len(), 2);
    assert!(log.iter().all(|seen| seen.admitted));
    // What was sent and not answered is in doubt.
    sim.fail(Faults::of([Rule::write(Fault::ResetAfter)]));
    let error = web.post("make", &["a"]).done().await.unwrap_err();
    assert_eq!(error.kind, plan::ErrorKind::Ambiguous);
}
