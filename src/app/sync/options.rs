//! Settings → the options of sources, plan and providers.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::{SourceRules, Sync};
use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};
use plan::address_map::AddressMap;
use plan::brake::BrakeRules;
use plan::claims::{Claim, Claims, NamePattern};
use plan::diff::{Policy, Rules as PlanRules, Tie};
use plan::filter::{DomainFilter, TargetFilter};
use plan::merge::{MergeRules, PtrRule, SourceMerge, SourceRule};
use plan::registry::{Registry, TxtOptions, TxtRegistry};
use source::kind::{Merge, Row};
use source::template::{Engine, Templates};
use source::{Rules, Selector, ServiceTypes};
use wire::{Rtype, Ttl};

/// The rules of the sources.
///
/// # Errors
/// A template or a selector cannot be read.
pub(crate) fn source_rules(rules: &SourceRules) -> anyhow::Result<Rules> {
    let text = |text: &Option<String>| text.as_deref().unwrap_or_default().into();
    let selector = |selector: &config::Selector| selector.text.parse::<Selector>();
    let templates = Engine::new(Templates {
        fqdn: &rules.fqdn_templates,
        target: &rules.target_templates,
        fqdn_target: &rules.fqdn_target_templates,
        combine: rules.combine_fqdn_annotation,
    })?;
    Ok(Rules {
        prefixes: boxed(&rules.annotation_prefixes),
        namespace: text(&rules.namespace),
        label_filter: selector(&rules.label_filter)?,
        annotation_filter: selector(&rules.annotation_filter)?,
        compatibility: rules.compatibility.map(|dialect| match dialect {
            config::Compatibility::KopsDnsController => source::Compatibility::KopsDnsController,
            config::Compatibility::Mate => source::Compatibility::Mate,
            config::Compatibility::Molecule => source::Compatibility::Molecule,
        }),
        ignore_hostname_annotation: rules.ignore_hostname_annotation,
        publish_internal_services: rules.publish_internal_services,
        publish_host_ip: rules.publish_host_ip,
        always_publish_not_ready: rules.always_publish_not_ready_addresses,
        resolve_load_balancers: rules.resolve_load_balancer_hostname,
        service_types: service_types(&rules.service_types),
        expose_internal_ipv6: rules.expose_internal_ipv6,
        exclude_unschedulable: rules.exclude_unschedulable,
        ingress_classes: boxed(&rules.ingress_classes),
        ignore_ingress_rules: rules.ignore_ingress_rules_spec,
        ignore_ingress_tls: rules.ignore_ingress_tls_spec,
        ignore_pods_off_host_network: rules.ignore_non_host_network_pods,
        pod_domain: text(&rules.pod_source_domain),
        gateway_name: text(&rules.gateway_name),
        gateway_namespace: text(&rules.gateway_namespace),
        gateway_label_filter: selector(&rules.gateway_label_filter)?,
        gateway_listener_sets: rules.gateway_listener_sets,
        templates: templates.is_configured().then(|| Arc::new(templates)),
        unstructured: boxed(&rules.unstructured_resources),
    })
}

/// The sources that are asked for, in the order of their flags.
///
/// # Errors
/// One of them is not part of this build.
pub(super) fn rows(sync: &Sync) -> anyhow::Result<Vec<&'static Row>> {
    let row = |name: &config::SourceName| {
        Row::named(name.as_str())
            .with_context(|| format!("source \"{}\" is not part of this build", name.as_str()))
    };
    sync.sources.iter().map(row).collect()
}

