//! What the signature of a request came to, and signing the answer.

use crate::clock::unix_time;
use crate::slot::Slot;

/// What the signature of a request came to.
#[derive(Clone, Debug)]
pub(super) enum Signature {
    /// It is not accepted.
    Refused(tsig::Refusal),
    /// It is by a key of ours.
    Verified(tsig::Verified),
}

impl Signature {
    pub(super) fn new(verified: Result<tsig::Verified, tsig::Refusal>) -> Box<Self> {
        Box::new(match verified {
            Ok(verified) => Self::Verified(verified),
            Err(refusal) => Self::Refused(refusal),
        })
    }

    /// How many bytes the answer's own takes.
    #[inline]
    pub(super) fn len(signature: Option<&Self>) -> usize {
        match signature {
            None => 0,
            Some(Self::Refused(refusal)) => refusal.record_len(),
            Some(Self::Verified(verified)) => verified.record_len(),
        }
    }

    /// Signs the answer of a slot. Room was kept for it; an answer that could not be signed would
    /// not be believed, so it is not sent.
    pub(super) fn seal(&self, slot: &mut Slot) {
        if slot.reply_len == 0 {
            return;
        }
        let (reply, len) = (&mut slot.reply, slot.reply_len);
        let sealed = match self {
            Self::Refused(refusal) => refusal.append(reply, len, unix_time()),
            Self::Verified(verified) => verified.sign(reply, len, unix_time()),
        };
        slot.reply_len = sealed.unwrap_or(0);
    }
}
