//! Who the process is, and what is left of its rights and its disk.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use peers::{Options, Program, Ready, Server, Zone};

use super::certificates;
use super::namespace::{ask_inside, isolated, mounted};
use super::site::{
    Check, PATIENCE, Site, answer, check, free, serial, skip, start, text, wait_for_log,
    wait_for_serial,
};
use super::tool;
use crate::client::{Message, Query};

pub(super) const TRIALS: &[Check] = &[
    (PORT_53, port_53),
    (PORT_53_WITHOUT_ROOT, port_53_without_root),
    (PASSED_SOCKETS, passed_sockets),
    (ROOT_OF_A_CONTAINER, root_of_a_container),
    (FULL_DISK, full_disk),
    (
        "a_file_whose_rights_are_gone_is_served_as_before",
        rights_gone,
    ),
];

const PORT_53: &str = "root_opens_port_53_and_is_given_up";
const PORT_53_WITHOUT_ROOT: &str = "port_53_needs_one_capability_and_no_root";
const PASSED_SOCKETS: &str = "sockets_of_the_service_manager_are_served";
const ROOT_OF_A_CONTAINER: &str =
    "commands_of_root_without_rights_reach_a_daemon_that_gave_up_root";
const FULL_DISK: &str = "a_full_disk_keeps_the_old_zone";

/// Started as root, told to become nobody.
fn port_53(program: &Program) -> Result<(), String> {
    let Some(wrapper) = isolated(PORT_53, "true") else {
        return Ok(());
    };
    let arguments = ["--user", "65534", "--group", "65534"];
    serve_port_53(program, &wrapper, &arguments)
}

/// Started as nobody, with the right to open low ports and no other.
fn port_53_without_root(program: &Program) -> Result<(), String> {
    // The socket of commands is made in the folder the server runs in.
    let Some(mut wrapper) = isolated(PORT_53_WITHOUT_ROOT, "chown 65534 .") else {
        return Ok(());
    };
    let nobody = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--inh-caps=-all,+net_bind_service",
        "--ambient-caps=-all,+net_bind_service",
    ];
    wrapper.extend(nobody.map(str::to_owned));
    // Nobody may not be let into the folder where it was built.
    let site = Site::new()?;
    open_to_all(&site)?;
    let copy = site.path("zonewright");
    fs::copy(program.path(), &copy).map_err(|error| error.to_string())?;
    serve_port_53(&Program::zonewright(copy), &wrapper, &[])
}

fn serve_port_53(program: &Program, wrapper: &[String], arguments: &[&str]) -> Result<(), String> {
    let site = Site::new()?;
    open_to_all(&site)?;
    let options = Options::new([site.zone("a.test", 1, "")?])
        .port(53)
        .ready(Ready::Zones(Vec::new()))
        .wrapper(wrapper.iter().cloned())
        .arguments(arguments.iter().copied());
    let server = start(program, &options)?;
    wait_for_log(&server, "ready")?;
    let ask = || -> Result<Vec<String>, String> {
        let query = Query::parse("a.test SOA")?;
        let message = Message::decode(&ask_inside(server.pid(), 53, &query.bytes)?)?;
        let lines = message.answer.iter().map(crate::client::Record::line);
        Ok(lines.collect())
    };
    let lines = ask()?;
    check(lines.len() == 1, || format!("{lines:?}"))?;
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid()));
    let status = status.map_err(|error| error.to_string())?;
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
    for name in ["Uid:", "Gid:"] {
        let ids = line(name).unwrap_or_default();
        check(ids.split_whitespace().all(|id| id == "65534"), || {
            format!("{name}{ids}")
        })?;
    }
    // Bit 10 is the right to open low ports; as root nothing is left at all.
    let rights = line("CapEff:").unwrap_or_default().trim();
    let rights = u64::from_str_radix(rights, 16).map_err(|error| error.to_string())?;
    check(rights & !(1 << 10) == 0, || format!("rights {rights:x}"))?;
    // What is read later is read without root as well.
    site.zone("a.test", 2, "")?;
    let came = server.wait_for(PATIENCE, |_| {
        ask().is_ok_and(|lines| lines.iter().any(|line| line.contains(" 2 3600 ")))
    });
    check(came, || {
        format!("the edit is not served:\n{}", server.log())
    })
}

