//! Whether an endpoint is what its type must be; the same checks external-dns makes, no more.

use std::net::{IpAddr, Ipv4Addr};

use wire::Rtype;

use crate::Endpoint;

/// Why an endpoint cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Flaw {
    /// An alias of a type that has none.
    #[error("property \"alias\" is for A, AAAA and CNAME only")]
    Alias,
    /// A target is not an address of the type's family.
    #[error("a target is not an address of this type")]
    Address,
    /// A target is not a preference and a host.
    #[error("a target is not of the form \"10 mail.example.org\"")]
    Mx,
    /// A target is empty or an address.
    #[error("a target is not a host name, or there is none")]
    Pointer,
    /// The name of a PTR is not that of an address.
    #[error("the name is not below in-addr.arpa or ip6.arpa")]
    PointerName,
    /// A target is not three numbers and a host with a dot after it.
    #[error("a target is not of the form \"10 5 5060 host.example.org.\"")]
    Srv,
}

/// Looks an endpoint over.
///
/// # Errors
///
/// The first thing that is wrong. Targets of CNAME, DNAME, TXT, NS and NAPTR are not looked at.
pub fn check(endpoint: &Endpoint) -> Result<(), Flaw> {
    let alias = endpoint.properties.value("alias");
    let has_aliases = matches!(endpoint.rtype, Rtype::A | Rtype::AAAA | Rtype::CNAME);
    if alias.is_some() && !has_aliases {
        return Err(Flaw::Alias);
    }
    let all = |well: fn(&str) -> bool| endpoint.targets.iter().all(|target| well(target));
    let (well, flaw) = match endpoint.rtype {
        Rtype::A | Rtype::AAAA if alias == Some("true") => return Ok(()),
        Rtype::A => (
            all(|target| target.parse::<Ipv4Addr>().is_ok()),
            Flaw::Address,
        ),
        Rtype::AAAA => (
            // With a zone such as %eth0 too, which is up to the destination.
            all(|target| Endpoint::suitable_type(target) == Rtype::AAAA),
            Flaw::Address,
        ),
        Rtype::MX => (all(is_mx), Flaw::Mx),
        Rtype::SRV => (all(is_srv), Flaw::Srv),
        Rtype::PTR if !is_reverse(&endpoint.name) => (false, Flaw::PointerName),
        Rtype::PTR => (!endpoint.targets.is_empty() && all(is_host), Flaw::Pointer),
        _ => return Ok(()),
    };
    if well { Ok(()) } else { Err(flaw) }
}

fn is_mx(target: &str) -> bool {
    let mut fields = target.split_whitespace();
    fields.next().is_some_and(is_number) && fields.next().is_some() && fields.next().is_none()
}

fn is_srv(target: &str) -> bool {
    let mut fields = target.split_whitespace();
    let numbers = fields.by_ref().take(3).filter(|field| is_number(field));
    numbers.count() == 3
        && fields.next().is_some_and(|host| host.ends_with('.'))
        && fields.next().is_none()
}

fn is_number(field: &str) -> bool {
    // `parse` alone would let a plus sign pass.
    field.bytes().all(|byte| byte.is_ascii_digit()) && field.parse::<u16>().is_ok()
}

fn is_host(target: &str) -> bool {
    !target.trim().is_empty() && target.parse::<IpAddr>().is_err()
}

fn is_reverse(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let head = name
        .strip_suffix(".in-addr.arpa")
        .or_else(|| name.strip_suffix(".ip6.arpa"));
    head.is_some_and(|head| !head.is_empty() && !head.starts_with('.'))
}
