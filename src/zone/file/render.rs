//! Reports as people read them: the line, a marker under what is wrong, and what to do about it.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::report::{Diagnostic, Mark, Report, Severity};

pub(super) fn render(report: &Report, color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for severity in [Severity::Error, Severity::Warning] {
        let of_severity = report
            .diagnostics()
            .iter()
            .filter(|diagnostic| diagnostic.severity == severity);
        for diagnostic in of_severity {
            out.push_str(&renderer.render(&[group(diagnostic)]));
            out.push_str("\n\n");
        }
    }
    for (severity, count, noun) in [
        (Severity::Error, report.errors(), "error"),
        (Severity::Warning, report.warnings(), "warning"),
    ] {
        let of_severity = |diagnostic: &&Diagnostic| diagnostic.severity == severity;
        let shown = report.diagnostics().iter().filter(of_severity).count();
        if let Some(more) = count.checked_sub(shown).filter(|more| *more > 0) {
            let plural = if more == 1 { "" } else { "s" };
            out.push_str(&format!(
                "… and {more} more {noun}{plural}; zonewright check shows them all\n"
            ));
        }
    }
    out
}

fn group(diagnostic: &Diagnostic) -> Group<'_> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(&diagnostic.message));
    group = place(group, &diagnostic.mark, AnnotationKind::Primary);
    if let Some(related) = &diagnostic.related {
        group = place(group, related, AnnotationKind::Context);
    }
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Level::HELP.message(hint));
    }
    group
}

fn place<'a>(group: Group<'a>, mark: &'a Mark, kind: AnnotationKind) -> Group<'a> {
    if mark.line == 0 {
        return group.element(Origin::path(&mark.path));
    }
    let Some(text) = mark.text.as_deref().filter(|text| text.len() <= MAX_LINE) else {
        let origin = Origin::path(&mark.path).line(mark.line as usize);
        return group.element(origin.char_column(mark.column as usize));
    };
    let annotation: Annotation<'a> = kind.span(mark.span.clone());
    let annotation = if mark.label.is_empty() {
        annotation
    } else {
        annotation.label(&mark.label)
    };
    group.element(
        Snippet::source(text)
            .line_start(mark.line as usize)
            .path(mark.path.as_str())
            .annotation(annotation),
    )
}

/// Lines longer than this are not shown, only their place.
const MAX_LINE: usize = 2000;
