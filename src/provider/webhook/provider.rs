//! The client.

use std::sync::Arc;
use std::time::Duration;

use http::{StatusCode, header};
use plan::filter::DomainFilter;
use plan::{Applied, ChangeSet, Endpoint, ErrorKind, HttpCalls, Provider, ProviderError};
use tokio::sync::OnceCell;

use super::api::{Changes, Filter, MEDIA_TYPE, Message};
use crate::client::{Answer, ClientError, Http};

/// Where the webhook is and how long it may take.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its address, as `http://localhost:8888`.
    pub url: String,
    /// How long a request may take, from the first byte sent to the last one read.
    pub limit: Duration,
    /// The largest answer that is read, in bytes; 0 for no limit.
    pub cap: usize,
    /// Where requests are counted.
    pub calls: Arc<HttpCalls>,
}

/// A provider behind the webhook protocol.
#[derive(Debug)]
pub struct Webhook {
    http: Http,
    url: String,
    /// What the other side said when it was asked first.
    filter: OnceCell<DomainFilter>,
}

impl Webhook {
    /// A client. Nothing is sent yet: the other side may start later than we do.
    ///
    /// # Errors
    /// HTTP cannot be set up.
    pub fn new(settings: &Settings) -> Result<Self, ClientError> {
        let calls = Arc::clone(&settings.calls);
        let http = Http::new(NAME, settings.limit, settings.cap, calls)?;
        Ok(Self::over(http, &settings.url))
    }

    /// One whose requests go by a client that is there.
    pub(crate) fn over(http: Http, url: &str) -> Self {
        Self {
            http,
            url: url.trim_end_matches('/').to_owned(),
            filter: OnceCell::new(),
        }
    }

    /// What the other side takes; asked for until it answers, then remembered.
    async fn negotiate(&self) -> Result<&DomainFilter, ProviderError> {
        self.filter
            .get_or_try_init(|| async {
                const NEGOTIATE: &str = "negotiate";
                let request = self.http.requests().get(format!("{}/", self.url));
                let request = request.header(header::ACCEPT, MEDIA_TYPE);
                let answer = self.http.send(NEGOTIATE, request).await?;
                if !answer.status.is_success() {
                    return Err(self.http.refused(NEGOTIATE, &answer));
                }
                let content = answer.headers.get(header::CONTENT_TYPE);
                if content.is_none_or(|content| content != MEDIA_TYPE) {
                    let said = content.map_or("none", |content| content.to_str().unwrap_or("?"));
                    let message = format!(
                        "content type is \"{said}\"; expected \"{MEDIA_TYPE}\"; is \"{}\" a webhook provider?",
                        self.place()
                    );
                    return Err(self.http.error(ErrorKind::Protocol, NEGOTIATE, message));
                }
                let filter: Filter = self.read(NEGOTIATE, &answer)?;
                self.filter_of(filter)
            })
            .await
    }

    /// The address, without who we say that we are.
    fn place(&self) -> String {
        match self.url.split_once("://") {
            Some((scheme, rest)) => {
                let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
                let host = authority.rsplit('@').next().unwrap_or(authority);
                let slash = if path.is_empty() { "" } else { "/" };
                format!("{scheme}://{host}{slash}{path}")
            }
            None => self.url.clone(),
        }
    }

    fn filter_of(&self, filter: Filter) -> Result<DomainFilter, ProviderError> {
        let found = DomainFilter::from_parts(
            &filter.include,
            &filter.exclude,
            &filter.regex_include,
            &filter.regex_exclude,
        );
        found.map_err(|source| {
            let message = "its domain filter cannot be used".to_owned();
            let mut error = self.http.error(ErrorKind::Protocol, "negotiate", message);
            error.source = Some(Box::new(source));
            error
        })
    }

    fn read<T: serde::de::DeserializeOwned>(
        &self,
        operation: &'static str,
        answer: &Answer,
    ) -> Result<T, ProviderError> {
        serde_json::from_slice(&answer.body).map_err(|source| {
            let message = "the answer is not JSON of the protocol".to_owned();
            let mut error = self.http.error(ErrorKind::Protocol, operation, message);
            error.source = Some(Box::new(source));
            error
        })
    }

