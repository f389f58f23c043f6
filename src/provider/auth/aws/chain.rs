//! The order in which credentials are looked for, and that they are kept while they are good.

use std::time::Duration;

use jiff::Timestamp;
use plan::{ErrorKind, ProviderError};
use tokio::time::Instant;

use super::Credentials;
use super::profile::Profiles;
use crate::auth::file::Environment;
use crate::auth::token::Kept;
use crate::auth::{Clock, fault, of};
use crate::client::{ClientError, Http, Route, Secret, Setup};

/// What settings say.
#[derive(Clone, Debug, Default)]
pub struct ChainSettings {
    /// A profile, before all else.
    pub profile: Option<String>,
    /// A role to take on with what is found.
    pub role: Option<Role>,
    /// The region, for whatever has one.
    pub region: Option<String>,
}

/// A role to take on.
#[derive(Clone, Debug, Default)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// What its owner asks for.
    pub external_id: Option<String>,
    /// What the session is called.
    pub session: Option<String>,
    /// How long it is good.
    pub seconds: Option<u32>,
}

/// Looks for credentials.
#[derive(Debug)]
pub struct Chain {
    pub(super) settings: ChainSettings,
    pub(super) environment: Environment,
    pub(super) http: Http,
    /// The way to the machine and to the agent beside a container, never through a proxy.
    pub(super) direct: Http,
    kept: Kept<Credentials>,
}

/// Credentials, and when they end.
pub(super) type Good = (Credentials, Option<Timestamp>);

impl Chain {
    /// A chain; nothing is looked for yet.
    ///
    /// # Errors
    /// HTTP cannot be set up.
    pub fn new(
        provider: &'static str,
        settings: ChainSettings,
        (environment, clock): (Environment, Clock),
        setup: &Setup,
    ) -> Result<Self, ClientError> {
        let direct = Setup {
            limit: METADATA,
            route: Route::Direct,
            ..setup.clone()
        };
        Ok(Self {
            settings,
            environment,
            http: Http::with(provider, setup)?,
            direct: Http::with(provider, &direct)?,
            kept: Kept::new(clock),
        })
    }

    /// The credentials, kept while they are good.
    ///
    /// # Errors
    /// There are none, or whoever gives them refuses.
    pub async fn credentials(&self) -> Result<Credentials, ProviderError> {
        of(self.http.provider(), self.kept.get(self.find()).await)
    }

    /// The region: of settings, variables, the profile or the machine.
    ///
    /// # Errors
    /// Nothing says so.
    pub async fn region(&self) -> Result<String, ProviderError> {
        of(self.http.provider(), self.find_region().await)
    }

    async fn find_region(&self) -> Result<String, ProviderError> {
        match self.near_region()? {
            Some(region) => Ok(region),
            None => self.machine_region().await.map_err(|mut error| {
                let hint = "no region is set (AWS_REGION), and the machine does not say";
                error.message = format!("{hint}: {}", error.message);
                error
            }),
        }
    }

    /// The region, if something nearer than the machine says so.
    ///
    /// # Errors
    /// The files of profiles cannot be read.
    pub fn near_region(&self) -> Result<Option<String>, ProviderError> {
        let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        let region = variables
            .into_iter()
            .find_map(|name| self.environment.get(name));
        if let Some(region) = self.settings.region.clone().or(region) {
            return Ok(Some(region));
        }
        let profiles = Profiles::read(&self.environment)?;
        let region = profiles.get(&self.profile_name(), "region");
        Ok(region.map(str::to_owned))
    }

    /// The clock that signatures are by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.kept.clock()
    }

    /// As [`crate::auth::Sign::refresh`].
    pub(super) async fn refuse(&self, since: Instant) -> bool {
        self.kept.refuse(since).await
    }

    async fn find(&self) -> Result<Good, ProviderError> {
        let good = self.first().await?;
        match &self.settings.role {
            Some(role) => self.assume(&good.0, role).await,
            None => Ok(good),
        }
    }

    async fn first(&self) -> Result<Good, ProviderError> {
        if let Some(profile) = &self.settings.profile {
            return self.named(profile).await;
        }
        if let Some(credentials) = self.variables() {
            return Ok((credentials, None));
        }
        let get = |name| self.environment.get(name);
        if let (Some(file), Some(arn)) = (get("AWS_WEB_IDENTITY_TOKEN_FILE"), get("AWS_ROLE_ARN")) {
            let role = Role {
                arn,
                session: get("AWS_ROLE_SESSION_NAME"),
                ..Role::default()
            };
            return self.web_identity(&file, &role).await;
        }
        let profiles = Profiles::read(&self.environment)?;
        let name = self.profile_name();
        if profiles.has(&name) {
            return self.profile(&profiles, (&name, DEEPEST)).await;
        }
        if get("AWS_PROFILE").is_some() {
            return Err(no_profile(&name));
        }
        self.remote().await
    }

    async fn named(&self, name: &str) -> Result<Good, ProviderError> {
        let profiles = Profiles::read(&self.environment)?;
        if !profiles.has(name) {
            return Err(no_profile(name));
        }
        self.profile(&profiles, (name, DEEPEST)).await
    }

    /// What is given around the program: the agent beside the container, or the machine.
    pub(super) async fn remote(&self) -> Result<Good, ProviderError> {
        if let Some(good) = self.container().await? {
            return Ok(good);
        }
        self.machine().await.map_err(|mut error| {
            let hint = "no credentials: neither variables (AWS_ACCESS_KEY_ID), web identity, profile nor \
                        container give any, and the machine does not";
            error.message = format!("{hint}: {}", error.message);
            error
        })
    }

    /// The credentials that variables hold.
    pub(super) fn variables(&self) -> Option<Credentials> {
        let get = |names: &[&str]| names.iter().find_map(|name| self.environment.get(name));
        Some(Credentials {
            id: get(&["AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"])?,
            secret: get(&["AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY"])?.into(),
            token: get(&["AWS_SESSION_TOKEN"]).map(Secret::from),
        })
    }

    fn profile_name(&self) -> String {
        let named = self.settings.profile.clone();
        let variables = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];
        let named = named.or_else(|| {
            variables
                .into_iter()
                .find_map(|name| self.environment.get(name))
        });
        named.unwrap_or_else(|| "default".to_owned())
    }
}

fn no_profile(name: &str) -> ProviderError {
    let message = format!(
        "there is no profile \"{name}\" in the files of AWS (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE)"
    );
    fault(ErrorKind::Config, message)
}

/// How many profiles may lead from one to the next.
const DEEPEST: u32 = 5;

/// The machine answers at once, or it is none of Amazon's.
const METADATA: Duration = Duration::from_secs(3);
