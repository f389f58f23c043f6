//! A host that answers requests: a dialect over a store, with faults on the way and a log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep};

use super::meter::{Meter, Rate};
use super::{Fault, Faults, Refused, Rule, ZoneStore};
use crate::auth::Clock;
use crate::client::{Carrier, Carrying, Uncarried};

/// A request, whole.
pub type Request = http::Request<Bytes>;

/// An answer, whole.
pub type Response = http::Response<Bytes>;

/// How one kind of host is asked and answers.
pub trait Dialect: Send {
    /// Answers a request whose credentials are good.
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response;

    /// Whether a request changes something, if it is done.
    fn writes(&self, request: &Request) -> bool {
        !matches!(*request.method(), Method::GET | Method::HEAD)
    }

    /// Whether the credentials of a request are good: as a rule, a token of [`SECRET`].
    fn admits(&self, request: &Request) -> bool {
        let header = request.headers().get(header::AUTHORIZATION);
        header.is_some_and(|header| header.as_bytes() == format!("Bearer {SECRET}").as_bytes())
    }

    /// What it is answered beside the API, as by who gives tokens: not in the log, and without faults.
    fn aside(&mut self, _request: &Request) -> Option<Response> {
        None
    }

    /// What a request without good credentials is answered, where that depends on it.
    fn turn_away(&self, _request: &Request) -> Response {
        self.unauthorized()
    }

    /// What a request without good credentials is answered.
    fn unauthorized(&self) -> Response {
        json(StatusCode::UNAUTHORIZED, &json!({"error": "who are you?"}))
    }
}

/// A request that was made.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When.
    pub at: Instant,
    /// The method and the address.
    pub line: String,
    /// Whether it changes something.
    pub writes: bool,
    /// Whether its credentials were good.
    pub admitted: bool,
    /// What went wrong with it.
    pub fault: Option<Fault>,
    /// What it was answered; none if the connection broke.
    pub status: Option<u16>,
}

/// A connection that broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// There never was one.
    Before,
    /// After the request was sent.
    Sent,
    /// While the answer was read.
    Answer,
}

/// A host. Clones are the same one.
#[derive(Clone)]
pub struct Sim(Arc<Mutex<Inner>>);

/// What somebody else does.
type Meddle = Box<dyn FnOnce(&mut ZoneStore) + Send>;

struct Inner {
    store: ZoneStore,
    dialect: Box<dyn Dialect>,
    clock: Clock,
    /// How many seconds ahead our own clock is.
    skew: i64,
    faults: Faults,
    meter: Meter,
    log: Vec<Seen>,
    /// What somebody else does once a request is answered.
    meanwhile: Option<(Rule, Meddle)>,
    /// The last answers, by path and by whole address.
    answers: HashMap<String, Response>,
}

impl std::fmt::Debug for Sim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sim").finish_non_exhaustive()
    }
}

