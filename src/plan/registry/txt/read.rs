//! A listing, with ownership put where it belongs.

use std::collections::{HashMap, HashSet};

use wire::Rtype;

use super::mapper::Owned;
use super::{FORCE_UPDATE, TextKey, TxtRegistry, key_of, labels};
use crate::{Endpoint, Labels, RowName};

/// An ownership TXT as it was listed.
struct Text {
    key: TextKey,
    raw: Box<str>,
    labels: Labels,
    record: Endpoint,
}

/// What labels are found by: the record's name in lower case, its type (none for TXT of the old
/// form) and its set identifier.
type Found = HashMap<(String, Option<Rtype>, Box<str>), usize>;

impl TxtRegistry {
    /// Takes a whole listing. Records come back in their order, with the labels of their TXT; TXT
    /// that are ours to read are taken out and remembered, others come back too.
    pub fn read(&mut self, records: Vec<Endpoint>) -> Vec<Endpoint> {
        let mut texts: Vec<Text> = Vec::new();
        let mut found: Found = HashMap::new();
        let mut out = Vec::with_capacity(records.len());
        for record in records {
            if record.rtype != Rtype::TXT {
                out.push(record);
                continue;
            }
            // One target is all an ownership TXT has; some destinations list none for TXT with
            // routing policies, and such a record is nobody's.
            let Some(raw) = record.targets.first() else {
                continue;
            };
            let Some(labels) = self.labels(raw) else {
                out.push(record);
                continue;
            };
            if let Some(Owned { name, rtype }) = self.mapper.owned(&record.name) {
                found.insert((name, rtype, record.set_identifier.clone()), texts.len());
            }
            texts.push(Text {
                key: key_of(&record.name, &record.set_identifier),
                raw: raw.clone(),
                labels,
                record,
            });
        }
        let names: HashSet<&str> = texts.iter().map(|text| &*text.key.0).collect();
        let mut regular = vec![false; texts.len()];
        for record in &mut out {
            let at = self.find(record, &found);
            let text = at.and_then(|at| texts.get(at));
            if let Some(text) = text {
                for (key, value) in text.labels.iter() {
                    record.labels.set(key, value);
                }
            }
            let key = self.text_key(record);
            if let (Some(at), Some(text)) = (at, text)
                && text.key == key
                && *text.raw.trim_matches('"') == *labels::to_text(&record.labels)
                && let Some(regular) = regular.get_mut(at)
            {
                *regular = true;
            }
            self.take_over(record);
            let ours = record.labels.value(Labels::OWNER) == Some(&*self.owner);
            if ours && !names.is_empty() && self.manages(record.rtype) && !names.contains(&*key.0) {
                record.properties.set(FORCE_UPDATE, "true");
            }
        }
        self.note_leftovers(&texts, &regular, &out);
        self.existing = texts.iter().map(|text| self.hash(&text.key)).collect();
        let odd = texts
            .into_iter()
            .zip(regular)
            .filter(|(_, regular)| !regular);
        self.odd = odd.map(|(text, _)| (text.key, text.raw)).collect();
        out
    }

    /// Notes the TXT whose records are gone.
    fn note_leftovers(&mut self, texts: &[Text], regular: &[bool], out: &[Endpoint]) {
        self.leftovers.clear();
        let ours = |text: &Text| text.labels.value(Labels::OWNER) == Some(&*self.owner);
        let left: Vec<&Text> = texts
            .iter()
            .zip(regular)
            .filter(|(text, regular)| !**regular && ours(text))
            .map(|(text, _)| text)
            .collect();
        if left.is_empty() {
            return;
        }
        let present = out.iter().map(|record| RowName::new(&record.name));
        let present: HashSet<RowName> = present.collect();
        let mut times: HashMap<&TextKey, usize> = HashMap::new();
        for text in texts {
            *times.entry(&text.key).or_default() += 1;
        }
        let left = left
            .into_iter()
            .filter(|text| times.get(&text.key) == Some(&1));
        let left = left.filter_map(|text| {
            let left = self.leftover(text.record.clone(), &text.labels, &present)?;
            Some((text.key.clone(), left))
        });
        self.leftovers = left.collect();
    }

    fn find(&self, record: &Endpoint, found: &Found) -> Option<usize> {
        let mut key = (
            self.mapper.lookup_name(&record.name),
            Some(record.rtype),
            record.set_identifier.clone(),
        );
        if let Some(at) = found.get(&key) {
            return Some(*at);
        }
        // Up to 0.21 the TXT of an A that is an alias was named as that of a CNAME.
        let alias = record.properties.value("alias");
        if record.rtype == Rtype::A && matches!(alias, Some("true" | "A")) {
            key.1 = Some(Rtype::CNAME);
            if let Some(at) = found.get(&key) {
                return Some(*at);
            }
        }
        // When there was the old form, AAAA was not managed, so it never was for that.
        if record.rtype == Rtype::AAAA {
            return None;
        }
        key.1 = None;
        found.get(&key).copied()
    }

    fn take_over(&self, record: &mut Endpoint) {
        let Some(previous) = &self.previous_owner else {
            return;
        };
        if record.labels.value(Labels::OWNER) == Some(&**previous) {
            record.labels.set(Labels::OWNER, &self.owner);
            record.labels.set(Labels::PREVIOUS_OWNER, previous);
        }
    }
}
