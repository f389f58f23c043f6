//! Data as people read it: the form that BIND prints and every server reads.

use std::fmt;

use super::field::Field;
use super::generic;
use super::read::{check, length};
use super::table::fields;
use crate::name::NameRef;
use crate::text::{
    print_base32hex, print_base64, print_char_string, print_eui, print_hex, print_ipv4, print_ipv6,
    print_locator, print_name, print_time,
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
        None | Some([Field::Opaque]) => return generic::print(rdata, out),
        Some(_) if check(rtype, rdata).is_err() => return generic::print(rdata, out),
        Some(fields) => fields,
    };
    let mut line = Line { out, begun: false };
    let mut at = 0;
    for &field in fields {
        let Ok(length) = length(field, rdata, at) else {
            break;
        };
        let (before, rest) = rdata.split_at_checked(at).unwrap_or((rdata, b""));
        let data = rest.get(..length).unwrap_or_default();
        match field.name_rule(before) {
            Some(_) => print_name(NameRef::from_checked(data), line.word()?)?,
            None => print_field(field, data, before, &mut line)?,
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

fn print_field(field: Field, data: &[u8], _before: &[u8], line: &mut Line<'_>) -> fmt::Result {
    match field {
        Field::U8 | Field::U16 | Field::U32 | Field::Algorithm | Field::Seconds => {
            write!(line.word()?, "{}", number(data))
        }
        Field::Base64(_) | Field::Key if data.is_empty() => Ok(()),
        Field::Base64(_) | Field::Key => print_base64(data, line.word()?),
        Field::BareString(_) => print_char_string(data, line.word()?),
        Field::Eui48 | Field::Eui64 => print_eui(data, line.word()?),
        Field::Hash => print_base32hex(behind_length(data), line.word()?),
        Field::Hex(_) if data.is_empty() => Ok(()),
        Field::Hex(_) => print_hex(data, line.word()?),
        Field::Ipv4 => print_ipv4(data.try_into().unwrap_or_default(), line.word()?),
        Field::Ipv6 => print_ipv6(data.try_into().unwrap_or_default(), line.word()?),
        Field::Locator => print_locator(data.try_into().unwrap_or_default(), line.word()?),
        // The walker prints names; opaque data never comes here.
        Field::Name(_) | Field::Opaque => Ok(()),
        Field::OptionalString if data.is_empty() => Ok(()),
        Field::String | Field::OptionalString => {
            print_char_string(behind_length(data), line.word()?)
        }
        Field::Type => {
            let code = u16::try_from(number(data)).unwrap_or_default();
            write!(line.word()?, "{}", Rtype(code))
        }
        Field::Salt => match behind_length(data) {
            [] => line.word()?.write_char('-'),
            salt => print_hex(salt, line.word()?),
        },
        Field::Strings => {
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
        Field::Time => print_time(
            u32::try_from(number(data)).unwrap_or_default(),
            line.word()?,
        ),
    }
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
