//! Many packets: good ones, broken ones, too many.

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use peers::{Options, Program, Server, Signal};

use super::site::{Check, Site, answer, check, start, wait_for_log};
use crate::client::Query;
use crate::random::dice::Dice;

pub(super) const TRIALS: &[Check] = &[
    ("udp_packets_travel_in_batches", batches),
    ("malformed_packets_cost_no_memory_and_no_answers", malformed),
    ("random_names_cost_no_memory", random_names),
    ("rate_limit_drops_and_truncates", rate_limit),
    ("access_lists_decide_by_the_client", access),
];

/// Counts the system calls of the shipped program under load, seen by strace.
fn batches(program: &Program) -> Result<(), String> {
    if std::process::Command::new("strace")
        .arg("-V")
        .output()
        .is_err()
    {
        return Err("strace is not installed (.ci/peers installs it)".into());
    }
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let counts = site.path("counts").display().to_string();
    // `-D`: the server stays our child, so that signals reach it.
    let strace = ["strace", "-D", "-f", "-c", "-o", &counts];
    let options = Options::new([zone]).workers(1).wrapper(strace);
    let mut server = start(program, &options)?;
    let query = Query::parse("ns.a.test A")?;
    let answered = flood(server.address(), ROUNDS, |_| query.bytes.clone())?;
    server
        .signal(Signal::Terminate)
        .map_err(|error| error.to_string())?;
    server.wait(Duration::from_secs(10));
    let text = wait_for_text(&server, &counts)?;
    let calls = |name: &str| -> u64 {
        let line = text
            .lines()
            .find(|line| line.split_whitespace().last() == Some(name));
        let field = line.and_then(|line| line.split_whitespace().nth(3));
        field.and_then(|field| field.parse().ok()).unwrap_or(0)
    };
    let (received, sent) = (calls("recvmmsg"), calls("sendmmsg"));
    check(received > 0 && sent > 0, || format!("no batches:\n{text}"))?;
    check(sent * 4 < answered, || {
        format!("{sent} sendmmsg for {answered} answers:\n{text}")
    })?;
    check(received * 2 < answered, || {
        format!("{received} recvmmsg for {answered} answers:\n{text}")
    })?;
    let single = ["recvfrom", "recvmsg", "sendto", "sendmsg"]
        .map(calls)
        .iter()
        .sum::<u64>();
    check(single * 50 < answered, || {
        format!("{single} calls for single packets:\n{text}")
    })
}

/// strace writes its table once the server has ended.
fn wait_for_text(server: &Server, path: &str) -> Result<String, String> {
    let mut text = String::new();
    let came = server.wait_for(super::site::PATIENCE, |_| {
        text = fs::read_to_string(path).unwrap_or_default();
        text.contains("total")
    });
    check(came, || {
        format!("strace wrote no table; log:\n{}", server.log())
    })?;
    Ok(text)
}

/// Sends bursts of packets and takes the answers; out comes how many there were.
fn flood(
    server: SocketAddr,
    rounds: usize,
    mut packet: impl FnMut(usize) -> Vec<u8>,
) -> Result<u64, String> {
    let socket = UdpSocket::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    socket.connect(server).map_err(|error| error.to_string())?;
    let wait = Some(Duration::from_millis(50));
    socket
        .set_read_timeout(wait)
        .map_err(|error| error.to_string())?;
    let mut buffer = [0; 4096];
    let mut answered = 0;
    for round in 0..rounds {
        for number in 0..BURST {
            socket
                .send(&packet(round * BURST + number))
                .map_err(|error| error.to_string())?;
        }
        for _ in 0..BURST {
            match socket.recv(&mut buffer) {
                Ok(_) => answered += 1,
                Err(_) => break,
            }
        }
    }
    Ok(answered)
}

/// Sends packets without waiting for answers, with pauses that let the server take them.
fn pour(
    server: SocketAddr,
    count: usize,
    mut packet: impl FnMut() -> Vec<u8>,
) -> Result<(), String> {
    let socket = UdpSocket::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    socket.connect(server).map_err(|error| error.to_string())?;
    for _ in 0..count {
        // A full queue is what this is about.
        drop(socket.send(&packet()));
    }
    Ok(())
}

