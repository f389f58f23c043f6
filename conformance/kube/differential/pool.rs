//! Clusters that trials share, one trial at a time each.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::cluster::Cluster;

/// Starts clusters when they are needed, at most [`MOST`].
pub(crate) struct Pool {
    start: Box<dyn Fn() -> Result<Cluster, String> + Send + Sync>,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Cluster>,
    started: usize,
    /// Why one could not be started: all others would fail in the same way.
    failed: Option<String>,
}

impl Pool {
    /// A pool that has started nothing yet.
    pub(crate) fn new(start: impl Fn() -> Result<Cluster, String> + Send + Sync + 'static) -> Self {
        Self {
            start: Box::new(start),
            state: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    /// Lends a cluster for the time of a call.
    pub(crate) fn with<T>(
        &self,
        call: impl FnOnce(&Cluster) -> Result<T, String>,
    ) -> Result<T, String> {
        let cluster = self.take()?;
        let result = call(&cluster);
        // One that could not be emptied would spoil the cases behind it.
        let usable = result.is_ok() || cluster.reset().is_ok();
        let mut state = self.lock();
        match usable {
            true => state.idle.push(cluster),
            false => state.started -= 1,
        }
        self.freed.notify_one();
        result
    }

    fn take(&self) -> Result<Cluster, String> {
        let mut state = self.lock();
        loop {
            if let Some(why) = &state.failed {
                return Err(why.clone());
            }
            if let Some(cluster) = state.idle.pop() {
                return Ok(cluster);
            }
            if state.started < MOST {
                state.started += 1;
                drop(state);
                let started = (self.start)();
                if let Err(why) = &started {
                    self.lock().failed = Some(why.clone());
                    self.freed.notify_all();
                }
                return started;
            }
            state = self
                .freed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs of external-dns wait more than they work, so two clusters fill two processors.
const MOST: usize = 2;
