//! The way to the API server, found as `kubectl` and external-dns find it.
//!
//! It stays the one that was found at the start: another context, chosen meanwhile, is another
//! cluster, whose objects are not those that we know.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use plan::HttpCalls;
use tokio::time::Instant;

use super::proxy;

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

/// How the way was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
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
pub(super) struct Current {
    pub(super) client: Client,
    pub(super) address: Uri,
    /// The namespace of who we are: the pod's own, or that of the kubeconfig's context.
    pub(super) namespace: String,
    pub(super) made: Instant,
    pub(super) token: Option<Token>,
}

/// A file with a token, and what was in it.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) path: PathBuf,
    pub(super) text: String,
    pub(super) read: Instant,
}

impl Token {
    pub(super) fn read(path: PathBuf) -> Result<Self, ConnectError> {
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

/// Finds the way.
pub(super) async fn find(connection: &Connection) -> Result<Way, ConnectError> {
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

/// Makes a client; reads all files that the way leads over.
pub(super) async fn make(connection: &Connection, way: &Way) -> Result<Current, ConnectError> {
    let mut is_proxied = false;
    let mut config = match (way, &connection.server) {
        (Way::Kubeconfig { path, context }, _) => {
            let file = read_kubeconfig(path.as_ref())?;
            is_proxied = proxy::is_named(&file, context.as_deref());
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
    if config.proxy_url.is_some() && !is_proxied {
        config.proxy_url = proxy::of(&config.cluster_url, |name| std::env::var(name).ok());
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

/// A server that does not take a connection within this time is tried again.
const CONNECT: Duration = Duration::from_secs(10);
