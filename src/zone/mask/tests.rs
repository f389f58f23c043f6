//! A zone that goes from one replica to another: what is answered, and by which serial.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use wire::{Name, Rtype, Serial, Ttl};

use super::*;
use crate::copy::Steps;
use crate::records::{Place, Records};
use crate::writer::Rrset;

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

/// A zone's records, with a TXT record at each name.
fn records(serial: u32, names: &[&str]) -> Records {
    let mut records = Records::new(name("zone."));
    let mut soa = b"\x02ns\x00\x01h\x00".to_vec();
    for number in [serial, 3600, 600, 86400, 300] {
        soa.extend_from_slice(&number.to_be_bytes());
    }
    let mut add = |owner: &str, rtype, rdata: &[u8]| {
        let ttl = Ttl::from_secs(300);
        records.push(name(owner).as_ref(), rtype, ttl, rdata, Place::default());
    };
    add("zone.", Rtype::SOA, &soa);
    for owner in names {
        add(owner, Rtype::TXT, b"\x01x");
    }
    records.sort();
    records
}

fn change(layer: Layer, owner: &str, present: bool) -> Change {
    Change {
        owner: name(owner),
        rtype: Rtype::TXT,
        layer,
        rrset: present.then(|| Rrset {
            rtype: Rtype::TXT,
            ttl: Ttl::from_secs(300),
            rdatas: vec![Box::from(*b"\x01x")],
        }),
    }
}

/// A store that shares zones, and what opens its fence.
fn store() -> (Store, Arc<AtomicBool>) {
    let store = Store::new([1, 2]);
    let open = Arc::new(AtomicBool::new(false));
    let fence = Arc::clone(&open);
    store.share(move || fence.load(Relaxed));
    (store, open)
}

/// The serial and the names with a TXT record; nothing if nothing is answered.
fn shown(store: &Store) -> Option<(u32, Vec<String>)> {
    let snapshot = store.snapshot();
    let zone = snapshot.zone(name("zone.").as_ref())?;
    if zone.withheld().is_some() {
        return None;
    }
    let names = zone.rrsets().filter(|(_, one)| one.rtype() == Rtype::TXT);
    let names = names.map(|(owner, _)| owner.to_string()).collect();
    Some((zone.serial().0, names))
}

/// Leads; names that begin with an s are those that objects ask for.
fn lead(store: &Store, floor: u32, updates: Option<Vec<Change>>) -> Option<Committed> {
    let told = updates.is_some();
    let lead = Lead {
        floor: Serial(floor),
        updates,
        layer_of: &|owner, _| match told || owner.to_string().starts_with('s') {
            true => Some(Layer::Synced),
            false => Some(Layer::Dynamic),
        },
        of_files: None,
    };
    store.lead(&name("zone."), lead).unwrap()
}

fn layer(store: &Store, layer: Layer) -> Vec<String> {
    let changes = store.layer(&name("zone."), layer);
    let mut names: Vec<String> = changes.iter().map(|one| one.owner.to_string()).collect();
    names.sort();
    names
}

#[test]
fn the_first_leader_shows_what_is_its_own() {
    let (store, open) = store();
    store.replace_static(&records(5, &["f.zone."])).unwrap();
    store
        .commit(&name("zone."), vec![change(Layer::Synced, "s.zone.", true)])
        .unwrap();
    assert_eq!(shown(&store), None);
    assert_eq!(lead(&store, 100, None), None, "the fence is shut");
    open.store(true, Relaxed);
    assert_eq!(lead(&store, 100, None).unwrap().serial, Serial(100));
    let names = vec!["f.zone.".to_owned(), "s.zone.".to_owned()];
    assert_eq!(shown(&store), Some((100, names)));
    assert_eq!(lead(&store, 200, None), None, "it leads already");
    let made = vec![change(Layer::Synced, "t.zone.", true)];
    assert_eq!(store.commit(&name("zone."), made).unwrap().serial.0, 101);
    assert_eq!(shown(&store).unwrap().0, 101);
}

#[test]
fn a_new_leader_with_older_files_goes_on_with_those_that_are_shown() {
    let (store, open) = store();
    let older = records(5, &["f.zone.", "old.zone."]);
    store.replace_static(&older).unwrap();
    let before = store.files();
    // Of the leader before: newer files, a name that objects ask for, and one that an update brought.
    let names = ["d.zone.", "f.zone.", "new.zone.", "s.zone."];
    store.replace_copy(&records(1000, &names)).unwrap();
    let all = shown(&store).unwrap();
    open.store(true, Relaxed);
    let is_asked_for = |owner: &Name| owner.to_string().starts_with('s');
    let lead = Lead {
        floor: Serial(7),
        updates: Some(vec![change(Layer::Dynamic, "d.zone.", true)]),
        layer_of: &|_, _| Some(Layer::Synced),
        of_files: Some(&|owner, _| !is_asked_for(owner)),
    };
    let done = store.lead(&name("zone."), lead).unwrap();
    let serial = done.unwrap().serial.0;
    assert_eq!(shown(&store), Some((serial, all.1.clone())));
    assert_eq!(layer(&store, Layer::Synced), ["s.zone."]);
    assert_eq!(layer(&store, Layer::Dynamic), ["d.zone."]);
    // The sum is that of the files that are there, whatever is shown.
    assert_eq!(store.files(), before);
    // Once they are what the leader before had, nothing changes but where records come from.
    let newer = records(6, &["f.zone.", "new.zone."]);
    let read = store.replace_static(&newer).unwrap();
    assert!(!read.changed, "{read:?}");
    assert_ne!(store.files(), before);
    assert_eq!(shown(&store), Some((serial, all.1)));
    assert_eq!(layer(&store, Layer::Synced), ["s.zone."]);
}

