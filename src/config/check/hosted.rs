//! Providers that keep records behind an API: their flags, read by their form.

use std::time::Duration;

use super::reader::Reader;
use crate::flags::{self, Flag, Form, Kind};
use crate::settings::{Hosted, HostedValue};

/// The name of a provider, if there is one behind an API.
pub(super) fn named(text: &str) -> Option<&'static str> {
    let mut hosted = HOSTED.iter();
    hosted
        .find(|(name, _)| *name == text)
        .map(|(name, _)| *name)
}

/// The names of all of them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    HOSTED.iter().map(|(name, _)| *name)
}

/// What the flags of a provider say.
pub(super) fn hosted(reader: &mut Reader, name: &'static str) -> Hosted {
    let row = HOSTED.iter().find(|(other, _)| *other == name);
    prefixed(reader, name, row.map_or(&[][..], |(_, prefixes)| *prefixes))
}

/// What the flags say that begin with one of these.
pub(super) fn prefixed(
    reader: &mut Reader,
    name: &'static str,
    prefixes: &'static [&'static str],
) -> Hosted {
    let is_ours = |flag: &&Flag| prefixes.iter().any(|prefix| flag.name.starts_with(prefix));
    let all = flags::groups().iter().flat_map(|group| group.flags);
    let values = all.filter(is_ours).filter_map(|flag| {
        let value = value(reader, flag)?;
        Some((flag.name, value))
    });
    Hosted {
        name,
        values: values.collect(),
    }
}

/// What was typed for a flag, else its default, which the table has in the form of a value.
fn value(reader: &mut Reader, flag: &Flag) -> Option<HostedValue> {
    let name = flag.name;
    Some(match (flag.kind, flag.form) {
        (Kind::Switch(_), _) => HostedValue::Switch(reader.switch(name)),
        (Kind::Repeated, _) => HostedValue::Texts(reader.texts(name)),
        (Kind::Once, Form::Number) => {
            let default = flag.default.parse().unwrap_or_default();
            HostedValue::Number(reader.number(name, default, i64::MIN, i64::MAX))
        }
        (Kind::Once, Form::Duration) => {
            let default = crate::value::go_duration(flag.default).unwrap_or(Duration::ZERO);
            HostedValue::Duration(reader.go_duration(name, default))
        }
        (Kind::Once, _) if flag.secret => HostedValue::Secret(reader.secret(name)?),
        (Kind::Once, Form::Words(words)) => {
            let words: Vec<(&str, &str)> = words.iter().map(|word| (*word, *word)).collect();
            let given = reader.filled(name, |text| crate::value::word(text, &words));
            HostedValue::Text(given.unwrap_or(flag.default).to_owned())
        }
        (Kind::Once, _) => {
            let text = reader.optional(name);
            let text = text.unwrap_or_else(|| flag.default.to_owned());
            HostedValue::Text(Some(text).filter(|text| !text.is_empty())?)
        }
    })
}

/// Providers, and what their flags begin with.
const HOSTED: &[(&str, &[&str])] = &[
    ("aws", &["aws-"]),
    ("aws-sd", &["aws-", "registry", OWNER]),
    ("azure", &["azure-"]),
    ("azure-dns", &["azure-"]),
    ("azure-private-dns", &["azure-"]),
    ("cloudflare", &["cloudflare-", "batch-change-"]),
    ("coredns", &["coredns-", OWNER]),
    ("designate", &[]),
    ("digitalocean", &["digitalocean-"]),
    ("google", &["google-"]),
    ("infoblox", &["infoblox-", TLS]),
    ("oci", &["oci-"]),
    ("ovh", &["ovh-"]),
    ("pdns", &["pdns-", TLS]),
    ("pihole", &["pihole-", "registry", TLS]),
    ("rdns", &[]),
    ("skydns", &["coredns-", OWNER]),
];

/// Who we are, for providers that keep it themselves.
const OWNER: &str = "txt-owner-id";

/// The flags of certificates, which several providers have.
const TLS: &str = "tls-c";
