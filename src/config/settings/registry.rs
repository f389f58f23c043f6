//! Who owns which record at a destination.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Hosted;

/// Where ownership is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registry {
    /// In the descriptions of services of Cloud Map, which go with the records.
    AwsSd {
        /// Who we are.
        owner: String,
    },
    /// In objects of the cluster.
    Crd {
        /// Who we are, and how ownership TXT of before are read.
        txt: Txt,
        /// The namespace of the objects; none is our own.
        namespace: Option<String>,
    },
    /// In a table of DynamoDB.
    DynamoDb {
        /// Who we are, and how ownership TXT of before are read.
        txt: Txt,
        /// What the flags of the table and of Amazon say.
        table: Hosted,
    },
    /// In the layers of an embedded zone, which know who wrote what.
    Layers {
        /// Who we are, in what others are told.
        owner: String,
    },
    /// Nowhere: every record in the filter is ours.
    Noop,
    /// In TXT records.
    Txt(Txt),
}

/// Ownership in TXT records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Txt {
    /// Who we are.
    pub owner: String,
    /// What stands before their names; may hold `%{record_type}`. Empty if there is a suffix.
    pub prefix: String,
    /// What stands after the first label of their names; may hold `%{record_type}`.
    pub suffix: String,
    /// What stands in their names for a leading `*`; empty leaves it.
    pub wildcard_replacement: String,
    /// The key of encrypted ones; without it they are read as they are.
    pub encryption: Option<Encryption>,
    /// How long the registry's records are taken as known; zero is not at all.
    pub cache_interval: Duration,
    /// The records of this owner are taken over.
    pub migrate_from: Option<String>,
}

/// A key, and whether it is used to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// Reads what is encrypted, even if nothing is written so.
    pub key: AesKey,
    /// New text is encrypted.
    pub write: bool,
}

/// A key of AES-256. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct AesKey(pub [u8; 32]);

impl AesKey {
    /// The key as it can be given.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }
}

impl fmt::Debug for AesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AesKey(..)")
    }
}
