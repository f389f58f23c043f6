//! Traces: what passes, transfers and updates take, sent to a collector by OTLP.
//!
//! ```text
//! spans of the target "traces" ─→ layer ─→ sampler, batches (a thread) ─→ protobuf over HTTP ─→ collector
//! ```
//!
//! The environment says it all, by the names that OpenTelemetry gives (`OTEL_…`): an endpoint, or `otlp`
//! as the exporter, is what switches traces on. Queries have no spans. What the collector does not take is
//! dropped, and said once; nothing here holds up what is traced.

use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use anyhow::Context;
use config::Environment;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{self, SdkTracerProvider, SpanData};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::LookupSpan;

/// What sends traces, if anybody asks for them.
#[derive(Debug)]
pub(crate) struct Traces {
    provider: Option<SdkTracerProvider>,
    /// The way of sending that was asked for and is not here.
    other_protocol: Option<String>,
}

impl Traces {
    /// Begins to send, if the environment asks for it.
    ///
    /// # Errors
    /// The endpoint cannot be one, or no thread can be had.
    pub(super) fn start(environment: Environment<'_>) -> anyhow::Result<Self> {
        let text = |name: &str| {
            let value = environment(name).and_then(|value: OsString| value.into_string().ok());
            value.map_or_else(String::new, |value| value.trim().to_owned())
        };
        if !is_wanted(&text) {
            return Ok(Self {
                provider: None,
                other_protocol: None,
            });
        }
        // The client that sends takes the one that is set. Another part may have set it already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let exporter = SpanExporter::builder()
            .with_http()
            .build()
            .context("send traces (OTEL_EXPORTER_OTLP_ENDPOINT)")?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(Told::new(exporter))
            .with_resource(resource(&text))
            .build();
        let protocols = [
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "OTEL_EXPORTER_OTLP_PROTOCOL",
        ];
        let protocol = protocols
            .map(text)
            .into_iter()
            .find(|text| !text.is_empty());
        Ok(Self {
            provider: Some(provider),
            other_protocol: protocol.filter(|protocol| protocol != PROTOCOL),
        })
    }

    /// What takes spans, and nothing else.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        self.provider.as_ref().map(|provider| {
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer("zonewright"))
                .with_location(false)
                .with_threads(false)
                .with_target(false)
                .with_tracked_inactivity(false)
                .with_filter(Targets::new().with_target(TARGET, LevelFilter::INFO))
        })
    }

    /// Says what is not done as it was asked for.
    pub(super) fn say(&self) {
        if let Some(protocol) = &self.other_protocol {
            tracing::warn!(
                protocol,
                "traces are sent as {PROTOCOL}, the one protocol of this build"
            );
        }
    }

    /// Sends what is left, within a moment.
    pub(super) fn end(self) {
        let Some(provider) = self.provider else {
            return;
        };
        if let Err(error) = provider.shutdown_with_timeout(LAST) {
            tracing::debug!(%error, "the last traces are lost");
        }
    }
}

/// Whether traces are asked for. That a collector is named is enough, as in other programs.
fn is_wanted(text: &dyn Fn(&str) -> String) -> bool {
    if text("OTEL_SDK_DISABLED").eq_ignore_ascii_case("true") {
        return false;
    }
    let exporters = text("OTEL_TRACES_EXPORTER");
    if !exporters.is_empty() {
        return exporters.split(',').any(|one| one.trim() == "otlp");
    }
    ENDPOINTS.iter().any(|name| !text(name).is_empty())
}

/// Who we are: as the environment says, and else by our name and the machine's.
fn resource(text: &dyn Fn(&str) -> String) -> Resource {
    let given = text("OTEL_RESOURCE_ATTRIBUTES");
    let is_given = |key: &str| {
        let mut pairs = given.split(',').filter_map(|pair| pair.split_once('='));
        pairs.any(|(name, _)| name.trim() == key)
    };
    let mut more = vec![KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))];
    if text("OTEL_SERVICE_NAME").is_empty() && !is_given("service.name") {
        more.push(KeyValue::new("service.name", "zonewright"));
    }
    // Copies are told apart by the names of their machines, which are those of their Pods.
    if !is_given("service.instance.id")
        && let Some(name) = nix::unistd::gethostname()
            .ok()
            .and_then(|name| name.into_string().ok())
    {
        more.push(KeyValue::new("service.instance.id", name));
    }
    Resource::builder().with_attributes(more).build()
}

/// An exporter that says when spans begin to get lost, and when they get through again.
#[derive(Debug)]
struct Told<E> {
    exporter: E,
    failing: AtomicBool,
}

impl<E> Told<E> {
    fn new(exporter: E) -> Self {
        Self {
            exporter,
            failing: AtomicBool::new(false),
        }
    }
}

impl<E: trace::SpanExporter> trace::SpanExporter for Told<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let result = self.exporter.export(batch).await;
        match (&result, self.failing.swap(result.is_err(), Relaxed)) {
            (Err(error), false) => tracing::warn!(%error, "traces are lost"),
            (Ok(()), true) => tracing::info!("traces get through again"),
            _ => {}
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// What spans are known by.
const TARGET: &str = "traces";

/// How spans are sent.
const PROTOCOL: &str = "http/protobuf";

/// Variables that name a collector.
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
];

/// How long the end waits for a collector.
const LAST: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], expected: bool) {
        let text = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map_or_else(String::new, |(_, value)| (*value).to_owned())
        };
        assert_eq!(is_wanted(&text), expected, "{variables:?}");
    }

    #[test]
    fn a_collector_or_an_exporter_switches_traces_on() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        check(&[], false);
        check(&[endpoint], true);
        check(
            &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a/v1")],
            true,
        );
        check(&[("OTEL_TRACES_EXPORTER", "otlp")], true);
        check(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")], false);
        check(&[endpoint, ("OTEL_TRACES_EXPORTER", "console, otlp")], true);
        check(&[endpoint, ("OTEL_SDK_DISABLED", "true")], false);
    }

    #[test]
    fn a_name_that_is_given_stands() {
        let name = |given: &'static str| {
            let text = move |name: &str| match name {
                "OTEL_RESOURCE_ATTRIBUTES" => given.to_owned(),
                _ => String::new(),
            };
            let key = opentelemetry::Key::from_static_str("service.name");
            resource(&text).get(&key).map(|name| name.to_string())
        };
        assert_eq!(name("a=b").as_deref(), Some("zonewright"));
        // What is given is read from the process by the crate itself, so it is not there in this test.
        assert_ne!(name("a=b,service.name=dns").as_deref(), Some("zonewright"));
    }
}
