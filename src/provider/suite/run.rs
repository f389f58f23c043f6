//! One case under way: the world, who looks at it and how, and what is known of it. What is done is in
//! `steps`.

use std::collections::BTreeSet;

use plan::diff::Rules;
use plan::filter::DomainFilter;
use plan::registry::{Registry, Shadow, TxtOptions, TxtRegistry};
use plan::{DynProvider, Endpoint, Properties};
use wire::Rtype;

use super::capture::Capture;
use super::case::{Case, Named};
use super::line::{Held, endpoints};
use super::world::{Family, Subject, World};
use crate::exec::Scope;
use crate::record::quirks::Quirks;
use crate::sim::Sim;
use crate::zones::Zone;

/// What is wrong, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong(pub String);

impl Wrong {
    /// This is wrong.
    pub fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// Ends a script if something does not hold.
///
/// # Errors
/// It does not.
pub fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(Wrong(what())) }
}

/// A case under way.
pub struct Run {
    /// Where records are.
    pub world: Box<dyn World>,
    /// What is peculiar to the provider.
    pub quirks: Quirks,
    /// In what units it writes.
    pub family: Family,
    /// How many requests list a zone of 400 names, each with its ownership record.
    pub lists: usize,
    /// What it may do.
    pub scope: Scope,
    /// How changes are decided.
    pub rules: Rules,
    /// What others have.
    pub others: Vec<Held>,
    pub(super) zones: Vec<Zone>,
    pub(super) start: Vec<Zone>,
    pub(super) named: Named,
    /// The types whose records have TTLs.
    pub(super) ttls: Vec<Rtype>,
    /// Whether what changes may be away for a moment.
    pub(super) has_gaps: bool,
    /// Whether it has zones; else names are looked at one by one.
    pub has_zones: bool,
    pub(super) provider: Box<dyn DynProvider>,
    pub(super) shadow: Shadow,
    pub(super) skipped: BTreeSet<String>,
    /// Whether ownership records may be left: who died could not take them away.
    pub(super) leaves: bool,
    pub(super) capture: Capture,
    /// All errors so far.
    pub(super) said: Vec<String>,
}

impl Run {
    pub(super) async fn begin(case: &Case, subject: &dyn Subject, capture: &Capture) -> Self {
        let start = subject.zones(&case.start);
        let world = subject.start(&start).await;
        let quirks = *subject.quirks();
        let mut scope = Scope::default();
        if !subject.has_zones() {
            // It would take any name.
            let names: Vec<&str> = start.zones.iter().map(|(name, _)| &**name).collect();
            scope.zones.domains = DomainFilter::lists(&names, &[]);
        }
        let named = match quirks.types.contains(&Rtype::TXT) && !subject.owns() {
            _ if subject.keeps_owners() => Named::Kept,
            true => case.named,
            false => Named::None,
        };
        let zones = start.zones.iter();
        let zones: Vec<Zone> = zones.map(|(name, id)| Zone::new(name, id)).collect();
        let mut run = Self {
            provider: world.provider(&scope),
            world,
            family: subject.family(),
            lists: subject.lists(MANY),
            scope,
            rules: Rules {
                managed: managed(named),
                owner: (named != Named::None).then(|| OWNER.into()),
                ..Rules::default()
            },
            quirks,
            others: Vec::new(),
            zones: zones.clone(),
            start: zones,
            named,
            ttls: {
                let types = quirks.types.iter().copied();
                types.filter(|rtype| subject.has_ttl(*rtype)).collect()
            },
            has_gaps: subject.has_gaps(),
            has_zones: subject.has_zones(),
            shadow: Shadow::default(),
            skipped: BTreeSet::new(),
            leaves: false,
            capture: capture.clone(),
            said: Vec::new(),
        };
        run.shadow = run.empty_shadow(OWNER);
        run.others = run.world.dump().await;
        run.others_do(&case.others).await;
        run
    }

    fn empty_shadow(&self, owner: &str) -> Shadow {
        let (prefix, suffix) = match self.named {
            Named::None => return Shadow::new(Registry::Noop),
            Named::Kept => {
                return Shadow::new(Registry::Kept {
                    owner: owner.into(),
                    texts: None,
                });
            }
            Named::Inside | Named::Encrypted => ("%{record_type}-own.", ""),
            Named::Plain => ("", ""),
            Named::Suffixed => ("", "-%{record_type}-own"),
        };
        let encrypt = self.named == Named::Encrypted;
        let options = TxtOptions {
            owner: owner.into(),
            prefix: prefix.into(),
            suffix: suffix.into(),
            wildcard_replacement: "any".into(),
            managed: managed(self.named),
            encrypt,
            key: if encrypt {
                "k".repeat(32).into()
            } else {
                "".into()
            },
            ..TxtOptions::default()
        };
        let registry = TxtRegistry::new(options).expect("these options go together");
        Shadow::new(Registry::Txt(Box::new(registry)))
    }

