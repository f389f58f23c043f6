//! What the keeper is told to do, by whom, and what came of it.

use std::sync::mpsc::SyncSender;

use tokio::sync::oneshot;
use wire::Name;

use super::load::Served;
use crate::app::watch::Nudge;

/// What the keeper is told.
#[derive(Debug)]
pub(crate) enum Order {
    /// Files may have changed.
    Nudge(Nudge),
    /// Read these zones again, or all if none is named, changed or not.
    Reload(Vec<Name>, oneshot::Sender<Vec<Outcome>>),
    /// End.
    Stop,
}

/// What came of reading a zone again.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) zone: Name,
    /// What is served now, or the errors in the file.
    pub(crate) result: Result<Served, String>,
}

/// Gives orders to the keeper.
#[derive(Clone, Debug)]
pub(crate) struct Handle(pub(super) SyncSender<Order>);

impl Handle {
    /// Gives an order; waits while the keeper has too many. False if it has ended.
    pub(crate) fn give(&self, order: Order) -> bool {
        self.0.send(order).is_ok()
    }

    /// The way for events of files.
    pub(super) fn sender(&self) -> SyncSender<Order> {
        self.0.clone()
    }
}
