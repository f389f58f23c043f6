//! The suite against all subjects.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::{Case, Subject, Table, cases, run, subjects};
use crate::auth::{Plain, Value};
use crate::client::{Http, Setup, Web};
use crate::sim::{
    Dialect, Fault, Faults, Request, Response, Rule, SECRET, Sim, ZoneStore, json as answer_json,
};

#[expect(clippy::print_stdout, reason = "the table is what is asked for")]
#[test]
fn every_provider_passes_every_case() {
    let seeds = std::env::var("SUITE_SEEDS").ok();
    let seeds = seeds.map_or(1, |seeds| seeds.parse().unwrap());
    // A part of the name of a case, or of a provider, leaves out all others.
    let only = std::env::var("SUITE_ONLY").unwrap_or_default();
    let (case, subject) = only.split_once('@').unwrap_or((&only, ""));
    let mut subjects = subjects();
    subjects.retain(|it| it.name().contains(subject));
    let cases = cases(seeds).into_iter();
    let cases: Vec<Case> = cases.filter(|it| it.name.contains(case)).collect();
    let table = side_by_side(&cases, &subjects);
    if std::env::var_os("SUITE_TABLE").is_some() {
        println!("{table}\n{}", table.skips().join("\n"));
    }
    let failures = table.failures();
    assert!(failures.is_empty(), "{table}\n{}", failures.join("\n"));
}

/// Runs each subject on whatever core is free, each with a clock of its own.
fn side_by_side(cases: &[Case], subjects: &[Box<dyn Subject>]) -> Table {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let cores = std::thread::available_parallelism().map_or(1, Into::into);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let at = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(subject) = subjects.get(at)
                {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .start_paused(true)
                        .build();
                    let of_subject = runtime.unwrap().block_on(run(cases, &[&**subject]));
                    done.lock().unwrap().insert(at, of_subject);
                }
            });
        }
    });
    let tables = done.into_inner().unwrap();
    tables.into_values().fold(Table::default(), Table::beside)
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
