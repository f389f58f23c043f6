//! Numbers of the sync engine: those that dashboards for external-dns know, under their names and
//! with what they mean there, then ours.
//!
//! Where external-dns has one destination we may have several: its numbers are sums over them, but
//! for times, of which the one that lags counts.

mod http;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use plan::HttpCalls;
use prometheus_client::encoding::NoLabelSet;
use prometheus_client::metrics::MetricType;
use wire::Rtype;

use super::Page;
use crate::app::sync::{Asks, Census, Mismatch, Model, Numbers, Running};

/// Where the numbers come from, once there are sources.
#[derive(Clone, Debug, Default)]
pub(crate) struct Syncing(Arc<OnceLock<Parts>>);

#[derive(Debug)]
struct Parts {
    model: Model,
    asks: Vec<Asks>,
    http: Arc<HttpCalls>,
    counted: Mutex<Option<Counted>>,
}

/// The last count of all rows.
#[derive(Debug)]
struct Counted {
    at: Instant,
    generation: u64,
    census: Arc<Census>,
}

impl Syncing {
    /// Shows these from now on.
    pub(crate) fn show(&self, running: &Running) {
        // A daemon starts its sources once.
        let _first = self.0.set(Parts {
            model: running.model.clone(),
            asks: running.asks.clone(),
            http: Arc::clone(&running.calls),
            counted: Mutex::new(None),
        });
    }

    pub(super) fn encode(&self, page: &mut Page<'_>) -> fmt::Result {
        let Some(parts) = self.0.get() else {
            return Ok(());
        };
        let numbers: Vec<Numbers> = parts
            .asks
            .iter()
            .map(|asks| asks.status.numbers())
            .collect();
        parts.external_dns(page, &numbers)?;
        parts.webhook(page)?;
        http::encode(page, &parts.http)?;
        parts.ours(page, &numbers)?;
        parts.calls(page)?;
        parts.objects(page)
    }
}

impl Parts {
    fn external_dns(&self, page: &mut Page<'_>, numbers: &[Numbers]) -> fmt::Result {
        let build = [
            ("arch", std::env::consts::ARCH),
            ("go_version", ""),
            ("os", std::env::consts::OS),
            ("revision", ""),
            ("version", env!("CARGO_PKG_VERSION")),
        ];
        page.gauges(
            "external_dns_build_info",
            "Which build this is",
            [(build, 1)],
        )?;
        let failures = numbers.iter().map(|of| of.failures).sum();
        let begun = numbers
            .iter()
            .map(|of| of.last_begun)
            .max()
            .unwrap_or_default();
        let done = numbers
            .iter()
            .map(|of| of.last_done)
            .min()
            .unwrap_or_default();
        for (name, help, value) in [
            (
                "external_dns_controller_consecutive_soft_errors",
                "Passes that failed in a row",
                failures,
            ),
            (
                "external_dns_controller_last_reconcile_timestamp_seconds",
                "When the last pass began, since 1970",
                begun,
            ),
            (
                "external_dns_controller_last_sync_timestamp_seconds",
                "When the last pass that went well ended, since 1970",
                done,
            ),
        ] {
            page.gauge(name, help, value)?;
        }
        page.counter(
            "external_dns_controller_no_op_runs",
            "Passes with nothing to do",
            numbers.iter().map(|of| of.idle_passes).sum(),
        )?;
        let (mut records, mut verified) = (BTreeMap::new(), BTreeMap::new());
        let mut errors = 0;
        for asks in &self.asks {
            let (there, wanted) = asks.status.tally();
            add(&mut records, &there);
            add(&mut verified, &wanted);
            errors += asks.status.meter.records.errors() + asks.status.meter.apply.errors();
        }
        let census = self.census();
        for (name, help, counts) in [
            (
                "external_dns_controller_verified_records",
                "Records that are there and wanted, by type",
                &verified,
            ),
            (
                "external_dns_registry_records",
                "Records that are there, by type",
                &records,
            ),
            (
                "external_dns_source_records",
                "Records that are wanted, by type",
                &census.endpoints,
            ),
        ] {
            page.gauges(name, help, by_type(counts))?;
        }
        for (name, help, count) in [
            (
                "external_dns_registry_endpoints_total",
                "Records that are there",
                total(&records),
            ),
            (
                "external_dns_source_endpoints_total",
                "Records that are wanted",
                total(&census.endpoints),
            ),
        ] {
            page.gauge(name, help, count)?;
        }
        page.counter(
            "external_dns_registry_errors",
            "Listings and changes that went wrong",
            errors,
        )?;
        page.counter(
            "external_dns_source_errors",
            "Watches that went wrong",
            self.model.watches().failures,
        )?;
        self.mismatches(page)?;
        cache(page, numbers)?;
        for (name, help, counts) in [
            (
                "external_dns_source_deduplicated_endpoints",
                "Endpoints that were dropped as repeats, by type and source",
                &census.repeated,
            ),
            (
                "external_dns_source_invalid_endpoints",
                "Endpoints that were dropped since they are not what their type must be",
                &census.invalid,
            ),
        ] {
            let rows = counts.iter().map(|((source, rtype), count)| {
                (
                    [
                        ("record_type", lower(*rtype)),
                        ("source_type", source.to_string()),
                    ],
                    *count,
                )
            });
            page.gauges(name, help, rows)?;
        }
        Ok(())
    }

