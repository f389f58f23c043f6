//! What trials of providers have in common: states as text.

use plan::diff::{Rules, plan};
use plan::{Applied, ChangeSet, DynProvider, Endpoint, ProviderError};
use wire::{Rtype, Ttl};

use crate::record::quirks::Quirks;
pub(crate) use crate::suite::Given;

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
