//! What stands at a key.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A value with what belongs to it. Members that are of no use here stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Service {
    /// An address or a name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) host: String,
    /// A text, in its own right or beside the host.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) text: String,
    /// Whether the host takes mail, and is no record of the name itself.
    #[serde(skip_serializing_if = "is_off")]
    pub(crate) mail: bool,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) ttl: u32,
    /// The first labels of the key that are not those of the name.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) targetstrip: u32,
    /// Services of one group are answered together.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) group: String,
    /// Who made it, where that is kept beside the registry.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) owner: String,
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

impl Service {
    /// Whether neither a host nor a text is left of it.
    pub(crate) fn is_empty(&self) -> bool {
        self.host.is_empty() && self.text.is_empty()
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes members by reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes members by reference"
)]
fn is_off(switch: &bool) -> bool {
    !switch
}
