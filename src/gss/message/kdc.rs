//! What is asked of a KDC, and what it answers: AS and TGS (RFC 4120 §5.4).

use super::{Encrypted, Principal, read_key};
use crate::crypto::{Etype, Key};
use crate::der::{self, Malformed, Reader};

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The service that knows passwords.
    As,
    /// The service that gives tickets for tickets.
    Tgs,
}

/// What is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) kind: Kind,
    pub(crate) client: Option<&'a Principal>,
    /// The realm of the KDC that is asked.
    pub(crate) realm: &'a str,
    pub(crate) service: &'a Principal,
    /// The kinds of keys that are known, the best ones first.
    pub(crate) etypes: &'a [Etype],
    /// Until when the ticket should hold, in seconds since 1970.
    pub(crate) till: u64,
    /// Below 2^31: not all peers know larger ones.
    pub(crate) nonce: u32,
}

/// More about a request or an answer: a number, and bytes of its own form.
#[derive(Clone, Debug)]
pub(crate) struct Padata {
    pub(crate) number: i64,
    pub(crate) bytes: Vec<u8>,
}

/// The numbers of what is told beside.
pub(crate) mod pa {
    pub(crate) const TGS_REQUEST: i64 = 1;
    pub(crate) const TIMESTAMP: i64 = 2;
    pub(crate) const ETYPE_INFO2: i64 = 19;
}

impl Kind {
    fn request_number(self) -> u8 {
        match self {
            Self::As => 10,
            Self::Tgs => 12,
        }
    }

    fn reply_number(self) -> u8 {
        self.request_number() + 1
    }
}

impl Request<'_> {
    /// The part that a checksum is made of.
    pub(crate) fn body(&self) -> Vec<u8> {
        let etypes = self.etypes.iter().map(|it| der::int(it.number()));
        let etypes: Vec<Vec<u8>> = etypes.collect();
        let options = match self.kind {
            Kind::As => 0,
            // A realm that does not have the service may say which one does.
            Kind::Tgs => CANONICALIZE,
        };
        let mut fields = vec![der::field(0, &der::flags(options))];
        if let Some(client) = self.client {
            fields.push(der::field(1, &client.write()));
        }
        fields.extend([
            der::field(2, &der::string(self.realm)),
            der::field(3, &self.service.write()),
            der::field(5, &der::time(self.till)),
            der::field(7, &der::int(self.nonce.into())),
            der::field(8, &der::sequence(&etypes)),
        ]);
        der::sequence(&fields)
    }

    /// The message.
    pub(crate) fn write(&self, body: &[u8], padata: &[Padata]) -> Vec<u8> {
        let number = self.kind.request_number();
        let mut fields = vec![
            der::field(1, &der::int(VERSION)),
            der::field(2, &der::int(number.into())),
        ];
        if !padata.is_empty() {
            let padata: Vec<Vec<u8>> = padata.iter().map(Padata::write).collect();
            fields.push(der::field(3, &der::sequence(&padata)));
        }
        fields.push(der::field(4, body));
        der::application(number, &fields)
    }
}

impl Padata {
    fn write(&self) -> Vec<u8> {
        der::sequence(&[
            der::field(1, &der::int(self.number)),
            der::field(2, &der::octets(&self.bytes)),
        ])
    }

    /// A list of them.
    pub(crate) fn read_all(mut outer: Reader<'_>) -> Result<Vec<Self>, Malformed> {
        let mut list = outer.sequence()?;
        let mut all = Vec::new();
        while !list.is_empty() {
            let mut fields = list.sequence()?;
            all.push(Self {
                number: fields.field(1)?.int()?,
                bytes: fields.field(2)?.octets()?.to_vec(),
            });
        }
        Ok(all)
    }
}

/// How a password becomes the user's key, as the KDC says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PasswordInfo {
    pub(crate) etype: Etype,
    pub(crate) salt: Option<String>,
    pub(crate) rounds: Option<u32>,
}

/// The first kind of encryption that is one of these, among those that the KDC has for the user
/// (RFC 4120 §5.2.7.5). `None` if it does not say.
pub(crate) fn preauth_info(
    padata: &[Padata],
    known: &[Etype],
) -> Result<Option<PasswordInfo>, Malformed> {
    let Some(info) = padata.iter().find(|it| it.number == pa::ETYPE_INFO2) else {
        return Ok(None);
    };
    let mut list = Reader::new(&info.bytes).sequence()?;
    while !list.is_empty() {
        let mut fields = list.sequence()?;
        let number = fields.field(0)?.int()?;
        let etype = Etype::from_number(number);
        let Some(etype) = etype.filter(|etype| known.contains(etype)) else {
            continue;
        };
        let salt = fields.optional(1)?.map(|mut it| it.string()).transpose()?;
        let rounds = match fields.optional(2)? {
            None => None,
            Some(mut it) => match it.octets()?.first_chunk::<4>() {
                Some(rounds) => Some(u32::from_be_bytes(*rounds)),
                None => return Err(Malformed),
            },
        };
        return Ok(Some(PasswordInfo {
            etype,
            salt,
            rounds,
        }));
    }
    Ok(None)
}

/// An answer with a ticket.
#[derive(Clone, Debug)]
pub(crate) struct KdcReply<'a> {
    pub(crate) padata: Vec<Padata>,
    pub(crate) client_realm: String,
    pub(crate) client: Principal,
    /// As it stands, to be passed on.
    pub(crate) ticket: &'a [u8],
    pub(crate) part: Encrypted<'a>,
}

impl<'a> KdcReply<'a> {
    pub(crate) fn read(kind: Kind, bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Reader::new(bytes).application(&[kind.reply_number()])?;
        let padata = match fields.optional(2)? {
            Some(list) => Padata::read_all(list)?,
            None => Vec::new(),
        };
        Ok(Self {
            padata,
            client_realm: fields.field(3)?.string()?,
            client: Principal::read(fields.field(4)?)?,
            ticket: fields.field(5)?.whole(1)?,
            part: Encrypted::read(fields.field(6)?)?,
        })
    }
}

/// What the KDC says to us alone.
#[derive(Debug)]
pub(crate) struct ReplyPart {
    /// `None` if it is of a kind that is not here.
    pub(crate) key: Option<Key>,
    pub(crate) nonce: u32,
    /// When the ticket ends.
    pub(crate) until: u64,
    pub(crate) service_realm: String,
    pub(crate) service: Principal,
}

impl ReplyPart {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        // RFC 4120 §5.4.2: some KDCs give both the number of the second.
        let mut fields = Reader::new(bytes).application(&[25, 26])?;
        Ok(Self {
            key: read_key(fields.field(0)?)?,
            nonce: fields.field(2)?.word()?,
            until: fields.field(7)?.time()?,
            service_realm: fields.field(9)?.string()?,
            service: Principal::read(fields.field(10)?)?,
        })
    }
}

const VERSION: i64 = 5;
/// The option of RFC 6806 §3.
const CANONICALIZE: u32 = 0x0001_0000;
