//! Writing answers: whole RRsets or none, names compressed by arithmetic, never past the limit.
//!
//! No table of suffixes is kept: the few names written so far that are worth pointing to (the
//! question's, the owners', the targets') are *anchors*, and a name is compared with each of them
//! from its end. The work per name is bounded by their number.

mod layout;
mod prepared;
mod writer;

pub use layout::is_copied;
pub use prepared::Prepared;
pub use writer::{Full, Mark, Writer};

#[cfg(test)]
mod tests;
