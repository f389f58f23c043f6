//! The `zonewright` program: settings in, exit code out.

mod app;

use std::process::ExitCode;

/// Gives memory of large reloads back to the system.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// By default it has four places for each processor to take memory from, with free pages in each, and each
/// thread keeps freed pieces of up to 32 KiB for itself: a tenth of what an idle server has. Few threads
/// here take any, and those that answer none.
#[expect(
    unsafe_code,
    reason = "the allocator looks for its settings under this name"
)]
// SAFETY: nothing else has this name, and it is text with a zero at its end, as the allocator reads it.
#[unsafe(export_name = "_rjem_malloc_conf")]
pub static ALLOCATOR_SETTINGS: &[u8; 26] = b"narenas:2,tcache_max:4096\0";

fn main() -> ExitCode {
    app::start(std::env::args_os().skip(1), &|name| std::env::var_os(name))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_allocator_has_read_its_settings() {
        assert_eq!(tikv_jemalloc_ctl::opt::narenas::read().unwrap(), 2);
        assert_eq!(tikv_jemalloc_ctl::opt::tcache_max::read().unwrap(), 4096);
    }
}
