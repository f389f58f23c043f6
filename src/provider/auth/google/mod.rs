//! Google Cloud: credentials as its own tools find them (Application Default Credentials).
//!
//! ```text
//! GOOGLE_APPLICATION_CREDENTIALS → the file of gcloud → the metadata of the machine
//!            └ service_account: a JWT for a token        └ GKE Workload Identity, too
//!              authorized_user: a refresh token
//!              external_account: somebody else's token, exchanged
//!              impersonated_service_account: any of these, as another
//! ```
//!
//! The file is read again for each token.

use std::path::{Path, PathBuf};

use http::HeaderName;
use plan::{ErrorKind, ProviderError};
use reqwest::Request;
use tokio::time::Instant;

use super::file::Environment;
use super::oauth::{Good, bearer, take};
use super::token::Kept;
use super::{Clock, Sign, fault, of, set_plain};
use crate::client::{ClientError, Http, Retry, Route, Secret, Setup, Web};

mod external;
mod file;
#[cfg(test)]
mod tests;

use file::File;

/// The variables of the environment that are read.
pub const VARIABLES: [&str; 7] = [
    "CLOUDSDK_CONFIG",
    "GCE_METADATA_HOST",
    "GCLOUD_PROJECT",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_PROJECT",
    "HOME",
];

/// Signs requests to Google Cloud.
#[derive(Debug)]
pub struct Google {
    /// The file; the metadata of the machine without one.
    path: Option<PathBuf>,
    scope: &'static str,
    http: Http,
    /// The way to metadata, never through a proxy.
    direct: Http,
    /// The host of the metadata of the machine.
    metadata: String,
    environment: Environment,
    kept: Kept<(Secret, Option<String>)>,
}

impl Google {
    /// Looks for credentials; nothing is asked for yet.
    ///
    /// # Errors
    /// HTTP cannot be set up.
    pub fn find(
        provider: &'static str,
        scope: &'static str,
        (environment, clock): (Environment, Clock),
        setup: &Setup,
    ) -> Result<Self, ClientError> {
        let direct = Setup {
            limit: METADATA,
            route: Route::Direct,
            ..setup.clone()
        };
        let metadata = environment.get("GCE_METADATA_HOST");
        Ok(Self {
            path: path(&environment),
            scope,
            http: Http::with(provider, setup)?,
            direct: Http::with(provider, &direct)?,
            metadata: metadata.unwrap_or_else(|| "metadata.google.internal".to_owned()),
            environment,
            kept: Kept::new(clock),
        })
    }

    /// The project, if settings name none: of the environment, the machine or the file. The machine
    /// comes before the file, as a key may be that of an account of another project.
    ///
    /// # Errors
    /// Nothing says so.
    pub async fn project(&self) -> Result<String, ProviderError> {
        of(self.http.provider(), self.find_project().await)
    }

    async fn find_project(&self) -> Result<String, ProviderError> {
        for name in ["GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "GOOGLE_PROJECT"] {
            if let Some(project) = self.environment.get(name) {
                return Ok(project);
            }
        }
        let machine = self.machine()?;
        let call = machine.get("ask for the project", &["project", "project-id"]);
        let unknown = match call.header(FLAVOR, "Google").text().await {
            Ok(project) => return Ok(project.trim().to_owned()),
            Err(error) => error,
        };
        let Some(path) = &self.path else {
            return Err(unknown);
        };
        let missing = || {
            let path = path.display();
            let message = format!("neither the machine nor \"{path}\" names a project");
            fault(ErrorKind::Config, message)
        };
        File::read(path)?.project().ok_or_else(missing)
    }

    async fn fetch(
        &self,
    ) -> Result<((Secret, Option<String>), Option<jiff::Timestamp>), ProviderError> {
        let Some(path) = &self.path else {
            let (token, end) = self.of_machine().await?;
            return Ok(((token, None), end));
        };
        let file = File::read(path)?;
        let payer = file.payer();
        let (token, end) = file.token(self).await?;
        Ok(((token, payer), end))
    }

    async fn of_machine(&self) -> Result<Good, ProviderError> {
        let web = self.machine()?;
        let path = ["instance", "service-accounts", "default", "token"];
        let call = web.get("ask the machine for a token", &path);
        let call = call.query("scopes", self.scope).header(FLAVOR, "Google");
        take(call, self.kept.clock()).await
    }

    /// The metadata of the machine.
    fn machine(&self) -> Result<Web, ProviderError> {
        let base = format!("http://{}/computeMetadata/v1", self.metadata);
        let retry = Retry {
            attempts: 3,
            ..Retry::USUAL
        };
        Ok(Web::new(self.direct.clone(), &base)?.retry(retry))
    }

    /// Where a file says that tokens are given.
    fn at(&self, address: &str) -> Result<Web, ProviderError> {
        Ok(Web::new(self.http.clone(), address)?.judge(super::oauth::judge))
    }
}

impl Sign for Google {
    async fn sign(&self, request: &mut Request) -> Result<(), ProviderError> {
        let (token, payer) = self.kept.get(self.fetch()).await?;
        if let Some(payer) = payer {
            set_plain(request, "x-goog-user-project", &payer)?;
        }
        bearer(request, &token)
    }

    async fn refresh(&self, since: Instant) -> Result<bool, ProviderError> {
        Ok(self.kept.refuse(since).await)
    }
}

/// The file of credentials: the one that is named, or the one that `gcloud` keeps if it is there.
fn path(environment: &Environment) -> Option<PathBuf> {
    if let Some(path) = environment.get("GOOGLE_APPLICATION_CREDENTIALS") {
        return Some(path.into());
    }
    let folder = match environment.get("CLOUDSDK_CONFIG") {
        Some(folder) => folder,
        None => format!("{}/.config/gcloud", environment.get("HOME")?),
    };
    let path = Path::new(&folder).join("application_default_credentials.json");
    path.is_file().then_some(path)
}

const FLAVOR: HeaderName = HeaderName::from_static("metadata-flavor");

/// The machine answers at once, or it is none of Google's.
const METADATA: std::time::Duration = std::time::Duration::from_secs(5);
