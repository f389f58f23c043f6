//! The server's side: whether a request is signed by a key of ours, and signing what it is answered.

use std::sync::Arc;

use crate::digest::{Variables, feed_mac, feed_received};
use crate::mac::{Context, Mac};
use crate::record::{FUDGE, NoRoom, TsigError, TsigRecord};
use crate::refusal::{Refusal, RefusalKind};
use crate::sign::{Fields, Signing, record_len};
use crate::{Algorithm, Key, Keys};

/// A request whose signature is right, with what its answers are signed by.
#[derive(Clone, Debug)]
pub struct Verified {
    key: Arc<Key>,
    /// The name of the algorithm that the request has, and its answers too.
    sent_as: Algorithm,
    mac: Mac,
}

/// The answers of a transfer, each signed over the one before it (RFC 8945 §5.3.1).
#[derive(Clone, Debug)]
pub struct AnswerSequence {
    request: Verified,
    /// The MAC of the answer before; `None` before the first.
    prior: Option<Mac>,
}

/// Judges the signature of a request, whose TSIG record is at `tsig_at`; `now` is in seconds since
/// 1970.
///
/// # Errors
/// When it is refused; the refusal knows how that is answered.
pub fn verify(message: &[u8], tsig_at: usize, keys: &Keys, now: u64) -> Result<Verified, Refusal> {
    let record = TsigRecord::read(message, tsig_at).map_err(Refusal::format)?;
    // RFC 8945 §5.2: the key, the MAC, the time, and the MAC's length last.
    let unsigned = |kind| Refusal::unsigned(kind, &record);
    let key = keys.get(&record.name);
    let key = key.ok_or_else(|| unsigned(RefusalKind::UnknownKey))?;
    let sent_as = key.algorithm_named(record.algorithm);
    let sent_as = sent_as.ok_or_else(|| unsigned(RefusalKind::WrongAlgorithm))?;
    // RFC 8945 §5.2.2.1: these are not even well-formed.
    if !(sent_as.least_mac_len()..=sent_as.mac_len()).contains(&record.mac.len()) {
        return Err(Refusal::mac_length());
    }
    let mut context = key.start();
    if !feed_received(&mut context, message, tsig_at, record.original_id) {
        return Err(unsigned(RefusalKind::BadSignature));
    }
    let variables = Variables {
        name: key.name().as_ref(),
        algorithm: sent_as.wire_name(),
        time_signed: record.time_signed,
        fudge: record.fudge,
        error: record.error,
        other: record.other,
    };
    variables.feed(&mut context);
    if !context.finish().begins_with(record.mac) {
        return Err(unsigned(RefusalKind::BadSignature));
    }
    let verified = Verified {
        key: Arc::clone(key),
        sent_as,
        mac: Mac::cut(record.mac, record.mac.len()),
    };
    if !record.is_timely(now) {
        return Err(Refusal::signed(RefusalKind::BadTime, verified, &record));
    }
    if record.mac.len() < key.algorithm().mac_len() {
        return Err(Refusal::signed(RefusalKind::Truncated, verified, &record));
    }
    Ok(verified)
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
