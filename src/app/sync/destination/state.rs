//! What a destination at work has and knows, and the ways to ask it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use plan::brake::Brake;
use plan::registry::Shadow;
use plan::{DynProvider, RowName};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::search::Doubt;
use super::words::Words;
use crate::app::cluster::{Fenced, Leading};
use crate::app::sync::explain::Place;
use crate::app::sync::model::Model;
use crate::app::sync::own_zones::{Loss, OwnZones};
use crate::app::sync::pass::Judge;
use crate::app::sync::pending::Pending;
use crate::app::sync::report::{Reports, Wishes};
use crate::app::sync::status::Status;
use crate::app::sync::unclaimed::Unclaimed;

/// One destination.
pub(in crate::app::sync) struct Destination {
    pub(in crate::app::sync) name: String,
    pub(in crate::app::sync) provider: Box<dyn DynProvider>,
    pub(in crate::app::sync) judge: Judge,
    pub(in crate::app::sync) shadow: Shadow,
    pub(in crate::app::sync) brake: Brake,
    pub(in crate::app::sync) pace: Pace,
    pub(in crate::app::sync) model: Model,
    pub(in crate::app::sync) pending: Arc<Pending>,
    pub(in crate::app::sync) status: Arc<Status>,
    pub(in crate::app::sync) reports: Reports,
    pub(in crate::app::sync) wishes: Wishes,
    /// What is answered in truth, where the zones are our own.
    pub(in crate::app::sync) own: Option<OwnZones>,
    /// What is there and not answered.
    pub(in crate::app::sync) losses: BTreeSet<Loss>,
    /// The filter of the provider is known.
    pub(in crate::app::sync) negotiated: bool,
    /// What is there is to be listed before the next write.
    pub(in crate::app::sync) stale: bool,
    /// When what is there was listed last.
    pub(in crate::app::sync) listed: Option<Instant>,
    /// How long that took.
    pub(in crate::app::sync) took: Duration,
    /// Told once all is as wanted for the first time.
    pub(in crate::app::sync) ready: Option<oneshot::Sender<()>>,
    /// All names there were have been looked at once; of those that came since we were told.
    pub(in crate::app::sync) looked: bool,
    /// Ownership TXT of ours that have no record.
    pub(in crate::app::sync) leftovers: Leftovers,
    /// Names of which something waits until all objects are known.
    pub(in crate::app::sync) postponed: BTreeSet<RowName>,
    /// Names that were refused, and why. Tried again by every full pass.
    pub(in crate::app::sync) refused: Words,
    /// Names that were lost to others, or cannot be had.
    pub(in crate::app::sync) lost: Words,
    /// Names that are in no zone of ours.
    pub(in crate::app::sync) nowhere: BTreeSet<RowName>,
    /// What is left as it is while objects cannot be read.
    pub(in crate::app::sync) unclaimed: Unclaimed,
    /// Whether we lead; none if there are no other copies.
    pub(in crate::app::sync) leading: Option<Leading>,
    /// The term that what is known of the place is of.
    pub(in crate::app::sync) term: Option<u64>,
    /// What is known of a destination that fails at what it is asked for.
    pub(in crate::app::sync) doubt: Doubt,
}

/// Since when each ownership TXT of ours has no record: its name and set identifier.
pub(in crate::app::sync) type Leftovers = HashMap<(Box<str>, Box<str>), Instant>;

/// When passes are made.
#[derive(Clone, Copy, Debug)]
pub(in crate::app::sync) struct Pace {
    /// Between full passes.
    pub(in crate::app::sync) interval: Duration,
    /// Between passes that events start, at least.
    pub(in crate::app::sync) between: Duration,
    /// How long the first pass waits for all objects.
    pub(in crate::app::sync) patience: Duration,
    /// How long a listing stands for the next one of a full pass; zero is not at all.
    pub(in crate::app::sync) kept: Duration,
}

/// A question or an order to a destination.
pub(crate) enum Ask {
    /// All about a name.
    Explain(RowName, oneshot::Sender<Place>),
    /// Lets held deletes go, of one zone or all. Tells how many, or the zones that there are if the
    /// one is not among them.
    Release(Option<String>, oneshot::Sender<Result<usize, Vec<String>>>),
}

/// The way to ask a destination.
#[derive(Clone, Debug)]
pub(crate) struct Asks {
    pub(crate) name: String,
    pub(crate) sender: mpsc::Sender<Ask>,
    pub(crate) status: Arc<Status>,
    /// The names that wait for it.
    pub(in crate::app::sync) pending: Arc<Pending>,
    /// As users type it.
    pub(crate) provider: &'static str,
    /// Who we are there; empty if everything there is ours.
    pub(crate) owner: String,
}

/// What a pass looks at.
pub(super) enum Scope {
    All,
    Names(Vec<RowName>),
}

impl Destination {
    /// The same, written to only while we lead.
    pub(in crate::app::sync) fn led_by(self, leading: &Leading) -> Self {
        Self {
            provider: Box::new(Fenced::new(self.provider, leading.clone())),
            leading: Some(leading.clone()),
            ..self
        }
    }
}
