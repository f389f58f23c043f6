//! A client of the API server, found as `kubectl` and external-dns find it.

use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

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

/// Makes the client. Nothing is sent yet.
///
/// # Errors
/// The kubeconfig cannot be read, or there is none and no pod's account either.
pub async fn connect(connection: &Connection) -> Result<Client, ConnectError> {
    let mut config = match (&connection.kubeconfig, &connection.server) {
        (Some(path), _) => from_file(path).await?,
        (None, Some(server)) => match Config::infer().await {
            Ok(config) => config,
            // An address alone is enough for a server without authentication, such as a proxy's.
            Err(_) => Config::new(address(server)?),
        },
        (None, None) => Config::infer()
            .await
            .map_err(|source| ConnectError::NoCluster(Box::new(source)))?,
    };
    if let Some(server) = &connection.server {
        config.cluster_url = address(server)?;
    }
    config.connect_timeout = Some(CONNECT);
    // A watch is silent for long; `follow` has a limit of its own.
    config.read_timeout = None;
    config.write_timeout = connection.request_timeout;
    let server = config.cluster_url.to_string();
    Client::try_from(config).map_err(|source| ConnectError::Client {
        server,
        source: Box::new(source),
    })
}

async fn from_file(path: &std::path::Path) -> Result<Config, ConnectError> {
    let wrong = |source| ConnectError::Kubeconfig {
        path: path.to_owned(),
        source: Box::new(source),
    };
    let file = Kubeconfig::read_from(path).map_err(wrong)?;
    Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
        .await
        .map_err(wrong)
}

fn address(server: &str) -> Result<Uri, ConnectError> {
    server.parse().map_err(|source| ConnectError::Server {
        server: server.to_owned(),
        source,
    })
}

/// A server that does not take a connection within this time is tried again.
const CONNECT: Duration = Duration::from_secs(10);
