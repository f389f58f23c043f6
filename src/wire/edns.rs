//! EDNS (RFC 6891): the OPT record of a request, and the options we act on.
//!
//! Options that are not understood are passed over (RFC 6891 §6.1.2); their framing must be right.

use crate::error::{WireError, WireErrorKind};

/// Numbers of options (IANA registry "DNS EDNS0 Option Codes").
pub mod option {
    /// Name server identifier (RFC 5001).
    pub const NSID: u16 = 3;
    /// How long the zone is good for (RFC 7314).
    pub const EXPIRE: u16 = 9;
    /// Cookie (RFC 7873).
    pub const COOKIE: u16 = 10;
    /// TCP keepalive (RFC 7828).
    pub const KEEPALIVE: u16 = 11;
    /// Padding (RFC 7830).
    pub const PADDING: u16 = 12;
    /// Extended DNS error (RFC 8914).
    pub const ERROR: u16 = 15;
}

/// Why an answer is as it is, in more words than a response code has (RFC 8914 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtendedError(pub u16);

impl ExtendedError {
    /// What no other code says; a text does.
    pub const OTHER: Self = Self(0);
    /// The server is not ready yet.
    pub const NOT_READY: Self = Self(14);
    /// The client may not ask this.
    pub const PROHIBITED: Self = Self(18);
    /// The server is not authoritative for the name.
    pub const NOT_AUTHORITATIVE: Self = Self(20);
    /// The kind of request is not supported.
    pub const NOT_SUPPORTED: Self = Self(21);
    /// The contents cannot be served, such as those of an expired zone.
    pub const INVALID_DATA: Self = Self(24);
}

/// The OPT record of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edns<'a> {
    /// The largest answer the client takes over UDP.
    pub udp_size: u16,
    /// The version; only 0 exists.
    pub version: u8,
    /// Whether DNSSEC records are wanted (RFC 3225).
    pub dnssec_ok: bool,
    /// The options we act on.
    pub options: Options<'a>,
}

/// The options of a request that we act on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options<'a> {
    /// The cookie as sent; its length is not yet judged.
    pub cookie: Option<&'a [u8]>,
    /// Whether the client would know how long the zone is good for.
    pub expire: bool,
    /// Whether the client would keep a TCP connection.
    pub keepalive: bool,
    /// Whether the identifier of the server is wanted.
    pub nsid: bool,
    /// Whether the request is padded, so that its answer is to be.
    pub padding: bool,
}

impl<'a> Options<'a> {
    /// Reads the data of an OPT record.
    ///
    /// # Errors
    /// When the options do not add up, or one that must be empty is not.
    pub fn read(data: &'a [u8]) -> Result<Self, WireError> {
        let mut options = Self::default();
        let mut rest = data;
        while !rest.is_empty() {
            let short = WireError::new(WireErrorKind::Short, data.len() - rest.len());
            let (head, tail) = rest.split_first_chunk::<4>().ok_or(short)?;
            let [code_high, code_low, length_high, length_low] = *head;
            let length = usize::from(u16::from_be_bytes([length_high, length_low]));
            let (value, tail) = tail.split_at_checked(length).ok_or(short)?;
            match u16::from_be_bytes([code_high, code_low]) {
                // The first of several counts, as with BIND and Knot.
                option::COOKIE => options.cookie = options.cookie.or(Some(value)),
                // Empty in a request (RFC 7314 §3.1); BIND and Knot do not mind what is in it.
                option::EXPIRE => options.expire = true,
                option::KEEPALIVE => options.keepalive = true,
                option::NSID => options.nsid = true,
                option::PADDING => options.padding = true,
                _ => {}
            }
            rest = tail;
        }
        Ok(options)
    }
}

/// Puts the OPT record of an answer together: the options, then the whole record.
#[derive(Debug)]
pub struct OptWriter<'a> {
    bytes: &'a mut [u8],
    len: usize,
}

/// Padded answers are as long as a multiple of this (RFC 8467 §4.1).
pub const PADDING_BLOCK: usize = 468;

/// The bytes of an OPT record before its options.
pub const OPT_HEAD: usize = 11;

