//! Ownership TXT of ours whose record is gone, as a crash leaves them: they go in the end.
//!
//! What [`plan::registry::Leftover`] says of them was so in every listing for a long time. They go a few
//! at a time, with a listing of that very pass, where nothing asks for their names, all objects are
//! known and the policy lets records go; and the brake counts them like records.

use std::time::Duration;

use plan::ChangeSet;
use plan::diff::Policy;
use tokio::time::Instant;

use super::state::Destination;

impl Destination {
    /// Adds to what goes. The listing is of now.
    pub(super) fn add_leftovers(&mut self, changes: &mut ChangeSet) {
        let rules = &self.judge.rules;
        let found = self.shadow.registry().leftovers();
        if found.is_empty() || rules.policy != Policy::Sync || !self.status.numbers().synced {
            self.leftovers.clear();
            return;
        }
        let inner = self.model.read();
        let found = found.into_iter().filter(|left| {
            let zone = self.judge.zone_of(&left.text.name);
            let mut names = left.names.iter();
            names.all(|name| {
                let covered = rules.filters.iter().all(|it| it.matches(name.as_str()));
                // A zone that cannot be read may hold the record, and another one the TXT.
                let together = self.judge.zone_of(name.as_str()) == zone;
                covered && together && inner.desired.row(name).is_empty()
            })
        });
        let mut before = std::mem::take(&mut self.leftovers);
        let mut going = Vec::new();
        for left in found {
            let text = &left.text;
            let key = (text.name.clone(), text.set_identifier.clone());
            let since = before.remove(&key).unwrap_or_else(Instant::now);
            if since.elapsed() >= LONG.max(self.pace.interval * 3) && going.len() < AT_ONCE {
                going.push(text.clone());
            }
            self.leftovers.insert(key, since);
        }
        if let Some(first) = going.first() {
            tracing::info!(
                destination = self.name,
                texts = going.len(),
                such_as = %first.name,
                "ownership records whose records are gone for long are taken away"
            );
        }
        changes.delete.append(&mut going);
    }
}

/// How long one has to be without its record, in all listings.
const LONG: Duration = Duration::from_secs(15 * 60);

/// So many go with a pass: fewer than the brake lets go at any time.
const AT_ONCE: usize = 10;
