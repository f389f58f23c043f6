//! The messages of a transfer: header, question, as many records as fit, padding, signature.

use wire::Rcode;
use wire::edns::{OPT_HEAD, OptWriter};
use wire::message::{HEADER_LEN, flag};

use super::order::{Order, Place};
use super::pack::Packer;
use crate::clock::unix_time;
use crate::later::Broken;

/// What all messages of a transfer have in common.
pub(super) struct Frame {
    /// Header and question as they were asked.
    question: Box<[u8]>,
    signature: Option<tsig::AnswerSequence>,
    /// The largest UDP answer, as OPT records tell it, if messages are padded.
    padding: Option<u16>,
    room: Box<[u8]>,
}

impl Frame {
    pub(super) fn new(
        question: &[u8],
        signature: Option<tsig::AnswerSequence>,
        padding: Option<u16>,
    ) -> Self {
        Self {
            question: question.into(),
            signature,
            padding,
            room: vec![0; MESSAGE].into(),
        }
    }

    /// Appends a message with the records from a place on, its length before it. Gives the place of
    /// the first record that did not fit.
    pub(super) fn fill(
        &mut self,
        order: &Order,
        from: Place,
        out: &mut Vec<u8>,
    ) -> Result<Option<Place>, Broken> {
        let (question, room) = (&self.question, &mut self.room[..]);
        let reserved = self
            .signature
            .as_ref()
            .map_or(0, tsig::AnswerSequence::record_len);
        let opt = self.padding.map_or(0, |_| OPT_HEAD + 4);
        // A record may be as long as a message; it gets one of its own then.
        let limits = [LIMIT, MESSAGE - reserved - opt];
        let (mut len, mut count, mut next) = (question.len(), 0_u16, Some(from));
        for limit in limits {
            let Some(from) = next.take() else {
                break;
            };
            (len, count, next) = write(question, room, limit, order, from);
            if count > 0 {
                break;
            }
        }
        if count == 0 {
            return Err(Broken);
        }
        let [flags, _] = [room[2], room[3]];
        let copied = (flag::OPCODE | flag::RECURSION_DESIRED).to_be_bytes()[0];
        let answer = (flag::ANSWER | flag::AUTHORITATIVE).to_be_bytes()[0];
        (room[2], room[3]) = (flags & copied | answer, 0);
        room[4..6].copy_from_slice(&1_u16.to_be_bytes());
        room[6..8].copy_from_slice(&count.to_be_bytes());
        room[8..HEADER_LEN].fill(0);
        if let Some(size) = self.padding {
            let mut opt = OptWriter::new(&mut room[len..MESSAGE - reserved]);
            opt.pad(len + reserved);
            len += opt.finish(size, Rcode::NOERROR, false);
            room[HEADER_LEN - 1] = 1;
        }
        if let Some(signature) = &mut self.signature {
            // Room was kept. A message without its signature would only be refused.
            len = signature.sign(room, len, unix_time()).map_err(|_| Broken)?;
        }
        out.extend(u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes());
        out.extend(&room[..len]);
        Ok(next)
    }
}

/// Writes records behind the question while they fit; gives the length, their number and the place of
/// the first that did not.
fn write(
    question: &[u8],
    room: &mut [u8],
    limit: usize,
    order: &Order,
    from: Place,
) -> (usize, u16, Option<Place>) {
    let mut packer = Packer::new(question, room, limit, order.zone().apex().as_bytes());
    let next = order.each(from, &mut |record| packer.record(record).is_some());
    (packer.len, packer.count, next)
}

/// Messages of this size make pointers to owners work in all of them (RFC 1035 §4.1.4).
const LIMIT: usize = 16 << 10;

/// The longest message.
const MESSAGE: usize = u16::MAX as usize;
