//! Our own numbers: of destinations, their providers, and objects.

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::NoLabelSet;
use prometheus_client::metrics::MetricType;

use super::{Page, Parts};
use crate::app::sync::Numbers;

impl Parts {
    pub(super) fn ours(&self, page: &mut Page<'_>, numbers: &[Numbers]) -> fmt::Result {
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

    pub(super) fn calls(&self, page: &mut Page<'_>) -> fmt::Result {
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

    pub(super) fn objects(&self, page: &mut Page<'_>) -> fmt::Result {
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
}

/// A number of each destination: its name, what it is, and how it is read.
type Gauge = (&'static str, &'static str, fn(&Numbers) -> u64);
