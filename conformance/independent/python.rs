//! dnspython, from the Python package index into a virtual environment under `target/`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};
use peers::{Options, Program, Server, Zone};

use crate::fleet::{self, Cast};

/// The trial: ignored where dnspython cannot be had, and then why.
pub(super) fn trial(cast: &Cast) -> (Trial, Option<String>) {
    let name = "independent::dnspython";
    let Some(program) = cast.ours.clone() else {
        return (Trial::test(name, || Ok(())).with_ignored_flag(true), None);
    };
    match prepare() {
        Ok(python) => {
            let check = move || check(&program, &python).map_err(Failed::from);
            (Trial::test(name, check), None)
        }
        Err(error) => {
            let ignored = Trial::test(name, || Ok(())).with_ignored_flag(true);
            (ignored, Some(format!("dnspython: {error}")))
        }
    }
}

/// The interpreter of an environment that has dnspython, which is made if need be.
pub(crate) fn prepare() -> Result<PathBuf, String> {
    let folder = fleet::root().join("target/conformance-python");
    let python = folder.join("bin/python");
    let has_it = || quiet(Command::new(&python).args(["-c", "import dns.query"]));
    if has_it() {
        return Ok(python);
    }
    let made = quiet(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    let wanted = format!("dnspython=={VERSION}");
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        &wanted,
    ];
    if made && quiet(Command::new(&python).args(pip)) && has_it() {
        Ok(python)
    } else {
        Err("python3 -m venv, or pip install dnspython in it, did not work".into())
    }
}

fn quiet(command: &mut Command) -> bool {
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn check(program: &Program, python: &PathBuf) -> Result<(), String> {
    let zones =
        ZONES.map(|(origin, file)| Zone::new(origin, fleet::root().join("zones").join(file)));
    let arguments: Vec<String> = zones
        .iter()
        .map(|zone| format!("{}={}", zone.origin, zone.file.display()))
        .collect();
    let options = Options::new(zones).arguments(["--nsid", "id-1"]);
    let server = Server::start(program, &options).map_err(|error| error.to_string())?;
    let output = Command::new(python)
        .arg(fleet::root().join("conformance/independent/client.py"))
        .arg(server.address().ip().to_string())
        .arg(server.address().port().to_string())
        .args(arguments)
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&text).into_owned())
}

const VERSION: &str = "2.7.0";

const ZONES: [(&str, &str); 9] = [
    ("types.test", "peers/types.zone"),
    ("big.test", "peers/big.zone"),
    ("ent.test", "peers/ent.zone"),
    ("cut.test", "peers/cut.zone"),
    ("dn.test", "peers/dname.zone"),
    ("wildcard.test", "peers/wildcard.zone"),
    ("any.test", "rfc/rfc8482.zone"),
    ("svcb.test", "rfc/rfc9460.zone"),
    ("rfc2181.test", "rfc/rfc2181.zone"),
];
