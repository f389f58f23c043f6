//! Who, and what is granted to them: `key:NAME`, `CIDR`, rules of updates.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use wire::{Name, Rtype};

use super::{Wrong, zone_name};
use crate::problem::Quoted;
use crate::settings::{OfZone, Primary, PrimaryTls, UpdateNames, UpdateRule, UpdateTypes, Who};

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

/// The name of a catalog: what stands below it needs room.
pub(crate) fn catalog_name(text: &str) -> Result<Name, Wrong> {
    let name = zone_name(text)?.as_ref().to_lowercase();
    if name.as_bytes().len() > LONGEST_CATALOG {
        return Err(Wrong::expected(text, "a name of 200 bytes at most"));
    }
    if name.as_ref().is_root() {
        return Err(Wrong::expected(
            text,
            "a name below the root, such as catalog.example.org",
        ));
    }
    Ok(name)
}

/// `GROUP=ZONE[,ZONE...]`.
pub(crate) fn catalog_group(text: &str) -> Result<(String, Vec<Name>), Wrong> {
    let example = "such as --catalog-group signed=example.org,example.net";
    let (group, zones) = text
        .split_once('=')
        .filter(|(group, _)| !group.trim().is_empty())
        .ok_or_else(|| Wrong::expected(text, "GROUP=ZONE").hint(example))?;
    let group = group.trim();
    if group.len() > 255 {
        return Err(Wrong::expected(group, "a group of 255 bytes at most"));
    }
    let zone = |zone: &str| zone_name(zone.trim()).map(|zone| zone.as_ref().to_lowercase());
    let zones: Result<Vec<Name>, Wrong> = zones.split(',').map(zone).collect();
    Ok((group.to_owned(), zones?))
}

/// `grant|deny KEY KIND [NAME] [TYPE...] [takeover]`.
pub(crate) fn update_rule(text: &str) -> Result<UpdateRule, Wrong> {
    let mut words = text.trim_end_matches(';').split_whitespace().peekable();
    let grant = match words.next() {
        Some("grant") => true,
        Some("deny") => false,
        _ => {
            return Err(
                Wrong::expected(text, "a rule; expected grant or deny first").hint(EXAMPLE),
            );
        }
    };
    let missing = |what: &str| Wrong::new(format!("{} lacks {what}", Quoted(text))).hint(EXAMPLE);
    let identity = words.next().ok_or_else(|| missing("the name of a key"))?;
    let kind = words.next().ok_or_else(|| missing("a kind of rule"))?;
    let who = identity_of(identity, kind)?;
    let takes_name = matches!(kind, "name" | "subdomain" | "wildcard");
    let names = if takes_name {
        let name = words.next().ok_or_else(|| missing("a name"))?;
        let name = zone_name(name)?.as_ref().to_lowercase();
        match kind {
            "name" => UpdateNames::Name(name),
            "subdomain" => UpdateNames::Subdomain(name),
            _ if name.as_ref().is_wildcard() => UpdateNames::Wildcard(name),
            _ => {
                let wrong = Wrong::expected(&name.to_string(), "a wildcard, such as *.example.org");
                return Err(wrong);
            }
        }
    } else {
        // BIND wants a name here, which says nothing. No type of records has these letters.
        words.next_if(|word| word.contains(['.', '*']) || word.eq_ignore_ascii_case(identity));
        match kind {
            "self" => UpdateNames::SelfName,
            "selfsub" => UpdateNames::SelfSub,
            "selfwild" => UpdateNames::SelfWild,
            "tcp-self" => UpdateNames::TcpSelf,
            "zonesub" => UpdateNames::Zonesub,
            _ => {
                let what = "a kind of rule; expected name, subdomain, wildcard, zonesub, self, selfsub, \
                            selfwild or tcp-self";
                return Err(Wrong::expected(kind, what));
            }
        }
    };
    let mut words: Vec<&str> = words.collect();
    let takeover = words.last() == Some(&"takeover");
    if takeover {
        words.pop();
    }
    Ok(UpdateRule {
        grant,
        who,
        names,
        types: types(&words)?,
        takeover,
    })
}

fn identity_of(identity: &str, kind: &str) -> Result<Who, Wrong> {
    if identity == "*" {
        // Over TCP an address is proof enough.
        let everybody = ["0.0.0.0/0", "::/0"].map(|net| net.parse::<IpNet>().ok());
        return Ok(match everybody {
            [Some(_), Some(everybody)] if kind == "tcp-self" => Who::Network(everybody),
            _ => Who::AnyKey,
        });
    }
    match network(identity) {
        Some(net) => Ok(Who::Network(net)),
        None => key_name(identity.strip_prefix("key:").unwrap_or(identity)).map(Who::Key),
    }
}

