//! What must hold after each step, by what is there and by all that was there in between.

use std::collections::{BTreeMap, BTreeSet};

use plan::Endpoint;
use plan::name::normalize;
use wire::Rtype;

use super::case::Named;
use super::line::Held;
use super::run::{Run, Wrong, ensure};
use super::world::Family;
use crate::sim::{Commit, SetKey, Sim, ZoneStore};
use crate::zones::places;

/// Where a step began.
#[derive(Debug)]
pub struct Mark {
    /// What there was.
    pub held: Vec<Held>,
    /// What there was at the host, published or not.
    pub inner: Option<Vec<Held>>,
    /// How many requests had written.
    pub writes: usize,
    /// How many changes there had been.
    pub history: usize,
    /// How many requests there had been.
    pub log: usize,
}

/// What tells what is held apart: zone and key.
type Place = (String, SetKey);

fn place(held: &Held) -> Place {
    (held.zone.clone(), held.key.clone())
}

/// What somebody else has must be as it was.
pub(super) async fn others(run: &Run) -> Result<(), Wrong> {
    let now: BTreeMap<Place, Held> = by_place(run.world.dump().await);
    for other in &run.others {
        let found = now.get(&place(other));
        ensure(found == Some(other), || {
            let found = found.map_or_else(|| "nothing".to_owned(), Held::to_string);
            format!("what is not ours was touched: {other} is now {found}")
        })?;
    }
    Ok(())
}

