//! Providers behind an API, by name: what users set becomes a provider.

use std::sync::Arc;
use std::time::Duration;

use plan::registry::TxtRegistry;
use plan::{DynProvider, HttpCalls, ProviderError};

use crate::auth::{Clock, Value};
use crate::client::{self, Carrier, ClientError, Http, Tls, Web};
use crate::exec::Scope;

/// What users set, by the names of flags. A flag that has no value has its default already.
pub trait Options {
    /// A text; none if it is empty.
    fn text(&self, flag: &str) -> Option<&str>;
    /// Several texts.
    fn texts(&self, flag: &str) -> &[String];
    /// Whether a switch is on.
    fn is_on(&self, flag: &str) -> bool;
    /// A number.
    fn number(&self, flag: &str) -> i64;
    /// A duration.
    fn duration(&self, flag: &str) -> Duration;
    /// A variable of the environment, such as the vendor's own tools read; none if it is empty.
    fn variable(&self, name: &str) -> Option<String>;
}

/// All that a provider is made of.
pub struct Setup<'s> {
    /// What users set.
    pub options: &'s dyn Options,
    /// What it may look at and do.
    pub scope: Scope,
    /// Where its calls are counted.
    pub calls: Arc<HttpCalls>,
    /// What stands in for the other side, in trials.
    pub stand_in: Option<StandIn>,
}

/// What is in place of the network and of the time of day.
#[derive(Clone, Debug)]
pub struct StandIn {
    /// What carries requests.
    pub carrier: Arc<dyn Carrier>,
    /// The time.
    pub clock: Clock,
}

#[allow(
    dead_code,
    reason = "a build has any of the providers, and some need it"
)]
impl Setup<'_> {
    /// A secret that a variable holds, or a file that it names.
    pub(crate) fn secret(
        &self,
        provider: &'static str,
        variable: &'static str,
    ) -> Result<Value, SetupError> {
        let text = self.options.variable(variable);
        let text = text.ok_or_else(|| {
            let what = format!("{variable} is not set; expected the credentials of an account");
            SetupError::setting(provider, what)
        });
        Ok(Value::from_setting(&text?))
    }

    /// A client of which nothing is peculiar; what is set up otherwise begins with this, so that its
    /// calls are counted and get to a stand-in.
    pub(crate) fn client(&self) -> client::Setup {
        let stand_in = self.stand_in.as_ref();
        client::Setup {
            calls: Arc::clone(&self.calls),
            carrier: stand_in.map(|it| Arc::clone(&it.carrier)),
            ..client::Setup::default()
        }
    }

    /// What tells the time of day, for signatures and tokens.
    pub(crate) fn clock(&self) -> Clock {
        let stand_in = self.stand_in.as_ref();
        stand_in.map_or_else(Clock::system, |it| it.clock.clone())
    }

    /// An API of which nothing is peculiar but its address.
    pub(crate) fn web(&self, provider: &'static str, base: &str) -> Result<Web, SetupError> {
        let web = Web::new(Http::with(provider, &self.client())?, base)?;
        Ok(web.clock(self.clock()))
    }
}

/// A provider cannot be made of what is set.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A flag or a variable is missing or wrong.
    #[error("provider \"{provider}\": {what}")]
    Setting {
        /// The provider.
        provider: &'static str,
        /// What is wrong, and what to set.
        what: String,
    },
    /// TLS cannot be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// An address cannot be used.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// What is set for etcd cannot be used.
    #[cfg(any(feature = "coredns", feature = "rdns"))]
    #[error("provider \"{provider}\"")]
    Etcd {
        /// The provider.
        provider: &'static str,
        /// Why not.
        #[source]
        source: crate::etcd::SettingsError,
    },
    /// A file cannot be read.
    #[error("provider \"{provider}\": read \"{path}\"")]
    File {
        /// The provider.
        provider: &'static str,
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It is known, but left out of this build.
    #[error(
        "provider \"{name}\" is not part of this build; rebuild with --features provider-{feature}"
    )]
    Absent {
        /// The provider.
        name: String,
        /// What it is called among the features, where several names are of one.
        feature: String,
    },
    /// A registry is known, but left out of this build.
    #[error(
        "registry \"{name}\" is not part of this build; rebuild with --features provider-{feature}"
    )]
    AbsentRegistry {
        /// The registry.
        name: String,
        /// The feature that it comes with.
        feature: &'static str,
    },
}

impl SetupError {
    /// A setting that is missing or wrong, in words that say what to set.
    pub(crate) fn setting(provider: &'static str, what: impl Into<String>) -> Self {
        let what = what.into();
        Self::Setting { provider, what }
    }
}

/// What the flags of certificates say; `insecure` is the switch for any certificate.
#[allow(
    dead_code,
    reason = "a build has any of the providers, and some need it"
)]
pub(crate) fn tls(
    provider: &'static str,
    options: &dyn Options,
    insecure: &str,
) -> Result<Tls, SetupError> {
    let read = |flag: &str| {
        let Some(path) = options.text(flag) else {
            return Ok(None);
        };
        let file = std::fs::read(path).map_err(|source| SetupError::File {
            provider,
            path: path.to_owned(),
            source,
        });
        file.map(Some)
    };
    let identity = match (read("tls-client-cert")?, read("tls-client-cert-key")?) {
        (Some(certificate), Some(key)) => Some([certificate, b"\n".to_vec(), key].concat()),
        (None, None) => None,
        _ => {
            let what = "--tls-client-cert and --tls-client-cert-key go together";
            return Err(SetupError::setting(provider, what));
        }
    };
    Ok(Tls {
        trusted: read("tls-ca")?,
        identity,
        insecure: options.is_on(insecure),
        server_name: None,
    })
}

