//! The way to the API server, found as `kubectl` and external-dns find it.
//!
//! Tokens, certificates and the authority behind them are replaced while a program runs. So a
//! request that is not let in, or does not get through, has everything read again that the way was
//! made of; whoever sent it tries again anyway. It is the way that was found at the start: another
//! context, chosen meanwhile, is another cluster, whose objects are not those that we know.
//!
//! Files of tokens are looked at before that: those of pods are replaced while the old token still
//! holds. The client below would do so by the wall clock, which may jump, and takes the end of a line
//! for a part of the token.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Method, Request, Response, StatusCode, Uri};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use plan::{HttpCall, HttpCalls};
use tokio::time::{Instant, timeout};

use super::failure::Failure;

/// Where the API server is and how to speak with it.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// Its address, over the one that the files name.
    pub server: Option<String>,
    /// The kubeconfig file; else `KUBECONFIG`, `~/.kube/config`, or the pod's own account.
    pub kubeconfig: Option<PathBuf>,
    /// How long it may take to send a request; none for no limit. How long an answer may take is up
    /// to who waits for it.
    pub request_timeout: Option<Duration>,
    /// Where requests are counted.
    pub calls: Arc<HttpCalls>,
}

/// No client could be made of the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The kubeconfig cannot be used.
    #[error("kubeconfig \"{}\"", path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<kube::config::KubeconfigError>,
    },
    /// Neither a kubeconfig nor a pod's account.
    #[error(
        "no cluster: neither a kubeconfig (flag --kubeconfig, variable KUBECONFIG, ~/.kube/config) nor the service account of a pod"
    )]
    NoCluster(#[source] Box<kube::config::InferConfigError>),
    /// The account of the pod is gone.
    #[error("the service account of the pod")]
    Pod(#[source] Box<kube::config::InClusterError>),
    /// The file of the token cannot be read.
    #[error("token file \"{}\"", path.display())]
    Token {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The address is none.
    #[error("server \"{server}\" is not an address such as https://10.0.0.1:6443")]
    Server {
        /// What was given.
        server: String,
        /// Why not.
        #[source]
        source: http::uri::InvalidUri,
    },
    /// TLS or credentials could not be set up.
    #[error("set up the connection to \"{server}\"")]
    Client {
        /// The address.
        server: String,
        /// Why not.
        #[source]
        source: Box<kube::Error>,
    },
}

/// The way to the API server. Clones share it.
#[derive(Clone)]
pub struct Link(Arc<Inner>);

struct Inner {
    connection: Connection,
    way: Way,
    current: Mutex<Current>,
}

/// How the way was found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// By an address alone: enough for a server without authentication, such as a proxy's.
    Address,
    /// By a context of a kubeconfig; without a path by the one of the environment.
    Kubeconfig {
        path: Option<PathBuf>,
        context: Option<String>,
    },
    /// By the account of the pod.
    Pod,
}

/// A client, and when it was made.
#[derive(Clone)]
struct Current {
    client: Client,
    address: Uri,
    /// The namespace of who we are: the pod's own, or that of the kubeconfig's context.
    namespace: String,
    made: Instant,
    token: Option<Token>,
}

/// A request under way.
struct Call {
    counted: HttpCall,
    begin: Instant,
    /// When its client was made.
    made: Instant,
}

/// A file with a token, and what was in it.
#[derive(Clone)]
struct Token {
    path: PathBuf,
    text: String,
    read: Instant,
}

impl Token {
    fn read(path: PathBuf) -> Result<Self, ConnectError> {
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self {
                path,
                text: text.trim().to_owned(),
                read: Instant::now(),
            }),
            Err(source) => Err(ConnectError::Token { path, source }),
        }
    }
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

async fn find(connection: &Connection) -> Result<Way, ConnectError> {
    let path = connection.kubeconfig.clone();
    if path.is_none()
        && let Err(source) = Config::infer().await
    {
        return match &connection.server {
            Some(_) => Ok(Way::Address),
            None => Err(ConnectError::NoCluster(Box::new(source))),
        };
    }
    match read_kubeconfig(path.as_ref()) {
        Ok(file) if path.is_some() || file.current_context.is_some() => Ok(Way::Kubeconfig {
            path,
            context: file.current_context,
        }),
        Err(error) if path.is_some() => Err(error),
        _ => Ok(Way::Pod),
    }
}

async fn make(connection: &Connection, way: &Way) -> Result<Current, ConnectError> {
    let mut config = match (way, &connection.server) {
        (Way::Kubeconfig { path, context }, _) => {
            let file = read_kubeconfig(path.as_ref())?;
            let options = KubeConfigOptions {
                context: context.clone(),
                ..KubeConfigOptions::default()
            };
            let config = Config::from_custom_kubeconfig(file, &options).await;
            config.map_err(|source| wrong_kubeconfig(path.as_ref(), source))?
        }
        (Way::Address, Some(server)) => Config::new(address(server)?),
        (Way::Pod | Way::Address, _) => {
            Config::incluster().map_err(|source| ConnectError::Pod(Box::new(source)))?
        }
    };
    if let Some(server) = &connection.server {
        config.cluster_url = address(server)?;
    }
    config.connect_timeout = Some(CONNECT);
    // A watch is silent for long; `follow` has a limit of its own.
    config.read_timeout = None;
    config.write_timeout = connection.request_timeout;
    let server = config.cluster_url.to_string();
    let address = config.cluster_url.clone();
    let namespace = config.default_namespace.clone();
    let file = config.auth_info.token_file.take().map(PathBuf::from);
    let token = file.map(Token::read).transpose()?;
    if let Some(token) = &token {
        config.auth_info.token = Some(token.text.clone().into());
    }
    let client = Client::try_from(config).map_err(|source| ConnectError::Client {
        server,
        source: Box::new(source),
    })?;
    Ok(Current {
        client,
        address,
        namespace,
        made: Instant::now(),
        token,
    })
}

fn read_kubeconfig(path: Option<&PathBuf>) -> Result<Kubeconfig, ConnectError> {
    let file = match path {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    file.map_err(|source| wrong_kubeconfig(path, source))
}

fn wrong_kubeconfig(path: Option<&PathBuf>, source: kube::config::KubeconfigError) -> ConnectError {
    ConnectError::Kubeconfig {
        path: path.map_or_else(|| "~/.kube/config".into(), Clone::clone),
        source: Box::new(source),
    }
}

fn address(server: &str) -> Result<Uri, ConnectError> {
    server.parse().map_err(|source| ConnectError::Server {
        server: server.to_owned(),
        source,
    })
}

/// How often the file of the token is looked at. That of a pod is replaced minutes before its token
/// ends.
const LOOK: Duration = Duration::from_secs(10);

/// How often files are read again while the server refuses what was in them: a program that makes
/// credentials may be behind them.
const REFUSED: Duration = Duration::from_secs(2);

/// How often they are read again while there is no connection, which is seldom their fault.
const LOST: Duration = Duration::from_secs(30);

/// A server that does not take a connection within this time is tried again.
const CONNECT: Duration = Duration::from_secs(10);
