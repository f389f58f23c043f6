//! NSD: `nsd -d -c FILE`.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use crate::options::Options;
use crate::role::Role;

pub(super) fn arguments(
    folder: &Path,
    address: SocketAddr,
    options: &Options,
) -> io::Result<Vec<String>> {
    let file = folder.join("nsd.conf");
    fs::write(&file, config(folder, address, options))?;
    Ok(vec!["-d".into(), "-c".into(), file.display().to_string()])
}

fn config(folder: &Path, address: SocketAddr, options: &Options) -> String {
    let (ip, port) = (address.ip(), address.port());
    let folder = folder.display();
    let minimal = match options.minimal {
        Some(true) => "    minimal-responses: yes\n",
        Some(false) => "    minimal-responses: no\n",
        None => "",
    };
    let identity = match &options.identity {
        None => "    hide-version: yes\n    hide-identity: yes\n".to_owned(),
        Some(identity) => format!(
            "    version: \"{}\"\n    identity: \"{}\"\n    nsid: \"ascii_{}\"\n",
            identity.version, identity.hostname, identity.id
        ),
    };
    let cookies = options
        .cookie_secret
        .as_ref()
        .map_or_else(String::new, |secret| {
            format!("    answer-cookie: yes\n    cookie-secret: \"{secret}\"\n")
        });
    let workers = options.workers.unwrap_or(1);
    let mut text = format!(
        "server:\n    ip-address: {ip}@{port}\n    port: {port}\n    server-count: {workers}\n    \
         username: \"\"\n    zonesdir: \"{folder}\"\n    database: \"\"\n    \
         zonelistfile: \"{folder}/zone.list\"\n    xfrdfile: \"{folder}/xfrd.state\"\n    \
         xfrdir: \"{folder}\"\n    pidfile: \"\"\n    rrl-ratelimit: 0\n    verbosity: 1\n{minimal}{identity}{cookies}"
    );
    for line in options.config.lines() {
        text += &format!("    {}\n", line.trim());
    }
    text.push_str(&options.global);
    text.push_str("remote-control:\n    control-enable: no\n");
    for key in options.keys() {
        let (name, secret) = (&key.name, &key.secret);
        text += &format!(
            "key:\n    name: \"{name}\"\n    algorithm: hmac-sha256\n    secret: \"{secret}\"\n"
        );
    }
    for zone in &options.zones {
        let (origin, file) = (&zone.origin, zone.file.display());
        text += &format!("zone:\n    name: \"{origin}\"\n    zonefile: \"{file}\"\n");
        match &zone.role {
            Role::Plain => {}
            Role::Primary { key, notify } => {
                text += &format!(
                    "    provide-xfr: 127.0.0.1 {}\n    store-ixfr: yes\n    create-ixfr: yes\n",
                    key.name
                );
                for server in notify {
                    text += &format!("    notify: {}@{} NOKEY\n", server.ip(), server.port());
                }
            }
            Role::Secondary { of, key, tls } => {
                text += &format!(
                    "    request-xfr: {}@{} {}{}\n    allow-notify: {} NOKEY\n    \
                     provide-xfr: 127.0.0.1 NOKEY\n",
                    of.ip(),
                    of.port(),
                    key.name,
                    if *tls { " ours" } else { "" },
                    of.ip()
                );
            }
        }
    }
    text
}
