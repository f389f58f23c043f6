//! Finds the words in the files that a finding of the checks is about.

use std::ops::Range;
use std::rc::Rc;

use wire::Rtype;
use wire::text::Token;

use super::report::{Diagnostic, Mark, Report, Severity};
use super::scan::Scanner;
use super::source::{Source, Sources};
use crate::check::{Findings, Part, Spot};

/// Adds findings to a report.
pub(super) fn add(findings: Findings, sources: &Sources, report: &mut Report) {
    for (severity, count) in [
        (Severity::Error, findings.errors()),
        (Severity::Warning, findings.warnings()),
    ] {
        report.count_many(severity, count);
    }
    for finding in findings.into_list() {
        let related = finding
            .related
            .and_then(|(spot, label)| mark(sources, spot, label));
        let zone_file = || Mark::file(sources.get(0).map_or("", |source| &source.name));
        report.keep(Diagnostic {
            severity: finding.severity,
            message: finding.message,
            hint: finding.hint,
            mark: mark(sources, finding.spot, String::new()).unwrap_or_else(zone_file),
            related,
            file: finding.spot.place.file,
        });
    }
}

fn mark(sources: &Sources, spot: Spot, label: String) -> Option<Mark> {
    if spot.place.line == 0 {
        return None;
    }
    let source = sources.get(spot.place.file)?;
    Some(Mark::new(source, span(source, spot), label))
}

/// The bytes of the part; the whole line where it is made by a directive.
fn span(source: &Rc<Source>, spot: Spot) -> Range<usize> {
    let start = source.start_of(spot.place.line);
    let mut words = Vec::new();
    let mut scanner = Scanner::at_line(&source.text, start, spot.place.line);
    let Some(Ok(line)) = scanner.next(&mut words) else {
        return source.line_around(start);
    };
    let range = |word: &Token<'_>| {
        let from = word.text.as_ptr().addr() - source.text.as_ptr().addr();
        from..from + word.text.len()
    };
    let owner = usize::from(!line.blank);
    let directive = words
        .first()
        .is_some_and(|word| word.text.starts_with(b"$"));
    let rtype = words
        .iter()
        .skip(owner)
        .position(|word| Rtype::from_text(word.text).is_some())
        .map(|at| at + owner);
    let word = match (spot.part, rtype) {
        (_, _) if directive => None,
        (Part::Owner, Some(_)) if !line.blank => words.first(),
        (Part::Ttl, Some(rtype)) => words[owner..rtype]
            .iter()
            .find(|word| word.text.first().is_some_and(u8::is_ascii_digit))
            .or_else(|| words.get(rtype)),
        (Part::Data(at), Some(rtype)) => words.get(rtype + 1 + at).or_else(|| words.get(rtype)),
        (Part::Owner | Part::Type, Some(rtype)) => words.get(rtype),
        (_, None) => None,
    };
    match (word, words.first(), words.last()) {
        (Some(word), _, _) => range(word),
        (None, Some(first), Some(last)) => range(first).start..range(last).end,
        _ => start..start,
    }
}
