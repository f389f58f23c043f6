//! Record sets as they look in calls, and what the two services spell differently.

use std::collections::BTreeMap;

use plan::Properties;
use serde_json::{Map, Value, json};
use wire::{Rtype, Ttl};

use crate::record::parts::Parts;
use crate::record::quirks::{Names, Quirks, Refusal, TtlRule, Txt};
use crate::record::{Found, Key, Rrset};

/// One of the two services.
pub(super) trait Service: Send + Sync + 'static {
    /// The provider as users type it.
    const NAME: &'static str;
    /// The kind of resource that a zone is.
    const ZONES: &'static str;
    /// The version of the API.
    const VERSION: &'static str;
    /// What lists all record sets of a zone.
    const ALL: &'static str;
    /// The role that may do all of this.
    const ROLE: &'static str;
    /// Whether its zones are for some networks only.
    const PRIVATE: bool;
    /// What is peculiar to it.
    const QUIRKS: &'static Quirks;
    /// The name of the TTL.
    const TTL: &'static str;

    /// The name of the data of a type.
    fn member(rtype: Rtype) -> Option<&'static str>;
}

/// Public zones.
#[derive(Debug)]
pub(super) enum Public {}

/// Private zones.
#[derive(Debug)]
pub(super) enum Private {}

impl Service for Public {
    const NAME: &'static str = "azure";
    const ZONES: &'static str = "dnsZones";
    const VERSION: &'static str = "2018-05-01";
    const ALL: &'static str = "all";
    const ROLE: &'static str = "DNS Zone Contributor";
    const PRIVATE: bool = false;
    const QUIRKS: &'static Quirks = &PUBLIC;
    const TTL: &'static str = "TTL";

    fn member(rtype: Rtype) -> Option<&'static str> {
        Some(match rtype {
            Rtype::A => "ARecords",
            Rtype::AAAA => "AAAARecords",
            Rtype::CAA => "caaRecords",
            Rtype::CNAME => "CNAMERecord",
            Rtype::MX => "MXRecords",
            Rtype::NS => "NSRecords",
            Rtype::PTR => "PTRRecords",
            Rtype::SRV => "SRVRecords",
            Rtype::TXT => "TXTRecords",
            _ => return None,
        })
    }
}

impl Service for Private {
    const NAME: &'static str = "azure-private-dns";
    const ZONES: &'static str = "privateDnsZones";
    const VERSION: &'static str = "2024-06-01";
    const ALL: &'static str = "ALL";
    const ROLE: &'static str = "Private DNS Zone Contributor";
    const PRIVATE: bool = true;
    const QUIRKS: &'static Quirks = &PRIVATE;
    const TTL: &'static str = "ttl";

    fn member(rtype: Rtype) -> Option<&'static str> {
        Some(match rtype {
            Rtype::A => "aRecords",
            Rtype::AAAA => "aaaaRecords",
            Rtype::CNAME => "cnameRecord",
            Rtype::MX => "mxRecords",
            Rtype::PTR => "ptrRecords",
            Rtype::SRV => "srvRecords",
            Rtype::TXT => "txtRecords",
            _ => return None,
        })
    }
}

/// A record set as a listing tells it; none of a type that we do not keep there.
pub(super) fn found<S: Service>(zone: &str, set: &Value) -> Option<Found> {
    let text = |name: &str| set.get(name).and_then(Value::as_str).unwrap_or_default();
    let (_, rtype) = text("type").rsplit_once('/')?;
    let rtype = Rtype::from_text(rtype.as_bytes())?;
    let member = S::member(rtype)?;
    let empty = Map::new();
    let properties = set.get("properties").and_then(Value::as_object);
    let properties = properties.unwrap_or(&empty);
    let foreign = json!({
        "metadata": get(properties, "metadata").cloned().unwrap_or_default(),
        KEPT_BY: kept_by(properties),
    });
    let data = match get(properties, member) {
        // What others keep is not ours to compare with anything.
        _ if foreign.get(KEPT_BY).is_some_and(Value::is_string) => Vec::new(),
        Some(Value::Array(all)) => all.iter().filter_map(|one| datum(rtype, one)).collect(),
        Some(one) => datum(rtype, one).into_iter().collect(),
        None => Vec::new(),
    };
    let values = data.iter().map(|data| S::QUIRKS.value(rtype, data));
    let key = Key::new(&S::QUIRKS.name(zone, text("name")), rtype);
    let ttl = get(properties, S::TTL).and_then(Value::as_u64);
    let ttl = ttl.and_then(|ttl| u32::try_from(ttl).ok());
    let mut rrset = Rrset::new(key, ttl.map(Ttl::from_secs), values);
    rrset.properties = tags_of(foreign.get("metadata"));
    Some(Found::whole(rrset, text("etag"), foreign))
}

