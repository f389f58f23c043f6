//! The messages of Kerberos (RFC 4120 §5), as far as who asks for tickets and shows them needs them.
//!
//! What we send is made here, what comes back is read here; which of it is believed is judged in
//! `login` and `context`. A ticket is never looked into: it is bytes that are passed on.

mod ap;
mod error;
mod kdc;
mod principal;

pub(crate) use ap::{ApReply, Authenticator, ap_request, authenticator};
pub(crate) use error::KrbError;
pub(crate) use kdc::{KdcReply, Kind, Padata, ReplyPart, Request, pa, preauth_info};
pub(crate) use principal::Principal;

use crate::crypto::{Etype, Key, NoRandom};
use crate::der::{self, Malformed, Reader};

/// What keys are used for (RFC 4120 §7.5.1, RFC 4121 §2).
pub(crate) mod usage {
    pub(crate) const TIMESTAMP: u32 = 1;
    pub(crate) const AS_REPLY: u32 = 3;
    pub(crate) const TGS_BODY: u32 = 6;
    pub(crate) const TGS_AUTHENTICATOR: u32 = 7;
    pub(crate) const TGS_REPLY: u32 = 8;
    pub(crate) const AP_AUTHENTICATOR: u32 = 11;
    pub(crate) const AP_REPLY: u32 = 12;
    pub(crate) const ACCEPTOR_SIGN: u32 = 23;
    pub(crate) const INITIATOR_SIGN: u32 = 25;
}

/// Encrypted bytes as they stand in a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Encrypted<'a> {
    pub(crate) etype: i64,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Encrypted<'a> {
    fn read(mut outer: Reader<'a>) -> Result<Self, Malformed> {
        let mut fields = outer.sequence()?;
        Ok(Self {
            etype: fields.field(0)?.int()?,
            bytes: fields.field(2)?.octets()?,
        })
    }
}

/// Encrypts for a message.
pub(crate) fn encrypted(key: &Key, usage: u32, text: &[u8]) -> Result<Vec<u8>, NoRandom> {
    let bytes = key.encrypt(usage, text)?;
    Ok(der::sequence(&[
        der::field(0, &der::int(key.etype().number())),
        der::field(2, &der::octets(&bytes)),
    ]))
}

/// A key in a message; `None` if it is of a kind that is not here.
fn read_key(mut outer: Reader<'_>) -> Result<Option<Key>, Malformed> {
    let mut fields = outer.sequence()?;
    let etype = fields.field(0)?.int()?;
    let bytes = fields.field(1)?.octets()?;
    match Etype::from_number(etype) {
        Some(etype) => Key::new(etype, bytes).map(Some).ok_or(Malformed),
        None => Ok(None),
    }
}

/// A number and bytes: a key, a checksum.
fn numbered(number: i64, bytes: &[u8]) -> Vec<u8> {
    der::sequence(&[
        der::field(0, &der::int(number)),
        der::field(1, &der::octets(bytes)),
    ])
}
