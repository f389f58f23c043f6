//! Runs the cases of `conformance/externaldns` without our program, or with the one that
//! `ZONEWRIGHT_BINARY` names: `CONFORMANCE_EXTERNALDNS=record cargo run -p cluster-peers --example
//! differential -- [FILTER]`.

use std::path::PathBuf;
use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let ours = std::env::var_os("ZONEWRIGHT_BINARY").map(PathBuf::from);
    let trials = cluster_peers::trials(&ours.unwrap_or_default());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
