//! From a path to a zone that can be served, or to a report that says why it cannot.

use std::path::{Path, PathBuf};

use wire::Name;

use super::owner::Scope;
use super::parse::Parser;
use super::report::{Diagnostic, Mark, Report, Severity};
use super::settle::settle;
use super::{locate, source::ReadError};
use crate::check::{self, Care};
use crate::records::Records;

/// What came of a zone file.
#[derive(Debug)]
pub struct Loaded {
    /// The records in canonical order, none of them twice, one TTL for each RRset; none when there
    /// are errors.
    pub records: Option<Records>,
    /// All that is wrong with the file.
    pub report: Report,
    /// The zone file and all it includes, found or not: the files to watch.
    pub files: Vec<PathBuf>,
}

/// Reads the zone `origin` from a file: parses, sorts, checks.
#[must_use]
pub fn load(path: &Path, origin: &Name) -> Loaded {
    load_with(path, origin, &Care::default())
}

/// As [`load`], with another care.
#[must_use]
pub fn load_with(path: &Path, origin: &Name, care: &Care) -> Loaded {
    let mut parser = Parser::new(origin.clone(), true, care.most);
    match parser.sources.open(path) {
        Ok(file) => finish(parser, file, care),
        Err(error) => unreadable(parser, path, &error),
    }
}

/// Reads the zone `origin` from text, which cannot include files. `name` stands in messages.
#[must_use]
pub fn parse_str(text: &[u8], name: &str, origin: &Name) -> Loaded {
    parse_with(text, name, origin, &Care::default())
}

/// As [`parse_str`], with another care.
#[must_use]
pub fn parse_with(text: &[u8], name: &str, origin: &Name, care: &Care) -> Loaded {
    let mut parser = Parser::new(origin.clone(), false, care.most);
    let file = parser.sources.add_text(name, text.to_vec());
    finish(parser, file, care)
}

fn finish(mut parser: Parser, file: u16, care: &Care) -> Loaded {
    let apex = parser.records.apex().clone();
    if let Some(source) = parser.sources.get(file) {
        let bytes = source.text.len();
        // A line of a large zone has about 32 bytes and takes more than that as a record.
        parser.records.reserve(bytes / 32, bytes + bytes / 2);
    }
    parser.read(file, &mut Scope::new(&apex));
    let Parser {
        mut records,
        sources,
        mut report,
        unread,
        ..
    } = parser;
    records.sort();
    let findings = check::check(&records, &unread, care);
    let uneven = findings.uneven();
    locate::add(findings, &sources, &mut report);
    report.withhold(&sources);
    report.sort();
    let records = report
        .is_ok()
        .then(|| if uneven { settle(&records) } else { records });
    Loaded {
        records,
        report,
        files: sources.paths,
    }
}

fn unreadable(parser: Parser, path: &Path, error: &ReadError) -> Loaded {
    let mut report = parser.report;
    report.count(Severity::Error);
    report.keep(Diagnostic {
        severity: Severity::Error,
        message: format!("zone file cannot be read: {error}"),
        hint: None,
        mark: Mark::file(&path.to_string_lossy()),
        related: None,
        file: 0,
    });
    Loaded {
        records: None,
        report,
        files: parser.sources.paths,
    }
}
