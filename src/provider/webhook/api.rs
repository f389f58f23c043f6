//! The messages of the webhook protocol, and endpoints as they look in them.

use plan::filter::DomainFilter;
use plan::{Endpoint, Labels};
use serde::{Deserialize, Serialize};
use wire::{Rtype, Ttl};

/// The media type of every message. Both sides compare it whole.
pub const MEDIA_TYPE: &str = "application/external.dns.webhook+json;version=1";

/// An endpoint. Whatever is empty is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Message {
    #[serde(skip_serializing_if = "str::is_empty")]
    dns_name: String,
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_is_empty"
    )]
    targets: Vec<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    record_type: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    set_identifier: String,
    #[serde(rename = "recordTTL", skip_serializing_if = "is_zero")]
    record_ttl: i64,
    #[serde(skip_serializing_if = "Vec::is_empty", with = "as_map")]
    labels: Vec<(String, String)>,
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_is_empty"
    )]
    provider_specific: Vec<Property>,
}

/// A setting for the provider behind the webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Property {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    value: String,
}

/// A change set. The two lists of updates go together by position.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Changes {
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_is_empty"
    )]
    create: Vec<Message>,
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_is_empty"
    )]
    update_old: Vec<Message>,
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_is_empty"
    )]
    update_new: Vec<Message>,
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_is_empty"
    )]
    delete: Vec<Message>,
}

/// Which names the provider behind the webhook takes.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Filter {
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_is_empty"
    )]
    pub(super) include: Vec<String>,
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_is_empty"
    )]
    pub(super) exclude: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) regex_include: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) regex_exclude: String,
}

impl From<&DomainFilter> for Filter {
    fn from(filter: &DomainFilter) -> Self {
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        Self {
            include: owned(filter.include()),
            exclude: owned(filter.exclude()),
            regex_include: filter.regex_include().to_owned(),
            regex_exclude: filter.regex_exclude().to_owned(),
        }
    }
}

/// A change set that is none of the protocol's.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoChanges {
    /// An update has only one of its sides.
    #[error("{old} endpoints to be updated, and {new} to update them to")]
    Unpaired { old: usize, new: usize },
    /// A type that DNS does not have.
    #[error("\"{0}\" is of no type that there is")]
    Type(String),
}

impl TryFrom<Changes> for plan::ChangeSet {
    type Error = NoChanges;

    fn try_from(changes: Changes) -> Result<Self, NoChanges> {
        let (old, new) = (changes.update_old.len(), changes.update_new.len());
        if old != new {
            return Err(NoChanges::Unpaired { old, new });
        }
        let pairs = changes.update_old.into_iter().zip(changes.update_new);
        let update = pairs.map(|(old, new)| {
            let (old, new) = (old.endpoint()?, new.endpoint()?);
            Ok(plan::Update { old, new })
        });
        Ok(Self {
            update: update.collect::<Result<_, _>>()?,
            create: endpoints(changes.create)?,
            delete: endpoints(changes.delete)?,
        })
    }
}

/// All endpoints, if all of them are some.
pub(super) fn endpoints(messages: Vec<Message>) -> Result<Vec<Endpoint>, NoChanges> {
    messages.into_iter().map(Message::endpoint).collect()
}

impl From<&Endpoint> for Message {
    fn from(endpoint: &Endpoint) -> Self {
        let owned = |(a, b): (&str, &str)| (a.to_owned(), b.to_owned());
        let properties = endpoint.properties.iter().map(owned);
        Self {
            dns_name: endpoint.name.to_string(),
            targets: endpoint.targets.iter().map(ToString::to_string).collect(),
            record_type: endpoint.rtype.to_string(),
            set_identifier: endpoint.set_identifier.to_string(),
            record_ttl: endpoint.ttl.map_or(0, |ttl| ttl.as_secs().into()),
            labels: endpoint.labels.iter().map(owned).collect(),
            provider_specific: properties
                .map(|(name, value)| Property { name, value })
                .collect(),
        }
    }
}

impl Message {
    fn endpoint(self) -> Result<Endpoint, NoChanges> {
        let name = self.dns_name.clone();
        self.into_endpoint().ok_or(NoChanges::Type(name))
    }

    /// The endpoint; none if its type is none that DNS has.
    pub(super) fn into_endpoint(self) -> Option<Endpoint> {
        let rtype = Rtype::from_text(self.record_type.as_bytes())?;
        let mut endpoint = Endpoint::new(&self.dns_name, rtype, [""; 0]);
        if self.dns_name == "." {
            endpoint.name = self.dns_name.into();
        }
        // As they are written, so that what goes back is what came.
        endpoint.targets = self.targets.into_iter().map(Into::into).collect();
        endpoint.set_identifier = self.set_identifier.into();
        endpoint.ttl = u32::try_from(self.record_ttl)
            .ok()
            .filter(|seconds| *seconds > 0)
            .map(Ttl::from_secs);
        let mut labels = Labels::default();
        for (key, value) in &self.labels {
            labels.set(key, value);
        }
        endpoint.labels = labels;
        for property in &self.provider_specific {
            endpoint.properties.set(&property.name, &property.value);
        }
        Some(endpoint)
    }
}

impl From<&plan::ChangeSet> for Changes {
    fn from(changes: &plan::ChangeSet) -> Self {
        Self {
            create: changes.create.iter().map(Message::from).collect(),
            update_old: changes
                .update
                .iter()
                .map(|update| (&update.old).into())
                .collect(),
            update_new: changes
                .update
                .iter()
                .map(|update| (&update.new).into())
                .collect(),
            delete: changes.delete.iter().map(Message::from).collect(),
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Go writes lists that were never made as `null`.
fn null_is_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Pairs as a JSON object, in their own order.
mod as_map {
    use serde::de::{Deserializer, MapAccess, Visitor};
    use serde::ser::Serializer;

    type Pairs = Vec<(String, String)>;

    pub(super) fn serialize<S: Serializer>(pairs: &Pairs, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(pairs.iter().map(|(key, value)| (key, value)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Pairs, D::Error> {
        struct Map;

        impl<'de> Visitor<'de> for Map {
            type Value = Pairs;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map of texts")
            }

            fn visit_unit<E>(self) -> Result<Pairs, E> {
                Ok(Pairs::new())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Pairs::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }

        from.deserialize_any(Map)
    }
}
