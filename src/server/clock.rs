//! The time of day, for what carries it on the wire.

use std::time::{SystemTime, UNIX_EPOCH};

/// The seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "cookies and signatures carry the time of the day (RFC 9018 §4.3, RFC 8945 §4.2)"
)]
pub(crate) fn unix_time() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}
