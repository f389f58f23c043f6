//! What there is in the model, counted for metrics.
//!
//! A count walks every row, so whoever asks keeps it for a while; `generation` tells whether a new
//! one could differ at all.

use std::collections::BTreeMap;

use plan::merge::Counts;
use wire::Rtype;

use super::model::Model;

/// What all objects ask for, counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Census {
    /// Endpoints after the merge, by type.
    pub(crate) endpoints: BTreeMap<Rtype, u64>,
    /// Endpoints that were dropped as repeats, by source and type.
    pub(crate) repeated: BTreeMap<(Box<str>, Rtype), u64>,
    /// Endpoints that were dropped since they are not what their type must be.
    pub(crate) invalid: BTreeMap<(Box<str>, Rtype), u64>,
}

/// The kinds that are watched and what is wrong with objects: cheap enough for every look.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watches {
    /// Kinds with how many objects there are and whether their watch is well.
    pub(crate) kinds: Vec<(&'static str, u64, bool)>,
    /// Problems of objects, by reason.
    pub(crate) problems: BTreeMap<&'static str, u64>,
    /// How often a watch failed.
    pub(crate) failures: u64,
}

impl Model {
    /// Counts all rows, a few at a time, so that events go on meanwhile.
    pub(crate) fn census(&self) -> Census {
        let names = self.read().desired.names();
        let (mut census, mut counts) = (Census::default(), Counts::default());
        for some in names.chunks(AT_ONCE) {
            let inner = self.read();
            for name in some {
                for endpoint in inner.desired.row_counted(name, &mut counts) {
                    *census.endpoints.entry(endpoint.rtype).or_default() += 1;
                }
            }
        }
        let inner = self.read();
        let sources = &inner.desired.rules().sources;
        let named = |counts: BTreeMap<(u16, Rtype), u64>| {
            let mut named = BTreeMap::new();
            for ((source, rtype), count) in counts {
                let source = sources.get(usize::from(source));
                let name: Box<str> = source.map(|source| source.name.clone()).unwrap_or_default();
                *named.entry((name, rtype)).or_default() += count;
            }
            named
        };
        census.repeated = named(counts.repeated);
        census.invalid = named(counts.invalid);
        census
    }

    /// How the watches fare.
    pub(crate) fn watches(&self) -> Watches {
        let inner = self.read();
        let mut watches = Watches::default();
        for kind in inner.engine.wanted() {
            let fares = inner.health.get(&kind);
            let well = fares.is_some_and(|fares| fares.listed && fares.failing.is_none());
            let count = inner.engine.index().count(kind) as u64;
            watches.kinds.push((kind.name(), count, well));
        }
        watches.failures = inner.health.values().map(|fares| fares.failures).sum();
        for problem in inner.problems.values().flat_map(|wrong| &wrong.problems) {
            *watches.problems.entry(problem.reason.label()).or_default() += 1;
        }
        watches
    }
}

/// Rows that are counted while events wait.
const AT_ONCE: usize = 256;
