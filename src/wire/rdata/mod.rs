//! Record data of every type: one table row a type says how it is read, checked, written, printed.
//!
//! In go bytes of a message or words of a zone file, out comes uncompressed data; and the way back.
//! A row is a list of fields; one reader, checker, parser, printer and name walker each go along
//! it. Fields with rules of their own have a file of their own. Types without a row are opaque
//! bytes (RFC 3597), and every type may be written in the generic form.
//!
//! ```text
//! message ──read──→ ┌──────┐ ──names, canonical──→ compression, additional data, signing
//!                   │ data │
//! words ───parse──→ └──────┘ ──print──→ text        check: is it what its type says?
//! ```
//!
//! Invariants: what `read`, `check` or `parse` let pass prints in the form of its type, and that
//! text parses to the same bytes. Nothing is judged here that needs more than the one record.

mod a6;
mod apl;
mod atma;
mod bitmap;
mod codes;
mod digest;
mod field;
mod gateway;
mod generic;
mod hip;
mod loc;
mod measure;
mod names;
mod parse;
mod print;
mod read;
mod svcb;
mod table;
mod wks;
mod words;

pub use names::{EmbeddedName, EmbeddedNames, canonical, names};
pub use parse::parse;
pub use print::print;
pub use read::{check, read};

#[cfg(test)]
mod tests;
