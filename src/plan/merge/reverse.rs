//! PTR: from the addresses of names to names of addresses.
//!
//! A PTR belongs to an address, not to a name, so it is a row of its own. Each contribution is found
//! under the reverse names of all addresses it could publish, and which of them it does publish is
//! told by the forward row.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use wire::{Rtype, Ttl};

use super::sources::join_origins;
use super::{MergeRules, PtrRule, Record, What};
use crate::Endpoint;

const RECORD_TYPE: &str = "record-type";

/// The name of an address, as `4.3.2.1.in-addr.arpa`. IPv4 written as IPv6 counts as IPv4.
#[must_use]
pub fn reverse_name(address: IpAddr) -> String {
    let mut name = String::with_capacity(73);
    // Writing to a string always goes well.
    let written = match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            write!(name, "{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(address) => {
            let mut octets = address.octets().into_iter().rev();
            octets
                .try_for_each(|octet| write!(name, "{:x}.{:x}.", octet & 0xf, octet >> 4))
                .and_then(|()| name.write_str("ip6.arpa"))
        }
    };
    if written.is_err() {
        name.clear();
    }
    name
}

/// The address of a reverse name in lower case, if it is a whole one.
#[must_use]
pub fn address_of(name: &str) -> Option<IpAddr> {
    if let Some(head) = name.strip_suffix(".in-addr.arpa") {
        let mut octets = [0; 4];
        let mut labels = head.split('.').rev();
        for octet in &mut octets {
            *octet = labels.next()?.parse().ok()?;
        }
        let address = IpAddr::V4(Ipv4Addr::from(octets));
        // Leading zeros and signs parse, but are other names.
        return (reverse_name(address) == name).then_some(address);
    }
    let head = name.strip_suffix(".ip6.arpa")?;
    let mut value = 0_u128;
    let mut labels = head.split('.').rev();
    for _ in 0..32 {
        let digit = u8::from_str_radix(labels.next()?, 16).ok()?;
        value = value << 4 | u128::from(digit);
    }
    let address = IpAddr::V6(Ipv6Addr::from(value));
    (reverse_name(address) == name).then_some(address)
}

/// All addresses that an endpoint could publish, before anything was merged or filtered.
pub(crate) fn addresses(endpoint: &Endpoint, rules: &MergeRules) -> Vec<IpAddr> {
    let mut found = Vec::new();
    if rules.ptr == PtrRule::Off || endpoint.name.starts_with("*.") {
        return found;
    }
    let mut add = |target: &str, rtype: Option<Rtype>| {
        let Ok(address) = target.parse::<IpAddr>() else {
            return;
        };
        let own = if address.is_ipv4() {
            Rtype::A
        } else {
            Rtype::AAAA
        };
        if rtype.is_some_and(|rtype| rtype != own) {
            return;
        }
        found.push(address.to_canonical());
        if let IpAddr::V6(address) = address {
            found.extend(nat64(address, rules).map(IpAddr::V4));
        }
    };
    let defaults = !rules.default_targets.is_empty();
    if defaults && (rules.force_default_targets || endpoint.targets.is_empty()) {
        for target in &rules.default_targets {
            add(target, None);
        }
    } else if matches!(endpoint.rtype, Rtype::A | Rtype::AAAA) {
        for target in &endpoint.targets {
            add(target, Some(endpoint.rtype));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The IPv4 address within an IPv6 address of a NAT64 network.
pub(super) fn nat64(address: Ipv6Addr, rules: &MergeRules) -> Option<Ipv4Addr> {
    let within = rules.nat64.iter().any(|net| net.contains(&address));
    let [.., a, b, c, d] = address.octets();
    within.then(|| Ipv4Addr::new(a, b, c, d))
}

/// Takes the wish for a PTR off the endpoints of a forward row, and tells which ones get one.
pub(super) fn wishes(
    endpoints: &mut [Endpoint],
    rule: PtrRule,
    record: &mut Record<'_>,
) -> Vec<bool> {
    if rule == PtrRule::Off {
        return Vec::new();
    }
    let wish = |endpoint: &mut Endpoint| {
        let can =
            matches!(endpoint.rtype, Rtype::A | Rtype::AAAA) && !endpoint.name.starts_with("*.");
        let Some(asked) = endpoint.properties.value(RECORD_TYPE) else {
            return can && rule == PtrRule::Always;
        };
        let asked = asked.eq_ignore_ascii_case("ptr");
        if !can {
            record.step(endpoint, || What::PointerIgnored);
        }
        endpoint.properties.remove(RECORD_TYPE);
        can && asked
    };
    endpoints.iter_mut().map(wish).collect()
}

/// The PTR of one address from the forward endpoints that wish it. Its TTL is the least one, and
/// none is less than any.
pub(crate) fn pointer(
    address: IpAddr,
    forward: &[Endpoint],
    record: &mut Record<'_>,
) -> Option<Endpoint> {
    let publishes = |endpoint: &&Endpoint| {
        endpoint.targets.iter().any(|target| {
            target
                .parse()
                .is_ok_and(|target: IpAddr| target.to_canonical() == address)
        })
    };
    let mut pointer: Option<Endpoint> = None;
    for endpoint in forward.iter().filter(publishes) {
        record.step(endpoint, || What::Pointed);
        let pointer = pointer.get_or_insert_with(|| {
            let mut new = Endpoint::new(&reverse_name(address), Rtype::PTR, Vec::<&str>::new());
            new.ttl = endpoint.ttl;
            new
        });
        pointer.targets.push(endpoint.name.clone());
        pointer.ttl = least(pointer.ttl, endpoint.ttl);
        join_origins(pointer, endpoint);
    }
    if let Some(pointer) = &mut pointer {
        pointer.targets.sort_unstable();
        pointer.targets.dedup();
    }
    pointer
}

fn least(a: Option<Ttl>, b: Option<Ttl>) -> Option<Ttl> {
    a.min(b).filter(|ttl| ttl.as_secs() > 0)
}
