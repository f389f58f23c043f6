//! Addresses and ports.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::process::Command;

use peers::{Options, Program, Ready};

use super::namespace::isolated;
use super::site::{Check, PATIENCE, Site, answer, check, fails, free, start, wait_for_log};

pub(super) const TRIALS: &[Check] = &[
    ("a_port_in_use_is_told_with_its_address", port_in_use),
    ("a_second_instance_does_not_share_the_port", second_instance),
    (
        "a_port_for_metrics_in_use_is_told_with_who_has_it",
        metrics_in_use,
    ),
    ("ipv6_answers", ipv6),
    ("several_addresses_answer", several),
    ("wildcard_answers_come_from_the_address_asked", wildcard),
    ("ipv6_switched_off_is_told", without_ipv6),
    ("port_zero_takes_a_free_one_and_says_it", port_zero),
];

fn port_in_use(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let port = free()?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let options = Options::new([zone]).port(port);
    let tcp = TcpListener::bind(address).map_err(|error| error.to_string())?;
    refused(program, &options, address)?;
    drop(tcp);
    let udp = UdpSocket::bind(address).map_err(|error| error.to_string())?;
    refused(program, &options, address)?;
    drop(udp);
    start(program, &options).map(drop)
}

fn metrics_in_use(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    let address = other.local_addr().map_err(|error| error.to_string())?;
    let address = address.to_string();
    let zone = format!("a.test={}", zone.file.display());
    let output = Command::new("timeout")
        .arg("20")
        .arg(program.path())
        .args(["--zone-file", &zone, "--listen", "127.0.0.1:0"])
        .args(["--metrics-address", &address, "--control-socket", "off"])
        .output()
        .map_err(|error| error.to_string())?;
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    check(output.status.code() == Some(1), || {
        format!("{}: {log}", output.status)
    })?;
    let process = format!("(process {}, on {address})", std::process::id());
    for part in [&address, &process, "with --metrics-address", "in use"] {
        check(log.contains(part), || format!("{part}: {log}"))?;
    }
    Ok(())
}

fn second_instance(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    for workers in [1, 2] {
        let options = Options::new([zone.clone()]).workers(workers);
        let first = start(program, &options)?;
        refused(
            program,
            &options.port(first.address().port()),
            first.address(),
        )?;
    }
    Ok(())
}

/// The program must end and name the address.
fn refused(program: &Program, options: &Options, address: SocketAddr) -> Result<(), String> {
    let log = fails(program, options)?;
    check(
        log.contains(&address.to_string()) && log.contains("in use"),
        || log,
    )
}

fn ipv6(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let server = start(
        program,
        &Options::new([zone]).address(Ipv6Addr::LOCALHOST.into()),
    )?;
    for line in ["a.test SOA", "a.test SOA +tcp", "a.test SOA +edns"] {
        let lines = answer(server.address(), line)?;
        check(lines.len() == 1, || format!("{line}: {lines:?}"))?;
    }
    Ok(())
}

fn several(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let extra: Vec<SocketAddr> = [
        IpAddr::from(Ipv4Addr::LOCALHOST),
        Ipv4Addr::new(127, 0, 0, 2).into(),
        Ipv6Addr::LOCALHOST.into(),
    ]
    .into_iter()
    .filter_map(|address| Some(SocketAddr::new(address, peers::free_port(address)?)))
    .collect();
    let listen = extra
        .iter()
        .flat_map(|address| ["--listen".to_owned(), address.to_string()]);
    let server = start(program, &Options::new([zone]).arguments(listen))?;
    for address in extra.iter().chain([&server.address()]) {
        for line in ["a.test SOA", "a.test SOA +tcp"] {
            answer(*address, line).map_err(|error| format!("{address}: {error}"))?;
        }
    }
    Ok(())
}

/// The client's socket is connected, so an answer from another address never reaches it.
fn wildcard(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let port = peers::free_port(Ipv4Addr::UNSPECIFIED.into()).ok_or("no free port")?;
    let wildcard = format!("0.0.0.0:{port}");
    let six = peers::free_port(Ipv6Addr::UNSPECIFIED.into()).ok_or("no free port")?;
    let wildcard_six = format!("[::]:{six}");
    let options =
        Options::new([zone]).arguments(["--listen", &wildcard, "--listen", &wildcard_six]);
    let server = start(program, &options)?;
    let addresses = [
        SocketAddr::from(([127, 0, 0, 1], port)),
        SocketAddr::from(([127, 0, 0, 9], port)),
        SocketAddr::from((Ipv6Addr::LOCALHOST, six)),
    ];
    for address in addresses {
        answer(address, "a.test SOA")
            .map_err(|error| format!("{address}: {error}\n{}", server.log()))?;
    }
    Ok(())
}

fn without_ipv6(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let off = "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6";
    let Some(isolated) = isolated("ipv6_switched_off_is_told", off) else {
        return Ok(());
    };
    // An address that somebody asked for and that cannot be had is an error.
    let options = Options::new([zone.clone()])
        .wrapper(isolated.clone())
        .arguments(["--listen", "[::1]:5399"]);
    let log = fails(program, &options)?;
    check(log.contains("[::1]:5399"), || log)?;
    // Without IPv6, IPv4 is served all the same.
    let options = Options::new([zone])
        .wrapper(isolated)
        .ready(Ready::Zones(Vec::new()));
    let server = start(program, &options)?;
    wait_for_log(&server, "ready")
}

fn port_zero(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let server = start(
        program,
        &Options::new([zone]).arguments(["--listen", "127.0.0.1:0"]),
    )?;
    let known = server.address().port();
    // The server answers at the known port before it says all ports, and a packet may get lost.
    let answered = server.wait_for(PATIENCE, |server| {
        let log = server.log();
        let said = log.split("127.0.0.1:").skip(1).filter_map(|rest| {
            rest.split(|c: char| !c.is_ascii_digit())
                .next()?
                .parse()
                .ok()
        });
        said.filter(|port: &u16| *port != known && *port != 0)
            .any(|port| answer(SocketAddr::from(([127, 0, 0, 1], port)), "a.test SOA").is_ok())
    });
    check(answered, || {
        format!("no port that answers is said:\n{}", server.log())
    })
}
