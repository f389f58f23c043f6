//! Sources and one destination, by flags and variables.

use super::*;
use crate::settings::{
    DomainFilter, EventReason, Policy, Provider, RecordType, Registry, SourceName,
};

fn synced(arguments: &[&str], variables: &[(&str, &str)]) -> Sync {
    let config = good(arguments, variables);
    *config.sync.unwrap_or_else(|| panic!("no sync"))
}

fn warnings(arguments: &[&str]) -> String {
    let warnings = good(arguments, &[]).warnings;
    let texts: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    texts.join("\n")
}

/// The arguments that external-dns's chart makes, in its order.
const CHART: &[&str] = &[
    "--log-level=info",
    "--log-format=text",
    "--interval=1m",
    "--events",
    "--source=service",
    "--source=ingress",
    "--source=service",
    "--policy=upsert-only",
    "--registry=txt",
    "--txt-owner-id=cluster-1",
    "--txt-prefix=edns-%{record_type}.",
    "--namespace=",
    "--domain-filter=example.org",
    "--domain-filter=.example.com",
    "--exclude-domains=",
    "--label-filter=app in (web, api)",
    "--managed-record-types=A",
    "--managed-record-types=TXT",
    "--provider=webhook",
    "--no-publish-internal-services",
    "--min-event-sync-interval",
    "5s",
];

#[test]
fn arguments_of_the_chart_mean_what_they_mean_there() {
    let config = good(CHART, &[]);
    assert_eq!(
        config.metrics_address,
        Some("0.0.0.0:7979".parse().unwrap())
    );
    assert_eq!(config.warnings, []);
    let sync = config.sync.unwrap();
    assert_eq!(sync.sources, [SourceName::Service, SourceName::Ingress]);
    assert!(matches!(sync.objects, Objects::Cluster(_)));
    assert_eq!(sync.interval, Duration::from_mins(1));
    assert!(sync.events && sync.brake && !sync.once);
    assert_eq!(sync.rules.namespace, None);
    assert_eq!(sync.rules.label_filter.requirements.len(), 1);
    let [destination] = &sync.destinations[..] else {
        panic!("not one destination");
    };
    assert_eq!(destination.name, "webhook");
    let Provider::Webhook(webhook) = &destination.provider else {
        panic!("not a webhook");
    };
    assert_eq!(webhook.url, "http://localhost:8888");
    assert_eq!(
        webhook.read_timeout + webhook.write_timeout,
        Duration::from_secs(15)
    );
    assert_eq!(destination.policy, Policy::UpsertOnly);
    assert_eq!(
        destination.domain_filter,
        DomainFilter::Lists {
            include: vec!["example.org".to_owned(), ".example.com".to_owned()],
            exclude: Vec::new(),
        }
    );
    assert_eq!(destination.managed_types, [RecordType::A, RecordType::Txt]);
    assert_eq!(destination.min_event_sync_interval, Duration::from_secs(5));
    let Registry::Txt(txt) = &destination.registry else {
        panic!("not TXT");
    };
    assert_eq!(txt.owner, "cluster-1");
    assert_eq!(txt.prefix, "edns-%{record_type}.");
}

#[test]
fn variables_of_external_dns_are_read_line_by_line() {
    let sync = synced(
        &[],
        &[
            ("EXTERNAL_DNS_SOURCE", "service\r\ningress\n"),
            ("EXTERNAL_DNS_PROVIDER", "inmemory"),
            ("EXTERNAL_DNS_POLICY", "create-only"),
            ("ZONEWRIGHT_POLICY", "sync"),
            ("EXTERNAL_DNS_EVENTS_EMIT", "RecordReady\nRecordError"),
            ("EXTERNAL_DNS_EXCLUDE_UNSCHEDULABLE", "false"),
            ("EXTERNAL_DNS_INFOBLOX_VIEW", "internal"),
        ],
    );
    assert_eq!(sync.sources, [SourceName::Service, SourceName::Ingress]);
    assert_eq!(sync.destinations[0].policy, Policy::Sync);
    assert_eq!(
        sync.events_emit,
        [EventReason::RecordReady, EventReason::RecordError]
    );
    assert!(!sync.rules.exclude_unschedulable);
}

