//! Second attempts, for trials that talk to real programs on a machine that has other work.

use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs a trial, and once more if it fails. A trial that passes then is named, so that whoever reads
/// the run sees to it; more than a few of them are failures like any other.
///
/// # Errors
/// It failed twice, or too many trials have failed before.
pub fn attempt<E: Display>(name: &str, trial: impl Fn() -> Result<(), E>) -> Result<(), E> {
    let Err(first) = trial() else {
        return Ok(());
    };
    let claim = |left: usize| left.checked_sub(1);
    if LEFT
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, claim)
        .is_err()
    {
        return Err(first);
    }
    let second = trial();
    if second.is_ok() {
        report(&format!(
            "passed at the second attempt: {name}; the first: {first}"
        ));
    }
    second
}

#[expect(clippy::print_stderr, reason = "a test runner speaks on the terminal")]
fn report(text: &str) {
    eprintln!("{text}");
}

/// Second attempts in a run.
static LEFT: AtomicUsize = AtomicUsize::new(3);

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::attempt;

    #[test]
    fn a_few_trials_are_run_again_once() {
        let run = |failures: u32| {
            let runs = Cell::new(0);
            let result = attempt("trial", || {
                runs.set(runs.get() + 1);
                if runs.get() > failures {
                    Ok(())
                } else {
                    Err(runs.get())
                }
            });
            (result, runs.get())
        };
        assert_eq!(run(0), (Ok(()), 1));
        assert_eq!(run(1), (Ok(()), 2));
        assert_eq!(run(2), (Err(2), 2));
        assert_eq!(run(1), (Ok(()), 2));
        assert_eq!(run(1), (Err(1), 1), "three were run again already");
    }
}
