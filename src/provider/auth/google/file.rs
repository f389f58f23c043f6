//! The files of credentials, by what they say they are.

use std::path::Path;

use plan::{ErrorKind, ProviderError};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Google;
use super::external::External;
use crate::auth::oauth::{Good, ask, bearer};
use crate::auth::rsa::RsaKey;
use crate::auth::{Sign, fault, file, jwt};
use crate::client::{Secret, Web};

/// A file of credentials.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum File {
    AuthorizedUser(User),
    ExternalAccount(Box<External>),
    ImpersonatedServiceAccount(Impersonated),
    ServiceAccount(Account),
}

/// Who has logged in with `gcloud`.
#[derive(Deserialize)]
pub(super) struct User {
    client_id: String,
    client_secret: Secret,
    refresh_token: Secret,
    #[serde(default)]
    quota_project_id: Option<String>,
    #[serde(default)]
    token_uri: Option<String>,
}

/// Another account than the one that asks.
#[derive(Deserialize)]
pub(super) struct Impersonated {
    service_account_impersonation_url: String,
    source_credentials: Box<File>,
    #[serde(default)]
    delegates: Vec<String>,
    #[serde(default)]
    quota_project_id: Option<String>,
}

/// An account with a key.
#[derive(Deserialize)]
pub(super) struct Account {
    client_email: String,
    private_key: Secret,
    #[serde(default)]
    private_key_id: String,
    #[serde(default)]
    project_id: Option<String>,
    #[serde(default)]
    quota_project_id: Option<String>,
    #[serde(default)]
    token_uri: Option<String>,
}

impl File {
    pub(super) fn read(path: &Path) -> Result<Self, ProviderError> {
        let text = file::read(path)?;
        serde_json::from_str(text.expose()).map_err(|error| {
            // The message of the parser may quote a value.
            let message = format!(
                "\"{}\" is no file of credentials: line {}, column {}; expected one of type \
                 service_account, authorized_user, external_account or impersonated_service_account",
                path.display(),
                error.line(),
                error.column()
            );
            fault(ErrorKind::Config, message)
        })
    }

    /// The project that the file is of.
    pub(super) fn project(&self) -> Option<String> {
        match self {
            Self::AuthorizedUser(user) => user.quota_project_id.clone(),
            Self::ExternalAccount(_) => None,
            Self::ImpersonatedServiceAccount(other) => {
                let source = other.source_credentials.project();
                other.quota_project_id.clone().or(source)
            }
            Self::ServiceAccount(account) => account.project_id.clone(),
        }
    }

    /// The project that requests are counted for, if that is another.
    pub(super) fn payer(&self) -> Option<String> {
        match self {
            Self::AuthorizedUser(user) => user.quota_project_id.clone(),
            Self::ExternalAccount(external) => external.quota_project_id.clone(),
            Self::ImpersonatedServiceAccount(other) => other.quota_project_id.clone(),
            Self::ServiceAccount(account) => account.quota_project_id.clone(),
        }
    }

    /// A token.
    pub(super) async fn token(&self, google: &Google) -> Result<Good, ProviderError> {
        match self {
            Self::AuthorizedUser(user) => user.token(google).await,
            Self::ExternalAccount(external) => external.token(google).await,
            Self::ImpersonatedServiceAccount(other) => {
                // One that is of another that is of another is boxed, to be of a known size.
                let (source, _) = Box::pin(other.source_credentials.token(google)).await?;
                let address = &other.service_account_impersonation_url;
                impersonate(google, address, (&source, &other.delegates)).await
            }
            Self::ServiceAccount(account) => account.token(google).await,
        }
    }
}

impl User {
    async fn token(&self, google: &Google) -> Result<Good, ProviderError> {
        let form = [
            ("grant_type", "refresh_token".into()),
            ("client_id", Secret::new(&*self.client_id)),
            ("client_secret", self.client_secret.clone()),
            ("refresh_token", self.refresh_token.clone()),
        ];
        let web = google.at(self.token_uri.as_deref().unwrap_or(TOKENS))?;
        ask(&web, &form, google.kept.clock()).await
    }
}

impl Account {
    async fn token(&self, google: &Google) -> Result<Good, ProviderError> {
        let address = self.token_uri.as_deref().unwrap_or(TOKENS);
        let now = google.kept.clock().now().as_second();
        let claims = json!({
            "iss": self.client_email,
            "scope": google.scope,
            "aud": address,
            "iat": now,
            "exp": now + 3600,
        });
        let key = RsaKey::from_pem(self.private_key.expose())?;
        let form = [
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:jwt-bearer".into(),
            ),
            (
                "assertion",
                jwt::rs256(&key, &self.private_key_id, &claims)?,
            ),
        ];
        ask(&google.at(address)?, &form, google.kept.clock()).await
    }
}

/// A token of another account, for one of whom may have it.
pub(super) async fn impersonate(
    google: &Google,
    address: &str,
    (source, delegates): (&Secret, &[String]),
) -> Result<Good, ProviderError> {
    struct As(Secret);

    impl Sign for As {
        async fn sign(&self, request: &mut reqwest::Request) -> Result<(), ProviderError> {
            bearer(request, &self.0)
        }
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Made {
        access_token: Secret,
        expire_time: jiff_text::Time,
    }

    let web = Web::new(google.http.clone(), address)?.sign(As(source.clone()));
    let mut body = json!({"scope": [google.scope], "lifetime": "3600s"});
    if !delegates.is_empty() {
        body["delegates"] = Value::from(delegates.to_vec());
    }
    let call = web
        .post("ask for a token of another account", &[])
        .json(&body);
    let made: Made = call.idempotent().read().await?;
    Ok((made.access_token, Some(made.expire_time.0)))
}

/// Times as RFC 3339 writes them.
mod jiff_text {
    pub(super) struct Time(pub(super) jiff::Timestamp);

    impl<'de> serde::Deserialize<'de> for Time {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let text = String::deserialize(from)?;
            text.parse().map(Self).map_err(serde::de::Error::custom)
        }
    }
}

/// Where tokens are given, if a file does not say.
const TOKENS: &str = "https://oauth2.googleapis.com/token";