/// How endpoints become what is desired.
pub(super) fn merge_rules(sync: &Sync, rows: &[&'static Row]) -> MergeRules {
    let wrappers = &sync.wrappers;
    let source = |row: &&Row| SourceRule {
        name: row.name.into(),
        merge: match row.merge {
            Merge::None => SourceMerge::None,
            Merge::Plain => SourceMerge::Plain,
            Merge::Service => SourceMerge::Service,
        },
    };
    let manages_ptr = sync.destinations.iter().any(|destination| {
        let excluded = &destination.excluded_types;
        let ptr = config::RecordType::Ptr;
        destination.managed_types.contains(&ptr) && !excluded.contains(&ptr)
    });
    let seconds = u32::try_from(wrappers.min_ttl.as_secs()).unwrap_or(u32::MAX);
    MergeRules {
        sources: rows.iter().map(source).collect(),
        default_targets: boxed(&wrappers.default_targets),
        force_default_targets: wrappers.force_default_targets,
        nat64: wrappers.nat64_networks.clone(),
        target_filter: TargetFilter::new(
            wrappers.target_net_filter.clone(),
            wrappers.exclude_target_net.clone(),
        ),
        ptr: match (manages_ptr, wrappers.create_ptr) {
            (false, _) => PtrRule::Off,
            (true, false) => PtrRule::OnRequest,
            (true, true) => PtrRule::Always,
        },
        min_ttl: (seconds > 0).then(|| Ttl::from_secs(seconds)),
        // With several destinations each keeps the properties of its own provider.
        provider: None,
        prefer_alias: wrappers.prefer_alias,
    }
}

/// What the plan of a destination goes by; the filter of its provider is added once it is known.
///
/// # Errors
/// The domain filter is no regular expression.
pub(super) fn plan_rules(destination: &config::Destination) -> anyhow::Result<PlanRules> {
    let (owner, previous) = match &destination.registry {
        config::Registry::Txt(txt) => (Some(&txt.owner), txt.migrate_from.as_ref()),
        config::Registry::AwsSd { owner } => (Some(owner), None),
        config::Registry::Crd { txt, .. } | config::Registry::DynamoDb { txt, .. } => {
            (Some(&txt.owner), None)
        }
        // Nobody else writes the synced layer.
        config::Registry::Layers { .. } | config::Registry::Noop => (None, None),
    };
    let embedded = matches!(destination.provider, config::Provider::Embedded(_));
    Ok(PlanRules {
        policy: match destination.policy {
            config::Policy::CreateOnly => Policy::CreateOnly,
            config::Policy::None => Policy::None,
            config::Policy::Sync => Policy::Sync,
            config::Policy::UpsertOnly => Policy::UpsertOnly,
        },
        managed: types(&destination.managed_types),
        excluded: types(&destination.excluded_types),
        filters: vec![domain_filter(&destination.domain_filter)?],
        owner: owner.map(|owner| owner.as_str().into()),
        previous_owner: previous.map(|owner| owner.as_str().into()),
        tie: if embedded { Tie::Age } else { Tie::Targets },
    })
}

/// Who owns what at a destination.
///
/// # Errors
/// Its options don't go together.
pub(super) fn registry(destination: &config::Destination) -> anyhow::Result<Registry> {
    Ok(match &destination.registry {
        config::Registry::AwsSd { owner } => Registry::Kept {
            owner: owner.as_str().into(),
            texts: None,
        },
        config::Registry::Crd { txt, .. } | config::Registry::DynamoDb { txt, .. } => {
            Registry::Kept {
                owner: txt.owner.as_str().into(),
                texts: Some(Box::new(texts(txt, destination)?)),
            }
        }
        config::Registry::Layers { .. } | config::Registry::Noop => Registry::Noop,
        config::Registry::Txt(txt) => Registry::Txt(Box::new(texts(txt, destination)?)),
    })
}

/// How ownership TXT of a destination are written and read.
///
/// # Errors
/// Its options don't go together.
pub(super) fn texts(
    txt: &config::Txt,
    destination: &config::Destination,
) -> anyhow::Result<TxtRegistry> {
    let options = TxtOptions {
        owner: txt.owner.as_str().into(),
        previous_owner: txt.migrate_from.as_deref().map(Into::into),
        prefix: txt.prefix.as_str().into(),
        suffix: txt.suffix.as_str().into(),
        wildcard_replacement: txt.wildcard_replacement.as_str().into(),
        encrypt: txt
            .encryption
            .as_ref()
            .is_some_and(|encryption| encryption.write),
        key: txt
            .encryption
            .as_ref()
            .map(|encryption| STANDARD.encode(encryption.key.0).into())
            .unwrap_or_default(),
        managed: types(&destination.managed_types),
        excluded: types(&destination.excluded_types),
    };
    TxtRegistry::new(options).with_context(|| format!("destination \"{}\"", destination.name))
}

/// Addresses that are published as others.
///
/// # Errors
/// A map's sides don't match.
pub(super) fn address_maps(maps: &[config::AddressMap]) -> anyhow::Result<Vec<AddressMap>> {
    let mut all = Vec::new();
    for map in maps {
        match map {
            config::AddressMap::Network { from, to } => all.push(AddressMap::new(*from, *to)?),
            config::AddressMap::Pool { first, last, to } => {
                let to = IpNet::from(*to);
                for from in networks(*first, *last) {
                    all.push(AddressMap::new(from, to)?);
                }
            }
        }
    }
    Ok(all)
}

/// The networks that a range of addresses is made of.
fn networks(first: IpAddr, last: IpAddr) -> Vec<IpNet> {
    match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            Ipv4Subnets::new(first, last, 0).map(IpNet::V4).collect()
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => {
            Ipv6Subnets::new(first, last, 0).map(IpNet::V6).collect()
        }
        // The settings have seen to it that a range is of one family.
        _ => Vec::new(),
    }
}

/// Which namespaces may have which names.
pub(super) fn claims(sync: &Sync, guarded: bool) -> Claims {
    let pattern = |pattern: &config::NamePattern| match pattern {
        config::NamePattern::Any => NamePattern::new("*"),
        config::NamePattern::Below(name) => NamePattern::new(&format!("*.{name}")),
        config::NamePattern::Exactly(name) => NamePattern::new(name),
    };
    let claim = |claim: &config::Claim| Claim {
        namespaces: boxed(&claim.namespaces),
        names: claim.names.iter().map(pattern).collect(),
        types: types(&claim.types),
    };
    Claims {
        list: sync.claims.iter().map(claim).collect(),
        guarded,
    }
}

/// The brake of a destination.
pub(super) fn brake_rules(sync: &Sync) -> BrakeRules {
    BrakeRules {
        enabled: sync.brake,
        ..BrakeRules::new(sync.interval)
    }
}

pub(super) fn domain_filter(filter: &config::DomainFilter) -> anyhow::Result<DomainFilter> {
    Ok(match filter {
        config::DomainFilter::Lists { include, exclude } => DomainFilter::lists(include, exclude),
        config::DomainFilter::Regex { include, exclude } => {
            DomainFilter::regexes(include, exclude)?
        }
    })
}

fn types(types: &[config::RecordType]) -> Vec<Rtype> {
    // Every type of the settings has a mnemonic that the wire knows.
    types
        .iter()
        .filter_map(|rtype| Rtype::from_text(rtype.as_str().as_bytes()))
        .collect()
}

fn service_types(types: &[config::ServiceType]) -> ServiceTypes {
    let has = |rtype| types.contains(&rtype);
    ServiceTypes {
        cluster_ip: has(config::ServiceType::ClusterIp),
        external_name: has(config::ServiceType::ExternalName),
        load_balancer: has(config::ServiceType::LoadBalancer),
        node_port: has(config::ServiceType::NodePort),
    }
}

fn boxed(texts: &[String]) -> Vec<Box<str>> {
    texts.iter().map(|text| text.as_str().into()).collect()
}
