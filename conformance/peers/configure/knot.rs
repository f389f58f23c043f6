//! Knot DNS: `knotd -c FILE`.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use crate::options::Options;
use crate::role::{Key, Role};

pub(super) fn arguments(
    folder: &Path,
    address: SocketAddr,
    options: &Options,
) -> io::Result<Vec<String>> {
    let file = folder.join("knot.conf");
    fs::write(&file, config(folder, address, options))?;
    Ok(vec!["-c".into(), file.display().to_string()])
}

fn config(folder: &Path, address: SocketAddr, options: &Options) -> String {
    let (ip, port) = (address.ip(), address.port());
    let folder = folder.display();
    let workers = options.workers.map_or_else(String::new, |workers| {
        format!("    udp-workers: {workers}\n    tcp-workers: {workers}\n")
    });
    let (version, hostname, id) = match &options.identity {
        None => ("", "", ""),
        Some(identity) => (&*identity.version, &*identity.hostname, &*identity.id),
    };
    let (module, global) = match &options.cookie_secret {
        None => (String::new(), ""),
        Some(secret) => (
            format!("mod-cookies:\n  - id: cookies\n    secret: 0x{secret}\n"),
            "    global-module: mod-cookies/cookies\n",
        ),
    };
    let (first, peers) = (&options.global, peers(options));
    let mut text = format!(
        "{first}server:\n    rundir: \"{folder}\"\n    listen: {ip}@{port}\n    identity: \"{hostname}\"\n    \
         version: \"{version}\"\n    nsid: \"{id}\"\n{workers}control:\n    listen: \"{folder}/knot.sock\"\n\
         log:\n  - target: stderr\n    any: info\ndatabase:\n    storage: \"{folder}\"\n\
         {module}{peers}template:\n  - id: default\n    storage: \"{folder}\"\n    semantic-checks: soft\n    \
         zonefile-sync: -1\n    zonefile-load: whole\n    journal-content: none\n{global}zone:\n"
    );
    for zone in &options.zones {
        let (origin, file) = (&zone.origin, zone.file.display());
        text += &format!("  - domain: \"{origin}\"\n    file: \"{file}\"\n");
        for line in options.zone_config.lines() {
            text += &format!("    {}\n", line.trim());
        }
        match &zone.role {
            Role::Plain => {}
            Role::Primary { notify, .. } => {
                let told: Vec<String> = (0..notify.len())
                    .map(|at| format!("\"{origin} {at}\""))
                    .collect();
                let told = told.join(", ");
                text += &format!(
                    "    acl: \"{origin}\"\n    notify: [ {told} ]\n    journal-content: changes\n"
                );
            }
            Role::Secondary { .. } => {
                text += &format!("    acl: \"{origin}\"\n    master: \"{origin} 0\"\n");
            }
        }
    }
    text + &options.config
}

/// Keys, the servers that zones have to do with, and what these may do.
fn peers(options: &Options) -> String {
    let (mut keys, mut remotes, mut acls) = (String::new(), String::new(), String::new());
    for key in options.keys() {
        let (name, secret) = (&key.name, &key.secret);
        keys += &format!("  - id: {name}\n    algorithm: hmac-sha256\n    secret: {secret}\n");
    }
    for zone in &options.zones {
        let origin = &zone.origin;
        let mut remote = |at: usize, server: &SocketAddr, key: &Key| {
            let (ip, port, key) = (server.ip(), server.port(), &key.name);
            remotes +=
                &format!("  - id: \"{origin} {at}\"\n    address: {ip}@{port}\n    key: {key}\n");
        };
        match &zone.role {
            Role::Plain => {}
            Role::Primary { key, notify } => {
                for (at, server) in notify.iter().enumerate() {
                    remote(at, server, key);
                }
                let key = &key.name;
                acls += &format!(
                    "  - id: \"{origin}\"\n    key: {key}\n    action: [ transfer, update ]\n"
                );
            }
            Role::Secondary { of, key, .. } => {
                remote(0, of, key);
                acls += &format!(
                    "  - id: \"{origin}\"\n    address: {}\n    action: [ transfer, notify ]\n",
                    of.ip()
                );
            }
        }
    }
    let section = |name: &str, text: String| match text.is_empty() {
        true => text,
        false => format!("{name}:\n{text}"),
    };
    section("key", keys) + &section("remote", remotes) + &section("acl", acls)
}
