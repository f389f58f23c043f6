//! The lines of the audit log: what an RRset was and is, and who wanted it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use wire::{Name, Rtype, Ttl, rdata};
use zone::{Author, Credit, Layer, RrsetRef, Step, StepRecord, Zone};

use crate::app::clock;

/// The objects of each name from objects, by zone, owner and type: of what goes, nobody else says whose it
/// was.
#[derive(Debug, Default)]
pub(super) struct Authors(HashMap<Name, HashMap<(Name, Rtype), Vec<Author>>>);

impl Authors {
    /// Keeps who has what.
    pub(super) fn remember(&mut self, apex: &Name, credits: &[Credit]) {
        for credit in credits {
            let is_object = |one: &Author| matches!(one, Author::Object { .. });
            if let Some(rtype) = credit.rtype
                && credit.authors.iter().any(is_object)
            {
                let zone = self.0.entry(apex.clone()).or_default();
                let of = (credit.owner.as_ref().to_lowercase(), rtype);
                zone.insert(of, credit.authors.clone());
            }
        }
    }

    /// A zone goes, or begins anew.
    pub(super) fn forget(&mut self, apex: &Name) {
        self.0.remove(apex);
    }

    fn take(&mut self, apex: &Name, of: &(Name, Rtype)) -> Vec<Author> {
        let zone = self.0.get_mut(apex);
        zone.and_then(|zone| zone.remove(of)).unwrap_or_default()
    }
}

/// A zone is there.
pub(super) fn came(apex: &Name, zone: &Zone, lines: &mut String) {
    let records = zone.record_count();
    let line = json!({"event": "zone served", "records": records, "serial": zone.serial().0});
    write(line, apex, lines);
}

/// A zone is there no more.
pub(super) fn gone(apex: &Name, lines: &mut String) {
    write(json!({"event": "zone gone"}), apex, lines);
}

/// Records of one RRset.
type Records = Vec<(Ttl, Box<[u8]>)>;

/// From one version of a zone to another, step by step.
pub(super) struct Changes<'a> {
    apex: &'a Name,
    before: &'a Zone,
    after: &'a Zone,
    file: Option<PathBuf>,
    /// RRsets that earlier steps have changed, as these left them.
    now: HashMap<(Name, Rtype), Records>,
}

impl<'a> Changes<'a> {
    /// Nothing yet.
    pub(super) fn new(
        apex: &'a Name,
        (before, after): (&'a Zone, &'a Zone),
        file: Option<PathBuf>,
    ) -> Self {
        Self {
            apex,
            before,
            after,
            file,
            now: HashMap::new(),
        }
    }

