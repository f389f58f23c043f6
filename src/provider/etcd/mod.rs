//! etcd, version 3, by its JSON gateway: what CoreDNS answers from.
//!
//! ```text
//! user, password ─POST /v3/auth/authenticate→ token, kept until it is refused
//! prefix ─POST /v3/kv/range→ keys, a page at a time      compares, edits ─POST /v3/kv/txn→ all of it or nothing
//! ```
//!
//! All pages are of one revision, so what is read was there at one instant. A server that cannot be
//! asked is passed over; an edit that may have been made is not made again, but `Ambiguous`. The server
//! that answered last is asked first.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use plan::{ErrorKind, ProviderError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::{ClientError, Http, Retry, Secret, Setup, Tls, Web};

mod api;
mod login;
#[cfg(test)]
mod tests;
mod variables;

use api::{Committed, Deleted, Encoded, Page, Range};
use login::{Login, judge};
pub use variables::SettingsError;

/// How servers are reached.
#[derive(Clone, Default)]
pub struct Settings {
    /// Their addresses, such as `http://localhost:2379`; the next one is asked where one cannot be.
    pub servers: Vec<String>,
    /// The user and the password.
    pub user: Option<(String, String)>,
    /// Certificates of whom to trust, as PEM; without any those that the system trusts.
    pub trusted: Option<Vec<u8>>,
    /// Our certificate and its key, as PEM.
    pub identity: Option<Vec<u8>>,
    /// The name that stands in the servers' certificate, and the addresses that it is meant for.
    pub server_name: Option<(String, Vec<SocketAddr>)>,
    /// Whether any certificate will do.
    pub insecure: bool,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rest holds secrets.
        f.debug_struct("Settings")
            .field("servers", &self.servers)
            .finish_non_exhaustive()
    }
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The key.
    pub key: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
}

/// A key with its value, as it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
    /// When it was last changed.
    pub revision: i64,
}

/// What must be so for a transaction to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compare {
    /// There is no such key.
    Absent(Vec<u8>),
    /// No key begins with these bytes.
    AbsentPrefix(Vec<u8>),
    /// A key is there, and was last changed at this revision.
    Unchanged {
        /// The key.
        key: Vec<u8>,
        /// As [`Entry::revision`].
        revision: i64,
    },
}

/// An edit of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Deletes a key.
    Delete(Vec<u8>),
    /// Deletes all keys that begin with these bytes.
    DeletePrefix(Vec<u8>),
    /// Puts a value at a key.
    Put(Pair),
}

/// Asks servers. Clones share what they know of them.
#[derive(Clone, Debug)]
pub struct Etcd {
    http: Http,
    servers: Vec<Web>,
    /// The place of the one that answered last.
    last: Arc<AtomicUsize>,
}

impl Etcd {
    /// How many edits a transaction has at most, unless servers are set up for more; as many compares.
    pub const MOST_OPS: usize = 128;

    /// A client; nothing is asked yet.
    ///
    /// # Errors
    /// What is set for TLS cannot be used.
    pub fn new(settings: Settings) -> Result<Self, ClientError> {
        Self::of("etcd", settings, Setup::default())
    }

    /// A client of a provider, by a set-up of which nothing is peculiar.
    ///
    /// # Errors
    /// As [`Etcd::new`].
    pub fn of(
        provider: &'static str,
        settings: Settings,
        setup: Setup,
    ) -> Result<Self, ClientError> {
        let names = settings.server_name.clone();
        let setup = Setup {
            limit: PATIENCE,
            cap: MOST_ANSWER,
            authority: "ETCD_CA_FILE",
            tls: Tls {
                trusted: settings.trusted,
                identity: settings.identity,
                insecure: settings.insecure,
                server_name: settings.server_name,
            },
            ..setup
        };
        let http = Http::with(provider, &setup)?;
        let name = names.as_ref().map(|(name, _)| &**name);
        let addresses = settings.servers.iter().map(|server| address(server, name));
        // One that cannot be used is passed over, as one that does not answer.
        let webs = addresses.filter_map(|address| Web::new(http.clone(), &address).ok());
        let user = settings
            .user
            .map(|(user, password)| (user, Secret::new(password)));
        let servers = webs.map(|web| {
            let web = web.judge(judge).retry(FEW);
            match &user {
                Some(user) => web.clone().sign(Login::new(web, user.clone())),
                None => web,
            }
        });
        Ok(Self {
            servers: servers.collect(),
            http,
            last: Arc::default(),
        })
    }