#[test]
fn a_new_leader_goes_on_from_the_copy_and_leaves_deletes_to_those_who_know() {
    let (store, open) = store();
    let file = records(5, &["f.zone."]);
    store.replace_static(&file).unwrap();
    let theirs = records(1000, &["d.zone.", "f.zone.", "s1.zone.", "s2.zone."]);
    store.replace_copy(&theirs).unwrap();
    let all = shown(&store).unwrap();
    // What is ours goes on beside it, unseen.
    let made = vec![change(Layer::Synced, "s3.zone.", true)];
    store.commit(&name("zone."), made).unwrap();
    store.set_incomplete(&name("zone."), true);
    assert_eq!(shown(&store).as_ref(), Some(&all));
    open.store(true, Relaxed);
    let serial = lead(&store, 7, None).unwrap().serial.0;
    assert_eq!(
        serial,
        1000 + BLOCK,
        "beyond all that the last one may have shown"
    );
    assert_eq!(shown(&store), Some((serial, all.1)));
    assert_eq!(layer(&store, Layer::Synced), ["s1.zone.", "s2.zone."]);
    assert_eq!(layer(&store, Layer::Dynamic), ["d.zone."]);
    let snapshot = store.snapshot();
    assert!(
        !snapshot
            .zone(name("zone.").as_ref())
            .unwrap()
            .is_incomplete()
    );
    // Who has the copy is led on by steps.
    let since = store.since(&name("zone."), Serial(1000)).unwrap();
    assert_eq!(since.steps.unwrap().len(), 1);
    assert!(
        store
            .since(&name("zone."), Serial(999))
            .unwrap()
            .steps
            .is_none()
    );
}

#[test]
fn what_updates_brought_is_taken_from_who_knows_it() {
    let (store, open) = store();
    store.replace_static(&records(5, &[])).unwrap();
    // From an earlier life of ours.
    let stale = vec![change(Layer::Dynamic, "old.zone.", true)];
    store.commit(&name("zone."), stale).unwrap();
    let theirs = records(1000, &["d.zone.", "x.zone."]);
    store.replace_copy(&theirs).unwrap();
    open.store(true, Relaxed);
    let updates = vec![
        change(Layer::Dynamic, "d.zone.", true),
        change(Layer::Dynamic, "e.zone.", true),
    ];
    lead(&store, 7, Some(updates)).unwrap();
    let names = ["d.zone.", "e.zone.", "x.zone."];
    assert_eq!(shown(&store).unwrap().1, names);
    assert_eq!(layer(&store, Layer::Dynamic), ["d.zone.", "e.zone."]);
    assert_eq!(layer(&store, Layer::Synced), ["x.zone."]);
}

#[test]
fn who_loses_the_lead_shows_nothing_new_and_follows_by_steps() {
    let (store, open) = store();
    store.replace_static(&records(5, &["f.zone."])).unwrap();
    open.store(true, Relaxed);
    lead(&store, 100, None).unwrap();
    let made = vec![change(Layer::Synced, "s1.zone.", true)];
    store.commit(&name("zone."), made).unwrap();
    let last = shown(&store).unwrap();
    open.store(false, Relaxed);
    let made = vec![change(Layer::Synced, "s2.zone.", true)];
    store.commit(&name("zone."), made).unwrap();
    store
        .replace_static(&records(6, &["f.zone.", "g.zone."]))
        .unwrap();
    assert_eq!(shown(&store), Some(last));
    assert!(!store.follow(&name("zone.")), "it was told by the fence");
    // The next leader takes one away and adds another.
    let base = store.since(&name("zone."), Serial(0)).unwrap().zone;
    let mut steps = Steps::new(base);
    let (gone, come) = (name("s1.zone."), name("t.zone."));
    assert!(steps.remove(gone.as_ref(), Rtype::TXT, b"\x01x"));
    assert!(steps.add(come.as_ref(), Rtype::TXT, Ttl::from_secs(1), b"\x01x"));
    store.apply_steps(steps, Serial(70_000)).unwrap();
    let names = vec!["f.zone.".to_owned(), "t.zone.".to_owned()];
    assert_eq!(shown(&store), Some((70_000, names)));
    // And we again.
    open.store(true, Relaxed);
    let serial = lead(&store, 7, Some(Vec::new())).unwrap().serial.0;
    let names = ["f.zone.", "g.zone.", "t.zone."].map(ToOwned::to_owned);
    assert_eq!(shown(&store), Some((serial, names.to_vec())));
}

#[test]
fn where_nobody_can_be_asked_ours_is_better_than_nothing() {
    let (store, _) = store();
    store.withhold(&name("zone.")).unwrap();
    assert!(!store.show_own(&name("zone.")), "it could not be read");
    store.replace_static(&records(5, &["f.zone."])).unwrap();
    assert_eq!(shown(&store), None);
    assert!(store.show_own(&name("zone.")));
    assert!(!store.show_own(&name("zone.")));
    assert_eq!(shown(&store), Some((5, vec!["f.zone.".to_owned()])));
    // A copy takes its place, whatever its serial is.
    store.replace_copy(&records(3, &["c.zone."])).unwrap();
    assert_eq!(shown(&store), Some((3, vec!["c.zone.".to_owned()])));
    assert_eq!(store.behind(), [name("zone.")]);
    assert!(store.remove(&name("zone.")));
    assert_eq!(shown(&store), None);
}
