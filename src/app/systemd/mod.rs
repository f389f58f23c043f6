//! What a service manager wants to know, and the sockets it may pass us.
//!
//! Everything here is nothing where no manager runs.

mod fds;

pub(crate) use fds::inherited;

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use config::Environment;
use nix::time::{ClockId, clock_gettime};

/// Tells the service manager how we are.
#[derive(Debug, Default)]
pub(crate) struct Notifier {
    manager: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// The manager's socket, if there is one.
    pub(crate) fn from_environment(environment: Environment<'_>) -> Self {
        let Some(path) = environment("NOTIFY_SOCKET") else {
            return Self::default();
        };
        let address = match path.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name),
            None => SocketAddr::from_pathname(&path),
        };
        Self {
            manager: UnixDatagram::unbound().ok().zip(address.ok()),
            watchdog: watchdog(environment),
        }
    }

    /// How often the manager wants to hear that we live, if it does: twice as often as it asks for.
    pub(crate) fn beat(&self) -> Option<Duration> {
        self.watchdog.map(|limit| limit / 2)
    }

    /// We live.
    pub(crate) fn alive(&self) {
        self.send("WATCHDOG=1");
    }

    /// We serve: `status` says what.
    pub(crate) fn ready(&self, status: &str) {
        self.send(&format!("READY=1\nSTATUS={status}"));
    }

    /// We read the zones again; [`Self::ready`] follows.
    pub(crate) fn reloading(&self) {
        // systemd compares this time with that of its own order to reload.
        if let Ok(now) = clock_gettime(ClockId::CLOCK_MONOTONIC) {
            let micros = now.tv_sec() * 1_000_000 + now.tv_nsec() / 1_000;
            self.send(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
        }
    }

    /// We end.
    pub(crate) fn stopping(&self) {
        self.send("STOPPING=1");
    }

    fn send(&self, message: &str) {
        if let Some((socket, address)) = &self.manager
            && let Err(error) = socket.send_to_addr(message.as_bytes(), address)
        {
            tracing::debug!(%error, "service manager did not take a message");
        }
    }
}

/// How long the manager waits for a sign of life: `WATCHDOG_USEC`, if it is for this process.
fn watchdog(environment: Environment<'_>) -> Option<Duration> {
    let number = |name: &str| environment(name)?.to_str()?.parse::<u64>().ok();
    let ours = number("WATCHDOG_PID").is_none_or(|id| id == u64::from(std::process::id()));
    let limit = number("WATCHDOG_USEC").filter(|limit| *limit > 0 && ours)?;
    Some(Duration::from_micros(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manager_is_told_by_datagram() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let environment =
            |name: &str| (name == "NOTIFY_SOCKET").then(|| path.clone().into_os_string());
        let notifier = Notifier::from_environment(&environment);
        let mut buffer = [0; 100];
        notifier.ready("2 zones");
        let length = manager.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"READY=1\nSTATUS=2 zones");
        notifier.reloading();
        let length = manager.recv(&mut buffer).unwrap();
        assert!(buffer[..length].starts_with(b"RELOADING=1\nMONOTONIC_USEC="));
    }

    #[test]
    fn a_watchdog_is_one_for_this_process_only() {
        let own = std::process::id().to_string();
        let cases = [
            (Some("30000000"), None, Some(Duration::from_secs(30))),
            (Some("30000000"), Some(&*own), Some(Duration::from_secs(30))),
            (Some("30000000"), Some("1"), None),
            (Some("0"), None, None),
            (Some("soon"), None, None),
            (None, None, None),
        ];
        for (limit, id, expected) in cases {
            let environment = |name: &str| match name {
                "WATCHDOG_USEC" => limit.map(Into::into),
                "WATCHDOG_PID" => id.map(Into::into),
                _ => None,
            };
            assert_eq!(watchdog(&environment), expected, "{limit:?} {id:?}");
        }
    }

    #[test]
    fn without_a_manager_nothing_is_told() {
        Notifier::from_environment(&|_| None).ready("2 zones");
    }
}
