//! Endpoints in few bytes, for what is kept per object and per row.
//!
//! ```text
//! block    := length-of-origins origin-count origin* (length-of-endpoint endpoint)*
//! origin   := kind api-version namespace name uid created
//! endpoint := flags name type target-count target* [ttl] [set-identifier] [labels] [properties] [origins]
//! ```
//!
//! An endpoint with all that belongs to it takes some 500 bytes and ten allocations; here it takes
//! about 90 bytes in one. Addresses are kept as bytes if their text comes out the same again, a
//! `resource` label as what comes before the object's own name. What is read is what was written,
//! field by field; the form never leaves the process.

mod read;
mod write;

pub(crate) use read::{Block, names};
pub(crate) use write::pack;

/// Texts that live as long as the program, by number.
#[derive(Debug, Default)]
pub(crate) struct Statics(Vec<&'static str>);

impl Statics {
    fn number(&mut self, text: &'static str) -> u64 {
        let at = self.0.iter().position(|other| *other == text);
        let at = at.unwrap_or_else(|| {
            self.0.push(text);
            self.0.len() - 1
        });
        at as u64
    }

    fn text(&self, number: u64) -> Option<&'static str> {
        self.0.get(usize::try_from(number).ok()?).copied()
    }
}

const HAS_TTL: u8 = 1;
const HAS_SET: u8 = 2;
const HAS_LABELS: u8 = 4;
const HAS_PROPERTIES: u8 = 8;
/// The endpoint comes from all origins of the block, in their order.
const ALL_ORIGINS: u8 = 16;

// Tags of a target: these forms, else the length of a text and as many more.
const TARGET_V4: u64 = 0;
const TARGET_V6: u64 = 1;
const TARGET_TEXT: u64 = 2;

// Tags of a key of a label.
const KEY_RESOURCE: u64 = 0;
const KEY_TEXT: u64 = 1;

// Tags of a value of a label.
const VALUE_OBJECT: u64 = 0;
const VALUE_TEXT: u64 = 1;

// Tags of an identity.
const UID_NONE: u64 = 0;
const UID_BYTES: u64 = 1;
const UID_TEXT: u64 = 2;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wire::{Rtype, Ttl};

    use super::*;
    use crate::{Endpoint, ObjectRef};

    fn object(name: &str, uid: &str) -> Arc<ObjectRef> {
        Arc::new(ObjectRef {
            kind: "Service",
            api_version: "v1",
            namespace: "default".into(),
            name: name.into(),
            uid: uid.into(),
            created: 1_700_000_000,
        })
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let web = object("web", "3f2b8c1e-0d1a-4b7c-9c55-aa00bb11cc22");
        let api = object("api", "not-a-uuid");
        let mut first = Endpoint::new(
            "web.example.org",
            Rtype::A,
            ["192.0.2.1", "192.000.2.1", ""],
        );
        first.ttl = Some(Ttl::from_secs(300));
        first.labels.set("resource", "service/default/web");
        first.labels.set("owner", "me");
        first.origins = vec![web.clone()];
        let mut second = Endpoint::new("*.x", Rtype(65000), ["2001:db8::1", "2001:DB8::1", "lb"]);
        second.set_identifier = "blue".into();
        second.properties.set("aws/weight", "10");
        second.labels.set("resource", "HTTPProxy/default/api");
        second.origins = vec![api.clone(), web.clone()];
        let third = Endpoint::new("", Rtype::TXT, Vec::<&str>::new());
        let mut fourth = first.clone();
        fourth.origins = vec![web, api];
        for endpoints in [
            vec![],
            vec![first.clone()],
            vec![first, second, third, fourth],
        ] {
            let mut statics = Statics::default();
            let bytes = pack(&endpoints, &mut statics);
            let read: Vec<Endpoint> = Block::new(&bytes, &statics)
                .endpoints()
                .map(|(_, endpoint)| endpoint)
                .collect();
            assert_eq!(read, endpoints);
            let names: Vec<&str> = names(&bytes).map(|(_, name)| name).collect();
            let expected: Vec<&str> = endpoints.iter().map(|endpoint| &*endpoint.name).collect();
            assert_eq!(names, expected);
            for (at, endpoint) in Block::new(&bytes, &statics).endpoints() {
                assert_eq!(Block::new(&bytes, &statics).endpoint(at), Some(endpoint));
            }
        }
    }

    #[test]
    fn an_ordinary_endpoint_is_small() {
        let mut endpoint = Endpoint::new("service-12345.apps.example.org", Rtype::A, ["192.0.2.1"]);
        endpoint
            .labels
            .set("resource", "service/default/service-12345");
        endpoint.origins = vec![object(
            "service-12345",
            "3f2b8c1e-0d1a-4b7c-9c55-aa00bb11cc22",
        )];
        let bytes = pack(&[endpoint], &mut Statics::default());
        assert!(bytes.len() <= 112, "{}", bytes.len());
    }

    #[test]
    fn cut_bytes_end_the_reading() {
        let mut statics = Statics::default();
        let endpoint = Endpoint::new("a.example", Rtype::CNAME, ["b.example"]);
        let bytes = pack(&[endpoint], &mut statics);
        for len in 0..bytes.len() {
            let cut = bytes.get(..len).unwrap_or_default();
            assert_eq!(Block::new(cut, &statics).endpoints().count(), 0);
            assert_eq!(names(cut).count(), 0);
        }
    }
}
