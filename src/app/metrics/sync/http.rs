//! Requests by HTTP, to the API server and to providers, under the name that external-dns has.

use std::fmt;
use std::time::Duration;

use plan::{HttpCalls, HttpTimes};
use prometheus_client::encoding::NoLabelSet;
use prometheus_client::metrics::MetricType;

use super::Page;

/// Writes them. External-dns makes a summary of it. Ours is a histogram: sums and counts are the
/// same, and quantiles come of the buckets.
pub(super) fn encode(page: &mut Page<'_>, calls: &HttpCalls) -> fmt::Result {
    let mut encoder = page.0.encode_descriptor(
        "http_request_duration_seconds",
        "Time until the API server and providers began to answer",
        None,
        MetricType::Histogram,
    )?;
    for (call, times) in calls.read() {
        let status = call.status.map(|status| status.to_string());
        let labels = [
            ("handler", "instrumented_http"),
            ("scheme", &call.scheme),
            ("host", &call.host),
            ("path", &call.path),
            ("method", &call.method),
            ("status", status.as_deref().unwrap_or_default()),
        ];
        let lower = labels.map(|(name, value)| (name, value.to_lowercase()));
        let bounds = HttpTimes::BOUNDS.iter().map(Duration::as_secs_f64);
        let buckets: Vec<(f64, u64)> = bounds.chain([f64::INFINITY]).zip(times.buckets).collect();
        encoder
            .encode_family(&lower)?
            .encode_histogram::<NoLabelSet>(
                times.sum.as_secs_f64(),
                times.count(),
                &buckets,
                None,
            )?;
    }
    Ok(())
}
