//! The parameters of SVCB and HTTPS (RFC 9460): keys in rising order, each with its own value.
//!
//! ```text
//! alpn="h2,h3" port=8443 ipv4hint=192.0.2.1 key65000="text"
//! ```
//!
//! In text they may stand in any order; on the wire they must rise, and what a key's own rules ask
//! for is held both ways.

mod measure;
mod parse;
mod print;

pub(super) use measure::measure;
pub(super) use parse::parse;
pub(super) use print::print;
