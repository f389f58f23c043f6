//! From sources to destinations: what is asked for at all, and the settings of every pass.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::reader::Reader;
use super::{claims, destination, from_folder_of, rules, types};
use crate::flags::{self, Scope};
use crate::problem::Quoted;
use crate::settings::{
    EventReason, Kubernetes, Objects, Offer, RecordType, SourceName, Sync, Wrappers,
};
use crate::typed::Typed;
use crate::value::{self, Wrong};

/// Judges all about sources and destinations; `None` if nothing was said about them.
pub(super) fn sync(reader: &mut Reader) -> Option<Sync> {
    let said = |name: &&str| {
        flags::find_with_group(name).is_some_and(|(group, _)| group.scope != Scope::Process)
    };
    let first = reader.raw.values.keys().copied().find(said);
    if first.is_none() && reader.raw.destinations.is_none() {
        return None;
    }
    let offer = offer(reader);
    let manifests = manifests(reader);
    let sources = match offer {
        Some(_) => no_sources(reader),
        None => sources(reader, !manifests.is_empty(), first),
    };
    let kubernetes = kubernetes(reader);
    let once = reader.switch("once");
    let rules = rules::rules(reader, &sources);
    let wrappers = wrappers(reader);
    let destinations = destination::destinations(reader);
    let manages_ptr = |destination: &crate::Destination| {
        destination.managed_types.contains(&RecordType::Ptr)
            && !destination.excluded_types.contains(&RecordType::Ptr)
    };
    if wrappers.create_ptr && !destinations.is_empty() && !destinations.iter().any(manages_ptr) {
        let origin = reader.origin_of("create-ptr");
        reader.problem_at("create-ptr", &origin, no_ptr(&destinations));
    }
    if let Some(offer) = &offer {
        one_destination(reader, offer, &destinations, once);
    }
    Some(Sync {
        sources,
        offer,
        objects: if manifests.is_empty() {
            Objects::Cluster(kubernetes)
        } else {
            Objects::Manifests(manifests)
        },
        rules,
        wrappers,
        interval: interval(reader),
        once,
        dry_run: reader.switch("dry-run"),
        events: reader.switch("events"),
        events_emit: events_emit(reader),
        brake: reader.given_switch("brake").unwrap_or(!once),
        destinations,
        claims: claims::claims(reader),
    })
}

fn interval(reader: &mut Reader) -> Duration {
    let interval = reader.filled("interval", |text| match value::go_duration(text)? {
        Duration::ZERO => Err(Wrong::new("no time at all between passes")),
        interval => Ok(interval),
    });
    interval.unwrap_or(Duration::from_mins(1))
}

fn offer(reader: &mut Reader) -> Option<Offer> {
    let asked = reader.switch("webhook-server");
    let address = reader.filled("webhook-server-address", |text| {
        text.parse().map_err(|_| {
            Wrong::expected(
                text,
                "an address with a port; expected one such as 127.0.0.1:8888",
            )
        })
    });
    let read = reader.go_duration("webhook-provider-read-timeout", Duration::from_secs(5));
    let write = reader.go_duration("webhook-provider-write-timeout", Duration::from_secs(10));
    let head = reader.go_duration(
        "webhook-provider-read-header-timeout",
        Duration::from_secs(5),
    );
    let idle = reader.go_duration("webhook-provider-idle-timeout", Duration::from_secs(30));
    let most = reader.number(
        "webhook-provider-max-body-size",
        32_usize << 20,
        0,
        usize::MAX,
    );
    asked.then(|| Offer {
        address: address.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8888))),
        limit: read + write,
        // A connection is silent before the head of a request as well as between requests.
        idle: idle.max(head),
        max_body: Some(most).filter(|most| *most > 0),
    })
}

/// Whoever asks brings the names.
fn no_sources(reader: &mut Reader) -> Vec<SourceName> {
    let given: Vec<String> = reader.texts("source");
    if !given.is_empty() {
        let origin = reader.origin_of("source");
        let wrong =
            Wrong::new("this has no effect: with --webhook-server names come by the webhook");
        reader.warning_at("source", &origin, wrong);
    }
    Vec::new()
}

