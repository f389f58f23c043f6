//! A build without traces.

use config::Environment;
use tracing::Subscriber;
use tracing_subscriber::layer::{Identity, Layer};

/// What there is of traces: whether somebody asked for them.
#[derive(Debug)]
pub(crate) struct Traces {
    wanted: bool,
}

impl Traces {
    /// Looks at what the environment asks for.
    ///
    /// # Errors
    /// Never; those that can send them have some.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "a build with traces has the same one"
    )]
    pub(super) fn start(environment: Environment<'_>) -> anyhow::Result<Self> {
        let set = |name: &str| environment(name).is_some_and(|value| !value.is_empty());
        Ok(Self {
            wanted: set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
        })
    }

    /// Nothing that anything is given to.
    #[expect(clippy::unused_self, reason = "a build with traces needs it")]
    pub(super) fn layer<S: Subscriber>(&self) -> impl Layer<S> + use<S> {
        Identity::new()
    }

    /// Says how to get them, to whoever asked for them and for nothing else: collectors are often set for all
    /// programs of a cluster.
    pub(super) fn say(&self) {
        if self.wanted {
            tracing::warn!(
                "traces are not part of this build; rebuild with --features opentelemetry"
            );
        }
    }

    /// Nothing is left to send.
    pub(super) fn end(self) {}
}
