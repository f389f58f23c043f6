//! Zones that are followed by TLS (RFC 9103): both sides show who they are, or nothing is transferred.

use std::net::Ipv4Addr;

use peers::{Key, Kind, Options, Program, Ready, Role, Signal, Zone};

use super::site::{
    Check, PATIENCE, SERVFAIL, Site, check, free, serial, skip, start, wait_for_log,
    wait_for_rcode, wait_for_serial,
};
use super::tool::{self, contents};
use super::{certificates, site};
use crate::interop::did;

pub(super) const TRIALS: &[Check] = &[
    ("we_follow_bind_by_tls", by_tls),
    ("we_follow_nsd_by_tls", nsd),
];

const ZONE: &str = "secret.test";

fn by_tls(program: &Program) -> Result<(), String> {
    let Some(peer) = Program::find(Kind::Bind) else {
        skip("we_follow_bind_by_tls", "BIND is not installed");
        return Ok(());
    };
    let (site, key) = (Site::new()?, Key::new("xfr"));
    site.write("keys", &key.clause())?;
    site.write(ZONE, &site::text(10, "www A 192.0.2.80"))?;
    certificates::make(&site)?;
    let (tls, told) = (free()?, free()?);
    // Whoever comes without TLS gets nothing of it.
    let lines = format!(
        "allow-transfer port {tls} transport tls {{ key xfr; }}; allow-update {{ key xfr; }}; \
         notify explicit; notify-delay 0; also-notify {{ 127.0.0.1 port {told}; }};"
    );
    let options = Options::new([Zone::new(ZONE, site.path(ZONE))])
        .global(&key.clause())
        .zone_config(&lines);
    let primary = start(&peer, &certificates::bind(&site, tls, options))?;

    let path = |name: &str| site.path(name).display().to_string();
    let ours = |ca: &str, certified: bool, name: &str| {
        let mut arguments = vec![
            format!("--secondary={ZONE}=127.0.0.1:{tls},key:xfr,tls{name}"),
            format!("--key-file={}", path("keys")),
            format!("--secondary-tls-ca={}", path(ca)),
            "--allow-transfer=127.0.0.1".to_owned(),
            "--forward-updates".to_owned(),
        ];
        if certified {
            arguments.push(format!("--secondary-tls-cert={}", path("client.pem")));
            arguments.push(format!("--secondary-tls-cert-key={}", path("client.key")));
        }
        let options = Options::new([]).port(told).arguments(arguments);
        start(program, &options.ready(Ready::AnyAnswer))
    };
    for (ca, certified, name) in [
        ("other.pem", true, ""),
        ("ca.pem", false, ""),
        ("ca.pem", true, ":ns1.secret.test"),
    ] {
        let server = ours(ca, certified, name)?;
        wait_for_log(&server, "no primary could be followed")?;
        wait_for_rcode(&server, &format!("{ZONE} SOA"), SERVFAIL)?;
    }
    let server = ours("ca.pem", true, "")?;
    for round in 0..5 {
        // By us, which hands it on by TLS too.
        let lines = format!("update add r{round}.{ZONE}. 60 TXT \"{round}\"\nsend");
        let came = server.wait_for(PATIENCE, |server| {
            serial(server.address(), ZONE).is_some()
                && serial(server.address(), ZONE) == serial(primary.address(), ZONE)
        });
        check(came, || server.log())?;
        tool::change(&key, server.address(), ZONE, &lines)
            .map_err(|error| format!("{error}\n{}", server.log()))?;
    }
    let came = server.wait_for(PATIENCE, |server| {
        serial(server.address(), ZONE) == serial(primary.address(), ZONE)
    });
    check(came, || server.log())?;
    let held = contents(server.address(), ZONE, None)?;
    let has = |text: &str| held.iter().any(|line| line.contains(text));
    check(has("r0.secret.test.") && has("r4.secret.test."), || {
        format!("{held:#?}")
    })?;
    wait_for_log(&server, "steps")?;
    // It is BIND that lets nobody in without.
    let plain = contents(primary.address(), ZONE, Some(&key));
    check(plain.is_err(), || "it comes without TLS too".to_owned())?;
    did("BIND, our primary", "TLS", "");
    Ok(())
}

/// NSD wants no certificates, and tells of changes when it reads its files anew.
fn nsd(program: &Program) -> Result<(), String> {
    let Some(peer) = Program::find(Kind::Nsd) else {
        skip("we_follow_nsd_by_tls", "NSD is not installed");
        return Ok(());
    };
    let (site, key) = (Site::new()?, Key::new("xfr"));
    site.write("keys", &key.clause())?;
    site.write(ZONE, &site::text(10, "www A 192.0.2.80"))?;
    certificates::make(&site)?;
    let (tls, told) = (free()?, free()?);
    let role = Role::Primary {
        key: key.clone(),
        notify: vec![(Ipv4Addr::LOCALHOST, told).into()],
    };
    let zone = Zone::new(ZONE, site.path(ZONE)).role(role);
    let options = certificates::nsd_answers(&site, tls, Options::new([zone]));
    let primary = start(&peer, &options)?;
    let path = |name: &str| site.path(name).display().to_string();
    let arguments = [
        format!(
            "--secondary={ZONE}=127.0.0.1:{tls},key:xfr,tls:{}",
            certificates::PRIMARY
        ),
        format!("--key-file={}", path("keys")),
        format!("--secondary-tls-ca={}", path("ca.pem")),
        "--allow-transfer=127.0.0.1".to_owned(),
    ];
    let ours = Options::new([]).port(told).arguments(arguments);
    let ours = start(program, &ours.ready(Ready::AnyAnswer))?;
    for round in 0..3 {
        wait_for_serial(&ours, ZONE, 10 + round)?;
        let theirs = contents(primary.address(), ZONE, Some(&key))?;
        let held = contents(ours.address(), ZONE, None)?;
        check(held == theirs, || format!("{held:#?} {theirs:#?}"))?;
        let record = format!("r{round} TXT \"{round}\"");
        site.write(ZONE, &site::text(11 + round, &record))?;
        primary
            .signal(Signal::Hangup)
            .map_err(|error| error.to_string())?;
    }
    wait_for_serial(&ours, ZONE, 13)?;
    did("NSD, our primary", "TLS", "");
    Ok(())
}
