//! The suite against the plain APIs.

use super::{Subject, cases, reference, run};

#[expect(clippy::print_stdout, reason = "the table is what is asked for")]
#[tokio::test(start_paused = true)]
async fn every_way_to_make_edits_passes_every_case() {
    let seeds = std::env::var("SUITE_SEEDS").ok();
    let seeds = seeds.map_or(3, |seeds| seeds.parse().unwrap());
    let subjects = reference::subjects();
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
