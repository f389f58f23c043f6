//! `--once`: one pass over every destination, then the end. Nothing is served.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use config::{Config, Environment, Output};
use wire::Name;
use zone::Store;

use super::control;
use super::sync;
use super::telemetry::{self, Style};
use super::zones::Made;

/// Makes one pass. Exit code 0 if all of it went well.
///
/// # Errors
/// Objects cannot be listed, or a destination cannot be read or written.
pub(super) fn run(config: &Config, environment: Environment<'_>) -> anyhow::Result<ExitCode> {
    alone(config, environment, |settings, store, color| async move {
        sync::once(settings, &store, color).await?;
        Ok(String::new())
    })
}

/// Shows what one pass would change.
///
/// # Errors
/// Objects or records cannot be read.
pub(super) fn plan(
    config: &Config,
    output: Output,
    environment: Environment<'_>,
) -> anyhow::Result<ExitCode> {
    alone(config, environment, |settings, store, color| async move {
        let zones: Vec<Name> = Made::all(config)
            .into_iter()
            .map(|made| made.apex)
            .collect();
        let compared = if zones.is_empty() {
            String::new()
        } else {
            let held = control::held(&config.control_socket, environment, &zones);
            for (zone, records) in held.records {
                let put = sync::put_layer(&store, &zone, records);
                put.map_err(anyhow::Error::msg)
                    .context("understand what the running server holds")?;
            }
            held.what
        };
        sync::plan(settings, &store, output, color, &compared).await
    })
}

/// Does something with the settings of names and prints what it gives, without a daemon.
fn alone<'a, F>(
    config: &'a Config,
    environment: Environment<'_>,
    job: impl FnOnce(&'a config::Sync, Arc<Store>, bool) -> F,
) -> anyhow::Result<ExitCode>
where
    F: Future<Output = anyhow::Result<String>>,
{
    let settings = config
        .sync
        .as_deref()
        .context("no sources are set (flag --source), so there are no names to look after")?;
    let style = Style::of_stderr(config.log.format, environment);
    let traces = style.install(config.log.level, environment)?;
    telemetry::warn_of(config);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("start the threads")?;
    // Its contents go with the process, so nobody can choose names against its hashes.
    let store = Arc::new(Store::new([0, 0]));
    for made in Made::all(config) {
        made.put(&store)?;
    }
    let result = runtime.block_on(job(settings, store, style.color()));
    runtime.shutdown_background();
    traces.end();
    telemetry::print(result?.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
