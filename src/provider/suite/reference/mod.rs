//! Plain APIs that exist nowhere, one for each way to make edits: what the executors are tried on.
//!
//! They are as different as plain APIs can be in how they write names, texts and TTLs, in what they
//! take and in what they guard.

mod by_batch;
mod by_record;
mod by_rrset;
mod by_zone;
mod inmemory;
mod link;

pub(crate) use by_zone::{QUIRKS as ZONE_QUIRKS, host as zone_host, provider as zone_provider};

use super::world::Subject;

/// All of them, and the provider in memory.
#[must_use]
pub fn subjects() -> Vec<Box<dyn Subject>> {
    vec![
        Box::new(by_rrset::SUBJECT),
        Box::new(by_rrset::LATER),
        Box::new(by_record::SUBJECT),
        Box::new(by_record::PUBLISHED),
        Box::new(by_batch::SUBJECT),
        Box::new(by_zone::SUBJECT),
        Box::new(inmemory::SUBJECT),
    ]
}
