//! The Helm chart on trial: what it renders, what it refuses, what its README says, and whether a
//! real API server takes its objects and its rights are those that the program needs.
//!
//! ```text
//! charts/zonewright/ci/*-values.yaml ─→ helm ─→ expected/*.yaml, by text
//!                                          └──→ a real API server ─→ our program with the rendered
//!                                               flags, as the rendered account
//! values.yaml ─→ the table of its README, values.schema.json
//! files/      ─→ metrics that our program really shows
//! names of providers, sources, registries ─→ those that our program has
//! ```
//!
//! Invariants: Helm is told where the cluster is by flags only and keeps nothing outside a temporary
//! folder. `CHART_WRITE=1` writes what is expected and the README's table in place of comparing.

#![forbid(unsafe_code)]

mod files;
mod golden;
mod helm;
mod metrics;
mod names;
mod program;
mod readme;
mod refuse;
mod replace;
mod rights;
mod schema;

use std::path::Path;
use std::sync::Arc;

use cluster_peers::Parts;
use libtest_mimic::{Failed, Trial};

use helm::Helm;

/// What is missing on this machine, by name.
#[must_use]
pub fn missing() -> Vec<&'static str> {
    let parts = Parts::find();
    let each = [
        ("helm", parts.helm),
        ("the chart of external-dns", parts.external_dns_chart),
        ("external-dns", parts.external_dns),
        ("the CRDs of the Prometheus Operator", parts.monitoring),
    ];
    let lacking = each.into_iter().filter(|(_, path)| path.is_none());
    lacking.map(|(name, _)| name).collect()
}

/// All trials, with this program of ours; an empty path leaves ours out. Trials are ignored where a
/// part they need is not there.
#[must_use]
pub fn trials(ours: &Path) -> Vec<Trial> {
    let helm = Helm::find().map(Arc::new);
    let mut trials = readme::trials();
    trials.extend(schema::trials());
    let mut add = |name: String, ready: bool, check: Check| {
        let helm = helm.clone();
        let ignored = helm.is_none() || !ready;
        let trial = Trial::test(name, move || {
            let helm = helm.as_ref().ok_or("helm is not there")?;
            check(helm).map_err(Failed::from)
        });
        trials.push(trial.with_ignored_flag(ignored));
    };
    for (name, check) in golden::checks() {
        add(format!("chart::{name}"), true, check);
    }
    for (name, check) in refuse::checks() {
        add(format!("chart::{name}"), true, check);
    }
    let theirs = Parts::find().external_dns_chart;
    for (name, check) in replace::checks(theirs.as_deref()) {
        add(format!("chart::{name}"), theirs.is_some(), check);
    }
    let there = !ours.as_os_str().is_empty();
    for (name, check) in metrics::checks(ours).into_iter().chain(names::checks(ours)) {
        add(format!("chart::{name}"), there, check);
    }
    let parts = Parts::find();
    let cluster = parts.missing().is_empty() && parts.monitoring.is_some();
    for (name, check) in rights::checks(ours) {
        add(format!("chart::{name}"), there && cluster, check);
    }
    trials
}

/// A check with Helm. What is wrong is told in words.
type Check = Box<dyn FnOnce(&Helm) -> Result<(), String> + Send>;
