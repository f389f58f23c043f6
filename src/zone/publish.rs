//! The last step of a commit: one pointer swap, and what it leaves behind is freed elsewhere.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};

use wire::Name;

use crate::news::News;
use crate::snapshot::{Apexes, Snapshot, Zone};
use crate::store::{Store, Writers};

/// Frees old versions by a thread of its own.
#[derive(Debug)]
pub(crate) struct Reaper(SyncSender<Garbage>);

/// What a swap leaves behind; dropping it may free many pages.
type Garbage = (Arc<Snapshot>, Option<Zone>);

impl Reaper {
    /// Begins with its thread.
    pub(crate) fn start() -> Self {
        // The bound only keeps a burst of commits from holding many old versions: past it, the
        // writer frees by itself.
        let (reaper, garbage) = sync_channel::<Garbage>(64);
        let named = std::thread::Builder::new().name("zone-reaper".to_owned());
        // Without the thread the channel is closed, and old versions are freed in place.
        let thread = named.spawn(move || garbage.into_iter().for_each(drop));
        drop(thread);
        Self(reaper)
    }
}

impl Store {
    /// Publishes the next version of the zone at a place.
    pub(crate) fn publish(&self, place: usize, zone: Zone, old: Zone) {
        let apex = zone.apex.clone();
        self.publish_quietly(place, zone, old);
        self.listeners.say(&apex, News::Changed);
    }

    /// Publishes the next version of a zone of ours, unless another replica writes it.
    pub(crate) fn show(&self, writers: &Writers, place: usize, zone: Zone, old: Zone) {
        if !writers.masks.contains_key(&zone.apex) {
            self.publish(place, zone, old);
        }
    }

    /// As [`Self::publish`], and tells nobody.
    pub(crate) fn publish_quietly(&self, place: usize, zone: Zone, old: Zone) {
        let mut next = Snapshot::clone(&self.current.load());
        put(&mut next, place, Some(zone));
        self.swap(next, Some(old));
    }

    /// As [`Self::publish`], when a zone has come or gone.
    pub(crate) fn publish_apexes(
        &self,
        place: usize,
        apex: &Name,
        zone: Option<Zone>,
        writers: &Writers,
        news: News,
    ) {
        let mut next = Snapshot::clone(&self.current.load());
        let of = |zone: &Zone, place| (zone.apex_hash, zone.apex_labels, place);
        let apexes = match &zone {
            // With a thousand zones to load, the table is not made anew for each of them.
            Some(zone) => next.apexes.with(of(zone, place), writers.zones.len()),
            None => {
                let left = writers.zones.values();
                let left = left.map(|(place, writer)| of(&writer.zone, *place));
                Apexes::new(&left.collect::<Vec<_>>())
            }
        };
        next.apexes = Arc::new(apexes);
        put(&mut next, place, zone);
        self.swap(next, None);
        self.listeners.say(apex, news);
    }

    fn swap(&self, next: Snapshot, old: Option<Zone>) {
        let garbage = (self.current.swap(Arc::new(next)), old);
        match self.reaper.0.try_send(garbage) {
            Ok(()) => {}
            Err(TrySendError::Full(garbage) | TrySendError::Disconnected(garbage)) => drop(garbage),
        }
    }
}

fn put(snapshot: &mut Snapshot, place: usize, zone: Option<Zone>) {
    while snapshot.zones.len() <= place {
        snapshot.zones.push(None);
    }
    if let Some(slot) = snapshot.zones.get_mut(place) {
        *slot = zone.map(Arc::new);
    }
}
