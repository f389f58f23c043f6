//! What a service manager wants to know, and the sockets it may pass us.
//!
//! Everything here is nothing where no manager runs.

mod fds;

pub(crate) use fds::inherited;

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use config::Environment;
use nix::time::{ClockId, clock_gettime};

/// Tells the service manager how we are.
#[derive(Debug, Default)]
pub(crate) struct Notifier(Option<(UnixDatagram, SocketAddr)>);

impl Notifier {
    /// The manager's socket, if there is one.
    pub(crate) fn from_environment(environment: Environment<'_>) -> Self {
        let Some(path) = environment("NOTIFY_SOCKET") else {
            return Self(None);
        };
        let address = match path.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name),
            None => SocketAddr::from_pathname(&path),
        };
        Self(UnixDatagram::unbound().ok().zip(address.ok()))
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
        if let Some((socket, address)) = &self.0
            && let Err(error) = socket.send_to_addr(message.as_bytes(), address)
        {
            tracing::debug!(%error, "service manager did not take a message");
        }
    }
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
    fn without_a_manager_nothing_is_told() {
        Notifier::from_environment(&|_| None).ready("2 zones");
    }
}
