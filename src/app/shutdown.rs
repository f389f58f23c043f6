//! Signals and the end: SIGTERM or SIGINT drain, a second one aborts, SIGHUP reloads.

use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Read the zone files again.
    Reload,
    /// End in good order.
    Stop(&'static str),
}

/// The signals we listen to.
pub(crate) struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Begins to listen; from here on these signals no longer end the process by themselves.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("listen to signals");
        Ok(Self {
            hangup: listen(SignalKind::hangup())?,
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Wish {
        tokio::select! {
            Some(()) = self.terminate.recv() => Wish::Stop("SIGTERM"),
            Some(()) = self.interrupt.recv() => Wish::Stop("SIGINT"),
            Some(()) = self.hangup.recv() => Wish::Reload,
        }
    }

    /// Waits for another signal that asks to end. One that comes at once is the same wish: whoever
    /// signals a process and its group sends two.
    pub(crate) async fn another_stop(&mut self) -> &'static str {
        let first = Instant::now();
        loop {
            let signal = self.next_stop().await;
            if first.elapsed() > SAME {
                return signal;
            }
        }
    }

    /// Waits for a signal that asks to end.
    pub(crate) async fn next_stop(&mut self) -> &'static str {
        loop {
            if let Wish::Stop(name) = self.next().await {
                return name;
            }
        }
    }
}

/// Signals within this time are one.
const SAME: Duration = Duration::from_millis(200);
