//! Our program inside an unpacked image, as a container runtime starts it: its own read-only root with
//! nothing else in it but `/dev` and `/proc`, no right of root, no way to one, and a volume for the
//! control socket.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use super::super::site::{PATIENCE, check};
use super::archive::Image;

/// A container of an image, started once. It ends with this value.
pub(super) struct Container {
    child: Child,
    log: PathBuf,
}

impl Container {
    /// Starts the image's entry point with these arguments.
    pub(super) fn start(image: &Image, arguments: &[&str]) -> Result<Self, String> {
        let log = image.root().with_extension("log");
        let file = File::create(&log).map_err(|error| error.to_string())?;
        let child = command(image, arguments)
            .stdout(file.try_clone().map_err(|error| error.to_string())?)
            .stderr(file)
            .spawn()
            .map_err(|error| format!("setpriv: {error}"))?;
        Ok(Self { child, log })
    }

    /// What it said.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until it says this.
    pub(super) fn wait_for_log(&mut self, text: &str) -> Result<(), String> {
        let begin = Instant::now();
        while !self.log().contains(text) {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("it ended with {status}:\n{}", self.log()));
            }
            check(begin.elapsed() < PATIENCE, || {
                format!("it does not say {text:?}:\n{}", self.log())
            })?;
            pause();
        }
        Ok(())
    }

    /// A line of its status, as the kernel has it.
    pub(super) fn status(&self, name: &str) -> Result<String, String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.map_err(|error| error.to_string())?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        Ok(line
            .unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "))
    }

    /// Runs another command of the program beside it, as `kubectl exec` does; out comes what it printed.
    pub(super) fn execute(&self, arguments: &[&str]) -> Result<(ExitStatus, String), String> {
        let pid = self.child.id().to_string();
        let output = Command::new("nsenter")
            .args(["--mount", "--root", "--target", &pid])
            .args(["--setuid=65532", "--setgid=65532", "--wdns=/"])
            .arg("/usr/bin/zonewright")
            .args(arguments)
            .env_clear()
            .env("PATH", TOOLS)
            .output()
            .map_err(|error| format!("nsenter: {error}"))?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Ok((output.status, text))
    }

    /// Asks it to end, as the image says, and waits for that.
    pub(super) fn stop(&mut self) -> Result<ExitStatus, String> {
        let pid = i32::try_from(self.child.id()).map_err(|error| error.to_string())?;
        let pid = nix::unistd::Pid::from_raw(pid);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM)
            .map_err(|error| error.to_string())?;
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                return Ok(status);
            }
            check(begin.elapsed() < PATIENCE, || {
                format!("it does not end:\n{}", self.log())
            })?;
            pause();
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Writes a file into the image's root, as a volume would bring it.
pub(super) fn mount(root: &Path, path: &str, text: &str) -> Result<(), String> {
    let path = root.join(path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn command(image: &Image, arguments: &[&str]) -> Command {
    let entry = image.config["config"]["Entrypoint"][0].as_str();
    let mut command = Command::new("setpriv");
    command
        .args(["--no-new-privs", "--clear-groups", "unshare", "--mount"])
        .args(["sh", "-c", ENTER])
        .arg(image.root())
        .arg(entry.unwrap_or_default())
        .args(arguments)
        .env_clear()
        .env("PATH", TOOLS)
        .stdin(Stdio::null());
    command
}

/// The folder of the control socket is a volume, as the chart has it; all else is read only.
const ENTER: &str = r#"
set -e
mount --bind "$0" "$0"
mount -t tmpfs -o uid=65532,gid=65532,mode=0700 tmpfs "$0/run/zonewright"
mkdir "$0/dev" "$0/proc"
mount -t tmpfs tmpfs "$0/dev"
for name in null zero full random urandom; do
    touch "$0/dev/$name"
    mount --bind "/dev/$name" "$0/dev/$name"
done
mount --bind /proc "$0/proc"
mount -o remount,bind,ro "$0"
exec unshare --root "$0" --wd / --setgid 65532 --setuid 65532 -- "$@"
"#;

const TOOLS: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

#[expect(
    clippy::disallowed_methods,
    reason = "a process of its own is watched from outside"
)]
fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(20));
}
