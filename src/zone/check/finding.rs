//! What the checks find, with the place in terms of records: lines and parts, not bytes.

use crate::file::Severity;
use crate::records::{Place, Record};

/// One mistake.
#[derive(Clone, Debug)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where.
    pub spot: Spot,
    /// Another record that has to do with it, and what to say beside it.
    pub related: Option<(Spot, String)>,
}

/// A part of a record in a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spot {
    /// The line.
    pub place: Place,
    /// The part of it.
    pub part: Part,
}

/// The parts of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// A word of the data, from 0.
    Data(usize),
    /// The owner.
    Owner,
    /// The TTL.
    Ttl,
    /// The type.
    #[default]
    Type,
}

/// All that was found; of each severity a limited number is kept, and all are counted.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    list: Vec<Finding>,
    errors: usize,
    warnings: usize,
    uneven: bool,
    /// How many of each severity are kept.
    most: usize,
}

impl Findings {
    /// Nothing found yet; so many of each severity will be kept.
    pub(super) fn keeping(most: usize) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }

    /// Whether records are repeated or an RRset has several TTLs.
    #[must_use]
    pub fn uneven(&self) -> bool {
        self.uneven
    }

    /// Takes note of a repeat or a second TTL.
    pub(super) fn set_uneven(&mut self) {
        self.uneven = true;
    }

    /// How many errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// How many warnings.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.warnings
    }

    /// The findings that were kept.
    #[must_use]
    pub fn list(&self) -> &[Finding] {
        &self.list
    }

    /// The findings that were kept.
    #[must_use]
    pub fn into_list(self) -> Vec<Finding> {
        self.list
    }

    /// Counts an error, and makes its text if it is one to keep.
    pub(super) fn error(&mut self, spot: Spot, text: impl FnOnce() -> Text) {
        self.errors += 1;
        if self.errors <= self.most {
            self.keep(Severity::Error, spot, text());
        }
    }

    /// Counts a warning, and makes its text if it is one to keep.
    pub(super) fn warning(&mut self, spot: Spot, text: impl FnOnce() -> Text) {
        self.warnings += 1;
        if self.warnings <= self.most {
            self.keep(Severity::Warning, spot, text());
        }
    }

    /// Counts a mistake whose severity depends on more than its kind.
    pub(super) fn add(&mut self, severity: Severity, spot: Spot, text: impl FnOnce() -> Text) {
        match severity {
            Severity::Error => self.error(spot, text),
            Severity::Warning => self.warning(spot, text),
        }
    }

    fn keep(&mut self, severity: Severity, spot: Spot, text: Text) {
        let Text {
            message,
            hint,
            related,
        } = text;
        self.list.push(Finding {
            severity,
            message,
            hint,
            spot,
            related,
        });
    }
}

impl Spot {
    /// A part of a record.
    pub(super) fn of(record: &Record<'_>, part: Part) -> Self {
        let place = record.place;
        Self { place, part }
    }
}

/// The words of a finding.
#[derive(Debug)]
pub(super) struct Text {
    message: String,
    hint: Option<String>,
    related: Option<(Spot, String)>,
}

impl Text {
    pub(super) fn new(message: String) -> Self {
        Self {
            message,
            hint: None,
            related: None,
        }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    pub(super) fn related(self, record: &Record<'_>, part: Part, label: impl Into<String>) -> Self {
        Self {
            related: Some((Spot::of(record, part), label.into())),
            ..self
        }
    }
}

/// ` at line 9`, if both records stand in one file and have lines.
pub(super) fn at_line(of: &Record<'_>, seen_from: &Record<'_>) -> String {
    match of.place.line {
        line if line > 0 && of.place.file == seen_from.place.file => format!(" at line {line}"),
        _ => String::new(),
    }
}
