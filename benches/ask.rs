//! One question and its answer over UDP, read no further than a benchmark has to.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use wire::{NameRef, Rtype};

use crate::zones::Mix;

/// A question for addresses, with EDNS or without.
#[must_use]
pub fn question(name: NameRef<'_>, edns: bool) -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, u8::from(edns)];
    message.extend_from_slice(name.as_bytes());
    message.extend_from_slice(&Rtype::A.0.to_be_bytes());
    message.extend_from_slice(&[0, 1]);
    if edns {
        message.extend_from_slice(&[0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);
    }
    message
}

/// What the header of an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The bytes of the whole message.
    pub len: usize,
    authoritative: bool,
    rcode: u8,
    answers: u16,
    authorities: u16,
}

impl Reply {
    /// Reads the header of an answer to the question.
    #[must_use]
    pub fn read(question: &[u8], reply: &[u8]) -> Option<Self> {
        let head: [u8; 12] = *reply.first_chunk()?;
        if question.get(..2) != head.get(..2) || head[2] & 0x80 == 0 {
            return None;
        }
        Some(Self {
            len: reply.len(),
            authoritative: head[2] & 0x04 != 0,
            rcode: head[3] & 0x0F,
            answers: u16::from_be_bytes([head[6], head[7]]),
            authorities: u16::from_be_bytes([head[8], head[9]]),
        })
    }

    /// Whether it is the kind of answer that a question of this mix must get.
    #[must_use]
    pub fn fits(&self, mix: Mix) -> bool {
        let section = |rcode, authoritative, answers| {
            (self.rcode, self.authoritative, self.answers) == (rcode, authoritative, answers)
        };
        match mix {
            Mix::Positive | Mix::Wildcard => section(0, true, 1),
            Mix::Negative => section(3, true, 0) && self.authorities > 0,
            Mix::Referral => section(0, false, 0) && self.authorities > 0,
            Mix::Mixed => self.rcode == 0 || self.rcode == 3,
        }
    }
}

/// Asks a server.
///
/// # Errors
/// When there is no answer in time, or it is none to this question.
pub fn ask(server: SocketAddr, question: &[u8], wait: Duration) -> io::Result<Reply> {
    let socket = UdpSocket::bind((server.ip(), 0))?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(wait))?;
    socket.send(question)?;
    let mut reply = [0; 4096];
    let len = socket.recv(&mut reply)?;
    Reply::read(question, reply.get(..len).unwrap_or_default())
        .ok_or_else(|| io::Error::other("the answer is to another question"))
}
