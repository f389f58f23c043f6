//! Catalog zones (RFC 9432) of ours: what they list, and BIND and Knot as they follow it.

use peers::{Key, Kind, Options, Program, Ready, Server};

use super::site::{
    Check, PATIENCE, Site, check, free, serial, skip, start, wait_for_log, wait_for_rcode,
    wait_for_serial,
};
use super::tool::contents;
use crate::interop::did;

pub(super) const TRIALS: &[Check] = &[
    ("bind_follows_our_catalog", |program| {
        led(Kind::Bind, program)
    }),
    ("knot_follows_our_catalog", |program| {
        led(Kind::Knot, program)
    }),
    ("our_catalog_grows_on_across_restarts", kept),
    (
        "our_catalog_goes_on_beside_names_from_objects",
        beside_objects,
    ),
];

/// The catalog's zone.
pub(super) const CATALOG: &str = "catalog.test";

/// A server of this kind, if it is installed.
pub(super) fn find(kind: Kind) -> Option<Program> {
    let found = Program::find(kind);
    if found.is_none() {
        skip("catalog", &format!("{kind} is not installed"));
    }
    found
}

/// Waits until two servers have the same serial of a zone, and then compares all they hold.
pub(super) fn same(
    zone: &str,
    (one, one_key): (&Server, Option<&Key>),
    (other, other_key): (&Server, Option<&Key>),
) -> Result<(), String> {
    let came = other.wait_for(PATIENCE, |other| {
        let wanted = serial(one.address(), zone);
        wanted.is_some() && wanted == serial(other.address(), zone)
    });
    let logs = || format!("one:\n{}\nother:\n{}", one.log(), other.log());
    check(came, || format!("{zone} has not come:\n{}", logs()))?;
    let ours = contents(one.address(), zone, one_key)?;
    let theirs = contents(other.address(), zone, other_key)?;
    check(ours == theirs, || {
        format!("{zone}: {ours:#?} and {theirs:#?}:\n{}", logs())
    })
}

/// Ours with the zones of a folder and a catalog of them.
pub(super) fn primary(
    program: &Program,
    site: &Site,
    key: &Key,
    told: u16,
) -> Result<Server, String> {
    site.write("keys", &key.clause())?;
    let path = |name: &str| site.path(name).display().to_string();
    let flags = [
        "--zone-dir".to_owned(),
        path("zones"),
        "--catalog".into(),
        CATALOG.into(),
        "--catalog-group".into(),
        "web=b.test".into(),
        "--key-file".into(),
        path("keys"),
        "--allow-transfer".into(),
        format!("key:{}", key.name),
        "--notify".into(),
        format!("127.0.0.1:{told}"),
        "--data-dir".into(),
        path("data"),
    ];
    let server = start(program, &Options::new([]).arguments(flags))?;
    wait_for_log(&server, "ready: ")?;
    Ok(server)
}

fn folder(site: &Site) -> Result<(), String> {
    std::fs::create_dir(site.path("zones")).map_err(|error| error.to_string())?;
    for zone in ["a.test", "b.test"] {
        zone_file(site, zone, 1)?;
    }
    Ok(())
}

/// Writes a zone of the folder.
pub(super) fn zone_file(site: &Site, zone: &str, serial: u32) -> Result<(), String> {
    let text = super::site::text(serial, &format!("www A 192.0.2.{}", serial % 250));
    site.write(&format!("zones/{zone}.zone"), &text)
}

/// Lines that make a server follow the catalog.
fn follower(kind: Kind, of: &Server, key: &Key, site: &Site) -> Options {
    let (address, name, secret) = (of.address(), &key.name, &key.secret);
    let (ip, port) = (address.ip(), address.port());
    match kind {
        Kind::Bind => {
            let primaries = format!("{{ {ip} port {port} key \"{name}\"; }}");
            // Members have the settings of the view: without one, nobody may transfer them.
            let view = format!(
                "{}view all {{ match-clients {{ any; }}; allow-transfer {{ any; }};\n\
                 catalog-zones {{ zone \"{CATALOG}\" default-primaries {primaries} in-memory yes \
                 min-update-interval 1; }};\n\
                 zone \"{CATALOG}\" {{ type secondary; primaries {primaries}; file \"catalog\"; }};\n}};\n",
                key.clause()
            );
            Options::new([]).global(&view)
        }
        _ => {
            let global = format!(
                "key:\n  - id: {name}\n    algorithm: hmac-sha256\n    secret: {secret}\n\
                 remote:\n  - id: primary\n    address: {ip}@{port}\n    key: {name}\n\
                 acl:\n  - id: all\n    address: 127.0.0.1\n    action: [ transfer, notify ]\n\
                 template:\n  - id: member\n    master: primary\n    acl: all\n    zonefile-sync: -1\n\
                 \x20   storage: \"{}\"\n",
                site.path("").display()
            );
            let zone = format!(
                "  - domain: \"{CATALOG}\"\n    master: primary\n    acl: all\n\
                 \x20   catalog-role: interpret\n    catalog-template: member\n"
            );
            Options::new([]).global(&global).config(&zone)
        }
    }
}

