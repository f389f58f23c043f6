//! The page with names from objects at two kinds of destinations.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::*;
use crate::app::sync::testing::follow;

const OBJECTS: &str = r#"
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: default
  annotations:
    external-dns.alpha.kubernetes.io/hostname: web.example.org
    external-dns.alpha.kubernetes.io/ttl: soon
spec: {type: LoadBalancer}
status: {loadBalancer: {ingress: [{ip: 192.0.2.10}, {hostname: lb.example.com}]}}
---
apiVersion: externaldns.k8s.io/v1alpha1
kind: DNSEndpoint
metadata: {name: mail, namespace: default}
spec:
  endpoints:
  - {dnsName: mx.example.org, recordType: MX, targets: ["10"]}
  - {dnsName: api.example.org, recordType: A, targets: [192.0.2.20]}
"#;

impl Collector for Syncing {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.encode(&mut Page(encoder))
    }
}

async fn page(arguments: &[&str]) -> String {
    let followed = follow(OBJECTS, arguments).await;
    followed.synced().await;
    let syncing = Syncing::default();
    syncing.show(&followed.running);
    let mut registry = Registry::default();
    registry.register_collector(Box::new(syncing));
    let mut page = String::new();
    encode(&mut page, &registry).unwrap();
    followed.end().await;
    page
}

#[tokio::test]
async fn dashboards_for_external_dns_find_their_numbers() {
    let page = page(&[
        "--source=service",
        "--source=crd",
        "--zone=example.org",
        "--managed-record-types=A",
        "--managed-record-types=CNAME",
        "--managed-record-types=MX",
    ])
    .await;
    let is_steady = |line: &&str| {
        line.starts_with("external_dns_")
            && !line.contains("timestamp")
            && !line.contains("no_op")
            && !line.contains("build_info")
    };
    let lines: Vec<&str> = page.lines().filter(is_steady).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    external_dns_controller_consecutive_soft_errors 0
    external_dns_controller_verified_records{record_type="a"} 2
    external_dns_registry_records{record_type="a"} 2
    external_dns_source_records{record_type="a"} 2
    external_dns_source_records{record_type="cname"} 1
    external_dns_registry_endpoints_total 2
    external_dns_source_endpoints_total 3
    external_dns_registry_errors_total 0
    external_dns_source_errors_total 0
    external_dns_source_invalid_endpoints{record_type="mx",source_type="crd"} 1
    "#);
    assert!(page.contains("external_dns_build_info{arch="), "{page}");
    for name in ["reconcile", "sync"] {
        let name = format!("external_dns_controller_last_{name}_timestamp_seconds ");
        let seconds = page
            .lines()
            .find_map(|line| line.strip_prefix(&name))
            .unwrap();
        assert!(
            seconds.parse::<u64>().unwrap() > 1_700_000_000,
            "{name}{seconds}"
        );
    }
}

#[tokio::test]
async fn our_numbers_are_by_destination_and_kind() {
    let page = page(&["--source=service", "--zone=example.org"]).await;
    let types = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE zonewright_sync_"));
    insta::assert_snapshot!(types.collect::<Vec<_>>().join("\n"), @"
    changes counter
    passes counter
    brake_held gauge
    conflicts gauge
    failures gauge
    last_success_timestamp_seconds gauge
    names gauge
    refused gauge
    synced gauge
    reports counter
    event_to_commit_seconds histogram
    provider_calls counter
    provider_errors counter
    provider_seconds counter
    objects gauge
    watch_healthy gauge
    problems gauge
    ");
    for line in [
        "zonewright_sync_changes_total{destination=\"embedded\",change=\"create\"} 1",
        "zonewright_sync_objects{kind=\"Service\"} 1",
        "zonewright_sync_watch_healthy{kind=\"Service\"} 1",
        "zonewright_sync_reports_total{result=\"refused\"} 0",
        "zonewright_sync_problems{reason=\"AnnotationRejected\"} 1",
        "zonewright_sync_synced{destination=\"embedded\"} 1",
        "zonewright_sync_event_to_commit_seconds_bucket{le=\"+Inf\",destination=\"embedded\"} 0",
    ] {
        assert!(
            page.lines().any(|other| other == line),
            "no {line} in:\n{page}"
        );
    }
}

#[tokio::test]
async fn a_daemon_without_sources_says_nothing_of_them() {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Syncing::default()));
    let mut page = String::new();
    encode(&mut page, &registry).unwrap();
    assert_eq!(page, "# EOF\n");
}
