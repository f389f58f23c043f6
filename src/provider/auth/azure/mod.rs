//! Azure: tokens of Entra ID for a service principal, a workload or a managed identity.

use std::time::Duration;

use http::HeaderName;
use plan::{ErrorKind, ProviderError};
use reqwest::Request;
use tokio::time::Instant;

use super::file::Environment;
use super::oauth::{self, Good, OAuth, bearer, take};
use super::token::Kept;
use super::{Clock, Sign, Value, fault};
use crate::client::{Http, Route, Secret, Setup, Web};

mod cloud;
mod file;

pub use cloud::AzureCloud;
pub use file::AzureFile;

/// The variables of the environment that are read.
pub const VARIABLES: [&str; 5] = [
    "AZURE_AUTHORITY_HOST",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_TENANT_ID",
];

/// Who asks.
#[derive(Clone, Debug)]
pub enum AzureIdentity {
    /// The machine or the pod, by its metadata service.
    Managed {
        /// Which of several; the one that there is without.
        client: Option<String>,
    },
    /// An application with a secret.
    Principal {
        /// Its tenant.
        tenant: String,
        /// The application.
        client: String,
        /// Its secret.
        secret: Value,
    },
    /// A Kubernetes service account that an application trusts.
    Workload {
        /// The tenant of the application.
        tenant: String,
        /// The application.
        client: String,
        /// The token of the service account.
        token: Value,
    },
}

/// Signs requests to Azure.
#[derive(Debug)]
pub struct Azure(Way);

#[derive(Debug)]
enum Way {
    Form(OAuth),
    Machine(Machine),
}

#[derive(Debug)]
struct Machine {
    web: Web,
    audience: String,
    client: Option<String>,
    kept: Kept<Secret>,
}

impl AzureIdentity {
    /// As Azure's own libraries find it: a secret, a workload, the machine.
    #[must_use]
    pub fn from_environment(environment: &Environment) -> Self {
        let get = |name| environment.get(name);
        let client = get("AZURE_CLIENT_ID");
        match (get("AZURE_TENANT_ID"), client) {
            (Some(tenant), Some(client)) => {
                if let Some(secret) = get("AZURE_CLIENT_SECRET") {
                    let secret = Value::Given(secret.into());
                    return Self::Principal {
                        tenant,
                        client,
                        secret,
                    };
                }
                match get("AZURE_FEDERATED_TOKEN_FILE") {
                    Some(path) => {
                        let token = Value::File(path.into());
                        Self::Workload {
                            tenant,
                            client,
                            token,
                        }
                    }
                    None => Self::Managed {
                        client: Some(client),
                    },
                }
            }
            (_, client) => Self::Managed { client },
        }
    }
}

impl Azure {
    /// Signs for what a cloud manages, as this identity. `metadata` is where the machine is asked,
    /// if not at the usual place.
    ///
    /// # Errors
    /// HTTP cannot be set up, or an address cannot be used.
    pub fn new(
        provider: &'static str,
        (cloud, identity): (&AzureCloud, AzureIdentity),
        (setup, clock): (&Setup, Clock),
        metadata: Option<&str>,
    ) -> Result<Self, ProviderError> {
        let http = |setup: &Setup| {
            Http::with(provider, setup).map_err(|error| {
                let mut fault = fault(ErrorKind::Config, "set up HTTP".to_owned());
                fault.provider = provider;
                fault.source = Some(Box::new(error));
                fault
            })
        };
        let scope = format!("{}/.default", cloud.audience.trim_end_matches('/'));
        let (tenant, client, how) = match identity {
            AzureIdentity::Managed { client } => {
                let setup = Setup {
                    limit: METADATA,
                    route: Route::Direct,
                    ..setup.clone()
                };
                let base = metadata.unwrap_or("http://169.254.169.254");
                let web = Web::new(http(&setup)?, base)?.judge(oauth::judge);
                return Ok(Self(Way::Machine(Machine {
                    web,
                    audience: cloud.audience.clone(),
                    client,
                    kept: Kept::new(clock),
                })));
            }
            AzureIdentity::Principal {
                tenant,
                client,
                secret,
            } => (tenant, client, vec![("client_secret", secret)]),
            AzureIdentity::Workload {
                tenant,
                client,
                token,
            } => {
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                (
                    tenant,
                    client,
                    vec![
                        ("client_assertion_type", kind.into()),
                        ("client_assertion", token),
                    ],
                )
            }
        };
        let mut form: Vec<(&'static str, Value)> = vec![
            ("grant_type", "client_credentials".into()),
            ("client_id", (&*client).into()),
            ("scope", (&*scope).into()),
        ];
        form.extend(how);
        let base = format!(
            "{}/{tenant}/oauth2/v2.0/token",
            cloud.login.trim_end_matches('/')
        );
        let web = Web::new(http(setup)?, &base)?;
        Ok(Self(Way::Form(OAuth::new(web, form, clock))))
    }
}