/// As with `kubectl exec` where a Pod has the network of its node: the chart's four rights, of which two
/// let root become the user that the socket is for.
fn root_of_a_container(program: &Program) -> Result<(), String> {
    if !nix::unistd::geteuid().is_root() || !tool::has("setpriv") {
        skip(ROOT_OF_A_CONTAINER, "needs root, and setpriv of util-linux");
        return Ok(());
    }
    let site = Site::new()?;
    open_to_all(&site)?;
    let options = Options::new([site.zone("a.test", 1, "")?]);
    let server = start(
        program,
        &options.arguments(["--user=65534", "--group=65534"]),
    )?;
    let socket = server.folder().join("control.sock");
    let list = |rights: &str| {
        let output = Command::new("setpriv")
            .args(["--no-new-privs", "--inh-caps=-all"])
            .arg(format!("--bounding-set=-all{rights}"))
            .arg(program.path())
            .args(["zone", "list", "--control-socket"])
            .arg(&socket)
            .output();
        output.map_err(|error| format!("setpriv: {error}"))
    };
    let output = list(",+net_bind_service,+setuid,+setgid,+chown")?;
    let said = String::from_utf8_lossy(&output.stdout);
    check(said.contains("a.test"), || {
        format!("{said}{}", String::from_utf8_lossy(&output.stderr))
    })?;
    let output = list("")?;
    let said = String::from_utf8_lossy(&output.stderr);
    check(
        !output.status.success() && said.contains("ask as the user"),
        || said.into(),
    )
}

/// Lets everybody read what is in the folder.
fn open_to_all(site: &Site) -> Result<(), String> {
    let all = fs::Permissions::from_mode(0o755);
    fs::set_permissions(site.path(""), all).map_err(|error| error.to_string())
}

/// As systemd passes them: descriptors from 3 on, announced by variables.
fn passed_sockets(program: &Program) -> Result<(), String> {
    if Command::new("python3").arg("-V").output().is_err() {
        skip(PASSED_SOCKETS, "python3 is not installed");
        return Ok(());
    }
    let site = Site::new()?;
    certificates::make(&site)?;
    let (port, tls) = (free()?, free()?);
    let (number, secret) = (port.to_string(), tls.to_string());
    let file = |name: &str| site.path(name).display().to_string();
    let options = Options::new([site.zone("a.test", 1, "")?])
        .arguments([
            format!("--listen-tls=127.0.0.1:{tls}"),
            format!("--listen-tls-cert={}", file("server.pem")),
            format!("--listen-tls-cert-key={}", file("server.key")),
        ])
        .wrapper(["python3", "-c", PASS, &number, &secret]);
    let server = start(program, &options)?;
    let address = (server.address().ip(), port).into();
    for line in ["a.test SOA", "a.test SOA +tcp"] {
        let lines = answer(address, line)?;
        check(lines.len() == 1, || format!("{line}: {lines:?}"))?;
    }
    let log = server.log();
    check(log.contains(&format!("127.0.0.1:{port}")), || log)?;
    if !tool::has("kdig") {
        skip(PASSED_SOCKETS, "kdig is not installed, so TLS is not asked");
        return Ok(());
    }
    let said = tool::run(
        "kdig",
        &[
            "@127.0.0.1",
            "-p",
            &secret,
            "+tls",
            "+short",
            "a.test",
            "NS",
        ],
        "",
    )?;
    check(said.text.contains("ns.a.test"), || said.text)
}

