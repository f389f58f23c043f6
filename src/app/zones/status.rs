//! How each zone is: what the keeper knows beyond the store, for those who ask.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wire::Name;

use crate::app::clock::{self, Moment};

/// How a zone is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Not any more: it is followed, and nobody has confirmed it for too long.
    Expired,
    /// Not at all: its file has had errors since the start.
    Failed,
    /// As its file has it.
    Served,
    /// As its file had it before there were errors in it.
    Stale,
    /// As its primary had it, which cannot be asked at the moment.
    Unconfirmed,
    /// Not yet: it is followed, and has not come yet.
    Waiting,
}

/// How a zone is.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    /// Its master file; empty for a zone made from the settings; the primaries of one that is followed.
    pub(crate) path: PathBuf,
    /// The folder that the file was found in; none for a file of the settings.
    pub(crate) folder: Option<PathBuf>,
    /// Files that it includes.
    pub(crate) includes: Vec<PathBuf>,
    pub(crate) state: State,
    /// When it was last read.
    pub(crate) loaded: Moment,
    pub(crate) warnings: usize,
    /// Errors of the file as it is now, each with its line; empty where there are none.
    pub(crate) report: String,
}

impl Status {
    /// A zone made from the settings: there is no file that could be wrong.
    pub(super) fn made() -> Self {
        Self {
            path: PathBuf::new(),
            folder: None,
            includes: Vec::new(),
            state: State::Served,
            loaded: clock::now(),
            warnings: 0,
            report: String::new(),
        }
    }
}

impl Status {
    /// The zone that lists our zones.
    pub(crate) fn catalog() -> Self {
        Self {
            path: PathBuf::from("made of the names of our zones"),
            ..Self::made()
        }
    }

    /// A zone that is followed.
    pub(crate) fn followed(primaries: &[&str], state: State, report: String) -> Self {
        Self {
            path: PathBuf::from(format!("from {}", primaries.join(", "))),
            state,
            report,
            ..Self::made()
        }
    }
}

/// How all zones are: written by the keeper and by who follows zones, read by others. Never locked for long.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statuses(Arc<Mutex<BTreeMap<Name, Status>>>);

impl Statuses {
    /// How a zone is.
    pub(crate) fn get(&self, zone: &Name) -> Option<Status> {
        self.lock().get(zone).cloned()
    }

    /// All zones in canonical order.
    pub(crate) fn all(&self) -> Vec<(Name, Status)> {
        let all = self.lock();
        all.iter()
            .map(|(zone, status)| (zone.clone(), status.clone()))
            .collect()
    }

    /// How many zones are in a state.
    pub(crate) fn count(&self, state: State) -> usize {
        self.lock()
            .values()
            .filter(|status| status.state == state)
            .count()
    }

    pub(crate) fn set(&self, zone: Name, status: Status) {
        self.lock().insert(zone, status);
    }

    pub(crate) fn remove(&self, zone: &Name) {
        self.lock().remove(zone);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Name, Status>> {
        // Entries are replaced as a whole, so a panic elsewhere leaves none half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// All of them, the best first.
    pub(crate) const ALL: [Self; 6] = [
        Self::Served,
        Self::Stale,
        Self::Unconfirmed,
        Self::Failed,
        Self::Waiting,
        Self::Expired,
    ];

    /// The word for it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Served => "served",
            Self::Stale => "stale",
            Self::Unconfirmed => "unconfirmed",
            Self::Waiting => "waiting",
        }
    }
}
