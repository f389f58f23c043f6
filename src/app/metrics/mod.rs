//! What `/metrics` shows: every name in one place.
//!
//! Nothing is counted here but the rows of names, and these now and then only. A scrape reads the
//! sums of the server's workers, the current snapshot, the allocator and how destinations fare;
//! labels have few values (transports, types, codes, reasons, zones, destinations).

mod copies;
mod process;
mod sync;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use server::metrics::Metrics;
use tikv_jemalloc_ctl::{epoch, stats};
use zone::Store;

pub(crate) use sync::Syncing;

use super::clock::Moment;
use super::cluster::{self, Leading};
use super::zones::{State, Statuses};

/// Where the numbers come from.
pub(crate) struct Numbers {
    pub(crate) started: Moment,
    pub(crate) server: Metrics,
    pub(crate) statuses: Statuses,
    pub(crate) store: Arc<Store>,
    pub(crate) syncing: Syncing,
    /// Whether we lead; none if there are no other copies.
    pub(crate) leading: Option<Leading>,
    /// What there is to count of zones that copies share.
    pub(crate) figures: Option<cluster::Figures>,
}

impl Numbers {
    /// A registry that shows them.
    pub(crate) fn into_registry(self) -> Registry {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        registry
    }
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Numbers")
    }
}

impl Collector for Numbers {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        self.process(&mut page)?;
        self.dns(&mut page)?;
        self.zones(&mut page)?;
        self.updates(&mut page)?;
        page.gauge(
            "zonewright_leads",
            "1 while this copy writes: the leader of several, or the only one",
            cluster::leads(self.leading.as_ref()).into(),
        )?;
        if let Some(figures) = &self.figures {
            copies::encode(figures, &mut page)?;
        }
        self.syncing.encode(&mut page)
    }
}

impl Numbers {
    fn process(&self, page: &mut Page<'_>) -> fmt::Result {
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        page.gauges(
            "zonewright_build_info",
            "Which build this is",
            [(version, 1)],
        )?;
        process::encode(page, self.started.unix_seconds())?;
        // The allocator's numbers are those of the last epoch.
        if epoch::advance().is_err() {
            return Ok(());
        }
        if let Ok(bytes) = stats::allocated::read() {
            page.gauge(
                "zonewright_memory_allocated_bytes",
                "Memory in use, as the allocator counts it: without zones of many megabytes",
                bytes as u64,
            )?;
        }
        Ok(())
    }

    fn updates(&self, page: &mut Page<'_>) -> fmt::Result {
        let totals = self.store.updates();
        let results = [
            ("done", &totals.done),
            ("unchanged", &totals.unchanged),
            ("refused", &totals.refused),
            ("failed", &totals.failed),
        ];
        page.counters(
            "zonewright_updates",
            "Updates by clients, by what became of them",
            results.map(|(result, count)| ([("result", result)], count.load(Relaxed))),
        )?;
        let commits = totals.commits.load(Relaxed);
        page.counter(
            "zonewright_update_commits",
            "Commits that updates by clients went into",
            commits,
        )?;
        match self.store.journal_flushes() {
            None => Ok(()),
            Some(flushes) => page.counter(
                "zonewright_journal_flushes",
                "How often the journal was made durable",
                flushes,
            ),
        }
    }

    fn dns(&self, page: &mut Page<'_>) -> fmt::Result {
        let totals = self.server.totals();
        page.counters(
            "zonewright_dns_queries",
            "Requests answered, by transport, address family, type and response code",
            totals.queries().map(|of| {
                let labels = [
                    ("transport", of.transport),
                    ("family", of.family),
                    ("qtype", of.qtype),
                    ("rcode", of.rcode),
                ];
                (labels, of.count)
            }),
        )?;
        page.counters(
            "zonewright_dns_drops",
            "Requests without an answer, and answers not sent, by reason",
            totals
                .drops()
                .map(|(reason, count)| ([("reason", reason)], count)),
        )?;
        for (name, help, count) in [
            (
                "zonewright_dns_requests",
                "Requests received",
                totals.received,
            ),
            (
                "zonewright_dns_request_bytes",
                "Bytes of requests received",
                totals.received_bytes,
            ),
            ("zonewright_dns_responses", "Answers sent", totals.sent),
            (
                "zonewright_dns_response_bytes",
                "Bytes of answers sent",
                totals.sent_bytes,
            ),
            (
                "zonewright_dns_truncated",
                "Answers cut to fit",
                totals.truncated,
            ),
            (
                "zonewright_dns_panics",
                "Requests that met a fault in the server",
                totals.panics,
            ),
            (
                "zonewright_dns_tcp_connections",
                "TCP connections taken",
                totals.tcp_accepted,
            ),
        ] {
            page.counter(name, help, count)?;
        }
        let open = totals.tcp_open;
        page.gauge(
            "zonewright_dns_tcp_connections_open",
            "TCP connections open",
            open,
        )?;
        let latency = totals.latency();
        let buckets: Vec<(f64, u64)> = latency
            .buckets
            .iter()
            .map(|(bound, count)| {
                (
                    bound.map_or(f64::INFINITY, |bound| bound.as_secs_f64()),
                    *count,
                )
            })
            .collect();
        let mut encoder = page.0.encode_descriptor(
            "zonewright_dns_latency_seconds",
            "Time from a request read to its answer written, of a sample",
            None,
            MetricType::Histogram,
        )?;
        let sum = latency.sum.as_secs_f64();
        encoder.encode_histogram::<NoLabelSet>(sum, latency.count, &buckets, None)
    }

