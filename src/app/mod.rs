//! The program put together: the only place that knows every part.
//!
//! ```text
//! arguments → config → run ─┬─ check        files and settings, no daemon
//!                           ├─ control      asks a daemon
//!                           ├─ key          makes a key
//!                           └─ daemon ─┬─ zones     files → store, a thread of its own
//!                                      ├─ server    packets ↔ snapshots
//!                                      ├─ cluster   other copies: who leads, who follows
//!                                      ├─ audit     who changed what, for those who must know
//!                                      ├─ admin     metrics, health, readiness
//!                                      ├─ control   commands
//!                                      └─ shutdown  signals
//! ```
//!
//! The environment, the clock and the terminal are looked at here and nowhere else. An error ends
//! here as well: it is printed once, with all its causes.

mod admin;
mod audit;
mod authority;
mod banner;
mod capped;
mod catalog;
mod certificates;
mod check;
mod checked;
mod clock;
mod cluster;
mod control;
mod daemon;
mod data_dir;
mod follow;
mod import;
mod key;
mod metrics;
mod once;
mod peer;
mod plain;
mod privileges;
mod random;
mod secondaries;
mod server_options;
mod shutdown;
mod start;
mod sync;
mod systemd;
mod tally;
mod telemetry;
#[cfg(feature = "opentelemetry")]
mod traces;
#[cfg(not(feature = "opentelemetry"))]
#[path = "traces_absent.rs"]
mod traces;
mod watch;
mod zones;

pub(crate) use start::start;
