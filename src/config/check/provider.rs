//! What writes records.

use std::net::IpAddr;
use std::time::Duration;

use wire::Name;

use super::reader::Reader;
use super::{hosted, rfc2136};
use crate::problem::{Origin, Quoted};
use crate::settings::{
    DomainFilter, Embedded, InMemory, NameServer, Provider, RecordType, Webhook,
};
use crate::value::{self, Wrong};

/// Providers of this build.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Embedded,
    Hosted(&'static str),
    InMemory,
    Rfc2136,
    Webhook,
}

/// Which provider it is; `None` if it is not one of this build.
pub(super) fn kind(reader: &mut Reader) -> Option<Kind> {
    match reader.typed("provider") {
        None => Some(Kind::Embedded),
        Some(_) => reader.once("provider", parse_kind),
    }
}

fn parse_kind(text: &str) -> Result<Kind, Wrong> {
    let message = match text {
        "embedded" => return Ok(Kind::Embedded),
        "inmemory" => return Ok(Kind::InMemory),
        "rfc2136" => return Ok(Kind::Rfc2136),
        "webhook" => return Ok(Kind::Webhook),
        text if let Some(name) = hosted::named(text) => return Ok(Kind::Hosted(name)),
        text if LATER.contains(&text) => "is not part of this build yet",
        text if RETIRED.contains(&text) => "was taken out of external-dns, and is not here either",
        _ => "is not known",
    };
    let hosted = hosted::names().collect::<Vec<_>>().join(", ");
    Err(
        Wrong::new(format!("provider {} {message}", Quoted(text))).hint(format!(
            "there are embedded, inmemory, {hosted}, rfc2136 and webhook, by which any webhook \
             provider of external-dns can be used"
        )),
    )
}

/// The provider's own settings. `origin` is where the destination is.
pub(super) fn provider(
    reader: &mut Reader,
    kind: Kind,
    filter: &DomainFilter,
    managed: &[RecordType],
    origin: &Origin,
) -> Option<Provider> {
    Some(match kind {
        Kind::Embedded => Provider::Embedded(embedded(reader, filter, managed, origin)?),
        Kind::Hosted(name) => Provider::Hosted(hosted::hosted(reader, name)),
        Kind::InMemory => Provider::InMemory(InMemory {
            zones: reader.texts("inmemory-zone"),
        }),
        Kind::Rfc2136 => Provider::Rfc2136(rfc2136::rfc2136(reader, filter, origin)?),
        Kind::Webhook => Provider::Webhook(webhook(reader)),
    })
}

fn webhook(reader: &mut Reader) -> Webhook {
    let url = reader.filled("webhook-provider-url", |text| {
        let host = ["http://", "https://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme));
        match host {
            Some(host) if !host.is_empty() && !host.starts_with('/') => {
                Ok(text.trim_end_matches('/').to_owned())
            }
            _ => Err(Wrong::expected(
                text,
                "a URL; expected one such as http://localhost:8888",
            )),
        }
    });
    Webhook {
        url: url.unwrap_or_else(|| "http://localhost:8888".to_owned()),
        read_timeout: reader.go_duration("webhook-provider-read-timeout", Duration::from_secs(5)),
        write_timeout: reader
            .go_duration("webhook-provider-write-timeout", Duration::from_secs(10)),
        max_body_size: reader.number("webhook-provider-max-body-size", 32 << 20, 0, u64::MAX),
    }
}

fn embedded(
    reader: &mut Reader,
    filter: &DomainFilter,
    managed: &[RecordType],
    origin: &Origin,
) -> Option<Embedded> {
    let given = reader.all_filled("zone", value::zones);
    let typed = !given.is_empty() || reader.raw.values.contains_key("zone");
    // Reverse zones come beside the zones of --domain-filter, not in their place.
    let only_reverse = !given.is_empty()
        && given
            .iter()
            .all(|(names, _)| names.iter().all(crate::settings::is_reverse));
    let asked = typed && !only_reverse;
    let mut zones: Vec<Name> = Vec::new();
    let mut add = |name: Name| {
        let name = name.as_ref().to_lowercase();
        if !zones.contains(&name) {
            zones.push(name);
        }
    };
    given
        .into_iter()
        .flat_map(|(names, _)| names)
        .for_each(&mut add);
    if !asked && matches!(filter, DomainFilter::Lists { .. }) {
        // A suffix with a dot in front stands for names below it: no zone of that name is meant.
        let suffixes = reader.all_filled("domain-filter", |text| match text {
            text if text.starts_with('.') => Ok(None),
            text if text.contains(',') => {
                Err(Wrong::new(format!("{} is not one domain", Quoted(text)))
                    .hint("repeat the flag for each domain; a variable has a line for each"))
            }
            text => value::zone(text).map(Some),
        });
        suffixes
            .into_iter()
            .filter_map(|(name, _)| name)
            .for_each(&mut add);
    }
    let name_servers = name_servers(reader);
    if zones.is_empty() {
        if reader.problems.is_empty() {
            let wrong = Wrong::new("there is no zone to put names in");
            let hint = match filter {
                DomainFilter::Regex { .. } => {
                    "a regular expression says no zone: name it with --zone"
                }
                DomainFilter::Lists { .. } => "name it with --zone NAME or --domain-filter NAME",
            };
            reader.problem_at("zone", origin, wrong.hint(hint));
        }
        return None;
    }
    if managed.contains(&RecordType::Ptr) && !zones.iter().any(crate::settings::is_reverse) {
        let at = reader.origin_of("managed-record-types");
        let wrong =
            Wrong::new("PTR records are managed, but there is no reverse zone to put them in");
        let wrong = wrong
            .hint("name it by its network, such as --zone=192.0.2.0/24, beside the other zones");
        reader.warning_at("managed-record-types", &at, wrong);
    }
    Some(Embedded {
        zones,
        name_servers,
    })
}

/// Name servers, each with all its addresses.
fn name_servers(reader: &mut Reader) -> Vec<NameServer> {
    let given = reader.all_filled("zone-ns", |text| {
        let (name, address) = match text.split_once('=') {
            Some((name, address)) => (name, Some(address)),
            None => (text, None),
        };
        let name = value::zone_name(name)?.as_ref().to_lowercase();
        let address = address.map(|address| {
            let wrong = || Wrong::expected(address, "an address; expected NAME=ADDR");
            address.parse::<IpAddr>().map_err(|_| wrong())
        });
        Ok((name, address.transpose()?))
    });
    let mut servers: Vec<NameServer> = Vec::new();
    for ((name, address), _) in given {
        match servers.iter_mut().find(|server| server.name == name) {
            Some(server) if address.is_some_and(|it| server.addresses.contains(&it)) => {}
            Some(server) => server.addresses.extend(address),
            None => servers.push(NameServer {
                name,
                addresses: address.into_iter().collect(),
            }),
        }
    }
    servers
}

const LATER: &[&str] = &[
    "alibabacloud",
    "civo",
    "dnsimple",
    "exoscale",
    "godaddy",
    "linode",
    "ns1",
    "scaleway",
];

const RETIRED: &[&str] = &[
    "akamai",
    "bluecat",
    "dyn",
    "gandi",
    "ibmcloud",
    "plural",
    "rcodezero",
    "safedns",
    "tencentcloud",
    "transip",
    "ultradns",
    "vinyldns",
    "vultr",
];
