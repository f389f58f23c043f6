//! The Debian package: installed, upgraded and purged by `dpkg` in a throw-away copy of this system.

use std::fs;
use std::process::Command;

use peers::Program;
use tempfile::TempDir;

use super::super::site::{check, skip};
use super::{lacking, made};

/// A folder with the package, for [`inside`].
pub(super) struct Package(TempDir);

impl Package {
    /// The package, if it was built and there is a system to install it in.
    pub(super) fn find(trial: &str) -> Result<Option<Self>, String> {
        let Some(path) = made(trial, "zonewright.deb")? else {
            return Ok(None);
        };
        if !nix::unistd::geteuid().is_root()
            || Command::new("dpkg").arg("--version").output().is_err()
        {
            return lacking(trial, "packages are installed by root, with dpkg");
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let copied = fs::copy(path, folder.path().join("zonewright.deb"));
        copied.map_err(|error| error.to_string())?;
        Ok(Some(Self(folder)))
    }

    /// Its folder, which is `/mnt` in the copy of the system.
    pub(super) fn folder(&self) -> &std::path::Path {
        self.0.path()
    }

    /// A command that runs a script of the shell in the copy of the system, in namespaces of these kinds.
    pub(super) fn inside(&self, namespaces: &[&str], script: &str) -> Command {
        let mut command = Command::new("unshare");
        command
            .args(namespaces)
            .args(["sh", "-c", SYSTEM, "sh"])
            .arg(self.folder())
            .args(["sh", "-c", script, "sh"])
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }
}

const SYSTEM: &str = include_str!("system.sh");

pub(super) fn life(_: &Program) -> Result<(), String> {
    const TRIAL: &str = "the_package_installs";
    let Some(package) = Package::find(TRIAL)? else {
        return Ok(());
    };
    let output = package
        .inside(&["--mount"], include_str!("package.sh"))
        .output()
        .map_err(|error| format!("unshare: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    check(output.status.success() && said.ends_with("well\n"), || {
        format!("{said}\n{}", String::from_utf8_lossy(&output.stderr))
    })?;
    judged(TRIAL, &package)
}

/// What Debian's own judge finds in it.
fn judged(trial: &str, package: &Package) -> Result<(), String> {
    let mut lintian = Command::new("lintian");
    lintian
        .args(["--allow-root", "--fail-on", "error,warning"])
        .arg(package.folder().join("zonewright.deb"));
    let Ok(output) = lintian.output() else {
        skip(trial, "lintian is not installed");
        return Ok(());
    };
    check(output.status.success(), || {
        String::from_utf8_lossy(&output.stdout).into_owned()
    })
}
