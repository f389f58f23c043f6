//! The suite against the plain APIs.

use super::{Subject, cases, reference, run};

#[expect(clippy::print_stdout, reason = "the table is what is asked for")]
#[tokio::test(start_paused = true)]
async fn every_way_to_make_edits_passes_every_case() {
    let subjects = reference::subjects();
    let subjects: Vec<&dyn Subject> = subjects.iter().map(AsRef::as_ref).collect();
    let table = run(&cases(), &subjects).await;
    if std::env::var_os("SUITE_TABLE").is_some() {
        println!("{table}\n{}", table.skips().join("\n"));
    }
    let failures = table.failures();
    assert!(failures.is_empty(), "{table}\n{}", failures.join("\n"));
}
