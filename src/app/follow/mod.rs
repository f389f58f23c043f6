//! Zones of other servers that we follow: a secondary's part.
//!
//! ```text
//! NOTIFY ─→ hub ─notice→ task of the zone ─┬ SOA, then IXFR, else AXFR ─→ intake ─→ store
//! SOA timers ─→ course ─what is due→       ┴ a file of the copy: read at start, written after changes
//! UPDATE ─→ hub ─ unchanged, over TCP ─→ primary
//! a version of a catalog ─→ members ─→ tasks of the zones it lists
//! ```
//!
//! Invariants: what a primary gave is served to the bit, its serial included. Nothing that somebody
//! says changes a zone, only what a primary answers. A zone that nobody has confirmed for as long as
//! its SOA allows is not answered from, and stays known. One task a zone; each attempt has deadlines.

mod attempt;
mod copy;
mod course;
mod forward;
mod hub;
mod intake;
mod members;
mod task;
mod trust;
mod turns;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use config::{Config, Peers};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tsig::Keys;
use wire::Name;
use zone::Store;

pub(super) use self::attempt::Upstream;
pub(super) use self::attempt::{Came as Version, Trouble};
pub(super) use self::copy::{Copies, CopyFile};
pub(super) use self::course::Timers;
pub(super) use self::forward::{Forwards, failure, server as forward_server};
pub(super) use self::hub::Hub;
use self::members::{Feed, Members};
use self::task::Follower;
use self::trust::Trust;
use super::zones::{self, Statuses};

/// Zones that are to be followed.
#[derive(Debug)]
pub(super) struct Follow {
    followers: Vec<Follower>,
    members: Option<Members>,
}

/// The followers of all zones, and the hub that requests about these zones go to; nothing if none is
/// followed.
///
/// # Errors
/// A key is not in a file of keys.
pub(super) fn prepare(
    peers: &Peers,
    keys: &Keys,
    store: &Arc<Store>,
) -> anyhow::Result<Option<(Arc<Hub>, Follow)>> {
    if peers.followed.is_empty() {
        return Ok(None);
    }
    let trust = Trust::new(peers)?;
    let hub = Arc::new(Hub::new(peers.forward_updates, trust.clone()));
    let (mut followers, mut feeds) = (Vec::new(), BTreeMap::new());
    for followed in &peers.followed {
        let mut upstreams = Vec::new();
        for primary in &followed.primaries {
            let key = match &primary.key {
                None => None,
                Some(name) => match keys.get(name) {
                    Some(key) => Some(Arc::clone(key)),
                    None => bail!(
                        "--secondary {}: key \"{name}\" is in no --key-file\n  hint: it must be the \
                         primary's own; copy its clause into a file and name that with --key-file PATH",
                        followed.zone
                    ),
                },
            };
            upstreams.push(Upstream::new(primary.address, key, trust.of(&primary.tls)));
        }
        // More than this says nothing that the first ones did not.
        let (sender, notices) = mpsc::channel(8);
        hub.add(&followed.zone, &followed.primaries, sender);
        let zone = followed.zone.clone();
        if followed.is_catalog {
            let feed = Feed {
                primaries: followed.primaries.clone(),
                upstreams: upstreams.clone(),
            };
            feeds.insert(zone.clone(), feed);
        }
        followers.push(Follower::new(zone, upstreams, notices, Arc::clone(store)));
    }
    let members = Members::new(feeds, &hub, store);
    Ok(Some((hub, Follow { followers, members })))
}

impl Follow {
    /// Makes room for all zones, and fills it with the copies of an earlier run. To be called before
    /// zone files are read.
    ///
    /// A folder that cannot be used is said; zones are kept in memory then.
    ///
    /// # Errors
    /// A zone has a file too.
    pub(super) fn load(
        &mut self,
        config: &Config,
        data_dir: Option<&Path>,
        store: &Store,
    ) -> anyhow::Result<()> {
        let files = zones::scan(&config.zones).zones;
        for follower in &mut self.followers {
            let zone = &follower.zone;
            if let Some(found) = files.get(zone) {
                bail!(
                    "zone \"{zone}\" is followed, and it has a file too: {}\n  hint: a zone has one \
                     origin: leave out one of the two",
                    found.path.display()
                );
            }
            store.expect_copy(zone).context("make room for a copy")?;
        }
        let copies = data_dir.map(Copies::new);
        match &copies {
            Some(copies) => copies.prepare(),
            None => tracing::warn!(
                "zones of other servers are unknown after a restart: no --data-dir is set"
            ),
        }
        for follower in &mut self.followers {
            if let Some(copies) = &copies {
                follower.load(copies);
            }
        }
        if let Some(members) = &mut self.members {
            let made = zones::Made::all(config).into_iter().map(|made| made.apex);
            let catalog = config.peers.catalog.iter().map(|one| one.zone.clone());
            let files = files.into_keys().collect();
            members.load(made.chain(catalog).collect(), files, copies);
        }
        Ok(())
    }

    /// Follows all zones until the stop. What comes back tells when each zone without a copy has been
    /// asked for once.
    pub(super) fn start(
        self,
        statuses: &Statuses,
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) -> Vec<(Vec<Name>, oneshot::Receiver<()>)> {
        let mut waits = Vec::new();
        for mut follower in self.followers {
            if let Some(wait) = follower.first_attempt() {
                waits.push((Vec::new(), wait));
            }
            follower.show(statuses);
            tasks.spawn(follower.run(statuses.clone(), stop.clone()));
        }
        if let Some(members) = self.members {
            tasks.spawn(members.run(statuses.clone(), stop.clone()));
        }
        waits
    }
}
