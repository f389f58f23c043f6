//! One case under way: states are asked for as the program does it, and what comes of it is judged.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use plan::diff::{self, Rules};
use plan::filter::DomainFilter;
use plan::group::groups;
use plan::registry::{Registry, Shadow, TxtOptions, TxtRegistry};
use plan::{
    Applied, ChangeSet, DynProvider, Endpoint, ErrorKind, Properties, ProviderError, RowName,
};
use tokio::time::sleep;
use wire::Rtype;

use super::capture::Capture;
use super::case::{Case, Named};
use super::judge::{self, Mark};
use super::line::{Held, endpoints};
use super::world::{Family, Subject, World};
use crate::exec::Scope;
use crate::record::Rrset;
use crate::record::quirks::Quirks;
use crate::sim::{SECRET, Sim};
use crate::zones::{Zone, places};

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
    start: Vec<Zone>,
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
    capture: Capture,
    /// All errors so far.
    said: Vec<String>,
}

/// What came of a pass.
#[derive(Debug, Default)]
pub struct Passed {
    /// How many changes there were to make.
    pub changes: usize,
    /// Names whose changes were refused.
    pub refused: Vec<(Box<str>, ProviderError)>,
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
        let named = match quirks.types.contains(&Rtype::TXT) {
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

    /// One pass: reads, plans, writes.
    ///
    /// # Errors
    /// It cannot read, or does not know what was written.
    pub async fn pass(&mut self, desired: &[Endpoint]) -> Result<Passed, ProviderError> {
        let result = self.try_pass(desired).await;
        match &result {
            Ok(passed) => {
                let texts = passed.refused.iter().map(|(_, error)| words(error));
                self.said.extend(texts);
            }
            Err(error) => self.said.push(words(error)),
        }
        result
    }

    async fn try_pass(&mut self, desired: &[Endpoint]) -> Result<Passed, ProviderError> {
        let records = self.provider.records().await?;
        self.rules.filters = vec![self.provider.filter().await?];
        if !self.has_zones {
            // As users name their domains.
            self.rules.filters.push(self.scope.zones.domains.clone());
        }
        self.shadow.load(records);
        let changes = self.plan(desired).await?;
        if changes.is_empty() {
            return Ok(Passed::default());
        }
        let written = self.shadow.write(changes);
        let applied = self.apply(&written).await?;
        let refused = applied.refused.iter().map(|(name, _)| RowName::new(name));
        let refused: Vec<RowName> = refused.collect();
        self.shadow.applied(&written, &refused);
        Ok(Passed {
            changes: written.len(),
            refused: applied.refused,
        })
    }

    /// Makes changes; where they are refused as a whole, one group after the other.
    async fn apply(&self, written: &ChangeSet) -> Result<Applied, ProviderError> {
        let whole = self.provider.apply(written).await;
        if !matches!(&whole, Err(error) if error.kind == ErrorKind::Rejected) {
            return whole;
        }
        let mut applied = Applied::default();
        for (key, group) in groups(written.clone()) {
            match self.provider.apply(&group).await {
                Ok(mut part) => applied.refused.append(&mut part.refused),
                Err(error) if error.kind == ErrorKind::Rejected => {
                    applied.refused.push((key.name.as_str().into(), error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(applied)
    }

    /// What there is to do, by what is known.
    async fn plan(&self, desired: &[Endpoint]) -> Result<ChangeSet, ProviderError> {
        let wanted = self.provider.adjust(desired.to_vec()).await?;
        let current = self.shadow.endpoints().collect();
        Ok(diff::plan(current, wanted, &self.rules).changes)
    }

    /// Asks for a state of the first zone, which must come of one pass.
    ///
    /// # Errors
    /// It did not, or something else is wrong.
    pub async fn want(&mut self, state: &str) -> Result<(), Wrong> {
        let desired = self.endpoints(state);
        self.want_all(&desired).await
    }

    /// The same for endpoints.
    ///
    /// # Errors
    /// As for [`Run::want`].
    pub async fn want_all(&mut self, desired: &[Endpoint]) -> Result<(), Wrong> {
        let mark = self.mark().await;
        let passed = self.pass(desired).await;
        let passed = passed.map_err(|error| Wrong(format!("the pass fails: {}", words(&error))))?;
        let refused = self.refused(desired, &passed)?;
        judge::count(self, &mark, !refused.is_empty()).await?;
        self.settled(desired, &refused, &mark).await
    }

    /// Asks for a state until it is there, for so many passes at most; then nothing goes wrong any more.
    ///
    /// # Errors
    /// It never is, or something else is wrong.
    pub async fn eventually(&mut self, state: &str, passes: usize) -> Result<usize, Wrong> {
        let desired = self.endpoints(state);
        self.eventually_all(&desired, passes).await
    }

    /// The same for endpoints.
    ///
    /// # Errors
    /// As for [`Run::eventually`].
    pub async fn eventually_all(
        &mut self,
        desired: &[Endpoint],
        passes: usize,
    ) -> Result<usize, Wrong> {
        let mark = self.mark().await;
        let mut last = String::new();
        for pass in 1..=passes {
            let passed = match self.pass(desired).await {
                Ok(passed) => passed,
                Err(error) => {
                    last = words(&error);
                    self.harmless(&mark).await?;
                    continue;
                }
            };
            match self.refused(desired, &passed) {
                Ok(refused) if self.is_quiet() && (passed.changes == 0 || !refused.is_empty()) => {
                    if self.world.sim().is_some() {
                        // What is left over is taken away when it is old.
                        sleep(AGE).await;
                        let _tidied = self.pass(desired).await;
                    }
                    self.settled(desired, &refused, &mark).await?;
                    return Ok(pass);
                }
                Ok(_) => {}
                Err(Wrong(why)) => last = why,
            }
            self.harmless(&mark).await?;
        }
        Err(Wrong(format!("{passes} passes are not enough: {last}")))
    }

    /// Whether what others have is as it was.
    ///
    /// # Errors
    /// It is not.
    pub async fn untouched(&self) -> Result<(), Wrong> {
        judge::others(self).await
    }

    /// Whether nothing is accepted there that is not made yet.
    fn is_quiet(&self) -> bool {
        let sim = self.world.sim();
        sim.is_none_or(|sim| sim.store(|store| store.later.is_empty()))
    }

    /// Where a step begins.
    pub async fn mark(&self) -> Mark {
        Mark {
            held: self.world.dump().await,
            inner: self
                .world
                .sim()
                .map(|sim| sim.store(|store| super::world::inner(store))),
            writes: self.world.writes(),
            history: self
                .world
                .sim()
                .map_or(0, |sim| sim.store(|store| store.history.len())),
            log: self.world.sim().map_or(0, |sim| sim.log().len()),
        }
    }

    /// Names that this provider has to refuse, and has.
    fn refused(
        &mut self,
        desired: &[Endpoint],
        passed: &Passed,
    ) -> Result<BTreeMap<String, String>, Wrong> {
        let mut expected: BTreeMap<String, String> = BTreeMap::new();
        for endpoint in desired {
            let rrset = Rrset::of(endpoint);
            let zones = places(self.zones.iter(), &rrset.key.name);
            let zone = zones.first().and_then(|at| self.zones.get(*at));
            let Some(zone) = zone else { continue };
            if let Err(reason) = self.quirks.check(&zone.name, &rrset)
                && self.rules.manages(endpoint.rtype)
                && !judge::is_held_back(self, endpoint)
            {
                expected.insert(rrset.key.name.to_string(), reason);
            }
            let is_second = |other: &Endpoint| {
                plan::name::normalize(&other.name) == *rrset.key.name
                    && other.rtype < endpoint.rtype
                    && self.rules.manages(other.rtype)
            };
            if self.quirks.one_type
                && self.rules.manages(endpoint.rtype)
                && desired.iter().any(is_second)
                && !judge::is_held_back(self, endpoint)
            {
                let reason = "two types at one name are not taken there";
                expected.insert(rrset.key.name.to_string(), reason.to_owned());
            }
        }
        let said: BTreeMap<String, &ProviderError> = (passed.refused.iter())
            .map(|(name, error)| (plan::name::normalize(name).into_owned(), error))
            .collect();
        for (name, error) in &said {
            ensure(expected.contains_key(name), || {
                format!("\"{name}\" is refused: {}", words(error))
            })?;
            let is_clear = error.kind == ErrorKind::Rejected && error.message.contains(&**name);
            ensure(is_clear, || {
                format!("\"{name}\" is refused unclearly: {error:?}")
            })?;
        }
        for (name, reason) in &expected {
            self.skipped.insert(reason.clone());
            ensure(passed.changes == 0 || said.contains_key(name), || {
                format!("\"{name}\" should be refused: {reason}")
            })?;
        }
        Ok(expected)
    }

    /// Judges a state that must be there, and that asking again changes nothing.
    async fn settled(
        &mut self,
        desired: &[Endpoint],
        refused: &BTreeMap<String, String>,
        mark: &Mark,
    ) -> Result<(), Wrong> {
        judge::contents(self, desired, refused, mark).await?;
        self.harmless(mark).await?;
        if refused.is_empty() {
            let left = self
                .plan(desired)
                .await
                .map_err(|error| Wrong(words(&error)))?;
            ensure(left.is_empty(), || {
                format!("as it is remembered there is still to do: {left:?}")
            })?;
        }
        let writes = self.world.writes();
        let again = self.pass(desired).await;
        let again =
            again.map_err(|error| Wrong(format!("the second pass fails: {}", words(&error))))?;
        let log = self.world.sim().map(Sim::log).unwrap_or_default();
        ensure(self.world.writes() == writes, || {
            let lines = log
                .iter()
                .filter(|seen| seen.writes)
                .map(|seen| seen.line.as_str());
            let lines: Vec<&str> = lines.skip(writes).collect();
            format!("the second pass writes: {}", lines.join(", "))
        })?;
        ensure(again.changes == 0 || !refused.is_empty(), || {
            format!("the second pass has {} changes to make", again.changes)
        })
    }

    /// Judges what must hold at any moment.
    async fn harmless(&mut self, mark: &Mark) -> Result<(), Wrong> {
        judge::others(self).await?;
        judge::history(self, mark)?;
        let log = self.world.sim().map(Sim::log).unwrap_or_default();
        let unsigned = log.iter().skip(mark.log).find(|seen| !seen.admitted);
        ensure(unsigned.is_none(), || {
            format!(
                "{} has no good credentials",
                unsigned.map_or("", |seen| &seen.line)
            )
        })?;
        let told = |text: &String| text.contains(SECRET);
        ensure(
            !self.said.iter().any(told) && !told(&self.capture.text()),
            || "the secret is told".to_owned(),
        )
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

/// An error with its reasons.
#[must_use]
pub fn words(error: &ProviderError) -> String {
    format!("{:?}: {error}{}", error.kind, crate::client::chain(error))
}

/// Records of a zone that is large.
pub(super) const MANY: usize = 802;

/// After that time nothing is in doubt any more.
const AGE: Duration = Duration::from_secs(660);

/// Who we are.
pub(super) const OWNER: &str = "suite";