    fn mismatches(&self, page: &mut Page<'_>) -> fmt::Result {
        let mut all: BTreeMap<(Mismatch, &str), u64> = BTreeMap::new();
        for asks in &self.asks {
            for (mismatch, count) in asks.status.mismatches() {
                *all.entry((mismatch, asks.owner.as_str())).or_default() += count;
            }
        }
        page.gauges(
            "external_dns_registry_skipped_records_owner_mismatch_per_sync",
            "Records of others where something is wanted",
            all.into_iter().map(|((mismatch, owner), count)| {
                let labels = [
                    ("record_type", lower(mismatch.rtype)),
                    ("owner", owner.to_lowercase()),
                    ("foreign_owner", mismatch.owner.to_lowercase()),
                    ("domain", mismatch.domain.to_lowercase()),
                ];
                (labels, count)
            }),
        )
    }

    fn webhook(&self, page: &mut Page<'_>) -> fmt::Result {
        let webhooks = self.asks.iter().filter(|asks| asks.provider == "webhook");
        let meters: Vec<_> = webhooks.map(|asks| &asks.status.meter).collect();
        if meters.is_empty() {
            return Ok(());
        }
        // The names of external-dns say total, its types say gauge.
        for (call, calls) in [
            (
                "adjustendpoints",
                meters.iter().map(|meter| &meter.adjust).collect::<Vec<_>>(),
            ),
            (
                "applychanges",
                meters.iter().map(|meter| &meter.apply).collect(),
            ),
            (
                "records",
                meters.iter().map(|meter| &meter.records).collect(),
            ),
        ] {
            let name = format!("external_dns_webhook_provider_{call}_errors_total");
            let errors = calls.iter().map(|calls| calls.errors()).sum();
            page.gauge(&name, "Calls of webhooks that went wrong", errors)?;
            let name = format!("external_dns_webhook_provider_{call}_requests_total");
            let requests = calls.iter().map(|calls| calls.requests()).sum();
            page.gauge(&name, "Calls of webhooks", requests)?;
        }
        Ok(())
    }

    fn ours(&self, page: &mut Page<'_>, numbers: &[Numbers]) -> fmt::Result {
        let all = || self.asks.iter().map(|asks| asks.name.as_str()).zip(numbers);
        page.counters(
            "zonewright_sync_changes",
            "Records created, updated and deleted, by destination",
            all().flat_map(|(name, of)| {
                let counts = [
                    ("create", of.created),
                    ("update", of.updated),
                    ("delete", of.deleted),
                ];
                counts.map(|(change, count)| ([("destination", name), ("change", change)], count))
            }),
        )?;
        let passes = all().map(|(name, of)| ([("destination", name)], of.passes));
        page.counters("zonewright_sync_passes", "Passes that went well", passes)?;
        let gauges: [Gauge; 7] = [
            (
                "zonewright_sync_brake_held",
                "Deletes that the brake holds",
                |of| of.held as u64,
            ),
            (
                "zonewright_sync_conflicts",
                "Endpoints that lost their name",
                |of| of.conflicts as u64,
            ),
            (
                "zonewright_sync_failures",
                "Passes that failed in a row",
                |of| of.failures,
            ),
            (
                "zonewright_sync_last_success_timestamp_seconds",
                "End of the last pass that went well",
                |of| of.last_done,
            ),
            ("zonewright_sync_names", "Names at the destination", |of| {
                of.names as u64
            }),
            (
                "zonewright_sync_refused",
                "Names whose changes were refused",
                |of| of.refused as u64,
            ),
            (
                "zonewright_sync_synced",
                "Whether all was as wanted once",
                |of| of.synced.into(),
            ),
        ];
        for (name, help, number) in gauges {
            page.gauges(
                name,
                help,
                all().map(|(name, of)| ([("destination", name)], number(of))),
            )?;
        }
        let told = self.model.told().counts();
        page.counters(
            "zonewright_sync_reports",
            "Events and statuses told to the cluster, by what came of them",
            told.map(|(result, count)| ([("result", result)], count)),
        )?;
        let mut encoder = page.0.encode_descriptor(
            "zonewright_sync_event_to_commit_seconds",
            "Time from an event to what was made of it, for each name that it touched",
            None,
            MetricType::Histogram,
        )?;
        for asks in &self.asks {
            let times = asks.status.latency.read();
            let bound =
                |bound: Option<Duration>| bound.map_or(f64::INFINITY, |it| it.as_secs_f64());
            let buckets = times
                .buckets
                .iter()
                .map(|(limit, count)| (bound(*limit), *count));
            let labels = [("destination", asks.name.as_str())];
            encoder
                .encode_family(&labels)?
                .encode_histogram::<NoLabelSet>(
                    times.sum.as_secs_f64(),
                    times.count,
                    &buckets.collect::<Vec<_>>(),
                    None,
                )?;
        }
        Ok(())
    }

