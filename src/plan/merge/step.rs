//! What the merge did to an endpoint, for explanations and counters.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use wire::{Rtype, Ttl};

use super::Flaw;
use crate::{Endpoint, ObjectRef};

/// One thing that was done to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was done.
    pub what: What,
    /// The endpoint's name as its source wrote it.
    pub name: Box<str>,
    /// Its type.
    pub rtype: Rtype,
    /// Its targets before.
    pub targets: Vec<Box<str>>,
    /// The objects it comes from.
    pub origins: Vec<Arc<ObjectRef>>,
}

impl Step {
    pub(crate) fn new(what: What, endpoint: &Endpoint) -> Self {
        Self {
            what,
            name: endpoint.name.clone(),
            rtype: endpoint.rtype,
            targets: endpoint.targets.clone(),
            origins: endpoint.origins.clone(),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.rtype)?;
        for (at, target) in self.targets.iter().enumerate() {
            f.write_str(if at == 0 { " " } else { "," })?;
            f.write_str(target)?;
        }
        for (at, origin) in self.origins.iter().enumerate() {
            write!(f, "{}{origin}", if at == 0 { " of " } else { ", " })?;
        }
        write!(f, ": {}", self.what)
    }
}

/// What can be done to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It became an alias.
    Aliased,
    /// It was given default targets.
    Defaulted,
    /// Its default targets replaced its own.
    Forced,
    /// It is not what its type must be.
    Invalid(Flaw),
    /// Its targets went to an endpoint of the same source.
    Merged,
    /// It gave an A endpoint by NAT64.
    Nat64(Vec<Box<str>>),
    /// It is a CNAME or DNAME without a target.
    NoTarget,
    /// It gave its address a PTR.
    Pointed,
    /// PTR records are asked for where there can be none.
    PointerIgnored,
    /// A property for another provider was dropped.
    PropertyDropped(Box<str>),
    /// The same endpoint came from elsewhere before.
    Repeated,
    /// The rules of a destination do not let it pass.
    Refused(Box<str>),
    /// Some targets were filtered out, or all and so the endpoint.
    Filtered {
        /// The ones left.
        left: usize,
    },
    /// Its source has another CNAME or DNAME for the name.
    SecondTarget,
    /// It was given the default TTL.
    TtlSet(Ttl),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aliased => f.write_str("alias preferred"),
            Self::Defaulted => f.write_str("no targets of its own, default targets taken"),
            Self::Forced => f.write_str("default targets forced over its own"),
            Self::Invalid(flaw) => write!(f, "dropped, {flaw}"),
            Self::Merged => f.write_str("targets joined with an endpoint of the same source"),
            Self::Nat64(targets) => {
                f.write_str("A added by NAT64:")?;
                targets.iter().try_for_each(|target| write!(f, " {target}"))
            }
            Self::NoTarget => f.write_str("dropped, there is no target"),
            Self::Pointed => f.write_str("PTR made for its address"),
            Self::PointerIgnored => {
                f.write_str("no PTR, they are for A and AAAA of names without wildcard only")
            }
            Self::PropertyDropped(name) => {
                write!(f, "property \"{name}\" dropped, it is for another provider")
            }
            Self::Repeated => f.write_str("dropped, the same endpoint came before"),
            Self::Refused(reason) => write!(f, "dropped, {reason}"),
            Self::Filtered { left: 0 } => {
                f.write_str("dropped, the target filter lets no target pass")
            }
            Self::Filtered { left } => write!(f, "target filter leaves {left} of its targets"),
            Self::SecondTarget => f.write_str("another target for the name; one of them will win"),
            Self::TtlSet(ttl) => write!(f, "TTL {ttl} set, it had none"),
        }
    }
}

/// How many endpoints were dropped, by source and type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// They were not what their type must be.
    pub invalid: BTreeMap<(u16, Rtype), u64>,
    /// They had been there before.
    pub repeated: BTreeMap<(u16, Rtype), u64>,
}

/// Where the steps go: nowhere, to counters, or to a list.
pub(crate) enum Record<'a> {
    Nothing,
    Counts(&'a mut Counts),
    Steps(&'a mut Vec<Step>),
}

impl Record<'_> {
    /// Keeps a step, if steps are kept.
    pub(crate) fn step(&mut self, endpoint: &Endpoint, what: impl FnOnce() -> What) {
        if let Self::Steps(steps) = self {
            steps.push(Step::new(what(), endpoint));
        }
    }

    pub(crate) fn invalid(&mut self, source: u16, endpoint: &Endpoint, flaw: Flaw) {
        if let Self::Counts(counts) = self {
            *counts.invalid.entry((source, endpoint.rtype)).or_default() += 1;
        }
        self.step(endpoint, || What::Invalid(flaw));
    }

    pub(crate) fn repeated(&mut self, source: u16, endpoint: &Endpoint) {
        if let Self::Counts(counts) = self {
            *counts.repeated.entry((source, endpoint.rtype)).or_default() += 1;
        }
        self.step(endpoint, || What::Repeated);
    }
}
