//! The algorithms: their names in text and on the wire, and how long their MACs are.

use std::fmt;
use std::str::FromStr;

use wire::NameRef;

/// A way to sign (RFC 8945 §6). The truncated ones send the first bytes of the MAC only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// MD5. Broken as a hash, not yet as a MAC; cert-manager's default.
    HmacMd5,
    /// SHA-1.
    HmacSha1,
    /// SHA-224.
    HmacSha224,
    /// SHA-256.
    HmacSha256,
    /// SHA-256, cut to 128 bits.
    HmacSha256_128,
    /// SHA-384.
    HmacSha384,
    /// SHA-384, cut to 192 bits.
    HmacSha384_192,
    /// SHA-512.
    HmacSha512,
    /// SHA-512, cut to 256 bits.
    HmacSha512_256,
}

/// The text names no algorithm. What it was is not kept: a secret may stand where it should not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an algorithm such as hmac-sha256")]
pub struct AlgorithmTextError;

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::HmacMd5,
        Self::HmacSha1,
        Self::HmacSha224,
        Self::HmacSha256,
        Self::HmacSha256_128,
        Self::HmacSha384,
        Self::HmacSha384_192,
        Self::HmacSha512,
        Self::HmacSha512_256,
    ];

    /// The name as people write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HmacMd5 => "hmac-md5",
            Self::HmacSha1 => "hmac-sha1",
            Self::HmacSha224 => "hmac-sha224",
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSha256_128 => "hmac-sha256-128",
            Self::HmacSha384 => "hmac-sha384",
            Self::HmacSha384_192 => "hmac-sha384-192",
            Self::HmacSha512 => "hmac-sha512",
            Self::HmacSha512_256 => "hmac-sha512-256",
        }
    }

    /// The name in records.
    #[must_use]
    pub fn wire_name(self) -> NameRef<'static> {
        NameRef::from_checked(match self {
            Self::HmacMd5 => b"\x08hmac-md5\x07sig-alg\x03reg\x03int\x00",
            Self::HmacSha1 => b"\x09hmac-sha1\x00",
            Self::HmacSha224 => b"\x0Bhmac-sha224\x00",
            Self::HmacSha256 => b"\x0Bhmac-sha256\x00",
            Self::HmacSha256_128 => b"\x0Fhmac-sha256-128\x00",
            Self::HmacSha384 => b"\x0Bhmac-sha384\x00",
            Self::HmacSha384_192 => b"\x0Fhmac-sha384-192\x00",
            Self::HmacSha512 => b"\x0Bhmac-sha512\x00",
            Self::HmacSha512_256 => b"\x0Fhmac-sha512-256\x00",
        })
    }

    /// How many bytes its hash gives.
    #[must_use]
    pub fn output_len(self) -> usize {
        match self {
            Self::HmacMd5 => 16,
            Self::HmacSha1 => 20,
            Self::HmacSha224 => 28,
            Self::HmacSha256 | Self::HmacSha256_128 => 32,
            Self::HmacSha384 | Self::HmacSha384_192 => 48,
            Self::HmacSha512 | Self::HmacSha512_256 => 64,
        }
    }

    /// How many bytes of that are sent.
    #[must_use]
    pub fn mac_len(self) -> usize {
        match self {
            Self::HmacSha256_128 => 16,
            Self::HmacSha384_192 => 24,
            Self::HmacSha512_256 => 32,
            whole => whole.output_len(),
        }
    }

    /// The fewest bytes of a MAC that are well-formed, whatever is accepted (RFC 8945 §5.2.2.1).
    #[must_use]
    pub fn least_mac_len(self) -> usize {
        (self.output_len() / 2).max(10)
    }

    /// The algorithm whose MAC this one cuts; of one that does not, itself.
    #[must_use]
    pub fn untruncated(self) -> Self {
        match self {
            Self::HmacSha256_128 => Self::HmacSha256,
            Self::HmacSha384_192 => Self::HmacSha384,
            Self::HmacSha512_256 => Self::HmacSha512,
            whole => whole,
        }
    }

    /// Whether one should rather use another one; to be said once.
    #[must_use]
    pub fn is_weak(self) -> bool {
        // RFC 8945 §6: MUST NOT be used, and implemented for old peers only. SHA-1 is "NOT
        // RECOMMENDED", but sound as a MAC.
        self == Self::HmacMd5
    }
}

impl FromStr for Algorithm {
    type Err = AlgorithmTextError;

    /// In any case, with or without the final dot; MD5 by its short or its whole name.
    fn from_str(text: &str) -> Result<Self, AlgorithmTextError> {
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.eq_ignore_ascii_case("hmac-md5.sig-alg.reg.int") {
            return Ok(Self::HmacMd5);
        }
        let mut all = Self::ALL.into_iter();
        all.find(|algorithm| name.eq_ignore_ascii_case(algorithm.as_str()))
            .ok_or(AlgorithmTextError)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_printed_and_sent() {
        for algorithm in Algorithm::ALL {
            let sent = algorithm.wire_name().to_string();
            assert!(NameRef::read(algorithm.wire_name().as_bytes()).is_ok());
            for text in [
                algorithm.to_string(),
                algorithm.to_string().to_uppercase(),
                format!("{algorithm}."),
                sent.trim_end_matches('.').to_owned(),
                sent,
            ] {
                assert_eq!(text.parse(), Ok(algorithm), "{text}");
            }
        }
        for text in [
            "",
            ".",
            "sha256",
            "hmac-sha256..",
            "hmac-sha256-80",
            "hmac-md5.sig-alg",
        ] {
            assert_eq!(text.parse::<Algorithm>(), Err(AlgorithmTextError), "{text}");
        }
    }

    #[test]
    fn a_truncated_mac_is_never_shorter_than_may_be() {
        for algorithm in Algorithm::ALL {
            assert!(algorithm.mac_len() >= algorithm.least_mac_len());
            assert!(algorithm.mac_len() <= algorithm.output_len());
            let whole = algorithm.untruncated();
            assert_eq!(whole.mac_len(), whole.output_len());
            assert_eq!(whole.output_len(), algorithm.output_len());
        }
    }
}
