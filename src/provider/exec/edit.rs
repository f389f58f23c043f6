//! What a group of changes does to the RRsets of one zone.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use plan::{ChangeSet, Endpoint, ErrorKind, Labels, data};
use wire::Rtype;

use super::contents::Contents;
use crate::record::quirks::Quirks;
use crate::record::{Found, Key, Rrset};

/// One RRset before and after; not both are none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Edit {
    /// As it is there.
    pub(crate) old: Option<Found>,
    /// As it is to be.
    pub(crate) new: Option<Rrset>,
    /// Whether it is one of the registry's own records.
    pub(crate) owns: bool,
}

impl Edit {
    /// The key of the RRset.
    pub(crate) fn key(&self) -> &Key {
        static NONE: LazyLock<Key> = LazyLock::new(|| Key::new("", Rtype::A));
        let old = self.old.as_ref().map(|old| &old.rrset);
        self.new.as_ref().or(old).map_or(&NONE, |rrset| &rrset.key)
    }
}

impl Edit {
    /// Whether this is the ownership record of an RRset.
    pub(super) fn is_of(&self, data: &Self) -> bool {
        self.owns && !data.owns && is_text_of(self.key(), data.key())
    }
}

/// Whether a key is that of the ownership record of another: its name has the type in it, beside what
/// the other's name has.
fn is_text_of(text: &Key, data: &Key) -> bool {
    let words = |name: &str| -> Vec<String> {
        let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
        words.map(str::to_owned).collect()
    };
    let mut words_here = words(&text.name);
    for word in words(&data.name) {
        if let Some(at) = words_here.iter().position(|other| *other == word) {
            words_here.swap_remove(at);
        }
    }
    text.set == data.set && words_here.contains(&data.rtype.to_string().to_ascii_lowercase())
}

/// What a group takes away or changes, with the ownership record that goes along.
pub(super) fn texts(group: &ChangeSet) -> Vec<(Key, Key)> {
    let updated = group.update.iter().map(|update| &update.old);
    let gone: Vec<&Endpoint> = group.delete.iter().chain(updated).collect();
    let keys = |owns: bool| {
        let some = gone.iter().filter(move |it| is_ownership(it) == owns);
        some.map(|it| Key::of(it))
    };
    let mut all = Vec::new();
    for data in keys(false) {
        for text in keys(true).filter(|text| is_text_of(text, &data)) {
            all.push((data.clone(), text));
        }
    }
    all
}

/// Edits that belong together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    /// The place of the group in the change set.
    pub(crate) place: usize,
    /// Its edits, in the order that single calls have to be made in.
    pub(crate) edits: Vec<Edit>,
}

impl Group {
    /// The name that it is about.
    pub(crate) fn name(&self) -> &str {
        let data = self.edits.iter().find(|edit| !edit.owns);
        let edit = data.or_else(|| self.edits.first());
        edit.map_or("", |edit| &edit.key().name)
    }
}

/// Why a group cannot be made.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) kind: ErrorKind,
    pub(super) reason: String,
}

impl Refused {
    fn rejected(reason: String) -> Self {
        let kind = ErrorKind::Rejected;
        Self { kind, reason }
    }
}

/// What is wanted of one RRset.
#[derive(Debug, Default)]
struct Wish<'a> {
    gone: Vec<&'a Endpoint>,
    come: Vec<&'a Endpoint>,
    /// Whether it is one of the registry's own.
    owns: bool,
}

impl Wish<'_> {
    /// Whether nothing is known to be there.
    fn is_new(&self) -> bool {
        self.gone.is_empty() && !self.come.is_empty()
    }

    /// Whether it is kept whose it is.
    fn is_kept(&self) -> bool {
        let mut come = self.come.iter();
        come.any(|endpoint| endpoint.labels.value(Labels::OWNER).is_some())
    }
}