/// One provider is offered, for as long as it is wanted.
fn one_destination(
    reader: &mut Reader,
    offer: &Offer,
    destinations: &[crate::Destination],
    once: bool,
) {
    let origin = reader.origin_of("webhook-server");
    if destinations.len() > 1 {
        let wrong = Wrong::new(format!(
            "there are {} destinations, and one is offered",
            destinations.len()
        ));
        let wrong =
            wrong.hint("start one process for each, with a --webhook-server-address of its own");
        reader.problem_at("webhook-server", &origin, wrong);
    }
    if once {
        let wrong = Wrong::new("there are no passes of our own, so --once has no meaning");
        reader.problem_at("webhook-server", &origin, wrong);
    }
    if let Some(crate::Provider::Webhook(webhook)) = destinations.first().map(|it| &it.provider)
        && webhook.url.ends_with(&format!(":{}", offer.address.port()))
        && ["//localhost:", "//127.0.0.1:"]
            .iter()
            .any(|here| webhook.url.contains(here))
    {
        let wrong = Wrong::new("the provider that is offered is this webhook itself");
        reader.problem_at(
            "webhook-server",
            &origin,
            wrong.hint("set another --provider"),
        );
    }
}

fn manifests(reader: &mut Reader) -> Vec<PathBuf> {
    let paths = reader.many("manifests", value::path).into_iter();
    paths
        .map(|(path, typed)| from_folder_of(&typed.origin, &path))
        .collect()
}

/// `first` is a setting that makes no sense without sources.
fn sources(reader: &mut Reader, manifests: bool, first: Option<&str>) -> Vec<SourceName> {
    let given = reader.many("source", source);
    let mut sources = Vec::new();
    let mut from_manifests: Option<Typed> = None;
    for (source, typed) in given {
        match source {
            None => from_manifests = Some(typed),
            Some(source) if sources.contains(&source) => {}
            Some(source) => sources.push(source),
        }
    }
    if let Some(typed) = &from_manifests
        && !manifests
    {
        let wrong = Wrong::new("source \"manifests\" needs --manifests PATH");
        reader.problem("source", typed, wrong);
    }
    if sources.is_empty() && (manifests || from_manifests.is_some()) {
        sources = OF_MANIFESTS.to_vec();
        if reader.raw.values.contains_key("unstructured-resource") {
            sources.push(SourceName::Unstructured);
        }
    }
    if sources.is_empty() && !reader.raw.values.contains_key("source") {
        let name = first.unwrap_or("source");
        let origin = reader.origin_of(name);
        let message = match name {
            "source" => "there is no source of names",
            _ => "this has no effect, as there is no source of names",
        };
        let wrong = Wrong::new(message).hint(
            "name kinds of objects with --source, such as service, or a folder with --manifests",
        );
        reader.problem_at(name, &origin, wrong);
    }
    sources
}

/// A source; `None` is that of manifests.
fn source(text: &str) -> Result<Option<SourceName>, Wrong> {
    if text == "manifests" {
        return Ok(None);
    }
    if let Some(source) = SOURCES.iter().find(|source| source.as_str() == text) {
        return Ok(Some(*source));
    }
    let message = if LATER.contains(&text) {
        "is not part of this build yet"
    } else if text == "cloudfoundry" {
        "was taken out of external-dns, and is not here either"
    } else {
        "is not known"
    };
    let known: Vec<&str> = SOURCES.iter().map(|source| source.as_str()).collect();
    Err(Wrong::new(format!("source {} {message}", Quoted(text)))
        .hint(format!("there are manifests, {}", known.join(", "))))
}

fn kubernetes(reader: &mut Reader) -> Kubernetes {
    let default = Duration::from_secs(30);
    let older = reader.go_duration("request-timeout", default);
    let timeout = reader.go_duration("kube-api-request-timeout", default);
    let older_counts = older != default && timeout == default;
    if reader.raw.values.contains_key("request-timeout") {
        let origin = reader.origin_of("request-timeout");
        let wrong = Wrong::new("this is an older name; use --kube-api-request-timeout");
        reader.warning_at("request-timeout", &origin, wrong);
    }
    Kubernetes {
        server: reader.optional("server"),
        kubeconfig: reader.folder("kubeconfig"),
        request_timeout: if older_counts { older } else { timeout },
        qps: reader.number("kube-api-qps", 5, 1, 1_000_000),
        burst: reader.number("kube-api-burst", 10, 1, 1_000_000),
    }
}

