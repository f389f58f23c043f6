//! Our program, running, and its page of metrics.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A process of ours, until this value is dropped.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    dns: u16,
    port: u16,
    log: PathBuf,
    _folder: TempDir,
}

impl Program {
    /// Starts it with these arguments; where it listens is added.
    pub(crate) fn start(program: &Path, arguments: &[String]) -> Result<Self, String> {
        let words = |error: std::io::Error| format!("start {}: {error}", program.display());
        let folder = tempfile::tempdir().map_err(words)?;
        let port = || peers::free_port(IpAddr::V4(Ipv4Addr::LOCALHOST)).ok_or("no free port");
        let (dns, http) = (port()?, port()?);
        let log = folder.path().join("log");
        let file = File::create(&log).map_err(words)?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(program);
        command
            .args(arguments)
            .arg(format!("--listen=127.0.0.1:{dns}"))
            .arg(format!("--metrics-address=127.0.0.1:{http}"))
            .arg(format!(
                "--control-socket={}",
                folder.path().join("control").display()
            ));
        command.env_clear().env("HOME", folder.path());
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.stderr(file).spawn().map_err(words)?;
        Ok(Self {
            child,
            dns,
            port: http,
            log,
            _folder: folder,
        })
    }

    /// The port that it answers at.
    pub(crate) fn dns(&self) -> u16 {
        self.dns
    }

    /// What it has said.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Waits until its log holds a text.
    pub(crate) fn says(&mut self, text: &str) -> Result<(), String> {
        let begin = Instant::now();
        while !self.log().contains(text) {
            let ended = self.child.try_wait().ok().flatten();
            if ended.is_some() || begin.elapsed() > PATIENCE {
                return Err(format!("{text:?} not said; its log:\n{}", self.log()));
            }
            pause();
        }
        Ok(())
    }

    /// The page of metrics, once it holds what `enough` looks for.
    pub(crate) fn metrics(
        &mut self,
        what: &str,
        enough: impl Fn(&str) -> bool,
    ) -> Result<String, String> {
        let begin = Instant::now();
        loop {
            let page = self.page().unwrap_or_default();
            if enough(&page) {
                return Ok(page);
            }
            let ended = self.child.try_wait().ok().flatten();
            if ended.is_some() || begin.elapsed() > PATIENCE {
                let told = |line: &&str| line.starts_with("zonewright_sync_");
                let page: Vec<&str> = page.lines().filter(told).collect();
                return Err(format!(
                    "{what}: not seen; its log:\n{}\nits metrics:\n{}",
                    self.log(),
                    page.join("\n")
                ));
            }
            pause();
        }
    }

    fn page(&self) -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Lets the other programs run.
#[expect(
    clippy::disallowed_methods,
    reason = "other programs tell their state only when asked again and again"
)]
pub(crate) fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

const PATIENCE: Duration = Duration::from_secs(60);