impl<'a> OptWriter<'a> {
    /// Begins a record in `bytes`, which should have room for all options to come.
    #[must_use]
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Self {
            bytes,
            len: OPT_HEAD,
        }
    }

    /// Pads, as the last option, so that the message is as long as a multiple of [`PADDING_BLOCK`] (RFC
    /// 8467 §4.1), if there is room for that. So many bytes of the message are outside of the record.
    pub fn pad(&mut self, others: usize) {
        let least = self.len + 4;
        let wanted = (others + least).next_multiple_of(PADDING_BLOCK) - others - least;
        let zeros = wanted.min(self.bytes.len().saturating_sub(least));
        if let Some(zeros) = [0; PADDING_BLOCK].get(..zeros) {
            self.option(option::PADDING, zeros);
        }
    }

    /// Adds an option; one that does not fit is left out, and false says so.
    pub fn option(&mut self, code: u16, value: &[u8]) -> bool {
        let Ok(length) = u16::try_from(value.len()) else {
            return false;
        };
        let end = self.len + 4 + value.len();
        let Some(room) = self.bytes.get_mut(self.len..end) else {
            return false;
        };
        let (head, data) = room.split_at_mut(4);
        let [code_high, code_low] = code.to_be_bytes();
        let [length_high, length_low] = length.to_be_bytes();
        head.copy_from_slice(&[code_high, code_low, length_high, length_low]);
        data.copy_from_slice(value);
        self.len = end;
        true
    }

    /// Completes the record and gives its length. The upper bits of the response code go into it.
    #[inline]
    #[must_use]
    pub fn finish(self, udp_size: u16, rcode: crate::Rcode, dnssec_ok: bool) -> usize {
        let Some(head) = self.bytes.first_chunk_mut::<OPT_HEAD>() else {
            return 0;
        };
        let [size_high, size_low] = udp_size.to_be_bytes();
        let [_, extended] = (rcode.0 >> 4).to_be_bytes();
        let length = u16::try_from(self.len - OPT_HEAD).unwrap_or(0);
        let [length_high, length_low] = length.to_be_bytes();
        let flags = if dnssec_ok { 0x80 } else { 0 };
        *head = [
            0,
            0,
            41,
            size_high,
            size_low,
            extended,
            0,
            flags,
            0,
            length_high,
            length_low,
        ];
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rcode;

    #[test]
    fn options_are_read_and_unknown_ones_passed_over() {
        let data = b"\x00\x03\x00\x00\xFF\xEE\x00\x02zz\x00\x0A\x00\x08abcdefgh\x00\x0B\x00\x00\x00\x0C\x00\x01\x00";
        let options = Options::read(data).unwrap();
        assert!(options.nsid && options.keepalive && options.padding && !options.expire);
        assert_eq!(options.cookie, Some(&b"abcdefgh"[..]));
        for cut in [1, 3, 5, 11] {
            assert!(Options::read(&data[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn an_opt_record_carries_the_upper_bits_of_the_response_code() {
        let mut room = [0; 32];
        let mut opt = OptWriter::new(&mut room);
        assert!(opt.option(option::NSID, b"ns1"));
        assert!(!opt.option(option::NSID, &[0; 64]));
        let len = opt.finish(1232, Rcode::BADVERS, true);
        let expected = b"\x00\x00\x29\x04\xD0\x01\x00\x80\x00\x00\x07\x00\x03\x00\x03ns1";
        assert_eq!(&room[..len], expected);
    }

    #[test]
    fn padding_makes_messages_as_long_as_blocks_where_there_is_room() {
        for (others, room, expected) in [(100, 900, 468), (453, 900, 468), (454, 900, 936)] {
            let mut room = vec![1; room];
            let mut opt = OptWriter::new(&mut room);
            opt.pad(others);
            assert_eq!(others + opt.finish(1232, Rcode::NOERROR, false), expected);
        }
        let mut room = [1; 20];
        let mut opt = OptWriter::new(&mut room);
        opt.pad(100);
        assert_eq!(opt.finish(1232, Rcode::NOERROR, false), 20);
        let mut opt = OptWriter::new(&mut room[..12]);
        opt.pad(100);
        assert_eq!(opt.finish(1232, Rcode::NOERROR, false), OPT_HEAD);
    }
}
