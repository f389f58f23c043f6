//! The keys as an API of batches.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use plan::filter::DomainFilter;
use plan::name::is_at_or_below;
use plan::{ErrorKind, ProviderError};
use wire::{Rtype, Ttl};

use super::draft::{Draft, Refused};
use super::known::{Held, Known, read};
use super::layout::rtype_of;
use super::{Layout, Part, Service};
use crate::etcd::{Entry, Etcd};
use crate::exec::{Answer, Api, BatchApi, Cost, Done, Edit};
use crate::record::quirks::Quirks;
use crate::record::{Found, Key, Rrset};
use crate::zones::Zone;

/// What is set for all keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// What they begin with, with a slash at its end.
    pub(crate) prefix: String,
    /// The names that are looked at.
    pub(crate) domains: DomainFilter,
    /// Whose keys are looked at; anybody's without.
    pub(crate) owner: Option<String>,
}

/// Records at keys.
#[derive(Debug)]
pub(crate) struct Keyed<L> {
    etcd: Etcd,
    layout: L,
    settings: Settings,
    known: Mutex<Known>,
    /// The keys that make no sense: how many, and the first of them.
    odd: Mutex<(usize, String)>,
}

impl<L: Layout> Keyed<L> {
    pub(crate) fn new(etcd: Etcd, layout: L, settings: Settings) -> Self {
        Self {
            etcd,
            layout,
            settings,
            known: Mutex::default(),
            odd: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What all keys of the domains that are looked at begin with.
    fn reach(&self) -> String {
        let domains = &self.settings.domains;
        let zone = Some(self.layout.zone()).filter(|zone| !zone.is_empty());
        let mut names: Vec<&str> = domains.include();
        if let Some(zone) = zone
            && (names.is_empty() || !names.iter().all(|name| is_at_or_below(name, zone)))
        {
            names = vec![zone];
        }
        let mut labels: Option<Vec<String>> = None;
        for name in names {
            let name = plan::name::normalize(name.trim_start_matches('.')).into_owned();
            let own: Vec<String> = name.rsplit('.').map(str::to_owned).collect();
            labels = Some(match labels {
                None => own,
                Some(before) => {
                    let pairs = before.into_iter().zip(own);
                    let same = pairs.take_while(|(one, other)| one == other);
                    same.map(|(one, _)| one).collect()
                }
            });
        }
        let prefix = &self.settings.prefix;
        format!("{prefix}{}", labels.unwrap_or_default().join("/"))
    }

    /// The RRsets of keys, each key noted as it is.
    fn take(&self, entries: Vec<Entry>) -> Vec<Found> {
        let mut sets: BTreeMap<Key, Rrset> = BTreeMap::new();
        let mut known = Known::default();
        let mut odd: (usize, String) = (0, String::new());
        for entry in entries {
            let Ok(key) = String::from_utf8(entry.key) else {
                continue;
            };
            let value: Box<[u8]> = entry.value.into();
            match read(&self.layout, &self.settings.prefix, &key, &value) {
                Ok((name, service)) if self.is_told(&name, &service) => {
                    self.gather(&name, &service, &mut sets);
                }
                Ok(_) => {}
                Err(why) => {
                    if odd.0 == 0 {
                        odd.1 = format!("\"{key}\": {why}");
                    }
                    odd.0 += 1;
                }
            }
            let revision = entry.revision;
            known.keys.insert(key.into(), Held { value, revision });
        }
        *self.known() = known;
        self.warn(odd);
        let sets = sets.into_values().map(|mut rrset| {
            rrset.values.sort_unstable();
            rrset.values.dedup();
            Found::whole(rrset, "", serde_json::Value::Null)
        });
        sets.collect()
    }

    /// Whether a key is about records that are ours to look at.
    fn is_told(&self, name: &str, service: &Service) -> bool {
        let mut owner = self.settings.owner.iter();
        let is_ours = owner.all(|owner| *owner == service.owner);
        is_ours && !service.mail && self.settings.domains.matches(name)
    }

    /// Adds what a key says to the RRsets of its name; the first key says what goes with all of them.
    fn gather(&self, name: &str, service: &Service, sets: &mut BTreeMap<Key, Rrset>) {
        for rtype in [rtype_of(name, &service.host), Rtype::TXT] {
            let text = Part::of(rtype).get(service);
            if text.is_empty() {
                continue;
            }
            let key = Key::new(name, rtype);
            let set = sets.entry(key.clone()).or_insert_with(|| {
                let ttl = Some(service.ttl).filter(|ttl| *ttl > 0);
                let mut set = Rrset::new(key, ttl.map(Ttl::from_secs), [""; 0]);
                if !service.group.is_empty() && !L::GROUP.is_empty() {
                    set.properties.set(L::GROUP, &service.group);
                }
                set
            });
            set.values.push(self.layout.quirks().value(rtype, text));
        }
    }

    /// Tells of keys that make no sense, once.
    fn warn(&self, odd: (usize, String)) {
        let mut before = self.odd.lock().unwrap_or_else(PoisonError::into_inner);
        if odd.0 > 0 && *before != odd {
            let (keys, first) = &odd;
            let provider = L::NAME;
            tracing::warn!(
                provider,
                keys,
                first,
                "keys make no sense, and are left alone"
            );
        }
        *before = odd;
    }
}

impl<L: Layout> Api for Keyed<L> {
    const NAME: &'static str = L::NAME;

    fn quirks(&self) -> &Quirks {
        self.layout.quirks()
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        let zone = self.layout.zone();
        Ok(vec![Zone::new(zone, zone)])
    }
}

impl<L: Layout> BatchApi for Keyed<L> {
    async fn list(&self, _zone: &Zone) -> Answer<Vec<Found>> {
        let entries = self.etcd.entries(self.reach().as_bytes()).await?;
        Ok(self.take(entries))
    }

    fn limits(&self) -> (Cost, Duration) {
        let most = Cost {
            values: Etcd::MOST_OPS,
            ..Cost::changes(Etcd::MOST_OPS)
        };
        (most, Duration::ZERO)
    }

    fn cost(&self, edit: &Edit) -> Cost {
        let old = edit.old.as_ref().map_or(0, |old| old.rrset.values.len());
        let new = edit.new.as_ref().map_or(0, |new| new.values.len());
        Cost {
            // A key for each, and a guard for the name.
            values: old + new + 1,
            ..Cost::changes(1)
        }
    }

    async fn submit(&self, _zone: &Zone, edits: &[Edit]) -> Answer<Done> {
        let steps = {
            let known = self.known();
            let mut draft = Draft::new(&self.layout, &self.settings, &known);
            for edit in edits {
                let refused = |refused: Refused| error::<L>(refused.kind, refused.why);
                draft.add(edit).map_err(refused)?;
            }
            draft.steps()
        };
        for step in steps {
            let made = self.etcd.txn(&step.guards, &step.edits).await?;
            let Some(revision) = made else {
                let why = "a key was changed by somebody else meanwhile";
                return Err(error::<L>(ErrorKind::Conflict, why.to_owned()));
            };
            self.known().apply(step, revision);
        }
        Ok(Done::Now)
    }
}

fn error<L: Layout>(kind: ErrorKind, message: String) -> ProviderError {
    ProviderError {
        kind,
        provider: L::NAME,
        operation: "apply changes",
        message,
        source: None,
    }
}
