//! OpenStack: a token of Keystone, version 3, and where the services are that it is good for.

use http::HeaderName;
use jiff::Timestamp;
use plan::{ErrorKind, ProviderError};
use reqwest::Request;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::file::Environment;
use super::token::Kept;
use super::{Clock, Sign, fault, of, set_secret};
use crate::client::{Secret, Web};

/// The variables of the environment that are read.
pub const VARIABLES: [&str; 22] = [
    "OS_APPLICATION_CREDENTIAL_ID",
    "OS_APPLICATION_CREDENTIAL_NAME",
    "OS_APPLICATION_CREDENTIAL_SECRET",
    "OS_AUTH_URL",
    "OS_DOMAIN_ID",
    "OS_DOMAIN_NAME",
    "OS_ENDPOINT_TYPE",
    "OS_INTERFACE",
    "OS_PASSWORD",
    "OS_PROJECT_DOMAIN_ID",
    "OS_PROJECT_DOMAIN_NAME",
    "OS_PROJECT_ID",
    "OS_PROJECT_NAME",
    "OS_REGION_NAME",
    "OS_TENANT_ID",
    "OS_TENANT_NAME",
    "OS_TOKEN",
    "OS_USERID",
    "OS_USERNAME",
    "OS_USER_DOMAIN_ID",
    "OS_USER_DOMAIN_NAME",
    "OS_USER_ID",
];

/// Who asks, as the variables of OpenStack's own tools say.
#[derive(Clone, Debug)]
pub struct KeystoneSettings {
    /// Where Keystone is, with its version or without.
    pub url: String,
    identity: Identity,
    scope: Option<Scope>,
    /// The interface of services, as `public`.
    interface: String,
    /// The region of services; any without.
    region: Option<String>,
}

#[derive(Clone, Debug)]
enum Identity {
    /// An application's credential, by its id, or by its name and whose it is.
    Application {
        id: Option<String>,
        name: Option<String>,
        user: Option<Value>,
        secret: Secret,
    },
    Password {
        user: Value,
        password: Secret,
    },
    Token(Secret),
}

/// What the token is for.
#[derive(Clone, Debug)]
struct Scope(Value);

impl KeystoneSettings {
    /// Reads the variables.
    ///
    /// # Errors
    /// They do not say where Keystone is, or who asks.
    pub fn from_environment(environment: &Environment) -> Result<Self, ProviderError> {
        let any = |names: &[&str]| names.iter().find_map(|name| environment.get(name));
        let get = |name: &str| environment.get(name);
        let missing = |what: &str| fault(ErrorKind::Config, format!("{what} is not set"));
        let url = get("OS_AUTH_URL").ok_or_else(|| missing("OS_AUTH_URL"))?;
        let domain = |of: &str| {
            let named = |name: &str| {
                [
                    format!("OS_{of}_DOMAIN_{name}"),
                    format!("OS_DOMAIN_{name}"),
                ]
            };
            let find = |name: &str| named(name).iter().find_map(|name| environment.get(name));
            match (find("ID"), find("NAME")) {
                (Some(id), _) => json!({"id": id}),
                (None, Some(name)) => json!({"name": name}),
                (None, None) => json!({"id": "default"}),
            }
        };
        let user = match (any(&["OS_USER_ID", "OS_USERID"]), get("OS_USERNAME")) {
            (Some(id), _) => Some(json!({"id": id})),
            (None, Some(name)) => Some(json!({"name": name, "domain": domain("USER")})),
            (None, None) => None,
        };
        let identity = match (
            get("OS_APPLICATION_CREDENTIAL_SECRET"),
            get("OS_PASSWORD"),
            get("OS_TOKEN"),
        ) {
            (Some(secret), _, _) => Identity::Application {
                id: get("OS_APPLICATION_CREDENTIAL_ID"),
                name: get("OS_APPLICATION_CREDENTIAL_NAME"),
                user,
                secret: secret.into(),
            },
            (None, Some(password), _) => Identity::Password {
                user: user.ok_or_else(|| missing("OS_USERNAME"))?,
                password: password.into(),
            },
            (None, None, Some(token)) => Identity::Token(token.into()),
            (None, None, None) => {
                return Err(missing(
                    "OS_PASSWORD, OS_APPLICATION_CREDENTIAL_SECRET or OS_TOKEN",
                ));
            }
        };
        let project = (
            any(&["OS_PROJECT_ID", "OS_TENANT_ID"]),
            any(&["OS_PROJECT_NAME", "OS_TENANT_NAME"]),
        );
        let scope = match (&identity, project) {
            // It is of one project already.
            (Identity::Application { .. }, _) => None,
            (_, (Some(id), _)) => Some(json!({"project": {"id": id}})),
            (_, (None, Some(name))) => {
                Some(json!({"project": {"name": name, "domain": domain("PROJECT")}}))
            }
            (_, (None, None)) => match (get("OS_DOMAIN_ID"), get("OS_DOMAIN_NAME")) {
                (Some(id), _) => Some(json!({"domain": {"id": id}})),
                (None, Some(name)) => Some(json!({"domain": {"name": name}})),
                (None, None) => None,
            },
        };
        let interface = any(&["OS_INTERFACE", "OS_ENDPOINT_TYPE"]);
        let interface = interface.unwrap_or_else(|| "public".to_owned());
        Ok(Self {
            url,
            identity,
            scope: scope.map(Scope),
            interface: interface.trim_end_matches("URL").to_owned(),
            region: get("OS_REGION_NAME"),
        })
    }

