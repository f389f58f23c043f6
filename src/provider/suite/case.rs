//! Cases: what is asked for, step by step.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::run::{Run, Wrong};
use super::world::Start;

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Group {
    Basic,
    Apex,
    Types,
    Txt,
    Ttl,
    MultiValue,
    TypeChange,
    Names,
    Zones,
    Paging,
    Batching,
    Ownership,
    Foreign,
    Errors,
    Concurrency,
    DryRun,
    Policies,
    Async,
    Lifecycle,
    Load,
    Property,
}

/// How ownership records are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// In a label of their own before the name, so that those of a zone's own name are in the zone.
    Inside,
    /// As without any setting: the type before the first label.
    Plain,
    /// With something behind the first label.
    Suffixed,
    /// As `Inside`, and encrypted.
    Encrypted,
    /// There are none, and owners are kept beside records.
    Kept,
    /// There are none.
    None,
}

/// The steps of a script.
pub type Steps<'r> = Pin<Box<dyn Future<Output = Result<(), Wrong>> + 'r>>;

/// Something to do with a run.
pub type Script = Arc<dyn for<'r> Fn(&'r mut Run) -> Steps<'r> + Send + Sync>;

/// What a case does.
#[derive(Clone)]
pub enum What {
    /// Asks for one state after the other.
    States(Vec<String>),
    /// Anything.
    Script(Script),
}

/// One case.
#[derive(Clone)]
pub struct Case {
    /// What it is about.
    pub group: Group,
    /// What is to hold.
    pub name: String,
    /// What there is in the beginning.
    pub start: Start,
    /// What somebody else has in the first zone.
    pub others: String,
    /// How ownership is kept.
    pub named: Named,
    /// What is done.
    pub what: What,
}

impl Case {
    /// A case of states in one zone.
    #[must_use]
    pub fn new(group: Group, name: &str, states: &[&str]) -> Self {
        let states = states.iter().map(|state| (*state).to_owned());
        Self {
            group,
            name: name.to_owned(),
            start: Start::zones(&["example.org"]),
            others: String::new(),
            named: Named::Inside,
            what: What::States(states.collect()),
        }
    }

    /// A case that is a script.
    #[must_use]
    pub fn script(
        group: Group,
        name: &str,
        script: impl for<'r> Fn(&'r mut Run) -> Steps<'r> + Send + Sync + 'static,
    ) -> Self {
        Self {
            what: What::Script(Arc::new(script)),
            ..Self::new(group, name, &[])
        }
    }

    /// In these zones.
    #[must_use]
    pub fn zones(self, zones: &[&str]) -> Self {
        Self {
            start: Start::zones(zones),
            ..self
        }
    }

    /// Beside what others have.
    #[must_use]
    pub fn beside(self, others: &str) -> Self {
        Self {
            others: others.to_owned(),
            ..self
        }
    }

    /// Whether it is about whose records are whose.
    pub(super) fn asks_whose(&self) -> bool {
        let groups = [Group::Ownership, Group::Foreign, Group::Concurrency];
        !self.others.is_empty() || groups.contains(&self.group)
    }

    /// With ownership kept in this way.
    #[must_use]
    pub fn named(self, named: Named) -> Self {
        Self { named, ..self }
    }
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is as it should be.
    Passed,
    /// The provider does not take it, and says so.
    Skipped(Vec<String>),
    /// What is wrong.
    Failed(String),
}
