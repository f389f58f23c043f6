//! A stand-in behind a port.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri, header};
use provider::sim::Sim;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::http1::Connection;

/// What answers a request that is about the stand-in itself: its path, and what to say.
type Told = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A stand-in behind a port of loopback. It ends when it is dropped.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Served {
    /// Serves a stand-in, for clients of an API of one's own, and as the proxy of all others.
    ///
    /// # Errors
    /// The port cannot be had, or the certificate cannot be used.
    pub async fn start(
        sim: Sim,
        port: u16,
        tls: Option<rustls::ServerConfig>,
        told: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
        let address = listener.local_addr()?;
        let host = Host {
            sim,
            tls: tls.map(|tls| TlsAcceptor::from(Arc::new(tls))),
            told: Arc::new(told),
        };
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let host = host.clone();
                connections.spawn(async move { host.first(stream).await });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as an address of the web.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Host {
    sim: Sim,
    tls: Option<TlsAcceptor>,
    told: Told,
}

impl Host {
    /// A connection as it comes in. What goes wrong with it is the client's to tell.
    async fn first(self, stream: TcpStream) -> io::Result<()> {
        let mut connection = Connection::new(stream);
        let Some(request) = connection.read().await? else {
            return Ok(());
        };
        if request.method() != Method::CONNECT {
            return self.answer(connection, Some(request), None).await;
        }
        let Some(tls) = &self.tls else {
            let mut refusal = Response::new(Bytes::from_static(b"there is no certificate\n"));
            *refusal.status_mut() = StatusCode::BAD_GATEWAY;
            return connection.write(&refusal).await;
        };
        let host = request.uri().host().unwrap_or_default().to_owned();
        connection.write(&Response::new(Bytes::new())).await?;
        let stream = tls.accept(connection.into_stream()).await?;
        self.answer(Connection::new(stream), None, Some(&host))
            .await
    }

    /// Requests of a connection, each after the other.
    async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut connection: Connection<S>,
        first: Option<Request<Bytes>>,
        host: Option<&str>,
    ) -> io::Result<()> {
        let mut next = first;
        loop {
            let request = match next.take() {
                Some(request) => request,
                None => match connection.read().await? {
                    Some(request) => request,
                    None => return Ok(()),
                },
            };
            let answer = match (self.told)(request.uri().path()) {
                Some(text) => Response::new(Bytes::from(text)),
                None => match self.sim.answer(whole(request, host)?).await {
                    Ok(answer) => answer,
                    // The connection breaks.
                    Err(_) => return Ok(()),
                },
            };
            connection.write(&answer).await?;
        }
    }
}

/// A request with its whole address, as the vendor's own host sees it.
fn whole(mut request: Request<Bytes>, host: Option<&str>) -> io::Result<Request<Bytes>> {
    if request.uri().authority().is_some() {
        return Ok(request);
    }
    let scheme = if host.is_some() { "https" } else { "http" };
    let named = request.headers().get(header::HOST);
    let named = named.and_then(|host| host.to_str().ok());
    let host = host.or(named).unwrap_or("localhost");
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
    let uri: Uri = format!("{scheme}://{host}{path}")
        .parse()
        .map_err(io::Error::other)?;
    *request.uri_mut() = uri;
    Ok(request)
}
