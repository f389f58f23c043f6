use std::sync::Arc;
use std::time::Duration;

use plan::{Applied, ChangeSet, Endpoint, Provider, ProviderError};
use wire::Rtype;

use super::{DryRun, Meter, Metered, TimeLimit};
use crate::inmemory::InMemory;

struct Slow;

impl Provider for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        Ok(Vec::new())
    }

    async fn apply(&self, _changes: &ChangeSet) -> Result<Applied, ProviderError> {
        Ok(Applied::default())
    }
}

fn one() -> ChangeSet {
    let create = vec![Endpoint::new("x.example.org", Rtype::A, ["192.0.2.1"])];
    ChangeSet {
        create,
        ..ChangeSet::default()
    }
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let provider = DryRun(Box::new(InMemory::default()));
    provider.apply(&one()).await.unwrap();
    assert_eq!(provider.records().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_is_given_up() {
    let provider = TimeLimit::new(Box::new(Slow), Duration::from_secs(60));
    let error = provider.records().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"provider "slow": list records: not done after 60s"#
    );
    provider.apply(&one()).await.unwrap();
}

#[tokio::test]
async fn calls_and_failures_are_counted() {
    let meter = Arc::new(Meter::default());
    let provider = Metered::new(Box::new(InMemory::default()), Arc::clone(&meter));
    provider.apply(&one()).await.unwrap();
    provider.apply(&one()).await.unwrap_err();
    provider.records().await.unwrap();
    let counted = (
        meter.apply.requests(),
        meter.apply.errors(),
        meter.records.requests(),
    );
    assert_eq!(counted, (2, 1, 1));
}