    fn post(&self, path: &str, body: Vec<u8>) -> reqwest::RequestBuilder {
        let request = self.http.requests().post(format!("{}{path}", self.url));
        request
            .header(header::CONTENT_TYPE, MEDIA_TYPE)
            .header(header::ACCEPT, MEDIA_TYPE)
            .body(body)
    }

    fn write(
        &self,
        operation: &'static str,
        value: &impl serde::Serialize,
    ) -> Result<Vec<u8>, ProviderError> {
        serde_json::to_vec(value).map_err(|source| {
            let message = "the request cannot be written as JSON".to_owned();
            let mut error = self.http.error(ErrorKind::Protocol, operation, message);
            error.source = Some(Box::new(source));
            error
        })
    }
}

impl Provider for Webhook {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn filter(&self) -> Result<DomainFilter, ProviderError> {
        Ok(self.negotiate().await?.clone())
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        const LIST: &str = "list records";
        self.negotiate().await?;
        let request = self.http.requests().get(format!("{}/records", self.url));
        let answer = self
            .http
            .send(LIST, request.header(header::ACCEPT, MEDIA_TYPE))
            .await?;
        if answer.status != StatusCode::OK {
            return Err(self.http.refused(LIST, &answer));
        }
        let records: Option<Vec<Message>> = self.read(LIST, &answer)?;
        Ok(records
            .unwrap_or_default()
            .into_iter()
            .filter_map(Message::into_endpoint)
            .collect())
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        const ADJUST: &str = "adjust endpoints";
        if desired.is_empty() {
            return Ok(desired);
        }
        let messages: Vec<_> = desired.iter().map(Message::from).collect();
        let request = self.post("/adjustendpoints", self.write(ADJUST, &messages)?);
        let answer = self.http.send(ADJUST, request).await?;
        if answer.status != StatusCode::OK {
            return Err(of_some(self.http.refused(ADJUST, &answer)));
        }
        let adjusted: Option<Vec<Message>> = self.read(ADJUST, &answer)?;
        let Some(adjusted) = adjusted else {
            // Taken for an empty list, it would have all records deleted.
            let message = "the answer is null; expected the endpoints that were sent".to_owned();
            return Err(self.http.error(ErrorKind::Protocol, ADJUST, message));
        };
        let adjusted = adjusted.into_iter();
        let mut adjusted: Vec<_> = adjusted.filter_map(Message::into_endpoint).collect();
        restore_origins(&desired, &mut adjusted);
        Ok(adjusted)
    }

    async fn apply(&self, changes: &ChangeSet) -> Result<Applied, ProviderError> {
        const APPLY: &str = "apply changes";
        let body = self.write(APPLY, &Changes::from(changes))?;
        let answer = self.http.send(APPLY, self.post("/records", body)).await?;
        if answer.status != StatusCode::NO_CONTENT {
            let mut error = of_some(self.http.refused(APPLY, &answer));
            // What is not found, or in conflict, is a record among them.
            if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Conflict) {
                error.kind = ErrorKind::Rejected;
            }
            return Err(error);
        }
        Ok(Applied::default())
    }
}

/// An error about endpoints that were sent. Providers answer with 5xx whatever goes wrong, for one of
/// them or for all.
fn of_some(error: ProviderError) -> ProviderError {
    let kind = match error.kind {
        ErrorKind::Unavailable => ErrorKind::Failed,
        kind => kind,
    };
    ProviderError { kind, ..error }
}

/// The objects that endpoints come from do not travel; they are found again by name, type and set.
fn restore_origins(desired: &[Endpoint], adjusted: &mut [Endpoint]) {
    fn key(endpoint: &Endpoint) -> (&str, wire::Rtype, &str) {
        (&endpoint.name, endpoint.rtype, &endpoint.set_identifier)
    }
    let by_key: std::collections::HashMap<_, _> = desired
        .iter()
        .map(|endpoint| (key(endpoint), &endpoint.origins))
        .collect();
    for endpoint in adjusted {
        if let Some(origins) = by_key.get(&key(endpoint)) {
            endpoint.origins.clone_from(origins);
        }
    }
}

const NAME: &str = "webhook";