const PASS: &str = "
import fcntl, os, socket, sys
port, tls = int(sys.argv[1]), int(sys.argv[2])
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(('127.0.0.1', port))
def listen(port):
    tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tcp.bind(('127.0.0.1', port))
    tcp.listen(16)
    return tcp
sockets = udp, listen(port), listen(tls)
high = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 10) for s in sockets]
for number, fd in enumerate(high):
    os.dup2(fd, 3 + number, inheritable=True)
    os.close(fd)
os.environ.update(LISTEN_FDS='3', LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[3], sys.argv[3:])
";

/// A file system so small that a new version of the zone does not fit.
fn full_disk(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    fs::create_dir(site.path("disk")).map_err(|error| error.to_string())?;
    site.write("seed", &text(1, ""))?;
    let path = |name: &str| site.path(name).display().to_string();
    let (disk, seed) = (path("disk"), path("seed"));
    let mount = format!("mount -t tmpfs -o size=64k tmpfs '{disk}' && cp '{seed}' '{disk}/a.test'");
    let Some(wrapper) = mounted(FULL_DISK, &mount) else {
        return Ok(());
    };
    let zone = Zone::new("a.test", site.path("disk/a.test"));
    let server = start(program, &Options::new([zone]).wrapper(wrapper))?;
    // The mount is the server's alone; this is the way to it from outside.
    let inside = |name: &str| seen_by(&server, &site.path("disk").join(name));
    let filler = inside("filler");
    let filled = fs::write(&filler, vec![0; 128 << 10]);
    check(filled.is_err(), || "the disk is not full".into())?;
    // One list of strings over many lines: wherever the disk ends, it is cut in the middle.
    let long = format!(
        "x TXT ( {} )",
        format!("\"{}\"\n", "0123456789".repeat(20)).repeat(100)
    );
    let written = fs::write(inside("a.test"), text(2, &long));
    check(written.is_err(), || "the new version fits".into())?;
    wait_for_log(&server, "a.test")?;
    wait_for_log(&server, "served as before")?;
    check(serial(server.address(), "a.test") == Some(1), || {
        format!("half a zone is served:\n{}", server.log())
    })?;
    fs::remove_file(&filler).map_err(|error| error.to_string())?;
    let mut file = fs::File::create(inside("a.test")).map_err(|error| error.to_string())?;
    file.write_all(text(3, &long).as_bytes())
        .map_err(|error| error.to_string())?;
    drop(file);
    wait_for_serial(&server, "a.test", 3)
}

/// An edit by another user, who lets nobody else read it.
fn rights_gone(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    open_to_all(&site)?;
    let mut options = Options::new([site.zone("a.test", 1, "")?, site.zone("b.test", 1, "")?]);
    // Root may read whatever it likes.
    if nix::unistd::geteuid().is_root() {
        options = options.arguments(["--user", "65534", "--group", "65534"]);
    }
    let server = start(program, &options)?;
    let allow = |name: &str, mode| {
        let rights = fs::Permissions::from_mode(mode);
        fs::set_permissions(site.path(name), rights).map_err(|error| error.to_string())
    };
    // A file of its own, so that the server never sees the new text with the old rights.
    site.write("new", &text(2, ""))?;
    allow("new", 0o000)?;
    fs::rename(site.path("new"), site.path("a.test")).map_err(|error| error.to_string())?;
    wait_for_log(&server, "ermission denied")?;
    wait_for_log(&server, "served as before")?;
    site.zone("b.test", 2, "")?;
    wait_for_serial(&server, "b.test", 2)?;
    check(serial(server.address(), "a.test") == Some(1), || {
        format!("the old zone is gone:\n{}", server.log())
    })?;
    allow("a.test", 0o644)?;
    wait_for_serial(&server, "a.test", 2)
}

/// A file as the server sees it.
fn seen_by(server: &Server, path: &Path) -> PathBuf {
    let root = PathBuf::from(format!("/proc/{}/root", server.pid()));
    root.join(path.strip_prefix("/").unwrap_or(path))
}
