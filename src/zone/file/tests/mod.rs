//! Zone files as a whole: those of `zones/`, and what the format allows, line by line.

mod folders;
mod format;
mod hostile;
mod include;
mod property;

use wire::{Name, rdata};

use super::{Loaded, parse_str};
use crate::records::Records;

/// The start of a zone that is right, to which tests add what they are about.
const HEAD: &str = "$TTL 300\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n";

fn origin() -> Name {
    Name::from_text(b"example.org.", None).unwrap()
}

fn parse(text: &str) -> Loaded {
    parse_str(text.as_bytes(), "test", &origin())
}

/// Records as `owner ttl type data`, owners without the origin.
fn show(records: &Records) -> Vec<String> {
    records
        .iter()
        .map(|record| {
            let mut data = String::new();
            rdata::print(record.rtype, record.rdata, &mut data).unwrap();
            let owner = record.owner.to_string();
            let owner = owner.strip_suffix("example.org.").unwrap_or(&owner);
            let owner = owner.strip_suffix('.').unwrap_or(owner);
            format!("{owner} {} {} {data}", record.ttl, record.rtype)
        })
        .collect()
}

/// What a report says, a line for each mistake: `line:column: message`.
fn say(loaded: &Loaded) -> Vec<String> {
    let lines = loaded.report.diagnostics().iter();
    lines
        .map(|diagnostic| diagnostic.to_string().replacen("test:", "", 1))
        .collect()
}
