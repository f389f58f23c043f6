//! What edits of RRsets make of keys.

use std::collections::{BTreeMap, BTreeSet};

use plan::ErrorKind;
use plan::filter::DomainFilter;
use wire::Ttl;

use super::api::Settings;
use super::known::{Held, Known, path, read};
use super::layout::rtype_of;
use super::{Layout, Part, Place, Service};
use crate::etcd::{Compare, Etcd, Op, Pair};
use crate::exec::Edit;
use crate::record::{Key, Rrset};

/// Keys as they are to be.
pub(super) struct Draft<'d, L> {
    pub(super) layout: &'d L,
    pub(super) settings: &'d Settings,
    pub(super) known: &'d Known,
    keys: BTreeMap<Box<str>, Drafted>,
    /// Paths below which nothing may be.
    empty: BTreeSet<String>,
}

/// A key that is changed.
struct Drafted {
    /// The revision that it is there in; none if it is not.
    revision: Option<i64>,
    /// The name that it is of.
    name: Box<str>,
    service: Service,
    /// Whether it has an ownership record.
    owns: bool,
}

/// A name, and what is said of it.
type Said = (Box<str>, Service);

/// Why an edit cannot be made.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) kind: ErrorKind,
    pub(super) why: String,
}

/// What is written at once.
#[derive(Debug, PartialEq)]
pub(super) struct Step {
    pub(super) guards: Vec<Compare>,
    pub(super) edits: Vec<Op>,
}

impl<'d, L: Layout> Draft<'d, L> {
    pub(super) fn new(layout: &'d L, settings: &'d Settings, known: &'d Known) -> Self {
        Self {
            layout,
            settings,
            known,
            keys: BTreeMap::new(),
            empty: BTreeSet::new(),
        }
    }

    /// Adds an edit.
    ///
    /// # Errors
    /// No keys can be so.
    pub(super) fn add(&mut self, edit: &Edit) -> Result<(), Refused> {
        let key = edit.key();
        check(key, &self.settings.domains)?;
        let part = Part::of(key.rtype);
        let quirks = self.layout.quirks();
        let values = edit.new.as_ref().map(|new| new.values.as_slice());
        let mut missing: Vec<&str> = values.unwrap_or_default().iter().map(|it| &**it).collect();
        for (place, revision, service) in self.at(&key.name) {
            let text = part.get(&service);
            let is_of = part == Part::Text || rtype_of(&key.name, text) == key.rtype;
            if text.is_empty() || !is_of || !self.is_ours(&service) {
                continue;
            }
            let value = quirks.value(key.rtype, text);
            let mut after = service.clone();
            match (
                missing.iter().position(|wanted| **wanted == *value),
                &edit.new,
            ) {
                (Some(at), Some(new)) => {
                    missing.remove(at);
                    self.settle(&mut after, part, new);
                }
                _ => part.set(&mut after, String::new()),
            }
            if after != service {
                self.put(place, revision, (&key.name, edit.owns), after);
            }
        }
        let Some(new) = &edit.new else {
            return Ok(());
        };
        for value in missing {
            self.create(new, part, (value, edit.owns))?;
        }
        Ok(())
    }

    /// Puts a value where nothing is.
    fn create(
        &mut self,
        new: &Rrset,
        part: Part,
        (value, owns): (&str, bool),
    ) -> Result<(), Refused> {
        let key = &new.key;
        let data = self.layout.quirks().data(key.rtype, value);
        let text = data.unwrap_or_else(|| value.to_owned());
        let base = path(&self.settings.prefix, &key.name);
        for attempt in 0.. {
            let (place, strip) = match self.layout.place(&key.name, part, (&text, owns), attempt) {
                Place::Child(label, strip) => (format!("{base}/{label}"), strip),
                Place::Here => (base.clone(), 0),
                Place::Nowhere(why) => return Err(rejected(format!("{key}: {why}"))),
            };
            let (revision, mut service) = match self.get(&place) {
                None => (None, Service::default()),
                // A host may have a text beside it, if it must be there.
                Some((revision, Some((name, service))))
                    if name == key.name
                        && part.get(&service).is_empty()
                        && !service.mail
                        && self.is_ours(&service) =>
                {
                    (revision, service)
                }
                Some(_) => continue,
            };
            if revision.is_none() && self.known.below(&format!("{base}/")).next().is_none() {
                self.empty.insert(format!("{base}/"));
            }
            part.set(&mut service, text);
            service.targetstrip = strip;
            self.settle(&mut service, part, new);
            self.put(place.into(), revision, (&key.name, owns), service);
            return Ok(());
        }
        Ok(())
    }

    /// What goes with a value.
    fn settle(&self, service: &mut Service, part: Part, new: &Rrset) {
        if part == Part::Host || service.host.is_empty() {
            service.ttl = new.ttl.map_or(0, Ttl::as_secs);
            if !L::GROUP.is_empty() {
                let group = new.properties.value(L::GROUP);
                group.unwrap_or_default().clone_into(&mut service.group);
            }
        }
        if let Some(owner) = &self.settings.owner {
            service.owner.clone_from(owner);
        }
    }