#[test]
fn a_folder_of_manifests_is_all_that_names_need() {
    let config = good(&["--manifests=m", "--domain-filter=Example.org"], &[]);
    assert_eq!(config.metrics_address, None);
    let sync = config.sync.unwrap();
    assert_eq!(sync.objects, Objects::Manifests(vec!["m".into()]));
    assert!(sync.sources.contains(&SourceName::Service));
    let destination = &sync.destinations[0];
    let Provider::Embedded(embedded) = &destination.provider else {
        panic!("not embedded");
    };
    let zones: Vec<String> = embedded.zones.iter().map(ToString::to_string).collect();
    assert_eq!(zones, ["example.org."]);
    assert!(matches!(destination.registry, Registry::Layers { .. }));
    let sync = synced(
        &[
            "--source=manifests",
            "--source=crd",
            "--manifests=m",
            "--zone=a.example",
        ],
        &[],
    );
    assert_eq!(sync.sources, [SourceName::Crd]);
}

#[test]
fn zones_are_named_or_taken_from_filters() {
    let zones = |arguments: &[&str]| {
        let all: Vec<&str> = arguments
            .iter()
            .copied()
            .chain(["--source=service"])
            .collect();
        let sync = synced(&all, &[]);
        let Provider::Embedded(embedded) = &sync.destinations[0].provider else {
            panic!("not embedded");
        };
        let zones: Vec<String> = embedded.zones.iter().map(ToString::to_string).collect();
        zones.join(" ")
    };
    assert_eq!(
        zones(&["--domain-filter=a.example", "--domain-filter=.b.example"]),
        "a.example."
    );
    assert_eq!(
        zones(&[
            "--domain-filter=a.example",
            "--zone=b.example",
            "--zone=B.example."
        ]),
        "b.example."
    );
    assert_eq!(
        zones(&[
            "--domain-filter=bücher.example",
            "--domain-filter=_x.example"
        ]),
        "xn--bcher-kva.example. _x.example."
    );
    assert_eq!(
        zones(&["--regex-domain-filter=x", "--zone=b.example"]),
        "b.example."
    );
    assert_eq!(
        zones(&["--zone=192.0.2.0/23", "--zone=10.0.0.0/8"].map(|it| it)),
        "2.0.192.in-addr.arpa. 3.0.192.in-addr.arpa. 10.in-addr.arpa."
    );
    assert_eq!(
        zones(&["--zone=2001:db8::/31"]),
        "8.b.d.0.1.0.0.2.ip6.arpa. 9.b.d.0.1.0.0.2.ip6.arpa."
    );
    let sync = synced(
        &[
            "--source=crd",
            "--zone=a.example",
            "--zone-ns=ns1.a.example=192.0.2.1",
            "--zone-ns=NS1.a.example.=2001:db8::1",
            "--zone-ns=ns.elsewhere.example",
        ],
        &[],
    );
    let Provider::Embedded(embedded) = &sync.destinations[0].provider else {
        panic!("not embedded");
    };
    let servers: Vec<_> = embedded
        .name_servers
        .iter()
        .map(|server| (server.name.to_string(), server.addresses.len()))
        .collect();
    assert_eq!(
        servers,
        [
            ("ns1.a.example.".to_owned(), 2),
            ("ns.elsewhere.example.".to_owned(), 0)
        ]
    );
}

#[test]
fn prefixes_of_annotations_follow_what_is_said_about_them() {
    let prefixes = |arguments: &[&str]| {
        let all: Vec<&str> = arguments
            .iter()
            .copied()
            .chain(["--source=service", "--zone=a.example"])
            .collect();
        synced(&all, &[]).rules.annotation_prefixes.join(" ")
    };
    let (new, old) = (
        "external-dns.kubernetes.io/",
        "external-dns.alpha.kubernetes.io/",
    );
    assert_eq!(prefixes(&[]), format!("{new} {old}"));
    assert_eq!(prefixes(&["--no-enable-legacy-annotation-prefix"]), new);
    assert_eq!(prefixes(&["--annotation-prefix=in/"]), "in/");
    assert_eq!(
        prefixes(&[
            "--annotation-prefix=in/",
            "--enable-legacy-annotation-prefix"
        ]),
        format!("in/ {old}")
    );
    let explicit = format!("--annotation-prefix={old}");
    assert_eq!(
        prefixes(&[&explicit, "--enable-legacy-annotation-prefix"]),
        old
    );
}

