//! Providers behind an API, opened as the program opens them, before a stand-in of their host.

use std::sync::Arc;

use plan::DynProvider;
use wire::Rtype;

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
    more: fn(&Start) -> Vec<(&'static str, String)>,
    host: fn(&Start) -> Sim,
    id: fn(&str, &str) -> String,
    lists: fn(usize) -> usize,
    has_zones: bool,
    has_gaps: bool,
    keeps_owners: bool,
    /// Types with TTLs; all if empty.
    ttls: &'static [Rtype],
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
            more: |_| Vec::new(),
            host,
            id: |_, id| id.to_owned(),
            lists: |records| records.div_ceil(100),
            has_zones: true,
            has_gaps: false,
            keeps_owners: false,
            ttls: &[],
        }
    }

    /// With what users set: flags and variables.
    #[must_use]
    pub const fn set(self, settings: &'static [(&'static str, &'static str)]) -> Self {
        Self { settings, ..self }
    }

    /// With what users set for the zones of a case.
    #[must_use]
    pub const fn set_by(self, more: fn(&Start) -> Vec<(&'static str, String)>) -> Self {
        Self { more, ..self }
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

    /// With how many requests so many records are listed by, if it is not one for a hundred.
    #[must_use]
    pub const fn lists(self, lists: fn(usize) -> usize) -> Self {
        Self { lists, ..self }
    }

    /// Without zones.
    #[must_use]
    pub const fn unzoned(self) -> Self {
        Self {
            has_zones: false,
            ..self
        }
    }

    /// With moments in which what changes is away.
    #[must_use]
    pub const fn with_gaps(self) -> Self {
        Self {
            has_gaps: true,
            ..self
        }
    }

    /// With owners that are kept beside records, so that it needs no texts for them.
    #[must_use]
    pub const fn keeps(self) -> Self {
        Self {
            keeps_owners: true,
            ..self
        }
    }

    /// With TTLs of these types only.
    #[must_use]
    pub const fn ttls(self, ttls: &'static [Rtype]) -> Self {
        Self { ttls, ..self }
    }

    /// The provider before a host, as a process that has just begun.
    ///
    /// # Panics
    /// The settings are not enough.
    #[must_use]
    pub fn open(&self, sim: &Sim, scope: Scope) -> Box<dyn DynProvider> {
        self.open_with(&[], (sim, scope))
    }

    /// The same with other settings on top.
    ///
    /// # Panics
    /// The settings are not enough.
    #[must_use]
    pub fn open_with(
        &self,
        settings: &[(&str, &str)],
        (sim, scope): (&Sim, Scope),
    ) -> Box<dyn DynProvider> {
        let stand_in = StandIn {
            carrier: Arc::new(sim.clone()),
            clock: sim.seen_clock(),
        };
        self.open_before(settings, (stand_in, scope))
    }

    /// The same before something that a host is behind.
    pub(crate) fn open_before(
        &self,
        settings: &[(&str, &str)],
        (stand_in, scope): (StandIn, Scope),
    ) -> Box<dyn DynProvider> {
        let given = Given::new(&[self.settings, settings].concat());
        let mut setup = given.setup();
        setup.scope = scope;
        setup.stand_in = Some(stand_in);
        open(self.provider, setup).expect("a subject's settings are enough")
    }

    /// A host with the zones of a case.
    pub(crate) fn host(&self, start: &Start) -> Sim {
        (self.host)(start)
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

    fn has_zones(&self) -> bool {
        self.has_zones
    }

    fn has_gaps(&self) -> bool {
        self.has_gaps
    }

    fn keeps_owners(&self) -> bool {
        self.keeps_owners
    }

    fn has_ttl(&self, rtype: Rtype) -> bool {
        self.ttls.is_empty() || self.ttls.contains(&rtype)
    }

    fn lists(&self, records: usize) -> usize {
        (self.lists)(records)
    }

    fn zones(&self, start: &Start) -> Start {
        let zones = start.zones.iter();
        let zones = zones.map(|(name, id)| (name.clone(), (self.id)(name, id)));
        Start {
            zones: zones.collect(),
        }
    }

    fn start<'a>(&'a self, start: &'a Start) -> Later<'a, Box<dyn World>> {
        let (sim, subject) = (self.host(start), *self);
        let more = (self.more)(start);
        let world = SimWorld::boxed(sim, move |sim, scope| {
            let more: Vec<(&str, &str)> = more.iter().map(|(name, it)| (*name, &**it)).collect();
            subject.open_with(&more, (&sim, scope))
        });
        Box::pin(async { world })
    }
}