/// What a group does to a zone, in the order that single calls have to be made in. `is_here` says
/// which endpoints are the zone's; `may_be_made`, whether an earlier try of the group may have been
/// done after all.
///
/// # Errors
/// The zone cannot be made so; nothing of the group is to be made.
pub(super) fn edits(
    contents: &Contents,
    quirks: &Quirks,
    (group, may_be_made): (&ChangeSet, bool),
    is_here: impl Fn(&Endpoint) -> bool,
) -> Result<Vec<Edit>, Refused> {
    let zone = &*contents.zone.name;
    let (mut edits, mut there) = (Vec::new(), Vec::new());
    for (key, wish) in wishes(group, is_here) {
        if *key.name == *zone && matches!(key.rtype, Rtype::NS | Rtype::SOA) {
            return Err(Refused::rejected(format!(
                "{key}: the name servers of a zone itself are left to its owner"
            )));
        }
        let old = contents.get(&key).cloned();
        let new = wanted(quirks, &key, &wish, old.as_ref())?;
        if let Some(new) = &new {
            quirks.check(zone, new).map_err(Refused::rejected)?;
        }
        let owns = wish.owns;
        let is_changed = old.as_ref().map(|old| &old.rrset) != new.as_ref();
        let edit = Edit { old, new, owns };
        if wish.is_new() && wish.is_kept() && edit.old.is_some() && !owns {
            there.push(edit.clone());
        }
        if is_changed {
            edits.push(edit);
        }
    }
    let texts = edits.iter().filter(|edit| edit.owns);
    let mut strange = there.iter().filter(|data| {
        let is_claimed = texts
            .clone()
            .any(|text| text.is_of(data) && text.old.is_none());
        // Without ownership records another place says whose it is.
        is_claimed || !has_texts(group)
    });
    // To own it is to take it away some day.
    if let (Some(data), false) = (strange.next(), may_be_made) {
        return Err(meanwhile(data.key()));
    }
    check_cnames(contents, quirks, &edits)?;
    let ranks: Vec<u8> = edits.iter().map(|edit| rank(edit, &edits)).collect();
    let mut ranked: Vec<(u8, Edit)> = ranks.into_iter().zip(edits).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    Ok(ranked.into_iter().map(|(_, edit)| edit).collect())
}

fn wishes(group: &ChangeSet, is_here: impl Fn(&Endpoint) -> bool) -> BTreeMap<Key, Wish<'_>> {
    let mut wishes: BTreeMap<Key, Wish<'_>> = BTreeMap::new();
    let updated = group.update.iter().map(|update| &update.old);
    let gone = group.delete.iter().chain(updated);
    for endpoint in gone.filter(|endpoint| is_here(endpoint)) {
        let wish = wishes.entry(Key::of(endpoint)).or_default();
        wish.owns |= is_ownership(endpoint);
        wish.gone.push(endpoint);
    }
    let updated = group.update.iter().map(|update| &update.new);
    let come = group.create.iter().chain(updated);
    for endpoint in come.filter(|endpoint| is_here(endpoint)) {
        let wish = wishes.entry(Key::of(endpoint)).or_default();
        wish.owns |= is_ownership(endpoint);
        wish.come.push(endpoint);
    }
    wishes
}

fn is_ownership(endpoint: &Endpoint) -> bool {
    endpoint.rtype == Rtype::TXT && endpoint.labels.value(Labels::OWNED_RECORD).is_some()
}

