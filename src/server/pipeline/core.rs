//! What all workers share: the settings, the store, the rate limit.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use wire::Name;
use zone::{Store, Updater};

use super::{Following, Worker};
use crate::metrics::{Metrics, WorkerMetrics};
use crate::query::Chaos;
use crate::stage::acl::AccessList;
use crate::stage::cookie::Secrets;
use crate::stage::policy::UpdateRule;
use crate::stage::ratelimit::{RateLimit, RateLimitOptions};
use crate::stage::who::{PerZone, Who};

/// How requests are answered.
#[derive(Clone, Debug)]
pub struct CoreOptions {
    /// Who may ask.
    pub acl: AccessList,
    /// What the server says of itself.
    pub chaos: Chaos,
    /// The secrets of server cookies; none switches cookies off.
    pub cookies: Option<Secrets>,
    /// The largest UDP answer we send, and what we tell clients to send.
    pub edns_size: u16,
    /// The identifier for NSID.
    pub nsid: Option<Vec<u8>>,
    /// The limit of answers per network.
    pub rate_limit: RateLimitOptions,
    /// How long we keep an idle TCP connection, for clients that ask.
    pub tcp_idle: Duration,
}

impl Default for CoreOptions {
    fn default() -> Self {
        Self {
            acl: AccessList::default(),
            chaos: Chaos::default(),
            cookies: None,
            edns_size: 1232,
            nsid: None,
            rate_limit: RateLimitOptions {
                rate: 0,
                ..RateLimitOptions::default()
            },
            tcp_idle: Duration::from_secs(10),
        }
    }
}

/// Who may do more than ask. Without anything set, nobody.
#[derive(Clone, Debug, Default)]
pub struct Authority {
    /// The keys that requests may be signed by.
    pub keys: Arc<tsig::Keys>,
    /// Whom zones are transferred to.
    pub transfers: Arc<PerZone<Who>>,
    /// Zones that are answered to those only whom they are transferred to.
    pub catalogs: Vec<Name>,
    /// Who may update zones, if anybody.
    pub updates: Option<Updates>,
    /// Who follows zones of other servers, if anybody does.
    pub following: Option<Arc<dyn Following>>,
}

/// How zones are updated.
#[derive(Clone, Debug)]
pub struct Updates {
    /// What is granted.
    pub rules: Arc<PerZone<UpdateRule>>,
    /// Who carries them out.
    pub updater: Updater,
}

/// What all workers share.
#[derive(Debug)]
pub struct Core {
    pub(super) options: CoreOptions,
    pub(super) rate_limit: RateLimit,
    pub(super) store: Arc<Store>,
    pub(super) authority: Authority,
    /// Everybody may ask for all zones.
    pub(super) open: bool,
    metrics: Metrics,
    /// Counts what is answered later.
    late: Mutex<WorkerMetrics>,
    /// Zones of which something was said that is said once.
    said: Mutex<HashSet<Name>>,
}

impl Core {
    /// A core that answers from the store.
    #[must_use]
    pub fn new(
        options: CoreOptions,
        authority: Authority,
        store: Arc<Store>,
        metrics: Metrics,
    ) -> Arc<Self> {
        let rate_limit = RateLimit::new(options.rate_limit.clone(), Instant::now());
        Arc::new(Self {
            open: options.acl == AccessList::default() && authority.catalogs.is_empty(),
            options,
            rate_limit,
            store,
            authority,
            late: Mutex::new(metrics.worker()),
            said: Mutex::default(),
            metrics,
        })
    }

    /// Whether something is said of a zone for the first time. Strangers must not fill the log.
    pub(super) fn is_news(&self, zone: &Name) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.insert(zone.clone())
    }

    /// The counters of answers that come later.
    pub(super) fn late(&self) -> MutexGuard<'_, WorkerMetrics> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker: one per thread.
    #[must_use]
    pub fn worker(self: &Arc<Self>) -> Worker {
        Worker::new(Arc::clone(self), self.metrics.worker())
    }
}
