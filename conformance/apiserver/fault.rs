//! What goes wrong, on demand.

use std::time::Duration;

/// One thing that goes wrong with requests for a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Every request is answered with this status.
    Status(u16),
    /// Requests with `sendInitialEvents` are refused, as servers without streaming lists do.
    NoStreaming,
    /// `sendInitialEvents` is ignored, as servers too old to know it do.
    StreamingUnknown,
    /// A list ends in the middle, after so many objects.
    CutAfter(usize),
    /// Between two objects of a list there is this pause.
    Slow(Duration),
    /// The answer to a list is no JSON.
    Nonsense,
    /// A watch ends at once with 410, though lists succeed.
    WatchGone,
    /// A watch says what is no event, though lists succeed.
    WatchNonsense,
    /// A watch is taken, but nothing ever comes of it.
    Silent,
}

/// Faults by the plural name of the resource; empty is every resource.
pub type Faults = Vec<(String, Fault)>;
