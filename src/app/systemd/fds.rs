//! Sockets that were opened for us: `LISTEN_FDS` of systemd's socket activation.
//!
//! The one place of this crate with `unsafe`: descriptors come as numbers here, and are owned from
//! then on. What kind of sockets they are is the server's to judge.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use anyhow::{Context, bail};
use config::Environment;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};

/// Takes the sockets that the environment announces. Call once, before anything else is opened.
pub(crate) fn inherited(environment: Environment<'_>) -> anyhow::Result<Vec<OwnedFd>> {
    let number = |name: &str| environment(name).and_then(|text| text.to_str()?.parse::<u32>().ok());
    // The variables may have been meant for a process that started us.
    if number("LISTEN_PID") != Some(std::process::id()) {
        return Ok(Vec::new());
    }
    let count = RawFd::try_from(number("LISTEN_FDS").unwrap_or(0).min(MOST))?;
    (FIRST..FIRST + count)
        .map(|fd| take(fd).with_context(|| format!("take descriptor {fd} of LISTEN_FDS")))
        .collect()
}

/// Owns an open descriptor, and keeps it from programs that we might start.
fn take(number: RawFd) -> anyhow::Result<OwnedFd> {
    if !std::path::Path::new(&format!("/proc/self/fd/{number}")).exists() {
        bail!("it is not open");
    }
    #[expect(
        unsafe_code,
        reason = "descriptors that are passed to us come as numbers"
    )]
    // SAFETY: the descriptor is open, as was just looked up, and nobody else owns it: the protocol
    // of LISTEN_FDS gives it to this process, and `inherited` is called once before others open any.
    let fd = unsafe { OwnedFd::from_raw_fd(number) };
    fcntl(&fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(fd)
}

/// The first descriptor passed, by definition of the protocol.
const FIRST: RawFd = 3;

/// More sockets than any unit has.
const MOST: u32 = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_for_another_process_are_left_alone() {
        let environment = |name: &str| match name {
            "LISTEN_PID" => Some("1".into()),
            "LISTEN_FDS" => Some("2".into()),
            _ => None,
        };
        assert!(inherited(&environment).unwrap().is_empty());
    }
}