    /// All keys that begin with these bytes, in order.
    ///
    /// # Errors
    /// No server can be asked, or one says no.
    pub async fn prefix(&self, prefix: &[u8]) -> Result<Vec<Pair>, ProviderError> {
        let entries = self.entries(prefix).await?.into_iter();
        Ok(entries
            .map(|Entry { key, value, .. }| Pair { key, value })
            .collect())
    }

    /// All keys that begin with these bytes, in order, each with when it was last changed.
    ///
    /// # Errors
    /// As [`Etcd::prefix`].
    pub async fn entries(&self, prefix: &[u8]) -> Result<Vec<Entry>, ProviderError> {
        self.any(READ, |web| self.entries_at(web, prefix)).await
    }

    /// A key, if it is there.
    ///
    /// # Errors
    /// As [`Etcd::prefix`].
    pub async fn get(&self, key: &[u8]) -> Result<Option<Entry>, ProviderError> {
        let body = Range::one(key);
        let ask = |web| self.post::<Page>(web, (READ, "range"), &body, true);
        let page = self.any(READ, ask).await?;
        Ok(self.decode(page.kvs)?.pop())
    }

    /// Puts a value at a key, whatever is there.
    ///
    /// # Errors
    /// As [`Etcd::prefix`].
    pub async fn put(&self, pair: &Pair) -> Result<(), ProviderError> {
        const PUT: &str = "put a key";
        let body = api::put(pair);
        let ask = |web| self.post::<serde_json::Value>(web, (PUT, "put"), &body, true);
        self.any(PUT, ask).await.map(drop)
    }

    /// Deletes all keys that begin with these bytes; how many there were.
    ///
    /// # Errors
    /// As [`Etcd::prefix`].
    pub async fn delete_prefix(&self, prefix: &[u8]) -> Result<u64, ProviderError> {
        const DELETE: &str = "delete keys";
        let body = api::delete(prefix);
        let ask = |web| self.post::<Deleted>(web, (DELETE, "deleterange"), &body, true);
        let deleted = self.any(DELETE, ask).await?;
        Ok(deleted.deleted.parse().unwrap_or_default())
    }

    /// Makes all edits if all compares are so, and none otherwise. Gives the revision of what was made,
    /// as [`Entry::revision`]; nothing if it was not.
    ///
    /// # Errors
    /// No server can be asked, or one says no. `Ambiguous` if the edits may have been made: read what
    /// is there.
    pub async fn txn(
        &self,
        compare: &[Compare],
        then: &[Op],
    ) -> Result<Option<i64>, ProviderError> {
        const EDIT: &str = "edit keys";
        let body = api::txn(compare, then);
        let ask = |web| self.post::<Committed>(web, (EDIT, "txn"), &body, false);
        let made = self.any(EDIT, ask).await?;
        // One that does not say its revision is one that no compare will find.
        let revision = made.header.revision.parse().unwrap_or_default();
        Ok(made.succeeded.then_some(revision))
    }

