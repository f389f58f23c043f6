//! PowerDNS: `pdns_server` with its zone-file backend (`launch=bind`).

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
    fs::write(folder.join("pdns.conf"), config(folder, address, options))?;
    fs::write(folder.join("zones.conf"), zones(options))?;
    Ok(vec![
        format!("--config-dir={}", folder.display()),
        "--guardian=no".into(),
        "--daemon=no".into(),
    ])
}

fn config(folder: &Path, address: SocketAddr, options: &Options) -> String {
    let (ip, port) = (address.ip(), address.port());
    let folder = folder.display();
    let extra = &options.config;
    let workers = options.workers.map_or_else(String::new, |workers| {
        format!("receiver-threads={workers}\ndistributor-threads={workers}\n")
    });
    format!(
        "local-address={ip}\nlocal-port={port}\nlaunch=bind\nbind-config={folder}/zones.conf\n\
         socket-dir={folder}\nversion-string=anonymous\nserver-id=disabled\n\
         disable-axfr=yes\nsecurity-poll-suffix=\nloglevel=4\n{workers}{extra}\n"
    )
}

fn zones(options: &Options) -> String {
    let mut text = String::new();
    for zone in &options.zones {
        let (origin, file) = (&zone.origin, zone.file.display());
        text += &format!("zone \"{origin}\" {{ type native; file \"{file}\"; }};\n");
    }
    text
}
