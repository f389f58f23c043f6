//! Requests to the API server, by credentials that are replaced while a program runs.
//!
//! Tokens, certificates and the authority behind them may change at any time. So a request that is
//! not let in, or does not get through, has everything read again that the way was made of; whoever
//! sent it tries again anyway.
//!
//! Files of tokens are looked at before that: those of pods are replaced while the old token still
//! holds. The client below would do so by the wall clock, which may jump, and takes the end of a line
//! for a part of the token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Method, Request, Response, StatusCode, Uri};
use kube::Client;
use kube::client::Body;
use plan::HttpCall;
use tokio::time::{Instant, timeout};

use super::failure::Failure;
use super::way::{ConnectError, Connection, Current, Token, Way, find, make};

/// The way to the API server. Clones share it.
#[derive(Clone)]
pub struct Link(Arc<Inner>);

struct Inner {
    connection: Connection,
    way: Way,
    current: Mutex<Current>,
}

/// A request under way.
struct Call {
    counted: HttpCall,
    begin: Instant,
    /// When its client was made.
    made: Instant,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // An address may hold a password.
        f.debug_struct("Link")
            .field("way", &self.0.way)
            .finish_non_exhaustive()
    }
}

/// Finds the way. Nothing is sent yet.
///
/// # Errors
/// The kubeconfig cannot be read, or there is none and no pod's account either.
pub async fn connect(connection: &Connection) -> Result<Link, ConnectError> {
    let way = find(connection).await?;
    let current = make(connection, &way).await?;
    Ok(Link(Arc::new(Inner {
        connection: connection.clone(),
        way,
        current: Mutex::new(current),
    })))
}

impl Link {
    /// The namespace that is ours: the pod's own, else that of the kubeconfig's context, else `default`.
    #[must_use]
    pub fn namespace(&self) -> String {
        self.current().namespace.clone()
    }

    /// Sends a request for a resource, named by its plural; its answer has begun then.
    ///
    /// # Errors
    /// There is no connection, or it broke.
    pub async fn send(
        &self,
        resource: &str,
        request: Request<Body>,
    ) -> Result<Response<Body>, kube::Error> {
        let (client, call) = self.call(resource, request.method().clone()).await;
        let result = client.send(request).await;
        let status = result.as_ref().ok().map(Response::status);
        self.called(call, status).await;
        result
    }

    /// The same for who waits so long and no longer. Whoever gives [`Self::send`] up instead keeps a
    /// way for ever that leads nowhere.
    ///
    /// # Errors
    /// There is no connection, it broke, or the answer has not begun in time.
    pub async fn send_within(
        &self,
        patience: Duration,
        resource: &str,
        request: Request<Body>,
    ) -> Result<Response<Body>, Failure> {
        let (client, call) = self.call(resource, request.method().clone()).await;
        let result = match timeout(patience, client.send(request)).await {
            Ok(result) => result.map_err(|error| Failure::Lost(Box::new(error))),
            Err(_) => Err(Failure::Silent),
        };
        let status = result.as_ref().ok().map(Response::status);
        self.called(call, status).await;
        result
    }

    /// The client of now, and what is counted of a request by it.
    async fn call(&self, resource: &str, method: Method) -> (Client, Call) {
        self.follow_token().await;
        let current = self.current().clone();
        let counted = HttpCall {
            scheme: current.address.scheme_str().unwrap_or_default().into(),
            host: host(&current.address).into(),
            path: resource.into(),
            method: method.as_str().into(),
            status: None,
        };
        let call = Call {
            counted,
            begin: Instant::now(),
            made: current.made,
        };
        (current.client, call)
    }

    /// Counts a request; one that was not let in, or had no answer, has the way found anew.
    async fn called(&self, call: Call, status: Option<StatusCode>) {
        let Call {
            mut counted,
            begin,
            made,
        } = call;
        counted.status = status.map(|status| status.as_u16());
        self.0.connection.calls.count(counted, begin.elapsed());
        match status {
            Some(StatusCode::UNAUTHORIZED) => self.renew(made, REFUSED).await,
            None => self.renew(made, LOST).await,
            Some(_) => {}
        }
    }

    /// Looks now and then whether the file of the token has another one.
    async fn follow_token(&self) {
        let (token, made) = {
            let mut current = self.current();
            let made = current.made;
            let Some(token) = &mut current.token else {
                return;
            };
            if token.read.elapsed() < LOOK {
                return;
            }
            token.read = Instant::now();
            (token.clone(), made)
        };
        // A file that cannot be read is being replaced.
        if Token::read(token.path).is_ok_and(|now| now.text != token.text) {
            self.renew(made, Duration::ZERO).await;
        }
    }

    /// Reads again what the way is made of, unless somebody has done so in this time.
    async fn renew(&self, used: Instant, pause: Duration) {
        {
            let mut current = self.current();
            if current.made != used || used.elapsed() < pause {
                return;
            }
            // Whoever fails meanwhile need not do the same.
            current.made = Instant::now();
        }
        // Without a new one the old one goes on: files may be replaced one after the other.
        match make(&self.0.connection, &self.0.way).await {
            Ok(fresh) => *self.current() = fresh,
            Err(error) => tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the way to the cluster is not found anew"
            ),
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        let current = self.0.current.lock();
        current.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Host and port, without a password.
fn host(address: &Uri) -> &str {
    let authority = address.authority().map_or("", |it| it.as_str());
    authority.rsplit('@').next().unwrap_or_default()
}

/// How often the file of the token is looked at. That of a pod is replaced minutes before its token
/// ends.
const LOOK: Duration = Duration::from_secs(10);

/// How often files are read again while the server refuses what was in them: a program that makes
/// credentials may be behind them.
const REFUSED: Duration = Duration::from_secs(2);

/// How often they are read again while there is no connection, which is seldom their fault.
const LOST: Duration = Duration::from_secs(30);
