//! From what was typed to checked settings: the one place with messages about wrong settings.
//!
//! Everything is looked at before anything is reported, so one run shows all mistakes.

mod claims;
mod destination;
mod followed;
mod hosted;
mod listen_tls;
mod provider;
mod reader;
mod registry;
mod replicas;
mod rfc2136;
mod rules;
mod sync;
mod types;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::reader::Reader;
use crate::problem::{Origin, Problem, Problems, Quoted};
use crate::raw::Raw;
use crate::settings::{
    Access, Answers, AuditLog, Config, ControlSocket, Cookies, CountedClients, Gso, Listen, Log,
    LogFormat, LogLevel, Objects, OfZone, Peers, Process, RateLimit, SerialPolicy, Sync, Tcp, Udp,
    ZoneFile, Zones,
};
use crate::typed::Typed;
use crate::value::{self, Wrong};

/// Judges all settings.
pub(crate) fn check(raw: Raw) -> Result<Config, Problems> {
    let given = raw.to_string();
    let mut reader = Reader::new(raw);
    let zones = zones(&mut reader);
    let sync = sync::sync(&mut reader).map(Box::new);
    if zones.files.is_empty()
        && zones.dirs.is_empty()
        && sync.is_none()
        && !reader.raw.values.contains_key("secondary")
        && !reader.raw.values.contains_key("secondary-catalog")
        && reader.problems.is_empty()
    {
        let problem = Problem::of_file(Origin::Flag, "there is no zone to serve");
        reader.problems.push(problem.hint(
            "name a folder of NAME.zone files with --zone-dir DIR, a master file with --zone-file PATH, \
             or where names come from with --source KIND or --manifests PATH",
        ));
    }
    let peers = peers(&mut reader, &zones, sync.as_deref());
    let replicas = replicas::replicas(&mut reader, &peers, sync.as_deref());
    let config = Config {
        zones,
        listen: listen(&mut reader),
        listen_tls: listen_tls::listen_tls(&mut reader, &peers),
        udp: Udp {
            workers: reader
                .once("udp-workers", |text| value::number(text, 1, 256))
                .and_then(NonZeroUsize::new),
            gso: reader.word("udp-gso", GSO),
        },
        tcp: Tcp {
            connections: reader.number("tcp-connections", 1_000, 1, 1_000_000),
            connections_per_client: reader.number("tcp-connections-per-client", 20, 1, 1_000_000),
            idle_timeout: reader.duration("tcp-idle-timeout", Duration::from_secs(10)),
            write_timeout: reader.duration("tcp-write-timeout", Duration::from_secs(5)),
        },
        proxy_protocol_from: reader.networks("proxy-protocol-from"),
        answers: Answers {
            edns_size: reader.number("edns-size", 1_232, 512, 4_096),
            nsid: reader.once("nsid", value::identifier).unwrap_or_default(),
            version_bind: reader.once("version-bind", value::short_text),
            hostname_bind: reader.once("hostname-bind", value::short_text),
            id_server: reader.once("id-server", value::short_text),
        },
        access: Access {
            allow: reader.networks("allow-query"),
            deny: reader.networks("deny-query"),
        },
        peers,
        replicas,
        rate_limit: rate_limit(&mut reader),
        cookies: cookies(&mut reader),
        metrics_address: metrics_address(&mut reader, sync.as_deref()),
        control_socket: control_socket(&mut reader),
        process: process(&mut reader),
        log: log(&mut reader),
        data_dir: reader.folder("data-dir"),
        sync,
        warnings: Vec::new(),
        given,
    };
    reader.check_forms();
    let config = Config {
        warnings: std::mem::take(&mut reader.warnings),
        ..config
    };
    if reader.problems.is_empty() {
        Ok(config)
    } else {
        Err(Problems::in_order(reader.problems))
    }
}

/// Judges where commands are taken, and nothing else: what `zonewright zone` needs.
pub(crate) fn check_control_socket(raw: Raw) -> Result<ControlSocket, Problems> {
    let mut reader = Reader::new(raw);
    reader.problems.clear();
    let socket = control_socket(&mut reader);
    if reader.problems.is_empty() {
        Ok(socket)
    } else {
        Err(Problems(reader.problems))
    }
}

