//! One load of dnsperf, and what it tells.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

/// A load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load<'a> {
    pub(crate) questions: &'a Path,
    pub(crate) seconds: f64,
    /// Source ports: one for a forwarder, many for many clients.
    pub(crate) clients: usize,
    /// Queries a second, or as many as are answered.
    pub(crate) rate: Option<u32>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) answered: f64,
    pub(crate) lost: f64,
    /// Answers a second.
    pub(crate) rate: f64,
    /// Average bytes of an answer.
    pub(crate) bytes: f64,
}

impl Load<'_> {
    /// Runs it against a server.
    pub(crate) fn run(&self, server: SocketAddr) -> anyhow::Result<Outcome> {
        let mut command = Command::new("dnsperf");
        command
            .args([
                "-s",
                &server.ip().to_string(),
                "-p",
                &server.port().to_string(),
            ])
            .arg("-d")
            .arg(self.questions)
            .args([
                "-l",
                &self.seconds.to_string(),
                "-c",
                &self.clients.to_string(),
            ])
            .args(["-T", "1", "-q", OUTSTANDING, "-t", "1", "-e"]);
        if let Some(rate) = self.rate {
            command.args(["-Q", &rate.to_string()]);
        }
        let output = command
            .output()
            .context("run dnsperf (Debian: apt-get install dnsperf)")?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success(),
            "dnsperf ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        read(&said).with_context(|| format!("dnsperf said something else than numbers:\n{said}"))
    }
}

/// Reads the summary.
fn read(said: &str) -> Option<Outcome> {
    let number = |label: &str| -> Option<f64> {
        let line = said
            .lines()
            .find_map(|line| line.trim().strip_prefix(label))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let sizes = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("Average packet size:"))?;
    Some(Outcome {
        answered: number("Queries completed:")?,
        lost: number("Queries lost:")?,
        rate: number("Queries per second:")?,
        bytes: sizes.rsplit(' ').next()?.parse().ok()?,
    })
}

/// Questions under way at once. More would overrun the default receive buffers of some servers.
const OUTSTANDING: &str = "200";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_is_read() {
        let said = "Statistics:\n\n  Queries sent:         1000\n  Queries completed:    990 (99.00%)\n  \
                    Queries lost:         10 (1.00%)\n\n  Response codes:       NOERROR 990 (100.00%)\n  \
                    Average packet size:  request 47, response 63\n  Run time (s):         1.800\n  \
                    Queries per second:   550.000000\n";
        let expected = Outcome {
            answered: 990.0,
            lost: 10.0,
            rate: 550.0,
            bytes: 63.0,
        };
        assert_eq!(read(said), Some(expected));
        assert_eq!(read(""), None);
    }
}
