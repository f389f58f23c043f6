//! Tokens of GSS with Kerberos (RFC 4121): those that make a context, and those that sign.
//!
//! ```text
//! first tokens: 60 len OID ID(2) message
//! MIC tokens:   04 04 flags FF FF FF FF FF sequence(8) checksum(message ‖ the 16 bytes before)
//! ```

use crate::der::{self, Malformed, Reader};

/// A message of the service in answer to ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer<'a> {
    /// An AP-REP.
    Accepted(&'a [u8]),
    /// A KRB-ERROR.
    Refused(&'a [u8]),
}

/// The first token, around an AP-REQ.
pub(crate) fn first(ap_request: &[u8]) -> Vec<u8> {
    let mut message = AP_REQUEST.to_vec();
    message.extend_from_slice(ap_request);
    der::token(KERBEROS, &message)
}

/// Takes an answer out of its frame.
pub(crate) fn answer(token: &[u8]) -> Result<Answer<'_>, Malformed> {
    let mut inner = Reader::new(token).token()?;
    if inner.object()? != KERBEROS {
        return Err(Malformed);
    }
    match inner.rest().split_first_chunk::<2>() {
        Some((&AP_REPLY, message)) => Ok(Answer::Accepted(message)),
        Some((&KRB_ERROR, message)) => Ok(Answer::Refused(message)),
        _ => Err(Malformed),
    }
}

/// The checksum of an authenticator that begins a context (RFC 4121 §4.1.1): no channel is bound, and
/// the context is mutual, notices replays and signs.
pub(crate) fn context_checksum() -> [u8; 24] {
    let mut bytes = [0; 24];
    let [length, .., flags, _, _, _] = &mut bytes;
    (*length, *flags) = (16, MUTUAL | REPLAY | INTEGRITY);
    bytes
}

/// The head of a MIC token.
pub(crate) fn mic_head(flags: u8, sequence: u64) -> [u8; MIC_HEAD] {
    let mut head = [0xFF; MIC_HEAD];
    let [a, b, c, _, _, _, _, _, number @ ..] = &mut head;
    [*a, *b] = MIC;
    *c = flags;
    *number = sequence.to_be_bytes();
    head
}

/// The flags, the head and the checksum of a MIC token.
pub(crate) fn read_mic(token: &[u8]) -> Option<(u8, &[u8; MIC_HEAD], &[u8])> {
    let (head, checksum) = token.split_first_chunk::<MIC_HEAD>()?;
    let [a, b, flags, filler @ .., _, _, _, _, _, _, _, _] = head;
    ([*a, *b] == MIC && filler.iter().all(|byte| *byte == 0xFF)).then_some((*flags, head, checksum))
}

/// Bytes before the checksum of a MIC token.
pub(crate) const MIC_HEAD: usize = 16;
/// The token was made by who accepted the context.
pub(crate) const BY_ACCEPTOR: u8 = 1;
/// The checksum was made with the key that the accepting side has chosen.
pub(crate) const ACCEPTOR_KEY: u8 = 4;
/// The checksum of [`context_checksum`].
pub(crate) const CONTEXT_CHECKSUM: i64 = 0x8003;

/// 1.2.840.113554.1.2.2
const KERBEROS: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02];
const AP_REQUEST: [u8; 2] = [1, 0];
const AP_REPLY: [u8; 2] = [2, 0];
const KRB_ERROR: [u8; 2] = [3, 0];
const MIC: [u8; 2] = [4, 4];
const MUTUAL: u8 = 2;
const REPLAY: u8 = 4;
const INTEGRITY: u8 = 32;