fn zones(reader: &mut Reader) -> Zones {
    let mut files: Vec<(ZoneFile, Typed)> = reader.many("zone-file", value::zone_file);
    for zone in std::mem::take(&mut reader.raw.zones) {
        let result = match &zone.name {
            Some(name) => value::named_zone_file(&name.text, &zone.file),
            None => value::unnamed_zone_file(&zone.file),
        };
        let typed = Typed {
            text: zone.file.into(),
            origin: zone.origin,
        };
        match result {
            Ok(file) => files.push((file, typed)),
            Err(wrong) => reader.problem("zones", zone.name.as_ref().unwrap_or(&typed), wrong),
        }
    }
    let mut first: HashMap<String, PathBuf> = HashMap::new();
    for (file, typed) in &mut files {
        file.path = from_folder_of(&typed.origin, &file.path);
        let origin = file.origin.as_ref().to_lowercase().to_string();
        if let Some(earlier) = first.get(&origin) {
            let wrong = Wrong::new(format!(
                "zone {} has two files, {} and {}",
                Quoted(&origin),
                Quoted(&earlier.to_string_lossy()),
                Quoted(&file.path.to_string_lossy()),
            ));
            reader.problem("zone-file", typed, wrong);
        } else {
            first.insert(origin, file.path.clone());
        }
    }
    let dirs = reader.many("zone-dir", value::path);
    Zones {
        files: files.into_iter().map(|(file, _)| file).collect(),
        dirs: dirs
            .iter()
            .map(|(dir, typed)| from_folder_of(&typed.origin, dir))
            .collect(),
        strict: reader.switch("strict"),
    }
}

fn listen(reader: &mut Reader) -> Listen {
    let mut addresses = Vec::new();
    let given = reader.many("listen", |text| value::listen(text, Some(53)));
    for (group, typed) in given {
        for address in group {
            // Port 0 is another port each time.
            if addresses.contains(&address) && address.port() != 0 {
                let wrong = Wrong::new(format!("\"{address}\" is given twice"));
                reader.problem("listen", &typed, wrong);
            } else {
                addresses.push(address);
            }
        }
    }
    if reader.raw.values.contains_key("listen") {
        Listen::On(addresses)
    } else {
        Listen::Default
    }
}

fn peers(reader: &mut Reader, zones: &Zones, sync: Option<&Sync>) -> Peers {
    let key_files = reader.all_filled("key-file", value::path);
    let key_files = key_files
        .iter()
        .map(|(path, typed)| from_folder_of(&typed.origin, path));
    let key_files = key_files.collect();
    let keys = reader.all_filled("key", value::short_key);
    let followed = followed::followed(reader, zones, sync);
    Peers {
        key_files,
        keys: keys.into_iter().map(|(key, _)| key).collect(),
        transfers: of_zones(reader, "allow-transfer", value::who),
        notify: of_zones(reader, "notify", value::server),
        updates: of_zones(reader, "update-policy", value::update_rule),
        catalog: followed::catalog(reader, zones, sync, &followed),
        followed_tls: followed::tls(reader, &followed),
        followed,
        forward_updates: reader.switch("forward-updates"),
        serials: reader.word("serial-policy", SERIALS),
    }
}

fn of_zones<T>(
    reader: &mut Reader,
    name: &str,
    parse: impl Fn(&str) -> Result<T, Wrong>,
) -> Vec<OfZone<T>> {
    let values = reader.all_filled(name, |text| value::of_zone(text, &parse));
    values.into_iter().map(|(value, _)| value).collect()
}

fn rate_limit(reader: &mut Reader) -> Option<RateLimit> {
    let limit = RateLimit {
        rate: reader.number("rate-limit", 0, 0, 1_000_000),
        slip: reader.number("rate-limit-slip", 2, 0, 31),
        v4_bits: reader.number("rate-limit-prefix-v4", 24, 1, 32),
        v6_bits: reader.number("rate-limit-prefix-v6", 56, 1, 64),
        exempt: reader.networks("rate-limit-exempt"),
        clients: reader.word("rate-limit-clients", CLIENTS),
    };
    (limit.rate > 0).then_some(limit)
}