fn wrappers(reader: &mut Reader) -> Wrappers {
    fn values<T>(values: Vec<(T, Typed)>) -> Vec<T> {
        values.into_iter().map(|(value, _)| value).collect()
    }
    let force = reader.switch("force-default-targets");
    if force {
        let origin = reader.origin_of("force-default-targets");
        let wrong = Wrong::new("this is deprecated by external-dns; it is done nevertheless");
        reader.warning_at("force-default-targets", &origin, wrong);
    }
    Wrappers {
        default_targets: reader.texts("default-targets"),
        force_default_targets: force,
        nat64_networks: values(reader.all_filled("nat64-networks", value::nat64_network)),
        target_net_filter: values(reader.all_filled("target-net-filter", value::loose_network)),
        exclude_target_net: values(reader.all_filled("exclude-target-net", value::loose_network)),
        prefer_alias: reader.switch("prefer-alias"),
        create_ptr: reader.switch("create-ptr") || reader.switch("infoblox-create-ptr"),
        min_ttl: reader.go_duration("min-ttl", Duration::ZERO),
    }
}

/// Why addresses can have no PTR records anywhere, and what would give them some.
fn no_ptr(destinations: &[crate::Destination]) -> Wrong {
    let is_excluded = |destination: &crate::Destination| {
        let excluded = &destination.excluded_types;
        excluded.contains(&RecordType::Ptr)
    };
    // These manage PTR by themselves once they have a place for it.
    let has_all_types = |destination: &crate::Destination| {
        let embedded = matches!(destination.provider, crate::Provider::Embedded(_));
        embedded && destination.managed_types == types::default_types(true)
    };
    if destinations.iter().any(is_excluded) {
        let wrong = Wrong::new("PTR is among the types that are excluded");
        return wrong.hint("leave it out of --exclude-record-types");
    }
    if destinations.iter().any(has_all_types) {
        let wrong = Wrong::new("there is no reverse zone to put PTR records in");
        return wrong
            .hint("name it by its network, such as --zone=192.0.2.0/24, beside the other zones");
    }
    let wrong = Wrong::new("PTR is not among the types that are managed");
    wrong.hint("add it to the others, as in --managed-record-types=A --managed-record-types=PTR")
}

fn events_emit(reader: &mut Reader) -> Vec<EventReason> {
    let mut reasons = Vec::new();
    for (reason, _) in reader.all_filled("events-emit", |text| value::word(text, REASONS)) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

const REASONS: &[(&str, EventReason)] = &[
    ("RecordReady", EventReason::RecordReady),
    ("RecordDeleted", EventReason::RecordDeleted),
    ("RecordError", EventReason::RecordError),
];

const SOURCES: &[SourceName] = &[
    SourceName::Service,
    SourceName::Ingress,
    SourceName::GatewayHttproute,
    SourceName::GatewayGrpcroute,
    SourceName::GatewayTlsroute,
    SourceName::GatewayTcproute,
    SourceName::GatewayUdproute,
    SourceName::Crd,
    SourceName::Node,
    SourceName::Pod,
    SourceName::Unstructured,
    SourceName::Fake,
    SourceName::Empty,
];

/// All that manifests are looked through for, if nothing else is said.
const OF_MANIFESTS: &[SourceName] = &[
    SourceName::Service,
    SourceName::Ingress,
    SourceName::GatewayHttproute,
    SourceName::GatewayGrpcroute,
    SourceName::GatewayTlsroute,
    SourceName::GatewayTcproute,
    SourceName::GatewayUdproute,
    SourceName::Crd,
    SourceName::Node,
    SourceName::Pod,
];

const LATER: &[&str] = &[
    "ambassador-host",
    "connector",
    "contour-httpproxy",
    "f5-transportserver",
    "f5-virtualserver",
    "gloo-proxy",
    "istio-gateway",
    "istio-virtualservice",
    "kong-tcpingress",
    "openshift-route",
    "skipper-routegroup",
    "traefik-proxy",
];