    /// The stand-in.
    ///
    /// # Errors
    /// It is a real server: the case is skipped.
    pub fn sim(&mut self) -> Option<Sim> {
        let sim = self.world.sim().cloned();
        if sim.is_none() {
            self.skip("nothing can be made to go wrong at a real server");
        }
        sim
    }

    /// Says why this case cannot be had of this provider.
    pub fn skip(&mut self, why: &str) {
        self.skipped.insert(why.to_owned());
    }

    /// What is there of a name in the first zone and a type.
    pub async fn held(&self, name: &str, rtype: Rtype) -> Option<Held> {
        let name = format!("{name}.{}", self.zone());
        let all = self.world.dump().await.into_iter();
        let mut all = all.filter(|held| held.key.name == name && held.key.rtype == rtype);
        all.next()
    }

    /// All that is there of a whole name, in words.
    pub async fn held_at(&self, name: &str) -> String {
        let all = self.world.dump().await.into_iter();
        let texts = all
            .filter(|held| held.key.name == name)
            .map(|held| held.to_string());
        texts.collect::<Vec<_>>().join("; ")
    }

    /// Somebody else does something in the first zone that nobody takes note of.
    pub async fn meddle(&self, state: &str) {
        let id = self.zones.first().map_or("", |zone| &zone.id);
        self.world.plant(id, state).await;
    }

    /// The name of the first zone.
    #[must_use]
    pub fn zone(&self) -> &str {
        self.zones.first().map_or("", |zone| &zone.name)
    }

    /// The identifier of a zone.
    #[must_use]
    pub fn id(&self, name: &str) -> &str {
        let mut zones = self.start.iter();
        let zone = zones.find(|zone| *zone.name == *name);
        zone.map_or("", |zone| &zone.id)
    }

    /// Whether two zones of the case go by one identifier there.
    #[must_use]
    pub fn mixes_zones(&self) -> bool {
        let ids: BTreeSet<&str> = self.start.iter().map(|zone| &*zone.id).collect();
        ids.len() < self.start.len()
    }

    /// Endpoints of lines, in the first zone.
    #[must_use]
    pub fn endpoints(&self, state: &str) -> Vec<Endpoint> {
        endpoints(self.zone(), state)
    }

    /// Somebody else does something in the first zone.
    pub async fn others_do(&mut self, state: &str) {
        let Some(zone) = self.start.first().map(|zone| zone.id.clone()) else {
            return;
        };
        let before: BTreeSet<Held> = self.world.dump().await.into_iter().collect();
        self.world.plant(&zone, state).await;
        let after: BTreeSet<Held> = self.world.dump().await.into_iter().collect();
        let touched = |held: &Held| *held.zone == *zone;
        let gone: Vec<&Held> = before.difference(&after).filter(|it| touched(it)).collect();
        let came: Vec<&Held> = after.difference(&before).filter(|it| touched(it)).collect();
        self.others.retain(|held| {
            !gone
                .iter()
                .any(|other| other.key == held.key && other.zone == held.zone)
        });
        self.others.extend(came.into_iter().cloned());
    }

    /// Begins anew, as a process that was started again.
    pub fn restart(&mut self) {
        self.provider = self.world.provider(&self.scope);
        self.leaves = true;
        let zones = self.start.iter();
        let taken = zones.filter(|zone| self.scope.zones.takes(zone));
        self.zones = taken.cloned().collect();
        self.shadow = self.empty_shadow(OWNER);
    }

    /// Goes on as another owner, to whom all that is there is that of others.
    pub async fn become_owner(&mut self, owner: &str) {
        self.others = self.world.dump().await;
        self.provider = self.world.provider(&self.scope);
        self.rules.owner = Some(owner.into());
        self.shadow = self.empty_shadow(owner);
    }

    /// The name of the ownership record of a name and a type.
    pub(super) fn text_name(&self, name: &str, rtype: Rtype) -> Option<String> {
        match self.shadow.registry() {
            Registry::Noop | Registry::Kept { .. } => None,
            Registry::Txt(registry) => Some(registry.mapper().text_name(name, rtype)),
        }
    }

    /// The settings of an endpoint that mean something to the provider.
    #[must_use]
    pub fn settings(&self, endpoint: &Endpoint) -> Properties {
        let mut properties = endpoint.properties.clone();
        properties.retain(|name, _| self.quirks.properties.contains(&name));
        properties
    }
}

/// The types that are managed: where ownership is kept, those that ownership records have names for.
fn managed(named: Named) -> Vec<Rtype> {
    match named {
        Named::Kept | Named::None => Quirks::NONE.types.to_vec(),
        _ => OWNABLE.to_vec(),
    }
}

/// The types that users can have managed.
const OWNABLE: [Rtype; 10] = [
    Rtype::A,
    Rtype::AAAA,
    Rtype::CNAME,
    Rtype::DNAME,
    Rtype::MX,
    Rtype::NAPTR,
    Rtype::NS,
    Rtype::PTR,
    Rtype::SRV,
    Rtype::TXT,
];

/// Records of a zone that is large.
pub(super) const MANY: usize = 802;

/// Who we are.
pub(super) const OWNER: &str = "suite";
