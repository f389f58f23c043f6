//! What is to be seen from outside: health, readiness, metrics, the control socket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use peers::{Options, Program, Server};

use super::site::{Check, Site, answer, check, start};

pub(super) const TRIALS: &[Check] = &[
    ("health_and_readiness_are_served", health),
    ("metrics_count_queries", metrics),
    ("zone_commands_reach_the_server", control),
];

/// Asks for a page by HTTP.
pub(crate) fn get(server: &Server, path: &str) -> Result<String, String> {
    page(server.metrics().ok_or("no metrics address")?, path)
}

/// The same of any address.
pub(crate) fn page(address: SocketAddr, path: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{path}: {error}");
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .map_err(failed)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut text = String::new();
    stream.read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

fn health(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let server = start(program, &Options::new([site.zone("a.test", 1, "")?]))?;
    for path in ["/healthz", "/readyz"] {
        let text = get(&server, path)?;
        check(text.starts_with("HTTP/1.1 200"), || {
            format!("{path}: {text}")
        })?;
    }
    let text = get(&server, "/nothing")?;
    check(text.starts_with("HTTP/1.1 404"), || text)
}

fn metrics(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let server = start(program, &Options::new([site.zone("a.test", 1, "")?]))?;
    for _ in 0..10 {
        answer(server.address(), "ns.a.test A")?;
        answer(server.address(), "ns.a.test A +tcp")?;
        answer(server.address(), "nothing.a.test A")?;
    }
    let text = get(&server, "/metrics")?;
    let joint = "zonewright_dns_queries_total{transport=\"udp\",family=\"ipv4\",qtype=\"A\",";
    for (rcode, least) in [("NOERROR", 10), ("NXDOMAIN", 10)] {
        let series = format!("{joint}rcode=\"{rcode}\"}} ");
        let count = text.lines().find_map(|line| line.strip_prefix(&series));
        let count: Option<u64> = count.and_then(|count| count.parse().ok());
        check(count >= Some(least), || {
            format!("{series}{count:?}:\n{text}")
        })?;
    }
    for wanted in ["NXDOMAIN", "udp", "tcp", "a.test"] {
        let found = text.lines().any(|line| {
            !line.starts_with('#')
                && line
                    .to_ascii_lowercase()
                    .contains(&wanted.to_ascii_lowercase())
        });
        check(found, || format!("no metric with {wanted:?}:\n{text}"))?;
    }
    Ok(())
}

fn control(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let server = start(
        program,
        &Options::new([site.zone("a.test", 7, "x A 192.0.2.2")?]),
    )?;
    let socket = server.folder().join("control.sock");
    let run = |words: &[&str]| -> Result<String, String> {
        let output = Command::new(program.path())
            .args(["zone"])
            .args(words)
            .arg("--control-socket")
            .arg(&socket)
            .output()
            .map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        check(output.status.success(), || {
            format!(
                "zone {words:?}: {text}{}",
                String::from_utf8_lossy(&output.stderr)
            )
        })?;
        Ok(text)
    };
    let list = run(&["list"])?;
    check(list.contains("a.test") && list.contains('7'), || list)?;
    let export = run(&["export", "a.test"])?;
    check(export.contains("192.0.2.2"), || export)?;
    run(&["show", "a.test"])?;
    run(&["reload"]).map(drop)
}
