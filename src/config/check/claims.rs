//! What only the settings file can say: address maps, and who may have which names.

use std::net::IpAddr;

use super::reader::Reader;
use super::types::record_type;
use crate::file::{FileAddressMap, FileClaim};
use crate::problem::Quoted;
use crate::settings::{AddressMap, Claim, NamePattern, RecordType};
use crate::typed::Typed;
use crate::value::{self, Wrong};

/// Address maps, in their order.
pub(super) fn address_maps(reader: &mut Reader, maps: &[FileAddressMap]) -> Vec<AddressMap> {
    let mut checked = Vec::new();
    for map in maps {
        match address_map(&map.from.text, &map.to.text) {
            Ok(map) => checked.push(map),
            Err(wrong) => reader.problem("addressMaps", &map.from, wrong),
        }
    }
    checked
}

fn address_map(from: &str, to: &str) -> Result<AddressMap, Wrong> {
    if let Ok(to) = to.parse::<IpAddr>() {
        let (first, last) = pool(from)?;
        if first.is_ipv4() != to.is_ipv4() {
            return Err(other_family(from, &to.to_string()));
        }
        return Ok(AddressMap::Pool { first, last, to });
    }
    let (from, to) = (value::network(from)?, value::network(to)?);
    if from.max_prefix_len() != to.max_prefix_len() {
        return Err(other_family(&from.to_string(), &to.to_string()));
    }
    if from.prefix_len() != to.prefix_len() {
        let wrong = Wrong::new(format!("\"{from}\" and \"{to}\" are not of the same size"));
        return Err(wrong.hint("map to a network of the same length, or all to one address"));
    }
    Ok(AddressMap::Network { from, to })
}

fn other_family(from: &str, to: &str) -> Wrong {
    Wrong::new(format!(
        "{} and {} are not both IPv4 or both IPv6",
        Quoted(from),
        Quoted(to)
    ))
}

/// The ends of `CIDR`, `ADDR` or `ADDR-ADDR`.
fn pool(text: &str) -> Result<(IpAddr, IpAddr), Wrong> {
    let Some((first, last)) = text.split_once('-') else {
        let net = value::network(text)?;
        return Ok((net.network(), net.broadcast()));
    };
    match (
        first.trim().parse::<IpAddr>(),
        last.trim().parse::<IpAddr>(),
    ) {
        (Ok(first), Ok(last)) if first.is_ipv4() == last.is_ipv4() && first <= last => {
            Ok((first, last))
        }
        _ => Err(Wrong::expected(
            text,
            "a pool; expected one such as 192.168.1.240-192.168.1.250, the lower address first",
        )),
    }
}

/// Who may have which names.
pub(super) fn claims(reader: &mut Reader) -> Vec<Claim> {
    let claims = reader.raw.claims.take().unwrap_or_default();
    claims.iter().map(|entry| claim(reader, entry)).collect()
}

fn claim(reader: &mut Reader, entry: &FileClaim) -> Claim {
    for (what, list) in [("namespaces", &entry.namespaces), ("names", &entry.names)] {
        if list.is_empty() {
            let wrong = Wrong::new(format!("a claim without {what}"));
            reader.problem_at("claims", &entry.origin, wrong);
        }
    }
    Claim {
        namespaces: each(reader, &entry.namespaces, namespace),
        names: each(reader, &entry.names, pattern),
        types: each(reader, &entry.types, type_of),
    }
}

fn each<T>(
    reader: &mut Reader,
    list: &[Typed],
    parse: impl Fn(&str) -> Result<T, Wrong>,
) -> Vec<T> {
    let mut values = Vec::new();
    for typed in list {
        match parse(&typed.text) {
            Ok(value) => values.push(value),
            Err(wrong) => reader.problem("claims", typed, wrong),
        }
    }
    values
}

fn namespace(text: &str) -> Result<String, Wrong> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text == "*" || (!text.is_empty() && text.bytes().all(letter)) {
        return Ok(text.to_owned());
    }
    Err(Wrong::expected(
        text,
        "a namespace; expected its name, or * for all",
    ))
}

/// A name; one of its labels may be a star.
fn pattern(text: &str) -> Result<NamePattern, Wrong> {
    let pattern = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let stars = pattern.split('.').filter(|label| *label == "*").count();
    let whole = pattern.matches('*').count() == stars && stars <= 1;
    if pattern.is_empty() || !whole || value::zone_name(&pattern).is_err() {
        return Err(Wrong::expected(
            text,
            "a name; expected one such as www.example.org, or *.example.org for all below it",
        ));
    }
    Ok(match pattern.strip_prefix("*.") {
        _ if pattern == "*" => NamePattern::Any,
        Some(name) => NamePattern::Below(name.to_owned()),
        None => NamePattern::Exactly(pattern),
    })
}

fn type_of(text: &str) -> Result<RecordType, Wrong> {
    record_type(text).ok_or_else(|| {
        Wrong::expected(text, "a type here")
            .hint("there are A, AAAA, CNAME, DNAME, MX, NAPTR, NS, PTR, SRV and TXT")
    })
}