    fn calls(&self, page: &mut Page<'_>) -> fmt::Result {
        let calls = || {
            self.asks.iter().flat_map(|asks| {
                let meter = &asks.status.meter;
                [
                    ("adjust", &meter.adjust),
                    ("apply", &meter.apply),
                    ("records", &meter.records),
                ]
                .map(|(call, calls)| ([("destination", asks.name.as_str()), ("call", call)], calls))
            })
        };
        page.counters(
            "zonewright_sync_provider_calls",
            "Calls of providers",
            calls().map(|(labels, calls)| (labels, calls.requests())),
        )?;
        page.counters(
            "zonewright_sync_provider_errors",
            "Calls of providers that went wrong",
            calls().map(|(labels, calls)| (labels, calls.errors())),
        )?;
        let mut encoder = page.0.encode_descriptor(
            "zonewright_sync_provider_seconds",
            "Time that calls of providers took",
            None,
            MetricType::Counter,
        )?;
        for (labels, calls) in calls() {
            let mut one = encoder.encode_family(&labels)?;
            one.encode_counter::<NoLabelSet, _, u64>(&calls.seconds(), None)?;
        }
        Ok(())
    }

    fn objects(&self, page: &mut Page<'_>) -> fmt::Result {
        let watches = self.model.watches();
        let kinds = || watches.kinds.iter();
        page.gauges(
            "zonewright_sync_objects",
            "Objects known, by kind",
            kinds().map(|(kind, count, _)| ([("kind", *kind)], *count)),
        )?;
        page.gauges(
            "zonewright_sync_watch_healthy",
            "Whether all objects of a kind are known and their changes come in",
            kinds().map(|(kind, _, well)| ([("kind", *kind)], u64::from(*well))),
        )?;
        page.gauges(
            "zonewright_sync_problems",
            "What is wrong with objects, by reason",
            watches
                .problems
                .iter()
                .map(|(reason, count)| ([("reason", *reason)], *count)),
        )
    }

    /// All rows counted: anew if some of them may have changed, and not all the time.
    fn census(&self) -> Arc<Census> {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = self.model.generation();
        if let Some(known) = &*counted
            && (known.generation == generation || known.at.elapsed() < KEPT)
        {
            return Arc::clone(&known.census);
        }
        let census = Arc::new(self.model.census());
        let fresh = Counted {
            at: Instant::now(),
            generation,
            census: Arc::clone(&census),
        };
        *counted = Some(fresh);
        census
    }
}

/// What comes of `--provider-cache-time`, where it is set.
fn cache(page: &mut Page<'_>, numbers: &[Numbers]) -> fmt::Result {
    let sum = |count: fn(&Numbers) -> u64| numbers.iter().map(count).sum::<u64>();
    let (hits, misses) = (sum(|of| of.cache_hits), sum(|of| of.cache_misses));
    if hits + misses == 0 {
        return Ok(());
    }
    // These counters of external-dns have names that do not end as those of counters have to.
    page.gauges(
        "external_dns_provider_cache_records_calls",
        "Listings that were needed, by whether an earlier one was taken",
        [("true", hits), ("false", misses)]
            .map(|(cached, count)| ([("from_cache", cached)], count)),
    )?;
    page.gauge(
        "external_dns_provider_cache_apply_changes_calls",
        "Change sets given to destinations whose listings are kept",
        sum(|of| of.cache_applies),
    )
}

fn add(sum: &mut BTreeMap<Rtype, u64>, counts: &BTreeMap<Rtype, i64>) {
    for (rtype, count) in counts {
        *sum.entry(*rtype).or_default() += u64::try_from(*count).unwrap_or_default();
    }
}

fn total(counts: &BTreeMap<Rtype, u64>) -> u64 {
    counts.values().sum()
}

fn by_type(counts: &BTreeMap<Rtype, u64>) -> impl Iterator<Item = ([(&str, String); 1], u64)> {
    counts
        .iter()
        .map(|(rtype, count)| ([("record_type", lower(*rtype))], *count))
}

fn lower(rtype: Rtype) -> String {
    rtype.to_string().to_lowercase()
}

/// A number of each destination: its name, what it is, and how it is read.
type Gauge = (&'static str, &'static str, fn(&Numbers) -> u64);

/// How long a count of all rows is shown.
const KEPT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
