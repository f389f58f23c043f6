//! Cases by RFC and section: `conformance/dns/<rfc>/<section>.case`, found at run time.
//!
//! A case runs against our binary and against BIND, Knot and NSD, to prove the case right. Where one
//! of those is known to do otherwise, the case says so, and fails once that is no longer true. The
//! same holds for cases that we do not pass yet.
//!
//! ```text
//! # Comment.
//! zone example rfc/rfc4592.zone     zones to serve, files relative to zones/
//! set identity                      servers say who they are; `set cookies`
//! case star answers for names that do not exist
//! query host3.example. MX           see client/query.rs; several lines: all are answered so
//! rcode NOERROR                     `A | B`; NOERROR unless said
//! flags aa                          exactly these, apart from qr; `aa` unless said; `*`: any
//! answer                            the records below and no others; none unless said; `*`: any
//!   host3.example. 3600 MX 10 host1.example.
//! authority                         any unless said; a line with ? may be missing
//!   ? example. 3600 NS ns.example.com.
//! additional none
//! edns 0 1232 0000                  version, size, flags, patterns; `edns none`
//! option 10 0011*                   an option and its content, a pattern in hex; `no-option 10`
//! question host3.EXAMPLE. MX        as sent back, its case too; `question none`
//! size 512                          the answer is not longer
//! silent                            no answer comes
//! except Knot reason                this peer is known to do otherwise
//! xfail reason                      we are
//! only-ours reason                  not asked of the peers
//! ```

pub(crate) mod check;
pub(crate) mod parse;
pub(crate) mod trials;
