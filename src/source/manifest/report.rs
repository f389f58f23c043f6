//! What is wrong with manifests: each mistake with its place, its line and what to do about it.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::node::Span;
use super::text::Document;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something is left out that was meant to be read.
    Error,
    /// All is read, but maybe not as one would expect.
    Warning,
}

/// One mistake.
#[derive(Clone, Debug)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where it is wrong.
    pub mark: Mark,
}

/// A place in a file, with the line it is on.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The file.
    pub path: String,
    /// The line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// The column in characters, from 1; 0 when the file as a whole is meant.
    pub column: usize,
    text: String,
    span: Range<usize>,
}

/// All mistakes of a reading, in the order of the files.
#[derive(Clone, Debug, Default)]
pub struct Report {
    problems: Vec<Problem>,
    errors: usize,
    warnings: usize,
}

impl Report {
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

    /// The first [`MAX_KEPT`] mistakes.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The report as people read it in a log: the first mistakes.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        self.render_first(MAX_SHOWN, color)
    }

    /// The report with every mistake that was kept.
    #[must_use]
    pub fn render_all(&self, color: bool) -> String {
        self.render_first(usize::MAX, color)
    }

    fn render_first(&self, most: usize, color: bool) -> String {
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let mut out = String::new();
        let shown = self.problems.iter().take(most);
        let more = (self.errors + self.warnings).saturating_sub(shown.len());
        for problem in shown {
            out.push_str(&renderer.render(&[group(problem)]));
            out.push_str("\n\n");
        }
        if more > 0 {
            out.push_str(&format!(
                "… and {more} more; zonewright check shows them all\n"
            ));
        }
        out
    }

    pub(super) fn add(&mut self, problem: Problem) {
        match problem.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
        if self.problems.len() < MAX_KEPT {
            self.problems.push(problem);
        }
    }
}

impl Mark {
    /// A place in a document of a file. A span over several lines ends with the first of them.
    pub(super) fn new(path: &str, document: Document<'_>, span: Span) -> Self {
        let text = document.text;
        let start = floor(text, span.start as usize);
        let (before, rest) = text.split_at_checked(start).unwrap_or((text, ""));
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let before_on_line = text.get(line_start..start).unwrap_or_default();
        let line_rest = rest.lines().next().unwrap_or_default();
        let length = (span.end as usize)
            .saturating_sub(start)
            .min(line_rest.len());
        let length = floor(line_rest, length);
        let marked = line_rest.get(..length).unwrap_or_default();
        let tail = line_rest.get(length..).unwrap_or_default();
        let shown = show(before_on_line);
        let first = shown.len();
        let marked = show(marked.trim_end());
        Self {
            path: path.to_owned(),
            line: document.lines_before + before.matches('\n').count() + 1,
            column: shown.chars().count() + 1,
            span: first..first + marked.len(),
            text: format!("{shown}{marked}{}", show(tail)),
        }
    }

    /// A file as a whole.
    pub(super) fn file(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            line: 0,
            column: 0,
            text: String::new(),
            span: 0..0,
        }
    }

    /// The line's text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// One line, for logs: `web.yaml:14:5: what is wrong`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.mark, self.message)
    }
}

/// `web.yaml:14:5`.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        Ok(())
    }
}

/// The next place at or before `at` where a character starts.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Text without what a terminal might act on.
fn show(text: &str) -> String {
    let shown = text.chars().map(|c| match c {
        '\t' => '\t',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    });
    shown.collect()
}

fn group(problem: &Problem) -> Group<'_> {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(&problem.message));
    let mark = &problem.mark;
    group = if mark.line == 0 {
        group.element(Origin::path(&mark.path))
    } else if mark.text.len() > MAX_LINE {
        let origin = Origin::path(&mark.path).line(mark.line);
        group.element(origin.char_column(mark.column))
    } else {
        group.element(
            Snippet::source(mark.text.as_str())
                .line_start(mark.line)
                .path(mark.path.as_str())
                .annotation(AnnotationKind::Primary.span(mark.span.clone())),
        )
    };
    if let Some(hint) = &problem.hint {
        group = group.element(Level::HELP.message(hint));
    }
    group
}

/// The most mistakes that are kept; all others are only counted.
pub const MAX_KEPT: usize = 10_000;

/// The most mistakes that are shown in a log: what fits a few screens.
const MAX_SHOWN: usize = 50;

/// Lines longer than this, as of JSON without line ends, are not shown.
const MAX_LINE: usize = 1000;