    async fn entries_at(&self, web: &Web, prefix: &[u8]) -> Result<Vec<Entry>, ProviderError> {
        let protocol = |message: &str| web.error(ErrorKind::Protocol, READ, message);
        let (mut entries, mut bytes, mut revision) = (Vec::new(), 0, String::new());
        let mut from = prefix.to_vec();
        loop {
            let is_first = entries.is_empty();
            let range = Range::of(&from, prefix, &revision, is_first);
            let page: Page = self.post(web, (READ, "range"), &range, true).await?;
            revision = page.header.revision;
            let more = page.more;
            let read = self.decode(page.kvs)?;
            let next = api::next_page(&from, &read, more).map_err(protocol)?;
            let sizes = read.iter().map(|entry| entry.key.len() + entry.value.len());
            bytes += sizes.sum::<usize>();
            if bytes > MOST_BYTES {
                return Err(protocol("there are more than 256 MiB of keys and values"));
            }
            entries.extend(read);
            match next {
                Some(next) => from = next,
                None => return Ok(entries),
            }
        }
    }

    /// The answer of the first server that can be asked.
    async fn any<'a, T, F>(
        &'a self,
        operation: &'static str,
        ask: impl Fn(&'a Web) -> F,
    ) -> Result<T, ProviderError>
    where
        F: Future<Output = Result<T, ProviderError>>,
    {
        let mut last = None;
        let first = self.last.load(Relaxed);
        let (before, from) = self.servers.split_at(first.min(self.servers.len()));
        for (step, web) in from.iter().chain(before).enumerate() {
            match ask(web).await {
                Err(error) if error.kind == ErrorKind::Unavailable => last = Some(error),
                done => {
                    self.last
                        .store((first + step) % self.servers.len(), Relaxed);
                    return done;
                }
            }
        }
        let none = || {
            let message = "no server is named".to_owned();
            self.http.error(ErrorKind::Config, operation, message)
        };
        Err(last.unwrap_or_else(none))
    }

    async fn post<T: DeserializeOwned>(
        &self,
        web: &Web,
        (operation, what): (&'static str, &str),
        body: &impl Serialize,
        idempotent: bool,
    ) -> Result<T, ProviderError> {
        let call = web.post(operation, &["v3", "kv", what]).json(body);
        let call = match idempotent {
            true => call.idempotent(),
            false => call,
        };
        call.read().await
    }

    fn decode(&self, kvs: Vec<Encoded>) -> Result<Vec<Entry>, ProviderError> {
        let read: Option<Vec<Entry>> = kvs.into_iter().map(Encoded::decode).collect();
        read.ok_or_else(|| {
            let message = "a key or a value is not Base64".to_owned();
            self.http.error(ErrorKind::Protocol, READ, message)
        })
    }
}

/// What `etcdctl get -w json` prints, which is the answer of a server.
///
/// # Errors
/// It is something else.
pub fn read_dump(text: &[u8]) -> Result<Vec<Pair>, serde_json::Error> {
    let page: Page = serde_json::from_slice(text)?;
    let entries: Option<Vec<Entry>> = page.kvs.into_iter().map(Encoded::decode).collect();
    let entries =
        entries.ok_or_else(|| serde::de::Error::custom("a key or a value is not Base64"))?;
    let pairs = entries
        .into_iter()
        .map(|Entry { key, value, .. }| Pair { key, value });
    Ok(pairs.collect())
}

/// The address of a server; where the certificate has another name, that one is asked for.
fn address(server: &str, name: Option<&str>) -> String {
    let Some(name) = name else {
        return server.to_owned();
    };
    let server = server.trim_end_matches('/');
    let (scheme, place) = server.split_once("://").unwrap_or(("https", server));
    let port = place.rsplit_once(':').map_or("443", |(_, port)| port);
    format!("{scheme}://{name}:{port}")
}

const READ: &str = "read keys";

/// Values are small; a page of them is far below this.
const MOST_ANSWER: usize = 64 << 20;

/// All that is read at once, in keys and values.
const MOST_BYTES: usize = 256 << 20;

const PATIENCE: Duration = Duration::from_secs(10);

/// Where there is another server, it is asked soon.
const FEW: Retry = Retry {
    attempts: 2,
    total: Duration::from_secs(20),
    ..Retry::USUAL
};
