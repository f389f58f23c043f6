//! What is asked and answered, as XML, and how names and texts are escaped in it.

use serde::{Deserialize, Serialize};

use crate::aws::form::{Change, Set};

/// A text of octal escapes with those of zone files.
pub(super) fn decimal(text: &str) -> Result<String, String> {
    if !text.is_ascii() {
        return Err("UnicodeNotSupported".to_owned());
    }
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let next = after.get(..1).unwrap_or_default();
        if next.bytes().all(|byte| byte.is_ascii_digit()) {
            let digits = after.get(..3).unwrap_or_default();
            let byte = u8::from_str_radix(digits, 8);
            let byte = byte.map_err(|_| "InvalidEscape".to_owned())?;
            out.push_str(&format!("\\{byte:03}"));
            rest = after.get(3..).unwrap_or_default();
        } else {
            out.push('\\');
            out.push_str(next);
            rest = after.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// The other way round.
pub(super) fn octal(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let byte = after.get(..3).and_then(|digits| digits.parse::<u8>().ok());
        let taken = if let Some(byte) = byte {
            out.push_str(&format!("\\{byte:03o}"));
            3
        } else {
            out.push('\\');
            out.push_str(after.get(..1).unwrap_or_default());
            1
        };
        rest = after.get(taken..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// A name as it is told: all but letters, digits, hyphens and underscores are escaped.
pub(super) fn escaped(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            byte => out.push_str(&format!("\\{byte:03o}")),
        }
    }
    out + "."
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagRequest {
    pub(super) resource_ids: ResourceIds,
}

#[derive(Deserialize)]
pub(super) struct ResourceIds {
    #[serde(default, rename = "ResourceId")]
    pub(super) all: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeRequest {
    pub(super) change_batch: ChangeBatch,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeBatch {
    pub(super) changes: Changes,
}

#[derive(Deserialize)]
pub(super) struct Changes {
    #[serde(default, rename = "Change")]
    pub(super) all: Vec<Change>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ZoneAnswer {
    pub(super) hosted_zones: HostedZones,
    pub(super) is_truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_marker: Option<String>,
    pub(super) max_items: usize,
}

#[derive(Serialize)]
pub(super) struct HostedZones {
    #[serde(rename = "HostedZone")]
    pub(super) all: Vec<HostedZone>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HostedZone {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) caller_reference: &'static str,
    pub(super) config: ZoneConfig,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ZoneConfig {
    pub(super) private_zone: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RecordAnswer {
    pub(super) resource_record_sets: Sets,
    pub(super) is_truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_record_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_record_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_record_identifier: Option<String>,
    pub(super) max_items: usize,
}

#[derive(Serialize)]
pub(super) struct Sets {
    #[serde(rename = "ResourceRecordSet")]
    pub(super) all: Vec<Set>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagAnswer {
    pub(super) resource_tag_sets: TagSets,
}

#[derive(Serialize)]
pub(super) struct TagSets {
    #[serde(rename = "ResourceTagSet")]
    pub(super) all: Vec<TagSet>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagSet {
    pub(super) resource_type: &'static str,
    pub(super) resource_id: String,
    pub(super) tags: Tags,
}

#[derive(Serialize)]
pub(super) struct Tags {
    #[serde(rename = "Tag")]
    pub(super) all: Vec<Tag>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeAnswer {
    pub(super) change_info: ChangeInfo,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeInfo {
    pub(super) id: String,
    pub(super) status: &'static str,
    pub(super) submitted_at: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchFault {
    pub(super) messages: Messages,
}

#[derive(Serialize)]
pub(super) struct Messages {
    #[serde(rename = "Message")]
    pub(super) all: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ErrorAnswer {
    pub(super) error: Told,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Told {
    #[serde(rename = "Type")]
    pub(super) kind: &'static str,
    pub(super) code: &'static str,
    pub(super) message: String,
}
