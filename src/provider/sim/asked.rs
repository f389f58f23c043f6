//! What dialects have in common: a request in its parts, and lists in pages.

use http::{Method, StatusCode, header};
use serde_json::Value;

use super::{Limits, Request, Response, ZoneStore};
use crate::suite::Start;

/// A request in its parts.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method.
    pub method: Method,
    /// The segments of the path, decoded.
    pub path: Vec<String>,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The body as JSON; null if it is something else.
    pub body: Value,
    /// Scheme, host and port, as in an address.
    pub origin: String,
}

impl Asked {
    /// The parts of a request.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let uri = request.uri();
        let host = request.headers().get(header::HOST);
        let host = host.and_then(|host| host.to_str().ok());
        let host = uri.authority().map_or(host, |it| Some(it.as_str()));
        let query = uri.query().unwrap_or_default().split('&');
        let query = query.filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (
                decoded(&name.replace('+', " ")),
                decoded(&value.replace('+', " ")),
            )
        });
        Self {
            method: request.method().clone(),
            path: uri.path().split('/').skip(1).map(decoded).collect(),
            query: query.collect(),
            body: serde_json::from_slice(request.body()).unwrap_or_default(),
            origin: format!(
                "{}://{}",
                uri.scheme_str().unwrap_or("http"),
                host.unwrap_or_default()
            ),
        }
    }

    /// The method and the segments of the path, to be matched.
    #[must_use]
    pub fn route(&self) -> (&str, Vec<&str>) {
        let path = self.path.iter().map(String::as_str);
        (self.method.as_str(), path.collect())
    }

    /// A parameter of the query.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        let pair = pairs.find(|(key, _)| key == name);
        pair.map(|(_, value)| value.as_str())
    }

    /// A number of the query; none if it is something else or not there.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<usize> {
        self.query(name)?.parse().ok()
    }

    /// A text of the body; "" if there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        text(&self.body, name)
    }
}

/// A text of an object; "" if there is none.
#[must_use]
pub fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A number of an object; none if there is none, or it is too large for a TTL.
#[must_use]
pub fn number(value: &Value, name: &str) -> Option<u32> {
    u32::try_from(value.get(name)?.as_u64()?).ok()
}

/// The items of a page, by its number from 1, and whether there are more.
#[must_use]
pub fn page(items: &[Value], number: usize, size: usize) -> (Vec<Value>, bool) {
    let first = number.saturating_sub(1).saturating_mul(size);
    let shown = items.iter().skip(first).take(size).cloned();
    (shown.collect(), first.saturating_add(size) < items.len())
}

/// An answer without a body.
#[must_use]
pub fn empty(status: StatusCode) -> Response {
    let mut answer = Response::default();
    *answer.status_mut() = status;
    answer
}

/// A host with the zones of a start.
#[must_use]
pub fn store(start: &Start, limits: Limits) -> ZoneStore {
    let mut store = ZoneStore::new(limits);
    for (name, id) in &start.zones {
        store.add_zone(name, id);
    }
    store
}

/// A part of an address, decoded.
fn decoded(part: &str) -> String {
    let (mut out, mut bytes) = (Vec::new(), part.bytes());
    while let Some(byte) = bytes.next() {
        let hex = |byte: Option<u8>| char::from(byte.unwrap_or(b'0')).to_digit(16).unwrap_or(0);
        let byte = match byte {
            b'%' => u8::try_from(hex(bytes.next()) * 16 + hex(bytes.next())).unwrap_or(b'?'),
            other => other,
        };
        out.push(byte);
    }
    String::from_utf8_lossy(&out).into_owned()
}
