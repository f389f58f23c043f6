//! Names from objects together with settings: several destinations, address maps, claims, zones that
//! are made, zones that have a file too.

use std::fs;

use peers::{Options, Program, Ready};

use super::manifests::{options, service};
use super::site::{
    Check, NXDOMAIN, Site, answer, check, serial, start, wait_for_address, wait_for_answer,
    wait_for_log, wait_for_rcode,
};

pub(super) const TRIALS: &[Check] = &[
    (
        "destinations_have_filters_and_address_maps_of_their_own",
        destinations,
    ),
    ("a_namespace_has_the_names_that_claims_give_it", claims),
    ("a_zone_is_made_with_its_name_servers", made),
    (
        "records_of_a_file_come_before_names_of_objects",
        beside_file,
    ),
    ("a_name_that_two_objects_want_goes_to_the_older_one", tie),
];

fn destinations(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    fs::create_dir(site.path("objects")).map_err(|error| error.to_string())?;
    site.write("objects/a.yaml", &service("a", "10.0.0.7"))?;
    let other = service("b", "10.0.0.8").replace("b.example.org", "b.example.net");
    site.write("objects/b.yaml", &other)?;
    let config = format!(
        "version: 1
manifests: [{}]
policy: sync
destinations:
- name: here
  provider: embedded
  domainFilter: [example.org]
  addressMaps:
  - {{from: 10.0.0.0/24, to: 192.0.2.0/24}}
- name: memory
  provider: inmemory
  registry: noop
  domainFilter: [example.net]
  inmemoryZone: [example.net]
",
        site.path("objects").display()
    );
    let server = start(program, &configured(&site, &config)?)?;
    wait_for_address(&server, "a.example.org", "192.0.2.7")?;
    wait_for_log(
        &server,
        "applied changes destination=memory creates=1 updates=0 deletes=0",
    )?;
    site.write("objects/b.yaml", &other.replace("10.0.0.8", "10.0.0.9"))?;
    wait_for_log(
        &server,
        "applied changes destination=memory creates=0 updates=1 deletes=0",
    )?;
    fs::remove_file(site.path("objects/b.yaml")).map_err(|error| error.to_string())?;
    wait_for_log(
        &server,
        "applied changes destination=memory creates=0 updates=0 deletes=1",
    )?;
    let log = server.log();
    check(
        log.matches("applied changes destination=here").count() == 1,
        || log.clone(),
    )
}

fn claims(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    fs::create_dir(site.path("objects")).map_err(|error| error.to_string())?;
    let of = |namespace: &str, name: &str, host: &str| {
        service(name, "192.0.2.1")
            .replace("namespace: default", &format!("namespace: {namespace}"))
            .replace(&format!("{name}.example.org"), host)
    };
    for (file, text) in [
        ("a.yaml", of("shop", "a", "a.shop.example.org")),
        ("b.yaml", of("other", "b", "b.shop.example.org")),
        ("c.yaml", of("shop", "c", "c.example.org")),
        ("d.yaml", of("shop", "d", "example.org")),
        ("e.yaml", of("infra", "e", "e.example.org")),
    ] {
        site.write(&format!("objects/{file}"), &text)?;
    }
    let config = format!(
        "version: 1
manifests: [{}]
domainFilter: [example.org]
policy: sync
claims:
- {{namespaces: [shop], names: ['*.shop.example.org']}}
- {{namespaces: [infra], names: ['*']}}
",
        site.path("objects").display()
    );
    let server = start(program, &configured(&site, &config)?)?;
    for name in ["a.shop", "e"] {
        wait_for_address(&server, &format!("{name}.example.org"), "192.0.2.1")?;
    }
    for name in ["b.shop", "c"] {
        wait_for_rcode(&server, &format!("{name}.example.org A"), NXDOMAIN)?;
    }
    let apex = answer(server.address(), "example.org A")?;
    check(apex.is_empty(), || format!("{apex:?}"))
}

