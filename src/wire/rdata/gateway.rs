//! The gateway of IPSECKEY (RFC 4025): nothing, an address or a name, as a byte in front says.

use std::fmt;

use super::measure::fixed;
use super::parse::name;
use super::print::Line;
use super::words::Words;
use crate::error::{WireError, WireErrorKind};
use crate::text::{self, DataTextError, Expected, print_ipv4, print_ipv6};

/// Where the type of the gateway stands in the record.
const TYPE_AT: usize = 1;

/// Whether a name follows.
pub(super) fn is_name(before: &[u8]) -> bool {
    before.get(TYPE_AT) == Some(&3)
}

/// The length of a gateway that is no name.
pub(super) fn measure(rest: &[u8], before: &[u8]) -> Result<usize, WireError> {
    match before.get(TYPE_AT) {
        Some(0) => Ok(0),
        Some(1) => fixed(rest, 4),
        Some(2) => fixed(rest, 16),
        _ => Err(WireError::new(WireErrorKind::Data, 0)),
    }
}

/// Parses a gateway of the type that stands in `out`; no gateway is written as a dot.
pub(super) fn parse(
    words: &mut Words<'_, '_>,
    begin: usize,
    out: &mut Vec<u8>,
) -> Result<(), DataTextError> {
    match out.get(begin + TYPE_AT) {
        Some(0) => words.convert(Expected::NoGateway, |text| (text == b".").then_some(())),
        Some(1) => {
            out.extend_from_slice(&words.convert(Expected::Ipv4, text::ipv4)?);
            Ok(())
        }
        Some(2) => {
            out.extend_from_slice(&words.convert(Expected::Ipv6, text::ipv6)?);
            Ok(())
        }
        Some(3) => name(words, out),
        _ => {
            words.take(Expected::GatewayType)?;
            Err(words.expected(Expected::GatewayType))
        }
    }
}

/// Writes a gateway that is no name.
pub(super) fn print(data: &[u8], line: &mut Line<'_>) -> fmt::Result {
    match (<[u8; 4]>::try_from(data), <[u8; 16]>::try_from(data)) {
        (Ok(v4), _) => print_ipv4(v4, line.word()?),
        (_, Ok(v6)) => print_ipv6(v6, line.word()?),
        _ => line.word()?.write_char('.'),
    }
}
