//! Workload identity federation: a token of somebody else is exchanged for one of Google's
//! (RFC 8693).

use std::collections::BTreeMap;

use http::HeaderName;
use plan::{ErrorKind, ProviderError};
use serde::Deserialize;
use serde_json::Value;

use super::Google;
use super::file::impersonate;
use crate::auth::oauth::{Good, ask};
use crate::auth::{fault, file};
use crate::client::{Secret, Web};

/// Credentials that somebody else gives.
#[derive(Deserialize)]
pub(super) struct External {
    audience: String,
    subject_token_type: String,
    token_url: String,
    credential_source: Source,
    #[serde(default)]
    service_account_impersonation_url: Option<String>,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    client_secret: Option<Secret>,
    #[serde(default)]
    pub(super) quota_project_id: Option<String>,
}

/// Where the other token is.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Source {
    file: Option<String>,
    url: Option<String>,
    headers: BTreeMap<String, String>,
    format: Format,
}

/// How it is written.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Format {
    r#type: String,
    subject_token_field_name: String,
}

impl External {
    pub(super) async fn token(&self, google: &Google) -> Result<Good, ProviderError> {
        let scope = match &self.service_account_impersonation_url {
            // What is exchanged may do no more than ask for the other account's token.
            Some(_) => "https://www.googleapis.com/auth/cloud-platform",
            None => google.scope,
        };
        let mut form = vec![
            (
                "grant_type",
                Secret::from("urn:ietf:params:oauth:grant-type:token-exchange"),
            ),
            ("audience", Secret::from(&*self.audience)),
            ("scope", scope.into()),
            (
                "requested_token_type",
                "urn:ietf:params:oauth:token-type:access_token".into(),
            ),
            ("subject_token", self.credential_source.token(google).await?),
            (
                "subject_token_type",
                Secret::from(&*self.subject_token_type),
            ),
        ];
        if let (Some(id), Some(secret)) = (&self.client_id, &self.client_secret) {
            form.push(("client_id", Secret::from(&**id)));
            form.push(("client_secret", secret.clone()));
        }
        let web = google.at(&self.token_url)?;
        let (token, end) = ask(&web, &form, google.kept.clock()).await?;
        match &self.service_account_impersonation_url {
            Some(address) => impersonate(google, address, (&token, &[])).await,
            None => Ok((token, end)),
        }
    }
}

impl Source {
    async fn token(&self, google: &Google) -> Result<Secret, ProviderError> {
        let text = match (&self.file, &self.url) {
            (Some(path), _) => file::read(path)?,
            (None, Some(address)) => {
                let root = reqwest::Url::parse(address)
                    .ok()
                    .and_then(|url| url.join("/").ok());
                let root = root.ok_or_else(|| config("\"credential_source.url\" is no address"))?;
                let web = Web::new(google.http.clone(), root.as_str())?;
                let mut call = web.follow("ask for the token of the workload", address);
                for (name, value) in &self.headers {
                    let name = HeaderName::try_from(&**name);
                    let wrong =
                        |_| config("\"credential_source.headers\" has a name that none may have");
                    call = call.header(name.map_err(wrong)?, value);
                }
                Secret::new(call.text().await?)
            }
            (None, None) => {
                return Err(config(
                    "\"credential_source\" has neither \"file\" nor \"url\"; others are not supported",
                ));
            }
        };
        if self.format.r#type != "json" {
            return Ok(Secret::new(text.expose().trim()));
        }
        let name = &self.format.subject_token_field_name;
        let value: Option<Value> = serde_json::from_str(text.expose()).ok();
        let token = value.as_ref().and_then(|value| value.get(name)?.as_str());
        let missing = || config(&format!("the token of the workload has no \"{name}\""));
        token.map(Secret::new).ok_or_else(missing)
    }
}

fn config(message: &str) -> ProviderError {
    fault(ErrorKind::Config, message.to_owned())
}
