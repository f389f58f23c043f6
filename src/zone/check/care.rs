//! How closely a zone is looked at.

/// How closely a zone is looked at, and of how many mistakes is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Care {
    /// The most mistakes of each severity whose text is kept; all others are only counted. A file of
    /// nothing but mistakes must not cost more than the zone it should be.
    pub most: usize,
    /// What time it is, in seconds since 1970 (RFC 4034 §3.1.5); the times of signatures are judged
    /// only if it is known.
    pub now: Option<u32>,
    /// Whether every signature and the chain of denial are judged: each costs as much as an answer by
    /// a validator. Otherwise only signatures that have expired are reported, all in one.
    pub signatures: bool,
}

impl Care {
    /// What whoever serves the zone wants to know at once.
    #[must_use]
    pub fn to_serve(now: Option<u32>) -> Self {
        Self {
            most: 50,
            now,
            signatures: false,
        }
    }

    /// Everything that can be known.
    #[must_use]
    pub fn to_check(now: Option<u32>) -> Self {
        Self {
            // A report of a million mistakes takes a gigabyte; nobody reads as many.
            most: 1_000_000,
            now,
            signatures: true,
        }
    }
}

impl Default for Care {
    fn default() -> Self {
        Self::to_serve(None)
    }
}
