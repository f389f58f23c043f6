//! The steps of a run: a pass as the program makes it, and what is judged after each.

use std::collections::BTreeMap;
use std::time::Duration;

use plan::diff;
use plan::group::groups;
use plan::{Applied, ChangeSet, Endpoint, ErrorKind, ProviderError, RowName};
use tokio::time::sleep;

use super::judge::{self, Mark};
use super::run::{Run, Wrong, ensure};
use crate::record::Rrset;
use crate::sim::{SECRET, Sim};
use crate::zones::places;

/// What came of a pass.
#[derive(Debug, Default)]
pub struct Passed {
    /// How many changes there were to make.
    pub changes: usize,
    /// Names whose changes were refused.
    pub refused: Vec<(Box<str>, ProviderError)>,
}

impl Run {
    /// One pass: reads, plans, writes.
    ///
    /// # Errors
    /// It cannot read, or does not know what was written.
    pub async fn pass(&mut self, desired: &[Endpoint]) -> Result<Passed, ProviderError> {
        let mut result = self.try_pass(desired, false).await;
        if matches!(&result, Err(error) if error.kind == ErrorKind::Failed) {
            // Who does not say at what it failed is asked for one after the other in the next pass.
            result = self.try_pass(desired, true).await;
        }
        match &result {
            Ok(passed) => {
                let texts = passed.refused.iter().map(|(_, error)| words(error));
                self.said.extend(texts);
            }
            Err(error) => self.said.push(words(error)),
        }
        result
    }

    async fn try_pass(
        &mut self,
        desired: &[Endpoint],
        again: bool,
    ) -> Result<Passed, ProviderError> {
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
        let applied = self.apply(&written, again).await?;
        let refused = applied.refused.iter().map(|(name, _)| RowName::new(name));
        let refused: Vec<RowName> = refused.collect();
        self.shadow.applied(&written, &refused);
        Ok(Passed {
            changes: written.len(),
            refused: applied.refused,
        })
    }

    /// Makes changes; where they are refused as a whole, one group after the other. `again`: they failed
    /// before.
    async fn apply(&self, written: &ChangeSet, again: bool) -> Result<Applied, ProviderError> {
        let is_refused = |error: &ProviderError| match error.kind {
            ErrorKind::Failed => again,
            kind => kind == ErrorKind::Rejected,
        };
        let whole = self.provider.apply(written).await;
        if !matches!(&whole, Err(error) if is_refused(error)) {
            return whole;
        }
        let mut applied = Applied::default();
        for (key, group) in groups(written.clone()) {
            match self.provider.apply(&group).await {
                Ok(mut part) => applied.refused.append(&mut part.refused),
                Err(error) if is_refused(&error) => {
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
            let is_told = matches!(error.kind, ErrorKind::Failed | ErrorKind::Rejected);
            let is_clear = is_told && error.message.contains(&**name);
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
        let states = |run: &Self| run.world.sim().map(|sim| sim.store(|it| it.history.len()));
        let before = states(self);
        let again = self.pass(desired).await;
        let again =
            again.map_err(|error| Wrong(format!("the second pass fails: {}", words(&error))))?;
        let log = self.world.sim().map(Sim::log).unwrap_or_default();
        // Some are asked before they refuse something.
        let is_refused = !refused.is_empty() && before.is_some() && states(self) == before;
        ensure(self.world.writes() == writes || is_refused, || {
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
}

/// An error with its reasons.
#[must_use]
pub fn words(error: &ProviderError) -> String {
    format!("{:?}: {error}{}", error.kind, crate::client::chain(error))
}

/// After that time nothing is in doubt any more.
const AGE: Duration = Duration::from_secs(660);
