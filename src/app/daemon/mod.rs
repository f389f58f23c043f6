//! The daemon: opens everything, gives up root, reads the zones, serves until a signal.
//!
//! ```text
//! open: sockets → privileges → life: zones → ready ─serve→ signal → stop taking in → drain → end
//! ```
//!
//! Sockets come first, so that a port that is taken is said at once and root is needed for nothing
//! else. Zones are read as the user who reads them again later. Nothing that goes wrong later than
//! the start ends the process.

mod life;
mod open;
mod serving;

pub(super) use open::run;
