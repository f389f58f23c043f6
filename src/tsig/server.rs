//! The server's side: whether a request is signed by a key of ours.

use std::sync::Arc;

use crate::Keys;
use crate::digest::{Variables, feed_received};
use crate::mac::Mac;
use crate::record::TsigRecord;
use crate::refusal::{Refusal, RefusalKind};
use crate::verified::Verified;

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
