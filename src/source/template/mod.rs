//! Go templates that turn an object into names and targets, as external-dns executes them.
//!
//! In go the values of `--fqdn-template`, `--target-template` and `--fqdn-target-template`, once,
//! and an object as JSON with its kind; out come sorted, unique names, targets or pairs. The
//! language is Go's `text/template` with Go's own functions and external-dns's. An object is seen
//! as the Go struct of its kind: fields by their Go names, zero values for what is absent, an error
//! for what does not exist; where that errs, a second try sees its JSON. Both are held against
//! Go's own by `conformance/templates`.
//!
//! Invariants: pure; bounded in output, steps and depth; no panic on any template or object.
//! Not here: whole objects printed, complex numbers, calls of functions that values hold.
//!
//! ```text
//! text → lex → parse → tree ─┐
//! JSON + kind (table) → value ┴→ exec ← functions, methods → text → names
//! ```

mod arena;
mod builtins;
mod cursor;
mod data;
mod display;
mod engine;
mod error;
mod escape;
mod eval;
mod exec;
mod format;
mod functions;
mod kinds;
mod lex;
mod literal;
mod mask;
mod methods;
mod number;
mod operand;
mod output;
mod parse;
mod special;
mod tree;
mod value;
mod write_out;

#[cfg(test)]
mod tests;

pub use engine::{Engine, Subject, Templates};
pub use error::{Failure, Position, SyntaxError, TemplateError};
pub use kinds::Kind;
pub use mask::Mask;
