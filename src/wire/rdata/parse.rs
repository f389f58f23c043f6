//! Data from the words of a zone file.

use super::field::{Field, Row};
use super::generic;
use super::measure::says_no_key;
use super::read::check;
use super::table::fields;
use super::words::Words;
use super::{a6, apl, atma, bitmap, hip, loc, svcb, wks};
use crate::name::NameRef;
use crate::text::{
    self, DataTextError, DataTextErrorKind, Expected, NameTextError, Token, decimal,
};
use crate::types::Rtype;

/// Appends the data that the words mean. Relative names are completed by `origin`; `\# …` is the
/// generic form, which every type may have.
///
/// On error `out` is as it was.
///
/// # Errors
/// When a word is not what the type asks for, one is missing, or one is too many.
pub fn parse(
    rtype: Rtype,
    tokens: &[Token<'_>],
    origin: Option<NameRef<'_>>,
    out: &mut Vec<u8>,
) -> Result<(), DataTextError> {
    // Most records of most zones.
    if let (Rtype::A, [token]) = (rtype, tokens)
        && let Some(octets) = text::ipv4(token.text)
    {
        out.extend_from_slice(&octets);
        return Ok(());
    }
    let begin = out.len();
    let result = parse_fields(rtype, &mut Words::new(tokens, origin), out);
    if result.is_err() {
        out.truncate(begin);
    }
    result
}

fn parse_fields(
    rtype: Rtype,
    words: &mut Words<'_, '_>,
    out: &mut Vec<u8>,
) -> Result<(), DataTextError> {
    let begin = out.len();
    let fields = fields(rtype);
    if words
        .peek()
        .is_some_and(|token| token.text == generic::MARK && !token.quoted)
    {
        words.take_if_any();
        generic::parse(words, out)?;
        let data = out.get(begin..).unwrap_or_default();
        return check(rtype, data)
            .map_err(|error| words.error(DataTextErrorKind::Generic(error.kind)));
    }
    let fields = match fields {
        None | Some([Field::Opaque | Field::Options]) => {
            words.take_if_any();
            return Err(words.error(DataTextErrorKind::GenericOnly));
        }
        Some(fields) => fields,
    };
    let mut row = Row::new(fields);
    while let Some(field) = row.next(words.peek().is_none()) {
        parse_field(field, words, begin, out)?;
    }
    words.finish()?;
    if out.len() - begin > usize::from(u16::MAX) {
        return Err(words.error(DataTextErrorKind::TooLong));
    }
    Ok(())
}

#[inline]
fn parse_field(
    field: Field,
    words: &mut Words<'_, '_>,
    begin: usize,
    out: &mut Vec<u8>,
) -> Result<(), DataTextError> {
    match field {
        Field::Name(_) => return name(words, out),
        Field::Ipv4 => out.extend_from_slice(&words.convert(Expected::Ipv4, text::ipv4)?),
        Field::Ipv6 => out.extend_from_slice(&words.convert(Expected::Ipv6, text::ipv6)?),
        Field::U8 => {
            let value = number(words, u32::from(u8::MAX))?;
            out.push(u8::try_from(value).unwrap_or_default());
        }
        Field::U16 => {
            let value = number(words, u32::from(u16::MAX))?;
            out.extend_from_slice(&u16::try_from(value).unwrap_or_default().to_be_bytes());
        }
        Field::U32 => out.extend_from_slice(&number(words, u32::MAX)?.to_be_bytes()),
        Field::Seconds => {
            let value = words.convert(Expected::Period, text::seconds)?;
            out.extend_from_slice(&value.to_be_bytes());
        }
        Field::String => string(words, out)?,
        Field::Strings => {
            string(words, out)?;
            while words.peek().is_some() {
                string(words, out)?;
            }
        }
        _ => return parse_rare(field, words, begin, out),
    }
    Ok(())
}

/// The fields of less common types.
fn parse_rare(
    field: Field,
    words: &mut Words<'_, '_>,
    begin: usize,
    out: &mut Vec<u8>,
) -> Result<(), DataTextError> {
    let before = out.get(begin..).unwrap_or_default();
    match field {
        Field::Base64(least) => base64_rest(words, least, out),
        Field::Key => {
            let least = usize::from(!says_no_key(before));
            base64_rest(words, least, out)
        }
        Field::Hex(least) => hex_rest(words, least, out),
        Field::BareString(least) => {
            let token = words.take(Expected::String)?;
            let at = out.len();
            text::unescape_into(token.text, out).map_err(|kind| words.error(kind))?;
            if out.len() - at < least {
                return Err(words.expected(Expected::NonEmptyString));
            }
            Ok(())
        }
        Field::CaaTag => checked_string(words, 1, Expected::CaaTag, out, u8::is_ascii_alphanumeric),
        Field::Telephone => checked_string(words, 4, Expected::Telephone, out, u8::is_ascii_digit),
        Field::OptionalString if words.peek().is_none() => Ok(()),
        Field::OptionalString => string(words, out),
        Field::Code8(codes) => {
            let code = words.convert(codes.expected(), |text| codes.parse(text, 255))?;
            out.push(u8::try_from(code).unwrap_or_default());
            Ok(())
        }
        Field::Code16(codes) => {
            let code = words.convert(codes.expected(), |text| codes.parse(text, u16::MAX))?;
            append(&code.to_be_bytes(), out)
        }
        Field::Eui48 => words.convert(Expected::Eui48, |text| {
            text::eui(text, 6, out).then_some(())
        }),
        Field::Eui64 => words.convert(Expected::Eui64, |text| {
            text::eui(text, 8, out).then_some(())
        }),
        Field::Hash => sized(words, Expected::Base32, out, |text, out| {
            !text.is_empty() && text::base32hex(text, out)
        }),
        Field::Salt => sized(words, Expected::Salt, out, |text, out| {
            text == b"-" || (!text.is_empty() && text::hex(text, out))
        }),
        Field::Locator => append(&words.convert(Expected::Locator, text::locator)?, out),
        Field::Nsap => words.convert(Expected::Nsap, |text| nsap(text, out)),
        Field::Sized => sized_base64(words, out),
        Field::Time => append(
            &words.convert(Expected::Time, text::time)?.to_be_bytes(),
            out,
        ),
        Field::Type => {
            // BIND also reads the bare number here.
            let bare = |text: &[u8]| u16::try_from(decimal(text, 0xFFFF)?).ok().map(Rtype);
            let read = |text: &[u8]| Rtype::from_text(text).or_else(|| bare(text));
            let rtype = words.convert(Expected::Rtype, read)?;
            append(&rtype.0.to_be_bytes(), out)
        }
        Field::U48 => {
            let max = (1 << 48) - 1;
            let value = words.convert(Expected::Large(max), |text| text::large(text, max))?;
            append(value.to_be_bytes().get(2..).unwrap_or_default(), out)
        }
        Field::Document if words.peek().is_some_and(|token| token.text == b"-") => {
            words.take_if_any();
            Ok(())
        }
        Field::Document => base64_rest(words, 1, out),
        Field::RelayType => {
            let discovery = number(words, 1)?;
            let relay = number(words, 0x7F)?;
            out.push(u8::try_from(discovery << 7 | relay).unwrap_or_default());
            Ok(())
        }
        Field::AtmAddress => atma::parse(words, out),
        Field::A6Address => a6::parse(words, out),
        Field::A6Name if a6::has_name(before) => name(words, out),
        Field::A6Name => Ok(()),
        Field::Apl => apl::parse(words, out),
        Field::Bitmap(least) => bitmap::parse(words, least, out),
        Field::Digest(of) => of.parse(words, begin, out),
        Field::Gateway(of) => of.parse(words, begin, out),
        Field::HipHead => hip::parse(words, out),
        Field::Loc => loc::parse(words, out),
        Field::OldBitmap => bitmap::parse_old(words, out),
        Field::Parameters => svcb::parse(words, out),
        Field::Ports => wks::parse_ports(words, out),
        Field::Protocol => wks::parse_protocol(words, out),
        // The common ones were parsed before; rows of opaque data are never walked.
        _ => Err(words.error(DataTextErrorKind::GenericOnly)),
    }
}

fn append(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), DataTextError> {
    out.extend_from_slice(bytes);
    Ok(())
}

/// A number up to `max`.
pub(super) fn number(words: &mut Words<'_, '_>, max: u32) -> Result<u32, DataTextError> {
    words.convert(Expected::Number(max), |text| decimal(text, max))
}

/// A name; in quotes, `@` and the empty name have no meaning of their own.
pub(super) fn name(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), DataTextError> {
    let token = words.take(Expected::Name)?;
    let text = match token.text {
        b"@" if token.quoted => b"\\@",
        text => text,
    };
    text::name_into(text, words.origin, out)
        .map_err(|error: NameTextError| words.error(DataTextErrorKind::Name(error)))
}

/// A character-string.
pub(super) fn string(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), DataTextError> {
    let token = words.take(Expected::String)?;
    text::char_string(token.text, out).map_err(|kind| words.error(kind))
}

/// A length byte, then what `convert` makes of a word.
pub(super) fn sized(
    words: &mut Words<'_, '_>,
    expected: Expected,
    out: &mut Vec<u8>,
    convert: impl FnOnce(&[u8], &mut Vec<u8>) -> bool,
) -> Result<(), DataTextError> {
    let at = out.len();
    out.push(0);
    words.convert(expected, |text| convert(text, out).then_some(()))?;
    let length = u8::try_from(out.len() - at - 1).map_err(|_| words.expected(expected))?;
    if let Some(slot) = out.get_mut(at) {
        *slot = length;
    }
    Ok(())
}

/// All words that are left as hexadecimal digits.
pub(super) fn hex_rest(
    words: &mut Words<'_, '_>,
    least: usize,
    out: &mut Vec<u8>,
) -> Result<(), DataTextError> {
    if least > 0 && words.peek().is_none() {
        words.take(Expected::Hex)?;
    }
    let begin = out.len();
    let rest = words.take_rest();
    if text::hex_words(rest.iter().map(|token| token.text), out) && out.len() - begin >= least {
        Ok(())
    } else {
        Err(words.expected(Expected::Hex))
    }
}

/// All words that are left as base64.
pub(super) fn base64_rest(
    words: &mut Words<'_, '_>,
    least: usize,
    out: &mut Vec<u8>,
) -> Result<(), DataTextError> {
    if least > 0 && words.peek().is_none() {
        words.take(Expected::Base64)?;
    }
    let begin = out.len();
    let fits = match words.take_rest() {
        [] => true,
        [token] => text::base64(token.text, out),
        several => {
            let joined: Vec<u8> = several
                .iter()
                .flat_map(|token| token.text)
                .copied()
                .collect();
            text::base64(&joined, out)
        }
    };
    if fits && out.len() - begin >= least {
        Ok(())
    } else {
        Err(words.expected(Expected::Base64))
    }
}

/// A character-string of at least so many bytes of a kind.
fn checked_string(
    words: &mut Words<'_, '_>,
    least: usize,
    expected: Expected,
    out: &mut Vec<u8>,
    fits: impl Fn(&u8) -> bool,
) -> Result<(), DataTextError> {
    let at = out.len();
    let token = words.take(expected)?;
    text::char_string(token.text, out).map_err(|kind| words.error(kind))?;
    let text = out.get(at + 1..).unwrap_or_default();
    if text.len() >= least && text.iter().all(fits) {
        Ok(())
    } else {
        Err(words.expected(expected))
    }
}

/// A length, then as many bytes in base64, in one word that is missing when there are none.
fn sized_base64(words: &mut Words<'_, '_>, out: &mut Vec<u8>) -> Result<(), DataTextError> {
    let stated = u16::try_from(number(words, u32::from(u16::MAX))?).unwrap_or_default();
    out.extend_from_slice(&stated.to_be_bytes());
    let at = out.len();
    if stated > 0 {
        words.convert(Expected::Base64, |text| {
            text::base64(text, out).then_some(())
        })?;
    }
    let (stated, found) = (usize::from(stated), out.len() - at);
    if found == stated {
        Ok(())
    } else {
        Err(words.error(DataTextErrorKind::Length { stated, found }))
    }
}

/// Hexadecimal digits behind `0x`, dots anywhere (RFC 1706 §6).
fn nsap(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (prefix, digits) = text.split_at_checked(2)?;
    let begin = out.len();
    let fits = prefix.eq_ignore_ascii_case(b"0x")
        && text::hex_words(digits.split(|&byte| byte == b'.'), out)
        && out.len() > begin;
    fits.then_some(())
}
