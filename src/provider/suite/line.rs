//! States as text: one line for each RRset.
//!
//! `name [TTL] TYPE value | value ;; setting=value`; names without a dot at their end are in the zone,
//! `@` is the zone itself.

use std::collections::BTreeSet;

use plan::Endpoint;
use wire::{Rtype, Ttl};

use crate::sim::SetKey;
use crate::sim::form;

/// The endpoints of a state; `zone` is what names are in.
///
/// # Panics
/// The state is not written as it should be.
#[must_use]
pub fn endpoints(zone: &str, state: &str) -> Vec<Endpoint> {
    let lines = state.lines().map(str::trim_start);
    lines
        .filter(|line| !line.is_empty())
        .map(|line| endpoint(zone, line))
        .collect()
}

fn endpoint(zone: &str, line: &str) -> Endpoint {
    let (line, settings) = line.split_once(" ;; ").unwrap_or((line, ""));
    let (name, rest) = line.split_once(' ').expect("a name is followed by a space");
    let (ttl, rest) = match rest.split_once(' ') {
        Some((ttl, rest)) if ttl.parse::<u32>().is_ok() => (ttl.parse().ok(), rest),
        _ => (None, rest),
    };
    let (rtype, values) = rest.split_once(' ').unwrap_or((rest, ""));
    let rtype = Rtype::from_text(rtype.as_bytes()).expect("a type is one of ours");
    let mut endpoint = Endpoint::new(&whole(zone, name), rtype, values.split(" | "));
    for (target, value) in endpoint.targets.iter_mut().zip(values.split(" | ")) {
        if value.ends_with(" .") {
            *target = value.into();
        }
    }
    endpoint.ttl = ttl.map(Ttl::from_secs);
    for setting in settings.split_whitespace() {
        match setting.split_once('=') {
            Some(("set", value)) => endpoint.set_identifier = value.into(),
            Some((key, value)) => endpoint.properties.push(key, value),
            None => {}
        }
    }
    endpoint
}

fn whole(zone: &str, name: &str) -> String {
    match name.strip_suffix('.') {
        Some(whole) => whole.to_owned(),
        None if name == "@" => zone.to_owned(),
        None => format!("{name}.{zone}"),
    }
}

/// An RRset as it is at a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// The identifier of its zone.
    pub zone: String,
    /// Its name, type and set identifier.
    pub key: SetKey,
    /// Its TTL.
    pub ttl: u32,
    /// Its values as in a zone file; texts in one string.
    pub values: BTreeSet<String>,
    /// How many values there are, if some are there twice.
    pub count: usize,
    /// What else is there.
    pub extra: String,
}

impl Held {
    /// An RRset of values as they are in messages.
    #[must_use]
    pub fn new<'r>(
        zone: &str,
        key: SetKey,
        ttl: u32,
        rdatas: impl IntoIterator<Item = &'r [u8]>,
    ) -> Self {
        let rdatas: Vec<&[u8]> = rdatas.into_iter().collect();
        let values = rdatas.iter().map(|rdata| one_form(key.rtype, rdata));
        Self {
            zone: zone.to_owned(),
            ttl,
            values: values.collect(),
            count: rdatas.len(),
            extra: String::new(),
            key,
        }
    }

    /// What an endpoint asks for, by another way than the program's.
    ///
    /// # Errors
    /// A value is none of its type.
    pub fn of(zone: &str, endpoint: &Endpoint) -> Result<Self, String> {
        let rtype = endpoint.rtype;
        let rdatas: Result<BTreeSet<Vec<u8>>, String> = endpoint
            .targets
            .iter()
            .map(|target| form::parse(rtype, target))
            .collect();
        let rdatas = rdatas?;
        let mut key = SetKey::new(&plan::name::normalize(&endpoint.name), rtype);
        key.set = endpoint.set_identifier.to_string();
        let ttl = endpoint.ttl.map_or(0, Ttl::as_secs);
        Ok(Self::new(zone, key, ttl, rdatas.iter().map(Vec::as_slice)))
    }
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let SetKey { name, rtype, set } = &self.key;
        let values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        let (zone, ttl, values) = (&self.zone, self.ttl, values.join(" | "));
        write!(f, "[{zone}] {name} {ttl} {rtype} {values}")?;
        if !set.is_empty() {
            write!(f, " (set {set})")?;
        }
        if self.extra.is_empty() {
            Ok(())
        } else {
            write!(f, " {}", self.extra)
        }
    }
}

/// One text for data that means the same.
fn one_form(rtype: Rtype, rdata: &[u8]) -> String {
    if rtype == Rtype::TXT {
        return form::in_quotes(&form::bytes(rdata));
    }
    let text = form::print(rtype, rdata);
    match rtype {
        Rtype::CAA | Rtype::NAPTR | Rtype::SVCB | Rtype::HTTPS => text,
        _ => text.to_ascii_lowercase(),
    }
}
