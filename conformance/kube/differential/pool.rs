//! Clusters that trials share, one trial at a time each.

use std::sync::{Condvar, Mutex, PoisonError};

use crate::cluster::{Cluster, ClusterError};
use crate::parts::Parts;

/// Starts clusters when they are needed, at most [`MOST`].
#[derive(Debug)]
pub(crate) struct Pool {
    parts: Parts,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Cluster>,
    started: usize,
}

impl Pool {
    /// A pool that has started nothing yet.
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            parts,
            state: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    /// Lends a cluster for the time of a call.
    pub(crate) fn with<T>(
        &self,
        call: impl FnOnce(&Cluster) -> Result<T, String>,
    ) -> Result<T, String> {
        let cluster = self.take().map_err(|error| super::play::chain(&error))?;
        let result = call(&cluster);
        // One that could not be emptied would spoil the cases behind it.
        let usable = result.is_ok() || cluster.reset().is_ok();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match usable {
            true => state.idle.push(cluster),
            false => state.started -= 1,
        }
        self.freed.notify_one();
        result
    }

    fn take(&self) -> Result<Cluster, ClusterError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(cluster) = state.idle.pop() {
                return Ok(cluster);
            }
            if state.started < MOST {
                state.started += 1;
                drop(state);
                let started = Cluster::start(&self.parts);
                if started.is_err() {
                    let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                    state.started -= 1;
                }
                return started;
            }
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Runs of external-dns wait more than they work, so two clusters fill two processors.
const MOST: usize = 2;
