//! Black-box tests of the built binary: over sockets only, beside BIND, Knot and NSD.
//!
//! `cargo test --test conformance [FILTER]`. Cases are data files found when it runs. A server that
//! is not installed is named and its trials count as ignored; with `CI=true` that is a failure. The
//! same holds for the API server that the cases of external-dns need.
//! `ZONEWRIGHT_BINARY=PATH` tests another build; an empty path leaves ours out and judges the cases
//! by the other servers alone.

mod client;
mod cluster;
mod compare;
mod cookies;
mod fleet;
mod independent;
mod interop;
mod mistakes;
mod process;
mod random;
mod scenario;

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match trials() {
        Ok(trials) => {
            let conclusion = libtest_mimic::run(&arguments, trials);
            if !arguments.list
                && let Err(error) = interop::write()
            {
                report(&format!(
                    "error: write what was seen of other programs: {error}"
                ));
                return ExitCode::FAILURE;
            }
            conclusion.exit_code()
        }
        Err(error) => {
            report(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// All trials, or why there are none.
fn trials() -> Result<Vec<Trial>, String> {
    let cast = fleet::Cast::find();
    let (others, lacking) = independent::trials(&cast);
    let missing = cast
        .missing
        .iter()
        .map(|kind| format!("{kind}: not installed"));
    let mut missing: Vec<String> = missing.chain(lacking).collect();
    let checkers = mistakes::missing();
    missing.extend(checkers.iter().map(|name| format!("{name}: not installed")));
    let parts = cluster_peers::Parts::find().missing();
    missing.extend(parts.iter().map(|part| format!("{part}: not built")));
    missing.extend(
        chart::missing()
            .iter()
            .map(|part| format!("{part}: not built")),
    );
    if !missing.is_empty() {
        let text = format!("{} (see .ci/peers and .ci/kube)", missing.join("; "));
        if std::env::var_os("CI").is_some_and(|value| value == "true") {
            return Err(text);
        }
        report(&format!("{text}; trials that need it are ignored"));
    }
    let mut trials = compare::trials::trials(&cast)?;
    trials.extend(scenario::trials::trials(&cast)?);
    trials.extend(mistakes::trials(&cast));
    trials.extend(process::trials(&cast));
    trials.extend(cluster::trials(&cast));
    trials.extend(cookies::trials(&cast));
    trials.extend(others);
    trials.extend(random::trials::trials(&cast)?);
    trials.push(random::mutants::trial(&cast));
    let ours = cast.ours.as_ref().map(|program| program.path());
    let ours = ours.unwrap_or_else(|| Path::new(""));
    trials.extend(cluster_peers::trials(ours));
    trials.extend(chart::trials(ours));
    Ok(trials)
}

#[expect(clippy::print_stderr, reason = "a test runner speaks on the terminal")]
fn report(text: &str) {
    eprintln!("{text}");
}
