//! Where OVHcloud's own tools look: variables, then the files `ovh.conf`.

use std::path::PathBuf;

use plan::{ErrorKind, ProviderError};

use super::OvhKeys;
use crate::auth::fault;
use crate::auth::file::{Environment, read};
use crate::auth::ini::Ini;
use crate::client::Secret;

/// The variables of the environment that are read.
pub const VARIABLES: [&str; 8] = [
    "HOME",
    "OVH_ACCESS_TOKEN",
    "OVH_APPLICATION_KEY",
    "OVH_APPLICATION_SECRET",
    "OVH_CLIENT_ID",
    "OVH_CLIENT_SECRET",
    "OVH_CONSUMER_KEY",
    "OVH_ENDPOINT",
];

/// Where the interface is, and who asks.
#[derive(Clone, Debug)]
pub struct OvhAccess {
    /// The base address, with its version.
    pub base: String,
    /// Where tokens of clients are given; none for an address of one's own.
    pub tokens: Option<&'static str>,
    /// Who asks.
    pub who: OvhWho,
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum OvhWho {
    /// A client of OAuth 2.
    Client {
        /// Its name.
        id: String,
        /// Its secret.
        secret: Secret,
    },
    /// An application that somebody let in.
    Keys(OvhKeys),
    /// Whoever has this token.
    Token(Secret),
}

/// Names of endpoints, their addresses, and where they give tokens.
const ENDPOINTS: [(&str, &str, Option<&str>); 7] = [
    (
        "ovh-eu",
        "https://eu.api.ovh.com/1.0",
        Some("https://www.ovh.com/auth/oauth2/token"),
    ),
    (
        "ovh-ca",
        "https://ca.api.ovh.com/1.0",
        Some("https://ca.ovh.com/auth/oauth2/token"),
    ),
    (
        "ovh-us",
        "https://api.us.ovhcloud.com/1.0",
        Some("https://us.ovhcloud.com/auth/oauth2/token"),
    ),
    ("kimsufi-eu", "https://eu.api.kimsufi.com/1.0", None),
    ("kimsufi-ca", "https://ca.api.kimsufi.com/1.0", None),
    ("soyoustart-eu", "https://eu.api.soyoustart.com/1.0", None),
    ("soyoustart-ca", "https://ca.api.soyoustart.com/1.0", None),
];

impl OvhAccess {
    /// Looks for access; an endpoint that settings name comes first.
    ///
    /// # Errors
    /// Nothing says who asks, or the endpoint is none that is known and no address.
    pub fn find(environment: &Environment, endpoint: Option<&str>) -> Result<Self, ProviderError> {
        let files = files(environment)?;
        let of_files = |section: &str, key: &str| {
            let found = files.iter().find_map(|file| file.get(section, key));
            found.map(str::to_owned)
        };
        let endpoint = endpoint
            .filter(|endpoint| !endpoint.is_empty())
            .map(str::to_owned)
            .or_else(|| environment.get("OVH_ENDPOINT"))
            .or_else(|| of_files("default", "endpoint"))
            .unwrap_or_else(|| "ovh-eu".to_owned());
        let (base, tokens) = place(&endpoint)?;
        let get = |key: &str| {
            let variable = format!("OVH_{}", key.to_uppercase());
            environment
                .get(&variable)
                .or_else(|| of_files(&endpoint, key))
        };
        let keys = (
            get("application_key"),
            get("application_secret"),
            get("consumer_key"),
        );
        let who = match (
            keys,
            get("client_id"),
            get("client_secret"),
            get("access_token"),
        ) {
            ((Some(application), Some(secret), Some(consumer)), ..) => OvhWho::Keys(OvhKeys {
                application,
                secret: secret.into(),
                consumer: consumer.into(),
            }),
            (_, Some(id), Some(secret), _) => OvhWho::Client {
                id,
                secret: secret.into(),
            },
            (_, _, _, Some(token)) => OvhWho::Token(token.into()),
            _ => {
                let message = "nothing says who asks: expected OVH_APPLICATION_KEY, OVH_APPLICATION_SECRET and \
                               OVH_CONSUMER_KEY; OVH_CLIENT_ID and OVH_CLIENT_SECRET; or OVH_ACCESS_TOKEN";
                return Err(fault(ErrorKind::Config, message.to_owned()));
            }
        };
        Ok(Self { base, tokens, who })
    }
}

fn place(endpoint: &str) -> Result<(String, Option<&'static str>), ProviderError> {
    if endpoint.starts_with("http://") || endpoint.starts_with("https://") {
        return Ok((endpoint.to_owned(), None));
    }
    let found = ENDPOINTS.iter().find(|(name, ..)| *name == endpoint);
    let (_, base, tokens) = found.ok_or_else(|| {
        let names: Vec<&str> = ENDPOINTS.iter().map(|(name, ..)| *name).collect();
        let message = format!(
            "endpoint \"{endpoint}\" is none of {}, and no address",
            names.join(", ")
        );
        fault(ErrorKind::Config, message)
    })?;
    Ok(((*base).to_owned(), *tokens))
}

/// The files that are there, the nearest first.
fn files(environment: &Environment) -> Result<Vec<Ini>, ProviderError> {
    let home = environment
        .get("HOME")
        .map(|home| PathBuf::from(home).join(".ovh.conf"));
    let places = [Some("ovh.conf".into()), home, Some("/etc/ovh.conf".into())];
    let there = places
        .into_iter()
        .flatten()
        .filter(|path: &PathBuf| path.is_file());
    there
        .map(|path| read(&path).map(|text| Ini::parse(text.expose())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_come_before_files() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap();
        std::fs::write(
            folder.path().join(".ovh.conf"),
            "[default]\nendpoint=ovh-ca\n[ovh-ca]\nclient_id=c\nclient_secret=s3cret\n[ovh-us]\naccess_token=t0ken\n",
        )
        .unwrap();
        let keys = [
            ("OVH_APPLICATION_KEY", "a"),
            ("OVH_APPLICATION_SECRET", "s3cret"),
            ("OVH_CONSUMER_KEY", "s3cret"),
        ];
        for (variables, endpoint, base, who) in [
            (
                &[][..],
                None,
                "https://ca.api.ovh.com/1.0",
                r#"Client { id: "c", secret: *** }"#,
            ),
            (
                &[("OVH_ENDPOINT", "ovh-us")],
                None,
                "https://api.us.ovhcloud.com/1.0",
                "Token(***)",
            ),
            (
                &keys,
                Some("ovh-eu"),
                "https://eu.api.ovh.com/1.0",
                r#"Keys(OvhKeys { application: "a", secret: ***, consumer: *** })"#,
            ),
            (
                &keys,
                Some("http://127.0.0.1:1/x"),
                "http://127.0.0.1:1/x",
                r#"Keys(OvhKeys { application: "a", secret: ***, consumer: *** })"#,
            ),
        ] {
            let pairs = variables.iter().copied().chain([("HOME", home)]);
            let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
            let access = OvhAccess::find(&Environment::of(pairs), endpoint).unwrap();
            assert_eq!((&*access.base, &*format!("{:?}", access.who)), (base, who));
        }
        let none = Environment::of([]);
        let said = |endpoint| OvhAccess::find(&none, Some(endpoint)).unwrap_err().message;
        assert!(said("ovh-eu").starts_with("nothing says who asks"));
        assert!(said("ovh-moon").starts_with("endpoint \"ovh-moon\" is none of ovh-eu, "));
    }
}
