//! The answers of a transfer: the first and the last are signed, and at least every hundredth
//! (RFC 8945 §5.3.1).

use std::sync::Arc;

use crate::Key;
use crate::digest::feed_mac;
use crate::judge::{AnswerFault, Judged, find, unsigned};
use crate::mac::Context;
use crate::sign::Fields;

/// Judges the messages of an answer, in their order.
///
/// Messages without a signature are vouched for by the next one that has one, so nothing may come of
/// the transfer before [`AnswerStream::finish`] says so.
#[derive(Clone, Debug)]
pub struct AnswerStream {
    key: Arc<Key>,
    /// The digest of the next signature, fed with all since the one before.
    context: Context,
    fields: Fields,
    /// Messages since the last signature.
    unsigned: u32,
    /// Whether all messages so far are vouched for.
    complete: bool,
}

impl AnswerStream {
    /// Goes on from what the context was fed.
    pub(crate) fn new(key: Arc<Key>, context: Context) -> Self {
        Self {
            key,
            context,
            fields: Fields::All,
            unsigned: 0,
            complete: false,
        }
    }

    /// Judges the next message.
    ///
    /// # Errors
    /// When it is not to be taken; then all of the transfer is not.
    pub fn verify(&mut self, message: &[u8], now: u64) -> Result<(), AnswerFault> {
        self.complete = false;
        let Some((at, record)) = find(message)? else {
            if self.fields == Fields::All {
                return Err(unsigned(message));
            }
            if self.unsigned == MAX_UNSIGNED {
                return Err(AnswerFault::TooManyUnsigned);
            }
            self.unsigned += 1;
            self.context.feed(message);
            return Ok(());
        };
        let judged = Judged {
            key: &self.key,
            message,
            at,
            record,
            now,
        };
        let context = std::mem::replace(&mut self.context, self.key.start());
        let mac = judged.check(context, self.fields)?;
        feed_mac(&mut self.context, mac.as_bytes());
        self.fields = Fields::Timers;
        self.unsigned = 0;
        self.complete = true;
        Ok(())
    }

    /// Says whether the transfer was signed to its end.
    ///
    /// # Errors
    /// When its last message was not, or one before was refused.
    pub fn finish(self) -> Result<(), AnswerFault> {
        if self.complete {
            Ok(())
        } else {
            Err(AnswerFault::LastUnsigned)
        }
    }
}

/// RFC 8945 §5.3.1: up to 99 messages in between.
const MAX_UNSIGNED: u32 = 99;