/// The provider of this name. Nothing is asked yet.
///
/// # Errors
/// It cannot be made of what is set, or is not part of this build.
pub fn open(name: &str, setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    match name {
        #[cfg(feature = "aws")]
        "aws" => crate::aws::open(setup),
        #[cfg(feature = "aws-sd")]
        "aws-sd" => crate::awssd::open(setup),
        #[cfg(feature = "azure")]
        "azure" | "azure-dns" => crate::azure::open(setup),
        #[cfg(feature = "azure")]
        "azure-private-dns" => crate::azure::open_private(setup),
        #[cfg(feature = "coredns")]
        "coredns" | "skydns" => crate::coredns::open(setup),
        #[cfg(feature = "designate")]
        "designate" => crate::designate::open(setup),
        #[cfg(feature = "cloudflare")]
        "cloudflare" => crate::cloudflare::open(setup),
        #[cfg(feature = "digitalocean")]
        "digitalocean" => crate::digitalocean::open(setup),
        #[cfg(feature = "google")]
        "google" => crate::google::open(setup),
        #[cfg(feature = "infoblox")]
        "infoblox" => crate::infoblox::open(setup),
        #[cfg(feature = "oci")]
        "oci" => crate::oci::open(setup),
        #[cfg(feature = "ovh")]
        "ovh" => crate::ovh::open(setup),
        #[cfg(feature = "pdns")]
        "pdns" => crate::pdns::open(setup),
        #[cfg(feature = "pihole")]
        "pihole" => crate::pihole::open(setup),
        #[cfg(feature = "rdns")]
        "rdns" => crate::rdns::open(setup),
        _ => {
            drop(setup);
            let feature = match name {
                "azure-dns" | "azure-private-dns" => "azure",
                "skydns" => "coredns",
                other => other,
            };
            let [name, feature] = [name, feature].map(str::to_owned);
            Err(SetupError::Absent { name, feature })
        }
    }
}

/// A provider whose records have their labels in a registry of this name, which is reached by the same
/// settings. `texts` reads ownership TXT of before. Nothing is asked yet.
///
/// # Errors
/// It cannot be made of what is set, or is not part of this build.
pub fn keep(
    name: &str,
    setup: &Setup<'_>,
    inner: Box<dyn DynProvider>,
    (owner, texts): (&str, Option<TxtRegistry>),
) -> Result<Box<dyn DynProvider>, SetupError> {
    match name {
        #[cfg(feature = "aws")]
        "dynamodb" => crate::dynamodb::open(setup, inner, (owner, texts)),
        _ => {
            let (_left, _out, _of) = (setup, inner, (owner, texts));
            let name = name.to_owned();
            let feature = "aws";
            Err(SetupError::AbsentRegistry { name, feature })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::trial::Given;

    #[test]
    fn what_is_left_out_of_a_build_says_how_to_have_it() {
        let absent = [
            ("akamai", "akamai", false),
            ("azure-private-dns", "azure", cfg!(feature = "azure")),
            (
                "digitalocean",
                "digitalocean",
                cfg!(feature = "digitalocean"),
            ),
            ("skydns", "coredns", cfg!(feature = "coredns")),
        ];
        for (name, feature, _) in absent.into_iter().filter(|(_, _, is_built)| !is_built) {
            let error = open(name, Given::default().setup()).err().unwrap();
            let said = format!(
                "provider \"{name}\" is not part of this build; rebuild with --features provider-{feature}"
            );
            assert_eq!(error.to_string(), said);
        }
    }

    /// The features of the program are those of this crate, each by the name that the message has.
    #[test]
    fn the_program_has_a_feature_for_each_provider() {
        let ours = features(include_str!("Cargo.toml"));
        let ours = ours.into_iter().map(|(name, _)| name);
        let ours: BTreeSet<&str> = ours
            .filter(|name| !matches!(*name, "default" | "suite"))
            .collect();
        let program = features(include_str!("../../Cargo.toml"));
        let theirs = program
            .iter()
            .filter_map(|(name, _)| name.strip_prefix("provider-"));
        let theirs: BTreeSet<&str> = theirs.filter(|name| *name != "all").collect();
        assert_eq!(theirs, ours);
        let list = |of: &str| {
            let found = program.iter().find(|(name, _)| *name == of);
            found.map_or_else(Vec::new, |(_, list)| list.clone())
        };
        let all: BTreeSet<&str> = list("provider-all").into_iter().collect();
        let each: Vec<String> = ours.iter().map(|name| format!("provider-{name}")).collect();
        assert_eq!(all, each.iter().map(String::as_str).collect());
        for name in ours {
            let wanted = format!("provider/{name}");
            assert!(
                list(&format!("provider-{name}")).contains(&&*wanted),
                "{name}"
            );
        }
    }

    /// The features of a manifest, each with what it turns on.
    fn features(manifest: &str) -> Vec<(&str, Vec<&str>)> {
        let (_, rest) = manifest.split_once("\n[features]\n").unwrap();
        let section = rest.split("\n[").next().unwrap_or_default();
        let lists = section
            .split("]\n")
            .flat_map(|list| list.split_once(" = ["));
        let lists = lists.map(|(head, list)| {
            let name = head.lines().last().unwrap_or_default();
            let parts = list
                .split([',', '\n'])
                .map(|part| part.trim().trim_matches('"'));
            (name, parts.filter(|part| !part.is_empty()).collect())
        });
        lists.collect()
    }
}
