//! Cases against providers, as a table.

use std::fmt;

use wire::Rtype;

use super::capture::Capture;
use super::case::{Case, Group, Outcome, What};
use super::run::{Run, Wrong};
use super::world::Subject;

/// What came of each case at each provider.
#[derive(Debug, Default)]
pub struct Table {
    /// The providers, by column.
    pub subjects: Vec<&'static str>,
    /// The cases, each with an outcome for each provider.
    pub rows: Vec<(Group, String, Vec<Outcome>)>,
}

/// Runs cases against providers.
pub async fn run(cases: &[Case], subjects: &[&dyn Subject]) -> Table {
    let mut table = Table {
        subjects: subjects.iter().map(|subject| subject.name()).collect(),
        rows: Vec::new(),
    };
    for case in cases {
        let mut outcomes = Vec::new();
        for subject in subjects {
            outcomes.push(run_case(case, *subject).await);
        }
        table.rows.push((case.group, case.name.clone(), outcomes));
    }
    table
}

/// Runs one case against one provider.
pub async fn run_case(case: &Case, subject: &dyn Subject) -> Outcome {
    if case.asks_whose() {
        let keeps = subject.quirks().types.contains(&Rtype::TXT) || subject.keeps_owners();
        let why = match keeps {
            false => Some("it keeps no texts, so nothing says whose records are"),
            true if subject.owns() => Some("what others write is kept apart from ours there"),
            true => None,
        };
        if let Some(why) = why {
            return Outcome::Skipped(vec![why.to_owned()]);
        }
    }
    let capture = Capture::default();
    let _until_the_end = tracing::subscriber::set_default(capture.clone());
    let mut run = Run::begin(case, subject, &capture).await;
    let result = match &case.what {
        What::States(states) => in_order(&mut run, states).await,
        What::Script(script) => script(&mut run).await,
    };
    match result {
        Err(Wrong(what)) => Outcome::Failed(what),
        Ok(()) if run.skipped.is_empty() => Outcome::Passed,
        Ok(()) => Outcome::Skipped(run.skipped.into_iter().collect()),
    }
}

async fn in_order(run: &mut Run, states: &[String]) -> Result<(), Wrong> {
    for (at, state) in states.iter().enumerate() {
        let step = run.want(state).await;
        step.map_err(|Wrong(what)| Wrong(format!("state {}: {what}", at + 1)))?;
    }
    Ok(())
}

impl Table {
    /// With the columns of another table of the same cases.
    #[must_use]
    pub fn beside(mut self, other: Self) -> Self {
        if self.rows.is_empty() {
            return other;
        }
        self.subjects.extend(other.subjects);
        for ((_, _, outcomes), (_, _, more)) in self.rows.iter_mut().zip(other.rows) {
            outcomes.extend(more);
        }
        self
    }

    /// What failed, in words.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        for (group, case, outcomes) in &self.rows {
            for (subject, outcome) in self.subjects.iter().zip(outcomes) {
                if let Outcome::Failed(what) = outcome {
                    failures.push(format!("{subject}: {group:?}: {case}: {what}"));
                }
            }
        }
        failures
    }

    /// What is skipped, and why.
    #[must_use]
    pub fn skips(&self) -> Vec<String> {
        let mut skips = Vec::new();
        for (group, case, outcomes) in &self.rows {
            for (subject, outcome) in self.subjects.iter().zip(outcomes) {
                if let Outcome::Skipped(reasons) = outcome {
                    let reasons = reasons.join("; ");
                    skips.push(format!("{subject}: {group:?}: {case}: {reasons}"));
                }
            }
        }
        skips
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:62}", "")?;
        for subject in &self.subjects {
            write!(f, " {subject:>9}")?;
        }
        writeln!(f)?;
        let mut last = None;
        for (group, case, outcomes) in &self.rows {
            let shown = if last == Some(*group) {
                String::new()
            } else {
                format!("{group:?}")
            };
            last = Some(*group);
            let case: String = case.chars().take(49).collect();
            write!(f, "{shown:12} {case:49}")?;
            for outcome in outcomes {
                let cell = match outcome {
                    Outcome::Passed => "ok",
                    Outcome::Skipped(_) => "-",
                    Outcome::Failed(_) => "FAILED",
                };
                write!(f, " {cell:>9}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