    /// The request for a token.
    fn body(&self) -> Value {
        let identity = match &self.identity {
            Identity::Application {
                id,
                name,
                user,
                secret,
            } => {
                let mut credential = json!({"secret": secret.expose()});
                match (id, name, user) {
                    (Some(id), ..) => credential["id"] = json!(id),
                    (None, name, user) => {
                        credential["name"] = json!(name);
                        credential["user"] = json!(user);
                    }
                }
                json!({"methods": ["application_credential"], "application_credential": credential})
            }
            Identity::Password { user, password } => {
                let mut user = user.clone();
                user["password"] = json!(password.expose());
                json!({"methods": ["password"], "password": {"user": user}})
            }
            Identity::Token(token) => {
                json!({"methods": ["token"], "token": {"id": token.expose()}})
            }
        };
        let mut auth = json!({"identity": identity});
        if let Some(Scope(scope)) = &self.scope {
            auth["scope"] = scope.clone();
        }
        json!({"auth": auth})
    }

    fn secret(&self) -> &Secret {
        match &self.identity {
            Identity::Application { secret, .. } => secret,
            Identity::Password { password, .. } => password,
            Identity::Token(token) => token,
        }
    }
}

/// Adds a token of Keystone.
#[derive(Debug)]
pub struct Keystone {
    web: Web,
    settings: KeystoneSettings,
    kept: Kept<(Secret, Catalog)>,
}

/// The services that a token is good for.
type Catalog = std::sync::Arc<[Service]>;

#[derive(Deserialize)]
struct Service {
    r#type: String,
    #[serde(default)]
    endpoints: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    interface: String,
    #[serde(default)]
    region_id: Option<String>,
    #[serde(default)]
    region: Option<String>,
    url: String,
}

impl Keystone {
    /// Asks the Keystone that the settings name by this client.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn new(
        http: crate::client::Http,
        settings: KeystoneSettings,
        clock: Clock,
    ) -> Result<Self, ProviderError> {
        // Addresses of version 2 were written for years.
        let base = settings.url.trim_end_matches('/');
        let base = base.trim_end_matches("/v2.0").trim_end_matches("/v3");
        let web = Web::new(http, &format!("{base}/v3"))?;
        Ok(Self {
            web,
            settings,
            kept: Kept::new(clock),
        })
    }

    /// Where a service is, as `dns`.
    ///
    /// # Errors
    /// The token is refused, or it is good for no such service.
    pub async fn service(&self, kind: &str) -> Result<String, ProviderError> {
        let kept = self.kept.get(self.ask()).await;
        let (_, catalog) = of(self.web.provider(), kept)?;
        let places = catalog.iter().filter(|service| service.r#type == kind);
        let KeystoneSettings {
            interface, region, ..
        } = &self.settings;
        let fits = |place: &&Place| {
            let there = place.region_id.as_ref().or(place.region.as_ref());
            place.interface == *interface
                && region.as_ref().is_none_or(|region| there == Some(region))
        };
        let found = places.flat_map(|service| &service.endpoints).find(fits);
        let none = || {
            let region = region.as_deref().unwrap_or("any");
            let message = format!(
                "the catalog has no service \"{kind}\" with interface \"{interface}\" in region \"{region}\" \
                 (OS_INTERFACE, OS_REGION_NAME)"
            );
            self.web
                .error(ErrorKind::Config, "find the service", message)
        };
        found.map(|place| place.url.clone()).ok_or_else(none)
    }

    async fn ask(&self) -> Result<((Secret, Catalog), Option<Timestamp>), ProviderError> {
        const ASK: &str = "ask Keystone for a token";
        #[derive(Deserialize)]
        struct Made {
            token: Token,
        }
        #[derive(Deserialize)]
        struct Token {
            #[serde(default)]
            expires_at: Option<String>,
            #[serde(default)]
            catalog: Vec<Service>,
        }
        let call = self
            .web
            .post(ASK, &["auth", "tokens"])
            .json(&self.settings.body());
        let answer = call
            .idempotent()
            .hide(self.settings.secret())
            .send()
            .await?;
        let Some(token) = answer.header("x-subject-token") else {
            let message = "the answer has no header X-Subject-Token";
            return Err(self.web.error(ErrorKind::Protocol, ASK, message));
        };
        let made: Made = self.web.json_of(ASK, &answer)?;
        let end = made.token.expires_at.and_then(|end| end.parse().ok());
        Ok(((token.into(), made.token.catalog.into()), end))
    }
}

