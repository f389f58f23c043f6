//! An endpoint: a desired name with a type and targets, and where it came from.

mod labels;
mod object;
mod properties;

use std::sync::Arc;

use wire::{Rtype, Ttl};

pub use labels::Labels;
pub use object::ObjectRef;
pub use properties::Properties;

/// A name, a type and targets. The same shape holds what objects ask for and what a destination has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The name as its source wrote it, without a dot at its end.
    pub name: Box<str>,
    /// The type.
    pub rtype: Rtype,
    /// The targets as text, in the form that the type has in external-dns.
    pub targets: Vec<Box<str>>,
    /// The TTL, if one was asked for.
    pub ttl: Option<Ttl>,
    /// Tells apart several endpoints of one name and type at providers with routing policies;
    /// mostly empty.
    pub set_identifier: Box<str>,
    /// What the registry keeps beside the record: owner, resource and others.
    pub labels: Labels,
    /// Settings for one provider, by name.
    pub properties: Properties,
    /// The objects that asked for it, the first one first. Empty for what a destination has.
    pub origins: Vec<Arc<ObjectRef>>,
}

impl Endpoint {
    /// An endpoint with nothing but a name, a type and targets; dots at the end are cut as
    /// external-dns does (not from the targets of TXT, NAPTR and SRV).
    #[must_use]
    pub fn new<T: AsRef<str>>(
        name: &str,
        rtype: Rtype,
        targets: impl IntoIterator<Item = T>,
    ) -> Self {
        let keeps_dots = matches!(rtype, Rtype::TXT | Rtype::NAPTR | Rtype::SRV);
        let targets = targets.into_iter().map(|target| {
            let target = target.as_ref();
            let cut = if keeps_dots {
                None
            } else {
                target.strip_suffix('.')
            };
            Box::from(cut.unwrap_or(target))
        });
        Self {
            name: name.strip_suffix('.').unwrap_or(name).into(),
            rtype,
            targets: targets.collect(),
            ttl: None,
            set_identifier: Box::default(),
            labels: Labels::default(),
            properties: Properties::default(),
            origins: Vec::new(),
        }
    }

    /// The type that a target asks for: an address of either family, else a name. An IPv6 address
    /// with a scope counts as an address; whether it can be one is up to the destination.
    #[must_use]
    pub fn suitable_type(target: &str) -> Rtype {
        let address = match target.split_once('%') {
            Some((address, scope)) if !scope.is_empty() && address.contains(':') => address,
            _ => target,
        };
        match address.parse() {
            Ok(std::net::IpAddr::V4(_)) => Rtype::A,
            Ok(std::net::IpAddr::V6(_)) => Rtype::AAAA,
            Err(_) => Rtype::CNAME,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_ask_for_their_type() {
        let cases = [
            ("192.0.2.1", Rtype::A),
            ("2001:db8::1", Rtype::AAAA),
            ("::ffff:192.0.2.1", Rtype::AAAA),
            ("fe80::1%eth0", Rtype::AAAA),
            ("192.0.2.1%eth0", Rtype::CNAME),
            ("192.0.2.01", Rtype::CNAME),
            ("lb.example.org", Rtype::CNAME),
            ("", Rtype::CNAME),
        ];
        for (target, expected) in cases {
            assert_eq!(Endpoint::suitable_type(target), expected, "{target}");
        }
    }

    #[test]
    fn one_dot_at_the_end_is_cut_where_it_means_nothing() {
        let cases = [
            (Rtype::CNAME, "x.", "x"),
            (Rtype::CNAME, "x..", "x."),
            (Rtype::MX, "10 x.", "10 x"),
            (Rtype::SRV, "1 2 3 x.", "1 2 3 x."),
            (Rtype::TXT, "x.", "x."),
            (Rtype::NAPTR, "x.", "x."),
        ];
        for (rtype, written, expected) in cases {
            let endpoint = Endpoint::new("a.example.", rtype, [written]);
            assert_eq!(
                (&*endpoint.name, &*endpoint.targets[0]),
                ("a.example", expected)
            );
        }
    }
}
