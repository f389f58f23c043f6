//! Which records a client may change by UPDATE: rules as in BIND's `update-policy`, the first one
//! that fits deciding.

use std::net::IpAddr;
use std::sync::Arc;

use wire::{Name, NameRef, Rtype};

use super::who::{Client, Who};

/// One rule.
#[derive(Clone, Debug)]
pub struct UpdateRule {
    /// Whether what fits is granted, or denied.
    pub grant: bool,
    /// Whose updates it is about.
    pub who: Who,
    /// The names it is about.
    pub names: Names,
    /// The types it is about.
    pub types: Types,
    /// Whether records of other layers may be overridden, besides.
    pub takeover: bool,
}

/// The names that a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// This one.
    Name(Name),
    /// The one that the key is named after.
    SelfName,
    /// The one that the key is named after, and all below.
    SelfSub,
    /// All below the one that the key is named after.
    SelfWild,
    /// This one and all below.
    Subdomain(Name),
    /// The one that stands for the client's address in reverse; over TCP only.
    TcpSelf,
    /// All below this one, which is written with a leading `*`.
    Wildcard(Name),
    /// All of the zone.
    Zonesub,
}

/// The types that a rule is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Types {
    /// All but those that hold a zone together and those that sign it.
    #[default]
    Ordinary,
    /// All.
    Any,
    /// These.
    These(Vec<Rtype>),
}

impl Types {
    fn cover(&self, rtype: Rtype) -> bool {
        match self {
            Self::Ordinary => !matches!(
                rtype,
                Rtype::NS | Rtype::NSEC | Rtype::NSEC3 | Rtype::RRSIG | Rtype::SOA
            ),
            Self::Any => true,
            Self::These(types) => types.contains(&rtype),
        }
    }
}

impl UpdateRule {
    fn fits(&self, client: &Client, zone: NameRef<'_>, owner: NameRef<'_>, rtype: Rtype) -> bool {
        self.who.is(client) && self.types.cover(rtype) && self.names.cover(client, zone, owner)
    }
}

impl Names {
    fn cover(&self, client: &Client, zone: NameRef<'_>, owner: NameRef<'_>) -> bool {
        let key = client.key.as_ref().map(Name::as_ref);
        let strictly_below =
            |above: NameRef<'_>| owner.is_at_or_below(above) && owner.len() > above.len();
        match self {
            Self::Name(name) => owner == name.as_ref(),
            Self::SelfName => key.is_some_and(|key| owner == key),
            Self::SelfSub => key.is_some_and(|key| owner.is_at_or_below(key)),
            Self::SelfWild => key.is_some_and(strictly_below),
            Self::Subdomain(name) => owner.is_at_or_below(name.as_ref()),
            Self::TcpSelf => client.connected && is_reverse_of(owner, client.address),
            Self::Wildcard(name) => name.as_ref().parent().is_some_and(strictly_below),
            Self::Zonesub => owner.is_at_or_below(zone),
        }
    }
}

/// Whether a name is the one that an address has for reverse look-ups.
fn is_reverse_of(owner: NameRef<'_>, address: IpAddr) -> bool {
    let name = match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(address) => {
            let octets = address.octets();
            let nibbles = octets.iter().rev();
            let mut name: String = nibbles
                .map(|octet| format!("{:x}.{:x}.", octet & 15, octet >> 4))
                .collect();
            name.push_str("ip6.arpa.");
            name
        }
    };
    Name::from_text(name.as_bytes(), None).is_ok_and(|name| owner == name.as_ref())
}

/// What one client may do in one zone.
#[derive(Clone, Debug)]
pub struct Permitted {
    rules: Arc<[UpdateRule]>,
    client: Client,
    zone: Name,
}

impl Permitted {
    /// What the rules of a zone permit a client; nothing at all if no rule is about it.
    #[must_use]
    pub fn new(rules: &[UpdateRule], client: Client, zone: Name) -> Option<Self> {
        let rules: Arc<[UpdateRule]> = rules
            .iter()
            .filter(|rule| rule.who.is(&client))
            // Anybody can write any address on a datagram.
            .filter(|rule| client.connected || !matches!(rule.who, Who::Addresses(_)))
            .cloned()
            .collect();
        rules.iter().any(|rule| rule.grant).then_some(Self {
            rules,
            client,
            zone,
        })
    }

    fn decides(&self, owner: NameRef<'_>, rtype: Rtype) -> Option<&UpdateRule> {
        let zone = self.zone.as_ref();
        let mut rules = self.rules.iter();
        let rule = rules.find(|rule| rule.fits(&self.client, zone, owner, rtype));
        rule.filter(|rule| rule.grant)
    }
}

