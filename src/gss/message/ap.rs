//! A ticket that is shown to a service, and how that shows itself (RFC 4120 §5.5).

use super::{Encrypted, Principal, encrypted, numbered, read_key};
use crate::crypto::{Key, NoRandom};
use crate::der::{self, Malformed, Reader};

/// Who shows a ticket, and when.
#[derive(Debug)]
pub(crate) struct Authenticator<'a> {
    pub(crate) realm: &'a str,
    pub(crate) client: &'a Principal,
    /// The number and the bytes of what is signed along.
    pub(crate) checksum: (i64, &'a [u8]),
    pub(crate) seconds: u64,
    /// Below a million; tells authenticators of one second apart.
    pub(crate) micros: u32,
    /// A key and a number for what comes after.
    pub(crate) session: Option<(&'a Key, u32)>,
}

/// The authenticator as bytes that are to be encrypted.
pub(crate) fn authenticator(it: &Authenticator<'_>) -> Vec<u8> {
    let (number, checksum) = it.checksum;
    let mut fields = vec![
        der::field(0, &der::int(VERSION)),
        der::field(1, &der::string(it.realm)),
        der::field(2, &it.client.write()),
        der::field(3, &numbered(number, checksum)),
        der::field(4, &der::int(it.micros.into())),
        der::field(5, &der::time(it.seconds)),
    ];
    if let Some((key, sequence)) = it.session {
        let key = numbered(key.etype().number(), key.as_bytes());
        fields.push(der::field(6, &key));
        fields.push(der::field(7, &der::int(sequence.into())));
    }
    der::application(2, &fields)
}

/// The message that shows a ticket; `mutual` asks the service to show itself too.
pub(crate) fn ap_request(
    ticket: &[u8],
    (key, usage): (&Key, u32),
    authenticator: &[u8],
    options: u32,
) -> Result<Vec<u8>, NoRandom> {
    let authenticator = encrypted(key, usage, authenticator)?;
    Ok(der::application(
        REQUEST,
        &[
            der::field(0, &der::int(VERSION)),
            der::field(1, &der::int(REQUEST.into())),
            der::field(2, &der::flags(options)),
            der::field(3, ticket),
            der::field(4, &authenticator),
        ],
    ))
}

/// What the service says to us alone, to show that it could read the ticket.
#[derive(Debug)]
pub(crate) struct ApReply {
    pub(crate) seconds: u64,
    pub(crate) micros: u32,
    /// Its key for what comes after: there is none, or one of a kind that is not here.
    pub(crate) key: Option<Option<Key>>,
}

impl ApReply {
    /// The encrypted part of the message.
    pub(crate) fn part(bytes: &[u8]) -> Result<Encrypted<'_>, Malformed> {
        let mut fields = Reader::new(bytes).application(&[REPLY])?;
        Encrypted::read(fields.field(2)?)
    }

    /// Reads what was in it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Reader::new(bytes).application(&[27])?;
        Ok(Self {
            seconds: fields.field(0)?.time()?,
            micros: fields.field(1)?.word()?,
            key: fields.optional(2)?.map(read_key).transpose()?,
        })
    }
}

const VERSION: i64 = 5;
const REQUEST: u8 = 14;
const REPLY: u8 = 15;
