//! The names inside record data: for compression, additional data, signing and checks.

use super::field::{NameRule, Row};
use super::read::length;
use super::table::fields;
use crate::types::Rtype;

/// Where a name stands in uncompressed record data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddedName {
    /// Where it begins.
    pub at: u16,
    /// How many bytes it has, root label included.
    pub len: u16,
    /// Whether it may be compressed in a message (RFC 3597 §4).
    pub compressible: bool,
}

impl EmbeddedName {
    /// The bytes of the name in the data it was found in.
    #[must_use]
    pub fn bytes(self, rdata: &[u8]) -> &[u8] {
        let at = usize::from(self.at);
        rdata
            .get(at..at + usize::from(self.len))
            .unwrap_or_default()
    }
}

/// Finds the names in uncompressed data, from front to back; it ends early where the data is not
/// what its type asks for.
#[must_use]
pub fn names(rtype: Rtype, rdata: &[u8]) -> EmbeddedNames<'_> {
    EmbeddedNames {
        walk: Walk::new(rtype),
        rdata,
    }
}

/// Puts the names into lower case that RFC 4034 §6.2 wants so, as RFC 6840 §5.1 corrects it.
pub fn canonical(rtype: Rtype, rdata: &mut [u8]) {
    let mut walk = Walk::new(rtype);
    while let Some((name, rule)) = walk.next(rdata) {
        let at = usize::from(name.at);
        if rule.lowers()
            && let Some(bytes) = rdata.get_mut(at..at + usize::from(name.len))
        {
            // Length bytes are below 64 and so are never touched.
            bytes.make_ascii_lowercase();
        }
    }
}

/// The names of one record's data.
#[derive(Clone, Debug)]
pub struct EmbeddedNames<'a> {
    walk: Walk,
    rdata: &'a [u8],
}

impl Iterator for EmbeddedNames<'_> {
    type Item = EmbeddedName;

    #[inline]
    fn next(&mut self) -> Option<EmbeddedName> {
        self.walk.next(self.rdata).map(|(name, _)| name)
    }
}

/// How far the fields have been walked.
#[derive(Clone, Copy, Debug)]
struct Walk {
    row: Row,
    at: usize,
}

impl Walk {
    fn new(rtype: Rtype) -> Self {
        Self {
            row: Row::names(fields(rtype).unwrap_or_default()),
            at: 0,
        }
    }

    #[inline]
    fn next(&mut self, rdata: &[u8]) -> Option<(EmbeddedName, NameRule)> {
        while let Some(field) = self.row.next(self.at >= rdata.len()) {
            let at = self.at;
            let rule = field.name_rule(rdata.get(..at)?);
            let Ok(length) = length(field, rdata, at) else {
                self.row = Row::new(&[]);
                return None;
            };
            self.at += length;
            if let Some(rule) = rule {
                let name = EmbeddedName {
                    at: u16::try_from(at).ok()?,
                    len: u16::try_from(length).ok()?,
                    compressible: rule == NameRule::Classic,
                };
                return Some((name, rule));
            }
        }
        None
    }
}