impl zone::Permit for Permitted {
    fn may_update(&self, owner: NameRef<'_>, rtype: Rtype) -> bool {
        self.decides(owner, rtype).is_some()
    }

    fn may_take_over(&self, owner: NameRef<'_>, rtype: Rtype) -> bool {
        self.decides(owner, rtype).is_some_and(|rule| rule.takeover)
    }
}

#[cfg(test)]
mod tests {
    use zone::Permit;

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), None).unwrap()
    }

    fn rule(grant: bool, names: Names, types: Types) -> UpdateRule {
        UpdateRule {
            grant,
            who: Who::Key(name("host.zone.")),
            names,
            types,
            takeover: false,
        }
    }

    fn client(address: &str, connected: bool) -> Client {
        Client {
            address: address.parse().unwrap(),
            connected,
            tls: false,
            certificate: None,
            key: Some(name("host.zone.")),
        }
    }

    fn permitted(rules: &[UpdateRule], client: Client) -> Permitted {
        Permitted::new(rules, client, name("zone.")).unwrap()
    }

    #[test]
    fn each_kind_of_rule_covers_its_names() {
        let owners = [
            "zone.",
            "host.zone.",
            "a.HOST.zone.",
            "b.a.host.zone.",
            "x.zone.",
        ];
        let cases = [
            (
                Names::Name(name("x.zone.")),
                [false, false, false, false, true],
            ),
            (Names::SelfName, [false, true, false, false, false]),
            (Names::SelfSub, [false, true, true, true, false]),
            (Names::SelfWild, [false, false, true, true, false]),
            (
                Names::Subdomain(name("a.host.zone.")),
                [false, false, true, true, false],
            ),
            (
                Names::Wildcard(name("*.host.zone.")),
                [false, false, true, true, false],
            ),
            (Names::Zonesub, [true; 5]),
            (Names::TcpSelf, [false; 5]),
        ];
        for (names, expected) in cases {
            let rules = [rule(true, names.clone(), Types::Ordinary)];
            let permitted = permitted(&rules, client("192.0.2.1", true));
            let found = owners.map(|owner| permitted.may_update(name(owner).as_ref(), Rtype::A));
            assert_eq!(found, expected, "{names:?}");
        }
    }

    #[test]
    fn a_connected_client_may_change_the_name_of_its_address() {
        let rules = [rule(true, Names::TcpSelf, Types::These(vec![Rtype::PTR]))];
        let nibbles = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.";
        let cases = [
            ("192.0.2.7", true, "7.2.0.192.in-addr.arpa.", true),
            ("192.0.2.7", false, "7.2.0.192.in-addr.arpa.", false),
            ("192.0.2.7", true, "8.2.0.192.in-addr.arpa.", false),
            ("2001:db8::1", true, nibbles, true),
        ];
        for (address, connected, owner, expected) in cases {
            let permitted = permitted(&rules, client(address, connected));
            let found = permitted.may_update(name(owner).as_ref(), Rtype::PTR);
            assert_eq!(found, expected, "{address} {connected} {owner}");
        }
    }

    #[test]
    fn the_first_rule_that_fits_decides_and_types_are_as_listed() {
        let rules = [
            rule(false, Names::Name(name("x.zone.")), Types::Any),
            rule(true, Names::Zonesub, Types::Ordinary),
            UpdateRule {
                takeover: true,
                ..rule(
                    true,
                    Names::Name(name("zone.")),
                    Types::These(vec![Rtype::NS]),
                )
            },
        ];
        let permitted = permitted(&rules, client("192.0.2.1", false));
        let may = |owner: &str, rtype| {
            let owner = name(owner);
            let owner = owner.as_ref();
            (
                permitted.may_update(owner, rtype),
                permitted.may_take_over(owner, rtype),
            )
        };
        assert_eq!(may("x.zone.", Rtype::A), (false, false));
        assert_eq!(may("y.zone.", Rtype::A), (true, false));
        assert_eq!(may("y.zone.", Rtype::NS), (false, false));
        assert_eq!(may("zone.", Rtype::NS), (true, true));
        assert_eq!(may("zone.", Rtype::SOA), (false, false));
    }

    #[test]
    fn who_no_rule_is_about_may_do_nothing() {
        let mut other = client("192.0.2.1", false);
        other.key = None;
        let grant = rule(true, Names::Zonesub, Types::Any);
        assert!(Permitted::new(&[grant], other, name("zone.")).is_none());
        let deny = rule(false, Names::Zonesub, Types::Any);
        assert!(Permitted::new(&[deny], client("192.0.2.1", false), name("zone.")).is_none());
    }
}
