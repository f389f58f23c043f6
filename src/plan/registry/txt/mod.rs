//! Ownership in TXT records beside the records, to the byte as external-dns keeps it.
//!
//! For a record there is a TXT of a name made from the record's (`mapper`), with the record's labels
//! as text (`labels`), perhaps encrypted (`crypto`). TXT records that are not ours to read stay
//! ordinary records.
//!
//! A TXT whose text is not what its record's labels would give again (encrypted, written by another
//! version, without its record) is remembered as it was read, since destinations that change single
//! records need the very bytes to take it away.

pub mod crypto;
pub mod labels;
mod leftover;
pub mod mapper;
mod read;
mod write;

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use wire::Rtype;

use crate::{Endpoint, Labels};
use crypto::Key;
pub use leftover::Leftover;
use mapper::Mapper;

/// The property that external-dns puts on a record whose TXT is missing, so that it is updated.
pub const FORCE_UPDATE: &str = "txt/force-update";

/// How ownership TXT records are kept.
#[derive(Clone, Debug, Default)]
pub struct TxtOptions {
    /// Who we are.
    pub owner: Box<str>,
    /// Whose records we take over.
    pub previous_owner: Option<Box<str>>,
    /// What stands before the name; may hold `%{record_type}`.
    pub prefix: Box<str>,
    /// What stands behind the first label; may hold `%{record_type}`.
    pub suffix: Box<str>,
    /// What stands for a leading `*`.
    pub wildcard_replacement: Box<str>,
    /// Whether texts are written encrypted.
    pub encrypt: bool,
    /// The key: 32 bytes, or these in base64. Encrypted texts are read whenever it is set.
    pub key: Box<str>,
    /// Types whose missing TXT are written again.
    pub managed: Vec<Rtype>,
    /// Types whose missing TXT are not even so.
    pub excluded: Vec<Rtype>,
}

/// A registry that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TxtError {
    /// Both affixes.
    #[error("both a prefix and a suffix are set for ownership TXT records; expected one of them")]
    Affixes,
    /// The key has another length.
    #[error("the key for ownership TXT records is not of 32 bytes, plain or in base64")]
    Key,
    /// No key.
    #[error("ownership TXT records are to be encrypted, but no key is set")]
    NoKey,
    /// No owner.
    #[error("the owner for ownership TXT records is empty")]
    Owner,
}

/// Ownership TXT records of one destination.
#[derive(Debug)]
pub struct TxtRegistry {
    owner: Box<str>,
    previous_owner: Option<Box<str>>,
    mapper: Mapper,
    encrypt: bool,
    key: Option<Key>,
    managed: Vec<Rtype>,
    excluded: Vec<Rtype>,
    /// Hashes of all ownership TXT that exist.
    existing: HashSet<u64>,
    hasher: RandomState,
    /// TXT of ours whose records are gone.
    leftovers: HashMap<TextKey, Leftover>,
    /// Texts that cannot be made again from their record's labels.
    odd: HashMap<TextKey, Box<str>>,
}

/// The name of a TXT in lower case, and its set identifier.
type TextKey = (Box<str>, Box<str>);

impl TxtRegistry {
    /// A registry that has not seen its destination yet.
    ///
    /// # Errors
    ///
    /// If the options don't go together.
    pub fn new(options: TxtOptions) -> Result<Self, TxtError> {
        if options.owner.is_empty() {
            return Err(TxtError::Owner);
        }
        if !options.prefix.is_empty() && !options.suffix.is_empty() {
            return Err(TxtError::Affixes);
        }
        let key = if options.key.is_empty() {
            None
        } else {
            Some(Key::new(options.key.as_bytes()).ok_or(TxtError::Key)?)
        };
        if options.encrypt && key.is_none() {
            return Err(TxtError::NoKey);
        }
        Ok(Self {
            owner: options.owner,
            previous_owner: options.previous_owner.filter(|owner| !owner.is_empty()),
            mapper: Mapper::new(
                &options.prefix,
                &options.suffix,
                &options.wildcard_replacement,
            ),
            encrypt: options.encrypt,
            key,
            managed: options.managed,
            excluded: options.excluded,
            existing: HashSet::new(),
            hasher: RandomState::new(),
            leftovers: HashMap::new(),
            odd: HashMap::new(),
        })
    }

    /// Who we are.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The names of TXT and records.
    #[must_use]
    pub fn mapper(&self) -> &Mapper {
        &self.mapper
    }

    /// The labels in a text, encrypted or not; none if it is not ours to read.
    #[must_use]
    pub fn labels(&self, text: &str) -> Option<Labels> {
        match self.key.as_ref().and_then(|key| key.decrypt(text)) {
            Some(text) => labels::from_text(&text),
            None => labels::from_text(text),
        }
    }

    /// Who claims a record by a TXT that is there though the record is not, or is not by this TXT's
    /// text. A record created beside a foreign claim will count as foreign.
    #[must_use]
    pub fn claim(&self, endpoint: &Endpoint) -> Option<Box<str>> {
        let text = self.odd.get(&self.text_key(endpoint))?;
        Some(self.labels(text)?.value(Labels::OWNER)?.into())
    }

    /// TXT of ours that the last listing had, and no record that they could be of: what a crash leaves
    /// between a record and its TXT. Sorted by name.
    #[must_use]
    pub fn leftovers(&self) -> Vec<&Leftover> {
        let mut all: Vec<&Leftover> = self.leftovers.values().collect();
        all.sort_by(|a, b| {
            let key = |one: &Leftover| (one.text.name.clone(), one.text.set_identifier.clone());
            key(a).cmp(&key(b))
        });
        all
    }

    /// Whether a record would be taken for an ownership TXT: whoever writes such a one says whose
    /// another record is.
    #[must_use]
    pub fn is_claim(&self, endpoint: &Endpoint) -> bool {
        let is_text = endpoint.rtype == Rtype::TXT;
        is_text
            && endpoint
                .targets
                .iter()
                .any(|text| self.labels(text).is_some())
    }

    /// Whether a record can have a TXT: its name leaves room for the affix.
    #[must_use]
    pub fn has_room(&self, endpoint: &Endpoint) -> bool {
        let name = self.mapper.text_name(&endpoint.name, endpoint.rtype);
        has_short_labels(&name)
    }

    fn text_key(&self, endpoint: &Endpoint) -> TextKey {
        let name = self.mapper.text_name(&endpoint.name, endpoint.rtype);
        key_of(&name, &endpoint.set_identifier)
    }

    fn hash(&self, key: &TextKey) -> u64 {
        self.hasher.hash_one(key)
    }

    fn manages(&self, rtype: Rtype) -> bool {
        self.managed.contains(&rtype) && !self.excluded.contains(&rtype)
    }
}

/// Whether an endpoint among written changes is an ownership TXT.
#[must_use]
pub fn is_ownership(endpoint: &Endpoint) -> bool {
    endpoint.rtype == Rtype::TXT && endpoint.labels.value(Labels::OWNED_RECORD).is_some()
}

fn key_of(name: &str, set_identifier: &str) -> TextKey {
    (name.to_lowercase().into(), set_identifier.into())
}

/// RFC 1035 §2.3.4: labels have 63 octets or less. external-dns writes no TXT beyond that.
fn has_short_labels(name: &str) -> bool {
    name.split('.').all(|label| label.len() <= 63)
}

#[cfg(test)]
mod tests;
