//! The `zonewright` program: settings in, exit code out.

fn main() {}
