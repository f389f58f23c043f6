//! Digests whose length follows from a number in front of them.

use super::parse::hex_rest;
use super::words::Words;
use crate::error::{WireError, WireErrorKind};
use crate::text::{DataTextError, DataTextErrorKind};

/// Which record the digest stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DigestOf {
    /// A key: DS and its copies (RFC 4509, 5933, 6605).
    Key,
    /// A host key: SSHFP (RFC 4255, 6594).
    HostKey,
    /// A zone: ZONEMD (RFC 8976).
    Zone,
}

impl DigestOf {
    /// The length of the digest, or the least one where its kind is not known.
    fn length(self, before: &[u8]) -> Length {
        let kind = |at: usize| before.get(at).copied();
        match self {
            Self::Key => match kind(3) {
                Some(1) => Length::Exactly(20),
                Some(2 | 3) => Length::Exactly(32),
                Some(4) => Length::Exactly(48),
                _ => Length::AtLeast(1),
            },
            Self::HostKey => match kind(1) {
                Some(1) => Length::Exactly(20),
                Some(2) => Length::Exactly(32),
                _ => Length::AtLeast(1),
            },
            Self::Zone => match kind(5) {
                Some(1) => Length::Exactly(48),
                Some(2) => Length::Exactly(64),
                // RFC 8976 §2.2.4: never shorter than 12.
                _ => Length::AtLeast(12),
            },
        }
    }

    /// Checks the length.
    pub(super) fn measure(self, rest: &[u8], before: &[u8]) -> Result<usize, WireError> {
        let (least, most) = match self.length(before) {
            Length::Exactly(length) => (length, length),
            Length::AtLeast(least) => (least, rest.len()),
        };
        if rest.len() < least {
            Err(WireError::new(WireErrorKind::Short, rest.len()))
        } else if rest.len() > most {
            Err(WireError::new(WireErrorKind::Excess, most))
        } else {
            Ok(rest.len())
        }
    }

    /// Parses the words that are left.
    pub(super) fn parse(
        self,
        words: &mut Words<'_, '_>,
        begin: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), DataTextError> {
        let length = self.length(out.get(begin..).unwrap_or_default());
        let at = out.len();
        hex_rest(words, 1, out)?;
        let found = out.len() - at;
        match length {
            Length::Exactly(expected) if found != expected => {
                Err(words.error(DataTextErrorKind::DigestLength { expected, found }))
            }
            Length::AtLeast(least) if found < least => {
                Err(words.error(DataTextErrorKind::DigestShort { least, found }))
            }
            _ => Ok(()),
        }
    }
}

enum Length {
    Exactly(usize),
    AtLeast(usize),
}
