//! Whether copies have the same zone files. They are mounts that come to each copy at another time.
//!
//! ```text
//! our files → a sum a zone, and one over all ─┬ other than the leader's → said: log, metric, status of zones
//! what the leader says of its own, in the ────┘ known there, and not the newest → ours are older
//! Lease, and which ones were there before        └ others lead before us; who leads all the same shows on what
//!                                                  the leader before showed, until its own files have come
//! ```
//!
//! Nothing tells which of two sums is of the newer files but that one was there when the other one came.
//! What changes under our eyes is newer than all that is known.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cluster::Word;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use wire::Name;
use zone::{Store, Sum};

use super::role::Role;

/// Our files beside those of the leader.
pub(super) struct Files {
    store: Arc<Store>,
    state: Mutex<State>,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Files").field(&*self.lock()).finish()
    }
}

#[derive(Debug, Default)]
struct State {
    /// The sum over all of ours, when it was looked at last.
    own: Option<u64>,
    /// Files that have come while we ran, if they are ours yet.
    newest: Option<u64>,
    /// What was ours before.
    passed: Vec<u64>,
    /// All sums that are known, the newest last.
    order: Vec<u64>,
    /// What another leader has said last.
    theirs: Option<Said>,
    /// Zones whose file here is another one than the leader's.
    differ: Vec<String>,
}

impl Files {
    pub(super) fn new(store: &Arc<Store>) -> Self {
        Self {
            store: Arc::clone(store),
            state: Mutex::default(),
        }
    }

    /// Whether another copy had newer ones when it led.
    pub(super) fn are_older(&self) -> bool {
        self.look().is_older()
    }

    /// Whether that of a zone is another one than that of the leader, or of the last one.
    pub(super) fn differs(&self, zone: &Name) -> bool {
        let zone = zone.to_string();
        self.lock().differ.contains(&zone)
    }

    /// How many zones have other files than the leader has.
    pub(super) fn count(&self) -> usize {
        self.lock().differ.len()
    }

    /// Says what is new until the stop.
    pub(super) async fn run(
        self: Arc<Self>,
        mut roles: watch::Receiver<Role>,
        stop: CancellationToken,
    ) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut said, mut led) = (Vec::new(), false);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = looks.tick() => {}
                changed = roles.changed() => if changed.is_err() { return },
            }
            let leads = roles.borrow_and_update().term().is_some();
            let (differ, older) = {
                let state = self.look();
                (state.differ.clone(), state.is_older())
            };
            // Who leads says so once: from then on its files are what others compare with.
            let is_new = differ != said && !(leads && led);
            if is_new || leads && !led && !differ.is_empty() {
                tell(leads, older, &differ);
            }
            (said, led) = (differ, leads);
        }
    }

    /// Looks at our files.
    fn look(&self) -> MutexGuard<'_, State> {
        let files = own(self.store.files());
        let mut state = self.lock();
        state.look(&files);
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is a whole one, so a panic elsewhere leaves none half made.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Word for Files {
    fn say(&self) -> String {
        let zones = own(self.store.files());
        let mut state = self.lock();
        state.look(&zones);
        let said = Said {
            own: total(&zones),
            order: state.order.clone(),
            zones,
        };
        said.to_string()
    }

    fn hear(&self, word: &str, ours: bool) {
        if ours {
            return;
        }
        let files = own(self.store.files());
        let mut state = self.lock();
        state.theirs = Said::parse(word);
        state.look(&files);
    }

    fn stands_back(&self) -> bool {
        self.are_older()
    }
}

impl State {
    /// Compares ours with what is known.
    fn look(&mut self, files: &BTreeMap<String, u64>) {
        let own = total(files);
        if let Some(before) = self.own.replace(own).filter(|before| *before != own) {
            self.newest = Some(own);
            self.passed.retain(|sum| *sum != before);
            self.passed.push(before);
        }
        let theirs = self.theirs.as_ref();
        if theirs.is_some_and(|theirs| theirs.own == own) {
            self.newest = None;
        }
        let known = theirs.map(|theirs| &*theirs.order).unwrap_or_default();
        // What we had before, and nobody else knows of, is older than what is known.
        let mut order = self.passed.clone();
        order.retain(|sum| *sum != own && !known.contains(sum));
        order.extend(known);
        if !known.contains(&own) || self.newest == Some(own) {
            order.retain(|sum| *sum != own);
            order.push(own);
        }
        for sums in [&mut order, &mut self.passed] {
            let surplus = sums.len().saturating_sub(MOST_KNOWN);
            sums.drain(..surplus);
        }
        self.order = order;
        self.differ = match &self.theirs {
            Some(theirs) if theirs.own != own => theirs.differs(files),
            _ => Vec::new(),
        };
    }

    fn is_older(&self) -> bool {
        self.own.is_some() && self.order.last().copied() != self.own
    }
}

fn tell(leads: bool, older: bool, differ: &[String]) {
    let zones = differ.join(" ");
    match (leads, older) {
        _ if differ.is_empty() => {
            tracing::info!("the zone files of this copy are those of the leader again");
        }
        (true, true) => tracing::warn!(
            zones,
            "this copy leads with older zone files than the leader before it; what that one showed is served \
             until newer files come here"
        ),
        (true, false) => tracing::warn!(
            zones,
            "this copy leads with other zone files than the leader before it; its own are served from now on"
        ),
        (false, true) => tracing::warn!(
            zones,
            "the zone files of this copy are older than those of the leader, which are served; other copies \
             lead before this one until newer files come here"
        ),
        (false, false) => tracing::warn!(
            zones,
            "the zone files of this copy are not those of the leader, which are served"
        ),
    }
}

