//! The keys of etcd, from servers or from a dump.

use std::net::ToSocketAddrs;

use anyhow::{Context, bail};
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
    let text = |name: &str| -> anyhow::Result<Option<String>> {
        let Some(value) = environment(name).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        match value.into_string() {
            Ok(text) => Ok(Some(text)),
            Err(_) => bail!("{name} is not UTF-8"),
        }
    };
    let file = |name: &str| -> anyhow::Result<Option<Vec<u8>>> {
        let Some(path) = text(name)? else {
            return Ok(None);
        };
        let read = std::fs::read(&path);
        let read = read.with_context(|| format!("{name}: read {}", Quoted(&path)))?;
        Ok(Some(read))
    };
    let mut servers = asked.servers.clone();
    if servers.is_empty() {
        let urls = text("ETCD_URLS")?;
        let urls = urls.as_deref().unwrap_or("http://localhost:2379");
        servers = urls.split(',').map(|url| url.trim().to_owned()).collect();
    }
    for server in &servers {
        if !server.starts_with("http://") && !server.starts_with("https://") {
            bail!(
                "{} is no server; expected one as http://localhost:2379",
                Quoted(server)
            );
        }
    }
    let user = match (text("ETCD_USERNAME")?, text("ETCD_PASSWORD")?) {
        (Some(name), password) => Some((name, password.unwrap_or_default())),
        (None, Some(_)) => bail!("ETCD_PASSWORD is set and ETCD_USERNAME is not"),
        (None, None) => None,
    };
    let identity = match (file("ETCD_CERT_FILE")?, file("ETCD_KEY_FILE")?) {
        (Some(certificate), Some(key)) => Some([certificate, key].join(&b'\n')),
        (None, None) => None,
        _ => bail!("ETCD_CERT_FILE and ETCD_KEY_FILE are set together, or neither"),
    };
    let server_name = match text("ETCD_TLS_SERVER_NAME")? {
        Some(name) => Some((name, addresses(&servers)?)),
        None => None,
    };
    let insecure = text("ETCD_TLS_INSECURE")?;
    Ok(Settings {
        servers,
        user,
        trusted: file("ETCD_CA_FILE")?,
        identity,
        server_name,
        insecure: insecure
            .is_some_and(|value| matches!(&*value, "1" | "t" | "T" | "true" | "TRUE" | "True")),
    })
}

/// Where the servers are, for a name that is not theirs.
fn addresses(servers: &[String]) -> anyhow::Result<Vec<std::net::SocketAddr>> {
    let mut all = Vec::new();
    for server in servers {
        let place = server
            .split_once("://")
            .map_or(&**server, |(_, place)| place);
        let place = place.trim_end_matches('/');
        let found = place.to_socket_addrs();
        all.extend(found.with_context(|| format!("look up {}", Quoted(place)))?);
    }
    Ok(all)
}
