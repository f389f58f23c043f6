//! What is asked of the writer's side of zones: what an update would do, what layers say and what
//! hides it, what led to the current version. Nothing is changed here.

use std::sync::Arc;

use wire::update::Update;
use wire::{Name, Serial};

use crate::hidden::{Hidden, View};
use crate::layer::Layer;
use crate::propose::check_change;
use crate::store::{Since, Store};
use crate::update::{self, Effect, Permit, Refusal};
use crate::writer::Change;

impl Store {
    /// What an UPDATE would do to the current version of its zone.
    ///
    /// # Errors
    /// When it must not be carried out, with what to tell the client.
    pub fn evaluate(&self, update: &Update, permit: &dyn Permit) -> Result<Effect, Refusal> {
        let writers = self.lock();
        if writers.withheld.contains(&update.zone) {
            let reason = format!("zone \"{}\" could not be read", update.zone);
            return Err(Refusal::new(wire::Rcode::SERVFAIL, reason));
        }
        if writers.frozen.contains(&update.zone) {
            let reason = format!(
                "zone \"{}\" is frozen: 'zonewright zone thaw' ends that",
                update.zone
            );
            return Err(Refusal::new(wire::Rcode::REFUSED, reason));
        }
        if writers.masks.contains_key(&update.zone) {
            let reason = format!("zone \"{}\" is written by another replica", update.zone);
            return Err(Refusal::new(wire::Rcode::SERVFAIL, reason));
        }
        match writers.zones.get(&update.zone) {
            Some(_) if writers.copies.contains(&update.zone) => Err(Refusal::new(
                wire::Rcode::NOTAUTH,
                format!("zone \"{}\" is a copy of another server's", update.zone),
            )),
            Some((_, writer)) => {
                let effect = update::evaluate(writer, update, permit)?;
                for change in &effect.changes {
                    let checked = check_change(&writer.zone, change);
                    checked
                        .map_err(|error| Refusal::new(wire::Rcode::REFUSED, error.to_string()))?;
                }
                Ok(effect)
            }
            None => Err(Refusal::new(
                wire::Rcode::NOTAUTH,
                format!("zone \"{}\" is not served here", update.zone),
            )),
        }
    }

    /// Whether there is a zone of this name that could be read, or a copy.
    #[must_use]
    pub fn has(&self, apex: &Name) -> bool {
        self.lock().served(apex).is_some()
    }

    /// What one layer says of a zone, shown or hidden, as the changes that would say it.
    #[must_use]
    pub fn layer(&self, apex: &Name, layer: Layer) -> Vec<Change> {
        let writers = self.lock();
        let Some((_, writer)) = writers.zones.get(apex) else {
            return Vec::new();
        };
        let mut changes = writer.contributions();
        changes.retain(|change| change.layer == layer);
        changes
    }

    /// What a layer says of a zone and nobody is answered, with what hides it.
    #[must_use]
    pub fn hidden(&self, apex: &Name, layer: Layer) -> Vec<Hidden> {
        let view = self.view(apex, layer, None);
        view.map_or_else(Vec::new, |view| view.all(apex.as_ref()))
    }

    /// The same of one name.
    #[must_use]
    pub fn hidden_at(&self, apex: &Name, owner: &Name, layer: Layer) -> Vec<Hidden> {
        let lower = owner.as_ref().to_lowercase();
        let below = lower.as_bytes().len().checked_sub(apex.as_bytes().len());
        let relative = below.and_then(|len| lower.as_bytes().get(..len));
        let view = relative.and_then(|owner| self.view(apex, layer, Some(owner)));
        view.map_or_else(Vec::new, |view| view.at(apex.as_ref(), lower.as_ref()))
    }

    /// A zone with what does not show in it. Both are of one instant; judging takes no lock.
    fn view(&self, apex: &Name, layer: Layer, owner: Option<&[u8]>) -> Option<View> {
        let writers = self.lock();
        let (_, writer) = writers.served(apex)?;
        if writers.masks.contains_key(apex) {
            return None;
        }
        Some(View {
            snapshot: Arc::clone(&self.snapshot()),
            losers: writer.losers(layer, owner),
            layer,
        })
    }

    /// The current version of a zone with the steps that lead to it from a serial.
    #[must_use]
    pub fn since(&self, apex: &Name, serial: Serial) -> Option<Since> {
        let writers = self.lock();
        let place = match writers.masks.contains_key(apex) {
            true => writers.zones.get(apex)?.0,
            false => writers.served(apex)?.0,
        };
        let zone = self.snapshot().zones.get(place)?.clone()?;
        let steps = match writers.histories.get(apex) {
            _ if zone.serial == serial => Some(Vec::new()),
            Some(history) => history.since(serial),
            None => None,
        };
        Some(Since { zone, steps })
    }
}