/// Who keeps a set, if it is not whoever writes records.
pub(super) fn keeper(found: &Found) -> Option<&str> {
    found.foreign().get(KEPT_BY).and_then(Value::as_str)
}

fn kept_by(properties: &Map<String, Value>) -> Option<String> {
    for resource in ["targetResource", "trafficManagementProfile"] {
        let id = get(properties, resource).and_then(|it| it.get("id"));
        if let Some(id) = id.and_then(Value::as_str) {
            return Some(format!("it is an alias of \"{id}\""));
        }
    }
    let is_machine = get(properties, "isAutoRegistered") == Some(&Value::Bool(true));
    is_machine.then(|| "a virtual machine has registered it".to_owned())
}

/// A member of an object; Azure does not keep to one spelling.
fn get<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let mut members = object.iter();
    let found = members.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

/// The data of a record, as a zone file has it, or a text as it is.
fn datum(rtype: Rtype, record: &Value) -> Option<String> {
    let text = |name: &str| record.get(name)?.as_str().map(str::to_owned);
    let number = |name: &str| {
        let number = record.get(name).and_then(Value::as_u64);
        number.and_then(|number| u16::try_from(number).ok())
    };
    let parts = match rtype {
        Rtype::A => return text("ipv4Address"),
        Rtype::AAAA => return text("ipv6Address"),
        Rtype::CNAME => return text("cname"),
        Rtype::NS => return text("nsdname"),
        Rtype::PTR => return text("ptrdname"),
        Rtype::TXT => {
            let strings = record.get("value")?.as_array()?.iter();
            let text: String = strings.filter_map(Value::as_str).collect();
            return Some(ownership(&text).map_or_else(|| text.clone(), str::to_owned));
        }
        Rtype::MX => Parts {
            data: text("exchange")?,
            priority: number("preference"),
            ..Parts::default()
        },
        Rtype::SRV => Parts {
            data: text("target")?,
            priority: number("priority"),
            weight: number("weight"),
            port: number("port"),
            ..Parts::default()
        },
        Rtype::CAA => Parts {
            data: text("value")?,
            flags: number("flags").and_then(|flags| u8::try_from(flags).ok()),
            tag: text("tag"),
            ..Parts::default()
        },
        _ => return None,
    };
    Some(parts.join(rtype))
}

/// What external-dns means by a text of its own: it sends quotes along, which are then a part of it.
fn ownership(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let is_plain = inner.starts_with("heritage=");
    // Encrypted ones are base64, a number used once and more.
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let is_encrypted = inner.len() > 32 && inner.bytes().all(is_base64);
    (is_plain || is_encrypted).then_some(inner)
}

/// The body that makes a record set, over another if there is one.
pub(super) fn body<S: Service>(new: &Rrset, old: Option<&Found>) -> Value {
    let rtype = new.key.rtype;
    let records = new
        .values
        .iter()
        .filter_map(|value| record::<S>(rtype, value));
    let mut records: Vec<Value> = records.collect();
    let data = match rtype {
        Rtype::CNAME => records.pop().unwrap_or_default(),
        _ => Value::Array(records),
    };
    let theirs = old.and_then(|old| old.foreign().get("metadata"));
    let mut properties = Map::new();
    let ttl = new.ttl.or_else(|| S::QUIRKS.unset_ttl());
    properties.insert(S::TTL.to_owned(), json!(ttl.map(Ttl::as_secs)));
    properties.insert(S::member(rtype).unwrap_or_default().to_owned(), data);
    let metadata = metadata(&new.properties, theirs);
    if !metadata.is_empty() {
        properties.insert("metadata".to_owned(), metadata.into());
    }
    json!({"properties": properties})
}