#[test]
fn older_flags_and_flags_of_other_providers_are_taken() {
    let sync = synced(
        &[
            "--source=service",
            "--zone=a.example",
            "--request-timeout=5s",
            "--aws-zone-type=private",
            "--azure-maxretries-count=-1",
            "--no-aws-evaluate-target-health",
            "--cloudflare-proxied",
            "--once",
            "--log-level=panic",
        ],
        &[],
    );
    let Objects::Cluster(kubernetes) = sync.objects else {
        panic!("no cluster");
    };
    assert_eq!(kubernetes.request_timeout, Duration::from_secs(5));
    assert!(sync.once && !sync.brake);
}

#[test]
fn what_is_strange_but_well_is_a_warning() {
    insta::assert_snapshot!(
        warnings(&[
            "--source=service",
            "--zone=a.example",
            "--create-ptr",
            "--managed-record-types=PTR",
            "--managed-record-types=A,AAAA",
            "--force-default-targets",
            "--crd-source-kind=Mine",
            "--txt-new-format-only",
            "--rfc2136-create-ptr",
            "--akamai-access-token=x",
        ]),
        @r#"
    --txt-new-format-only: does nothing any more: that format is the only one written; leave it out
    --rfc2136-create-ptr: does nothing any more: use --create-ptr
    --akamai-access-token: does nothing any more: its provider was taken out of external-dns; a webhook provider can do its work, with --provider=webhook
    --crd-source-kind: this is always DNSEndpoint, as in external-dns since 0.21
    --force-default-targets: this is deprecated by external-dns; it is done nevertheless
    --managed-record-types: "A,AAAA" is no type that is planned
      hint: repeat the flag for each type; a variable has a line for each
    --managed-record-types: PTR records are managed, but there is no reverse zone to put them in
      hint: name it by its network, such as --zone=192.0.2.0/24, beside the other zones
    "#
    );
}

