//! Zone files: from text to records, with a report that names each mistake and its place.
//!
//! In goes a path or text, out come sorted records and a report; the way back is [`print()`]. The
//! format is the one BIND reads: RFC 1035 §5, `$TTL` (RFC 2308), generic types and data (RFC 3597),
//! `$GENERATE`, TTLs with units. Only class IN is read.
//!
//! ```text
//! file ─source→ text ─scan→ words ─parse→ records ─sort→ check ─settle→ zone store
//!                             ↑ directive, generate         ↓ locate
//!                                              report ─render→ people
//! ```
//!
//! Invariants: all mistakes of a file are found in one run, each once; no input makes it panic or
//! takes memory out of proportion to the files, and the counts that bound it are in messages.
//! Nothing is allocated for a record but its place in the list.

mod bytes;
mod directive;
mod form;
mod generate;
mod here;
mod hint;
mod load;
mod locate;
mod owner;
mod parse;
mod print;
mod render;
mod report;
mod say;
mod scan;
pub(crate) mod settle;
mod source;

pub use load::{Loaded, load, load_with, parse_str, parse_with};
pub use print::print;
pub use report::{Diagnostic, Mark, Report, Severity};

#[cfg(test)]
mod tests;