/// What is there must be what others have, what is asked for and its ownership records.
pub(super) async fn contents(
    run: &Run,
    desired: &[Endpoint],
    refused: &BTreeMap<String, String>,
    mark: &Mark,
) -> Result<(), Wrong> {
    let before = by_place(mark.held.clone());
    let others: BTreeSet<Place> = run.others.iter().map(place).collect();
    let mut expected: BTreeMap<Place, (Held, Ttl)> = BTreeMap::new();
    for other in &run.others {
        expected.insert(place(other), (other.clone(), Ttl::Is(other.ttl)));
    }
    for endpoint in desired {
        let name = normalize(&endpoint.name).into_owned();
        if !run.rules.covers(endpoint) || refused.contains_key(&name) || is_held_back(run, endpoint)
        {
            continue;
        }
        for at in places(run.zones.iter(), &name) {
            let Some(zone) = run.zones.get(at) else {
                continue;
            };
            let held = Held::of(&zone.id, endpoint).map_err(Wrong)?;
            let has_ttl = run.ttls.contains(&endpoint.rtype);
            let asked = endpoint.ttl.filter(|ttl| has_ttl && ttl.as_secs() > 0);
            let ttl = asked.map_or(Ttl::Unset, |ttl| Ttl::Is(run.quirks.ttl(ttl).as_secs()));
            if let Some(text) = run.text_name(&name, endpoint.rtype) {
                let mut text =
                    Endpoint::new(&text, Rtype::TXT, [format!("\"{}\"", ownership(run))]);
                text.set_identifier = endpoint.set_identifier.clone();
                let text = Held::of(&zone.id, &text).map_err(Wrong)?;
                expected.insert(place(&text), (text, Ttl::Unset));
            }
            expected.insert(place(&held), (held, ttl));
        }
    }
    let now = by_place(run.world.dump().await);
    for (at, held) in &now {
        ensure(held.count == held.values.len(), || {
            format!("a value is there twice: {held}")
        })?;
        // Of several types at one name the first may be made where there can be only one.
        let is_there = before.contains_key(at) || run.quirks.one_type;
        let stays = stays(run, held, refused) && is_there;
        let expected = expected.get(at);
        let Some((wanted, ttl)) = expected else {
            let is_left = run.leaves && is_ownership(held);
            ensure(stays || is_left, || format!("nobody asked for {held}"))?;
            continue;
        };
        let is_hidden = run.named == Named::Encrypted && is_ownership_name(&held.key);
        ensure(wanted.values == held.values || is_hidden, || {
            format!("instead of {wanted} there is {held}")
        })?;
        let default = run.quirks.unset_ttl().map(wire::Ttl::as_secs);
        let is_default = default.is_none_or(|default| held.ttl == default)
            || before.get(at).is_some_and(|before| before.ttl == held.ttl);
        ensure(
            *ttl == Ttl::Is(held.ttl) || (*ttl == Ttl::Unset && is_default),
            || format!("the TTL should be {ttl:?}: {held}"),
        )?;
        ensure(!others.contains(at) || run.others.contains(held), || {
            format!("what is not ours was touched: {held}")
        })?;
    }
    let missing = expected.iter().find(|(at, _)| !now.contains_key(at));
    ensure(missing.is_none(), || {
        format!(
            "there is no {}",
            missing.map_or(String::new(), |(_, (held, _))| held.to_string())
        )
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ttl {
    Is(u32),
    Unset,
}

/// The text of our ownership records.
fn ownership(run: &Run) -> String {
    let owner = run.rules.owner.as_deref().unwrap_or_default();
    format!("heritage=external-dns,external-dns/owner={owner}")
}

fn is_ownership_name(key: &SetKey) -> bool {
    key.rtype == Rtype::TXT && key.name.contains("-own.")
}

fn is_ownership(held: &Held) -> bool {
    held.key.rtype == Rtype::TXT
        && held
            .values
            .iter()
            .any(|value| value.starts_with("\"heritage=external-dns,"))
}

/// Whether something of another owner is at the name that keeps us from it.
pub(super) fn is_held_back(run: &Run, endpoint: &Endpoint) -> bool {
    let name = normalize(&endpoint.name);
    let Some(zone) = places(run.zones.iter(), &name)
        .first()
        .and_then(|at| run.zones.get(*at))
    else {
        return false;
    };
    run.others.iter().any(|other| {
        let is_own =
            other.key.name == *zone.name && matches!(other.key.rtype, Rtype::NS | Rtype::SOA);
        // What is of a type that it knows nothing of is not seen there.
        let is_seen = run.named != Named::Kept || run.quirks.types.contains(&other.key.rtype);
        other.key.name == name
            && is_seen
            && !is_own
            && run.rules.manages(other.key.rtype)
            && !is_ownership(other)
    })
}

/// Whether something is that of a name that was refused: it is as it was before.
fn stays(run: &Run, held: &Held, refused: &BTreeMap<String, String>) -> bool {
    refused.keys().any(|name| {
        let mut types = run.quirks.types.iter();
        held.key.name == *name
            || types.any(|rtype| {
                run.text_name(name, *rtype)
                    .is_some_and(|text| text == held.key.name)
            })
    })
}

/// How many calls may write what has changed.
pub(super) async fn count(run: &Run, mark: &Mark, refused: bool) -> Result<(), Wrong> {
    let before = by_place(mark.held.clone());
    let after = by_place(run.world.dump().await);
    let all: BTreeSet<&Place> = before.keys().chain(after.keys()).collect();
    let changed: Vec<&Place> = all
        .into_iter()
        .filter(|at| before.get(at) != after.get(at))
        .collect();
    let zones: BTreeSet<&String> = changed.iter().map(|(zone, _)| zone).collect();
    let values = |at: &Place| {
        let of = |held: Option<&Held>| held.map_or(0, |held| held.count);
        of(before.get(at)).max(of(after.get(at)))
    };
    let most = match run.family {
        Family::Other => return Ok(()),
        Family::Rrset => changed.len(),
        Family::Record => changed.iter().map(|at| values(at)).sum(),
        Family::Batch => {
            let values: usize = changed.iter().map(|at| values(at)).sum();
            zones.len() + changed.len() / 10 + values / 100
        }
    };
    // Once for the changes, once for what a process before may have left.
    let publishing = if run.quirks.publishes {
        2 * run.zones.len()
    } else {
        0
    };
    let most = most + publishing;
    let made = run.world.writes() - mark.writes;
    let log = run.world.sim().map(Sim::log).unwrap_or_default();
    ensure(made <= most || refused, || {
        let writes = log.iter().filter(|seen| seen.writes).skip(mark.writes);
        let lines: Vec<String> = writes
            .map(|it| format!("{} {:?}", it.line, it.status))
            .collect();
        let (sets, lines) = (changed.len(), lines.join(", "));
        format!("{made} calls write {sets} sets; {most} would do: {lines}")
    })
}

/// All states in between must be ones that may be seen, and that a process may die in.
pub(super) fn history(run: &Run, mark: &Mark) -> Result<(), Wrong> {
    let Some(sim) = run.world.sim() else {
        return Ok(());
    };
    let history =
        |store: &mut ZoneStore| store.history.iter().skip(mark.history).cloned().collect();
    let commits: Vec<Commit> = sim.store(history);
    let others: BTreeSet<Place> = run.others.iter().map(place).collect();
    // Each with whether it is an ownership record.
    let mut state: BTreeMap<Place, bool> = BTreeMap::new();
    for held in mark.inner.as_ref().unwrap_or(&mark.held) {
        state.insert(place(held), is_ownership(held));
    }
    let first: BTreeSet<Place> = state.keys().cloned().collect();
    let mut gone: BTreeSet<Place> = BTreeSet::new();
    for commit in &commits {
        for (key, _, after) in &commit.changes {
            let at = (commit.zone.clone(), key.clone());
            match after {
                Some(set) => {
                    let rdatas = set.rows.iter().map(|row| row.rdata.as_slice());
                    let held = Held::new(&commit.zone, key.clone(), 0, rdatas);
                    state.insert(at, is_ownership(&held));
                }
                None => {
                    state.remove(&at);
                    gone.insert(at);
                }
            }
        }
        if !commit.by_others && state.len() < MANY && run.named != Named::Encrypted {
            owned(run, &state, &others)?;
        }
    }
    if run.has_gaps {
        return Ok(());
    }
    // Where a set is there before and after, somebody always gets an answer. Nobody asks for an
    // ownership record of nothing.
    let of_records = first.iter().filter_map(|(zone, key)| {
        let text = run.text_name(&key.name, key.rtype)?;
        Some((zone.clone(), SetKey::new(&text, Rtype::TXT)))
    });
    let of_records: BTreeSet<Place> = of_records.collect();
    let mut away = gone.iter().filter(|at| {
        let is_used = state
            .get(at)
            .is_some_and(|owns| !owns || of_records.contains(at));
        first.contains(at) && is_used
    });
    let away = away.find(|at| !is_swapped(&commits, at));
    ensure(away.is_none(), || format!("{away:?} was away for a while"))
}

/// Whether something else stood at the name in between: then it had to go for that.
fn is_swapped(commits: &[Commit], at: &Place) -> bool {
    let mut changes = commits.iter().flat_map(|commit| &commit.changes);
    changes.any(|(key, _, after)| after.is_some() && key.name == at.1.name && *key != at.1)
}

/// Whatever is ours has its ownership record.
fn owned(run: &Run, state: &BTreeMap<Place, bool>, others: &BTreeSet<Place>) -> Result<(), Wrong> {
    for (at, is_ownership) in state {
        let (zone, key) = at;
        if others.contains(at) || *is_ownership {
            continue;
        }
        let Some(text) = run.text_name(&key.name, key.rtype) else {
            continue;
        };
        let mut text = SetKey::new(&text, Rtype::TXT);
        text.set = key.set.clone();
        let text = (zone.clone(), text);
        ensure(state.get(&text) == Some(&true), || {
            format!("{} {} was there without an owner", key.name, key.rtype)
        })?;
    }
    Ok(())
}

fn by_place(held: Vec<Held>) -> BTreeMap<Place, Held> {
    held.into_iter().map(|held| (place(&held), held)).collect()
}

/// Beyond that many, states are not looked at one by one.
const MANY: usize = 120;
