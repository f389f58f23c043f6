//! The numbers that dashboards for external-dns know.

use std::collections::BTreeMap;
use std::fmt;

use wire::Rtype;

use super::{Page, Parts};
use crate::app::sync::{Mismatch, Numbers};

impl Parts {
    pub(super) fn external_dns(&self, page: &mut Page<'_>, numbers: &[Numbers]) -> fmt::Result {
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

    pub(super) fn webhook(&self, page: &mut Page<'_>) -> fmt::Result {
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
