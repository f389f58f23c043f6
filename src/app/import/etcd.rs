//! The keys of etcd, from servers or from a dump.

use anyhow::Context;
use config::{Environment, Quoted, Skydns};
use provider::etcd::{Etcd, Pair, Settings, read_dump};

/// Reads all keys under the prefix.
///
/// # Errors
/// No server answers, or what is set for it cannot be used.
pub(super) fn read(asked: &Skydns, environment: Environment<'_>) -> anyhow::Result<Vec<Pair>> {
    if let Some(path) = &asked.dump {
        let shown = path.to_string_lossy();
        let shown = Quoted(&shown);
        let text = std::fs::read(path).with_context(|| format!("read dump {shown}"))?;
        return read_dump(&text).with_context(|| {
            format!("dump {shown}: expected what 'etcdctl get --prefix -w json' prints")
        });
    }
    let client = Etcd::new(settings(asked, environment)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start a thread for requests")?;
    let prefix = super::skydns::prefix(&asked.prefix);
    Ok(runtime.block_on(client.prefix(prefix.as_bytes()))?)
}

/// What flags and the variables of external-dns say.
fn settings(asked: &Skydns, environment: Environment<'_>) -> anyhow::Result<Settings> {
    let text = |name: &str| {
        let value = environment(name).filter(|value| !value.is_empty())?;
        Some(value.to_string_lossy().into_owned())
    };
    Ok(Settings::from_variables(asked.servers.clone(), text)?)
}
