//! One request, from its parts to what is read of its answer.

use std::fmt::Display;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use plan::{ErrorKind, ProviderError};
use reqwest::Url;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::fault::{Answer, Refusal, secrets_of, without};
use super::{Lost, Secret, Web, learn, scrub, url};

/// An address; or why it is none, and what kind of fault that is.
pub(super) type Place = Result<Url, (ErrorKind, String)>;

/// A request in the making.
#[derive(Clone)]
#[must_use = "nothing is sent before `send`, `done` or one of those that read the answer"]
pub struct Call<'a> {
    pub(super) web: &'a Web,
    pub(super) operation: &'static str,
    method: Method,
    /// Where to; an error for parts that no address can have.
    url: Place,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
    /// Whether it does the same if it is done twice.
    idempotent: bool,
    accepted: &'static [u16],
    hidden: Vec<Secret>,
}

impl<'a> Call<'a> {
    pub(super) fn new(web: &'a Web, operation: &'static str, method: Method, url: Place) -> Self {
        Self {
            web,
            operation,
            // RFC 9110 §9.2.2.
            idempotent: method.is_idempotent(),
            method,
            url,
            query: Vec::new(),
            headers: web.headers.clone(),
            body: Bytes::new(),
            accepted: &[],
            hidden: Vec::new(),
        }
    }

    /// With one more parameter of the query.
    pub fn query(mut self, key: &str, value: impl Display) -> Self {
        self.query.push((key.to_owned(), value.to_string()));
        self
    }

    /// With this parameter in place of those of its name.
    pub fn set_query(mut self, key: &str, value: impl Display) -> Self {
        self.query.retain(|(known, _)| known != key);
        self.query(key, value)
    }

