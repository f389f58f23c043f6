//! Where and how zones are served by TLS; and that what is granted by TLS can be asked for by it.

use std::net::SocketAddr;

use super::reader::Reader;
use crate::problem::Quoted;
use crate::settings::{ClientCertificates, ListenTls, Peers, Who};
use crate::value::{self, Wrong};

/// Judges it.
pub(super) fn listen_tls(reader: &mut Reader, peers: &Peers) -> Option<ListenTls> {
    let addresses = addresses(reader);
    let certificate = reader.folder("listen-tls-cert");
    let key = reader.folder("listen-tls-cert-key");
    let client_ca = reader.folder("listen-tls-client-ca");
    let client_certificates = reader.word("listen-tls-client-cert", CLIENTS);
    let given = reader.raw.values.get("listen-tls").into_iter().flatten();
    // What a chart leaves empty counts as nothing.
    let is_wanted = given.clone().any(|typed| !typed.text.trim().is_empty());
    granted(reader, peers, is_wanted, client_ca.is_some());
    if !is_wanted {
        for name in [
            "listen-tls-cert",
            "listen-tls-cert-key",
            "listen-tls-client-ca",
        ] {
            if reader.raw.values.contains_key(name) {
                let origin = reader.origin_of(name);
                let wrong = Wrong::new("this has no effect: TLS is spoken nowhere");
                let wrong = wrong.hint("say where: --listen-tls :853");
                reader.warning_at(name, &origin, wrong);
            }
        }
        return None;
    }
    if client_ca.is_none() && reader.raw.values.contains_key("listen-tls-client-cert") {
        let origin = reader.origin_of("listen-tls-client-cert");
        let wrong = Wrong::new("this has no effect: no certificate of a client is trusted");
        let wrong = wrong.hint("name those who make them: --listen-tls-client-ca FILE");
        reader.warning_at("listen-tls-client-cert", &origin, wrong);
    }
    let (Some(certificate), Some(key)) = (certificate, key) else {
        let origin = reader.origin_of("listen-tls");
        let wrong = Wrong::new("TLS needs a certificate and its key");
        let wrong = wrong.hint("give both --listen-tls-cert FILE and --listen-tls-cert-key FILE");
        reader.problem_at("listen-tls", &origin, wrong);
        return None;
    };
    (!addresses.is_empty()).then_some(ListenTls {
        addresses,
        certificate,
        key,
        client_ca,
        client_certificates,
    })
}

fn addresses(reader: &mut Reader) -> Vec<SocketAddr> {
    let mut addresses = Vec::new();
    for (group, typed) in reader.all_filled("listen-tls", |text| value::listen(text, Some(853))) {
        for address in group {
            // Port 0 is another port each time.
            if addresses.contains(&address) && address.port() != 0 {
                let wrong = Wrong::new(format!("\"{address}\" is given twice"));
                reader.problem("listen-tls", &typed, wrong);
            } else {
                addresses.push(address);
            }
        }
    }
    addresses
}

/// Whether somebody may have a transfer by a way that there is not: that would be a grant to nobody.
fn granted(reader: &mut Reader, peers: &Peers, tls: bool, certificates: bool) {
    let parts = || peers.transfers.iter().flat_map(|one| one.value.parts());
    let by_tls = parts().any(|part| *part == Who::Tls);
    let by_certificate =
        parts().any(|part| matches!(part, Who::Certificate(_) | Who::AnyCertificate));
    let missing = match (by_tls, by_certificate) {
        (true, _) if !tls => "--listen-tls",
        (_, true) if !certificates || !tls => "--listen-tls-client-ca",
        _ => return,
    };
    let origin = reader.origin_of("allow-transfer");
    let wrong = Wrong::new(format!(
        "a grant by TLS is for nobody without {}",
        Quoted(missing)
    ));
    let hint = "serve by TLS: --listen-tls :853 --listen-tls-cert FILE --listen-tls-cert-key FILE, and for \
                cert: also --listen-tls-client-ca FILE";
    reader.problem_at("allow-transfer", &origin, wrong.hint(hint));
}

const CLIENTS: &[(&str, ClientCertificates)] = &[
    ("require", ClientCertificates::Required),
    ("optional", ClientCertificates::Optional),
];