fn made(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    site.write("a.yaml", &service("a", "192.0.2.7"))?;
    let options = Options::new([])
        .arguments(["--manifests", &site.path("a.yaml").display().to_string()])
        .arguments(["--zone=example.org", "--zone=2.0.192.in-addr.arpa"])
        .arguments([
            "--zone-ns=ns1.example.org=192.0.2.53",
            "--zone-ns=ns2.example.net",
        ])
        .arguments(["--policy=sync", "--create-ptr"])
        .arguments(["--managed-record-types=A", "--managed-record-types=PTR"])
        .ready(Ready::Zones(vec!["example.org".into()]));
    let server = start(program, &options)?;
    wait_for_address(&server, "a.example.org", "192.0.2.7")?;
    let mut servers = answer(server.address(), "example.org NS")?;
    for line in &mut servers {
        // The TTL is a setting of its own.
        *line = line
            .split_whitespace()
            .skip(2)
            .collect::<Vec<_>>()
            .join(" ");
    }
    servers.sort();
    check(
        servers == ["NS ns1.example.org.", "NS ns2.example.net."],
        || format!("{servers:?}"),
    )?;
    let glue = answer(server.address(), "ns1.example.org A")?;
    check(
        glue.len() == 1 && glue.iter().all(|line| line.ends_with(" A 192.0.2.53")),
        || format!("{glue:?}"),
    )?;
    wait_for_answer(
        &server,
        "7.2.0.192.in-addr.arpa PTR",
        &["7.2.0.192.in-addr.arpa. 300 PTR a.example.org."],
    )?;
    let before = serial(server.address(), "example.org");
    site.write("a.yaml", &service("a", "192.0.2.8"))?;
    wait_for_address(&server, "a.example.org", "192.0.2.8")?;
    wait_for_rcode(&server, "7.2.0.192.in-addr.arpa PTR", NXDOMAIN)?;
    let after = serial(server.address(), "example.org");
    check(after > before, || {
        format!("serial {before:?}, then {after:?}")
    })
}

/// The zone has a file. Objects fill what it leaves free, and stay when it goes.
fn beside_file(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    for folder in ["objects", "zones"] {
        fs::create_dir(site.path(folder)).map_err(|error| error.to_string())?;
    }
    site.write("objects/a.yaml", &service("a", "192.0.2.7"))?;
    site.write("objects/b.yaml", &service("b", "192.0.2.8"))?;
    let file = "zones/example.org.zone";
    site.write(file, &super::site::text(1, "a A 198.51.100.1"))?;
    let options = options(&site.path("objects").display().to_string())
        .arguments(["--zone-dir", &site.path("zones").display().to_string()]);
    let server = start(program, &options)?;
    let (by_file, by_object) = ("198.51.100.1", "192.0.2.7");
    wait_for_address(&server, "b.example.org", "192.0.2.8")?;
    wait_for_address(&server, "a.example.org", by_file)?;
    // The file leaves the name free, and takes it again.
    site.write(file, &super::site::text(2, ""))?;
    wait_for_address(&server, "a.example.org", by_object)?;
    site.write(file, &super::site::text(3, "a A 198.51.100.1"))?;
    wait_for_address(&server, "a.example.org", by_file)?;
    fs::remove_file(site.path(file)).map_err(|error| error.to_string())?;
    wait_for_address(&server, "a.example.org", by_object)?;
    wait_for_address(&server, "b.example.org", "192.0.2.8")?;
    site.write("objects/c.yaml", &service("c", "192.0.2.9"))?;
    wait_for_address(&server, "c.example.org", "192.0.2.9")?;
    site.write(file, &super::site::text(4, "a A 198.51.100.2"))?;
    wait_for_address(&server, "a.example.org", "198.51.100.2")?;
    wait_for_address(&server, "c.example.org", "192.0.2.9").map(drop)
}

/// Two CNAMEs of one name: one wins, the zone stays a zone, and the other one comes when it goes.
fn tie(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let of = |name: &str, year: u32, target: &str| {
        service(name, "192.0.2.1")
            .replace(&format!("{name}.example.org"), "tied.example.org")
            .replace("{ip: 192.0.2.1}", &format!("{{hostname: {target}}}"))
            .replace(
                "  namespace: default",
                &format!("  namespace: default\n  creationTimestamp: '{year}-01-01T00:00:00Z'"),
            )
    };
    site.write("a.yaml", &of("a", 2025, "young.example.net"))?;
    site.write("b.yaml", &of("b", 2024, "old.example.net"))?;
    let server = start(program, &options(&site.path(".").display().to_string()))?;
    let old = "tied.example.org. 300 CNAME old.example.net.";
    wait_for_answer(&server, "tied.example.org CNAME", &[old])?;
    fs::remove_file(site.path("b.yaml")).map_err(|error| error.to_string())?;
    let young = "tied.example.org. 300 CNAME young.example.net.";
    wait_for_answer(&server, "tied.example.org CNAME", &[young])?;
    site.write("b.yaml", &of("b", 2024, "old.example.net"))?;
    wait_for_answer(&server, "tied.example.org CNAME", &[old]).map(drop)
}

fn configured(site: &Site, config: &str) -> Result<Options, String> {
    site.write("config.yaml", config)?;
    let path = site.path("config.yaml").display().to_string();
    Ok(Options::new([])
        .arguments(["--config", &path])
        .ready(Ready::Zones(vec!["example.org".into()])))
}
