//! Name servers that take updates.

use std::time::Duration;

use wire::{Name, NameRef};

use super::provider::zone;
use super::reader::Reader;
use crate::problem::{Origin, Quoted};
use crate::settings::{DomainFilter, LoadBalancing, Rfc2136, TsigKey, TsigSecret};
use crate::value::Wrong;

/// The settings of the provider. `origin` is where the destination is.
pub(super) fn rfc2136(
    reader: &mut Reader,
    filter: &DomainFilter,
    origin: &Origin,
) -> Option<Rfc2136> {
    if reader.switch("rfc2136-gss-tsig") {
        let origin = reader.origin_of("rfc2136-gss-tsig");
        let wrong = Wrong::new("signing by Kerberos (GSS-TSIG) is not part of this build yet");
        let wrong = wrong.hint("use a TSIG key: --rfc2136-tsig-keyname and --rfc2136-tsig-secret");
        reader.problem_at("rfc2136-gss-tsig", &origin, wrong);
        return None;
    }
    let hosts = hosts(reader, origin);
    let use_tls = reader.switch("rfc2136-use-tls");
    let port = reader.number("rfc2136-port", 0_u16, 0, u16::MAX);
    let key = key(reader, origin);
    let axfr = reader.switch("rfc2136-axfr") | reader.switch("rfc2136-tsig-axfr");
    let zones = reader.all_filled("rfc2136-zone", zone);
    let mut names: Vec<Name> = Vec::new();
    for (name, _) in zones {
        let name = name.as_ref().to_lowercase();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let tls_files = tls_files(reader);
    if !use_tls {
        // They count for nothing then, in external-dns too.
        for name in ["rfc2136-skip-tls-verify", "tls-ca", "tls-client-cert"] {
            let is_said = reader.raw.values.contains_key(name);
            if is_said {
                let origin = reader.origin_of(name);
                let wrong = Wrong::new("this has no effect without --rfc2136-use-tls");
                reader.warning_at(name, &origin, wrong);
            }
        }
    }
    let (ca, certificate, certificate_key) = tls_files;
    Some(Rfc2136 {
        hosts,
        port: match port {
            0 if use_tls => 853,
            0 => 53,
            port => port,
        },
        hints: if names.is_empty() {
            hints(filter)
        } else {
            Vec::new()
        },
        zones: names,
        key: key?,
        axfr,
        min_ttl: reader.go_duration("rfc2136-min-ttl", Duration::ZERO),
        batch: reader.number("rfc2136-batch-change-size", 50_usize, 1, 1_000_000),
        use_tls,
        skip_tls_verify: reader.switch("rfc2136-skip-tls-verify"),
        tls_ca: ca,
        tls_certificate: certificate,
        tls_key: certificate_key,
        load_balancing: reader.word("rfc2136-load-balancing-strategy", STRATEGIES),
    })
}

type Files = (
    Option<std::path::PathBuf>,
    Option<std::path::PathBuf>,
    Option<std::path::PathBuf>,
);

fn tls_files(reader: &mut Reader) -> Files {
    let ca = reader.folder("tls-ca");
    let certificate = reader.folder("tls-client-cert");
    let key = reader.folder("tls-client-cert-key");
    if certificate.is_some() != key.is_some() {
        let origin = reader.origin_of("tls-client-cert");
        let wrong = Wrong::new("a certificate needs its key, and a key its certificate");
        let wrong = wrong.hint("give both --tls-client-cert and --tls-client-cert-key");
        reader.problem_at("tls-client-cert", &origin, wrong);
    }
    (ca, certificate, key)
}

fn hosts(reader: &mut Reader, origin: &Origin) -> Vec<String> {
    let hosts = reader.all_filled("rfc2136-host", |text| {
        let with_port = !text.starts_with('[') && text.matches(':').count() == 1;
        if with_port || text.contains("://") || text.contains("]:") {
            let wrong = Wrong::expected(text, "the name or address of a server");
            return Err(wrong.hint("the port is said by --rfc2136-port, for all of them"));
        }
        if text.contains(',') {
            return Err(Wrong::new(format!("{} is not one server", Quoted(text)))
                .hint("repeat the flag for each server; a variable has a line for each"));
        }
        Ok(text.to_owned())
    });
    let hosts: Vec<String> = hosts.into_iter().map(|(host, _)| host).collect();
    if hosts.is_empty() && reader.problems.is_empty() {
        let wrong = Wrong::new("there is no name server to write to");
        let wrong = wrong.hint("name it with --rfc2136-host");
        reader.problem_at("rfc2136-host", origin, wrong);
    }
    hosts
}

/// What requests are signed with; `None` if that is wrong.
fn key(reader: &mut Reader, origin: &Origin) -> Option<TsigKey> {
    let insecure = reader.switch("rfc2136-insecure");
    let name = reader.filled("rfc2136-tsig-keyname", |text| {
        Name::from_text(text.as_bytes(), Some(NameRef::ROOT))
            .map_err(|error| Wrong::new(format!("{} is no name of a key: {error}", Quoted(text))))
    });
    let secret = reader.optional("rfc2136-tsig-secret");
    let algorithm = reader.filled("rfc2136-tsig-secret-alg", |text| {
        let plain = text.trim_end_matches('.').to_ascii_lowercase();
        if ALGORITHMS.contains(&&*plain) {
            Ok(plain)
        } else {
            let wrong = Wrong::expected(text, "an algorithm");
            Err(wrong.hint(format!("there are {}", ALGORITHMS.join(", "))))
        }
    });
    let file = reader.folder("rfc2136-tsig-key-file");
    if insecure {
        return Some(TsigKey::None);
    }
    let (at, message, hint) = match (name, secret, file) {
        (_, Some(_), Some(_)) => (
            "rfc2136-tsig-key-file",
            "there is a --rfc2136-tsig-secret too; which one is meant?",
            "leave one of them out",
        ),
        (name, None, Some(path)) => return Some(TsigKey::File { path, name }),
        (Some(name), Some(secret), None) => {
            // external-dns asks for it to be said; most keys are of this one.
            let algorithm = algorithm.unwrap_or_else(|| "hmac-sha256".to_owned());
            let secret = TsigSecret(secret);
            return Some(TsigKey::Given {
                name,
                algorithm,
                secret,
            });
        }
        (Some(_), None, None) => (
            "rfc2136-tsig-keyname",
            "the key has no secret",
            "set EXTERNAL_DNS_RFC2136_TSIG_SECRET, or name a file of it with --rfc2136-tsig-key-file",
        ),
        (None, Some(_), None) => (
            "rfc2136-tsig-secret",
            "the key has no name",
            "name it with --rfc2136-tsig-keyname, as the server does",
        ),
        (None, None, None) => (
            "rfc2136-tsig-keyname",
            "there is no key to sign updates with",
            "set --rfc2136-tsig-keyname and --rfc2136-tsig-secret, or --rfc2136-insecure if the server \
             takes updates by address",
        ),
    };
    if reader.problems.is_empty() {
        let origin = match reader.raw.values.contains_key(at) {
            true => reader.origin_of(at),
            false => origin.clone(),
        };
        reader.problem_at(at, &origin, Wrong::new(message).hint(hint));
    }
    None
}

/// Names that a filter is about, to look for their zones.
fn hints(filter: &DomainFilter) -> Vec<Name> {
    let DomainFilter::Lists { include, .. } = filter else {
        return Vec::new();
    };
    let names = include.iter().filter_map(|text| {
        let text = text.trim_start_matches('.').trim_start_matches("*.");
        zone(text).ok().map(|name| name.as_ref().to_lowercase())
    });
    names.collect()
}

const ALGORITHMS: [&str; 9] = [
    "hmac-md5",
    "hmac-sha1",
    "hmac-sha224",
    "hmac-sha256",
    "hmac-sha256-128",
    "hmac-sha384",
    "hmac-sha384-192",
    "hmac-sha512",
    "hmac-sha512-256",
];

const STRATEGIES: &[(&str, LoadBalancing)] = &[
    ("disabled", LoadBalancing::Disabled),
    ("random", LoadBalancing::Random),
    ("round-robin", LoadBalancing::RoundRobin),
];
