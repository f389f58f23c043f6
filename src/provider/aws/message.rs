//! What is asked and told, as XML.

use serde::{Deserialize, Serialize};

use super::form::{Change, Set};

/// A request as XML.
pub(super) fn written(root: &str, request: &impl Serialize) -> String {
    // Structures of texts and numbers have an XML form.
    let text = quick_xml::se::to_string_with_root(root, request).unwrap_or_default();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ZonePage {
    pub(super) hosted_zones: HostedZones,
    pub(super) is_truncated: bool,
    pub(super) next_marker: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct HostedZones {
    #[serde(default, rename = "HostedZone")]
    pub(super) all: Vec<HostedZone>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HostedZone {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) config: ZoneConfig,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ZoneConfig {
    pub(super) private_zone: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RecordPage {
    pub(super) resource_record_sets: Sets,
    pub(super) is_truncated: bool,
    pub(super) next_record_name: Option<String>,
    pub(super) next_record_type: Option<String>,
    pub(super) next_record_identifier: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Sets {
    #[serde(default, rename = "ResourceRecordSet")]
    pub(super) all: Vec<Set>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagRequest {
    #[serde(rename = "@xmlns")]
    pub(super) xmlns: &'static str,
    pub(super) resource_ids: ResourceIds,
}

#[derive(Serialize)]
pub(super) struct ResourceIds {
    #[serde(rename = "ResourceId")]
    pub(super) all: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagPage {
    pub(super) resource_tag_sets: TagSets,
}

#[derive(Deserialize)]
pub(super) struct TagSets {
    #[serde(default, rename = "ResourceTagSet")]
    pub(super) all: Vec<TagSet>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagSet {
    pub(super) resource_id: String,
    #[serde(default)]
    pub(super) tags: Tags,
}

#[derive(Default, Deserialize)]
pub(super) struct Tags {
    #[serde(default, rename = "Tag")]
    pub(super) all: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    #[serde(default)]
    pub(super) value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeRequest {
    #[serde(rename = "@xmlns")]
    pub(super) xmlns: &'static str,
    pub(super) change_batch: ChangeBatch,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeBatch {
    pub(super) changes: Changes,
}

#[derive(Serialize)]
pub(super) struct Changes {
    #[serde(rename = "Change")]
    pub(super) all: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeAnswer {
    #[expect(dead_code, reason = "that it is there says that the change is made")]
    pub(super) change_info: Made,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Made {
    #[expect(dead_code, reason = "that it is there says that the change is made")]
    pub(super) id: String,
}

/// Either of the two forms of errors.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Fault {
    pub(super) error: Option<Told>,
    pub(super) messages: Option<Messages>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Told {
    pub(super) code: String,
    #[serde(default)]
    pub(super) message: String,
}

#[derive(Deserialize)]
pub(super) struct Messages {
    #[serde(default, rename = "Message")]
    pub(super) all: Vec<String>,
}

pub(super) const XMLNS: &str = "https://route53.amazonaws.com/doc/2013-04-01/";
