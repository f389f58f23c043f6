//! Changes, with the ownership TXT that go with them.

use std::collections::HashMap;

use wire::Rtype;

use super::{TextKey, TxtRegistry, has_short_labels, is_ownership, key_of, labels};
use crate::{ChangeSet, Endpoint, Labels, Update};

impl TxtRegistry {
    /// Changes as the destination is to make them. What is created becomes ours, and gets a TXT
    /// unless there is one; updates and deletes of what is not ours are left out. In each list TXT
    /// come behind all records.
    #[must_use]
    pub fn write(&self, changes: ChangeSet) -> ChangeSet {
        let ours = |endpoint: &Endpoint| endpoint.labels.value(Labels::OWNER) == Some(&*self.owner);
        let mut out = changes;
        for endpoint in &mut out.create {
            endpoint.labels.set(Labels::OWNER, &self.owner);
        }
        // Only what is made here is an ownership TXT, whatever labels users give their own.
        let changed = out.update.iter_mut().map(|update| &mut update.new);
        for endpoint in changed.chain(&mut out.create) {
            if endpoint.rtype == Rtype::TXT {
                endpoint.labels.remove(Labels::OWNED_RECORD);
            }
        }
        out.update
            .retain(|update| ours(&update.old) && ours(&update.new));
        out.delete.retain(ours);
        let mut left = self.take_leftovers(&mut out.delete);

        let missing = |endpoint: &&Endpoint| {
            let key = self.text_key(endpoint);
            !self.existing.contains(&self.hash(&key))
        };
        let created = out.create.iter().filter(missing);
        let mut created: Vec<Endpoint> = created.filter_map(|new| self.text_after(new)).collect();
        let updated = out.update.iter().filter_map(|update| {
            Some(Update {
                old: self.text_before(&update.old)?,
                new: self.text_after(&update.new)?,
            })
        });
        let mut updated: Vec<Update> = updated.collect();
        let deleted = out.delete.iter().filter_map(|old| self.text_before(old));
        let mut deleted: Vec<Endpoint> = deleted.collect();

        let before = out.update.iter_mut().map(|update| &mut update.old);
        for endpoint in before.chain(&mut out.delete) {
            endpoint.labels.remove(Labels::PREVIOUS_OWNER);
        }
        if self.key.is_some() {
            let (mut before, mut after) = (Vec::new(), Vec::new());
            for update in &mut out.update {
                before.push(&mut update.old);
                after.push(&mut update.new);
            }
            before.extend(&mut out.delete);
            after.extend(&mut out.create);
            let old = updated.iter().map(|text| &text.old).chain(&deleted);
            let new = updated.iter().map(|text| &text.new).chain(&created);
            self.tell_nonces(&mut before, &old.collect::<Vec<_>>());
            self.tell_nonces(&mut after, &new.collect::<Vec<_>>());
        }
        out.create.append(&mut created);
        out.update.append(&mut updated);
        out.delete.append(&mut deleted);
        out.delete.append(&mut left);
        out
    }

    /// Puts the nonces of encrypted texts on their records, where external-dns keeps them.
    fn tell_nonces(&self, records: &mut [&mut Endpoint], texts: &[&Endpoint]) {
        let mut nonces: HashMap<TextKey, &str> = HashMap::new();
        for text in texts {
            let target = text.targets.first();
            if let Some(nonce) = target.and_then(|text| self.key.as_ref()?.nonce(text)) {
                nonces.insert(key_of(&text.name, &text.set_identifier), nonce);
            }
        }
        for record in records {
            if let Some(nonce) = nonces.get(&self.text_key(record)) {
                record.labels.set(labels::NONCE, nonce);
            }
        }
    }

    /// Remembers what was made of written changes; `made` says of each endpoint whether it was.
    pub fn applied(&mut self, written: &ChangeSet, made: impl Fn(&Endpoint) -> bool) {
        let gone = written.delete.iter();
        let changed = written.update.iter().map(|update| &update.old);
        for text in gone.chain(changed) {
            if is_ownership(text) && made(text) {
                let key = key_of(&text.name, &text.set_identifier);
                self.existing.remove(&self.hash(&key));
                self.odd.remove(&key);
                self.leftovers.remove(&key);
            }
        }
        let new = written.create.iter();
        let changed = written.update.iter().map(|update| &update.new);
        for text in new.chain(changed) {
            if !is_ownership(text) || !made(text) {
                continue;
            }
            let key = key_of(&text.name, &text.set_identifier);
            self.existing.insert(self.hash(&key));
            if self.encrypt
                && let Some(raw) = text.targets.first()
            {
                self.odd.insert(key, raw.clone());
            }
        }
    }

    /// The labels that a record has once it was created: those of its TXT, be it one that was there
    /// before.
    pub(crate) fn labels_after(&self, created: &Endpoint) -> Labels {
        let text = self.odd.get(&self.text_key(created));
        let found = text.and_then(|text| self.labels(text));
        found.unwrap_or_else(|| created.labels.clone())
    }

    /// The TXT for a record as it will be.
    fn text_after(&self, record: &Endpoint) -> Option<Endpoint> {
        let name = self.mapper.text_name(&record.name, record.rtype);
        let mut text = labels::to_text(&record.labels);
        if self.encrypt
            && let Some(key) = &self.key
        {
            text = key.encrypt(&name, &text)?;
        }
        text_record(record, &name, &quoted(&text))
    }

    /// The TXT for a record as it is: what was read if that differs from what labels give.
    fn text_before(&self, record: &Endpoint) -> Option<Endpoint> {
        let name = self.mapper.text_name(&record.name, record.rtype);
        if let Some(raw) = self.odd.get(&key_of(&name, &record.set_identifier)) {
            return text_record(record, &name, raw);
        }
        let mut labels = record.labels.clone();
        if let Some(previous) = record.labels.value(Labels::PREVIOUS_OWNER) {
            // The TXT still tells the owner before us.
            labels.set(Labels::OWNER, previous);
        }
        text_record(record, &name, &quoted(&labels::to_text(&labels)))
    }
}

fn text_record(record: &Endpoint, name: &str, target: &str) -> Option<Endpoint> {
    if !has_short_labels(name) {
        return None;
    }
    let mut text = Endpoint::new(name, Rtype::TXT, [target]);
    text.set_identifier = record.set_identifier.clone();
    text.properties = record.properties.clone();
    text.labels.set(Labels::OWNED_RECORD, &record.name);
    Some(text)
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