impl Sign for Keystone {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        let (token, _) = self.kept.get(self.ask()).await?;
        set_secret(
            request,
            HeaderName::from_static("x-auth-token"),
            token.expose(),
        )
    }

    async fn refresh(&self, since: Instant) -> Result<bool, ProviderError> {
        Ok(self.kept.refuse(since).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::stub::{Stub, reply};
    use crate::client::{Http, Setup};

    fn settings(variables: &[(&str, &str)]) -> Result<KeystoneSettings, ProviderError> {
        let pairs = variables
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        KeystoneSettings::from_environment(&Environment::of(pairs))
    }

    #[test]
    fn variables_say_who_asks() {
        let url = ("OS_AUTH_URL", "http://k");
        let user = ("OS_USERNAME", "u");
        let password = ("OS_PASSWORD", "p");
        let secret = ("OS_APPLICATION_CREDENTIAL_SECRET", "s");
        for (variables, wanted) in [
            (
                &[
                    url,
                    user,
                    password,
                    ("OS_TENANT_NAME", "t"),
                    ("OS_USER_DOMAIN_NAME", "d"),
                ][..],
                json!({"identity": {"methods": ["password"], "password": {"user": {"name": "u", "domain": {"name": "d"}, "password": "p"}}},
                       "scope": {"project": {"name": "t", "domain": {"id": "default"}}}}),
            ),
            (
                &[url, ("OS_USER_ID", "i"), password, ("OS_PROJECT_ID", "t")],
                json!({"identity": {"methods": ["password"], "password": {"user": {"id": "i", "password": "p"}}},
                       "scope": {"project": {"id": "t"}}}),
            ),
            (
                &[
                    url,
                    secret,
                    ("OS_APPLICATION_CREDENTIAL_ID", "i"),
                    ("OS_PROJECT_ID", "t"),
                ],
                json!({"identity": {"methods": ["application_credential"], "application_credential": {"id": "i", "secret": "s"}}}),
            ),
            (
                &[url, secret, user, ("OS_APPLICATION_CREDENTIAL_NAME", "n")],
                json!({"identity": {"methods": ["application_credential"], "application_credential":
                       {"name": "n", "user": {"name": "u", "domain": {"id": "default"}}, "secret": "s"}}}),
            ),
            (
                &[url, ("OS_TOKEN", "x")],
                json!({"identity": {"methods": ["token"], "token": {"id": "x"}}}),
            ),
        ] {
            assert_eq!(settings(variables).unwrap().body(), json!({"auth": wanted}));
        }
        for (variables, said) in [
            (&[][..], "OS_AUTH_URL is not set"),
            (&[url, password], "OS_USERNAME is not set"),
            (
                &[url, user],
                "OS_PASSWORD, OS_APPLICATION_CREDENTIAL_SECRET or OS_TOKEN is not set",
            ),
        ] {
            assert_eq!(settings(variables).unwrap_err().message, said);
        }
    }

    #[tokio::test]
    async fn a_token_says_where_services_are() {
        let place = |interface: &str, region: &str, url: &str| json!({"interface": interface, "region_id": region, "url": url});
        let catalog = json!([
            {"type": "compute", "endpoints": [place("public", "r1", "http://c")]},
            {"type": "dns", "endpoints": [place("admin", "r1", "http://a"), place("public", "r1", "http://1"), place("public", "r2", "http://2")]},
        ]);
        let body =
            json!({"token": {"expires_at": "2026-08-22T11:00:00.000000Z", "catalog": catalog}});
        let stub = Stub::start(move |_| {
            reply(201, body.to_string()).header("x-subject-token", "t0ken-t0ken")
        })
        .await;
        for (region, wanted) in [
            ("r1", Some("http://1")),
            ("r2", Some("http://2")),
            ("r3", None),
        ] {
            let url = format!("{}/identity/v2.0/", stub.url);
            let variables = [
                ("OS_AUTH_URL", &*url),
                ("OS_USERNAME", "u"),
                ("OS_PASSWORD", "s3cret"),
                ("OS_REGION_NAME", region),
            ];
            let http = Http::with("designate", &Setup::default()).unwrap();
            let clock = Clock::fixed(1_787_392_800);
            let keystone = Keystone::new(http, settings(&variables).unwrap(), clock).unwrap();
            assert_eq!(keystone.service("dns").await.ok().as_deref(), wanted);
            let mut request = Request::new(http::Method::GET, url.parse().unwrap());
            keystone.sign(&mut request).await.unwrap();
            assert_eq!(request.headers()["x-auth-token"], "t0ken-t0ken");
            let shown = format!("{keystone:?}");
            assert!(
                !shown.contains("s3cret") && !shown.contains("t0ken"),
                "{shown}"
            );
        }
        assert_eq!(stub.lines(), ["POST /identity/v3/auth/tokens"; 3]);
    }
}
