//! How a client is set up: times, sizes, TLS, the way through proxies.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use plan::HttpCalls;

use super::Carrier;

/// What a client needs to know before its first request.
#[derive(Clone, Debug)]
pub struct Setup {
    /// How long one request may take, from the first byte sent to the last one read.
    pub limit: Duration,
    /// The largest answer that is read, in bytes; 0 for no limit.
    pub cap: usize,
    /// Where requests are counted.
    pub calls: Arc<HttpCalls>,
    /// Whom to trust, and who we are.
    pub tls: Tls,
    /// The way there.
    pub route: Route,
    /// What users set to say whom to trust.
    pub authority: &'static str,
    /// What carries requests in place of the network.
    pub carrier: Option<Arc<dyn Carrier>>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            limit: Duration::from_secs(30),
            cap: 64 << 20,
            calls: Arc::default(),
            tls: Tls::default(),
            route: Route::default(),
            carrier: None,
            authority: "--tls-ca",
        }
    }
}

/// Whom to trust, and who we are.
#[derive(Clone, Default)]
pub struct Tls {
    /// Certificates of whom to trust, as PEM; without any those that the system trusts.
    pub trusted: Option<Vec<u8>>,
    /// Our certificate and its key, as PEM.
    pub identity: Option<Vec<u8>>,
    /// Whether any certificate will do.
    pub insecure: bool,
    /// A name to ask for, and where it is, for servers whose certificate has another name than
    /// their address.
    pub server_name: Option<(String, Vec<SocketAddr>)>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("insecure", &self.insecure)
            .finish_non_exhaustive()
    }
}

/// The way to a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// Without a proxy: metadata services are a part of the machine itself.
    Direct,
    /// As `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
    #[default]
    System,
}

impl Setup {
    /// All of this, for the client below.
    pub(super) fn build(
        &self,
    ) -> Result<reqwest::Client, Box<dyn std::error::Error + Send + Sync>> {
        // Another part of the program may have set it up already; then that one is in use.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut builder = reqwest::Client::builder()
            .timeout(self.limit)
            .connect_timeout(self.limit.min(CONNECT))
            // Credentials would go along to wherever an answer points.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("zonewright/", env!("CARGO_PKG_VERSION")))
            .tls_danger_accept_invalid_certs(self.tls.insecure);
        builder = builder.no_proxy();
        if self.route == Route::System {
            let proxies = proxies(|name| std::env::var(name).ok());
            builder = proxies
                .into_iter()
                .fold(builder, reqwest::ClientBuilder::proxy);
        }
        if self.carrier.is_some() {
            // There is nobody to trust; to read whom the system trusts would take most of the time.
            builder = builder.tls_certs_only([]);
        } else if let Some(pem) = &self.tls.trusted {
            let certificates = reqwest::Certificate::from_pem_bundle(pem)?;
            if certificates.is_empty() {
                return Err("there is no certificate of an authority; expected PEM".into());
            }
            builder = builder.tls_certs_only(certificates);
        }
        if let Some(pem) = &self.tls.identity {
            builder = builder.identity(reqwest::Identity::from_pem(pem)?);
        }
        if let Some((name, addresses)) = &self.tls.server_name {
            builder = builder.resolve_to_addrs(name, addresses);
        }
        Ok(builder.build()?)
    }
}

/// The proxies that variables name. This machine is never asked by one, as Go has it: keys that are for
/// a server beside us would go over the network, and to somebody else.
pub(super) fn proxies(variable: impl Fn(&str) -> Option<String>) -> Vec<reqwest::Proxy> {
    let set = |name: &str| {
        let names = [name.to_owned(), name.to_ascii_lowercase()];
        let mut all = names.iter().filter_map(|name| variable(name));
        all.find(|text| !text.trim().is_empty())
    };
    let excluded = set("NO_PROXY").unwrap_or_default();
    let direct = reqwest::NoProxy::from_string(&format!("localhost,127.0.0.0/8,::1,{excluded}"));
    type Make = fn(String) -> reqwest::Result<reqwest::Proxy>;
    let kinds: [(&str, Make); 3] = [
        ("HTTPS_PROXY", |url| reqwest::Proxy::https(url)),
        ("HTTP_PROXY", |url| reqwest::Proxy::http(url)),
        ("ALL_PROXY", |url| reqwest::Proxy::all(url)),
    ];
    let named = kinds.into_iter().filter_map(|(name, make)| {
        let url = set(name)?;
        let url = url.trim();
        let proxy = match url.contains("://") {
            true => make(url.to_owned()),
            false => make(format!("http://{url}")),
        };
        // Its address may hold a password, so it is not told.
        proxy
            .inspect_err(|_| tracing::warn!(variable = name, "the address of the proxy is none"))
            .ok()
    });
    named.map(|proxy| proxy.no_proxy(direct.clone())).collect()
}

/// A host that drops packets is told from one that is slow.
const CONNECT: Duration = Duration::from_secs(10);
