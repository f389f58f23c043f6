//! DNS over TCP, as clients do it well and badly.

use std::time::Duration;

use peers::{Options, Program, Server};

use super::site::{Check, Site, answer, check, start};
use crate::client::{Connection, Message, Query};

pub(super) const TRIALS: &[Check] = &[
    ("tcp_answers_many_queries_on_one_connection", pipelined),
    ("tcp_answers_what_comes_byte_by_byte", byte_by_byte),
    ("tcp_closes_idle_connections", idle),
    ("tcp_closes_connections_that_send_half_a_message", half),
    ("tcp_survives_a_client_that_never_reads", never_reads),
    ("tcp_survives_garbage", garbage),
    ("tcp_limits_connections_of_one_client", many),
];

fn serve(program: &Program, arguments: &[&str]) -> Result<(Site, Server), String> {
    let site = Site::new()?;
    let long = format!(
        "long TXT {}",
        "\"0123456789012345678901234567890123456789\" ".repeat(1000)
    );
    let zone = site.zone("a.test", 1, &long)?;
    let server = start(
        program,
        &Options::new([zone]).arguments(arguments.iter().copied()),
    )?;
    Ok((site, server))
}

fn open(server: &Server) -> Result<Connection, String> {
    Connection::open(server.address(), Duration::from_secs(3)).map_err(|error| error.to_string())
}

fn pipelined(program: &Program) -> Result<(), String> {
    let (_site, server) = serve(program, &[])?;
    let mut connection = open(&server)?;
    let mut all = Vec::new();
    for id in 0..COUNT {
        let query = Query::parse(&format!("ns.a.test A +id={id}"))?;
        all.extend(u16::try_from(query.bytes.len()).unwrap_or(0).to_be_bytes());
        all.extend(query.bytes);
    }
    connection
        .send_raw(&all)
        .map_err(|error| error.to_string())?;
    // RFC 7766 §6.2.1.1: answers may come in any order.
    let mut open: std::collections::BTreeSet<u16> = (0..COUNT).collect();
    for _ in 0..COUNT {
        let bytes = connection.receive().map_err(|error| error.to_string())?;
        let message = Message::decode(&bytes.ok_or("closed early")?)?;
        check(open.remove(&message.id), || {
            format!("answer {} came twice", message.id)
        })?;
        check(message.answer.len() == 1, || format!("{message:?}"))?;
    }
    Ok(())
}

fn byte_by_byte(program: &Program) -> Result<(), String> {
    let (_site, server) = serve(program, &[])?;
    let mut connection = open(&server)?;
    let query = Query::parse("ns.a.test A")?;
    let length = u16::try_from(query.bytes.len()).unwrap_or(0).to_be_bytes();
    for byte in length.iter().chain(&query.bytes) {
        connection
            .send_raw(&[*byte])
            .map_err(|error| error.to_string())?;
    }
    let reply = connection.receive().map_err(|error| error.to_string())?;
    check(reply.is_some(), || "no answer".into())
}

fn idle(program: &Program) -> Result<(), String> {
    let (_site, server) = serve(program, &["--tcp-idle-timeout", "1s"])?;
    let mut connection = open(&server)?;
    let query = Query::parse("ns.a.test A")?;
    connection
        .send(&query.bytes)
        .map_err(|error| error.to_string())?;
    let reply = connection.receive().map_err(|error| error.to_string())?;
    check(reply.is_some(), || "no answer".into())?;
    check(connection.is_closed(), || {
        "an idle connection stays open".into()
    })
}

fn half(program: &Program) -> Result<(), String> {
    let (_site, server) = serve(program, &["--tcp-idle-timeout", "1s"])?;
    for bytes in [&[][..], &[0], &[0, 40, 1, 2, 3]] {
        let mut connection = Connection::open(server.address(), Duration::from_secs(8))
            .map_err(|error| error.to_string())?;
        connection
            .send_raw(bytes)
            .map_err(|error| error.to_string())?;
        check(connection.is_closed(), || {
            format!("a connection that sent {bytes:?} stays open")
        })?;
    }
    Ok(())
}

fn never_reads(program: &Program) -> Result<(), String> {
    let (_site, server) = serve(program, &["--tcp-write-timeout", "1s"])?;
    let before = server.memory().ok_or("no memory figure")?;
    let query = Query::parse("long.a.test TXT +tcp")?;
    let length = u16::try_from(query.bytes.len()).unwrap_or(0).to_be_bytes();
    let message = [&length[..], &query.bytes].concat();
    let mut clients = Vec::new();
    for _ in 0..10 {
        let mut connection = open(&server)?;
        // The server stops reading once its answers pile up, so at some time sending fails.
        for _ in 0..2000 {
            if connection.send_raw(&message).is_err() {
                break;
            }
        }
        clients.push(connection);
    }
    let after = server.memory().ok_or("no memory figure")?;
    let grown = after.saturating_sub(before);
    check(grown < 64 << 20, || format!("grown by {grown} bytes"))?;
    answer(server.address(), "ns.a.test A").map(drop)?;
    answer(server.address(), "ns.a.test A +edns").map(drop)
}

fn garbage(program: &Program) -> Result<(), String> {
    let (_site, server) = serve(program, &[])?;
    for bytes in [
        &[0, 0][..],
        &[0, 1, 0],
        &[0, 12, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        let mut connection = open(&server)?;
        connection
            .send_raw(bytes)
            .map_err(|error| error.to_string())?;
    }
    answer(server.address(), "ns.a.test A +tcp").map(drop)
}

fn many(program: &Program) -> Result<(), String> {
    let (_site, server) = serve(program, &["--tcp-connections-per-client", "5"])?;
    let mut kept = Vec::new();
    let mut answered = 0;
    let query = Query::parse("ns.a.test A +tcp")?;
    for _ in 0..20 {
        let mut connection = open(&server)?;
        if connection.send(&query.bytes).is_ok() && matches!(connection.receive(), Ok(Some(_))) {
            answered += 1;
        }
        kept.push(connection);
    }
    check(answered <= 5, || {
        format!("{answered} connections are served at once")
    })?;
    check(answered >= 1, || "no connection is served".into())?;
    drop(kept);
    let again = server.wait_for(super::site::PATIENCE, |server| {
        answer(server.address(), "ns.a.test A +tcp").is_ok()
    });
    check(again, || "nobody is served after all left".into())
}

const COUNT: u16 = 500;
