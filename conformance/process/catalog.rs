//! Catalog zones (RFC 9432): BIND and Knot follow what ours lists, and ours what theirs list.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Instant;

use peers::{Key, Kind, Options, Program, Ready, Role, Server, Zone, free_port};

use super::site::{
    Check, PATIENCE, Site, check, serial, skip, start, wait_for_log, wait_for_rcode,
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
    ("we_follow_a_catalog_of_bind", by_hand),
    ("we_follow_a_catalog_of_knot", generated),
    ("a_thousand_zones_change_at_once", thousand),
];

const CATALOG: &str = "catalog.test";

fn find(kind: Kind) -> Option<Program> {
    let found = Program::find(kind);
    if found.is_none() {
        skip("catalog", &format!("{kind} is not installed"));
    }
    found
}

fn port() -> Result<u16, String> {
    free_port(Ipv4Addr::LOCALHOST.into()).ok_or_else(|| "no free port".to_owned())
}

/// Waits until two servers have the same serial of a zone, and then compares all they hold.
fn same(
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
fn primary(program: &Program, site: &Site, key: &Key, told: u16) -> Result<Server, String> {
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

fn zone_file(site: &Site, zone: &str, serial: u32) -> Result<(), String> {
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
    let (site, key, told) = (Site::new()?, Key::new("xfr"), port()?);
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

const REFUSED: u16 = 5;

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

/// Ours as it follows a catalog of `of`.
fn consumer(
    program: &Program,
    site: &Site,
    of: &Server,
    key: &Key,
    port: u16,
) -> Result<Server, String> {
    site.write("keys", &key.clause())?;
    let path = |name: &str| site.path(name).display().to_string();
    let flags = [
        "--secondary-catalog".to_owned(),
        format!("{CATALOG}={},key:{}", of.address(), key.name),
        "--key-file".into(),
        path("keys"),
        "--allow-transfer".into(),
        "127.0.0.1".into(),
        "--data-dir".into(),
        path("data"),
    ];
    start(program, &Options::new([]).port(port).arguments(flags))
}

/// All zones of a catalog change at once, twice: a secondary of ours has them all soon, each by a
/// transfer or two.
fn thousand(program: &Program) -> Result<(), String> {
    let (site, own, key, told) = (Site::new()?, Site::new()?, Key::new("xfr"), port()?);
    std::fs::create_dir(site.path("zones")).map_err(|error| error.to_string())?;
    let zones: Vec<String> = (0..1000).map(|number| format!("z{number}.test")).collect();
    let all = |serial| {
        zones
            .iter()
            .try_for_each(|zone| zone_file(&site, zone, serial))
    };
    all(1)?;
    let primary = primary(program, &site, &key, told)?;
    let secondary = consumer(program, &own, &primary, &key, told)?;
    let came = |wanted: u32| {
        let begin = Instant::now();
        // The last ones are looked at first; all others then.
        for zone in zones.iter().rev() {
            let there = secondary.wait_for(6 * PATIENCE, |secondary| {
                serial(secondary.address(), zone) == Some(wanted)
            });
            check(there && begin.elapsed() < 6 * PATIENCE, || {
                format!("{zone}: not {wanted} after {:?}", begin.elapsed())
            })?;
        }
        Ok::<(), String>(())
    };
    came(1)?;
    let transfers = || secondary.log().matches("is new from its primary").count();
    let first = transfers();
    for serial in [2, 3] {
        all(serial)?;
        came(serial)?;
    }
    let more = transfers() - first;
    check((1000..=2100).contains(&more), || {
        format!("{first} transfers, then {more}")
    })
}

/// A catalog that lists these zones, each with its label and a line of its own.
fn catalog_file(serial: u32, version: &str, members: &[(&str, &str)]) -> String {
    let mut text = format!(
        "$TTL 0\n@ SOA invalid. invalid. {serial} 3600 600 86400 0\n@ NS invalid.\n\
         version TXT \"{version}\"\n"
    );
    for (id, zone) in members {
        text += &format!("{id}.zones PTR {zone}.\ngroup.{id}.zones TXT \"some\"\n");
    }
    text
}

fn reread(server: &Server, path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| error.to_string())?;
    server
        .signal(peers::Signal::Hangup)
        .map_err(|error| error.to_string())
}

fn by_hand(program: &Program) -> Result<(), String> {
    let Some(peer) = find(Kind::Bind) else {
        return Ok(());
    };
    let (site, key, told) = (Site::new()?, Key::new("xfr"), port()?);
    let file = site.path("catalog");
    std::fs::write(&file, catalog_file(1, "2", &[("1", "a.test")])).map_err(|e| e.to_string())?;
    let lines = format!(
        "notify explicit; notify-delay 0; also-notify {{ 127.0.0.1 port {told}; }}; \
         allow-transfer {{ key \"{}\"; }};",
        key.name
    );
    let zones = [
        Zone::new(CATALOG, &file),
        site.zone("a.test", 7, "www A 192.0.2.7")?,
        site.zone("b.test", 8, "www A 192.0.2.8")?,
    ];
    let options = Options::new(zones)
        .global(&key.clause())
        .zone_config(&lines);
    let primary = start(&peer, &options)?;
    let server = consumer(program, &site, &primary, &key, told)?;
    let pair = |server: &Server, zone: &str| same(zone, (&primary, Some(&key)), (server, None));
    let list = |serial, version: &str, members: &[(&str, &str)]| {
        reread(&primary, &file, &catalog_file(serial, version, members))
    };
    pair(&server, "a.test")?;
    wait_for_rcode(&server, "b.test SOA", REFUSED)?;
    list(2, "2", &[("1", "a.test"), ("2", "b.test")])?;
    pair(&server, "b.test")?;
    // Another version of the rules, and a zone twice: nothing changes.
    list(3, "3", &[])?;
    wait_for_log(&server, "its version is \\\"3\\\"")?;
    list(4, "2", &[("1", "a.test"), ("2", "a.test")])?;
    wait_for_log(&server, "is listed twice")?;
    pair(&server, "a.test")?;
    pair(&server, "b.test")?;
    // Another label: the zone begins anew.
    list(5, "2", &[("1", "a.test"), ("3", "b.test")])?;
    wait_for_log(&server, "zone begins anew")?;
    pair(&server, "b.test")?;
    list(6, "2", &[("3", "b.test")])?;
    wait_for_rcode(&server, "a.test SOA", REFUSED)?;
    check(!site.path("data/copies/a.test.copy").exists(), || {
        "the copy of a zone that is gone is still there".to_owned()
    })?;
    // What was followed is served at once after a restart, whoever is away.
    drop(server);
    drop(primary);
    let away = port()?;
    let path = |name: &str| site.path(name).display().to_string();
    let flags = [
        "--secondary-catalog".to_owned(),
        format!("{CATALOG}=127.0.0.1:{away}"),
        "--data-dir".into(),
        path("data"),
    ];
    let server = start(program, &Options::new([]).arguments(flags))?;
    let back = server.wait_for(PATIENCE, |server| {
        serial(server.address(), "b.test") == Some(8)
    });
    check(back, || server.log())?;
    did("BIND, our primary", "catalog", "");
    Ok(())
}

fn generated(program: &Program) -> Result<(), String> {
    let Some(peer) = find(Kind::Knot) else {
        return Ok(());
    };
    let (site, key, told) = (Site::new()?, Key::new("xfr"), port()?);
    let role = || Role::Primary {
        key: key.clone(),
        notify: vec![(Ipv4Addr::LOCALHOST, told).into()],
    };
    let zones = [
        site.zone("a.test", 7, "www A 192.0.2.7")?.role(role()),
        site.zone("b.test", 8, "www A 192.0.2.8")?.role(role()),
    ];
    let catalog = format!(
        "  - domain: \"{CATALOG}\"\n    catalog-role: generate\n    acl: \"a.test\"\n\
         \x20   notify: [ \"a.test 0\" ]\n"
    );
    let options = Options::new(zones)
        .zone_config(&format!(
            "catalog-role: member\ncatalog-zone: \"{CATALOG}\"\ncatalog-group: \"some\""
        ))
        .config(&catalog);
    let primary = start(&peer, &options)?;
    let server = consumer(program, &site, &primary, &key, told)?;
    let pair = |zone: &str| same(zone, (&primary, Some(&key)), (&server, None));
    pair("a.test")?;
    pair("b.test")?;
    // One zone less, one more.
    let file = primary.folder().join("knot.conf");
    let text = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
    let new = site.zone("c.test", 9, "www A 192.0.2.9")?;
    let text = text.replace(
        &format!(
            "domain: \"b.test\"\n    file: \"{}\"",
            site.path("b.test").display()
        ),
        &format!("domain: \"c.test\"\n    file: \"{}\"", new.file.display()),
    );
    reread(&primary, &file, &text)?;
    pair("c.test")?;
    wait_for_rcode(&server, "b.test SOA", REFUSED)?;
    pair("a.test")?;
    did("Knot, our primary", "catalog", "");
    Ok(())
}
