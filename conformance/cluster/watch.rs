//! Asks copies all the time, and holds them to what they must never do.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::park_timeout;
use std::time::Duration;

use super::copies::ZONE;
use crate::process::site::{answer, check};

/// Until `over` says so: a name that nobody takes away is answered, and the serial never goes back.
/// Gives how often it asked.
pub(super) fn always(server: SocketAddr, name: &str, over: &AtomicBool) -> Result<u64, String> {
    let (mut last, mut count) = (None, 0);
    while !over.load(Relaxed) {
        let lines = answer(server, &format!("{name}.{ZONE} A"))?;
        check(lines.len() == 1, || format!("{server}: {name}: {lines:?}"))?;
        let lines = answer(server, &format!("{ZONE} SOA"))?;
        let serial = lines
            .first()
            .and_then(|line| line.split_whitespace().nth(5));
        let serial: Option<u32> = serial.and_then(|serial| serial.parse().ok());
        let serial = serial.ok_or_else(|| format!("{server}: no SOA: {lines:?}"))?;
        let goes_on = last.is_none_or(|last: u32| serial.wrapping_sub(last) < 1 << 31);
        check(goes_on, || {
            format!("{server}: serial {serial} after {last:?}")
        })?;
        last = Some(serial);
        count += 1;
        park_timeout(PAUSE);
    }
    Ok(count)
}

const PAUSE: Duration = Duration::from_millis(5);
