//! Several copies of our program beside a real API server: one leads, the others follow it.
//!
//! ```text
//! etcd ← kube-apiserver ←─ Lease, objects ─→ copies ⇄ each other: transfers, NOTIFY, UPDATE
//!            ↑ changes                          ↑ queries, updates
//!            └───────────────── trial ──────────┘
//! ```
//!
//! A process that is killed is gone without a word, as a machine is.

mod catalog;
mod changes;
mod chaos;
mod copies;
mod elsewhere;
mod failover;
mod files;
mod journal;
mod launch;
mod rollout;
mod watch;
mod way;
mod ways;

use libtest_mimic::Trial;

use crate::fleet::Cast;

/// All trials.
pub(crate) fn trials(cast: &Cast) -> Vec<Trial> {
    let tables = [
        catalog::TRIALS,
        changes::TRIALS,
        chaos::TRIALS,
        elsewhere::TRIALS,
        failover::TRIALS,
        files::TRIALS,
        journal::TRIALS,
        rollout::TRIALS,
    ];
    tables
        .into_iter()
        .flatten()
        .map(|(name, check)| cast.own_trial(&format!("cluster::{name}"), *check))
        .collect()
}
