//! Labels that are kept outside the zones, put on what a listing has.
//!
//! A record is ours if labels of ours are kept for it. Those of a record that was only claimed count
//! if it holds what it was to hold. Ownership TXT are still read, for who comes from them: the records
//! of ours that they tell of are adopted by an update, and TXT of ours that are no longer needed are
//! shown as records of ours, so that they go where TXT are managed.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use wire::Rtype;

use super::TxtRegistry;
use crate::diff::{differs, same_targets};
use crate::label_store::{KeptChange, KeptRecord, Settled};
use crate::name::normalize;
use crate::{ChangeSet, Endpoint, Labels};

/// What is known of labels that are kept outside the zones of one destination.
#[derive(Debug)]
pub struct KeptLabels {
    owner: Box<str>,
    /// The property that asks for an update of what is adopted.
    adopt: &'static str,
    texts: Option<TxtRegistry>,
    known: HashMap<Key, KeptRecord>,
    /// Since when labels have no record.
    missing: HashMap<Key, Duration>,
    /// Those of them that have had none for long.
    orphans: HashSet<Key>,
}

/// What tells a record from others: its name in the form of comparisons, type and set identifier.
type Key = (Box<str>, Rtype, Box<str>);

impl KeptLabels {
    /// Nothing is known yet. `texts` reads ownership TXT of before; `adopt` is the property that has
    /// records updated whose labels come from these.
    #[must_use]
    pub fn new(owner: &str, adopt: &'static str, texts: Option<TxtRegistry>) -> Self {
        Self {
            owner: owner.into(),
            adopt,
            texts,
            known: HashMap::new(),
            missing: HashMap::new(),
            orphans: HashSet::new(),
        }
    }

    /// Takes all that is kept in place of what was known.
    pub fn load(&mut self, kept: Vec<KeptRecord>) {
        let keyed = kept.into_iter();
        self.known = keyed.map(|kept| (key_of_kept(&kept), kept)).collect();
    }

    /// Takes a whole listing, made at `now` by any clock. Records come back with their labels.
    pub fn read(&mut self, records: Vec<Endpoint>, now: Duration) -> Vec<Endpoint> {
        let (texts, mut out) = self.split(records);
        let mut found: HashMap<(String, Option<Rtype>, Box<str>), usize> = HashMap::new();
        for (at, text) in texts.iter().enumerate() {
            let key = (
                text.name.clone(),
                text.rtype,
                text.record.set_identifier.clone(),
            );
            found.insert(key, at);
        }
        let mut adopted = vec![false; texts.len()];
        let mut seen: HashSet<Key> = HashSet::new();
        for record in &mut out {
            let key = key_of(record);
            if let Some(kept) = self.known.get(&key).filter(|kept| holds(record, kept)) {
                record.labels = kept.labels.clone();
                record.labels.set(Labels::OWNER, &self.owner);
                seen.insert(key);
                continue;
            }
            record.labels = Labels::default();
            let at = self.find(record, &found);
            let Some(text) = at.and_then(|at| texts.get(at)) else {
                continue;
            };
            record.labels = text.labels.clone();
            if text.labels.value(Labels::OWNER) == Some(&*self.owner) {
                record.properties.set(self.adopt, "true");
                if let Some(adopted) = at.and_then(|at| adopted.get_mut(at)) {
                    *adopted = true;
                }
            }
        }
        for (text, adopted) in texts.into_iter().zip(adopted) {
            // What still has to be adopted is found by its TXT once more if this goes wrong.
            if adopted {
                continue;
            }
            let mut record = text.record;
            record.labels = Labels::default();
            if text.labels.value(Labels::OWNER) == Some(&*self.owner) {
                record.labels.set(Labels::OWNER, &self.owner);
            }
            out.push(record);
        }
        self.note_missing(&seen, now);
        out
    }

    /// Changes that are to be claimed before they are made: what is created, and what is adopted.
    #[must_use]
    pub fn claims(&self, changes: &ChangeSet) -> Vec<KeptChange> {
        let created = changes.create.iter().map(|made| self.change(made));
        let adopted = changes.update.iter().map(|update| self.change(&update.new));
        let adopted = adopted.filter(|change| change.kept.is_none());
        created.chain(adopted).collect()
    }

    /// Records that go, as they are to be claimed before: until their labels are gone too, somebody
    /// else may have made others of their names.
    #[must_use]
    pub fn releases(&self, changes: &ChangeSet) -> Vec<KeptChange> {
        let gone = changes.delete.iter().map(|gone| self.change(gone));
        gone.filter(|change| change.kept.is_some()).collect()
    }

    /// Remembers that these are claimed no more.
    pub fn refused(&mut self, claims: &[KeptChange]) {
        for KeptChange { endpoint, .. } in claims {
            self.forget(&key_of(endpoint));
        }
    }

    /// Remembers that these are claimed.
    pub fn claimed(&mut self, claims: &[KeptChange]) {
        for KeptChange { endpoint, .. } in claims {
            // Also what was there once: somebody else may be faster this time.
            self.know(endpoint, Some(endpoint.targets.clone()));
        }
    }

    /// The changes as the destination itself is to make them: what is only adopted is there already.
    #[must_use]
    pub fn without_adoptions(&self, mut changes: ChangeSet) -> ChangeSet {
        changes.update.retain_mut(|update| {
            if update.old.properties.value(self.adopt).is_none() {
                return true;
            }
            update.old.properties.remove(self.adopt);
            differs(&update.new, &update.old)
        });
        changes
    }