    /// With a header that anybody may see.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => drop(self.headers.insert(name, value)),
            Err(_) => {
                let message = format!("\"{value}\" cannot be the value of header \"{name}\"");
                self.url = Err((ErrorKind::Rejected, message));
            }
        }
        self
    }

    /// With a body of JSON.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => self.body("application/json", body),
            Err(error) => {
                let message = format!("the body cannot be written as JSON: {error}");
                self.url = Err((ErrorKind::Rejected, message));
                self
            }
        }
    }

    /// With a body as browsers send forms.
    pub fn form<'p>(self, pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Self {
        self.body("application/x-www-form-urlencoded", url::pairs(pairs))
    }

    /// With a body of any type, as XML.
    pub fn body(mut self, kind: &'static str, body: impl Into<Bytes>) -> Self {
        self.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        self.body = body.into();
        self
    }

    /// It does the same if it is done twice, or does nothing: it may be made again.
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// It is made once only, or once more after a rate limit.
    pub fn once(mut self) -> Self {
        self.idempotent = false;
        self
    }

    /// These statuses are fine, whatever they usually mean.
    pub fn accept(mut self, statuses: &'static [u16]) -> Self {
        self.accepted = statuses;
        self
    }

    /// This secret is in the body; it is taken out of what is said about the answer.
    pub fn hide(mut self, secret: &Secret) -> Self {
        self.hidden.push(secret.clone());
        self
    }

    /// The same for an address that an answer has given, with its own query.
    pub(super) fn at(mut self, address: &str) -> Self {
        self.url = self.web.address(address);
        self.query.clear();
        self
    }

    /// Sends it, and gives the answer if that is a good one.
    ///
    /// # Errors
    /// The answer is a refusal, or there is none; both after all tries.
    pub async fn send(self) -> Result<Answer, ProviderError> {
        let Web {
            retry,
            budget,
            limiter,
            ..
        } = self.web;
        let begin = Instant::now();
        let (mut tries, mut renewed) = (0, false);
        loop {
            if let Err(wait) = limiter.admit(retry.total).await {
                let message = format!("no more requests are taken for {wait:.0?}");
                return Err(self
                    .web
                    .error(ErrorKind::RateLimited, self.operation, message));
            }
            let failed = match self.attempt().await? {
                Ok(answer) => {
                    budget.gain();
                    return Ok(answer);
                }
                Err(failed) => failed,
            };
            tries += 1;
            if let (true, false, Some(sign)) = (failed.renew, renewed, &self.web.sign) {
                renewed = true;
                if sign
                    .refresh(failed.signed)
                    .await
                    .map_err(|error| self.named(error))?
                {
                    continue;
                }
            }
            let again = match failed.error.kind {
                ErrorKind::RateLimited => true,
                ErrorKind::Unavailable => self.idempotent || !failed.sent,
                _ => false,
            };
            let wait = failed.after.unwrap_or_else(|| retry.wait(tries));
            if failed.error.kind == ErrorKind::RateLimited {
                limiter.close_for(wait);
            }
            let in_time = begin.elapsed() + wait <= retry.total;
            if !again || tries >= retry.attempts || !in_time || !budget.spend() {
                return Err(self.last(failed, tries, begin.elapsed()));
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends it; what the answer holds is of no interest.
    ///
    /// # Errors
    /// As [`Call::send`].
    pub async fn done(self) -> Result<(), ProviderError> {
        self.send().await.map(drop)
    }

    /// Sends it, and reads the answer as JSON.
    ///
    /// # Errors
    /// As [`Call::send`]; the answer is something else.
    pub async fn read<T: DeserializeOwned>(mut self) -> Result<T, ProviderError> {
        let json = HeaderValue::from_static("application/json");
        self.headers.entry(ACCEPT).or_insert(json);
        let (web, operation) = (self.web, self.operation);
        let answer = self.send().await?;
        web.json_of(operation, &answer)
    }

    /// Sends it, and reads the answer as text, as XML is.
    ///
    /// # Errors
    /// As [`Call::send`]; the answer is not UTF-8.
    pub async fn text(self) -> Result<String, ProviderError> {
        let (web, operation) = (self.web, self.operation);
        let answer = self.send().await?;
        String::from_utf8(answer.body.into())
            .map_err(|_| web.error(ErrorKind::Protocol, operation, "the answer is not UTF-8"))
    }

    /// One try. The outer error is ours, not the other side's.
    async fn attempt(&self) -> Result<Result<Answer, Failed>, ProviderError> {
        let mut request = self.request()?;
        if let Some(sign) = &self.web.sign {
            sign.sign(&mut request)
                .await
                .map_err(|error| self.named(error))?;
        }
        let signed = Instant::now();
        let secrets = secrets_of(&request);
        // Paths have names of zones and records, which no label may have.
        let named = (self.operation, self.operation);
        let answer = match self.web.http.execute(named, request).await {
            Ok(answer) => answer,
            Err(Lost { error, sent }) => {
                return Ok(Err(Failed {
                    error,
                    sent,
                    after: None,
                    renew: false,
                    signed,
                }));
            }
        };
        let now = self.web.clock.now();
        let learned = learn::read(&answer.headers, now);
        if self.accepted.contains(&answer.status.as_u16()) {
            return Ok(Ok(answer));
        }
        let refusal = (self.web.judge)(&answer);
        // `Retry-After` beside success would be about something else (RFC 9110 §10.2.3).
        let after = learned.after.filter(|_| refusal.is_some());
        self.web.limiter.learn(&learn::Learned {
            after: None,
            ..learned
        });
        let Some(Refusal {
            kind,
            message,
            after: said,
            renew,
        }) = refusal
        else {
            return Ok(Ok(answer));
        };
        let message = without(&message, &secrets);
        let message = scrub(&message, self.hidden.iter().map(Secret::expose));
        Ok(Err(Failed {
            error: self.web.error(kind, self.operation, message),
            sent: true,
            after: said.or(after),
            renew,
            signed,
        }))
    }

    /// The request as it goes to the signature.
    fn request(&self) -> Result<reqwest::Request, ProviderError> {
        let url = self
            .url
            .clone()
            .map_err(|(kind, message)| self.web.error(kind, self.operation, message))?;
        let mut request = reqwest::Request::new(self.method.clone(), url);
        if !self.query.is_empty() {
            let pairs = self.query.iter().map(|(key, value)| (&**key, &**value));
            let pairs = url::pairs(pairs);
            let whole = match request.url().query() {
                Some(before) => format!("{before}&{pairs}"),
                None => pairs,
            };
            request.url_mut().set_query(Some(&whole));
        }
        *request.headers_mut() = self.headers.clone();
        if !self.body.is_empty() {
            *request.body_mut() = Some(self.body.clone().into());
        }
        Ok(request)
    }

    /// The error when there is no further try.
    fn last(&self, failed: Failed, tries: u32, took: Duration) -> ProviderError {
        let mut error = failed.error;
        if error.kind == ErrorKind::Unavailable && failed.sent && !self.idempotent {
            error.kind = ErrorKind::Ambiguous;
            error
                .message
                .push_str("; it is not known whether it was done");
        }
        if tries > 1 {
            error
                .message
                .push_str(&format!("; tried {tries} times in {took:.1?}"));
        }
        error
    }

    /// An error of the signature, which does not know whose it is.
    fn named(&self, mut error: ProviderError) -> ProviderError {
        if error.provider.is_empty() {
            error.provider = self.web.http.provider();
        }
        error
    }
}

impl Web {
    /// The JSON of an answer.
    ///
    /// # Errors
    /// It is something else.
    pub fn json_of<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        answer: &Answer,
    ) -> Result<T, ProviderError> {
        serde_json::from_slice(&answer.body).map_err(|source| {
            let kind = answer.header("content-type").unwrap_or("no type");
            let message = format!("the answer ({kind}) is not the JSON that is expected");
            let mut error = self.error(ErrorKind::Protocol, operation, message);
            error.source = Some(shape(&source).into());
            error
        })
    }
}

/// What is wrong with JSON, without texts of it: an answer may hold a token.
pub(super) fn shape(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match (text.find('"'), text.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            let (head, rest) = text.split_at(first);
            let (_, tail) = rest.split_at(last - first + 1);
            format!("{head}\"…\"{tail}")
        }
        _ => text,
    }
}

/// A try that did not succeed.
struct Failed {
    error: ProviderError,
    /// Whether the other side may have seen it.
    sent: bool,
    after: Option<Duration>,
    renew: bool,
    /// When its credentials were added.
    signed: Instant,
}
