//! Catalog zones (RFC 9432) that ours follows: of BIND, of Knot, and a large one of our own.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Instant;

use peers::{Key, Kind, Options, Program, Role, Server, Zone};

use super::catalog::{CATALOG, REFUSED, find, primary, same, zone_file};
use super::site::{
    Check, PATIENCE, Site, check, free, serial, start, wait_for_log, wait_for_rcode,
};
use crate::interop::did;

pub(super) const TRIALS: &[Check] = &[
    ("we_follow_a_catalog_of_bind", by_hand),
    ("we_follow_a_catalog_of_knot", generated),
    ("a_thousand_zones_change_at_once", thousand),
];

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
    let (site, own, key, told) = (Site::new()?, Site::new()?, Key::new("xfr"), free()?);
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
    let (site, key, told) = (Site::new()?, Key::new("xfr"), free()?);
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
    let away = free()?;
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
    let (site, key, told) = (Site::new()?, Key::new("xfr"), free()?);
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
