//! Settings of tests' own.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::exec::Scope;
use crate::open::{Options, Setup};

/// What users set, by the names of flags and variables. A switch is on if it is there.
#[derive(Default)]
pub(crate) struct Given(HashMap<&'static str, String>);

impl Given {
    pub(crate) fn of(pairs: &[(&'static str, &str)]) -> Self {
        let pairs = pairs.iter().map(|(name, text)| (*name, (*text).to_owned()));
        Self(pairs.collect())
    }

    pub(crate) fn setup(&self) -> Setup<'_> {
        Setup {
            options: self,
            scope: Scope::default(),
            calls: Arc::default(),
        }
    }
}

impl Options for Given {
    fn text(&self, flag: &str) -> Option<&str> {
        self.0.get(flag).map(String::as_str)
    }

    fn texts(&self, _flag: &str) -> &[String] {
        &[]
    }

    fn is_on(&self, flag: &str) -> bool {
        self.0.contains_key(flag)
    }

    fn number(&self, _flag: &str) -> i64 {
        0
    }

    fn duration(&self, _flag: &str) -> Duration {
        Duration::ZERO
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}