/// One value as calls tell it.
fn record<S: Service>(rtype: Rtype, value: &str) -> Option<Value> {
    let data = S::QUIRKS.data(rtype, value)?;
    let parts = Parts::of(rtype, &data);
    Some(match rtype {
        Rtype::A => json!({"ipv4Address": data}),
        Rtype::AAAA => json!({"ipv6Address": data}),
        Rtype::CNAME => json!({"cname": data}),
        Rtype::NS => json!({"nsdname": data}),
        Rtype::PTR => json!({"ptrdname": data}),
        Rtype::MX => json!({"preference": parts.priority, "exchange": parts.data}),
        Rtype::SRV => json!({
            "priority": parts.priority, "weight": parts.weight, "port": parts.port,
            "target": parts.data,
        }),
        Rtype::CAA => json!({"flags": parts.flags, "tag": parts.tag, "value": parts.data}),
        Rtype::TXT => json!({"value": strings(&data)}),
        _ => return None,
    })
}

/// A text in strings that a record can have; none ends within a letter.
fn strings(text: &str) -> Vec<&str> {
    let (mut all, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (string, tail) = rest.split_at(rest.floor_char_boundary(STRING));
        all.push(string);
        rest = tail;
    }
    all
}

/// The tags that an annotation or a provider's own settings ask for, in order.
pub(super) fn asked_tags(properties: &Properties) -> Option<String> {
    let mut tags: BTreeMap<&str, &str> = BTreeMap::new();
    // As external-dns has them once it has read the annotation; users may write them so too.
    let keys = properties.value("azure/metadata-keys").unwrap_or_default();
    for key in keys.split(',').map(str::trim) {
        if let Some(value) = properties.value(&format!("azure/metadata-{key}")) {
            tags.insert(key, value);
        }
    }
    let given = properties.value(TAGS).unwrap_or_default().split(',');
    for (key, value) in given.filter_map(|pair| pair.split_once('=')) {
        tags.insert(key.trim(), value.trim());
    }
    tags.retain(|key, value| !key.is_empty() && !value.is_empty());
    let pairs = tags.iter().map(|(key, value)| format!("{key}={value}"));
    let pairs: Vec<String> = pairs.collect();
    Some(pairs.join(",")).filter(|text| !text.is_empty())
}

/// The tags of ours that a set has.
fn tags_of(metadata: Option<&Value>) -> Properties {
    let mut properties = Properties::default();
    let text = |key: &str| metadata.and_then(|it| it.get(key)).and_then(Value::as_str);
    let ours = text(OURS).unwrap_or_default().split(',');
    let pairs = ours.filter_map(|key| Some(format!("{key}={}", text(key)?)));
    let pairs: Vec<String> = pairs.collect();
    if !pairs.is_empty() {
        properties.set(TAGS, &pairs.join(","));
    }
    properties
}

/// What a set has of others, with our tags as they are to be.
fn metadata(properties: &Properties, theirs: Option<&Value>) -> Map<String, Value> {
    let mut all = theirs
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    if let Some(Value::String(before)) = all.remove(OURS) {
        all.retain(|key, _| !before.split(',').any(|ours| ours == key));
    }
    let tags = properties.value(TAGS).unwrap_or_default().split(',');
    let mut keys = Vec::new();
    for (key, value) in tags.filter_map(|pair| pair.split_once('=')) {
        all.insert(key.to_owned(), value.into());
        keys.push(key);
    }
    if !keys.is_empty() {
        all.insert(OURS.to_owned(), keys.join(",").into());
    }
    all
}

/// The tags of a record set, as the annotation has them.
pub(super) const TAGS: &str = "azure/tags";

/// The metadata that says which other metadata is ours. Without it nobody could tell whose some is
/// that nobody asks for any more.
const OURS: &str = "zonewright-tags";

/// What says in a set's own record why it is not written to.
const KEPT_BY: &str = "kept by";

/// Bytes of a string of a TXT at most.
const STRING: usize = 255;

pub(crate) const PUBLIC: Quirks = Quirks {
    names: Names::At,
    dots: false,
    txt: Txt::Raw,
    ttl: TtlRule::from(1, Some(300)),
    types: &[
        Rtype::A,
        Rtype::AAAA,
        Rtype::CAA,
        Rtype::CNAME,
        Rtype::MX,
        Rtype::NS,
        Rtype::PTR,
        Rtype::SRV,
        Rtype::TXT,
    ],
    properties: &[TAGS],
    text: 4096,
    refuses: &[Refusal::MX_NULL, Refusal::TXT_EMPTY],
    conditional: true,
    ..Quirks::NONE
};

pub(crate) const PRIVATE: Quirks = Quirks {
    types: &[
        Rtype::A,
        Rtype::AAAA,
        Rtype::CNAME,
        Rtype::MX,
        Rtype::PTR,
        Rtype::SRV,
        Rtype::TXT,
    ],
    text: 1024,
    ..PUBLIC
};