impl Machine {
    async fn ask(&self) -> Result<Good, ProviderError> {
        let path = ["metadata", "identity", "oauth2", "token"];
        let mut call = self
            .web
            .get("ask the machine for a token", &path)
            .query("api-version", "2018-02-01")
            .query("resource", &self.audience)
            .header(HeaderName::from_static("metadata"), "true");
        if let Some(client) = &self.client {
            call = call.query("client_id", client);
        }
        take(call, self.kept.clock()).await
    }
}

impl Sign for Azure {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        match &self.0 {
            Way::Form(oauth) => oauth.sign(request).await,
            Way::Machine(machine) => bearer(request, &machine.kept.get(machine.ask()).await?),
        }
    }

    async fn refresh(&self, since: Instant) -> Result<bool, ProviderError> {
        match &self.0 {
            Way::Form(oauth) => oauth.refresh(since).await,
            Way::Machine(machine) => Ok(machine.kept.refuse(since).await),
        }
    }
}

/// The machine answers at once, or it is none of Azure's.
const METADATA: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::stub::{Stub, reply};

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let pairs = variables
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Environment::of(pairs)
    }

    #[tokio::test]
    async fn each_identity_gets_a_token() {
        let stub = Stub::start(|_| {
            reply(
                200,
                r#"{"access_token":"t0ken-t0ken","expires_in":"3599","expires_on":"1"}"#,
            )
        })
        .await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "subject-1\n").unwrap();
        let path = path.to_str().unwrap();
        let cloud = AzureCloud {
            login: stub.url.clone(),
            ..AzureCloud::named("").unwrap()
        };
        let who = [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c")];
        let machine = "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F";
        let scope = "grant_type=client_credentials&client_id=c&scope=https%3A%2F%2Fmanagement.azure.com%2F.default";
        for (variables, line, body) in [
            (
                &[who[0], who[1], ("AZURE_CLIENT_SECRET", "s3cret")][..],
                "POST /t/oauth2/v2.0/token",
                format!("{scope}&client_secret=s3cret"),
            ),
            (
                &[who[0], who[1], ("AZURE_FEDERATED_TOKEN_FILE", path)],
                "POST /t/oauth2/v2.0/token",
                format!(
                    "{scope}&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=subject-1"
                ),
            ),
            (&[], machine, String::new()),
            (&[who[1]], &format!("{machine}&client_id=c"), String::new()),
        ] {
            let identity = AzureIdentity::from_environment(&environment(variables));
            let clock = Clock::fixed(1_787_392_800);
            let setup = Setup::default();
            let azure = Azure::new(
                "azure",
                (&cloud, identity),
                (&setup, clock),
                Some(&stub.url),
            )
            .unwrap();
            let url = reqwest::Url::parse("https://management.azure.com/").unwrap();
            let mut request = Request::new(http::Method::GET, url);
            azure.sign(&mut request).await.unwrap();
            azure.sign(&mut request).await.unwrap();
            assert_eq!(request.headers()["authorization"], "Bearer t0ken-t0ken");
            assert_eq!(stub.lines().last().unwrap(), line);
            assert_eq!(stub.seen().last().unwrap().body, body);
            let shown = format!("{azure:?}");
            assert!(
                !shown.contains("s3cret") && !shown.contains("t0ken"),
                "{shown}"
            );
        }
        assert_eq!(stub.seen().len(), 4);
    }
}
