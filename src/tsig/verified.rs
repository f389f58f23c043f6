//! Requests whose signature is right, and signing what they are answered.

use std::sync::Arc;

use crate::digest::feed_mac;
use crate::mac::{Context, Mac};
use crate::record::{FUDGE, NoRoom, TsigError};
use crate::sign::{Fields, Signing, record_len};
use crate::{Algorithm, Key};

/// A request whose signature is right, with what its answers are signed by.
#[derive(Clone, Debug)]
pub struct Verified {
    pub(crate) key: Arc<Key>,
    /// The name of the algorithm that the request has, and its answers too.
    pub(crate) sent_as: Algorithm,
    pub(crate) mac: Mac,
}

/// The answers of a transfer, each signed over the one before it (RFC 8945 §5.3.1).
#[derive(Clone, Debug)]
pub struct AnswerSequence {
    request: Verified,
    /// The MAC of the answer before; `None` before the first.
    prior: Option<Mac>,
}

impl Verified {
    /// The key that signed.
    #[must_use]
    pub fn key(&self) -> &Arc<Key> {
        &self.key
    }

    /// How many bytes the TSIG record of each answer takes.
    #[must_use]
    pub fn record_len(&self) -> usize {
        record_len(&self.key, self.sent_as)
    }

    /// Signs the one answer in the first `len` bytes; gives its new length.
    ///
    /// # Errors
    /// When there is no room; then the answer is as it was.
    pub fn sign(&self, answer: &mut [u8], len: usize, now: u64) -> Result<usize, NoRoom> {
        let signing = self.signing(now);
        let (len, _) = signing.sign(self.start(), Fields::All, answer, len)?;
        Ok(len)
    }

    /// For a request that is answered by several messages.
    #[must_use]
    pub fn into_sequence(self) -> AnswerSequence {
        AnswerSequence {
            request: self,
            prior: None,
        }
    }

    /// A digest that goes on from the request's MAC.
    pub(crate) fn start(&self) -> Context {
        self.start_from(&self.mac)
    }

    pub(crate) fn signing(&self, now: u64) -> Signing<'_> {
        Signing {
            key: &self.key,
            sent_as: self.sent_as,
            time_signed: now,
            fudge: FUDGE,
            error: TsigError::NONE,
            other: &[],
        }
    }

    fn start_from(&self, mac: &Mac) -> Context {
        let mut context = self.key.start();
        feed_mac(&mut context, mac.as_bytes());
        context
    }
}

impl AnswerSequence {
    /// The key that signs.
    #[must_use]
    pub fn key(&self) -> &Arc<Key> {
        &self.request.key
    }

    /// How many bytes the TSIG record of each answer takes.
    #[must_use]
    pub fn record_len(&self) -> usize {
        self.request.record_len()
    }

    /// Signs the next answer, in the first `len` bytes; gives its new length.
    ///
    /// # Errors
    /// When there is no room; then answer and sequence are as they were.
    pub fn sign(&mut self, answer: &mut [u8], len: usize, now: u64) -> Result<usize, NoRoom> {
        let (mac, fields) = match &self.prior {
            None => (&self.request.mac, Fields::All),
            Some(prior) => (prior, Fields::Timers),
        };
        let context = self.request.start_from(mac);
        let signing = self.request.signing(now);
        let (len, mac) = signing.sign(context, fields, answer, len)?;
        self.prior = Some(mac);
        Ok(len)
    }
}
