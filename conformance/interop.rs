//! What programs of others were seen to do with ours: one cell of the interop matrix each.
//!
//! ```text
//! trial ─ did(row, column, how) ─→ kept while the trial runs ─ it passes ─→ all ─ end ─→ target/interop
//!                                                      └ it fails ─→ forgotten
//! target/interop ─→ conformance/peers/matrix: the table, what is missing in it, the README's copy
//! ```
//!
//! Invariants: nothing is noted before it was seen; what a trial has noted counts only if all of the
//! trial passes; a trial that is left out notes nothing.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// A row, a column and a word for how, or nothing.
type Deed = (String, &'static str, String);

thread_local! {
    /// Each trial has a thread while it runs.
    static SEEN: RefCell<Vec<Deed>> = const { RefCell::new(Vec::new()) };
}

static ALL: Mutex<BTreeSet<Deed>> = Mutex::new(BTreeSet::new());

/// Notes what the running trial has just seen.
pub(crate) fn did(row: &str, column: &'static str, how: &str) {
    SEEN.with_borrow_mut(|seen| seen.push((row.to_owned(), column, how.to_owned())));
}

/// Notes what a helper says that it has seen: lines of the form `did COLUMN HOW`.
pub(crate) fn did_as_said(row: &str, said: &str) {
    for line in said.lines() {
        let mut words = line.split_whitespace();
        if words.next() != Some("did") {
            continue;
        }
        let column = words.next().unwrap_or_default();
        if let Some(column) = COLUMNS.into_iter().find(|known| *known == column) {
            did(row, column, words.next().unwrap_or_default());
        }
    }
}

/// Runs a trial, and keeps what it has noted if it passes.
pub(crate) fn judged<E>(trial: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
    SEEN.with_borrow_mut(Vec::clear);
    let result = trial();
    let seen = SEEN.take();
    if result.is_ok() {
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(seen);
    }
    result
}

/// Writes all of it, for the script that makes a table of it.
pub(crate) fn write() -> std::io::Result<()> {
    let all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = all
        .iter()
        .map(|(row, column, how)| format!("{row}\t{column}\t{how}\n"));
    let text: String = lines.collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("interop"), text)
}

/// What helpers may speak of.
const COLUMNS: [&str; 6] = ["update", "prerequisite", "delete", "AXFR", "IXFR", "TSIG"];
