//! The trials of the chart alone: `ZONEWRIGHT_BINARY=PATH cargo run -p chart --example chart`. With
//! `CHART_WRITE=1` it writes what is expected and the table of the chart's README.

use std::path::PathBuf;

use libtest_mimic::Arguments;

fn main() {
    let ours = std::env::var_os("ZONEWRIGHT_BINARY").map(PathBuf::from);
    let trials = chart::trials(&ours.unwrap_or_default());
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
