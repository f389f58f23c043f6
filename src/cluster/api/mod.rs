//! Plain requests for one object or a page of them, each within a time.

mod error;
mod request;

pub use error::{ApiError, Fault};
pub(crate) use request::{Api, Lines, Resource};