#[test]
fn ptr_records_need_a_type_and_a_place() {
    let told = |more: &[&str]| {
        let first = ["--source=service", "--policy=sync", "--create-ptr"];
        problems(&[&first, more].concat(), &[])
    };
    let cases = [
        told(&["--zone=a.example"]),
        told(&["--zone=a.example", "--managed-record-types=A"]),
        told(&["--zone=10.0.0.0/8", "--exclude-record-types=PTR"]),
        told(&["--provider=webhook"]),
    ];
    insta::assert_snapshot!(cases.join("\n"), @"
    error: --create-ptr: there is no reverse zone to put PTR records in
      hint: name it by its network, such as --zone=192.0.2.0/24, beside the other zones
    error: --create-ptr: PTR is not among the types that are managed
      hint: add it to the others, as in --managed-record-types=A --managed-record-types=PTR
    error: --create-ptr: PTR is among the types that are excluded
      hint: leave it out of --exclude-record-types
    error: --create-ptr: PTR is not among the types that are managed
      hint: add it to the others, as in --managed-record-types=A --managed-record-types=PTR
    ");
}

#[test]
fn a_missing_policy_is_a_warning_where_others_have_records() {
    insta::assert_snapshot!(
        warnings(&["--source=service", "--provider=webhook"]),
        @r#"
    --policy: no policy is given; sync is used, which deletes as well
      hint: say so with --policy=sync, or choose --policy=upsert-only
    "#
    );
}

#[test]
fn wrong_settings_of_sources_and_destinations_are_reported_at_once() {
    let arguments = [
        "--source=service",
        "--source=istio-gateway",
        "--source=cloudfoundry",
        "--source=servce",
        "--source=unstructured",
        "--policy=all",
        "--registry=dynamodb",
        "--txt-prefix=a",
        "--txt-suffix=b",
        "--txt-encrypt-enabled",
        "--annotation-prefix=mine",
        "--label-filter=a in b",
        "--annotation-filter=a>5",
        "--ignore-hostname-annotation",
        "--create-ptr",
        "--interval=90",
        "--kube-api-qps=0",
        "--compatibility=kops",
        "--service-type-filter=Loadbalancer",
        "--nat64-networks=64:ff9b::/64",
        "--target-net-filter=10.0.0",
        "--events-emit=Ready",
        "--regex-domain-filter=a(",
        "--aws-zone-type=secret",
        "--aws-api-retries=many",
        "--aws-sd-create-tag=x",
        "--google-batch-change-interval=5",
        "--zone-ns=ns1=here",
        "--zone=10.0.0.1",
        "--zone=a..b",
    ];
    insta::assert_snapshot!(problems(&arguments, &[]), @r#"
    error: --source: source "istio-gateway" is not part of this build yet
      hint: there are manifests, service, ingress, gateway-httproute, gateway-grpcroute, gateway-tlsroute, gateway-tcproute, gateway-udproute, crd, node, pod, unstructured, fake, empty
    error: --source: source "cloudfoundry" was taken out of external-dns, and is not here either
      hint: there are manifests, service, ingress, gateway-httproute, gateway-grpcroute, gateway-tlsroute, gateway-tcproute, gateway-udproute, crd, node, pod, unstructured, fake, empty
    error: --source: source "servce" is not known
      hint: there are manifests, service, ingress, gateway-httproute, gateway-grpcroute, gateway-tlsroute, gateway-tcproute, gateway-udproute, crd, node, pod, unstructured, fake, empty
    error: --kube-api-qps: "0" is not a number from 1 to 1000000
    error: --label-filter: "a in b" is not a selector: expected values in parentheses
      hint: one such as: app=web,tier in (front,edge),!internal
    error: --annotation-filter: "a>5" compares numbers, which only labels can
    error: --annotation-prefix: "mine" is not a prefix of annotations; expected a slash at its end
      hint: write mine/
    error: --compatibility: "kops" is not a choice here; expected mate, molecule or kops-dns-controller
    error: --service-type-filter: "Loadbalancer" is not a choice here; expected ClusterIP, NodePort, LoadBalancer or ExternalName
    error: --ignore-hostname-annotation: without annotations, names need an --fqdn-template
    error: --source: source "unstructured" needs --unstructured-resource
      hint: one such as certificates.v1.cert-manager.io, or configmaps.v1
    error: --nat64-networks: "64:ff9b::/64" is not a network of NAT64; expected one of length 96, such as 64:ff9b::/96
    error: --target-net-filter: "10.0.0" is not a network; expected one such as 10.0.0.0/8
    error: --regex-domain-filter: "a(" is not a regular expression: unclosed group
    error: --policy: "all" is not a choice here; expected sync, upsert-only, create-only or none
    error: --txt-suffix: there is a --txt-prefix already; only one of them can be
    error: --txt-encrypt-enabled: there is no key to encrypt with
      hint: set EXTERNAL_DNS_TXT_ENCRYPT_AES_KEY; make one with: openssl rand -base64 32
    error: --registry: zones of this server know who wrote what without a table
      hint: leave --registry away
    error: --zone: "10.0.0.1" is not a zone; expected its name, or a network
      hint: a network is written with its length, such as 192.0.2.0/24
    error: --zone: "a..b" is not the name of a zone: empty label (two dots in a row, or a dot at the front)
    error: --zone-ns: "here" is not an address; expected NAME=ADDR
    error: --interval: "90" is not a duration; expected one such as 30s, 1m30s or 1.5h
      hint: write the unit: 90s
    error: --events-emit: "Ready" is not a choice here; expected RecordReady, RecordDeleted or RecordError
    error: --aws-api-retries: "many" is not a whole number
    error: --aws-sd-create-tag: "x" is not KEY=VALUE
    error: --aws-zone-type: "secret" is not a choice here; expected public or private
    error: --google-batch-change-interval: "5" is not a duration; expected one such as 30s, 1m30s or 1.5h
      hint: write the unit: 5s
    "#);
}

/// External-dns takes aws-sd for any registry but noop there, and default settings name txt.
#[test]
fn cloud_map_keeps_owners_itself() {
    let with = |registry: &[&str]| {
        let usual = [
            "--source=service",
            "--provider=aws-sd",
            "--policy=sync",
            "--txt-owner-id=me",
        ];
        let config = good(&[&usual, registry].concat(), &[]);
        let registry = config.sync.unwrap().destinations.remove(0).registry;
        (registry, config.warnings.len())
    };
    let own = || Registry::AwsSd {
        owner: "me".to_owned(),
    };
    assert_eq!(with(&[]), (own(), 0));
    assert_eq!(with(&["--registry=aws-sd"]), (own(), 0));
    for other in ["txt", "dynamodb", "crd"] {
        assert_eq!(with(&[&format!("--registry={other}")]), (own(), 1));
    }
    assert_eq!(with(&["--registry=noop"]), (Registry::Noop, 0));
    let elsewhere = [
        "--source=service",
        "--provider=pdns",
        "--registry=aws-sd",
        "--policy=sync",
    ];
    insta::assert_snapshot!(problems(&elsewhere, &[]), @"
    error: --registry: only services of Cloud Map have descriptions to keep owners in
      hint: there are txt, crd, dynamodb and noop; aws-sd goes with --provider=aws-sd
    ");
}

#[test]
fn what_is_missing_is_said_with_a_way_out() {
    insta::assert_snapshot!(problems(&["--domain-filter=a.example"], &[]), @"
    error: --domain-filter: this has no effect, as there is no source of names
      hint: name kinds of objects with --source, such as service, or a folder with --manifests
    ");
    insta::assert_snapshot!(problems(&["--provider=webhook", "--policy=sync"], &[]), @"
    error: --policy: this has no effect, as there is no source of names
      hint: name kinds of objects with --source, such as service, or a folder with --manifests
    ");
    insta::assert_snapshot!(problems(&["--source=service", "--provider=linode"], &[]), @r#"
    error: --provider: provider "linode" is not part of this build yet
      hint: there are embedded, inmemory, aws, aws-sd, azure, azure-dns, azure-private-dns, cloudflare, coredns, designate, digitalocean, google, infoblox, oci, ovh, pdns, pihole, rdns, skydns, rfc2136 and webhook, by which any webhook provider of external-dns can be used
    "#);
    insta::assert_snapshot!(problems(&["--source=service", "--provider=vultr"], &[]), @r#"
    error: --provider: provider "vultr" was taken out of external-dns, and is not here either
      hint: there are embedded, inmemory, aws, aws-sd, azure, azure-dns, azure-private-dns, cloudflare, coredns, designate, digitalocean, google, infoblox, oci, ovh, pdns, pihole, rdns, skydns, rfc2136 and webhook, by which any webhook provider of external-dns can be used
    "#);
    insta::assert_snapshot!(problems(&["--source=service"], &[]), @"
    error: --zone: there is no zone to put names in
      hint: name it with --zone NAME or --domain-filter NAME
    ");
    insta::assert_snapshot!(problems(&["--source=service", "--regex-domain-filter=x"], &[]), @"
    error: --zone: there is no zone to put names in
      hint: a regular expression says no zone: name it with --zone
    ");
    insta::assert_snapshot!(problems(&["--source=manifests", "--zone=a.example"], &[]), @r#"error: --source: source "manifests" needs --manifests PATH"#);
    insta::assert_snapshot!(
        problems(&["--source=crd", "--provider=webhook", "--webhook-provider-url=there"], &[]),
        @r#"error: --webhook-provider-url: "there" is not a URL; expected one such as http://localhost:8888"#
    );
}

#[test]
fn keys_are_never_shown() {
    let key = "0123456789abcdef0123456789abcdef";
    let argument = format!("--txt-encrypt-aes-key={key}");
    let arguments = ["--source=crd", "--provider=inmemory", argument.as_str()];
    let sync = synced(&arguments, &[]);
    assert!(!format!("{sync:?}").contains(key));
    let Registry::Txt(txt) = &sync.destinations[0].registry else {
        panic!("not TXT");
    };
    let encryption = txt.encryption.as_ref().unwrap();
    assert!(!encryption.write);
    assert_eq!(encryption.key.0, key.as_bytes());
    let wrong = problems(
        &[
            "--source=crd",
            "--provider=inmemory",
            "--txt-encrypt-aes-key=hush",
        ],
        &[],
    );
    assert!(!wrong.contains("hush"), "{wrong}");
}

#[test]
fn owners_and_registries_that_cannot_be_are_refused() {
    let base = ["--source=service", "--provider=webhook", "--policy=sync"];
    let cases: &[(&[&str], &str)] = &[
        (&["--txt-owner-id=a,b"], "a name without commas and quotes"),
        (&["--txt-owner-id=a\""], "a name without commas and quotes"),
        (
            &["--registry=crd", "--txt-owner-id=a b"],
            "an owner for the registry crd",
        ),
        (
            &["--registry=crd", "--txt-owner-id=a."],
            "an owner for the registry crd",
        ),
        (
            &["--registry=crd", "--manifests=/x"],
            "no cluster to keep ownership in",
        ),
        (
            &["--registry=crd", "--provider=embedded", "--zone=x.org"],
            "without objects",
        ),
    ];
    for (more, wanted) in cases {
        let base = base.iter().filter(|one| {
            let embedded = more.contains(&"--provider=embedded");
            !embedded || !one.starts_with("--provider")
        });
        let arguments: Vec<&str> = base.chain(*more).copied().collect();
        let told = problems(&arguments, &[]);
        assert!(told.contains(wanted), "{more:?}: {told}");
    }
}
