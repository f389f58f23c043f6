//! The clocks of the system that tasks here live by.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// Time since the start of the machine, sleep included; it never steps.
///
/// A process that was stopped, or a machine that was suspended, sees at once how long that was. The
/// clock of the runtime's timers does not count a suspended machine's time.
pub(crate) fn boot_time() -> Duration {
    // Where there is no such clock, the one that stands still in sleep is next.
    let now =
        clock_gettime(ClockId::CLOCK_BOOTTIME).or_else(|_| clock_gettime(ClockId::CLOCK_MONOTONIC));
    now.map_or(Duration::ZERO, Duration::from)
}

/// Time since 1970. People read it, and nothing is decided by it.
pub(crate) fn wall_time() -> Duration {
    clock_gettime(ClockId::CLOCK_REALTIME).map_or(Duration::ZERO, Duration::from)
}
