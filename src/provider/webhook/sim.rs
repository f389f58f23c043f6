//! Our client of the webhook protocol before our server of it, behind which is a provider of whole zones.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use tokio::task::unconstrained;

use super::{MEDIA_TYPE, Reply, Service, Webhook};
use crate::client::{Http, Setup};
use crate::exec::Scope;
use crate::record::quirks::Quirks;
use crate::sim::{Dialect, Request, Response, SECRET, Sim, ZoneStore, empty};
use crate::suite::{Family, Later, SimWorld, Start, Subject, World, reference};

/// The subject.
pub(crate) const SUBJECT: Hooked = Hooked;

#[derive(Debug)]
pub(crate) struct Hooked;

impl Subject for Hooked {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn quirks(&self) -> &Quirks {
        &reference::ZONE_QUIRKS
    }

    fn family(&self) -> Family {
        Family::Batch
    }

    fn lists(&self, _records: usize) -> usize {
        1
    }

    /// The protocol knows names only.
    fn has_zones(&self) -> bool {
        false
    }

    fn start<'a>(&'a self, start: &'a Start) -> Later<'a, Box<dyn World>> {
        let (store, host) = reference::zone_host(start);
        let behind = Sim::new(ZoneStore::default(), host);
        let provider = reference::zone_provider(behind.clone(), Scope::default());
        let service = Service::new(provider);
        let sim = Sim::new(store, Server { behind, service });
        let world = SimWorld::boxed(sim, |sim, _| {
            let setup = Setup {
                carrier: Some(Arc::new(sim)),
                ..Setup::default()
            };
            let http = Http::with("webhook", &setup);
            let http = http.expect("nothing is set up that could be wrong");
            // Its secret is one that no error and no log may tell, as any address may have one.
            let url = format!("http://{SECRET}@webhook.example:8888/");
            Box::new(Webhook::over(http, &url))
        });
        Box::pin(async { world })
    }
}

/// The server.
struct Server {
    /// What the provider behind it looks at; it has the zones while a request is answered.
    behind: Sim,
    service: Service,
}

impl Dialect for Server {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        self.behind.store(|held| std::mem::swap(held, store));
        let answer = match at_once(unconstrained(answer(&self.service, request))) {
            Some(answer) => answer,
            None => empty(StatusCode::SERVICE_UNAVAILABLE),
        };
        self.behind.store(|held| std::mem::swap(held, store));
        answer
    }

    fn writes(&self, request: &Request) -> bool {
        *request.method() == http::Method::POST && request.uri().path() == "/records"
    }

    /// Nobody has to say who they are; but the type of messages is compared.
    fn admits(&self, request: &Request) -> bool {
        let is = |name| {
            let kind = request.headers().get(name);
            kind.is_some_and(|kind| kind == MEDIA_TYPE)
        };
        is(header::ACCEPT) && (request.body().is_empty() || is(header::CONTENT_TYPE))
    }
}

async fn answer(service: &Service, request: &Request) -> Response {
    let body = request.body();
    let reply = match (request.method().as_str(), request.uri().path()) {
        ("GET", "/") => service.negotiate().await,
        ("GET", "/records") => service.records().await,
        ("POST", "/adjustendpoints") => service.adjust(body).await,
        ("POST", "/records") => service.apply(body).await,
        _ => return empty(StatusCode::NOT_FOUND),
    };
    told(reply)
}

fn told(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or_default();
    let mut answer = Response::new(Bytes::from(reply.body));
    if status == StatusCode::OK {
        let kind = HeaderValue::from_static(MEDIA_TYPE);
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    *answer.status_mut() = status;
    answer
}

/// What comes of something that waits for nothing.
fn at_once<T>(later: impl Future<Output = T>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(later).poll(&mut context) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}
