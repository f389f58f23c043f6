//! What objects and flags of random cases are made of.

pub(super) const SOURCES: [&str; 7] = [
    "service",
    "ingress",
    "crd",
    "gateway-httproute",
    "gateway-grpcroute",
    "node",
    "pod",
];
pub(super) const NODES: &[&str] = &["n1.example.org", "n2.example.org", "gone.example.org"];
pub(super) const HOSTS: &[&str] = &[
    "a.example.org",
    "b.example.org",
    "c.w.example.org",
    "*.w.example.org",
];
pub(super) const NAMES: &[&str] = &[
    "a.example.org",
    "b.example.org",
    "c.w.example.org",
    "*.w.example.org",
    "example.org",
    "d.example.com",
    "mixed.example.org",
];
/// IPv4 first.
pub(super) const ADDRESSES: &[&str] = &[
    "192.0.2.1",
    "192.0.2.2",
    "192.0.2.10",
    "10.0.0.5",
    "2001:db8::1",
    "2001:db8::2",
];
/// No property of another provider: where several names of one object have one, external-dns 0.22
/// leaves an empty property at some of them by chance.
pub(super) const ANNOTATIONS: &[(&str, &[&str])] = &[
    (
        "target",
        &["198.51.100.1", "198.51.100.1,2001:db8::9", "t.example.net"],
    ),
    ("ttl", &["60", "2m", "never", "0"]),
    ("internal-hostname", &["in.example.org", "a.example.org"]),
    ("set-identifier", &["one", "two"]),
    ("webhook-color", &["red", "green"]),
    ("alias", &["true", "false"]),
    ("access", &["private", "public"]),
    ("controller", &["dns-controller", "other"]),
    (
        "ingress-hostname-source",
        &["annotation-only", "defined-hosts-only"],
    ),
    (
        "gateway-hostname-source",
        &["annotation-only", "defined-hosts-only"],
    ),
    ("record-type", &["ptr", ""]),
];
/// Each group is drawn from at most once; words of one choice are apart by spaces.
pub(super) const FLAGS: &[&[&str]] = &[
    &["--publish-internal-services"],
    &[
        "--txt-prefix=own-",
        "--txt-prefix=%{record_type}.own.",
        "--txt-suffix=-own",
    ],
    &["--txt-wildcard-replacement=any"],
    &["--txt-owner-id=other", "--txt-owner-id=you"],
    &["--registry=noop"],
    &["--policy=upsert-only", "--policy=create-only"],
    &[
        "--domain-filter=example.org",
        "--domain-filter=.example.org",
        "--exclude-domains=w.example.org",
    ],
    &[
        "--managed-record-types=A",
        "--managed-record-types=A --managed-record-types=AAAA --managed-record-types=CNAME --managed-record-types=PTR --create-ptr",
        "--managed-record-types=A --managed-record-types=SRV",
        "--exclude-record-types=AAAA",
    ],
    &["--min-ttl=90s"],
    &[
        "--fqdn-template={{.Name}}.t.example.org",
        "--fqdn-template={{.Namespace}}.t.example.org",
    ],
    &["--combine-fqdn-annotation"],
    &["--label-filter=team=red"],
    &["--namespace=shop", "--namespace=default"],
    &[
        "--default-targets=203.0.113.99",
        "--default-targets=203.0.113.99 --force-default-targets",
    ],
    &[
        "--exclude-target-net=10.0.0.0/8",
        "--target-net-filter=192.0.2.0/24",
    ],
    &["--prefer-alias"],
    &["--ignore-ingress-rules-spec"],
    &[
        "--service-type-filter=LoadBalancer",
        "--service-type-filter=NodePort",
    ],
    &["--expose-internal-ipv6"],
    &[
        "--compatibility=kops-dns-controller",
        "--compatibility=mate",
    ],
    &["--pod-source-domain=pods.example.org"],
    &["--ignore-non-host-network-pods"],
    &["--publish-host-ip", "--always-publish-not-ready-addresses"],
    &["--nat64-networks=2001:db8::/96"],
    &[
        "--regex-domain-filter=example\\.org$",
        "--regex-domain-exclusion=^[ab]\\.",
    ],
    &["--fqdn-target-template={{.Name}}.ft.example.org:192.0.2.99"],
    &["--ignore-ingress-tls-spec"],
];
