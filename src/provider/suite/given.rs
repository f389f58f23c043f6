//! Settings of providers under trial.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::exec::Scope;
use crate::open::{Options, Setup};

/// Settings by name, be they flags or variables; what is not there has no value. Several values of
/// one are separated by commas, a number of seconds is a duration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given(BTreeMap<String, (String, Vec<String>)>);

impl Given {
    pub(crate) fn new(settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(name, value)| {
            let parts = value.split(',').map(str::to_owned).collect();
            ((*name).to_owned(), ((*value).to_owned(), parts))
        });
        Self(settings.collect())
    }

    /// A set-up of these settings that looks at all zones.
    pub(crate) fn setup(&self) -> Setup<'_> {
        Setup {
            options: self,
            scope: Scope::default(),
            calls: std::sync::Arc::default(),
            stand_in: None,
        }
    }
}

impl Options for Given {
    fn text(&self, flag: &str) -> Option<&str> {
        let text = self.0.get(flag).map(|(text, _)| text.as_str());
        text.filter(|text| !text.is_empty())
    }

    fn texts(&self, flag: &str) -> &[String] {
        self.0.get(flag).map_or(&[], |(_, parts)| parts)
    }

    fn is_on(&self, flag: &str) -> bool {
        self.text(flag) == Some("true")
    }

    fn number(&self, flag: &str) -> i64 {
        let text = self.text(flag).unwrap_or("0");
        text.parse().expect("what tests set as a number is one")
    }

    fn duration(&self, flag: &str) -> Duration {
        Duration::from_secs(self.number(flag).unsigned_abs())
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }
}
