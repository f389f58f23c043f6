//! The way from a provider to a stand-in, and what the dialects here have in common.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use plan::{ErrorKind, ProviderError};
use serde_json::{Value, json};
use wire::Rtype;

use crate::exec::Answer;
use crate::sim::{
    self, Broken, Form, Refused, Request, Response, Row, SECRET, SetKey, Sim, ZoneStore, json,
    refusal, text,
};
use crate::zones::Zone;

/// The way to a stand-in.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) sim: Sim,
    pub(super) provider: &'static str,
}

impl Link {
    /// Asks for something.
    pub(super) async fn call(
        &self,
        operation: &'static str,
        (method, path): (Method, String),
        condition: Option<(header::HeaderName, &str)>,
        body: &Value,
    ) -> Answer<(HeaderMap, Value)> {
        let fail = |kind, message: String| ProviderError {
            kind,
            provider: self.provider,
            operation,
            message,
            source: None,
        };
        let mut request = Request::new(Bytes::from(body.to_string()));
        *request.method_mut() = method;
        let address = path
            .parse()
            .map_err(|_| fail(ErrorKind::Rejected, format!("\"{path}\" is no address")))?;
        *request.uri_mut() = address;
        let token = format!("Bearer {SECRET}");
        for (name, value) in condition
            .into_iter()
            .chain([(header::AUTHORIZATION, &*token)])
        {
            if let Ok(value) = value.parse() {
                request.headers_mut().insert(name, value);
            }
        }
        let answer = self.sim.answer(request).await;
        let answer =
            answer.map_err(|broken: Broken| fail(ErrorKind::Unavailable, format!("{broken:?}")))?;
        let status = answer.status().as_u16();
        let kind = match status {
            200..=299 => None,
            401 | 403 => Some(ErrorKind::Auth),
            404 => Some(ErrorKind::NotFound),
            409 | 412 => Some(ErrorKind::Conflict),
            429 => Some(ErrorKind::RateLimited),
            400..=499 => Some(ErrorKind::Rejected),
            _ => Some(ErrorKind::Unavailable),
        };
        if let Some(kind) = kind {
            let said = String::from_utf8_lossy(answer.body()).into_owned();
            return Err(fail(kind, format!("HTTP {status}: {said}")));
        }
        let (parts, body) = answer.into_parts();
        if body.is_empty() {
            return Ok((parts.headers, Value::Null));
        }
        let value = serde_json::from_slice(&body);
        let value =
            value.map_err(|error| fail(ErrorKind::Protocol, format!("no JSON: {error}")))?;
        Ok((parts.headers, value))
    }

    /// What is at a path.
    pub(super) async fn get(&self, operation: &'static str, path: String) -> Answer<Value> {
        let all = self
            .call(operation, (Method::GET, path), None, &Value::Null)
            .await;
        Ok(all?.1)
    }

    /// All items of pages that tell the number of the next one.
    pub(super) async fn pages(&self, operation: &'static str, path: &str) -> Answer<Vec<Value>> {
        let (mut all, mut page) = (Vec::new(), 1);
        loop {
            let answer = self.get(operation, format!("{path}?page={page}")).await?;
            let items = answer.get("items").and_then(Value::as_array);
            let items = items.ok_or_else(|| self.odd(operation, "there is no list".to_owned()))?;
            all.extend(items.iter().cloned());
            match answer.get("next").and_then(Value::as_u64) {
                Some(next) if next == page + 1 => page = next,
                None => return Ok(all),
                Some(next) => {
                    let what = format!("page {page} is followed by page {next}");
                    return Err(self.odd(operation, what));
                }
            }
        }
    }

    /// An answer is not what it should be.
    pub(super) fn odd(&self, operation: &'static str, message: String) -> ProviderError {
        ProviderError {
            kind: ErrorKind::Protocol,
            provider: self.provider,
            operation,
            message,
            source: None,
        }
    }

    /// All zones.
    pub(super) async fn zones(&self) -> Answer<Vec<Zone>> {
        let all = self.pages("list zones", "/zones").await?;
        Ok(all
            .iter()
            .map(|zone| Zone::new(text(zone, "name"), text(zone, "id")))
            .collect())
    }
}

/// A page of items.
pub(super) fn page(items: &[Value], number: usize, size: usize) -> Response {
    let (shown, more) = sim::page(items, number, size);
    let next = more.then_some(number + 1);
    json(StatusCode::OK, &json!({"items": shown, "next": next}))
}

/// What the zones of a store are told as.
pub(super) fn zones(store: &ZoneStore, number: usize) -> Response {
    let zones = store
        .zones
        .iter()
        .map(|zone| json!({"id": zone.id, "name": zone.name}));
    let zones: Vec<Value> = zones.collect();
    page(&zones, number, 100)
}

/// The values of a set that a body tells.
pub(super) fn rows(
    form: &Form,
    zone: &str,
    rtype: Rtype,
    body: &Value,
) -> Result<Vec<Row>, Refused> {
    let ttl = body.get("ttl").and_then(Value::as_u64).unwrap_or(3600);
    let ttl = u32::try_from(ttl).map_err(|error| Refused::Invalid(error.to_string()))?;
    let values = body.get("values").and_then(Value::as_array);
    let mut rows = Vec::new();
    for value in values.into_iter().flatten() {
        let rdata = form.read(zone, rtype, value.as_str().unwrap_or_default());
        rows.push(Row::new(ttl, rdata.map_err(Refused::Invalid)?));
    }
    Ok(rows)
}

/// The key that a name and a type tell.
pub(super) fn key(form: &Form, zone: &str, name: &str, rtype: &str) -> Result<SetKey, Refused> {
    let name = form.name(zone, name).map_err(Refused::Invalid)?;
    let rtype = Rtype::from_text(rtype.as_bytes());
    let rtype = rtype.ok_or_else(|| Refused::Invalid("no such type".to_owned()))?;
    Ok(SetKey::new(&name, rtype))
}

/// The answer to what was done or not.
pub(super) fn answer(result: Result<Value, Refused>) -> Response {
    match result {
        Ok(value) => json(StatusCode::OK, &value),
        Err(refused) => refusal(&refused),
    }
}