impl Sim {
    /// A host that holds this.
    #[must_use]
    pub fn new(store: ZoneStore, dialect: impl Dialect + 'static) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            store,
            dialect: Box::new(dialect),
            clock: Clock::beginning(BEGIN),
            skew: 0,
            faults: Faults::default(),
            meter: Meter::default(),
            log: Vec::new(),
            meanwhile: None,
            answers: HashMap::new(),
        })))
    }

    /// The same by another clock, such as its dialect verifies signatures by.
    #[must_use]
    pub fn by(self, clock: Clock) -> Self {
        self.lock().clock = clock;
        self
    }

    /// The time at the host.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.lock().clock.clone()
    }

    /// The time as those see it who begin now.
    #[must_use]
    pub fn seen_clock(&self) -> Clock {
        let inner = self.lock();
        match inner.skew {
            0 => inner.clock.clone(),
            skew => Clock::beginning(inner.clock.now().as_second() + skew),
        }
    }

    /// Lets the clock of those who begin from now on be so many seconds ahead.
    pub fn skew(&self, seconds: i64) {
        self.lock().skew = seconds;
    }

    /// What goes wrong from now on.
    pub fn fail(&self, faults: Faults) {
        self.lock().faults = faults;
    }

    /// Lets somebody else do something once the first request that a rule takes is answered.
    pub fn meanwhile(&self, rule: Rule, meddle: impl FnOnce(&mut ZoneStore) + Send + 'static) {
        self.lock().meanwhile = Some((rule, Box::new(meddle)));
    }

    /// Takes no more requests than these rates say, from now on.
    pub fn limit(&self, rates: &[Rate]) {
        self.lock().meter = Meter::new(rates);
    }

    /// How many requests were too many since.
    #[must_use]
    pub fn breaches(&self) -> usize {
        self.lock().meter.breaches
    }

    /// Looks at the zones, or changes them as somebody else.
    pub fn store<T>(&self, look: impl FnOnce(&mut ZoneStore) -> T) -> T {
        look(&mut self.lock().store)
    }

    /// All requests so far.
    #[must_use]
    pub fn log(&self) -> Vec<Seen> {
        self.lock().log.clone()
    }

    /// Answers a request.
    ///
    /// # Errors
    /// The connection breaks.
    pub async fn answer(&self, request: Request) -> Result<Response, Broken> {
        if let Some(answer) = self.lock().dialect.aside(&request) {
            return Ok(answer);
        }
        let fault = self.lock().fault(&request);
        if let Some(Fault::Delay(time)) = fault {
            sleep(time).await;
        }
        self.lock().answer(&request, fault)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Carrier for Sim {
    fn carry(&self, request: reqwest::Request) -> Carrying<'_> {
        Box::pin(async move {
            let body = request.body().and_then(reqwest::Body::as_bytes);
            let mut whole = Request::new(Bytes::copy_from_slice(body.unwrap_or_default()));
            *whole.method_mut() = request.method().clone();
            *whole.headers_mut() = request.headers().clone();
            let unsent = Uncarried { sent: false };
            *whole.uri_mut() = request.url().as_str().parse().map_err(|_| unsent)?;
            let answer = self.answer(whole).await;
            answer.map_err(|broken| Uncarried {
                sent: broken != Broken::Before,
            })
        })
    }
}

impl Inner {
    fn fault(&mut self, request: &Request) -> Option<Fault> {
        let writes = self.dialect.writes(request);
        self.faults.next(request, writes)
    }

    fn answer(&mut self, request: &Request, fault: Option<Fault>) -> Result<Response, Broken> {
        let admitted = self.dialect.admits(request);
        let mut seen = Seen {
            at: Instant::now(),
            line: format!("{} {}", request.method(), request.uri()),
            writes: self.dialect.writes(request),
            admitted,
            fault,
            status: None,
        };
        let now = seen.at;
        let mut result = match self.meter.count(now, seen.writes) {
            Some(wait) => Ok(limited(Some((wait.as_secs() + 1).to_string()))),
            None => self.outcome(request, fault, admitted),
        };
        if let Ok(answer) = &mut result {
            let date = self.clock.now().strftime(DATE).to_string();
            if let Ok(date) = HeaderValue::from_str(&date) {
                answer.headers_mut().insert(header::DATE, date);
            }
            self.meter.tell(answer, now, self.clock.now().as_second());
        }
        let status = result.as_ref().ok().map(|answer| answer.status().as_u16());
        seen.status = status;
        let writes = seen.writes;
        self.log.push(seen);
        let mut meanwhile = self.meanwhile.as_mut();
        if meanwhile
            .as_mut()
            .is_some_and(|(rule, _)| rule.takes(request, writes))
            && let Some((_, meddle)) = self.meanwhile.take()
        {
            meddle(&mut self.store);
        }
        result
    }

