//! Endpoints to bytes.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::{
    ALL_ORIGINS, HAS_LABELS, HAS_PROPERTIES, HAS_SET, HAS_TTL, KEY_RESOURCE, KEY_TEXT, Statics,
    TARGET_TEXT, TARGET_V4, TARGET_V6, UID_BYTES, UID_NONE, UID_TEXT, VALUE_OBJECT, VALUE_TEXT,
};
use crate::{Endpoint, Labels, ObjectRef};

/// Endpoints as one block.
pub(crate) fn pack(endpoints: &[Endpoint], statics: &mut Statics) -> Box<[u8]> {
    let mut out = Vec::with_capacity(128);
    let mut part = Vec::with_capacity(96);
    let mut origins: Vec<&Arc<ObjectRef>> = Vec::new();
    for origin in endpoints.iter().flat_map(|endpoint| &endpoint.origins) {
        if !origins.iter().any(|known| same(known, origin)) {
            origins.push(origin);
        }
    }
    number(&mut part, origins.len() as u64);
    for origin in &origins {
        put_origin(&mut part, origin, statics);
    }
    number(&mut out, part.len() as u64);
    out.append(&mut part);
    for endpoint in endpoints {
        put_endpoint(&mut part, endpoint, &origins);
        number(&mut out, part.len() as u64);
        out.append(&mut part);
    }
    out.into_boxed_slice()
}

fn same(a: &Arc<ObjectRef>, b: &Arc<ObjectRef>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

fn put_origin(out: &mut Vec<u8>, origin: &ObjectRef, statics: &mut Statics) {
    number(out, statics.number(origin.kind));
    number(out, statics.number(origin.api_version));
    text(out, &origin.namespace, 0);
    text(out, &origin.name, 0);
    match uuid(&origin.uid) {
        _ if origin.uid.is_empty() => number(out, UID_NONE),
        Some(bytes) => {
            number(out, UID_BYTES);
            out.extend_from_slice(&bytes.to_be_bytes());
        }
        None => text(out, &origin.uid, UID_TEXT),
    }
    // Zigzag: times before 1970 are rare, but not wrong.
    let created = origin.created;
    number(out, ((created << 1) ^ (created >> 63)).cast_unsigned());
}

fn put_endpoint(out: &mut Vec<u8>, endpoint: &Endpoint, origins: &[&Arc<ObjectRef>]) {
    let all = endpoint.origins.len() == origins.len()
        && endpoint
            .origins
            .iter()
            .zip(origins)
            .all(|(a, b)| same(a, b));
    let mut flags = 0;
    for (set, flag) in [
        (endpoint.ttl.is_some(), HAS_TTL),
        (!endpoint.set_identifier.is_empty(), HAS_SET),
        (!endpoint.labels.is_empty(), HAS_LABELS),
        (!endpoint.properties.is_empty(), HAS_PROPERTIES),
        (all, ALL_ORIGINS),
    ] {
        if set {
            flags |= flag;
        }
    }
    out.push(flags);
    text(out, &endpoint.name, 0);
    number(out, u64::from(endpoint.rtype.0));
    number(out, endpoint.targets.len() as u64);
    for target in &endpoint.targets {
        put_target(out, target);
    }
    if let Some(ttl) = endpoint.ttl {
        number(out, u64::from(ttl.as_secs()));
    }
    if !endpoint.set_identifier.is_empty() {
        text(out, &endpoint.set_identifier, 0);
    }
    if !endpoint.labels.is_empty() {
        put_labels(out, &endpoint.labels, endpoint.origins.first());
    }
    if !endpoint.properties.is_empty() {
        number(out, endpoint.properties.len() as u64);
        for (name, value) in endpoint.properties.iter() {
            text(out, name, 0);
            text(out, value, 0);
        }
    }
    if !all {
        number(out, endpoint.origins.len() as u64);
        for origin in &endpoint.origins {
            let at = origins.iter().position(|known| same(known, origin));
            number(out, at.unwrap_or_default() as u64);
        }
    }
}

fn put_target(out: &mut Vec<u8>, target: &str) {
    if let Ok(address) = target.parse::<Ipv4Addr>() {
        // Go and Rust take one text only for an IPv4 address, so it comes out the same.
        number(out, TARGET_V4);
        out.extend_from_slice(&address.octets());
        return;
    }
    if let Ok(address) = target.parse::<Ipv6Addr>()
        && address.to_string() == target
    {
        number(out, TARGET_V6);
        out.extend_from_slice(&address.octets());
        return;
    }
    text(out, target, TARGET_TEXT);
}

fn put_labels(out: &mut Vec<u8>, labels: &Labels, origin: Option<&Arc<ObjectRef>>) {
    number(out, labels.iter().count() as u64);
    for (key, value) in labels.iter() {
        if key == Labels::RESOURCE {
            number(out, KEY_RESOURCE);
        } else {
            text(out, key, KEY_TEXT);
        }
        match origin.and_then(|origin| before_object(value, origin)) {
            Some(head) => {
                number(out, VALUE_OBJECT);
                text(out, head, 0);
            }
            None => text(out, value, VALUE_TEXT),
        }
    }
}

/// What stands before `/namespace/name` of the object.
fn before_object<'a>(value: &'a str, origin: &ObjectRef) -> Option<&'a str> {
    let head = value.strip_suffix(&*origin.name)?;
    let head = head.strip_suffix('/')?;
    let head = head.strip_suffix(&*origin.namespace)?;
    head.strip_suffix('/')
}

/// The bytes of an identity in its usual form.
fn uuid(text: &str) -> Option<u128> {
    if text.len() != 36 {
        return None;
    }
    let mut value = 0;
    for (at, byte) in text.bytes().enumerate() {
        let digit = match byte {
            b'-' if matches!(at, 8 | 13 | 18 | 23) => continue,
            _ if matches!(at, 8 | 13 | 18 | 23) => return None,
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        value = value << 4 | u128::from(digit);
    }
    Some(value)
}

/// A text behind its length, to which the number of tags below it is added.
fn text(out: &mut Vec<u8>, text: &str, tags: u64) {
    number(out, text.len() as u64 + tags);
    out.extend_from_slice(text.as_bytes());
}

/// Seven bits a byte, the lowest first.
fn number(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = (value & 0x7f).to_le_bytes()[0];
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}