fn types(words: &[&str]) -> Result<UpdateTypes, Wrong> {
    let mut types = Vec::new();
    for word in words {
        if word.eq_ignore_ascii_case("ANY") {
            return Ok(UpdateTypes::Any);
        }
        let rtype = Rtype::from_text(word.as_bytes()).filter(|rtype| !rtype.is_meta());
        types.push(rtype.ok_or_else(|| Wrong::expected(word, "a record type"))?);
    }
    Ok(if types.is_empty() {
        UpdateTypes::Ordinary
    } else {
        UpdateTypes::These(types)
    })
}

pub(crate) fn key_name(text: &str) -> Result<Name, Wrong> {
    match zone_name(text) {
        Ok(name) if !text.is_empty() => Ok(name.as_ref().to_lowercase()),
        _ => Err(Wrong::expected(text, "the name of a key")),
    }
}

fn network(text: &str) -> Option<IpNet> {
    let address = text.parse::<IpAddr>().ok().map(IpNet::from);
    address.or_else(|| text.parse::<IpNet>().ok().map(|net| net.trunc()))
}

/// The label of a member and two words stand in front of it.
const LONGEST_CATALOG: usize = 200;

const EXAMPLE: &str = "such as: grant dhcp subdomain dyn.example.org A AAAA";

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), None).unwrap()
    }

    fn said<T>(result: Result<T, Wrong>) -> String {
        result.err().map(|wrong| wrong.message).unwrap_or_default()
    }

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

    #[test]
    fn a_catalog_has_a_name_and_groups_of_zones() {
        assert_eq!(catalog_name("Cat.example").ok(), Some(name("cat.example.")));
        assert!(said(catalog_name(".")).contains("below the root"));
        let long = [
            "x".repeat(60),
            "x".repeat(60),
            "x".repeat(60),
            "x".repeat(60),
        ]
        .join(".");
        assert!(said(catalog_name(&long)).contains("200 bytes"));
        let (group, zones) = catalog_group("web=A.example, b.example").ok().unwrap();
        assert_eq!(
            (&*group, zones),
            ("web", vec![name("a.example."), name("b.example.")])
        );
        for text in ["web", "=a.example", "web=a..b"] {
            assert!(catalog_group(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rules_are_read_as_bind_writes_them() {
        let rule = |text: &str| update_rule(text).ok().unwrap();
        let dhcp = rule("grant DHCP subdomain dyn.example.org A AAAA;");
        assert!(dhcp.grant && !dhcp.takeover);
        assert_eq!(dhcp.who, Who::Key(name("dhcp.")));
        assert_eq!(dhcp.names, UpdateNames::Subdomain(name("dyn.example.org.")));
        assert_eq!(dhcp.types, UpdateTypes::These(vec![Rtype::A, Rtype::AAAA]));
        let own = rule("grant * self . ANY");
        assert_eq!((own.who, own.names), (Who::AnyKey, UpdateNames::SelfName));
        assert_eq!(own.types, UpdateTypes::Any);
        for nothing in ["", "*", ".", "k", "host.example.org"] {
            let own = rule(&format!("grant k selfsub {nothing} AAAA"));
            assert_eq!(
                own.types,
                UpdateTypes::These(vec![Rtype::AAAA]),
                "{nothing}"
            );
        }
        let all = rule("deny 10.0.0.0/8 zonesub");
        assert_eq!((all.grant, all.names), (false, UpdateNames::Zonesub));
        assert_eq!(all.types, UpdateTypes::Ordinary);
        let over = rule("grant key:ops zonesub ANY takeover");
        assert!(over.takeover);
        let reverse = rule("grant * tcp-self PTR");
        assert!(matches!(reverse.who, Who::Network(_)));
        let wild = rule("grant k wildcard *.example.org TXT");
        assert_eq!(wild.names, UpdateNames::Wildcard(name("*.example.org.")));
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_said() {
        let cases = [
            ("allow k zonesub", "expected grant or deny first"),
            ("grant", "lacks the name of a key"),
            ("grant k", "lacks a kind of rule"),
            ("grant k name", "lacks a name"),
            ("grant k anything", "is not a kind of rule"),
            ("grant k wildcard example.org", "is not a wildcard"),
            ("grant k zonesub SOMETHING", "is not a record type"),
            ("grant k zonesub AXFR", "is not a record type"),
        ];
        for (text, expected) in cases {
            let said = said(update_rule(text));
            assert!(said.contains(expected), "{text}: {said}");
        }
    }
}
