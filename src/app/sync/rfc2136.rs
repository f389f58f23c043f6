//! Name servers that take updates, as the settings say.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use client::{Limits, Sessions, Tls, TlsSettings};
use config::{Kerberos, KerberosProof, LoadBalancing, Rfc2136, TsigKey};
use gss::{Conf, Credentials, Login, Negotiator, Proof, Realms};
use plan::DynProvider;
use provider::rfc2136::{self, Balance};
use tsig::{Algorithm, Key, Keys, Secret};
use wire::Ttl;

use crate::app::clock;

/// The provider of these settings.
///
/// # Errors
/// A key or a certificate cannot be had, or a host is none.
pub(super) fn provider(settings: &Rfc2136) -> anyhow::Result<Box<dyn DynProvider>> {
    let key = key(&settings.key)?;
    if let Some(key) = &key
        && key.algorithm().is_weak()
    {
        let (key, algorithm) = (key.name(), key.algorithm());
        tracing::warn!(%key, %algorithm, "the algorithm of the key is weak; hmac-sha256 is better");
    }
    let tls = if settings.use_tls {
        Some(Tls::new(&TlsSettings {
            ca: settings.tls_ca.clone(),
            certificate: settings.tls_certificate.clone(),
            key: settings.tls_key.clone(),
            skip_verify: settings.skip_tls_verify,
            server_name: None,
        })?)
    } else {
        None
    };
    let mut servers = Vec::new();
    for host in &settings.hosts {
        let host = host
            .parse()
            .with_context(|| format!("name server \"{host}\""))?;
        servers.push(client::Settings {
            host,
            port: settings.port,
            tls: tls.clone(),
            key: key.clone(),
            limits: Limits::default(),
            clock: unix_seconds,
        });
    }
    let min_ttl = seconds(settings.min_ttl);
    let default_ttl = if settings.min_ttl.is_zero() {
        Ttl::from_secs(DEFAULT_TTL)
    } else {
        min_ttl
    };
    Ok(Box::new(rfc2136::Rfc2136::new(rfc2136::Settings {
        servers,
        sessions: match &settings.key {
            TsigKey::Kerberos(kerberos) => Some(sessions(kerberos)?),
            _ => None,
        },
        balance: match settings.load_balancing {
            LoadBalancing::Disabled => Balance::Disabled,
            LoadBalancing::Random => Balance::Random,
            LoadBalancing::RoundRobin => Balance::RoundRobin,
        },
        zones: settings.zones.clone(),
        hints: settings.hints.clone(),
        axfr: settings.axfr,
        min_ttl,
        default_ttl,
        batch: settings.batch,
    })))
}

fn key(settings: &TsigKey) -> anyhow::Result<Option<Arc<Key>>> {
    match settings {
        TsigKey::Kerberos(_) | TsigKey::None => Ok(None),
        TsigKey::Given {
            name,
            algorithm,
            secret,
        } => {
            let algorithm: Algorithm = algorithm.parse()?;
            let secret = Secret::from_base64(&secret.0).filter(|secret| !secret.is_empty());
            let secret = secret.ok_or_else(|| {
                anyhow!("the secret of key \"{name}\" is not base64, or empty; copy all of it, with the = at its end")
            })?;
            let key = Key::new(name.as_ref(), algorithm, secret).sent_as_bind_does();
            Ok(Some(Arc::new(key)))
        }
        TsigKey::File { path, name } => {
            let keys = Keys::read(path)?;
            let mut all = keys.iter();
            let key = match (name, all.next(), all.next()) {
                (Some(name), ..) => keys.get(name).cloned(),
                (None, Some(only), None) => Some(Arc::clone(only)),
                (None, None, _) => bail!("{}: there is no key", path.display()),
                (None, Some(_), Some(_)) => bail!(
                    "{}: there are several keys; say which with --rfc2136-tsig-keyname",
                    path.display()
                ),
            };
            match (key, name) {
                (Some(key), _) => Ok(Some(key)),
                (None, Some(name)) => bail!("{}: there is no key \"{name}\"", path.display()),
                (None, None) => Ok(None),
            }
        }
    }
}

/// What signs as a user of Kerberos.
fn sessions(kerberos: &Kerberos) -> anyhow::Result<Arc<dyn Sessions>> {
    // As other programs of the system take it: files with colons between.
    let files: Vec<PathBuf> = match env::var_os("KRB5_CONFIG") {
        Some(files) => env::split_paths(&files).collect(),
        None => vec![KRB5_CONF.into()],
    };
    let realms = Realms::new(Conf::read(&files)?, RESOLV_CONF.into(), unix_seconds);
    let credentials = Credentials {
        user: kerberos.user.clone(),
        realm: kerberos.realm.clone(),
        proof: match &kerberos.proof {
            KerberosProof::Keytab(path) => Proof::Keytab(path.clone()),
            KerberosProof::Password(password) => Proof::Password(password.clone()),
        },
    };
    let login = Login::new(credentials, realms, unix_seconds);
    Ok(Arc::new(Negotiator::new(login)))
}

fn unix_seconds() -> u64 {
    clock::now().unix_seconds()
}

fn seconds(duration: Duration) -> Ttl {
    // Longer than any TTL is the longest one.
    u32::try_from(duration.as_secs()).map_or(Ttl::MAX, |seconds| {
        Ttl::from_secs(seconds.min(Ttl::MAX.as_secs()))
    })
}

const KRB5_CONF: &str = "/etc/krb5.conf";
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// The TTL of records that ask for none.
const DEFAULT_TTL: u32 = 300;
