//! Other servers: their addresses, and the primaries of zones.

use std::net::{IpAddr, SocketAddr};

use wire::Name;

use super::grant::key_name;
use super::{Wrong, zone_name};
use crate::problem::Quoted;
use crate::settings::{Primary, PrimaryTls};

/// The address of a server, port 53 unless it says another.
pub(crate) fn server(text: &str) -> Result<SocketAddr, Wrong> {
    server_at(text, 53)
}

fn server_at(text: &str, port: u16) -> Result<SocketAddr, Wrong> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let bare: Option<IpAddr> = bare.unwrap_or(text).parse().ok();
    let address = match bare {
        Some(address) => Some(SocketAddr::from((address, port))),
        None => text.parse().ok(),
    };
    address.ok_or_else(|| {
        Wrong::expected(
            text,
            "the address of a server; expected ADDR or ADDR:PORT, such as 192.0.2.1:53",
        )
    })
}

/// `ZONE=ADDR[:PORT][,key:NAME][,tls[:NAME]]`.
pub(crate) fn primary(text: &str) -> Result<(Name, Primary), Wrong> {
    let example = "such as example.org=192.0.2.1,key:transfer";
    let Some((zone, from)) = text.split_once('=') else {
        return Err(Wrong::new(format!(
            "{} lacks ZONE= or the address of a primary",
            Quoted(text)
        ))
        .hint(example));
    };
    let zone = zone_name(zone.trim())?.as_ref().to_lowercase();
    let mut parts = from.split(',').map(str::trim);
    let address = parts.next().unwrap_or_default();
    let (mut key, mut tls) = (None, PrimaryTls::Off);
    for part in parts {
        match part.split_once(':') {
            Some(("key", name)) => key = Some(key_name(name)?),
            Some(("tls", name)) if !name.trim().is_empty() => {
                tls = PrimaryTls::Name(name.trim().trim_end_matches('.').to_owned());
            }
            None if part == "tls" => tls = PrimaryTls::Address,
            _ => {
                let wrong =
                    Wrong::expected(part, "a key or TLS; expected key:NAME, tls or tls:NAME");
                return Err(wrong.hint(example));
            }
        }
    }
    let port = if tls == PrimaryTls::Off { 53 } else { 853 };
    let address = server_at(address, port)?;
    Ok((zone, Primary { address, key, tls }))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{name, said};
    use super::*;

    #[test]
    fn a_primary_is_an_address_and_perhaps_a_key() {
        let (zone, one) = primary("Example.ORG=192.0.2.1").ok().unwrap();
        assert_eq!(
            (zone, one.address.port(), one.key),
            (name("example.org."), 53, None)
        );
        let (_, signed) = primary("e.org=[2001:db8::1]:5300, key:Xfr").ok().unwrap();
        assert_eq!(
            (signed.address.port(), signed.key),
            (5300, Some(name("xfr.")))
        );
        assert_eq!(signed.tls, PrimaryTls::Off);
        let (_, both) = primary("e.org=192.0.2.1,key:xfr, tls:ns1.e.org")
            .ok()
            .unwrap();
        assert_eq!(both.tls, PrimaryTls::Name("ns1.e.org".to_owned()));
        assert_eq!((both.address.port(), both.key), (853, Some(name("xfr."))));
        let (_, tls) = primary("e.org=192.0.2.1:53,tls").ok().unwrap();
        assert_eq!((tls.address.port(), tls.tls), (53, PrimaryTls::Address));
        let cases = [
            ("192.0.2.1", "lacks ZONE="),
            ("e.org=ns1.example.org", "the address of a server"),
            ("e.org=192.0.2.1,xfr", "is not a key or TLS"),
            ("e.org=192.0.2.1,tls:", "is not a key or TLS"),
            ("e.org=192.0.2.1,key:", "the name of a key"),
        ];
        for (text, expected) in cases {
            let said = said(primary(text));
            assert!(said.contains(expected), "{text}: {said}");
        }
    }
}
