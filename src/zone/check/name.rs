//! What names look like: host names, addresses written as names, wildcards.

use std::net::{Ipv4Addr, Ipv6Addr};

use wire::NameRef;

/// Whether all labels in front of the last `tail` bytes are those of a host name (RFC 1123 §2.1):
/// letters, digits and inner hyphens. A first label `*` is left out.
pub(super) fn is_host(name: NameRef<'_>, tail: usize) -> bool {
    let end = name.len().saturating_sub(tail);
    let bytes = &name.as_bytes()[..end];
    let mut at = if name.is_wildcard() && end >= 2 { 2 } else { 0 };
    while let Some(&length) = bytes.get(at) {
        let length = usize::from(length);
        let label = bytes.get(at + 1..at + 1 + length).unwrap_or_default();
        let ([first, ..], [.., last]) = (label, label) else {
            return true;
        };
        let inner = label.iter().all(|byte| OF_HOSTS[usize::from(*byte)]);
        if *first == b'-' || *last == b'-' || !inner {
            return false;
        }
        at += length + 1;
    }
    true
}

/// Letters, digits and hyphens.
const OF_HOSTS: [bool; 256] = {
    let mut of_hosts = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        of_hosts[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'-';
        byte += 1;
    }
    of_hosts
};

/// Whether an owner of addresses need not be a host name: names that mail checks ask for (RFC 7208
/// §5.7 and appendix D.1), and the global catalogs of Active Directory.
pub(super) fn is_special_host(name: NameRef<'_>) -> bool {
    let catalog = [&b"gc"[..], b"_msdcs"];
    let starts_as_catalog = name
        .labels()
        .zip(catalog)
        .all(|(label, known)| label.eq_ignore_ascii_case(known));
    let mail = [&b"_spf"[..], b"_spf_verify", b"_spf_rate"];
    starts_as_catalog
        || name
            .labels()
            .any(|label| mail.iter().any(|known| label.eq_ignore_ascii_case(known)))
}

/// Whether a name looks like an address that someone took for a host, with or without the origin.
pub(super) fn is_address(name: NameRef<'_>) -> bool {
    let mut labels = name.labels();
    let text = |label: Option<&[u8]>| {
        label
            .and_then(|l| std::str::from_utf8(l).ok())
            .map(str::to_owned)
    };
    let Some(first) = text(labels.next()) else {
        return false;
    };
    if first.parse::<Ipv6Addr>().is_ok() {
        return true;
    }
    if !first.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let rest = [
        text(labels.next()),
        text(labels.next()),
        text(labels.next()),
    ];
    let [Some(second), Some(third), Some(fourth)] = rest else {
        return false;
    };
    format!("{first}.{second}.{third}.{fourth}")
        .parse::<Ipv4Addr>()
        .is_ok()
}

/// Whether a label other than the first is `*`: it stands for nothing but itself (RFC 4592 §2.1.1).
pub(super) fn has_inner_asterisk(name: NameRef<'_>) -> bool {
    memchr::memchr(b'*', name.as_bytes()).is_some()
        && name.labels().skip(1).any(|label| label == b"*")
}