    fn zones(&self, page: &mut Page<'_>) -> fmt::Result {
        page.gauges(
            "zonewright_zones",
            "Zones, by how they are served",
            State::ALL.map(|state| {
                let count = self.statuses.count(state) as u64;
                ([("state", state.label())], count)
            }),
        )?;
        // One reading for all of them, and no guard held while the page is written.
        let zones: Vec<(String, [u64; 4])> = self
            .store
            .snapshot()
            .zones()
            .map(|zone| {
                let (records, names) = (zone.record_count() as u64, zone.name_count() as u64);
                let memory = zone.memory_bytes() as u64;
                let serial = u64::from(zone.serial().0);
                (zone.apex().to_string(), [serial, records, names, memory])
            })
            .collect();
        for (position, (name, help)) in [
            ("zonewright_zone_serial", "Serial"),
            ("zonewright_zone_records", "Records"),
            (
                "zonewright_zone_names",
                "Names, empty non-terminals included",
            ),
            (
                "zonewright_zone_memory_bytes",
                "Memory of the current version",
            ),
        ]
        .into_iter()
        .enumerate()
        {
            let numbers = zones
                .iter()
                .map(|(zone, numbers)| ([("zone", zone.as_str())], numbers[position]));
            page.gauges(name, help, numbers)?;
        }
        Ok(())
    }
}

/// The page being written.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn counter(&mut self, name: &str, help: &str, count: u64) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(name, help, None, MetricType::Counter)?;
        encoder.encode_counter::<NoLabelSet, _, u64>(&count, None)
    }

    fn counters<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        counts: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, count) in counts {
            let mut one = encoder.encode_family(&labels)?;
            one.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
        }
        Ok(())
    }

    fn seconds(&mut self, name: &str, help: &str, count: f64) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(name, help, None, MetricType::Counter)?;
        encoder.encode_counter::<NoLabelSet, _, u64>(&count, None)
    }

    fn gauge(&mut self, name: &str, help: &str, number: u64) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(name, help, None, MetricType::Gauge)?;
        encoder.encode_gauge(&number)
    }

    fn gauges<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        numbers: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, number) in numbers {
            encoder.encode_family(&labels)?.encode_gauge(&number)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use wire::Name;

    use super::*;
    use crate::app::clock;

    #[test]
    fn the_page_has_every_metric() {
        let store = Arc::new(Store::new([1, 2]));
        let origin = Name::from_text(b"example.org.", None).unwrap();
        let text = b"$TTL 60\n@ SOA ns host 7 1h 5m 1w 60\n@ NS ns\nns A 192.0.2.1\n";
        let records = zone::file::parse_str(text, "text", &origin)
            .records
            .unwrap();
        store.replace_static(&records).unwrap();
        let numbers = Numbers {
            started: clock::now(),
            server: Metrics::new(),
            statuses: Statuses::default(),
            store,
            syncing: Syncing::default(),
            leading: None,
            figures: None,
        };
        let mut page = String::new();
        encode(&mut page, &numbers.into_registry()).unwrap();
        let lines = page.lines();
        let (heads, values): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.starts_with('#'));
        let types = heads.iter().filter_map(|line| line.strip_prefix("# TYPE "));
        insta::assert_snapshot!(types.collect::<Vec<_>>().join("\n"), @"
        zonewright_build_info gauge
        process_start_time_seconds gauge
        process_cpu_seconds counter
        process_resident_memory_bytes gauge
        process_virtual_memory_bytes gauge
        process_virtual_memory_max_bytes gauge
        process_open_fds gauge
        process_max_fds gauge
        process_network_receive_bytes counter
        process_network_transmit_bytes counter
        zonewright_memory_allocated_bytes gauge
        zonewright_dns_queries counter
        zonewright_dns_drops counter
        zonewright_dns_requests counter
        zonewright_dns_request_bytes counter
        zonewright_dns_responses counter
        zonewright_dns_response_bytes counter
        zonewright_dns_truncated counter
        zonewright_dns_panics counter
        zonewright_dns_tcp_connections counter
        zonewright_dns_tcp_connections_open gauge
        zonewright_dns_latency_seconds histogram
        zonewright_zones gauge
        zonewright_zone_serial gauge
        zonewright_zone_records gauge
        zonewright_zone_names gauge
        zonewright_zone_memory_bytes gauge
        zonewright_updates counter
        zonewright_update_commits counter
        zonewright_leads gauge
        ");
        let last = "zonewright_dns_latency_seconds_bucket{le=\"+Inf\"} 0";
        assert!(values.contains(&last), "{page}");
        let of_zones = values
            .iter()
            .filter(|line| line.contains("{zone=") && !line.contains("bytes"));
        insta::assert_snapshot!(of_zones.copied().collect::<Vec<_>>().join("\n"), @r#"
        zonewright_zone_serial{zone="example.org."} 7
        zonewright_zone_records{zone="example.org."} 3
        zonewright_zone_names{zone="example.org."} 2
        "#);
    }
}
