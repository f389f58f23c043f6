//! Says what is wrong: from a word or a fault to a diagnostic with its place.

use std::ops::Range;
use std::rc::Rc;

use wire::text::Token;

use super::here::Here;
use super::parse::Parser;
use super::report::{Diagnostic, Mark, Severity};
use super::scan::{Fault, FaultKind, MAX_LINE};
use super::source::Source;

impl Parser {
    pub(super) fn error(
        &mut self,
        here: &Here<'_>,
        word: &Token<'_>,
        message: String,
        hint: Option<String>,
    ) {
        let span = here.span(word);
        self.tell(Severity::Error, here.file, here.source, span, message, hint);
    }

    /// An error about something missing behind the last of `words`.
    pub(super) fn error_behind(
        &mut self,
        here: &Here<'_>,
        words: &[Token<'_>],
        message: String,
        hint: Option<String>,
    ) {
        let span = match (words.last(), here.made_by.clone()) {
            (_, Some(span)) => span,
            (Some(last), None) => {
                let end = here.span(last).end + usize::from(last.quoted);
                end..end + 1
            }
            (None, None) => {
                let line = here.source.line_around(here.line.start);
                line.end..line.end + 1
            }
        };
        self.tell(Severity::Error, here.file, here.source, span, message, hint);
    }

    pub(super) fn warning(
        &mut self,
        here: &Here<'_>,
        word: &Token<'_>,
        message: String,
        hint: Option<String>,
    ) {
        let span = here.span(word);
        self.tell(
            Severity::Warning,
            here.file,
            here.source,
            span,
            message,
            hint,
        );
    }

    /// A line that could not be cut into words.
    pub(super) fn fault(&mut self, file: u16, source: &Rc<Source>, fault: Fault) {
        let (message, hint) = explain(fault.kind);
        self.tell(Severity::Error, file, source, fault.span, message, hint);
    }

    /// A parenthesis within others, which Knot does not read.
    pub(super) fn nested(&mut self, file: u16, source: &Rc<Source>, at: usize) {
        let message = "parenthesis within a parenthesis".to_owned();
        let hint = Some("one pair is enough, and not all servers read more".to_owned());
        let span = at..at + 1;
        self.tell(Severity::Warning, file, source, span, message, hint);
    }

    fn tell(
        &mut self,
        severity: Severity,
        file: u16,
        source: &Rc<Source>,
        span: Range<usize>,
        message: String,
        hint: Option<String>,
    ) {
        if self.report.count(severity) {
            let mark = Mark::new(source, span, String::new());
            let related = None;
            self.report.keep(Diagnostic {
                severity,
                message,
                hint,
                mark,
                related,
                file,
            });
        }
    }
}

/// A word for a message, cut off where it gets long.
pub(super) fn quote(word: &[u8]) -> String {
    let text = String::from_utf8_lossy(word);
    if text.chars().count() <= MAX_QUOTED {
        return format!("\"{text}\"");
    }
    let start: String = text.chars().take(MAX_QUOTED).collect();
    format!("\"{start}…\"")
}

fn explain(kind: FaultKind) -> (String, Option<String>) {
    let (message, hint) = match kind {
        FaultKind::Close => (
            "closing parenthesis without an opening one",
            "write \\) if the character itself is meant",
        ),
        FaultKind::Control => ("zero byte", "write \\000 if it is meant"),
        FaultKind::Long => ("", "a quote or a parenthesis may be missing"),
        FaultKind::Open => (
            "parenthesis that is never closed",
            "close it with ) on the last line of the record, or write \\( if the character itself is \
             meant",
        ),
        FaultKind::Quote => (
            "quote that is not closed on its line",
            "close it with \", or write \\\" if the character itself is meant",
        ),
    };
    let message = match kind {
        FaultKind::Long => format!("record of more than {MAX_LINE} bytes"),
        _ => message.to_owned(),
    };
    (message, Some(hint.to_owned()))
}

/// The most characters of a word that a message repeats.
const MAX_QUOTED: usize = 70;
