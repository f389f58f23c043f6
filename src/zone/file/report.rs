//! What is wrong with a zone file: diagnostics, counted and kept in the order of the files.

use std::fmt;
use std::ops::Range;
use std::rc::Rc;

use super::render;
use super::source::{Source, Sources};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The zone cannot be served as it is written.
    Error,
    /// The zone is served, but not everything is as one would expect.
    Warning,
}

/// One mistake, with the line it stands on.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where it is wrong.
    pub mark: Mark,
    /// Another place that has to do with it.
    pub related: Option<Mark>,
    /// The order of the file among those of the zone.
    pub(super) file: u16,
}

/// A place in a file, with enough of its text to show it.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The name of the file.
    pub path: String,
    /// The line, from 1; 0 when the file as a whole is meant.
    pub line: u32,
    /// The column in characters, from 1; 0 when the file as a whole is meant.
    pub column: u32,
    /// The text of the line, if it is to be shown.
    pub(super) text: Option<String>,
    /// Which bytes of that text are meant.
    pub(super) span: Range<usize>,
    /// What stands beside the marker.
    pub(super) label: String,
}

/// All that is wrong with a zone file and the files it includes.
#[derive(Clone, Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    errors: usize,
    warnings: usize,
    /// How many of each severity are kept; all others are only counted.
    most: usize,
}

impl Report {
    /// Nothing wrong yet; of each severity so many diagnostics will be kept.
    pub(super) fn keeping(most: usize) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }

    /// How many errors, those not kept included.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// How many warnings, those not kept included.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.warnings
    }

    /// The diagnostics kept: the first ones of each severity, by file and line.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Whether the zone can be served: there are no errors.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.errors == 0
    }

    /// The report as people read it: each mistake with its line, a marker and a hint.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        render::render(self, color)
    }

    /// Counts a mistake; tells whether it is one of those to keep.
    pub(super) fn count(&mut self, severity: Severity) -> bool {
        self.count_many(severity, 1) < self.most
    }

    /// Counts mistakes; tells how many there were before.
    pub(super) fn count_many(&mut self, severity: Severity, more: usize) -> usize {
        let count = match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        *count += more;
        *count - more
    }

    /// Keeps a mistake that was counted.
    pub(super) fn keep(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Takes out of the diagnostics what they quote of files whose text is not shown.
    pub(super) fn withhold(&mut self, sources: &Sources) {
        for diagnostic in &mut self.diagnostics {
            if sources.get(diagnostic.file).is_some_and(|file| !file.shown) {
                diagnostic.message = without_quotes(&diagnostic.message);
                diagnostic.hint = Some(WITHHELD.to_owned());
            }
        }
    }

    /// Brings the diagnostics into the order of the files.
    pub(super) fn sort(&mut self) {
        self.diagnostics.sort_by_key(|diagnostic| {
            (
                diagnostic.file,
                diagnostic.mark.line,
                diagnostic.mark.column,
            )
        });
    }
}

impl Mark {
    /// The bytes `span` of a file; a span over several lines is cut off at the end of the first.
    pub(super) fn new(source: &Rc<Source>, span: Range<usize>, label: String) -> Self {
        let line = source.line_around(span.start);
        let start = span.start.clamp(line.start, line.end);
        let end = span.end.clamp(start, line.end);
        let before = show(&source.text[line.start..start]);
        let marked = show(&source.text[start..end]);
        let column = before.chars().count() + 1;
        let rest = &source.text[end..line.end];
        let rest = show(&rest[..rest.len().min(MAX_TAIL)]);
        let text = source.shown.then(|| format!("{before}{marked}{rest}"));
        let span = before.len()..before.len() + marked.len();
        Self {
            path: show_name(&source.name),
            line: source.line_of(line.start),
            column: u32::try_from(column).unwrap_or(u32::MAX),
            text,
            span,
            label,
        }
    }

    /// A file as a whole.
    pub(super) fn file(name: &str) -> Self {
        Self {
            path: show_name(name),
            line: 0,
            column: 0,
            text: None,
            span: 0..0,
            label: String::new(),
        }
    }
}

/// A file's name as a single line.
fn show_name(name: &str) -> String {
    show(name.as_bytes()).replace('\t', "\u{FFFD}")
}

/// A message with nothing between its first quote and its last: what is quoted may hold quotes.
fn without_quotes(message: &str) -> String {
    match (message.split_once('"'), message.rsplit_once('"')) {
        (Some((before, _)), Some((_, behind))) => format!("{before}\"…\"{behind}"),
        _ => message.to_owned(),
    }
}

/// Bytes as text of as many characters: what is no UTF-8 and what a terminal might act on is shown
/// as a replacement character.
fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| match c {
            '\t' => '\t',
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// One line, for logs: `zones/example.org.zone:14:5: what is wrong`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.mark, self.message)
    }
}

/// `zones/example.org.zone:14:5`.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        Ok(())
    }
}

/// What is said in place of a line that is not shown.
const WITHHELD: &str =
    "the line is not shown here, since this file is outside the folder of the zone file";

/// How much of a line is shown behind the marker.
const MAX_TAIL: usize = 200;
