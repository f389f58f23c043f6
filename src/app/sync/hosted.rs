//! Providers behind an API, as the settings say.

use std::sync::Arc;
use std::time::Duration;

use config::{Hosted, HostedValue};
use plan::filter::DomainFilter;
use plan::registry::TxtRegistry;
use plan::{DynProvider, HttpCalls};
use provider::{Options, Scope, Setup, ZoneFilter, open};

/// The provider of a destination.
///
/// # Errors
/// It cannot be made of what is set, or is not part of this build.
pub(super) fn provider(
    hosted: &Hosted,
    destination: &config::Destination,
    domains: DomainFilter,
    (calls, dry_run): (&Arc<HttpCalls>, bool),
) -> anyhow::Result<Box<dyn DynProvider>> {
    let scope = Scope {
        zones: ZoneFilter {
            domains,
            names: destination.zone_names.clone(),
            ids: destination.zone_ids.clone(),
            parents: false,
        },
        zones_kept: Duration::ZERO,
        dry_run,
    };
    let setup = Setup {
        options: &Given(hosted),
        scope,
        calls: Arc::clone(calls),
        stand_in: None,
    };
    Ok(open(hosted.name, setup)?)
}

/// A provider whose records have their labels in a registry that Amazon keeps.
///
/// # Errors
/// It cannot be made of what is set, or is not part of this build.
pub(super) fn keep(
    registry: &Hosted,
    provider: Box<dyn DynProvider>,
    (owner, texts): (&str, TxtRegistry),
    calls: &Arc<HttpCalls>,
) -> anyhow::Result<Box<dyn DynProvider>> {
    let setup = Setup {
        options: &Given(registry),
        scope: Scope::default(),
        calls: Arc::clone(calls),
        stand_in: None,
    };
    let kept = provider::keep(registry.name, &setup, provider, (owner, Some(texts)))?;
    Ok(kept)
}

/// What the flags of a provider say.
struct Given<'h>(&'h Hosted);

impl Options for Given<'_> {
    fn text(&self, flag: &str) -> Option<&str> {
        match self.0.values.get(flag)? {
            // A choice may be that of none.
            HostedValue::Text(text) => Some(&**text).filter(|text| !text.is_empty()),
            HostedValue::Secret(text) => Some(text),
            _ => None,
        }
    }

    fn texts(&self, flag: &str) -> &[String] {
        match self.0.values.get(flag) {
            Some(HostedValue::Texts(texts)) => texts,
            _ => &[],
        }
    }

    fn is_on(&self, flag: &str) -> bool {
        matches!(self.0.values.get(flag), Some(HostedValue::Switch(true)))
    }

    fn number(&self, flag: &str) -> i64 {
        match self.0.values.get(flag) {
            Some(HostedValue::Number(number)) => *number,
            _ => 0,
        }
    }

    fn duration(&self, flag: &str) -> Duration {
        match self.0.values.get(flag) {
            Some(HostedValue::Duration(duration)) => *duration,
            _ => Duration::ZERO,
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|text| !text.is_empty())
    }
}
