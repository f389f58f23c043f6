//! Programs that people update and read zones with: nsupdate, knsupdate, dig, kdig.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use peers::Key;

/// What a program said, and whether it ended well.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) well: bool,
}

/// Where programs are looked for: what the user has, and where distributions keep daemons.
pub(crate) fn path() -> OsString {
    let listed = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&listed).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    std::env::join_paths(folders).unwrap_or(listed)
}

/// Whether a program is installed.
pub(crate) fn has(program: &str) -> bool {
    std::env::split_paths(&path()).any(|folder| folder.join(program).is_file())
}

/// Runs a program with this as its input.
pub(crate) fn run(program: &str, arguments: &[&str], input: &str) -> Result<Said, String> {
    let failed = |error: std::io::Error| format!("{program}: {error}");
    let mut child = Command::new("timeout")
        .arg("60")
        .arg(program)
        .args(arguments)
        .env("PATH", path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends early says why itself.
        drop(stdin.write_all(input.as_bytes()));
    }
    // What such programs say of an error fits into a pipe while the other one is read.
    let (mut text, mut errors) = (String::new(), String::new());
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut text).map_err(failed)?;
    }
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut errors).map_err(failed)?;
    }
    let well = child.wait().map_err(failed)?.success();
    Ok(Said {
        text: text + &errors,
        well,
    })
}

/// Runs a program that should go well.
pub(crate) fn succeed(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

/// Programs that send updates; both read the same commands.
pub(crate) const UPDATERS: [&str; 2] = ["nsupdate", "knsupdate"];

/// Sends updates: `lines` are commands, each `send` ends one. Over TCP with `-v` among the options.
pub(crate) fn update(
    program: &str,
    options: &[&str],
    server: SocketAddr,
    zone: &str,
    lines: &str,
) -> Result<Said, String> {
    let (ip, port) = (server.ip(), server.port());
    run(
        program,
        options,
        &format!("server {ip} {port}\nzone {zone}.\n{lines}\n"),
    )
}

/// Changes a zone by a key, which must go well.
pub(crate) fn change(key: &Key, server: SocketAddr, zone: &str, lines: &str) -> Result<(), String> {
    let said = update("nsupdate", &["-y", &key.argument()], server, zone, lines)?;
    if said.well { Ok(()) } else { Err(said.text) }
}

/// All records of a zone as a server transfers it, sorted; the SOA once.
pub(crate) fn contents(
    server: SocketAddr,
    zone: &str,
    key: Option<&Key>,
) -> Result<Vec<String>, String> {
    let (at, port) = (format!("@{}", server.ip()), server.port().to_string());
    let signed = key.map(Key::argument);
    let mut arguments = vec![
        &*at, "-p", &port, zone, "AXFR", "+noall", "+answer", "+onesoa",
    ];
    if let Some(signed) = &signed {
        arguments.extend(["-y", signed]);
    }
    let said = run("dig", &arguments, "")?;
    let mut lines: Vec<String> = said
        .text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect();
    lines.sort();
    match lines.iter().any(|line| line.contains(" SOA ")) {
        true => Ok(lines),
        false => Err(format!(
            "no transfer of {zone} from {server}: {}",
            said.text
        )),
    }
}
