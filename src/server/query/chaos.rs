//! Questions about the server itself: `version.bind` and its kin in class CHAOS.

use wire::name::NameRef;
use wire::{Class, Rtype};

/// What the server says of itself; nothing unless it is set.
#[derive(Clone, Debug, Default)]
pub struct Chaos {
    /// For `version.bind` and `version.server`.
    pub version: Option<String>,
    /// For `hostname.bind`.
    pub hostname: Option<String>,
    /// For `id.server` (RFC 4892).
    pub id: Option<String>,
}

impl Chaos {
    /// The text for a name, if it is one of these and set.
    pub(crate) fn text(&self, name: NameRef<'_>) -> Option<&str> {
        let is = |wanted: &[u8]| name.as_bytes().eq_ignore_ascii_case(wanted);
        if is(b"\x07version\x04bind\0") || is(b"\x07version\x06server\0") {
            self.version.as_deref()
        } else if is(b"\x08hostname\x04bind\0") {
            self.hostname.as_deref()
        } else if is(b"\x02id\x06server\0") {
            self.id.as_deref()
        } else {
            None
        }
    }
}

/// A TXT record of class CHAOS with TTL 0, owned by the question's name.
pub(crate) fn record(text: &str) -> Vec<u8> {
    // One character string holds 255 bytes; the rest would say no more.
    let text = text
        .as_bytes()
        .get(..text.len().min(255))
        .unwrap_or_default();
    let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
    let mut record = vec![0xC0, 0x0C];
    record.extend_from_slice(&Rtype::TXT.0.to_be_bytes());
    record.extend_from_slice(&Class::CH.0.to_be_bytes());
    record.extend_from_slice(&[0; 4]);
    record.extend_from_slice(&(u16::from(length) + 1).to_be_bytes());
    record.push(length);
    record.extend_from_slice(text);
    record
}
