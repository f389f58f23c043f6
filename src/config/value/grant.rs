//! To whom something is granted: `key:NAME`, `CIDR`, `cert:NAME`; and what holds for one zone only.

use std::net::IpAddr;

use ipnet::IpNet;
use wire::Name;

use super::{Wrong, zone_name};
use crate::problem::Quoted;
use crate::settings::{OfZone, Who};

/// `[ZONE=]VALUE`.
pub(crate) fn of_zone<T>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, Wrong>,
) -> Result<OfZone<T>, Wrong> {
    let Some((zone, value)) = text.split_once('=') else {
        let value = parse(text)?;
        return Ok(OfZone { zone: None, value });
    };
    let zone = zone_name(zone.trim())?.as_ref().to_lowercase();
    Ok(OfZone {
        zone: Some(zone),
        value: parse(value.trim())?,
    })
}

/// `key:NAME`, `key:NAME@CIDR`, `CIDR`, `cert:NAME`, or several of them and `tls`, by commas.
pub(crate) fn who(text: &str) -> Result<Who, Wrong> {
    let parts = text.split(',').map(|part| match part.trim() {
        "tls" => Ok(Who::Tls),
        part => one(part),
    });
    let mut parts: Vec<Who> = parts.collect::<Result<_, _>>()?;
    if parts.iter().all(|part| *part == Who::Tls) {
        let wrong = Wrong::new(format!("{} says how, but not who", Quoted(text)));
        return Err(
            wrong.hint("such as key:transfer,tls or 192.0.2.0/24,tls or cert:ns2.example.org")
        );
    }
    Ok(match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => Who::All(parts.into_iter().chain(last).collect()),
    })
}

fn one(text: &str) -> Result<Who, Wrong> {
    match text.split_once(':') {
        Some(("key", key)) => key_from(key),
        Some(("cert", "*")) => Ok(Who::AnyCertificate),
        Some(("cert", name)) => certificate_name(name).map(Who::Certificate),
        _ => network(text).map(Who::Network).ok_or_else(|| {
            let wrong = Wrong::expected(
                text,
                "a client; expected key:NAME, cert:NAME, an address or a network such as 192.0.2.0/24",
            );
            wrong.hint_if(zone_name(text).is_ok(), || {
                format!("for a key, write key:{text}")
            })
        }),
    }
}

fn key_from(text: &str) -> Result<Who, Wrong> {
    let Some((key, from)) = text.split_once('@') else {
        return Ok(Who::Key(key_name(text)?));
    };
    let from = network(from)
        .ok_or_else(|| Wrong::expected(from, "an address or a network such as 192.0.2.0/24"))?;
    Ok(Who::KeyFrom(key_name(key)?, from))
}

/// A name that a certificate may have.
fn certificate_name(text: &str) -> Result<String, Wrong> {
    let name = text.trim_end_matches('.');
    let host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_host = zone_name(name).is_ok() && name.bytes().all(host);
    match !name.is_empty() && (is_host || name.parse::<IpAddr>().is_ok()) {
        true => Ok(name.to_ascii_lowercase()),
        false => Err(Wrong::expected(
            text,
            "a name of a certificate; expected one of a host, an address, or * for any",
        )),
    }
}

/// The name of a key.
pub(crate) fn key_name(text: &str) -> Result<Name, Wrong> {
    match zone_name(text) {
        Ok(name) if !text.is_empty() => Ok(name.as_ref().to_lowercase()),
        _ => Err(Wrong::expected(text, "the name of a key")),
    }
}

/// A network, or an address alone; bits beyond its length count for nothing.
pub(super) fn network(text: &str) -> Option<IpNet> {
    let address = text.parse::<IpAddr>().ok().map(IpNet::from);
    address.or_else(|| text.parse::<IpNet>().ok().map(|net| net.trunc()))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{name, said};
    use super::super::server;
    use super::*;

    #[test]
    fn clients_are_keys_networks_or_both() {
        let net = |text: &str| text.parse::<IpNet>().unwrap();
        let cases = [
            ("key:Xfr", Who::Key(name("xfr."))),
            ("192.0.2.1", Who::Network(net("192.0.2.1/32"))),
            ("2001:db8::/32", Who::Network(net("2001:db8::/32"))),
            (
                "key:xfr@10.0.0.0/8",
                Who::KeyFrom(name("xfr."), net("10.0.0.0/8")),
            ),
            ("cert:NS2.e.org.", Who::Certificate("ns2.e.org".to_owned())),
            (
                "cert:2001:db8::1",
                Who::Certificate("2001:db8::1".to_owned()),
            ),
            ("cert:*", Who::AnyCertificate),
            (
                "192.0.2.1, tls",
                Who::All(vec![Who::Network(net("192.0.2.1/32")), Who::Tls]),
            ),
            (
                "key:xfr,cert:ns2.e.org",
                Who::All(vec![
                    Who::Key(name("xfr.")),
                    Who::Certificate("ns2.e.org".to_owned()),
                ]),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(who(text).ok(), Some(expected), "{text}");
        }
        assert!(said(who("tls")).contains("says how, but not who"));
        assert!(said(who("cert:")).contains("a name of a certificate"));
        assert!(said(who("cert:*.e.org")).contains("a name of a certificate"));
        assert!(said(who("key:xfr,")).contains("a client"));
        assert!(said(who("xfr")).contains("expected key:NAME"));
        assert!(said(who("key:")).contains("the name of a key"));
        assert!(said(who("key:x@y")).contains("a network"));
    }

    #[test]
    fn a_zone_may_stand_before_its_value() {
        let one = of_zone("Example.ORG=192.0.2.1", server).ok().unwrap();
        assert_eq!(one.zone, Some(name("example.org.")));
        assert_eq!(one.value.to_string(), "192.0.2.1:53");
        let all = of_zone("[2001:db8::1]:5300", server).ok().unwrap();
        assert_eq!((all.zone, all.value.port()), (None, 5300));
        assert_eq!(server("2001:db8::1").ok().unwrap().port(), 53);
        assert!(said(server("ns1.example.org")).contains("the address of a server"));
    }
}