    fn outcome(
        &mut self,
        request: &Request,
        fault: Option<Fault>,
        admitted: bool,
    ) -> Result<Response, Broken> {
        match fault {
            Some(Fault::ResetBefore) => return Err(Broken::Before),
            Some(Fault::Html) => return Ok(html("<html><h1>Maintenance</h1></html>")),
            Some(Fault::Long) => return Ok(html(&" ".repeat(LONG))),
            Some(Fault::Redirect) => return Ok(elsewhere()),
            Some(Fault::Said) => return Ok(json(StatusCode::OK, &json!({"error": "not now"}))),
            Some(Fault::Limited(after)) => {
                let after = after.map(|after| after.as_secs().to_string());
                return Ok(limited(after));
            }
            Some(Fault::LimitedUntil(after)) => {
                // A part of a second would be lost.
                let then = self.clock.now() + after + Duration::from_secs(1);
                return Ok(limited(Some(then.strftime(DATE).to_string())));
            }
            Some(Fault::Status(status)) => {
                let status = StatusCode::from_u16(status).unwrap_or_default();
                return Ok(json(status, &json!({"error": "not now"})));
            }
            _ => {}
        }
        if !admitted {
            return Ok(self.dialect.turn_away(request));
        }
        let path = request.uri().path().to_owned();
        let address = format!("{} {}", request.method(), request.uri());
        let known = match fault {
            Some(Fault::Repeated) => self.answers.get(&path),
            Some(Fault::Stale) => self.answers.get(&address),
            _ => None,
        };
        if let Some(answer) = known {
            return Ok(answer.clone());
        }
        let answer = self.dialect.handle(&mut self.store, request);
        if !self.dialect.writes(request) {
            self.answers.insert(path, answer.clone());
            self.answers.insert(address, answer.clone());
        }
        match fault {
            Some(Fault::ResetAfter) => Err(Broken::Sent),
            Some(Fault::Truncated) => {
                let (parts, body) = answer.into_parts();
                if body.is_empty() {
                    return Err(Broken::Answer);
                }
                let half = body.slice(..body.len() / 2);
                Ok(Response::from_parts(parts, half))
            }
            _ => Ok(answer),
        }
    }
}

/// An answer of JSON.
#[must_use]
pub fn json(status: StatusCode, body: &Value) -> Response {
    let mut answer = Response::new(Bytes::from(body.to_string()));
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

/// The answer to what was refused, as most hosts give it.
#[must_use]
pub fn refusal(refused: &Refused) -> Response {
    let (status, message) = match refused {
        Refused::Exists(what) => (StatusCode::CONFLICT, format!("{what} exists")),
        Refused::Invalid(why) => (StatusCode::UNPROCESSABLE_ENTITY, why.clone()),
        Refused::Missing(what) => (StatusCode::NOT_FOUND, format!("there is no {what}")),
        Refused::Stale(what) => (
            StatusCode::PRECONDITION_FAILED,
            format!("{what} is another"),
        ),
    };
    json(status, &json!({"error": message}))
}

fn html(page: &str) -> Response {
    let mut answer = Response::new(Bytes::copy_from_slice(page.as_bytes()));
    let kind = HeaderValue::from_static("text/html");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

fn elsewhere() -> Response {
    let mut answer = json(StatusCode::TEMPORARY_REDIRECT, &json!({}));
    let place = HeaderValue::from_static("https://elsewhere.example/");
    answer.headers_mut().insert(header::LOCATION, place);
    answer
}

/// RFC 9110 §5.6.7.
const DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// Bytes of an answer that is too long.
const LONG: usize = 50_000_000;

fn limited(after: Option<String>) -> Response {
    let mut answer = json(StatusCode::TOO_MANY_REQUESTS, &json!({"error": "too many"}));
    if let Some(after) = after
        && let Ok(value) = HeaderValue::from_str(&after)
    {
        answer.headers_mut().insert(header::RETRY_AFTER, value);
    }
    answer
}

/// When hosts begin, in seconds since 1970.
const BEGIN: i64 = 1_787_392_800;

/// The token of all dialects. It must be in no log line and in no error.
pub const SECRET: &str = "s3cret-of-the-suite";
