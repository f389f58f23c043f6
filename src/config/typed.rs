//! A value as it was typed, and where.

use zeroize::Zeroizing;

use crate::problem::Origin;

/// A value as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Typed {
    /// Wiped when it is let go: it may be a secret.
    pub(crate) text: Zeroizing<String>,
    pub(crate) origin: Origin,
}

impl Typed {
    /// Whether this is said by flag or variable, which cannot say which destination is meant.
    pub(crate) fn is_beside_the_file(&self) -> bool {
        !matches!(self.origin, Origin::File { .. })
    }
}
