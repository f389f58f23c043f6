//! DNSEndpoint: endpoints that users write themselves, of any type.

use plan::Properties;
use serde::Deserialize;

use super::raw::{RawMeta, RawPairs, Text, nullable};
use super::{Keep, Meta, Pairs, Trim, Trimmed};

/// A DNSEndpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct DnsEndpoint {
    /// Its metadata.
    pub meta: Meta,
    /// Counts changes of what its user asks for.
    pub generation: i64,
    /// The generation that its status speaks of.
    pub observed: i64,
    /// What its user asks for.
    pub declared: Box<[Declared]>,
}

/// One endpoint, as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// The name.
    pub name: Box<str>,
    /// The type, as text.
    pub rtype: Box<str>,
    /// The targets.
    pub targets: Box<[Box<str>]>,
    /// The TTL in seconds; none of 0 and below asks for one.
    pub ttl: i64,
    /// The set identifier.
    pub set_identifier: Box<str>,
    /// Labels for the registry.
    pub labels: Pairs,
    /// Settings for providers, in their order.
    pub properties: Properties,
}

impl Trimmed for DnsEndpoint {
    type Raw<'a> = RawDnsEndpoint<'a>;

    fn trim(raw: &RawDnsEndpoint<'_>, trim: &Trim) -> Self {
        let declared = raw.spec.endpoints.iter().flatten().map(|raw| {
            let mut properties = Properties::default();
            for property in &raw.provider_specific {
                properties.set(&property.name, &property.value);
            }
            Declared {
                name: Box::from(&*raw.dns_name),
                rtype: Box::from(&*raw.record_type),
                targets: raw
                    .targets
                    .iter()
                    .map(|target| Box::from(&**target))
                    .collect(),
                ttl: raw.ttl,
                set_identifier: Box::from(&*raw.set_identifier),
                labels: Pairs::new(raw.labels.0.iter().map(|(key, value)| (key, value))),
                properties,
            }
        });
        Self {
            meta: Meta::new(&raw.metadata, Keep::Named(&[]), trim),
            generation: raw.metadata.generation,
            observed: raw.status.observed_generation,
            declared: declared.collect(),
        }
    }
}

/// A DNSEndpoint as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawDnsEndpoint<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    metadata: RawMeta<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    spec: RawSpec<'a>,
    #[serde(deserialize_with = "nullable")]
    status: RawStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawSpec<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    endpoints: Vec<Option<RawEndpoint<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawEndpoint<'a> {
    #[serde(borrow)]
    dns_name: Text<'a>,
    #[serde(borrow)]
    record_type: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    targets: Vec<Text<'a>>,
    #[serde(rename = "recordTTL", deserialize_with = "nullable")]
    ttl: i64,
    #[serde(borrow)]
    set_identifier: Text<'a>,
    #[serde(borrow)]
    labels: RawPairs<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    provider_specific: Vec<RawProperty<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawProperty<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    value: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawStatus {
    #[serde(deserialize_with = "nullable")]
    observed_generation: i64,
}
