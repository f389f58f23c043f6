//! The client's side: signing a request, and whether its answer is from who knows the key.

use std::sync::Arc;

use crate::Key;
use crate::digest::feed_mac;
use crate::judge::{AnswerFault, Judged, find, unsigned};
use crate::mac::{Context, Mac};
use crate::record::{NoRoom, TsigError};
use crate::sign::{Fields, Signing, record_len};
use crate::stream::AnswerStream;

/// What was sent, to judge the answer by.
#[derive(Clone, Debug)]
pub struct RequestMac {
    key: Arc<Key>,
    mac: Mac,
}

/// Signs a request and appends its TSIG record; `now` is in seconds since 1970, `fudge` how many
/// seconds clocks may differ ([`crate::FUDGE`]).
///
/// # Errors
/// When the message grows too long; then it is as it was.
pub fn sign_request(
    message: &mut Vec<u8>,
    key: &Arc<Key>,
    now: u64,
    fudge: u16,
) -> Result<RequestMac, NoRoom> {
    let signing = Signing {
        key,
        sent_as: key.sent_as(),
        time_signed: now,
        fudge,
        error: TsigError::NONE,
        other: &[],
    };
    let len = message.len();
    message.resize(len + record_len(key, key.sent_as()), 0);
    match signing.sign(key.start(), Fields::All, message, len) {
        Ok((_, mac)) => Ok(RequestMac {
            key: Arc::clone(key),
            mac,
        }),
        Err(error) => {
            message.truncate(len);
            Err(error)
        }
    }
}

impl RequestMac {
    /// The key that signed.
    #[must_use]
    pub fn key(&self) -> &Arc<Key> {
        &self.key
    }

    /// Judges the one answer. Whether it is an answer to this request by number and question is not
    /// looked at.
    ///
    /// # Errors
    /// When it is not to be taken.
    pub fn verify_answer(&self, message: &[u8], now: u64) -> Result<(), AnswerFault> {
        let (at, record) = find(message)?.ok_or_else(|| unsigned(message))?;
        let judged = Judged {
            key: &self.key,
            message,
            at,
            record,
            now,
        };
        judged.check(self.start(), Fields::All).map(|_| ())
    }

    /// For a request that is answered by several messages.
    #[must_use]
    pub fn into_stream(self) -> AnswerStream {
        let context = self.start();
        AnswerStream::new(self.key, context)
    }

    /// A digest that goes on from the request's MAC.
    fn start(&self) -> Context {
        let mut context = self.key.start();
        feed_mac(&mut context, self.mac.as_bytes());
        context
    }
}
