//! How names are made from objects.

use super::reader::Reader;
use crate::problem::Origin;
use crate::settings::{Compatibility, Selector, ServiceType, SourceName, SourceRules};
use crate::value::{self, Wrong};

pub(super) fn rules(reader: &mut Reader, sources: &[SourceName]) -> SourceRules {
    let selector = |reader: &mut Reader, name: &str| -> Selector {
        reader
            .filled(name, value::label_selector)
            .unwrap_or_default()
    };
    let rules = SourceRules {
        namespace: reader.optional("namespace"),
        label_filter: selector(reader, "label-filter"),
        annotation_filter: reader
            .filled("annotation-filter", value::annotation_selector)
            .unwrap_or_default(),
        annotation_prefixes: annotation_prefixes(reader),
        compatibility: reader.filled("compatibility", |text| value::word(text, COMPATIBILITY)),
        fqdn_templates: templates(reader, "fqdn-template"),
        target_templates: templates(reader, "target-template"),
        fqdn_target_templates: templates(reader, "fqdn-target-template"),
        combine_fqdn_annotation: reader.switch("combine-fqdn-annotation"),
        ignore_hostname_annotation: reader.switch("ignore-hostname-annotation"),
        ignore_ingress_tls_spec: reader.switch("ignore-ingress-tls-spec"),
        ignore_ingress_rules_spec: reader.switch("ignore-ingress-rules-spec"),
        ingress_classes: reader.texts_as_given("ingress-class"),
        ignore_non_host_network_pods: reader.switch("ignore-non-host-network-pods"),
        pod_source_domain: reader.optional("pod-source-domain"),
        publish_internal_services: reader.switch("publish-internal-services"),
        publish_host_ip: reader.switch("publish-host-ip"),
        always_publish_not_ready_addresses: reader.switch("always-publish-not-ready-addresses"),
        service_types: service_types(reader),
        resolve_load_balancer_hostname: reader.switch("resolve-service-load-balancer-hostname"),
        listen_endpoint_events: reader.switch("listen-endpoint-events"),
        exclude_unschedulable: reader.switch("exclude-unschedulable"),
        expose_internal_ipv6: reader.switch("expose-internal-ipv6"),
        gateway_name: reader.optional("gateway-name"),
        gateway_namespace: reader.optional("gateway-namespace"),
        gateway_label_filter: selector(reader, "gateway-label-filter"),
        gateway_listener_sets: reader.switch("gateway-listener-sets"),
        unstructured_resources: reader.texts("unstructured-resource"),
    };
    if rules.ignore_hostname_annotation && rules.fqdn_templates.is_empty() {
        let origin = reader.origin_of("ignore-hostname-annotation");
        let wrong = Wrong::new("without annotations, names need an --fqdn-template");
        reader.problem_at("ignore-hostname-annotation", &origin, wrong);
    }
    if sources.contains(&SourceName::Unstructured) && rules.unstructured_resources.is_empty() {
        let origin = reader.origin_of("source");
        let wrong = Wrong::new("source \"unstructured\" needs --unstructured-resource");
        let wrong = wrong.hint("one such as certificates.v1.cert-manager.io, or configmaps.v1");
        reader.problem_at("source", &origin, wrong);
    }
    if sources.contains(&SourceName::Ingress) {
        ingress_class_twice(reader, &rules);
    }
    not_read_here(reader);
    rules
}

/// The prefixes of annotations, the one that wins first.
fn annotation_prefixes(reader: &mut Reader) -> Vec<String> {
    let given = reader.once("annotation-prefix", |text| match text {
        "" => Err(Wrong::new("the prefix is empty")),
        text if !text.ends_with('/') => {
            let wrong =
                Wrong::expected(text, "a prefix of annotations; expected a slash at its end");
            Err(wrong.hint(format!("write {text}/")))
        }
        text => Ok(text.to_owned()),
    });
    let legacy = reader.given_switch("enable-legacy-annotation-prefix");
    let with_legacy = match given {
        Some(_) => legacy.unwrap_or(false),
        None => legacy.unwrap_or(true),
    };
    let mut prefixes = vec![given.unwrap_or_else(|| PREFIX.to_owned())];
    if with_legacy && prefixes.iter().all(|prefix| prefix != LEGACY_PREFIX) {
        prefixes.push(LEGACY_PREFIX.to_owned());
    }
    prefixes
}

fn templates(reader: &mut Reader, name: &str) -> Vec<String> {
    let values = reader.many(name, |text| Ok(text.to_owned())).into_iter();
    values
        .map(|(text, _)| text)
        .filter(|text| !text.trim().is_empty())
        .collect()
}

/// The types of Services that are looked at; one empty word among them means all.
fn service_types(reader: &mut Reader) -> Vec<ServiceType> {
    let parse = |text: &str| match text {
        "" => Ok(None),
        text => value::word(text, SERVICE_TYPES).map(Some),
    };
    let values = reader.many("service-type-filter", parse);
    let types: Option<Vec<ServiceType>> = values.into_iter().map(|(value, _)| value).collect();
    types.unwrap_or_default()
}

/// Classes of Ingresses can be asked for in one way only.
fn ingress_class_twice(reader: &mut Reader, rules: &SourceRules) {
    let mut requirements = rules.annotation_filter.requirements.iter();
    if rules.ingress_classes.is_empty()
        || !requirements.any(|requirement| requirement.key == INGRESS_CLASS)
    {
        return;
    }
    let origin = reader.origin_of("ingress-class");
    let wrong = Wrong::new(format!(
        "--annotation-filter asks for {INGRESS_CLASS} already; only one of them can"
    ));
    reader.problem_at("ingress-class", &origin, wrong);
}

/// Settings that external-dns takes and does not follow.
fn not_read_here(reader: &mut Reader) {
    for (name, fixed) in [
        ("crd-source-apiversion", "externaldns.k8s.io/v1alpha1"),
        ("crd-source-kind", "DNSEndpoint"),
    ] {
        let Some(typed) = reader.typed(name).filter(|typed| *typed.text != fixed) else {
            continue;
        };
        let origin: &Origin = &typed.origin;
        let wrong = Wrong::new(format!(
            "this is always {fixed}, as in external-dns since 0.21"
        ));
        reader.warning_at(name, origin, wrong);
    }
}

const PREFIX: &str = "external-dns.kubernetes.io/";
const LEGACY_PREFIX: &str = "external-dns.alpha.kubernetes.io/";
const INGRESS_CLASS: &str = "kubernetes.io/ingress.class";

const COMPATIBILITY: &[(&str, Compatibility)] = &[
    ("mate", Compatibility::Mate),
    ("molecule", Compatibility::Molecule),
    ("kops-dns-controller", Compatibility::KopsDnsController),
];

const SERVICE_TYPES: &[(&str, ServiceType)] = &[
    ("ClusterIP", ServiceType::ClusterIp),
    ("NodePort", ServiceType::NodePort),
    ("LoadBalancer", ServiceType::LoadBalancer),
    ("ExternalName", ServiceType::ExternalName),
];
