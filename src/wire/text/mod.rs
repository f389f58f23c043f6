//! The text form: names, tokens, and what both zone files and messages to people need.
//!
//! A zone file's scanner cuts lines into [`Token`]s; the readers here turn tokens into bytes, and
//! the printers turn bytes back. For all data: parse(print(x)) = x.

mod address;
mod binary;
mod error;
mod name;
mod number;
mod service;
mod string;
mod time;
mod token;

pub use address::{eui, ipv4, ipv6, locator, print_eui, print_ipv4, print_ipv6, print_locator};
pub use binary::{
    base32hex, base64, hex, hex_words, print_base32hex, print_base64, print_hex, print_hex_lower,
};
pub use error::{DataTextError, DataTextErrorKind, Expected, ServiceTextError};
pub use name::{NameTextError, name_into, print_name, unescape};
pub use number::{decimal, large, seconds, ttl};
pub use service::ServiceKey;
pub use string::{char_string, print_char_string, print_word, unescape_into};
pub use time::{print_time, time};
pub use token::Token;
