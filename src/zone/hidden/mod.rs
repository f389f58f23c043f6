//! What a layer says and nobody is answered, and what hides it.
//!
//! ```text
//! name, layer → a zone of its own below? → a cut or a DNAME above? → a loser of the merge? → who hides it
//! ```
//!
//! A loser whose data is that of the winner hides nothing: what is answered is what was meant.

mod view;

pub(crate) use view::View;
pub use view::{Hidden, Hider};

#[cfg(test)]
mod tests;
