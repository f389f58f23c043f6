//! Records as a zone file.
//!
//! One record a line, each with owner, TTL and type, so that lines can be searched and compared by
//! themselves. Owners are relative to `$ORIGIN`, which stands at the top, as `@` is the apex. The SOA
//! comes first, as some readers want it; all others in canonical order. Data stands in full.

use std::fmt::{Result, Write};

use wire::{NameRef, Rtype, rdata};

use crate::records::Record;

/// Writes the records of the zone `apex`, which come in canonical order.
///
/// # Errors
/// Only those of the formatter.
pub fn print<'a>(
    apex: NameRef<'_>,
    records: impl IntoIterator<Item = Record<'a>>,
    out: &mut impl Write,
) -> Result {
    writeln!(out, "$ORIGIN {apex}")?;
    let mut line = String::new();
    let mut rest = records.into_iter().peekable();
    // The apex comes first in canonical order.
    let mut of_apex = Vec::new();
    while let Some(record) = rest.next_if(|record| record.owner == apex) {
        of_apex.push(record);
    }
    // False sorts before true, and equal keys stay in order.
    of_apex.sort_by_key(|record| record.rtype != Rtype::SOA);
    for record in of_apex.into_iter().chain(rest) {
        line.clear();
        print_owner(record.owner, apex, &mut line)?;
        pad(&mut line, OWNER_WIDTH);
        write!(line, " {:<7} {:<7} ", record.ttl, record.rtype)?;
        rdata::print(record.rtype, record.rdata, &mut line)?;
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn print_owner(owner: NameRef<'_>, apex: NameRef<'_>, line: &mut String) -> Result {
    if owner == apex {
        return line.write_char('@');
    }
    write!(line, "{owner}")?;
    if apex.is_root() || !owner.is_at_or_below(apex) {
        return Ok(());
    }
    // The labels of the apex and the dot before them, printed as long as they are in the owner.
    let mut tail = String::new();
    let count = owner.label_count() - apex.label_count();
    if let Some(shared) = owner.skip_labels(count) {
        write!(tail, "{shared}")?;
    }
    line.truncate(line.len().saturating_sub(tail.len() + 1));
    Ok(())
}

fn pad(line: &mut String, width: usize) {
    while line.len() < width {
        line.push(' ');
    }
}

/// Where the TTLs begin, unless an owner is longer.
const OWNER_WIDTH: usize = 24;