    fn is_ours(&self, service: &Service) -> bool {
        let mut owner = self.settings.owner.iter();
        !service.mail && owner.all(|owner| *owner == service.owner)
    }

    fn put(
        &mut self,
        place: Box<str>,
        revision: Option<i64>,
        (name, owns): (&str, bool),
        service: Service,
    ) {
        let before = self.keys.get(&place).is_some_and(|drafted| drafted.owns);
        let drafted = Drafted {
            revision,
            name: name.into(),
            service,
            owns: owns || before,
        };
        self.keys.insert(place, drafted);
    }

    /// What is, or is to be, at a name.
    fn at(&self, name: &str) -> Vec<(Box<str>, Option<i64>, Service)> {
        let base = path(&self.settings.prefix, name);
        let folder = format!("{base}/");
        let here = self.known.keys.get_key_value(&*base);
        let here = here.map(|(key, held)| (&**key, held));
        let known = here.into_iter().chain(self.known.below(&folder));
        let known = known.filter(|(key, _)| !self.keys.contains_key(*key));
        let known = known.filter_map(|(key, held)| {
            let read = read(self.layout, &self.settings.prefix, key, &held.value);
            let (of, service) = read.ok()?;
            (*of == *name).then(|| (key.into(), Some(held.revision), service))
        });
        let drafted = self.keys.iter().filter(|(_, it)| *it.name == *name);
        let drafted = drafted.map(|(key, it)| (key.clone(), it.revision, it.service.clone()));
        known.chain(drafted).collect()
    }

    /// What is, or is to be, at a key; without what it says if that makes no sense.
    fn get(&self, place: &str) -> Option<(Option<i64>, Option<Said>)> {
        if let Some(drafted) = self.keys.get(place) {
            let said = (drafted.name.clone(), drafted.service.clone());
            return Some((drafted.revision, Some(said)));
        }
        let held = self.known.keys.get(place)?;
        let said = read(self.layout, &self.settings.prefix, place, &held.value);
        Some((Some(held.revision), said.ok()))
    }

    /// The transactions that make all of this, one unless it is more than a transaction may hold.
    pub(super) fn steps(self) -> Vec<Step> {
        let empty = self.empty.into_iter();
        let mut guards: Vec<Compare> = empty
            .map(|path| Compare::AbsentPrefix(path.into_bytes()))
            .collect();
        let mut edits: Vec<(bool, Compare, Op)> = Vec::new();
        for (key, drafted) in self.keys {
            let key = String::from(key).into_bytes();
            let guard = match drafted.revision {
                Some(revision) => Compare::Unchanged {
                    key: key.clone(),
                    revision,
                },
                None => Compare::Absent(key.clone()),
            };
            let edit = match drafted.service.is_empty() {
                true if drafted.revision.is_none() => continue,
                true => Op::Delete(key),
                // What was read from JSON, and texts, have a JSON form.
                false => Op::Put(Pair {
                    key,
                    value: serde_json::to_vec(&drafted.service).unwrap_or_default(),
                }),
            };
            edits.push((drafted.owns, guard, edit));
        }
        // What comes is there before anything goes, and nothing is without its ownership record.
        edits.sort_by_key(|(owns, _, edit)| {
            let goes = matches!(edit, Op::Delete(_));
            (goes, goes == *owns)
        });
        let mut steps = Vec::new();
        let edits = edits.into_iter().map(|(_, guard, edit)| (guard, edit));
        let mut edits = edits.peekable();
        while edits.peek().is_some() {
            // Guards on nothing hold before the first step only; they come one at most for each edit.
            let room = Etcd::MOST_OPS.saturating_sub(guards.len()).max(1);
            let (more, edits): (Vec<Compare>, Vec<Op>) = edits.by_ref().take(room).unzip();
            let guards = std::mem::take(&mut guards).into_iter().chain(more);
            steps.push(Step {
                guards: guards.collect(),
                edits,
            });
        }
        steps
    }
}

impl Known {
    /// Takes over what a step has made.
    pub(super) fn apply(&mut self, step: Step, revision: i64) {
        for edit in step.edits {
            let (key, held) = match edit {
                Op::Put(Pair { key, value }) => {
                    let value = value.into();
                    (key, Some(Held { value, revision }))
                }
                Op::Delete(key) | Op::DeletePrefix(key) => (key, None),
            };
            // Keys were made of names.
            let Ok(key) = String::from_utf8(key) else {
                continue;
            };
            match held {
                Some(held) => drop(self.keys.insert(key.into(), held)),
                None => drop(self.keys.remove(&*key)),
            }
        }
    }
}

fn check(key: &Key, domains: &DomainFilter) -> Result<(), Refused> {
    if key.name.contains('/') {
        let why = format!("{key}: a name with a slash cannot be a path of keys");
        return Err(rejected(why));
    }
    if !domains.matches(&key.name) {
        return Err(rejected(format!(
            "{key} is in none of the domains of --domain-filter, so it would not be found again; if it is \
             the ownership record of a domain's own name, a prefix such as \
             --txt-prefix=%{{record_type}}-owner. keeps it within"
        )));
    }
    Ok(())
}

fn rejected(why: String) -> Refused {
    let kind = ErrorKind::Rejected;
    Refused { kind, why }
}
