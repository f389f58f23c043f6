//! Providers behind an API, opened as the program opens them, before a stand-in of their host.

use std::sync::Arc;

use plan::DynProvider;

use super::given::Given;
use super::world::{Family, Later, SimWorld, Start, Subject, World};
use crate::exec::Scope;
use crate::open::{StandIn, open};
use crate::record::quirks::Quirks;
use crate::sim::Sim;

/// A provider that is opened by its name.
#[derive(Clone, Copy, Debug)]
pub struct Hosted {
    /// The name that users type.
    provider: &'static str,
    /// What the table calls it.
    name: &'static str,
    quirks: &'static Quirks,
    family: Family,
    settings: &'static [(&'static str, &'static str)],
    host: fn(&Start) -> Sim,
    id: fn(&str, &str) -> String,
}

impl Hosted {
    /// The provider that users type this name for, before a host with the zones of a case.
    #[must_use]
    pub const fn new(
        provider: &'static str,
        (quirks, family): (&'static Quirks, Family),
        host: fn(&Start) -> Sim,
    ) -> Self {
        Self {
            provider,
            name: provider,
            quirks,
            family,
            settings: &[],
            host,
            id: |_, id| id.to_owned(),
        }
    }

    /// With what users set: flags and variables.
    #[must_use]
    pub const fn set(self, settings: &'static [(&'static str, &'static str)]) -> Self {
        Self { settings, ..self }
    }

    /// With another name in the table, as for one that is set up otherwise.
    #[must_use]
    pub const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// With identifiers of zones that are made of a zone's name, or of what a case calls it.
    #[must_use]
    pub const fn ids(self, id: fn(&str, &str) -> String) -> Self {
        Self { id, ..self }
    }

    /// The provider before a host, as a process that has just begun.
    ///
    /// # Panics
    /// The settings are not enough.
    #[must_use]
    pub fn open(&self, sim: &Sim, scope: Scope) -> Box<dyn DynProvider> {
        let given = Given::new(self.settings);
        let mut setup = given.setup();
        setup.scope = scope;
        setup.stand_in = Some(StandIn {
            carrier: Arc::new(sim.clone()),
            clock: sim.clock(),
        });
        open(self.provider, setup).expect("a subject's settings are enough")
    }
}

impl Subject for Hosted {
    fn name(&self) -> &'static str {
        self.name
    }

    fn quirks(&self) -> &Quirks {
        self.quirks
    }

    fn family(&self) -> Family {
        self.family
    }

    fn zones(&self, start: &Start) -> Start {
        let zones = start.zones.iter();
        let zones = zones.map(|(name, id)| (name.clone(), (self.id)(name, id)));
        Start {
            zones: zones.collect(),
        }
    }

    fn start<'a>(&'a self, start: &'a Start) -> Later<'a, Box<dyn World>> {
        let (sim, subject) = ((self.host)(start), *self);
        let world = SimWorld::boxed(sim, move |sim, scope| subject.open(&sim, scope));
        Box::pin(async { world })
    }
}