/// The RRset as it is to be; none if nothing of it is left.
fn wanted(
    quirks: &Quirks,
    key: &Key,
    wish: &Wish<'_>,
    old: Option<&Found>,
) -> Result<Option<Rrset>, Refused> {
    let there = old.map(|old| &old.rrset);
    let mut values: Vec<Box<str>> = there.map(|it| it.values.clone()).unwrap_or_default();
    for endpoint in &wish.gone {
        let gone = Rrset::of(endpoint).values;
        values.retain(|value| !gone.contains(value));
    }
    let mut new = Rrset {
        key: key.clone(),
        ttl: there.map_or_else(|| quirks.unset_ttl(), |there| there.ttl),
        values,
        properties: there.map(|it| it.properties.clone()).unwrap_or_default(),
    };
    for endpoint in &wish.come {
        if !is_alias(endpoint) {
            check_data(endpoint)?;
        }
        let come = Rrset::of(endpoint);
        new.ttl = come.ttl.map(|ttl| quirks.ttl(ttl)).or(new.ttl);
        new.properties = come.properties;
        new.values.extend(come.values);
    }
    new.values.sort_unstable();
    new.values.dedup();
    if let Some(there) = there
        && wish.is_new()
        && !there.values.is_empty()
        && there.values != new.values
    {
        return Err(meanwhile(key));
    }
    Ok(Some(new).filter(|new| !new.values.is_empty()))
}

fn meanwhile(key: &Key) -> Refused {
    Refused {
        kind: ErrorKind::Conflict,
        reason: format!("{key}: somebody else has made one there meanwhile"),
    }
}

/// Whether ownership records come with a group.
fn has_texts(group: &ChangeSet) -> bool {
    group.create.iter().any(is_ownership)
}

/// Whether an endpoint of addresses has names as targets.
fn is_alias(endpoint: &Endpoint) -> bool {
    endpoint.properties.value(ALIAS) == Some("true")
}

fn check_data(endpoint: &Endpoint) -> Result<(), Refused> {
    data::check(endpoint).map_err(|error| {
        let source = std::error::Error::source(&error);
        let source = source.map_or_else(String::new, |source| format!(": {source}"));
        let (name, rtype) = (&endpoint.name, endpoint.rtype);
        Refused::rejected(format!("\"{name}\" {rtype}: {error}{source}"))
    })
}

/// RFC 1034 §3.6.2: nothing stands beside a CNAME, but for what a provider makes of one that is an
/// alias, or at a zone's own name.
fn check_cnames(contents: &Contents, quirks: &Quirks, edits: &[Edit]) -> Result<(), Refused> {
    let is_cname = |rrset: &Rrset| {
        let key = &rrset.key;
        let is_apex = key.name == contents.zone.name && quirks.apex_cname;
        let is_alias = rrset.properties.value(ALIAS) == Some("true");
        key.rtype == Rtype::CNAME && !is_apex && !is_alias
    };
    for Edit { new, .. } in edits {
        let Some(new) = new else { continue };
        let key = &new.key;
        let touched = |other: &Key| edits.iter().any(|edit| edit.key() == other);
        let there = contents.at(&key.name).map(|found| &found.rrset);
        let there = there.filter(|other| !touched(&other.key));
        let made = edits.iter().filter_map(|edit| edit.new.as_ref());
        let mut beside = there.chain(made.filter(|other| other.key.name == key.name));
        let clash = beside.find(|other| {
            let differs = other.key.rtype != key.rtype && !other.values.is_empty();
            differs && (is_cname(new) || is_cname(other))
        });
        if let Some(other) = clash {
            let other = other.key.rtype;
            return Err(Refused::rejected(format!(
                "{key} cannot stand beside {other} at the same name"
            )));
        }
    }
    Ok(())
}

/// Where an edit stands among those of its group.
fn rank(edit: &Edit, all: &[Edit]) -> u8 {
    let frees = || {
        let key = edit.key();
        all.iter().any(|other| {
            let put = other.key();
            other.new.is_some()
                && put.name == key.name
                && [put.rtype, key.rtype].contains(&Rtype::CNAME)
        })
    };
    match (edit.owns, edit.new.is_some()) {
        (true, true) => 0,
        (false, false) if frees() => 1,
        (false, true) => 2,
        (false, false) => 3,
        (true, false) => 4,
    }
}

/// The setting of endpoints that are aliases of names, as external-dns has it.
const ALIAS: &str = "alias";
