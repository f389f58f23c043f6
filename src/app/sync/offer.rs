//! A provider offered to an external-dns by the webhook protocol, in place of passes of our own.
//!
//! The address is for whoever is on the same machine or in the same pod: the protocol knows no
//! credentials. A page in a browser on that machine is no such one: browsers say of what they send for
//! a page, and programs don't.

use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use config::Offer;
use provider::webhook::{MEDIA_TYPE, Reply, Service};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::destination::Destination;
use crate::app::capped::{Capped, Ends};

/// An open socket, and the provider behind it.
pub(super) struct Offered {
    listener: TcpListener,
    offer: Offer,
    service: Service,
}

/// Opens the socket.
///
/// # Errors
/// It is taken, or the address is none of ours.
pub(super) async fn bind(offer: &Offer, destination: Destination) -> anyhow::Result<Offered> {
    let address = offer.address;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("--webhook-server-address: listen on {address}"))?;
    let address = listener.local_addr()?;
    let provider = destination.name;
    tracing::info!(provider, %address, "offers a provider as a webhook");
    Ok(Offered {
        listener,
        offer: offer.clone(),
        service: Service::new(destination.provider),
    })
}

impl Offered {
    /// Serves until `stop`; changes that are under way are made to their end.
    pub(super) async fn run(self, stop: CancellationToken) {
        let limit = self.offer.limit;
        let most = match self.offer.max_body {
            Some(most) => DefaultBodyLimit::max(most),
            None => DefaultBodyLimit::disable(),
        };
        let service = Arc::new(self.service);
        let (changes, asked) = mpsc::channel(CONNECTIONS);
        let behind = Behind {
            service: Arc::clone(&service),
            limit,
            changes,
        };
        let router = Router::new()
            .route("/", get(negotiate))
            .route("/records", get(records).post(apply))
            .route("/adjustendpoints", post(adjust))
            .layer(most)
            .layer(from_fn(no_page))
            .with_state(behind);
        // A connection is silent for as long as a request takes here.
        let idle = self.offer.idle.max(limit * 2);
        let listener = Capped::new(self.listener, CONNECTIONS, Ends::Idle(idle));
        let serving = async {
            tokio::select! {
                result = axum::serve(listener, router).into_future() => {
                    if let Err(error) = result {
                        tracing::error!(%error, "the webhook is offered no longer");
                    }
                }
                () = stop.cancelled() => {}
            }
        };
        tokio::join!(serving, make(&service, asked, &stop));
    }
}

/// Makes changes one after another, whether or not whoever asked for them still waits.
async fn make(service: &Service, mut asked: mpsc::Receiver<Asked>, stop: &CancellationToken) {
    loop {
        let (body, told) = tokio::select! {
            () = stop.cancelled() => return,
            asked = asked.recv() => match asked {
                Some(asked) => asked,
                None => return,
            },
        };
        let reply = service.apply(&body).await;
        // Whoever has gone reads what is there when it comes again.
        let _gone = told.send(reply);
    }
}

/// A change set, and who waits for what becomes of it.
type Asked = (Bytes, oneshot::Sender<Reply>);

/// What requests need.
#[derive(Clone, Debug)]
struct Behind {
    service: Arc<Service>,
    /// How long a request may take.
    limit: Duration,
    changes: mpsc::Sender<Asked>,
}

/// Refuses what a page in a browser asks for: any page may send such requests to where it cannot read.
async fn no_page(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site") {
        return (StatusCode::FORBIDDEN, "this is not for pages\n").into_response();
    }
    next.run(request).await
}

async fn negotiate(State(behind): State<Behind>) -> Response {
    within(behind.limit, behind.service.negotiate()).await
}

async fn records(State(behind): State<Behind>) -> Response {
    within(behind.limit, behind.service.records()).await
}

async fn adjust(State(behind): State<Behind>, body: Bytes) -> Response {
    within(behind.limit, behind.service.adjust(&body)).await
}

async fn apply(State(behind): State<Behind>, body: Bytes) -> Response {
    let (told, reply) = oneshot::channel();
    let ends = (StatusCode::SERVICE_UNAVAILABLE, "this process ends\n");
    if behind.changes.send((body, told)).await.is_err() {
        return ends.into_response();
    }
    match reply.await {
        Ok(reply) => response(reply),
        Err(_) => ends.into_response(),
    }
}

async fn within(limit: Duration, reply: impl Future<Output = Reply>) -> Response {
    match tokio::time::timeout(limit, reply).await {
        Ok(reply) => response(reply),
        Err(_) => (StatusCode::GATEWAY_TIMEOUT, "the provider takes too long\n").into_response(),
    }
}

fn response(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content = match status {
        StatusCode::OK => MEDIA_TYPE,
        StatusCode::NO_CONTENT => return status.into_response(),
        _ => "text/plain; charset=utf-8",
    };
    (status, [(header::CONTENT_TYPE, content)], reply.body).into_response()
}

/// One client, and a few that look.
const CONNECTIONS: usize = 64;
