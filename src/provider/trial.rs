//! What trials of providers have in common: settings without flags, and states as text.

use std::collections::BTreeMap;
use std::time::Duration;

use plan::diff::{Rules, plan};
use plan::{Applied, ChangeSet, DynProvider, Endpoint, ProviderError};
use wire::{Rtype, Ttl};

use crate::exec::Scope;
use crate::open::{Options, Setup};
use crate::record::quirks::Quirks;

/// Settings by name, be they flags or variables; what is not there has no value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given(BTreeMap<String, String>);

impl Given {
    pub(crate) fn new(settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter();
        Self(
            settings
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    /// A set-up of these settings that looks at all zones.
    pub(crate) fn setup(&self) -> Setup<'_> {
        Setup {
            options: self,
            scope: Scope::default(),
            calls: std::sync::Arc::default(),
        }
    }
}

impl Options for Given {
    fn text(&self, flag: &str) -> Option<&str> {
        self.0.get(flag).map(String::as_str)
    }

    fn texts(&self, _: &str) -> &[String] {
        &[]
    }

    fn is_on(&self, flag: &str) -> bool {
        self.text(flag) == Some("true")
    }

    fn number(&self, flag: &str) -> i64 {
        self.text(flag).map_or(0, |text| text.parse().unwrap())
    }

    fn duration(&self, flag: &str) -> Duration {
        Duration::from_secs(u64::try_from(self.number(flag)).unwrap())
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }
}

/// The endpoints of a state: `NAME TTL TYPE target | target ;; setting=value …` in each line; a TTL of
/// `-` is none.
pub(crate) fn endpoints(state: &str) -> Vec<Endpoint> {
    let lines = state.lines().map(str::trim).filter(|line| !line.is_empty());
    let endpoints = lines.map(|line| {
        let (line, settings) = line.split_once(" ;; ").unwrap_or((line, ""));
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let [name, ttl, rtype, targets] = words[..] else {
            panic!("not four words: {line}");
        };
        let rtype = Rtype::from_text(rtype.as_bytes()).unwrap();
        let mut endpoint = Endpoint::new(name, rtype, targets.split(" | "));
        endpoint.ttl = ttl.parse().ok().map(Ttl::from_secs);
        for setting in settings.split_whitespace() {
            let (name, value) = setting.split_once('=').unwrap();
            endpoint.properties.push(name, value);
        }
        endpoint
    });
    endpoints.collect()
}

/// Endpoints as a state, sorted.
pub(crate) fn state(endpoints: &[Endpoint]) -> String {
    let mut lines: Vec<String> = endpoints.iter().map(line).collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn line(endpoint: &Endpoint) -> String {
    let ttl = endpoint
        .ttl
        .map_or_else(|| "-".to_owned(), |ttl| ttl.as_secs().to_string());
    let targets = endpoint.targets.join(" | ");
    let mut line = format!("{} {ttl} {} {targets}", endpoint.name, endpoint.rtype);
    let settings = endpoint.properties.iter();
    for (at, (name, value)) in settings.enumerate() {
        let mark = if at == 0 { " ;;" } else { "" };
        line.push_str(&format!("{mark} {name}={value}"));
    }
    line
}

/// What there is to do.
async fn left(provider: &dyn DynProvider, state: &str) -> Result<ChangeSet, ProviderError> {
    let rules = Rules {
        managed: Quirks::NONE.types.to_vec(),
        ..Rules::default()
    };
    let current = provider.records().await?;
    let desired = provider.adjust(endpoints(state)).await?;
    Ok(plan(current, desired, &rules).changes)
}

/// One pass: reads, plans, writes. All that is there and not wanted goes.
pub(crate) async fn want(
    provider: &dyn DynProvider,
    state: &str,
) -> Result<(usize, Applied), ProviderError> {
    let changes = left(provider, state).await?;
    if changes.is_empty() {
        return Ok((0, Applied::default()));
    }
    let applied = provider.apply(&changes).await?;
    Ok((changes.len(), applied))
}

/// As [`want`], and nothing is refused; then nothing is left to do, and the provider reads what was
/// asked for.
pub(crate) async fn have(provider: &dyn DynProvider, state: &str) {
    let (_, applied) = want(provider, state).await.unwrap();
    assert!(applied.refused.is_empty(), "{:?}", applied.refused);
    let left = left(provider, state).await.unwrap();
    assert!(
        left.is_empty(),
        "a second pass has something to do: {left:?}"
    );
}
