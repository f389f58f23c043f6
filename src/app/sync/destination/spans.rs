//! What is traced of a pass: the whole, and in it what was listed, planned and applied.
//!
//! Where nobody takes traces, a span is a look at a flag.

use plan::{ChangeSet, ProviderError};
use tracing::Span;
use tracing::field::Empty;

use super::state::Scope;
use crate::app::telemetry;

/// A pass over names, or over all.
pub(super) fn pass(destination: &str, scope: &Scope) -> Span {
    let (scope, names) = match scope {
        Scope::All => ("all", None),
        Scope::Names(names) => ("names", Some(names.len())),
    };
    tracing::info_span!(
        target: "traces", "sync pass",
        destination, scope, names,
        otel.status_description = Empty,
    )
}

/// What is there is read.
pub(super) fn list() -> Span {
    tracing::info_span!(target: "traces", "list", otel.kind = "client")
}

/// What is wanted of so many names is put together, and compared with what is there.
pub(super) fn plan(names: usize) -> Span {
    tracing::info_span!(target: "traces", "plan", names)
}

/// These changes are made.
pub(super) fn apply(destination: &str, changes: &ChangeSet) -> Span {
    tracing::info_span!(
        target: "traces", "apply",
        otel.kind = "client",
        destination,
        creates = changes.create.len(),
        updates = changes.update.len(),
        deletes = changes.delete.len(),
        otel.status_description = Empty,
    )
}

/// Says what went wrong in a span, if anything did.
pub(super) fn end<T>(span: &Span, result: &Result<T, ProviderError>) {
    if let Err(error) = result
        && !span.is_disabled()
    {
        span.record("otel.status_description", telemetry::chain(error));
    }
}
