//! What Kerberos says when it refuses (RFC 4120 §5.9.1).

use super::Padata;
use crate::der::{Malformed, Reader};

/// A refusal. Nothing in it is signed.
#[derive(Clone, Debug)]
pub(crate) struct KrbError {
    pub(crate) code: i64,
    /// Its clock, in seconds since 1970.
    pub(crate) server_time: u64,
    data: Option<Vec<u8>>,
}

impl KrbError {
    /// Reads a refusal; `None` if the message is none.
    pub(crate) fn read(bytes: &[u8]) -> Option<Result<Self, Malformed>> {
        (bytes.first() == Some(&(0x60 | NUMBER))).then(|| Self::read_fields(bytes))
    }

    fn read_fields(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Reader::new(bytes).application(&[NUMBER])?;
        let server_time = fields.field(4)?.time()?;
        let code = fields.field(6)?.int()?;
        let data = fields.optional(12)?;
        let data = data.map(|mut it| it.octets()).transpose()?;
        Ok(Self {
            code,
            server_time,
            data: data.map(<[u8]>::to_vec),
        })
    }

    /// What has to be told before (RFC 4120 §5.9.1).
    pub(crate) fn padata(&self) -> Result<Vec<Padata>, Malformed> {
        match &self.data {
            Some(data) => Padata::read_all(Reader::new(data)),
            None => Ok(Vec::new()),
        }
    }
}

const NUMBER: u8 = 30;
