//! Solvers of DNS-01 challenges: those of cert-manager and lego, as Go libraries in a program of ours,
//! and certbot's plugin.
//!
//! `.ci/kube` builds the program from `conformance/acme`; it makes the record, asks for it as its
//! library does before it tells the authority, and takes it away again.

use cluster_peers::Parts;
use peers::Program;

use super::signed::{ALGORITHMS, SECRET, serve};
use super::site::{Check, NXDOMAIN, ask, check, serial, skip};
use super::tool;
use crate::fleet::root;
use crate::interop::did_as_said;

pub(super) const TRIALS: &[Check] = &[
    ("cert_manager_solves_challenges", |program| {
        solve(program, "cert-manager", &CERT_MANAGER)
    }),
    ("lego_solves_challenges", |program| {
        solve(program, "lego", &LEGO)
    }),
    ("certbot_solves_challenges", certbot),
];

const ZONE: &str = "acme.test";

/// The protocol, the name that the client has for an algorithm, and the key.
type Way = (&'static str, &'static str, &'static str);

/// Without a word it takes MD5.
const CERT_MANAGER: [Way; 8] = [
    ("udp", "", "hmac-md5"),
    ("tcp", "", "hmac-md5"),
    ("udp", "HMACSHA1", "hmac-sha1"),
    ("tcp", "HMACSHA1", "hmac-sha1"),
    ("udp", "HMACSHA256", "hmac-sha256"),
    ("tcp", "HMACSHA256", "hmac-sha256"),
    ("udp", "HMACSHA512", "hmac-sha512"),
    ("tcp", "HMACSHA512", "hmac-sha512"),
];

/// It knows UDP only.
const LEGO: [Way; 5] = [
    ("udp", "hmac-sha1.", "hmac-sha1"),
    ("udp", "hmac-sha224.", "hmac-sha224"),
    ("udp", "hmac-sha256.", "hmac-sha256"),
    ("udp", "hmac-sha384.", "hmac-sha384"),
    ("udp", "hmac-sha512.", "hmac-sha512"),
];

fn solve(program: &Program, client: &str, ways: &[Way]) -> Result<(), String> {
    let Some(solver) = Parts::find().acme else {
        skip(client, "conformance/acme is not built");
        return Ok(());
    };
    let solver = solver.display().to_string();
    let (_site, server) = serve(program, ZONE)?;
    let address = server.address();
    for (at, (protocol, algorithm, key)) in ways.iter().enumerate() {
        let (before, domain) = (serial(address, ZONE), format!("host{at}.{ZONE}"));
        let arguments = [
            client,
            protocol,
            &address.to_string(),
            ZONE,
            &domain,
            key,
            algorithm,
            SECRET,
        ];
        let said = tool::run(&solver, &arguments, "")?;
        check(said.well, || {
            format!("{protocol} {key}: {}\n{}", said.text, server.log())
        })?;
        // One for the record, one for its end.
        let moved = before.map(|before| before + 2);
        check(serial(address, ZONE) == moved, || {
            format!("{before:?} and then {:?}", serial(address, ZONE))
        })?;
        let rcode = ask(address, &format!("_acme-challenge.{domain} TXT"))?.rcode;
        check(rcode == NXDOMAIN, || format!("{rcode}: it is still there"))?;
        did_as_said(client, &said.text);
    }
    Ok(())
}

fn certbot(program: &Program) -> Result<(), String> {
    let there = tool::run(SYSTEM_PYTHON, &["-c", "import certbot_dns_rfc2136"], "");
    if !there.is_ok_and(|said| said.well) {
        skip("certbot_solves", "python3-certbot-dns-rfc2136 is missing");
        return Ok(());
    }
    let (_site, server) = serve(program, ZONE)?;
    let address = server.address();
    let script = root().join("conformance/acme/solve.py");
    let (script, port) = (script.display().to_string(), address.port().to_string());
    let ip = address.ip().to_string();
    for key in ALGORITHMS.into_iter().take(6) {
        let arguments = [&*script, &ip, &port, ZONE, key, SECRET];
        let said = tool::run(SYSTEM_PYTHON, &arguments, "")?;
        check(said.well, || format!("{key}: {}", said.text))?;
        did_as_said("certbot", &said.text);
    }
    Ok(())
}

/// Packages of the distribution are known to its own interpreter.
const SYSTEM_PYTHON: &str = "/usr/bin/python3";
