//! The origins of a zone's records, and which one shows when they disagree.

/// One of the origins of a zone's records, the stronger ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// From dynamic updates of keys that may put theirs above all others. An RRset without records
    /// in this layer says that there is none.
    Override,
    /// From a zone file.
    Static,
    /// From dynamic updates.
    Dynamic,
    /// From the desired set.
    Synced,
}

impl Layer {
    /// All layers, the strongest first.
    pub const ALL: [Self; 4] = [Self::Override, Self::Static, Self::Dynamic, Self::Synced];

    pub(crate) fn from_byte(byte: u8) -> Self {
        match byte {
            0 => Self::Static,
            1 => Self::Dynamic,
            3 => Self::Override,
            _ => Self::Synced,
        }
    }

    pub(crate) fn to_byte(self) -> u8 {
        match self {
            Self::Static => 0,
            Self::Dynamic => 1,
            Self::Synced => 2,
            Self::Override => 3,
        }
    }
}

impl std::fmt::Display for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Override => "override",
            Self::Static => "static",
            Self::Dynamic => "dynamic",
            Self::Synced => "synced",
        })
    }
}
