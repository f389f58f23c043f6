//! The `zonewright` program: settings in, exit code out.

mod app;

use std::process::ExitCode;

/// Gives memory of large reloads back to the system.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    app::start(std::env::args_os().skip(1), &|name| std::env::var_os(name))
}
