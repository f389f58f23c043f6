//! Benchmarks: one question per file. Here is what they share: zones of any size, the questions to
//! ask them, the loop that measures, and what the system knows about processes.
//!
//! ```text
//! parse lookup answer commit load   micro benchmarks: cargo bench -p benches --bench NAME
//! instructions                      the same cases, counted in instructions instead of time
//! peers/ echo/                      the binary that ships beside other servers, under dnsperf
//! overload/                         the binary that ships under hostile load
//! footprint/                        size, memory and start, beside external-dns, CoreDNS and etcd
//! kubernetes/                       objects to answers, beside external-dns
//! dynamic/                          updates and transfers, beside BIND, Knot and NSD
//! ```
//!
//! All of them use the allocator that the binary uses, so that memory and time are those of the
//! binary.

mod arguments;
mod ask;
mod random;
mod stand_in;
mod store;
mod system;
mod table;
mod zones;

pub use arguments::{Arguments, say};
pub use ask::{Reply, ask, question};
pub use random::Random;
pub use stand_in::StandIn;
pub use store::store;
pub use system::{
    allocated, cpu_time, pause, peak_memory, pin, pin_to, program, reset_peak, self_peak,
    self_resident, thread_time,
};
pub use table::{Row, Table, megabytes, milliseconds, quantile};
pub use zones::{Mix, apex, deep, host, records, write_zone, write_zone_file};

/// That of the binary.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