fn cookies(reader: &mut Reader) -> Option<Cookies> {
    let mut secrets = reader.many("cookie-secret", value::secret);
    if let Some((_, third)) = secrets.get(2) {
        let wrong = Wrong::new("more than two secrets; expected the active one and one more");
        let third = third.clone();
        reader.problem("cookie-secret", &third, wrong);
    }
    let mut secrets = secrets.drain(..).map(|(secret, _)| secret);
    reader.switch("cookies").then(|| Cookies {
        active: secrets.next(),
        other: secrets.next(),
    })
}

fn metrics_address(reader: &mut Reader, sync: Option<&Sync>) -> Option<SocketAddr> {
    let given = reader.once("metrics-address", |text| match text {
        "off" => Ok(Some(None)),
        // An argument that a chart left empty.
        "" => Ok(None),
        text => {
            let local = text.strip_prefix("localhost:");
            let local = local.map(|port| format!("127.0.0.1:{port}"));
            let addresses = value::listen(local.as_deref().unwrap_or(text), None)?;
            Ok(Some(addresses.into_iter().next()))
        }
    });
    let beside_a_cluster = sync.is_some_and(|sync| matches!(sync.objects, Objects::Cluster(_)));
    given
        .flatten()
        .unwrap_or_else(|| beside_a_cluster.then_some(CLUSTER_METRICS))
}

fn control_socket(reader: &mut Reader) -> ControlSocket {
    let typed = reader.raw.once("control-socket").cloned();
    match reader.once("control-socket", value::path) {
        Some(path) if path == Path::new("off") => ControlSocket::Off,
        Some(path) => {
            let origin = typed.map_or(Origin::Flag, |typed| typed.origin);
            ControlSocket::At(from_folder_of(&origin, &path))
        }
        None => ControlSocket::Default,
    }
}

fn process(reader: &mut Reader) -> Process {
    let process = Process {
        user: reader.once("user", value::text),
        group: reader.once("group", value::text),
        shutdown_delay: reader.go_duration("shutdown-delay", Duration::ZERO),
        audit_log: reader
            .typed("audit-log")
            .map(|typed| match typed.text.as_str() {
                "-" => AuditLog::Output,
                path => AuditLog::File(from_folder_of(&typed.origin, Path::new(path))),
            }),
    };
    if process.user.is_none()
        && let Some(typed) = reader.raw.once("group").cloned()
    {
        reader.problem("group", &typed, Wrong::new("a group needs a --user too"));
    }
    process
}

fn log(reader: &mut Reader) -> Log {
    Log {
        format: reader.word("log-format", FORMATS),
        level: reader.word("log-level", LEVELS),
    }
}

/// A path of a settings file starts at the folder of the file.
fn from_folder_of(origin: &Origin, path: &Path) -> PathBuf {
    match origin {
        Origin::File { path: file, .. } => Path::new(file)
            .parent()
            .unwrap_or_else(|| Path::new(""))
            .join(path),
        Origin::Environment(_) | Origin::Flag => path.to_owned(),
    }
}

/// Where external-dns offers its metrics, and its chart looks for them.
const CLUSTER_METRICS: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 7979));

const GSO: &[(&str, Gso)] = &[("auto", Gso::Auto), ("on", Gso::On), ("off", Gso::Off)];

const CLIENTS: &[(&str, CountedClients)] = &[
    ("global", CountedClients::Global),
    ("all", CountedClients::All),
];

const SERIALS: &[(&str, SerialPolicy)] = &[
    ("increment", SerialPolicy::Increment),
    ("unixtime", SerialPolicy::UnixTime),
    ("date", SerialPolicy::Date),
];
const FORMATS: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];

const LEVELS: &[(&str, LogLevel)] = &[
    ("panic", LogLevel::Error),
    ("fatal", LogLevel::Error),
    ("error", LogLevel::Error),
    ("warning", LogLevel::Warning),
    ("warn", LogLevel::Warning),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

#[cfg(test)]
mod tests;
