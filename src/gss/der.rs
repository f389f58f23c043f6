//! ASN.1 in its distinguished encoding, as far as Kerberos and GSS need it: one byte of tag, definite
//! lengths, fields of sequences behind explicit tags.
//!
//! What is read stays where it lies. Fields that are not asked for are passed over, so that what newer
//! peers add does no harm.

use crate::time;

/// The bytes are not what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is cut short, or not of the form that Kerberos gives it")]
pub(crate) struct Malformed;

/// Elements, one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

/// An element of any kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    tag: u8,
    contents: &'a [u8],
    whole: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn element(&mut self) -> Result<Element<'a>, Malformed> {
        let all = self.0;
        let (tag, rest) = all.split_first().ok_or(Malformed)?;
        // Tags of several bytes do not occur.
        if tag & 0x1F == 0x1F {
            return Err(Malformed);
        }
        let (first, rest) = rest.split_first().ok_or(Malformed)?;
        let (length, rest) = match first {
            0..=0x7F => (usize::from(*first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest
                    .split_at_checked(usize::from(first & 0x7F))
                    .ok_or(Malformed)?;
                let length = bytes
                    .iter()
                    .fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
                (usize::try_from(length).map_err(|_| Malformed)?, rest)
            }
            _ => return Err(Malformed),
        };
        let (contents, rest) = rest.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        let whole = all.get(..all.len() - rest.len()).ok_or(Malformed)?;
        Ok(Element {
            tag: *tag,
            contents,
            whole,
        })
    }

    fn take(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        let element = self.element()?;
        if element.tag == tag {
            Ok(element.contents)
        } else {
            Err(Malformed)
        }
    }

    /// The fields of a sequence.
    pub(crate) fn sequence(&mut self) -> Result<Self, Malformed> {
        self.take(SEQUENCE).map(Self)
    }

    /// The fields of the sequence that one of these application tags stands before.
    pub(crate) fn application(&mut self, numbers: &[u8]) -> Result<Self, Malformed> {
        let element = self.element()?;
        let is_one = numbers.iter().any(|it| element.tag == APPLICATION | it);
        if !is_one {
            return Err(Malformed);
        }
        Self(element.contents).sequence()
    }

    /// The field of this number.
    pub(crate) fn field(&mut self, number: u8) -> Result<Self, Malformed> {
        self.optional(number)?.ok_or(Malformed)
    }

    /// The field of this number, if it is there. Those before it are passed over.
    pub(crate) fn optional(&mut self, number: u8) -> Result<Option<Self>, Malformed> {
        while let Some(tag) = self.0.first() {
            match tag.checked_sub(CONTEXT) {
                Some(other) if other < number => {
                    self.element()?;
                }
                Some(other) if other == number => {
                    return Ok(Some(Self(self.element()?.contents)));
                }
                _ => break,
            }
        }
        Ok(None)
    }

    /// An element as it stands, its tag and length too, if it has this application tag.
    pub(crate) fn whole(&mut self, number: u8) -> Result<&'a [u8], Malformed> {
        let element = self.element()?;
        if element.tag == APPLICATION | number {
            Ok(element.whole)
        } else {
            Err(Malformed)
        }
    }

    pub(crate) fn int(&mut self) -> Result<i64, Malformed> {
        let bytes = self.take(INTEGER)?;
        let (first, rest) = bytes.split_first().ok_or(Malformed)?;
        if rest.len() > 7 {
            return Err(Malformed);
        }
        let sign = if first & 0x80 == 0 { 0 } else { -1 };
        Ok(bytes
            .iter()
            .fold(sign, |value: i64, byte| value << 8 | i64::from(*byte)))
    }

    /// A number of 32 bits. Some peers send the upper half as negative numbers.
    pub(crate) fn word(&mut self) -> Result<u32, Malformed> {
        let value = self.int()?;
        let is_word = (i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&value);
        if !is_word {
            return Err(Malformed);
        }
        u32::try_from(value & 0xFFFF_FFFF).map_err(|_| Malformed)
    }

    pub(crate) fn octets(&mut self) -> Result<&'a [u8], Malformed> {
        self.take(OCTETS)
    }

    pub(crate) fn string(&mut self) -> Result<String, Malformed> {
        // RFC 4120 §5.2.1: GeneralString of ASCII; UTF-8 is what everybody sends.
        let bytes = self.take(STRING)?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    /// Seconds since 1970.
    pub(crate) fn time(&mut self) -> Result<u64, Malformed> {
        time::parse(self.take(TIME)?).ok_or(Malformed)
    }

    /// An object identifier, as it is encoded.
    pub(crate) fn object(&mut self) -> Result<&'a [u8], Malformed> {
        self.take(OBJECT)
    }

    /// What is in the frame of a GSS token (RFC 2743 §3.1), which has no sequence inside.
    pub(crate) fn token(&mut self) -> Result<Self, Malformed> {
        self.take(APPLICATION).map(Self)
    }

    /// All that is left.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// An element.
