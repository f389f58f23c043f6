//! From what objects ask for at one name to the endpoints that should be there.
//!
//! ```text
//! per source: merge ─→ all sources in order, default targets ─→ check, drop doubles ─→ NAT64
//!                                                 ─→ target filter ─→ PTR ─→ TTL, properties, alias
//! ```
//!
//! Every step sees one name only (PTR: one address), so a name can be done alone with the result
//! that doing all would give. What is dropped or changed is recorded if somebody asked.

mod check;
mod finish;
mod pipeline;
mod reverse;
mod sources;
mod step;

use ipnet::Ipv6Net;
use wire::Ttl;

pub use check::{Flaw, check};
pub use finish::retain_properties;
pub use reverse::{address_of, reverse_name};
pub use step::{Counts, Step, What};

pub(crate) use pipeline::{Candidate, finished, forward};
pub(crate) use reverse::{addresses, pointer};
pub(crate) use step::Record;

use crate::filter::TargetFilter;

/// How endpoints become what is desired.
#[derive(Clone, Debug, Default)]
pub struct MergeRules {
    /// The sources, in the order of their flags.
    pub sources: Vec<SourceRule>,
    /// Targets for endpoints that have none.
    pub default_targets: Vec<Box<str>>,
    /// Whether these targets replace all others.
    pub force_default_targets: bool,
    /// NAT64 networks, all of them /96: an AAAA within gives an A too.
    pub nat64: Vec<Ipv6Net>,
    /// Which targets are published.
    pub target_filter: TargetFilter,
    /// Whether addresses get PTR records.
    pub ptr: PtrRule,
    /// The TTL of endpoints that have none.
    pub min_ttl: Option<Ttl>,
    /// The provider whose properties stay. Unset, all stay as they are: then
    /// [`retain_properties`] is for each destination.
    pub provider: Option<Box<str>>,
    /// Whether CNAMEs without an `alias` property get one.
    pub prefer_alias: bool,
}

/// How one source's endpoints are merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRule {
    /// The source, as users type it.
    pub name: Box<str>,
    /// What it does with endpoints of one name and type.
    pub merge: SourceMerge,
}

/// What a source does with endpoints of one name and type from several objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceMerge {
    /// Nothing.
    None,
    /// Targets are joined where name, type, set identifier and TTL are equal.
    #[default]
    Plain,
    /// Targets are joined whatever the TTL; the object first by its `resource` label gives the rest.
    Service,
}

/// Which addresses get PTR records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PtrRule {
    /// PTR records are not managed; nothing is looked at.
    #[default]
    Off,
    /// Those whose object asks for it.
    OnRequest,
    /// All, but those whose object does not want it.
    Always,
}

#[cfg(test)]
mod tests;
