//! Which key a value stands at, and of which name a key is.

use std::net::IpAddr;

use wire::Rtype;

use super::Service;
use crate::record::quirks::Quirks;

/// How a name server lays out its keys.
pub(crate) trait Layout: Send + Sync {
    /// The provider as users type it.
    const NAME: &'static str;
    /// The setting of endpoints that becomes the group of a service; "" if there are no groups.
    const GROUP: &'static str;

    /// What is peculiar to it.
    fn quirks(&self) -> &'static Quirks;

    /// The zone that all names are in; "" for any.
    fn zone(&self) -> &str;

    /// How many of the first labels of a key are not those of its name.
    fn strip(&self, labels: &[&str], service: &Service) -> usize;

    /// Where a value is put, which may be one of the registry's own; further attempts come where
    /// others are there already.
    fn place(&self, name: &str, part: Part, value: (&str, bool), attempt: u32) -> Place;
}

/// What a value is in a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Host,
    Text,
}

impl Part {
    pub(crate) fn of(rtype: Rtype) -> Self {
        match rtype {
            Rtype::TXT => Self::Text,
            _ => Self::Host,
        }
    }

    pub(super) fn get(self, service: &Service) -> &str {
        match self {
            Self::Host => &service.host,
            Self::Text => &service.text,
        }
    }

    pub(super) fn set(self, service: &mut Service, text: String) {
        match self {
            Self::Host => service.host = text,
            Self::Text => service.text = text,
        }
    }
}

/// Where a value is put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Below the key of its name, where this many labels are stripped.
    Child(String, u32),
    /// At the key of its name itself.
    Here,
    /// Nowhere; why not, in words for users.
    Nowhere(&'static str),
}

/// The type of a host at a name, as name servers guess it.
pub(super) fn rtype_of(name: &str, host: &str) -> Rtype {
    match host.parse() {
        Ok(IpAddr::V4(_)) => Rtype::A,
        Ok(IpAddr::V6(_)) => Rtype::AAAA,
        Err(_) if is_reverse(name) => Rtype::PTR,
        Err(_) => Rtype::CNAME,
    }
}

/// Whether a name is one of the reverse zones.
pub(crate) fn is_reverse(name: &str) -> bool {
    name.ends_with(".in-addr.arpa") || name.ends_with(".ip6.arpa")
}