pub(crate) fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len();
    let mut bytes = Vec::with_capacity(length + 6);
    bytes.push(tag);
    let count = (usize::BITS - length.leading_zeros()).div_ceil(8);
    match u8::try_from(length) {
        Ok(short @ 0..=0x7F) => bytes.push(short),
        _ => {
            // At most eight.
            bytes.push(0x80 | u8::try_from(count).unwrap_or_default());
            let skip = length.to_be_bytes().len() - count as usize;
            bytes.extend(length.to_be_bytes().into_iter().skip(skip));
        }
    }
    bytes.extend_from_slice(contents);
    bytes
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(SEQUENCE, &parts.concat())
}

pub(crate) fn application(number: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(APPLICATION | number, &sequence(parts))
}

/// The frame of a GSS token around an object identifier and more.
pub(crate) fn token(object: &[u8], more: &[u8]) -> Vec<u8> {
    let mut contents = element(OBJECT, object);
    contents.extend_from_slice(more);
    element(APPLICATION, &contents)
}

/// A field of a sequence.
pub(crate) fn field(number: u8, contents: &[u8]) -> Vec<u8> {
    element(CONTEXT | number, contents)
}

pub(crate) fn int(value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    // The first nine bits of a number are not all the same.
    let mut skip = 0;
    while let Some([first, second]) = bytes.get(skip..skip + 2) {
        let is_sign = matches!((*first, second & 0x80), (0, 0) | (0xFF, 0x80));
        if !is_sign {
            break;
        }
        skip += 1;
    }
    element(INTEGER, bytes.get(skip..).unwrap_or_default())
}

pub(crate) fn octets(bytes: &[u8]) -> Vec<u8> {
    element(OCTETS, bytes)
}

pub(crate) fn string(text: &str) -> Vec<u8> {
    element(STRING, text.as_bytes())
}

/// Seconds since 1970.
pub(crate) fn time(seconds: u64) -> Vec<u8> {
    element(TIME, time::print(seconds).as_bytes())
}

/// The 32 flags that Kerberos has, the first one in the highest bit.
pub(crate) fn flags(bits: u32) -> Vec<u8> {
    let [a, b, c, d] = bits.to_be_bytes();
    element(BITS, &[0, a, b, c, d])
}

const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const TIME: u8 = 0x18;
const STRING: u8 = 0x1B;
const SEQUENCE: u8 = 0x30;
const APPLICATION: u8 = 0x60;
const CONTEXT: u8 = 0xA0;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn elements_have_the_shortest_form() {
        let cases: [(Vec<u8>, &[u8]); 8] = [
            (int(0), &[2, 1, 0]),
            (int(127), &[2, 1, 127]),
            (int(128), &[2, 2, 0, 128]),
            (int(-1), &[2, 1, 255]),
            (int(-129), &[2, 2, 255, 127]),
            (int(0xFFFF_FFFF), &[2, 5, 0, 255, 255, 255, 255]),
            (flags(0x4000_0000), &[3, 5, 0, 64, 0, 0, 0]),
            (sequence(&[field(1, &int(5))]), &[48, 5, 161, 3, 2, 1, 5]),
        ];
        for (made, expected) in cases {
            assert_eq!(made, expected);
        }
        assert_eq!(octets(&[0; 127])[..2], [4, 127]);
        assert_eq!(octets(&[0; 128])[..3], [4, 0x81, 128]);
        assert_eq!(octets(&[0; 256])[..4], [4, 0x82, 1, 0]);
    }

    #[test]
    fn fields_that_are_not_asked_for_are_passed_over() {
        let bytes = sequence(&[field(0, &int(1)), field(2, &int(2)), field(4, &int(3))]);
        let mut fields = Reader::new(&bytes).sequence().unwrap();
        assert!(fields.optional(1).unwrap().is_none());
        assert_eq!(fields.field(2).unwrap().int(), Ok(2));
        assert!(fields.field(3).is_err());
        assert_eq!(fields.field(4).unwrap().int(), Ok(3));
        assert!(fields.is_empty());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value: i64, bytes: Vec<u8>, seconds in 0..253_402_300_800_u64) {
            prop_assert_eq!(Reader::new(&int(value)).int(), Ok(value));
            let written = octets(&bytes);
            prop_assert_eq!(Reader::new(&written).octets(), Ok(&*bytes));
            prop_assert_eq!(Reader::new(&time(seconds)).time(), Ok(seconds));
        }

        #[test]
        fn no_bytes_are_too_strange(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while reader.element().is_ok() {}
            prop_assert!(reader.rest().len() <= bytes.len());
        }
    }
}
