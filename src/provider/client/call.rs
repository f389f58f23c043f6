//! One request, made of its parts, and what is read of its answer.

use std::fmt::Display;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use plan::{ErrorKind, ProviderError};
use reqwest::Url;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fault::Answer;
use super::{Secret, Web, url};

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
    pub(super) idempotent: bool,
    pub(super) accepted: &'static [u16],
    pub(super) hidden: Vec<Secret>,
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

    /// The request as it goes to the signature.
    pub(super) fn request(&self) -> Result<reqwest::Request, ProviderError> {
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
        serde_json::from_slice(&answer.body).map_err(|error| {
            let kind = answer.header("content-type").unwrap_or("no type");
            let message = format!("the answer ({kind}) is not the JSON that is expected");
            self.unreadable(operation, message, &error)
        })
    }

    /// An error about an answer that cannot be read. Of why not, what the answer has is left out.
    #[must_use]
    pub fn unreadable(
        &self,
        operation: &'static str,
        message: impl Into<String>,
        error: &impl Display,
    ) -> ProviderError {
        let mut fault = self.error(ErrorKind::Protocol, operation, message);
        fault.source = Some(shape(error).into());
        fault
    }
}

/// What is wrong with an answer, without texts of it: it may hold a token.
pub(super) fn shape(error: &impl Display) -> String {
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
