//! Requests to the API server, through curl: many in one process over one connection.
//!
//! A tiny client is enough for tests, and curl has the TLS that would otherwise be another
//! dependency. Each request is written into one configuration that curl reads from a file; replies
//! come back in the order of the requests.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::object::Object;

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Content type and body.
    pub body: Option<(&'static str, Value)>,
    /// Statuses beside 2xx that are all right.
    pub accepted: Vec<u16>,
}

impl Request {
    /// Reads.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path.into(), None)
    }

    /// Makes an object.
    #[must_use]
    pub fn create(object: &Object) -> Self {
        Self::new("POST", object.collection(), Some((JSON, object.body())))
    }

    /// Gives something to a path that takes it, as that of an account's tokens.
    #[must_use]
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new("POST", path.into(), Some((JSON, body)))
    }

    /// Sets what the manifest says of an object that exists, nulls removing; lists are replaced.
    #[must_use]
    pub fn patch(object: &Object) -> Self {
        Self::new("PATCH", object.path(), Some((MERGE, object.body())))
    }

    /// Sets the status of an object that exists, if the manifest has one.
    #[must_use]
    pub fn status(object: &Object) -> Option<Self> {
        let path = format!("{}/status", object.path());
        Some(Self::new("PATCH", path, Some((MERGE, object.status()?))))
    }

    /// Deletes an object at once; one that is gone is all right.
    #[must_use]
    pub fn delete(path: impl Into<String>) -> Self {
        let options = json!({"gracePeriodSeconds": 0, "propagationPolicy": "Background"});
        Self::new("DELETE", path.into(), Some((JSON, options))).accept(404)
    }

    /// Takes one more status as a success.
    #[must_use]
    pub fn accept(mut self, status: u16) -> Self {
        self.accepted.push(status);
        self
    }

    fn new(method: &'static str, path: String, body: Option<(&'static str, Value)>) -> Self {
        Self {
            method,
            path,
            body,
            accepted: Vec::new(),
        }
    }
}

/// Why a request was not answered as wanted.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// curl cannot be run or its files cannot be written.
    #[error("send requests to the API server")]
    Io(#[source] io::Error),
    /// The server gave another status.
    #[error("{method} {path}: HTTP {status}: {message}")]
    Refused {
        /// The method.
        method: &'static str,
        /// The path.
        path: String,
        /// The status; 0 if there was no answer.
        status: u16,
        /// What the server said.
        message: String,
    },
}

/// A client of one API server.
#[derive(Clone, Debug)]
pub struct Api {
    url: String,
    token: String,
    authority: PathBuf,
    folder: PathBuf,
}

impl Api {
    pub(crate) fn new(url: &str, token: &str, authority: &Path, folder: &Path) -> Self {
        Self {
            url: url.to_owned(),
            token: token.to_owned(),
            authority: authority.to_owned(),
            folder: folder.to_owned(),
        }
    }

    /// Makes objects and sets their status.
    ///
    /// # Errors
    ///
    /// The server refuses one; those before it are made.
    pub fn create(&self, objects: &[Object]) -> Result<(), ApiError> {
        let each = |object| [Some(Request::create(object)), Request::status(object)];
        let requests: Vec<Request> = objects.iter().flat_map(each).flatten().collect();
        self.send(&requests).map(drop)
    }

    /// Changes objects that exist, and their status.
    ///
    /// # Errors
    ///
    /// The server refuses one; those before it are changed.
    pub fn patch(&self, objects: &[Object]) -> Result<(), ApiError> {
        let each = |object| [Some(Request::patch(object)), Request::status(object)];
        let requests: Vec<Request> = objects.iter().flat_map(each).flatten().collect();
        self.send(&requests).map(drop)
    }

    /// Deletes objects.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub fn delete(&self, objects: &[Object]) -> Result<(), ApiError> {
        let each = |object: &Object| Request::delete(object.path());
        let requests: Vec<Request> = objects.iter().map(each).collect();
        self.send(&requests).map(drop)
    }

    /// Reads one path.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub fn get(&self, path: &str) -> Result<Value, ApiError> {
        let replies = self.send(&[Request::get(path)])?;
        Ok(replies.into_iter().next().unwrap_or_default())
    }

    /// Sends requests one after the other over one connection. The first refusal is the error; those
    /// behind it were sent all the same.
    ///
    /// # Errors
    ///
    /// curl cannot be run, or the server refuses a request.
    pub fn send(&self, requests: &[Request]) -> Result<Vec<Value>, ApiError> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let config = self.folder.join(format!("requests-{number}"));
        let place = |index: usize| self.folder.join(format!("reply-{number}-{index}"));
        let requested = requests.iter().enumerate();
        let texts = requested.map(|(index, request)| self.lines(request, &place(index)));
        let texts: io::Result<Vec<String>> = texts.collect();
        let text = texts.map_err(ApiError::Io)?.join("next\n");
        fs::write(&config, text).map_err(ApiError::Io)?;
        let output = Command::new("curl")
            .args(["--disable", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            .output();
        let output = output.map_err(ApiError::Io)?;
        fs::remove_file(&config).map_err(ApiError::Io)?;
        let said = String::from_utf8_lossy(&output.stdout);
        let mut statuses = said.lines().map(|line| line.parse().unwrap_or(0));
        let mut replies = Vec::with_capacity(requests.len());
        let mut refused = None;
        for (index, request) in requests.iter().enumerate() {
            let status = statuses.next().unwrap_or(0);
            // No file means no answer, which the status says.
            let body = fs::read(place(index)).unwrap_or_default();
            drop(fs::remove_file(place(index)));
            let value: Value = serde_json::from_slice(&body).unwrap_or_default();
            if !(200..300).contains(&status) && !request.accepted.contains(&status) {
                let message = value.get("message").and_then(Value::as_str);
                let text = || String::from_utf8_lossy(&body).chars().take(300).collect();
                refused.get_or_insert_with(|| ApiError::Refused {
                    method: request.method,
                    path: request.path.clone(),
                    status,
                    message: message.map_or_else(text, str::to_owned),
                });
            }
            replies.push(value);
        }
        refused.map_or(Ok(replies), Err)
    }

    /// One request in the words of curl's configuration.
    fn lines(&self, request: &Request, reply: &Path) -> io::Result<String> {
        let mut lines = vec![
            "silent".to_owned(),
            format!("request = {}", request.method),
            format!("url = {}", quoted(&format!("{}{}", self.url, request.path))),
            format!("cacert = {}", quoted(&self.authority.display().to_string())),
            format!(
                "header = {}",
                quoted(&format!("Authorization: Bearer {}", self.token))
            ),
            format!("output = {}", quoted(&reply.display().to_string())),
            "write-out = \"%{http_code}\\n\"".to_owned(),
            "max-time = 30".to_owned(),
        ];
        if let Some((kind, body)) = &request.body {
            lines.push(format!(
                "header = {}",
                quoted(&format!("Content-Type: {kind}"))
            ));
            let body = body.to_string();
            if body.len() < LONGEST {
                lines.push(format!("data-binary = {}", quoted(&body)));
            } else {
                // The reply takes the file's place afterwards.
                fs::write(reply, body)?;
                lines.push(format!(
                    "data-binary = {}",
                    quoted(&format!("@{}", reply.display()))
                ));
            }
        }
        Ok(lines.join("\n") + "\n")
    }
}

/// A quoted word of curl's configuration.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Lines of more than 100 KiB are ignored by older versions of curl.
const LONGEST: usize = 32 << 10;
const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
