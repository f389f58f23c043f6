//! Knot DNS: `knotd -c FILE`.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use crate::options::Options;

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
    let first = &options.global;
    let mut text = format!(
        "{first}server:\n    rundir: \"{folder}\"\n    listen: {ip}@{port}\n    identity: \"{hostname}\"\n    \
         version: \"{version}\"\n    nsid: \"{id}\"\n{workers}control:\n    listen: \"{folder}/knot.sock\"\n\
         log:\n  - target: stderr\n    any: info\ndatabase:\n    storage: \"{folder}\"\n\
         {module}template:\n  - id: default\n    storage: \"{folder}\"\n    semantic-checks: soft\n    \
         zonefile-sync: -1\n    zonefile-load: whole\n    journal-content: none\n{global}zone:\n"
    );
    for zone in &options.zones {
        let (origin, file) = (&zone.origin, zone.file.display());
        text += &format!("  - domain: \"{origin}\"\n    file: \"{file}\"\n");
        for line in options.zone_config.lines() {
            text += &format!("    {}\n", line.trim());
        }
    }
    text + &options.config
}