    /// The lines of a step.
    pub(super) fn step(
        &mut self,
        step: &Arc<Step>,
        credits: &[Credit],
        authors: &mut Authors,
        lines: &mut String,
    ) {
        let mut touched: BTreeMap<(Name, Rtype), [Vec<StepRecord<'_>>; 2]> = BTreeMap::new();
        let gone = step.removed().map(|record| (0, record));
        let come = step.added().map(|record| (1, record));
        // Its numbers change with every version.
        let all = gone
            .chain(come)
            .filter(|(_, record)| record.rtype != Rtype::SOA);
        for (side, record) in all {
            let owner = self.absolute(record.owner);
            let sides = touched.entry((owner, record.rtype)).or_default();
            sides[side].push(record);
        }
        for (of, [removed, added]) in touched {
            let old = self
                .now
                .remove(&of)
                .unwrap_or_else(|| records(self.before.rrset(of.0.as_ref(), of.1)));
            let mut new = old.clone();
            new.retain(|(ttl, data)| {
                !removed
                    .iter()
                    .any(|one| one.ttl == *ttl && *one.rdata == **data)
            });
            new.extend(added.iter().map(|one| (one.ttl, one.rdata.into())));
            let credit = credits.iter().find(|credit| {
                credit.owner.as_ref().to_lowercase() == of.0
                    && credit.rtype.is_none_or(|rtype| rtype == of.1)
            });
            let mut line = self.line(&of, (&old, &new), credit, authors);
            line["serial"] = step.to.0.into();
            write(line, self.apex, lines);
            self.now.insert(of, new);
        }
        authors.remember(self.apex, credits);
    }

    fn line(
        &self,
        of: &(Name, Rtype),
        (old, new): (&Records, &Records),
        credit: Option<&Credit>,
        authors: &mut Authors,
    ) -> Value {
        let (owner, rtype) = of;
        let side = match new.is_empty() {
            true => self.before,
            false => self.after,
        };
        let shown = side.rrset(owner.as_ref(), *rtype);
        // Of what came and went again between two looks, those who wanted it say where it was.
        let wanted = credit.map(|credit| match credit.rtype {
            None => Layer::Dynamic,
            Some(_) => Layer::Synced,
        });
        let layer = shown.map(RrsetRef::layer).or(wanted);
        let remembered = authors.take(self.apex, of);
        let who = match credit.map(|credit| &credit.authors[..]) {
            Some([]) | None if layer == Some(Layer::Synced) => &remembered[..],
            Some(authors) => authors,
            None => &[],
        };
        let mut line = json!({
            "name": owner.to_string(), "type": rtype.to_string(),
            "old": rrset(*rtype, old), "new": rrset(*rtype, new),
        });
        if let Some(layer) = layer {
            line["layer"] = layer.to_string().into();
        }
        say_who(&mut line, who);
        if layer == Some(Layer::Static)
            && let Some(file) = self
                .file
                .as_ref()
                .filter(|file| !file.as_os_str().is_empty())
        {
            line["file"] = file.to_string_lossy().into();
        }
        line
    }

    fn absolute(&self, below: &[u8]) -> Name {
        let mut bytes = below.to_vec();
        bytes.extend(self.apex.as_bytes());
        // Owners in a zone leave room for its apex.
        let name = Name::from_wire(&bytes);
        name.map_or_else(|_| self.apex.clone(), |name| name.as_ref().to_lowercase())
    }
}

fn say_who(line: &mut Value, who: &[Author]) {
    let mut objects = Vec::new();
    for author in who {
        match author {
            Author::Client { address, key } => {
                line["client"] = address.to_string().into();
                if let Some(key) = key {
                    line["key"] = key.to_string().into();
                }
            }
            Author::Command(command) => line["command"] = (*command).into(),
            Author::Object { object, uid } => {
                let mut one = Map::new();
                one.insert("object".to_owned(), (**object).into());
                if !uid.is_empty() {
                    one.insert("uid".to_owned(), (**uid).into());
                }
                objects.push(one);
            }
        }
    }
    if !objects.is_empty() {
        line["objects"] = objects.into();
    }
}

fn records(rrset: Option<RrsetRef<'_>>) -> Records {
    let rrset = rrset.into_iter();
    let all = rrset.flat_map(|rrset| rrset.rdatas().map(move |data| (rrset.ttl(), data.into())));
    all.collect()
}

/// An RRset as a value; null if there is none.
fn rrset(rtype: Rtype, records: &Records) -> Value {
    let Some((ttl, _)) = records.first() else {
        return Value::Null;
    };
    let text = |(_, data): &(Ttl, Box<[u8]>)| {
        let mut text = String::new();
        // Printing into a String does not end early.
        let _whole = rdata::print(rtype, data, &mut text).is_ok();
        text
    };
    json!({"ttl": ttl.as_secs(), "data": records.iter().map(text).collect::<Vec<_>>()})
}

fn write(mut line: Value, apex: &Name, lines: &mut String) {
    line["time"] = clock::now().to_string().into();
    line["zone"] = apex.to_string().into();
    // Writing into a String does not end early.
    let _whole = writeln!(lines, "{line}").is_ok();
}