fn malformed(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let server = start(program, &Options::new([site.zone("a.test", 1, "")?]))?;
    let dice = &mut Dice::new(1);
    let good = Query::parse("ns.a.test A +do +nsid +cookie=0011223344556677")?.bytes;
    let mut broken = || {
        let mut bytes = good.clone();
        for _ in 0..1 + dice.below(6) {
            let at = dice.below(bytes.len());
            if let Some(byte) = bytes.get_mut(at) {
                *byte = u8::try_from(dice.below(256)).unwrap_or(0);
            }
        }
        bytes.truncate(dice.below(bytes.len() + 20));
        bytes
    };
    pour(server.address(), POURED, &mut broken)?;
    bounded(&server, || pour(server.address(), POURED, &mut broken))
}

fn random_names(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let server = start(program, &Options::new([site.zone("a.test", 1, "")?]))?;
    let dice = &mut Dice::new(2);
    let template = Query::parse("xxxxxxxxxxxxxxxx.a.test A")?.bytes;
    let mut random = || {
        let mut bytes = template.clone();
        for byte in bytes.iter_mut().skip(13).take(16) {
            *byte = b'a' + u8::try_from(dice.below(26)).unwrap_or(0);
        }
        bytes
    };
    pour(server.address(), POURED, &mut random)?;
    bounded(&server, || pour(server.address(), POURED, &mut random))
}

/// Whether memory stays where it is, and good queries are answered afterwards.
fn bounded(server: &Server, work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let before = server.own_memory().ok_or("no memory figure")?;
    work()?;
    // The first query may find the socket's queue still full.
    let answered = server.wait_for(super::site::PATIENCE, |server| {
        answer(server.address(), "ns.a.test A").is_ok_and(|lines| lines.len() == 1)
    });
    check(answered, || {
        "good queries are not answered afterwards".into()
    })?;
    let after = server.own_memory().ok_or("the server is gone")?;
    check(after < before + (4 << 20), || {
        format!("memory went from {before} to {after}")
    })?;
    check(!server.log().contains("panicked"), || server.log())
}

fn rate_limit(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let limits = [
        "--rate-limit",
        "20",
        "--rate-limit-clients",
        "all",
        "--rate-limit-slip",
        "2",
    ];
    let server = start(
        program,
        &Options::new([site.zone("a.test", 1, "")?]).arguments(limits),
    )?;
    wait_for_log(&server, "the rate limit counts all clients")?;
    let query = Query::parse("ns.a.test A")?;
    let sent = 10 * BURST as u64;
    let answered = flood(server.address(), 10, |_| query.bytes.clone())?;
    check(answered < sent * 3 / 4, || {
        format!("{answered} of {sent} answered")
    })?;
    check(answered > sent / 4, || {
        format!("{answered} of {sent} answered: no slip")
    })?;
    // TCP is never limited: who comes by it is who he says he is.
    for _ in 0..50 {
        answer(server.address(), "ns.a.test A +tcp")?;
    }
    Ok(())
}

fn access(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let lists = [
        "--allow-query",
        "127.0.0.1/32",
        "--deny-query",
        "127.0.0.0/8",
    ];
    let server = start(program, &Options::new([zone]).arguments(lists))?;
    let rcode_from = |client: &str| -> Result<u8, String> {
        let socket = UdpSocket::bind((client, 0)).map_err(|error| error.to_string())?;
        let wait = Some(Duration::from_secs(2));
        socket
            .set_read_timeout(wait)
            .map_err(|error| error.to_string())?;
        let query = Query::parse("ns.a.test A")?;
        socket
            .send_to(&query.bytes, server.address())
            .map_err(|error| error.to_string())?;
        let mut buffer = [0; 512];
        socket
            .recv(&mut buffer)
            .map_err(|error| format!("{client}: {error}"))?;
        Ok(buffer[3] & 15)
    };
    check(rcode_from("127.0.0.1")? == 0, || {
        "the client allowed is refused".into()
    })?;
    check(rcode_from("127.0.0.2")? == 5, || {
        "the client denied is not refused".into()
    })
}

/// Fewer than what a socket's queue holds by default.
const BURST: usize = 64;
const ROUNDS: usize = 100;
const POURED: usize = 100_000;
