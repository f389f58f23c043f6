//! Making the TSIG record of a message of ours, request or answer.

use crate::digest::Variables;
use crate::mac::{Context, Mac};
use crate::record::{FIXED_LEN, NoRoom, TsigError, TsigRecord};
use crate::{Algorithm, Key};

/// All that a signature takes but the message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signing<'a> {
    pub(crate) key: &'a Key,
    /// The name of the algorithm that the record has.
    pub(crate) sent_as: Algorithm,
    pub(crate) time_signed: u64,
    pub(crate) fudge: u16,
    pub(crate) error: TsigError,
    pub(crate) other: &'a [u8],
}

/// Which fields of the record are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fields {
    /// All.
    All,
    /// The times: in a transfer, behind its first message.
    Timers,
}

impl Signing<'_> {
    /// Signs the message in the first `len` bytes, which goes on from what the context was fed, and
    /// appends the record; gives the new length and the MAC.
    ///
    /// # Errors
    /// When there is no room; then the message is as it was.
    pub(crate) fn sign(
        &self,
        mut context: Context,
        fields: Fields,
        message: &mut [u8],
        len: usize,
    ) -> Result<(usize, Mac), NoRoom> {
        let unsigned = message.get(..len).ok_or(NoRoom)?;
        let id = *unsigned.first_chunk::<2>().ok_or(NoRoom)?;
        context.feed(unsigned);
        let variables = self.variables();
        match fields {
            Fields::All => variables.feed(&mut context),
            Fields::Timers => variables.feed_timers(&mut context),
        }
        let mac = context.finish();
        let mac = Mac::cut(mac.as_bytes(), self.key.algorithm().mac_len());
        let record = TsigRecord {
            name: self.key.name().clone(),
            algorithm: self.sent_as.wire_name(),
            time_signed: self.time_signed,
            fudge: self.fudge,
            mac: mac.as_bytes(),
            original_id: u16::from_be_bytes(id),
            error: self.error,
            other: self.other,
        };
        Ok((record.write(message, len)?, mac))
    }

    fn variables(&self) -> Variables<'_> {
        Variables {
            name: self.key.name().as_ref(),
            algorithm: self.sent_as.wire_name(),
            time_signed: self.time_signed,
            fudge: self.fudge,
            error: self.error,
            other: self.other,
        }
    }
}

/// How many bytes the record of a signature takes, without other data.
pub(crate) fn record_len(key: &Key, sent_as: Algorithm) -> usize {
    let names = key.name().as_bytes().len() + sent_as.wire_name().len();
    names + FIXED_LEN + key.algorithm().mac_len()
}
