//! A key: its name, its one algorithm, its secret.

use std::fmt;

use wire::{Name, NameRef};
use zeroize::Zeroizing;

use crate::Algorithm;
use crate::mac::{Context, Prepared};

/// The bytes that both sides know, wiped when they are let go.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// A key.
///
/// The name is kept in lower case, the form that is signed (RFC 8945 §4.3.3).
pub struct Key {
    name: Name,
    algorithm: Algorithm,
    sent_as: Algorithm,
    secret: Secret,
    prepared: Prepared,
}

impl Secret {
    /// Takes the bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads base64 as people write it, blanks within it left out; `None` when it is not that.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        let mut digits = Zeroizing::new(Vec::with_capacity(text.len()));
        digits.extend(text.bytes().filter(|byte| !byte.is_ascii_whitespace()));
        // Room for all of it, so that nothing is left behind in memory by growing.
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
        wire::text::base64(&digits, &mut bytes).then_some(Self(bytes))
    }

    /// Whether there is nothing in it, which no key should have.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn print_base64(&self, f: &mut impl fmt::Write) -> fmt::Result {
        wire::text::print_base64(&self.0, f)
    }
}

impl Key {
    /// A key of these.
    #[must_use]
    pub fn new(name: NameRef<'_>, algorithm: Algorithm, secret: Secret) -> Self {
        Self {
            name: name.to_lowercase(),
            algorithm,
            sent_as: algorithm,
            prepared: Prepared::new(algorithm, &secret.0),
            secret,
        }
    }

    /// The same key, but a truncated algorithm is called by its untruncated name in requests, as BIND
    /// and its tools do; only the length of the MAC tells. Names of truncated algorithms (RFC 8945
    /// §6) are strange to them. Requests to us may use either.
    #[must_use]
    pub fn sent_as_bind_does(mut self) -> Self {
        self.sent_as = self.algorithm.untruncated();
        self
    }

    /// Makes a key with a secret as long as its hash; `fill` fills in random bytes.
    ///
    /// # Errors
    /// Those of `fill`.
    pub fn generate<E>(
        name: NameRef<'_>,
        algorithm: Algorithm,
        fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut bytes = Zeroizing::new(vec![0; algorithm.output_len()]);
        fill(&mut bytes)?;
        Ok(Self::new(name, algorithm, Secret(bytes)))
    }

    /// The name, in lower case.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The one algorithm it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The algorithm that requests name.
    pub(crate) fn sent_as(&self) -> Algorithm {
        self.sent_as
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The algorithm of ours that this name in a record stands for, if it is one for this key.
    pub(crate) fn algorithm_named(&self, name: NameRef<'_>) -> Option<Algorithm> {
        let mut ours = [self.algorithm, self.algorithm.untruncated()].into_iter();
        ours.find(|algorithm| algorithm.wire_name() == name)
    }

    pub(crate) fn start(&self) -> Context {
        self.prepared.start()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("name", &self.name)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
