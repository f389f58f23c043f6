//! Data as people read it: the form that BIND prints and every server reads.

use std::fmt;

use super::field::{Field, Row};
use super::generic;
use super::read::{check, length};
use super::table::fields;
use super::{a6, apl, atma, bitmap, gateway, hip, loc, svcb, wks};
use crate::name::NameRef;
use crate::text::{
    print_base32hex, print_base64, print_char_string, print_eui, print_hex, print_hex_lower,
    print_ipv4, print_ipv6, print_locator, print_name, print_time, print_word,
};
use crate::types::Rtype;

/// Writes uncompressed data in its presentation form: names absolute, numbers in decimal, strings in
/// quotes. Types without a form, and data that does not fit its type, come in the generic form.
///
/// # Errors
/// Only those of the formatter.
pub fn print(rtype: Rtype, rdata: &[u8], out: &mut impl fmt::Write) -> fmt::Result {
    // One instance of the printer is enough: the way to a terminal or file costs far more.
    print_dyn(rtype, rdata, out)
}

fn print_dyn(rtype: Rtype, rdata: &[u8], out: &mut dyn fmt::Write) -> fmt::Result {
    let fields = match fields(rtype) {
        None | Some([Field::Opaque | Field::Options]) => return generic::print(rdata, out),
        Some(_) if check(rtype, rdata).is_err() => return generic::print(rdata, out),
        Some([.., Field::Gateway(of)]) if !of.has_text(rdata) => {
            return generic::print(rdata, out);
        }
        Some([Field::AtmAddress]) if !atma::has_text(rdata) => {
            return generic::print(rdata, out);
        }
        Some([Field::Apl]) if !apl::has_text(rdata) => return generic::print(rdata, out),
        Some(fields) => fields,
    };
    let mut line = Line { out, begun: false };
    let mut at = 0;
    let mut row = Row::new(fields);
    while let Some(field) = row.next(at >= rdata.len()) {
        let Ok(length) = length(field, rdata, at) else {
            break;
        };
        let (before, rest) = rdata.split_at_checked(at).unwrap_or((rdata, b""));
        let data = rest.get(..length).unwrap_or_default();
        match field.name_rule(before) {
            Some(_) => print_name(NameRef::from_checked(data), line.word()?)?,
            None => print_field(field, data, &mut line)?,
        }
        at += length;
    }
    Ok(())
}

/// A line of words, with one blank between any two.
pub(super) struct Line<'w> {
    out: &'w mut dyn fmt::Write,
    begun: bool,
}

impl<'w> Line<'w> {
    /// Begins a word: gives the place to write it to.
    pub(super) fn word(&mut self) -> Result<&mut (dyn fmt::Write + 'w), fmt::Error> {
        if self.begun {
            self.out.write_char(' ')?;
        }
        self.begun = true;
        Ok(self.out)
    }
}

fn print_field(field: Field, data: &[u8], line: &mut Line<'_>) -> fmt::Result {
    match field {
        Field::U8 | Field::U16 | Field::U32 | Field::U48 | Field::Seconds | Field::Protocol => {
            write!(line.word()?, "{}", number(data))
        }
        Field::Code8(codes) | Field::Code16(codes) => {
            let code = number(data);
            match u16::try_from(code).ok().and_then(|code| codes.name(code)) {
                Some(name) => line.word()?.write_str(name),
                None => write!(line.word()?, "{code}"),
            }
        }
        Field::Ipv4 => print_ipv4(apl::padded(data), line.word()?),
        Field::Ipv6 => print_ipv6(apl::padded(data), line.word()?),
        Field::String | Field::Telephone => print_char_string(behind_length(data), line.word()?),
        Field::Strings => print_strings(data, line),
        Field::BareString(_) => print_char_string(data, line.word()?),
        Field::CaaTag => print_word(behind_length(data), line.word()?),
        Field::Eui48 | Field::Eui64 => print_eui(data, line.word()?),
        Field::Hash => print_base32hex(behind_length(data), line.word()?),
        Field::Locator => print_locator(apl::padded(data), line.word()?),
        Field::Nsap => {
            let word = line.word()?;
            word.write_str("0x")?;
            print_hex_lower(data, word)
        }
        Field::Salt => match behind_length(data) {
            [] => line.word()?.write_char('-'),
            salt => print_hex(salt, line.word()?),
        },
        Field::Sized => {
            let value = data.get(2..).unwrap_or_default();
            write!(line.word()?, "{}", value.len())?;
            print_rest(value, line, |value, word| print_base64(value, word))
        }
        Field::Time => {
            let seconds = u32::try_from(number(data)).unwrap_or_default();
            print_time(seconds, line.word()?)
        }
        Field::Type => {
            let code = u16::try_from(number(data)).unwrap_or_default();
            write!(line.word()?, "{}", Rtype(code))
        }
        Field::OptionalString => print_rest(data, line, |data, word| {
            print_char_string(behind_length(data), word)
        }),
        Field::Base64(_) | Field::Key => {
            print_rest(data, line, |data, word| print_base64(data, word))
        }
        Field::Hex(_) | Field::Digest(_) => {
            print_rest(data, line, |data, word| print_hex(data, word))
        }
        Field::Document if data.is_empty() => line.word()?.write_char('-'),
        Field::Document => print_base64(data, line.word()?),
        Field::RelayType => {
            let byte = number(data);
            write!(line.word()?, "{} {}", byte >> 7, byte & 0x7F)
        }
        Field::AtmAddress => atma::print(data, line),
        Field::A6Address => a6::print(data, line),
        Field::Apl => apl::print(data, line),
        Field::Bitmap(_) => bitmap::print(data, line),
        Field::Gateway(_) => gateway::print(data, line),
        Field::HipHead => hip::print(data, line),
        Field::Loc => loc::print(data, line),
        Field::OldBitmap => bitmap::print_old(data, line),
        Field::Parameters => svcb::print(data, line),
        Field::Ports => wks::print_ports(data, line),
        // The walker prints names; rows of opaque data are never walked.
        Field::A6Name | Field::Name(_) | Field::Names | Field::Opaque | Field::Options => Ok(()),
    }
}

/// Writes a word for data that may be empty; then there is none.
fn print_rest(
    data: &[u8],
    line: &mut Line<'_>,
    print: impl FnOnce(&[u8], &mut dyn fmt::Write) -> fmt::Result,
) -> fmt::Result {
    if data.is_empty() {
        Ok(())
    } else {
        print(data, line.word()?)
    }
}

fn print_strings(data: &[u8], line: &mut Line<'_>) -> fmt::Result {
    let mut rest = data;
    while let Some((&length, tail)) = rest.split_first() {
        let (string, tail) = tail
            .split_at_checked(usize::from(length))
            .unwrap_or((tail, b""));
        print_char_string(string, line.word()?)?;
        rest = tail;
    }
    Ok(())
}

/// The bytes of a string, its length byte taken off.
fn behind_length(data: &[u8]) -> &[u8] {
    data.get(1..).unwrap_or_default()
}

/// Up to eight bytes as a number.
pub(super) fn number(data: &[u8]) -> u64 {
    data.iter()
        .fold(0, |value, &byte| value << 8 | u64::from(byte))
}
