//! Name servers that take updates.

use std::time::Duration;

use wire::{Name, NameRef};

use super::reader::Reader;
use crate::problem::{Origin, Quoted};
use crate::settings::{
    DomainFilter, Kerberos, KerberosProof, LoadBalancing, Rfc2136, TsigKey, TsigSecret,
};
use crate::value::{self, Wrong};

/// The settings of the provider. `origin` is where the destination is.
pub(super) fn rfc2136(
    reader: &mut Reader,
    filter: &DomainFilter,
    origin: &Origin,
) -> Option<Rfc2136> {
    let hosts = hosts(reader, origin);
    let use_tls = reader.switch("rfc2136-use-tls");
    let port = reader.number("rfc2136-port", 0_u16, 0, u16::MAX);
    let key = match reader.switch("rfc2136-gss-tsig") {
        true => kerberos(reader, &hosts).map(TsigKey::Kerberos),
        false => key(reader, origin),
    };
    let axfr = reader.switch("rfc2136-axfr") | reader.switch("rfc2136-tsig-axfr");
    let zones = reader.all_filled("rfc2136-zone", value::zone);
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
    let secret = reader.secret("rfc2136-tsig-secret");
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

/// Who signs by Kerberos; `None` if that is wrong.
fn kerberos(reader: &mut Reader, hosts: &[String]) -> Option<Kerberos> {
    let before = reader.problems.len();
    let at = "rfc2136-gss-tsig";
    let here = reader.origin_of(at);
    if reader.switch("rfc2136-insecure") {
        let wrong = Wrong::new("there is --rfc2136-insecure too; are updates signed or not?");
        reader.problem_at(at, &here, wrong.hint("leave one of them out"));
    }
    for other in [
        "rfc2136-tsig-keyname",
        "rfc2136-tsig-secret",
        "rfc2136-tsig-key-file",
    ] {
        if reader.raw.values.contains_key(other) {
            let origin = reader.origin_of(other);
            let wrong = Wrong::new("this has no effect beside --rfc2136-gss-tsig");
            reader.warning_at(other, &origin, wrong);
        }
    }
    let is_address = |host: &String| {
        let inner = host.trim_start_matches('[').trim_end_matches(']');
        inner.parse::<std::net::IpAddr>().is_ok()
    };
    if let Some(host) = hosts.iter().find(|host| is_address(host)) {
        let origin = reader.origin_of("rfc2136-host");
        let wrong = Wrong::new(format!(
            "{} is an address, and Kerberos knows servers by their names",
            Quoted(host)
        ));
        let wrong = wrong.hint("give the name that is in the server's service principal, DNS/NAME");
        reader.problem_at("rfc2136-host", &origin, wrong);
    }
    let realm = reader.filled("rfc2136-kerberos-realm", |text| Ok(text.to_uppercase()));
    let user = reader.filled("rfc2136-kerberos-username", |text| {
        if text.contains('\\') {
            let wrong = Wrong::new(format!("{} has a domain in it", Quoted(text)));
            return Err(wrong.hint("give the name behind the backslash"));
        }
        Ok(text.to_owned())
    });
    let proof = proof(reader);
    let user = match (user, &realm) {
        // As directories show it; the realm is said already.
        (Some(user), Some(realm)) => match user.split_once('@') {
            Some((name, of)) if of.eq_ignore_ascii_case(realm) => Some(name.to_owned()),
            Some(_) => {
                let origin = reader.origin_of("rfc2136-kerberos-username");
                let wrong = Wrong::new(format!("{} has another realm than {realm}", Quoted(&user)));
                let wrong = wrong.hint("give the name before the @, as in sAMAccountName");
                reader.problem_at("rfc2136-kerberos-username", &origin, wrong);
                None
            }
            None => Some(user),
        },
        (user, _) => user,
    };
    if reader.problems.len() > before {
        return None;
    }
    let (Some(user), Some(realm), Some(proof)) = (&user, &realm, &proof) else {
        let missing = [
            ("username", user.is_some()),
            ("password", proof.is_some()),
            ("realm", realm.is_some()),
        ];
        for (name, _) in missing.iter().filter(|(_, is_said)| !is_said) {
            let wrong = Wrong::new(format!("signing by Kerberos needs a {name}"));
            let variable = name.to_uppercase();
            let hint = format!(
                "set --rfc2136-kerberos-{name} or EXTERNAL_DNS_RFC2136_KERBEROS_{variable}"
            );
            reader.problem_at(at, &here, wrong.hint(hint));
        }
        return None;
    };
    Some(Kerberos {
        user: user.clone(),
        realm: realm.clone(),
        proof: proof.clone(),
    })
}

/// The password or the keytab of the user.
fn proof(reader: &mut Reader) -> Option<KerberosProof> {
    let keytab = reader.folder("rfc2136-kerberos-keytab");
    let password = reader.secret("rfc2136-kerberos-password");
    if keytab.is_some() && password.is_some() {
        let origin = reader.origin_of("rfc2136-kerberos-keytab");
        let wrong = Wrong::new("there is a password of the user too; which one counts?");
        let wrong = wrong.hint("leave one of them out");
        reader.problem_at("rfc2136-kerberos-keytab", &origin, wrong);
    }
    match keytab {
        Some(keytab) => Some(KerberosProof::Keytab(keytab)),
        None => password.map(KerberosProof::Password),
    }
}

/// Names that a filter is about, to look for their zones.
fn hints(filter: &DomainFilter) -> Vec<Name> {
    let DomainFilter::Lists { include, .. } = filter else {
        return Vec::new();
    };
    let names = include.iter().filter_map(|text| {
        let text = text.trim_start_matches('.').trim_start_matches("*.");
        value::zone(text)
            .ok()
            .map(|name| name.as_ref().to_lowercase())
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
