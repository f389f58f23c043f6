//! PowerDNS: `pdns_server` with its zone-file backend (`launch=bind`).

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
    let is = |wanted: fn(&Role) -> bool| options.zones.iter().any(|zone| wanted(&zone.role));
    let transfers = match (
        is(|role| matches!(role, Role::Primary { .. })),
        is(|role| matches!(role, Role::Secondary { .. })),
    ) {
        (false, false) => "disable-axfr=yes",
        (true, _) => "primary=yes\nallow-axfr-ips=127.0.0.0/8\nonly-notify=",
        (false, true) => {
            "secondary=yes\nallow-axfr-ips=127.0.0.0/8\nxfr-cycle-interval=1\nonly-notify="
        }
    };
    format!(
        "local-address={ip}\nlocal-port={port}\nlaunch=bind\nbind-config={folder}/zones.conf\n\
         socket-dir={folder}\nversion-string=anonymous\nserver-id=disabled\n\
         {transfers}\nsecurity-poll-suffix=\nloglevel=4\n{workers}{extra}\n"
    )
}

fn zones(options: &Options) -> String {
    let mut text = String::new();
    for zone in &options.zones {
        let (origin, file) = (&zone.origin, zone.file.display());
        let role = match &zone.role {
            Role::Plain => "type native;".to_owned(),
            Role::Primary { notify, .. } => {
                let told: String = notify.iter().map(|server| format!("{server}; ")).collect();
                format!("type master; also-notify {{ {told}}};")
            }
            Role::Secondary { of, .. } => format!("type slave; masters {{ {of}; }};"),
        };
        text += &format!("zone \"{origin}\" {{ {role} file \"{file}\"; }};\n");
    }
    text
}
