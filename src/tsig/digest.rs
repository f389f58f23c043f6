//! What is signed, in its order (RFC 8945 §4.3): a MAC before, messages, the fields of the record.

use wire::NameRef;
use wire::message::HEADER_LEN;

use crate::mac::Context;
use crate::record::{TsigError, time_bytes};

/// What takes the bytes that are signed: a digest, or a place that collects them.
pub(crate) trait Feed {
    fn feed(&mut self, bytes: &[u8]);
}

impl Feed for Context {
    fn feed(&mut self, bytes: &[u8]) {
        Self::feed(self, bytes);
    }
}

impl Feed for Vec<u8> {
    fn feed(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// The MAC that an answer follows, behind its length (RFC 8945 §5.3).
pub(crate) fn feed_mac(context: &mut impl Feed, mac: &[u8]) {
    // It stood in a record.
    let len = u16::try_from(mac.len()).unwrap_or(u16::MAX);
    context.feed(&len.to_be_bytes());
    context.feed(mac);
}

/// A received message as it was before its TSIG record, which is at `tsig_at`, was added: without it,
/// with one additional record less and its first number (RFC 8945 §4.3.2). False when it is none.
#[must_use]
pub(crate) fn feed_received(
    context: &mut impl Feed,
    message: &[u8],
    tsig_at: usize,
    original_id: u16,
) -> bool {
    let Some((header, _)) = message.split_first_chunk::<HEADER_LEN>() else {
        return false;
    };
    let [_, _, f0, f1, q0, q1, a0, a1, n0, n1, x0, x1] = *header;
    let (Some(additionals), Some(body)) = (
        u16::from_be_bytes([x0, x1]).checked_sub(1),
        message.get(HEADER_LEN..tsig_at),
    ) else {
        return false;
    };
    let [i0, i1] = original_id.to_be_bytes();
    let [x0, x1] = additionals.to_be_bytes();
    context.feed(&[i0, i1, f0, f1, q0, q1, a0, a1, n0, n1, x0, x1]);
    context.feed(body);
    true
}

/// The fields of a record that are signed (RFC 8945 §4.3.3).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variables<'a> {
    /// In lower case.
    pub(crate) name: NameRef<'a>,
    /// In lower case.
    pub(crate) algorithm: NameRef<'static>,
    pub(crate) time_signed: u64,
    pub(crate) fudge: u16,
    pub(crate) error: TsigError,
    pub(crate) other: &'a [u8],
}

impl Variables<'_> {
    /// All of them.
    pub(crate) fn feed(&self, context: &mut impl Feed) {
        context.feed(self.name.as_bytes());
        // Class ANY, TTL 0.
        context.feed(&[0, 255, 0, 0, 0, 0]);
        context.feed(self.algorithm.as_bytes());
        self.feed_timers(context);
        context.feed(&self.error.0.to_be_bytes());
        // It was read from a length of 16 bits, or is a time.
        let len = u16::try_from(self.other.len()).unwrap_or(u16::MAX);
        context.feed(&len.to_be_bytes());
        context.feed(self.other);
    }

    /// The times alone, as in all messages of a transfer but the first (RFC 8945 §5.3.1).
    pub(crate) fn feed_timers(&self, context: &mut impl Feed) {
        context.feed(&time_bytes(self.time_signed));
        context.feed(&self.fudge.to_be_bytes());
    }
}
