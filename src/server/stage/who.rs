//! Who asks: an address, perhaps with a key. What is granted, is granted to somebody.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use wire::Name;

use crate::address::AddressSet;
use crate::transport::tls::{Certificate, CertificateName};

/// A client as a stage sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// Whether it came over TCP or TLS, so that the address is its own.
    pub connected: bool,
    /// Whether nobody else hears what it is told.
    pub tls: bool,
    /// What it has shown of itself, by an authority that we trust for that.
    pub certificate: Option<Arc<Certificate>>,
    /// The name of the key that its request is signed by.
    pub key: Option<Name>,
}

/// Whom something is granted to.
#[derive(Clone, Debug)]
pub enum Who {
    /// Whoever comes from these addresses.
    Addresses(AddressSet),
    /// Whoever is meant by all of these.
    All(Vec<Self>),
    /// Whoever has some certificate by an authority that we trust for that.
    AnyCertificate,
    /// Whoever has some key of ours.
    AnyKey,
    /// Whoever has a certificate of this name.
    Certificate(CertificateName),
    /// Whoever has this key.
    Key(Name),
    /// Whoever has this key and comes from these addresses.
    KeyFrom(Name, AddressSet),
    /// Whoever comes by TLS.
    Tls,
}

impl Who {
    /// Whether this client is meant.
    #[must_use]
    pub fn is(&self, client: &Client) -> bool {
        match self {
            Self::Addresses(addresses) => addresses.contains(client.address),
            Self::All(all) => all.iter().all(|who| who.is(client)),
            Self::AnyCertificate => client.certificate.is_some(),
            Self::AnyKey => client.key.is_some(),
            Self::Certificate(name) => {
                let certificate = client.certificate.as_ref();
                certificate.is_some_and(|certificate| certificate.has_name(name))
            }
            Self::Key(key) => client.key.as_ref() == Some(key),
            Self::KeyFrom(key, addresses) => {
                client.key.as_ref() == Some(key) && addresses.contains(client.address)
            }
            Self::Tls => client.tls,
        }
    }
}

/// A list for each zone that has one of its own, and one for the others.
#[derive(Clone, Debug)]
pub struct PerZone<T> {
    zones: HashMap<Name, Vec<T>>,
    others: Vec<T>,
}

impl<T> Default for PerZone<T> {
    fn default() -> Self {
        Self::new(Vec::new(), HashMap::new())
    }
}

impl<T> PerZone<T> {
    /// These lists by apex in lower case, and the list of all other zones.
    #[must_use]
    pub fn new(others: Vec<T>, zones: HashMap<Name, Vec<T>>) -> Self {
        Self { zones, others }
    }

    /// The same with one more on every list.
    #[must_use]
    pub fn with(&self, one: T) -> Self
    where
        T: Clone,
    {
        let longer = |list: &Vec<T>| list.iter().chain([&one]).cloned().collect::<Vec<T>>();
        let zones = self.zones.iter();
        let zones = zones.map(|(zone, list)| (zone.clone(), longer(list)));
        Self {
            others: longer(&self.others),
            zones: zones.collect(),
        }
    }

    /// The list of a zone.
    #[must_use]
    pub fn of(&self, zone: &Name) -> &[T] {
        self.zones.get(zone).unwrap_or(&self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_known_by_address_key_or_both() {
        let name = |text: &str| Name::from_text(text.as_bytes(), None).unwrap();
        let near = || AddressSet::new(&["10.0.0.0/8".parse().unwrap()]);
        let client = |address: &str, key: Option<&str>| Client {
            address: address.parse().unwrap(),
            connected: false,
            tls: false,
            certificate: None,
            key: key.map(name),
        };
        let whos = [
            Who::Addresses(near()),
            Who::Key(name("k.")),
            Who::KeyFrom(name("k."), near()),
            Who::AnyKey,
            Who::All(vec![Who::Key(name("k.")), Who::Tls]),
            Who::AnyCertificate,
        ];
        let by_tls = |client: Client| Client {
            tls: true,
            certificate: Some(Arc::new(Certificate::new(b"".to_vec().into()))),
            ..client
        };
        let cases = [
            (
                client("10.1.1.1", None),
                [true, false, false, false, false, false],
            ),
            (
                client("192.0.2.1", Some("K.")),
                [false, true, false, true, false, false],
            ),
            (
                client("10.1.1.1", Some("k.")),
                [true, true, true, true, false, false],
            ),
            (
                client("192.0.2.1", Some("other.")),
                [false, false, false, true, false, false],
            ),
            (client("192.0.2.1", None), [false; 6]),
            (
                by_tls(client("192.0.2.1", None)),
                [false, false, false, false, false, true],
            ),
            (by_tls(client("10.1.1.1", Some("k."))), [true; 6]),
        ];
        for (client, expected) in cases {
            let found = whos.each_ref().map(|who| who.is(&client));
            assert_eq!(found, expected, "{client:?}");
        }
    }
}
