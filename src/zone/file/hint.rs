//! What to do about a mistake: one sentence under the marked line.

use wire::text::{self, DataTextError, DataTextErrorKind, NameTextError, Token};
use wire::{Class, Rtype};

use super::say::quote;

/// The form of a record, for lines that are none.
pub(super) const FORM: &str = "a record is written as: OWNER TTL CLASS TYPE DATA, where the owner \
                               (then with a blank in front), TTL and class may be left out";

/// What a TTL is.
pub(super) const TTL: &str =
    "a TTL is a number of seconds, or numbers with the units w, d, h, m, s such as 1h30m";

/// What a name is, seen from what is wrong with it.
pub(super) fn name(error: NameTextError) -> &'static str {
    match error {
        NameTextError::Empty => "write @ for the origin, or a single dot for the root",
        NameTextError::EmptyLabel => "one dot stands between labels, and one after a full name",
        NameTextError::Escape => "write \\\\ for a backslash itself",
        NameTextError::LabelLength => "a label, the text between two dots, has 63 bytes at most",
        NameTextError::NameLength => "the origin counts, unless the name ends with a dot",
        NameTextError::NoOrigin => "write the full name with a dot at its end",
    }
}

/// The message and the hint for a word that stands where a type should, and is none.
pub(super) fn no_type(blank: bool, words: &[Token<'_>], at: usize) -> (String, Option<String>) {
    let word = words.get(at).map(|word| word.text).unwrap_or_default();
    if word.starts_with(b"$") {
        let message = format!("{} where a record type belongs", quote(word));
        return (
            message,
            Some("directives start in the first column".to_owned()),
        );
    }
    let message = format!("{} is not a record type", quote(word));
    let next_is_type = words
        .get(at + 1)
        .is_some_and(|next| Rtype::from_text(next.text).is_some());
    let hint = if word.first().is_some_and(u8::is_ascii_digit) && next_is_type {
        TTL.to_owned()
    } else if !blank && at == 0 {
        "the first word of a line is its owner, unless a blank stands before it".to_owned()
    } else if let Some(close) = closest(word) {
        format!("did you mean {close}?")
    } else if Class::from_text(word).is_some() {
        return (message, None);
    } else {
        "a type without a name is written as TYPE65280".to_owned()
    };
    (message, Some(hint))
}

/// The hint for data that does not fit its type.
pub(super) fn data(rtype: Rtype, error: &DataTextError, data: &[Token<'_>]) -> Option<String> {
    match error.kind {
        DataTextErrorKind::Name(error) => Some(name(error).to_owned()),
        DataTextErrorKind::Escape => Some(name(NameTextError::Escape).to_owned()),
        DataTextErrorKind::Generic(_) | DataTextErrorKind::Length { .. } => Some(
            "generic data is written as: \\# LENGTH HEX, where the length counts bytes".to_owned(),
        ),
        DataTextErrorKind::GenericOnly => None,
        _ => {
            let word = data
                .get(error.token)
                .map(|word| word.text)
                .unwrap_or_default();
            if rtype == Rtype::A && word.contains(&b':') {
                return Some("an IPv6 address goes into an AAAA record".to_owned());
            }
            if rtype == Rtype::AAAA && text::ipv4(word).is_some() {
                return Some("an IPv4 address goes into an A record".to_owned());
            }
            let is_text = matches!(rtype, Rtype::TXT | Rtype::SPF);
            if is_text && error.kind == DataTextErrorKind::StringLength {
                return None;
            }
            if rtype == Rtype::A && error.kind == DataTextErrorKind::Excess {
                return Some("each address has a record of its own".to_owned());
            }
            form(rtype).map(|form| format!("the data of {rtype} is written as: {form}"))
        }
    }
}

/// How the data of a type is written.
fn form(rtype: Rtype) -> Option<&'static str> {
    Some(match rtype {
        Rtype::A => "four numbers from 0 to 255 with dots between them",
        Rtype::AAAA => "groups of hexadecimal digits with colons between them",
        Rtype::AFSDB => "SUBTYPE HOST",
        Rtype::CAA => "FLAGS TAG \"VALUE\"",
        Rtype::CDS | Rtype::DLV | Rtype::DS => "KEY-TAG ALGORITHM DIGEST-TYPE DIGEST",
        Rtype::CERT => "TYPE KEY-TAG ALGORITHM BASE64",
        Rtype::CNAME | Rtype::DNAME | Rtype::NS | Rtype::PTR => "NAME",
        Rtype::CDNSKEY | Rtype::DNSKEY | Rtype::KEY => "FLAGS PROTOCOL ALGORITHM BASE64",
        Rtype::CSYNC => "SERIAL FLAGS TYPE…",
        Rtype::HINFO => "\"CPU\" \"SYSTEM\"",
        Rtype::HTTPS | Rtype::SVCB => "PRIORITY TARGET KEY=VALUE…",
        Rtype::KX | Rtype::MX | Rtype::RT => "PREFERENCE HOST",
        Rtype::LOC => "52 22 23.0 N 4 53 32.0 E -2m 1m 10000m 10m",
        Rtype::NAPTR => "ORDER PREFERENCE \"FLAGS\" \"SERVICE\" \"REGEXP\" REPLACEMENT",
        Rtype::NSEC => "NEXT-NAME TYPE…",
        Rtype::NSEC3 => "ALGORITHM FLAGS ITERATIONS SALT NEXT-HASH TYPE…",
        Rtype::NSEC3PARAM => "ALGORITHM FLAGS ITERATIONS SALT",
        Rtype::RP => "MAILBOX-NAME TEXT-NAME",
        Rtype::RRSIG => "TYPE ALGORITHM LABELS TTL EXPIRATION INCEPTION KEY-TAG SIGNER SIGNATURE",
        Rtype::SMIMEA | Rtype::TLSA => "USAGE SELECTOR MATCHING-TYPE HEX",
        Rtype::SOA => "PRIMARY MAILBOX SERIAL REFRESH RETRY EXPIRE MINIMUM",
        Rtype::SPF | Rtype::TXT => "\"TEXT\"…",
        Rtype::SRV => "PRIORITY WEIGHT PORT HOST",
        Rtype::SSHFP => "ALGORITHM FINGERPRINT-TYPE HEX",
        Rtype::URI => "PRIORITY WEIGHT \"URI\"",
        Rtype::ZONEMD => "SERIAL SCHEME HASH HEX",
        _ => return None,
    })
}

/// A type whose mnemonic is one change away from the word.
fn closest(word: &[u8]) -> Option<Rtype> {
    let common = [
        Rtype::A,
        Rtype::AAAA,
        Rtype::CNAME,
        Rtype::MX,
        Rtype::TXT,
        Rtype::SRV,
    ];
    common
        .iter()
        .chain(Rtype::KNOWN)
        .copied()
        .filter(|rtype| !rtype.is_meta())
        .find(|rtype| {
            let known = rtype.mnemonic().unwrap_or_default().as_bytes();
            known.len() > 1 && word.len() > 1 && is_one_change(word, known)
        })
}

/// Whether two words differ by one letter left out, put in, replaced, or swapped with the next.
fn is_one_change(left: &[u8], right: &[u8]) -> bool {
    let same = left
        .iter()
        .zip(right)
        .take_while(|(l, r)| l.eq_ignore_ascii_case(r))
        .count();
    let (left, right) = (&left[same..], &right[same..]);
    let equal = |l: Option<&[u8]>, r: Option<&[u8]>| matches!((l, r), (Some(l), Some(r)) if l.eq_ignore_ascii_case(r));
    equal(left.get(1..), right.get(1..))
        || equal(left.get(1..), Some(right))
        || equal(Some(left), right.get(1..))
        || (equal(left.get(2..), right.get(2..))
            && equal(left.get(..1), right.get(1..2))
            && equal(left.get(1..2), right.get(..1)))
}