fn led(kind: Kind, program: &Program) -> Result<(), String> {
    let Some(peer) = find(kind) else {
        return Ok(());
    };
    let (site, key, told) = (Site::new()?, Key::new("xfr"), free()?);
    folder(&site)?;
    let primary = primary(program, &site, &key, told)?;
    let options = follower(kind, &primary, &key, &site).port(told);
    let secondary = start(&peer, &options.ready(Ready::AnyAnswer))?;
    let pair = |zone: &str| same(zone, (&primary, Some(&key)), (&secondary, None));
    pair("a.test")?;
    pair("b.test")?;
    // Whom we serve is nobody's business.
    wait_for_rcode(&primary, &format!("{CATALOG} SOA"), REFUSED)?;
    wait_for_rcode(&primary, &format!("version.{CATALOG} TXT"), REFUSED)?;
    let listed = contents(primary.address(), CATALOG, Some(&key))?;
    let has = |text: &str| listed.iter().any(|line| line.contains(text));
    let whole = has("version.catalog.test. 0 IN TXT \"2\"")
        && has("PTR a.test.")
        && has("PTR b.test.")
        && has("TXT \"web\"")
        && has("NS invalid.")
        && listed.len() == 6;
    check(whole, || format!("{listed:#?}"))?;
    for round in 0..3_u32 {
        let zone = format!("new{round}.test");
        zone_file(&site, &zone, 10 + round)?;
        pair(&zone)?;
    }
    zone_file(&site, "a.test", 5)?;
    wait_for_serial(&secondary, "a.test", 5)?;
    pair("a.test")?;
    std::fs::remove_file(site.path("zones/b.test.zone")).map_err(|error| error.to_string())?;
    wait_for_rcode(&secondary, "b.test SOA", REFUSED)?;
    pair("a.test")?;
    pair("new1.test")?;
    did(&format!("{kind}, our secondary"), "catalog", "");
    Ok(())
}

/// The response code of who does not know the zone.
pub(super) const REFUSED: u16 = 5;

fn kept(program: &Program) -> Result<(), String> {
    let (site, key) = (Site::new()?, Key::new("xfr"));
    folder(&site)?;
    let listed = |server: &Server| contents(server.address(), CATALOG, Some(&key));
    let server = primary(program, &site, &key, 9)?;
    wait_for_log(&server, "the catalog lists our zones")?;
    let before = listed(&server)?;
    drop(server);
    // A file with mistakes is no reason to tell secondaries that its zone is gone.
    site.write("zones/a.test.zone", "nothing of a zone\n")?;
    let server = primary(program, &site, &key, 9)?;
    let after = listed(&server)?;
    check(before == after, || {
        format!("{before:#?} {after:#?}\n{}", server.log())
    })?;
    zone_file(&site, "c.test", 3)?;
    let more = server.wait_for(PATIENCE, |server| {
        listed(server).is_ok_and(|lines| lines.len() == before.len() + 1)
    });
    check(more, || server.log())
}

/// Zones come and go on a server that has names from objects too, and its catalog tells that.
fn beside_objects(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    folder(&site)?;
    std::fs::create_dir(site.path("objects")).map_err(|error| error.to_string())?;
    let path = |name: &str| site.path(name).display().to_string();
    let flags = [
        format!("--zone-dir={}", path("zones")),
        format!("--manifests={}", path("objects")),
        "--domain-filter=made.test".to_owned(),
        format!("--catalog={CATALOG}"),
        "--allow-transfer=127.0.0.1".to_owned(),
    ];
    let server = start(program, &Options::new([]).arguments(flags))?;
    let lists = |zone: &str| {
        server.wait_for(PATIENCE, |server| {
            let listed = contents(server.address(), CATALOG, None).unwrap_or_default();
            listed
                .iter()
                .any(|line| line.ends_with(&format!("PTR {zone}.")))
        })
    };
    check(lists("made.test") && lists("a.test"), || server.log())?;
    zone_file(&site, "c.test", 3)?;
    check(lists("c.test"), || server.log())
}
