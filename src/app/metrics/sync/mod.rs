//! Numbers of the sync engine: those that dashboards for external-dns know, under their names and
//! with what they mean there, then ours.
//!
//! Where external-dns has one destination we may have several: its numbers are sums over them, but
//! for times, of which the one that lags counts.

mod external_dns;
mod http;
mod ours;

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use plan::HttpCalls;

use super::Page;
use crate::app::sync::{Asks, Census, Model, Numbers, Running};

/// Where the numbers come from, once there are sources.
#[derive(Clone, Debug, Default)]
pub(crate) struct Syncing(Arc<OnceLock<Parts>>);

#[derive(Debug)]
struct Parts {
    model: Model,
    asks: Vec<Asks>,
    http: Arc<HttpCalls>,
    counted: Mutex<Option<Counted>>,
}

/// The last count of all rows.
#[derive(Debug)]
struct Counted {
    at: Instant,
    generation: u64,
    census: Arc<Census>,
}

impl Syncing {
    /// Shows these from now on.
    pub(crate) fn show(&self, running: &Running) {
        // A daemon starts its sources once.
        let _first = self.0.set(Parts {
            model: running.model.clone(),
            asks: running.asks.clone(),
            http: Arc::clone(&running.calls),
            counted: Mutex::new(None),
        });
    }

    pub(super) fn encode(&self, page: &mut Page<'_>) -> fmt::Result {
        let Some(parts) = self.0.get() else {
            return Ok(());
        };
        let numbers: Vec<Numbers> = parts
            .asks
            .iter()
            .map(|asks| asks.status.numbers())
            .collect();
        parts.external_dns(page, &numbers)?;
        parts.webhook(page)?;
        http::encode(page, &parts.http)?;
        parts.ours(page, &numbers)?;
        parts.calls(page)?;
        parts.objects(page)
    }
}

impl Parts {
    /// All rows counted: anew if some of them may have changed, and not all the time.
    fn census(&self) -> Arc<Census> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = self.model.generation();
        if let Some(known) = &*counted
            && (known.generation == generation || known.at.elapsed() < KEPT)
        {
            return Arc::clone(&known.census);
        }
        let census = Arc::new(self.model.census());
        let fresh = Counted {
            at: Instant::now(),
            generation,
            census: Arc::clone(&census),
        };
        *counted = Some(fresh);
        census
    }
}

/// How long a count of all rows is shown.
const KEPT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