/// What a leader says of its files: `own order,order,… zone=sum …`, sums in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Said {
    own: u64,
    /// The newest last.
    order: Vec<u64>,
    /// The first ones.
    zones: BTreeMap<String, u64>,
}

impl Said {
    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| u64::from_str_radix(text, 16).ok();
        let mut words = text.split_whitespace();
        let own = number(words.next()?)?;
        let order = words.next()?.split(',').map(number);
        let zones = words.map(|word| {
            let (zone, sum) = word.rsplit_once('=')?;
            Some((zone.to_owned(), number(sum)?))
        });
        Some(Self {
            own,
            order: order.collect::<Option<_>>()?,
            zones: zones.collect::<Option<_>>()?,
        })
    }

    /// Zones of which ours are others; all that we have, where it is none of those that are named.
    fn differs(&self, ours: &BTreeMap<String, u64>) -> Vec<String> {
        let is_other = |zone: &&String| ours.get(*zone) != self.zones.get(*zone);
        let both = ours.keys().chain(self.zones.keys());
        let named =
            |zone: &&String| self.zones.len() < MOST_NAMED || self.zones.contains_key(*zone);
        let mut differ: Vec<String> = both.filter(named).filter(is_other).cloned().collect();
        differ.sort();
        differ.dedup();
        if differ.is_empty() {
            differ = ours.keys().skip(MOST_NAMED).cloned().collect();
        }
        differ
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order: Vec<String> = self.order.iter().map(|sum| format!("{sum:016x}")).collect();
        write!(f, "{:016x} {}", self.own, order.join(","))?;
        for (zone, sum) in self.zones.iter().take(MOST_NAMED) {
            write!(f, " {zone}={sum:016x}")?;
        }
        Ok(())
    }
}

fn own(files: BTreeMap<Name, Sum>) -> BTreeMap<String, u64> {
    let files = files.into_iter();
    files.map(|(zone, sum)| (zone.to_string(), sum.0)).collect()
}

/// One sum over those of all zones. It goes from one machine to another, so it must stay as it is (FNV-1a).
fn total(zones: &BTreeMap<String, u64>) -> u64 {
    let bytes = zones.iter().flat_map(|(zone, sum)| {
        let sum = sum.to_be_bytes();
        zone.bytes().chain([0]).chain(sum)
    });
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// How often it is looked whether files have changed.
const LOOK: Duration = Duration::from_secs(1);

/// Sums that are remembered; files of so many versions ago are nobody's.
const MOST_KNOWN: usize = 16;

/// Zones that are named in the Lease; of more only one sum over all is.
const MOST_NAMED: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    type Theirs = (u64, &'static [u64]);

    fn files(sum: u64) -> BTreeMap<String, u64> {
        BTreeMap::from([("a.".to_owned(), 7), ("b.".to_owned(), sum)])
    }

    fn said(own: u64, order: &[u64]) -> Said {
        Said {
            own: total(&files(own)),
            order: order.iter().map(|sum| total(&files(*sum))).collect(),
            zones: files(own),
        }
    }

    #[test]
    fn what_is_said_is_read() {
        let said = said(2, &[1, 2]);
        assert_eq!(Said::parse(&said.to_string()).as_ref(), Some(&said));
        for text in ["", "x", "1", "1 y", "1 2 a", "1 2 a=z"] {
            assert_eq!(Said::parse(text), None, "{text}");
        }
        assert_eq!(total(&files(1)), 13_389_650_495_390_645_762);
    }

    #[test]
    fn files_are_older_if_others_came_after_them() {
        // What the leader has said of its own and of those before, what ours are, one after the other;
        // whether they are older then, and whether they differ.
        let cases: &[(Option<Theirs>, &[u64], bool, bool)] = &[
            (None, &[1], false, false),
            (Some((1, &[1])), &[1], false, false),
            (Some((2, &[1, 2])), &[1], true, true),
            (Some((2, &[1, 2])), &[3], false, true),
            // Ours change: to what the leader has, to something newer, and back to what was there before.
            (Some((2, &[1, 2])), &[1, 2], false, false),
            (Some((2, &[1, 2])), &[2, 3], false, true),
            (Some((2, &[1, 2])), &[2, 1], false, true),
            // The leader has gone back to what was there before.
            (Some((1, &[2, 1])), &[2], true, true),
            // The leader has older ones itself.
            (Some((1, &[1, 2])), &[2], false, true),
        ];
        for (theirs, ours, older, differs) in cases {
            let mut state = State {
                theirs: theirs.map(|(own, order)| said(own, order)),
                ..State::default()
            };
            for sum in *ours {
                // Looked at again, nothing changes.
                for _ in 0..2 {
                    state.look(&files(*sum));
                }
            }
            let found = (state.is_older(), !state.differ.is_empty());
            assert_eq!(found, (*older, *differs), "{theirs:?} {ours:?}");
            if *differs {
                assert_eq!(state.differ, ["b."]);
            }
        }
    }
}
