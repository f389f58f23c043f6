//! What is said of a name, as data: the same for programs and for people.

use plan::Endpoint;
use serde::{Deserialize, Serialize};

/// All about a name.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Explanation {
    /// The name in the form that rows are found by.
    pub(crate) name: String,
    /// The objects that ask for it, then those that name it and do not get it.
    pub(crate) objects: Vec<Asking>,
    /// What becomes of it at each destination.
    pub(crate) destinations: Vec<Place>,
    /// Names that may be meant instead. Only if nobody asks for this one.
    pub(crate) near: Vec<Near>,
    /// Objects with problems that speak of the name, beside those above.
    pub(crate) problems: Vec<String>,
    /// Kinds of objects that are not all known, and why.
    pub(crate) incomplete: Vec<String>,
    /// Why the cluster was not told of something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) untold: Vec<String>,
}

/// An object that has to do with the name.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Asking {
    /// Kind, namespace and name.
    pub(crate) object: String,
    /// The source that reads it.
    pub(crate) source: String,
    /// Where the name is written, as `annotation …/hostname`.
    pub(crate) rule: Option<String>,
    /// What it asks for under the name.
    pub(crate) asks: Vec<Record>,
    /// What else was decided about it.
    pub(crate) notes: Vec<String>,
    /// What is wrong with it.
    pub(crate) problems: Vec<String>,
}

/// A record, wanted or there.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Record {
    /// As it was written.
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) rtype: String,
    pub(crate) ttl: Option<u32>,
    pub(crate) targets: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) set_identifier: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) properties: Vec<(String, String)>,
    /// Who owns it, as the registry has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<String>,
    /// Where it comes from, if not from objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) layer: Option<String>,
    /// The objects it comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) objects: Vec<String>,
}

/// What becomes of the name at a destination.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    pub(crate) destination: String,
    pub(crate) provider: String,
    pub(crate) policy: String,
    /// Who we are there; none if everything there is ours.
    pub(crate) owner: Option<String>,
    /// The zone that holds the name; none if that is not known.
    pub(crate) zone: Option<String>,
    pub(crate) state: State,
    /// What the merge did.
    pub(crate) steps: Vec<String>,
    /// What is not looked at there, and why.
    pub(crate) outside: Vec<String>,
    /// What is wanted.
    pub(crate) wanted: Vec<Record>,
    /// What is there, as last known.
    pub(crate) current: Vec<Record>,
    pub(crate) changes: Vec<Change>,
    /// Who lost the name to whom, and why.
    pub(crate) conflicts: Vec<String>,
    /// What is there and not answered, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) hidden: Vec<String>,
    /// What this server has at the name from elsewhere, as from a zone file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) beside: Vec<Record>,
    /// Records of others that are in the way.
    pub(crate) foreign: Vec<String>,
    /// Deletes that the brake holds in the zone.
    pub(crate) held: usize,
    /// Why the last pass failed.
    pub(crate) error: Option<String>,
}

/// How it stands with the name at a destination.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// All that is wanted is there.
    AsWanted,
    /// Records of others keep us from it.
    Blocked,
    /// Deletes are held by the brake.
    Held,
    /// It is there, but something else is answered.
    Hidden,
    /// There is nothing and nothing is wanted.
    #[default]
    Nothing,
    /// What is there is not ours, and nothing is wanted.
    NotOurs,
    /// What is wanted is not looked at there.
    Outside,
    /// The next pass makes it so.
    Pending,
    /// The destination refused it.
    Refused,
    /// The destination has not been read yet.
    Unread,
    /// It waits for objects that are not known yet.
    Waiting,
    /// The policy does not allow it.
    Withheld,
}

/// A change that is not made yet.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    pub(crate) action: Action,
    /// Why it is not made yet.
    pub(crate) state: State,
    /// The reason, if the destination gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    pub(crate) old: Option<Record>,
    pub(crate) new: Option<Record>,
}

/// What a change does.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    Create,
    Delete,
    Update,
}

/// A name that may be meant.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Near {
    pub(crate) name: String,
    /// It is a wildcard that the name falls under.
    pub(crate) wildcard: bool,
}

impl Record {
    pub(super) fn of(endpoint: &Endpoint) -> Self {
        let owner = endpoint.labels.value(plan::Labels::OWNER);
        let properties = endpoint.properties.iter();
        Self {
            name: endpoint.name.to_string(),
            rtype: endpoint.rtype.to_string(),
            ttl: endpoint.ttl.map(wire::Ttl::as_secs),
            targets: endpoint.targets.iter().map(ToString::to_string).collect(),
            set_identifier: endpoint.set_identifier.to_string(),
            properties: properties
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect(),
            owner: owner.map(str::to_owned),
            layer: None,
            objects: endpoint.origins.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Action {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Update => "update",
        }
    }
}
