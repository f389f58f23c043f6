//! The gateway of IPSECKEY and the relay of AMTRELAY: nothing, an address or a name, as a byte in
//! front says.

use std::fmt;

use super::measure::fixed;
use super::parse::name;
use super::print::Line;
use super::words::Words;
use crate::error::{WireError, WireErrorKind};
use crate::text::{self, DataTextError, Expected, print_ipv4, print_ipv6};

/// Which record the gateway stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GatewayOf {
    /// IPSECKEY (RFC 4025).
    Ipsec,
    /// AMTRELAY (RFC 8777): types of relays yet to come may stand there, in the generic form.
    Relay,
}

impl GatewayOf {
    /// The type of the gateway, from the data in front of it.
    fn kind(self, before: &[u8]) -> Option<u8> {
        let byte = *before.get(TYPE_AT)?;
        Some(match self {
            Self::Ipsec => byte,
            // RFC 8777 §4.2.2: the upper bit says that relays may be looked for first.
            Self::Relay => byte & 0x7F,
        })
    }

    /// Whether a name follows.
    pub(super) fn is_name(self, before: &[u8]) -> bool {
        self.kind(before) == Some(3)
    }

    /// Whether there is a text form for a gateway of this type.
    pub(super) fn has_text(self, rdata: &[u8]) -> bool {
        self.kind(rdata).is_some_and(|kind| kind <= 3)
    }

    /// The length of a gateway that is no name.
    pub(super) fn measure(self, rest: &[u8], before: &[u8]) -> Result<usize, WireError> {
        match (self.kind(before), self) {
            (Some(0), _) => Ok(0),
            (Some(1), _) => fixed(rest, 4),
            (Some(2), _) => fixed(rest, 16),
            (Some(_), Self::Relay) => Ok(rest.len()),
            _ => Err(WireError::new(WireErrorKind::Data, 0)),
        }
    }

    /// Parses a gateway of the type that stands in `out`; no gateway is written as a dot.
    pub(super) fn parse(
        self,
        words: &mut Words<'_, '_>,
        begin: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), DataTextError> {
        match self.kind(out.get(begin..).unwrap_or_default()) {
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
}

/// Writes a gateway that is no name.
pub(super) fn print(data: &[u8], line: &mut Line<'_>) -> fmt::Result {
    match (<[u8; 4]>::try_from(data), <[u8; 16]>::try_from(data)) {
        (Ok(v4), _) => print_ipv4(v4, line.word()?),
        (_, Ok(v6)) => print_ipv6(v6, line.word()?),
        _ => line.word()?.write_char('.'),
    }
}

/// Where the type of the gateway stands, in both kinds of records.
const TYPE_AT: usize = 1;
