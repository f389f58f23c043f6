//! Keys as text: files as BIND and `tsig-keygen` write them, and the short form of `dig -y`.
//!
//! ```text
//! text ─ scan ─→ tokens ─ parse ─→ Keys, or a fault with line and column
//! [ALGORITHM:]NAME:BASE64 ─ short ─→ Key
//! ```
//!
//! What should be a name or an algorithm may be a secret that stands in the wrong place, so faults
//! say where and what was expected, and never what stands there.

mod fault;
mod parse;
mod print;
mod read;
mod scan;
mod short;

pub use fault::{KeyFault, KeyFileError, KeyTextError};

#[cfg(test)]
mod tests;
