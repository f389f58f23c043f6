//! Response rate limiting: a forged client must not get more answers than a network can bear.
//!
//! In goes who is answered and with what kind of answer, out comes whether the answer is sent,
//! sent truncated (a true client then comes back over TCP, a forged one cannot) or dropped.
//! Answers are counted per network and class over a table of fixed size that all workers share.
//!
//! Each cell is one word: a tag of the key and the *theoretical arrival time* of the generic cell
//! rate algorithm (ITU-T I.371). A network may be a second's worth of answers ahead of its rate.
//! Invariants: no lock, no allocation, and no more than one cache line is touched a decision. Losing
//! a race between workers costs one answer's count, never more.

mod limit;

#[cfg(test)]
mod tests;

pub use limit::{Counted, RateLimit, RateLimitOptions, ResponseClass, Verdict};
