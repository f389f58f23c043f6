//! BIND: `named -g` with one file.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use crate::options::{Options, Zone};
use crate::role::{Key, Role};

pub(super) fn arguments(
    folder: &Path,
    address: SocketAddr,
    options: &Options,
) -> io::Result<Vec<String>> {
    let file = folder.join("named.conf");
    fs::write(&file, config(folder, address, options))?;
    let mut arguments = vec!["-g".into(), "-c".into(), file.display().to_string()];
    if let Some(workers) = options.workers {
        arguments.extend(["-n".into(), workers.to_string()]);
    }
    Ok(arguments)
}

fn config(folder: &Path, address: SocketAddr, options: &Options) -> String {
    let (port, ip) = (address.port(), address.ip());
    let (v4, v6) = if address.is_ipv4() {
        (format!("{ip};"), "none;".to_owned())
    } else {
        ("none;".to_owned(), format!("{ip};"))
    };
    let folder = folder.display();
    let minimal = match options.minimal {
        Some(true) => "minimal-responses yes;",
        Some(false) => "minimal-responses no;",
        None => "",
    };
    let identity = match &options.identity {
        None => "version none;\nhostname none;\nserver-id none;".to_owned(),
        Some(identity) => format!(
            "version \"{}\";\nhostname \"{}\";\nserver-id \"{}\";",
            identity.version, identity.hostname, identity.id
        ),
    };
    let cookies = options
        .cookie_secret
        .as_ref()
        .map_or_else(String::new, |secret| {
            format!("cookie-algorithm siphash24;\ncookie-secret \"{secret}\";")
        });
    let (extra, global) = (&options.config, &options.global);
    let mut text = format!(
        "{global}options {{\n\
         directory \"{folder}\";\npid-file none;\nsession-keyfile none;\nlock-file none;\n\
         listen-on port {port} {{ {v4} }};\nlisten-on-v6 port {port} {{ {v6} }};\n\
         recursion no;\ndnssec-validation no;\nempty-zones-enable no;\nnotify no;\n\
         allow-transfer {{ none; }};\n{identity}\n{cookies}\n\
         check-names primary ignore;\n{minimal}\n{extra}\n}};\ncontrols {{}};\n"
    );
    text.extend(options.keys().into_iter().map(Key::clause));
    let zones = options.zones.iter();
    text.extend(zones.map(|one| zone(one, &options.zone_config)));
    text
}

fn zone(zone: &Zone, more: &str) -> String {
    let (origin, file) = (&zone.origin, zone.file.display());
    let role = match &zone.role {
        Role::Plain => "type primary;".to_owned(),
        Role::Primary { key, notify } => {
            let key = &key.name;
            let told: String = notify
                .iter()
                .map(|server| format!("{} port {}; ", server.ip(), server.port()))
                .collect();
            // By default it sends a zone whole where the steps would be longer.
            format!(
                "type primary; allow-transfer {{ key \"{key}\"; }}; allow-update {{ key \"{key}\"; }}; \
                 notify explicit; notify-delay 0; also-notify {{ {told}}}; max-ixfr-ratio unlimited;"
            )
        }
        Role::Secondary { of, key, tls } => format!(
            "type secondary; primaries {{ {} port {} key \"{}\"{}; }}; allow-transfer {{ any; }}; \
             masterfile-format text;",
            of.ip(),
            of.port(),
            key.name,
            if *tls { " tls ours" } else { "" }
        ),
    };
    format!("zone \"{origin}\" {{ {role} file \"{file}\"; {more} }};\n")
}
