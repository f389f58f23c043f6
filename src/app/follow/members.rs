//! Zones that catalogs list (RFC 9432): followed from the catalog's primaries, as they come and go.
//!
//! ```text
//! a version of a catalog ─read→ members ─plan→ ┬ new: its copy on disk, then a task ─→ store, hub
//!        └ broken: said, nothing changes       ├ gone: task ends ─→ out of store and hub, copy off the disk
//!                                              └ other label: both, one after the other
//! ```
//!
//! A zone that is served from elsewhere is left alone, and taken once it is free. A catalog that has
//! expired says what it said before: its members have times of their own.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use config::Primary;
use server::pipeline::Following;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use wire::{Name, Serial};
use zone::catalog::{self, Catalog, Followed, Held};
use zone::{Store, Withheld};

use super::attempt::Upstream;
use super::copy::Copies;
use super::hub::Hub;
use super::task::Follower;
use crate::app::zones::Statuses;

/// Where a catalog, and what it lists, comes from.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) primaries: Vec<Primary>,
    pub(super) upstreams: Vec<Upstream>,
}

/// All zones that catalogs list.
#[derive(Debug)]
pub(super) struct Members {
    feeds: BTreeMap<Name, Feed>,
    hub: Arc<Hub>,
    store: Arc<Store>,
    copies: Option<Copies>,
    /// Zones that are ours, though the store may not have them yet.
    ours: HashSet<Name>,
    /// Zones that have files, until these are read.
    files: HashSet<Name>,
    /// What each catalog said when it was whole last.
    good: BTreeMap<Name, Catalog>,
    /// The version of each that was read last.
    read: HashMap<Name, Serial>,
    running: BTreeMap<Name, Member>,
    /// What was said of zones that are listed and not followed.
    said: BTreeSet<String>,
    watched: Arc<Watched>,
}

/// A zone that is followed for a catalog.
#[derive(Debug)]
struct Member {
    held: Held,
    groups: Vec<Vec<u8>>,
    stop: CancellationToken,
    /// Not started yet.
    follower: Option<Follower>,
    /// Told when its task has ended.
    ended: Option<oneshot::Receiver<()>>,
}

/// Zones whose news matter: catalogs, and members that somebody else has.
#[derive(Debug, Default)]
struct Watched {
    zones: Mutex<HashSet<Name>>,
    wake: Notify,
}

impl Members {
    /// The members of these catalogs, none of them known yet; nothing if there is no catalog.
    pub(super) fn new(
        feeds: BTreeMap<Name, Feed>,
        hub: &Arc<Hub>,
        store: &Arc<Store>,
    ) -> Option<Self> {
        if feeds.is_empty() {
            return None;
        }
        let watched = Arc::new(Watched::default());
        let news = Arc::clone(&watched);
        store.tell(move |zone, _| {
            let zones = news.zones.lock().unwrap_or_else(PoisonError::into_inner);
            if zones.contains(zone) {
                news.wake.notify_one();
            }
        });
        Some(Self {
            feeds,
            hub: Arc::clone(hub),
            store: Arc::clone(store),
            copies: None,
            ours: HashSet::new(),
            files: HashSet::new(),
            good: BTreeMap::new(),
            read: HashMap::new(),
            running: BTreeMap::new(),
            said: BTreeSet::new(),
            watched,
        })
    }

    /// Serves the members that the copies of an earlier run know. To be called before zone files are
    /// read; `ours` are zones that we make ourselves, `files` those that have files now.
    pub(super) fn load(
        &mut self,
        ours: HashSet<Name>,
        files: HashSet<Name>,
        copies: Option<Copies>,
    ) {
        (self.ours, self.files, self.copies) = (ours, files, copies);
        let plan = self.plan();
        self.begin(&plan);
    }

