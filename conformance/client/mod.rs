//! A DNS client for tests: odd packets out, what came back in readable form.
//!
//! It shares no code with the server under test, so a mistake of one does not hide behind the same
//! mistake of the other. Names and record data are kept as text, lower case, since that is how
//! answers are compared and shown.
//!
//! ```text
//! "www.example. A +do +tcp" → query → bytes → exchange → bytes → message → aspects
//! ```

pub(crate) mod exchange;
pub(crate) mod message;
pub(crate) mod name;
pub(crate) mod query;
pub(crate) mod rdata;
pub(crate) mod types;

pub(crate) use exchange::{Connection, exchange, exchange_all};
pub(crate) use message::{Message, Record};
pub(crate) use query::{Query, Transport};
pub(crate) use rdata::{hex as rdata_hex, normalize as rdata_normalize};
pub(crate) use types::{
    class as class_number, rcode as rcode_number, rcode_name, rtype as rtype_number, rtype_name,
};
