//! WKS (RFC 1035 §3.4.2): an address, a protocol, and its ports as bits. Nobody asks for it.

use std::fmt;

use super::print::Line;
use super::words::Words;
use crate::error::{WireError, WireErrorKind};
use crate::text::{DataTextError, Expected, decimal};

/// One bit for each port.
const MAX: usize = 8192;

/// Bits up to port 65535, the last byte not zero.
pub(super) fn measure_ports(rest: &[u8]) -> Result<usize, WireError> {
    if rest.len() > MAX || rest.last() == Some(&0) {
        Err(WireError::new(WireErrorKind::Data, 0))
    } else {
        Ok(rest.len())
    }
}

/// A protocol.
pub(super) fn parse_protocol(
    words: &mut Words<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), DataTextError> {
    let protocol = words.convert(Expected::Protocol, |text| {
        named(PROTOCOLS, text).or_else(|| decimal(text, 255))
    })?;
    out.push(u8::try_from(protocol).unwrap_or_default());
    Ok(())
}

/// The words that are left, each a port or the name of a service.
pub(super) fn parse_ports(
    words: &mut Words<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), DataTextError> {
    let begin = out.len();
    while words.peek().is_some() {
        let port = words.convert(Expected::Service, |text| {
            named(SERVICES, text).or_else(|| decimal(text, 65_535))
        })?;
        let port = usize::try_from(port).unwrap_or_default();
        let at = begin + port / 8;
        if out.len() <= at {
            out.resize(at + 1, 0);
        }
        if let Some(byte) = out.get_mut(at) {
            *byte |= 0x80 >> (port % 8);
        }
    }
    Ok(())
}

/// Writes each port as a word.
pub(super) fn print_ports(data: &[u8], line: &mut Line<'_>) -> fmt::Result {
    for (at, byte) in data.iter().enumerate() {
        for bit in (0..8).filter(|bit| byte & (0x80 >> bit) != 0) {
            write!(line.word()?, "{}", at * 8 + bit)?;
        }
    }
    Ok(())
}

fn named(table: &[(&str, u32)], text: &[u8]) -> Option<u32> {
    let row = table
        .iter()
        .find(|(name, _)| text.eq_ignore_ascii_case(name.as_bytes()))?;
    Some(row.1)
}

const PROTOCOLS: &[(&str, u32)] = &[("ICMP", 1), ("TCP", 6), ("UDP", 17)];

/// The services that records of this age name.
const SERVICES: &[(&str, u32)] = &[
    ("echo", 7),
    ("discard", 9),
    ("systat", 11),
    ("daytime", 13),
    ("netstat", 15),
    ("qotd", 17),
    ("chargen", 19),
    ("ftp-data", 20),
    ("ftp", 21),
    ("ssh", 22),
    ("telnet", 23),
    ("smtp", 25),
    ("time", 37),
    ("whois", 43),
    ("nicname", 43),
    ("domain", 53),
    ("tftp", 69),
    ("gopher", 70),
    ("finger", 79),
    ("http", 80),
    ("kerberos", 88),
    ("hostnames", 101),
    ("pop2", 109),
    ("pop3", 110),
    ("sunrpc", 111),
    ("auth", 113),
    ("nntp", 119),
    ("ntp", 123),
    ("netbios-ns", 137),
    ("netbios-dgm", 138),
    ("netbios-ssn", 139),
    ("imap2", 143),
    ("imap", 143),
    ("snmp", 161),
    ("bgp", 179),
    ("irc", 194),
    ("ldap", 389),
    ("https", 443),
];