    /// Follows all members until the stop.
    pub(super) async fn run(mut self, statuses: Statuses, stop: CancellationToken) {
        // From now on the store knows.
        self.files.clear();
        let mut tasks = JoinSet::new();
        loop {
            self.start(&mut tasks, &statuses, &stop);
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
                () = self.watched.wake.notified() => {}
            }
            let plan = self.plan();
            self.end(&plan, &statuses).await;
            self.begin(&plan);
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Reads catalogs that have changed, and says what should be followed now.
    fn plan(&mut self) -> BTreeMap<Name, Followed> {
        let snapshot = Arc::clone(&self.store.snapshot());
        for name in self.feeds.keys() {
            let Some(zone) = snapshot.zone(name.as_ref()) else {
                continue;
            };
            let absent = zone.withheld() == Some(Withheld::Absent);
            if absent || self.read.get(name) == Some(&zone.serial()) {
                continue;
            }
            self.read.insert(name.clone(), zone.serial());
            let serial = zone.serial().0;
            match catalog::read(zone) {
                Ok(catalog) => {
                    let zones = catalog.members.len();
                    tracing::info!(catalog = %name, serial, zones, "the catalog lists zones");
                    self.good.insert(name.clone(), catalog);
                }
                Err(error) => tracing::error!(
                    catalog = %name, serial, %error,
                    "the catalog breaks a rule, all stays as it was before"
                ),
            }
        }
        let held = self.running.iter();
        let held = held.map(|(zone, member)| (zone.clone(), member.held.clone()));
        catalog::plan(&held.collect(), &self.good)
    }

    /// Ends what should not be followed any more, or otherwise.
    async fn end(&mut self, plan: &BTreeMap<Name, Followed>, statuses: &Statuses) {
        let mut ending = Vec::new();
        let zones: Vec<Name> = self.running.keys().cloned().collect();
        for zone in zones {
            let Some(member) = self.running.get(&zone) else {
                continue;
            };
            let forget = match plan.get(&zone) {
                None => true,
                Some(now) if now.held == member.held && now.groups == member.groups => continue,
                Some(now) => now.anew,
            };
            if let Some(member) = self.running.remove(&zone) {
                member.stop.cancel();
                ending.push((zone, member, forget));
            }
        }
        for (zone, member, forget) in ending {
            if let Some(ended) = member.ended {
                // An error says that it has ended too.
                let _ended = ended.await;
            }
            self.hub.remove(&zone);
            if !forget {
                continue;
            }
            self.store.remove_copy(&zone);
            statuses.remove(&zone);
            let file = self.copies.as_ref().map(|copies| copies.file(&zone));
            if let Some(Err(error)) = file.map(|file| file.remove()) {
                tracing::warn!(%zone, %error, "the copy of a zone that is gone could not be removed");
            }
            let catalog = member.held.catalog;
            match plan.contains_key(&zone) {
                true => tracing::info!(%zone, %catalog, "zone begins anew: its catalog says so"),
                false => {
                    tracing::info!(%zone, %catalog, "zone is gone: its catalog lists it no more")
                }
            }
        }
    }

    /// Makes room for what should be followed and is not, and fills it from the disk.
    fn begin(&mut self, plan: &BTreeMap<Name, Followed>) {
        let mut said = BTreeSet::new();
        let mut watched: HashSet<Name> = self.feeds.keys().cloned().collect();
        // What becomes free from here on is seen.
        self.watch(
            plan.keys()
                .cloned()
                .chain(watched.iter().cloned())
                .collect(),
        );
        for (zone, followed) in plan {
            let catalog = &followed.held.catalog;
            for other in &followed.clashes {
                said.insert(format!(
                    "zone \"{zone}\" is listed by catalog \"{other}\" too; it is followed for \"{catalog}\""
                ));
            }
            if self.running.contains_key(zone) {
                continue;
            }
            let Some(member) = self.room(zone, followed) else {
                said.insert(format!(
                    "zone \"{zone}\" of catalog \"{catalog}\" is not followed: it is served from elsewhere"
                ));
                watched.insert(zone.clone());
                continue;
            };
            self.running.insert(zone.clone(), member);
        }
        self.watch(watched);
        for one in said.difference(&self.said) {
            tracing::warn!("{one}");
        }
        self.said = said;
    }

    /// Starts the tasks of those that have none.
    fn start(&mut self, tasks: &mut JoinSet<()>, statuses: &Statuses, stop: &CancellationToken) {
        for member in self.running.values_mut() {
            let Some(follower) = member.follower.take() else {
                continue;
            };
            let (sender, ended) = oneshot::channel();
            member.stop = stop.child_token();
            member.ended = Some(ended);
            let following = follower.run(statuses.clone(), member.stop.clone());
            tasks.spawn(async move {
                following.await;
                // Mostly nobody waits for that.
                let _unheard = sender.send(()).is_err();
            });
        }
    }

    fn watch(&self, zones: HashSet<Name>) {
        let watched = self.watched.zones.lock();
        *watched.unwrap_or_else(PoisonError::into_inner) = zones;
    }

    /// Makes room for a zone; none if somebody else has it.
    fn room(&self, zone: &Name, followed: &Followed) -> Option<Member> {
        let feed = self.feeds.get(&followed.held.catalog)?;
        let taken = self.ours.contains(zone) || self.files.contains(zone);
        if taken || self.hub.follows(zone) {
            return None;
        }
        self.store.expect_copy(zone).ok()?;
        // More than this says nothing that the first ones did not.
        let (sender, notices) = mpsc::channel(8);
        self.hub.add(zone, &feed.primaries, sender);
        let (upstreams, store) = (feed.upstreams.clone(), Arc::clone(&self.store));
        let follower = Follower::new(zone.clone(), upstreams, notices, store);
        let mut follower = follower.because(reason(followed));
        if let Some(copies) = &self.copies {
            follower.load(copies);
        }
        Some(Member {
            held: followed.held.clone(),
            groups: followed.groups.clone(),
            stop: CancellationToken::new(),
            follower: Some(follower),
            ended: None,
        })
    }
}

/// Why a zone is followed, for people.
fn reason(followed: &Followed) -> String {
    let catalog = &followed.held.catalog;
    let groups: Vec<String> = followed
        .groups
        .iter()
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect();
    match groups.is_empty() {
        true => format!("listed by {catalog}"),
        false => format!("listed by {catalog} in {}", groups.join(", ")),
    }
}