    /// What there is to keep once changes were made.
    #[must_use]
    pub fn settled(&self, made: &ChangeSet) -> Settled {
        let created: HashSet<Key> = made.create.iter().map(key_of).collect();
        let orphans = self.orphans.iter().filter(|key| !created.contains(*key));
        let mut orphans: Vec<KeptRecord> = orphans
            .filter_map(|key| self.known.get(key).cloned())
            .collect();
        orphans.sort_by(|a, b| (&a.name, a.rtype).cmp(&(&b.name, b.rtype)));
        Settled {
            created: made.create.iter().map(|made| self.change(made)).collect(),
            updated: made
                .update
                .iter()
                .map(|update| self.change(&update.new))
                .collect(),
            deleted: made.delete.iter().map(|gone| self.change(gone)).collect(),
            orphans,
        }
    }

    /// Remembers what was kept.
    pub fn keep(&mut self, settled: &Settled) {
        for made in settled.created.iter().chain(&settled.updated) {
            self.know(&made.endpoint, None);
        }
        for gone in &settled.deleted {
            self.forget(&key_of(&gone.endpoint));
        }
        for orphan in &settled.orphans {
            self.forget(&key_of_kept(orphan));
        }
    }

    fn know(&mut self, endpoint: &Endpoint, claimed: Option<Vec<Box<str>>>) {
        let key = key_of(endpoint);
        self.missing.remove(&key);
        self.orphans.remove(&key);
        let kept = KeptRecord {
            name: endpoint.name.clone(),
            rtype: endpoint.rtype,
            set_identifier: endpoint.set_identifier.clone(),
            labels: endpoint.labels.clone(),
            claimed,
        };
        self.known.insert(key, kept);
    }

    fn forget(&mut self, key: &Key) {
        self.known.remove(key);
        self.missing.remove(key);
        self.orphans.remove(key);
    }

    fn change(&self, endpoint: &Endpoint) -> KeptChange {
        KeptChange {
            endpoint: endpoint.clone(),
            kept: self.known.get(&key_of(endpoint)).cloned(),
        }
    }

    /// A listing that is a moment old may not show what was just made, so labels without a record are
    /// only dropped when there was none for long.
    fn note_missing(&mut self, seen: &HashSet<Key>, now: Duration) {
        let before = std::mem::take(&mut self.missing);
        self.orphans.clear();
        for key in self.known.keys().filter(|key| !seen.contains(*key)) {
            let since = before.get(key).copied().unwrap_or(now);
            if now.saturating_sub(since) >= LONG {
                self.orphans.insert(key.clone());
            }
            self.missing.insert(key.clone(), since);
        }
    }

    /// Ownership TXT, and all other records.
    fn split(&self, records: Vec<Endpoint>) -> (Vec<Text>, Vec<Endpoint>) {
        let Some(registry) = &self.texts else {
            return (Vec::new(), records);
        };
        let (mut texts, mut others) = (Vec::new(), Vec::new());
        for record in records {
            let text = match (record.rtype, record.targets.as_slice()) {
                // A TXT whose own labels are kept is one that somebody wants.
                (Rtype::TXT, [text]) if !self.known.contains_key(&key_of(&record)) => text,
                _ => {
                    others.push(record);
                    continue;
                }
            };
            let owned = registry.mapper().owned(&record.name);
            match (registry.labels(text), owned) {
                (Some(labels), Some(owned)) => texts.push(Text {
                    name: owned.name,
                    rtype: owned.rtype,
                    labels,
                    record,
                }),
                _ => others.push(record),
            }
        }
        (texts, others)
    }

    fn find(
        &self,
        record: &Endpoint,
        found: &HashMap<(String, Option<Rtype>, Box<str>), usize>,
    ) -> Option<usize> {
        let name = self.texts.as_ref()?.mapper().lookup_name(&record.name);
        let mut key = (name, Some(record.rtype), record.set_identifier.clone());
        if let Some(at) = found.get(&key) {
            return Some(*at);
        }
        // The old form was never for AAAA.
        if record.rtype == Rtype::AAAA {
            return None;
        }
        key.1 = None;
        found.get(&key).copied()
    }
}

/// An ownership TXT of before.
struct Text {
    /// What it is of: the name in lower case, and the type, none in the old form.
    name: String,
    rtype: Option<Rtype>,
    labels: Labels,
    record: Endpoint,
}

/// Whether a record is the one that labels are kept for.
fn holds(record: &Endpoint, kept: &KeptRecord) -> bool {
    let Some(claimed) = &kept.claimed else {
        return true;
    };
    // Letters of a text are data, and what is around it is the destination's matter.
    let bare = |targets: &[Box<str>]| -> Vec<String> {
        let bare = targets.iter().map(|text| text.trim_matches('"').to_owned());
        let mut bare: Vec<String> = bare.collect();
        bare.sort_unstable();
        bare
    };
    match record.rtype {
        Rtype::TXT => bare(claimed) == bare(&record.targets),
        _ => same_targets(claimed, &record.targets),
    }
}

fn key_of(endpoint: &Endpoint) -> Key {
    let name = normalize(&endpoint.name);
    (
        (&*name).into(),
        endpoint.rtype,
        endpoint.set_identifier.clone(),
    )
}

fn key_of_kept(kept: &KeptRecord) -> Key {
    let name = normalize(&kept.name);
    ((&*name).into(), kept.rtype, kept.set_identifier.clone())
}

/// How long labels wait for their record before they are dropped.
const LONG: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests;
