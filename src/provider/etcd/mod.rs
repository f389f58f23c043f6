//! etcd, version 3, by its JSON gateway: what CoreDNS answers from.
//!
//! ```text
//! user, password ─POST /v3/auth/authenticate→ token     prefix ─POST /v3/kv/range→ keys, a page at a time
//! ```
//!
//! All pages are of one revision, so what is read was there at one instant.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plan::{ErrorKind, ProviderError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::client::{ClientError, Http, Setup, Tls};

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

/// Asks servers.
#[derive(Clone, Debug)]
pub struct Etcd {
    http: Http,
    settings: Settings,
}

impl Etcd {
    /// A client; nothing is asked yet.
    ///
    /// # Errors
    /// What is set for TLS cannot be used.
    pub fn new(settings: Settings) -> Result<Self, ClientError> {
        let setup = Setup {
            limit: PATIENCE,
            cap: MOST_ANSWER,
            tls: Tls {
                trusted: settings.trusted.clone(),
                identity: settings.identity.clone(),
                insecure: settings.insecure,
                server_name: settings.server_name.clone(),
            },
            ..Setup::default()
        };
        let http = Http::with("etcd", &setup)?;
        Ok(Self { http, settings })
    }

    /// All keys that begin with these bytes, in order.
    ///
    /// # Errors
    /// No server can be asked, or one says no.
    pub async fn prefix(&self, prefix: &[u8]) -> Result<Vec<Pair>, ProviderError> {
        let mut last = None;
        for server in &self.settings.servers {
            match self.prefix_at(server, prefix).await {
                Err(error) if error.kind == ErrorKind::Unavailable => last = Some(error),
                done => return done,
            }
        }
        let none = || {
            self.http
                .error(ErrorKind::Config, READ, "no server is named".to_owned())
        };
        Err(last.unwrap_or_else(none))
    }

    async fn prefix_at(&self, server: &str, prefix: &[u8]) -> Result<Vec<Pair>, ProviderError> {
        let server = server.trim_end_matches('/');
        let token = self.token(server).await?;
        let protocol = |message: &str| {
            self.http
                .error(ErrorKind::Protocol, READ, message.to_owned())
        };
        let (mut pairs, mut bytes, mut revision) = (Vec::new(), 0, String::new());
        let mut from = prefix.to_vec();
        loop {
            let range = Range {
                key: STANDARD.encode(&from),
                range_end: STANDARD.encode(end_of(prefix)),
                limit: PAGE.to_string(),
                revision: revision.clone(),
            };
            let page: Page = self
                .post(server, "/v3/kv/range", token.as_deref(), &range, READ)
                .await?;
            revision = page.header.revision;
            let more = page.more;
            let read: Option<Vec<Pair>> = page.kvs.into_iter().map(Encoded::decode).collect();
            let read = read.ok_or_else(|| protocol("a key or a value is not Base64"))?;
            let next = next_page(&from, &read, more).map_err(protocol)?;
            let sizes = read.iter().map(|pair| pair.key.len() + pair.value.len());
            bytes += sizes.sum::<usize>();
            if bytes > MOST_BYTES {
                return Err(protocol("there are more than 256 MiB of keys and values"));
            }
            pairs.extend(read);
            match next {
                Some(next) => from = next,
                None => return Ok(pairs),
            }
        }
    }

    /// What says who we are, if we are anybody.
    async fn token(&self, server: &str) -> Result<Option<String>, ProviderError> {
        let Some((name, password)) = &self.settings.user else {
            return Ok(None);
        };
        let login = Login { name, password };
        let path = "/v3/auth/authenticate";
        let token: Token = self.post(server, path, None, &login, "log in").await?;
        Ok(Some(token.token))
    }

    async fn post<T: DeserializeOwned>(
        &self,
        server: &str,
        path: &str,
        token: Option<&str>,
        body: &impl Serialize,
        operation: &'static str,
    ) -> Result<T, ProviderError> {
        let unreadable = |error: serde_json::Error| {
            self.http
                .error(ErrorKind::Protocol, operation, error.to_string())
        };
        let url = self.url(server, path);
        let body = serde_json::to_vec(body).map_err(unreadable)?;
        let mut request = self.http.requests().post(url).body(body);
        request = request.header(http::header::CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(http::header::AUTHORIZATION, token);
        }
        let answer = self.http.send(operation, request).await?;
        if !answer.status.is_success() {
            return Err(self.http.refused(operation, &answer));
        }
        serde_json::from_slice(&answer.body).map_err(unreadable)
    }

    /// The address of a request; where the certificate has another name, that one is asked for.
    fn url(&self, server: &str, path: &str) -> String {
        let Some((name, _)) = &self.settings.server_name else {
            return format!("{server}{path}");
        };
        let (scheme, place) = server.split_once("://").unwrap_or(("https", server));
        let port = place.rsplit_once(':').map_or("443", |(_, port)| port);
        format!("{scheme}://{name}:{port}{path}")
    }
}

/// What `etcdctl get -w json` prints, which is the answer of a server.
///
/// # Errors
/// It is something else.
pub fn read_dump(text: &[u8]) -> Result<Vec<Pair>, serde_json::Error> {
    let page: Page = serde_json::from_slice(text)?;
    let pairs: Option<Vec<Pair>> = page.kvs.into_iter().map(Encoded::decode).collect();
    pairs.ok_or_else(|| serde::de::Error::custom("a key or a value is not Base64"))
}

/// Where the next page begins, if there is one. A server that does not get on would be asked for ever.
fn next_page(from: &[u8], page: &[Pair], more: bool) -> Result<Option<Vec<u8>>, &'static str> {
    match page.last() {
        _ if !more => Ok(None),
        Some(last) if *last.key >= *from => Ok(Some([&*last.key, &[0]].concat())),
        Some(_) => Err("a page ends before it begins"),
        None => Err("a page is empty, and is not the last one"),
    }
}

/// The first key behind all that begin with these bytes.
fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    // Zero is "to the end".
    vec![0]
}

#[derive(Serialize)]
struct Range {
    key: String,
    range_end: String,
    limit: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    revision: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    header: Head,
    kvs: Vec<Encoded>,
    more: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    /// A number; the gateway writes it as text, `etcdctl` does not.
    #[serde(deserialize_with = "number_or_text")]
    revision: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Encoded {
    key: String,
    value: String,
}

impl Encoded {
    fn decode(self) -> Option<Pair> {
        Some(Pair {
            key: STANDARD.decode(self.key).ok()?,
            value: STANDARD.decode(self.value).ok()?,
        })
    }
}

#[derive(Serialize)]
struct Login<'a> {
    name: &'a str,
    password: &'a str,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

fn number_or_text<'de, D: serde::Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    Ok(match serde_json::Value::deserialize(input)? {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    })
}

const READ: &str = "read keys";

/// Keys of one answer.
const PAGE: usize = 1000;

/// Values are small; a page of them is far below this.
const MOST_ANSWER: usize = 64 << 20;

/// All that is read at once, in keys and values.
const MOST_BYTES: usize = 256 << 20;

const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_its_next_key() {
        assert_eq!(end_of(b"/skydns/"), b"/skydns0");
        assert_eq!(end_of(b"a\xFF\xFF"), b"b");
        assert_eq!(end_of(b"\xFF"), [0]);
    }

    #[test]
    fn each_page_gets_on_from_the_one_before() {
        let pair = |key: &[u8]| Pair {
            key: key.to_vec(),
            value: Vec::new(),
        };
        // Where the page begins, its last key, whether more follow, where the next one begins.
        for (from, last, more, next) in [
            ("/s/", Some("/s/a"), true, Ok(Some("/s/a\0"))),
            ("/s/", Some("/s/"), true, Ok(Some("/s/\0"))),
            ("/s/a\0", Some("/s/a"), true, Err(())),
            ("/s/", None, true, Err(())),
            ("/s/", None, false, Ok(None)),
            ("/s/", Some("/s/a"), false, Ok(None)),
        ] {
            let page: Vec<Pair> = last.iter().map(|last| pair(last.as_bytes())).collect();
            let found = next_page(from.as_bytes(), &page, more).map_err(|_| ());
            let next = next.map(|next| next.map(|next| next.as_bytes().to_vec()));
            assert_eq!(found, next, "{from:?}");
        }
    }

    #[test]
    fn a_dump_is_read_and_nonsense_told() {
        let dump = br#"{"header":{"revision":7},"kvs":[{"key":"L2E=","value":"e30="}],"count":1}"#;
        let pair = Pair {
            key: b"/a".to_vec(),
            value: b"{}".to_vec(),
        };
        assert_eq!(read_dump(dump).unwrap(), [pair]);
        assert!(read_dump(br#"{"kvs":[{"key":"!"}]}"#).is_err());
        assert!(read_dump(b"/skydns/a\n{}\n").is_err());
    }

    #[test]
    fn secrets_do_not_show() {
        let settings = Settings {
            servers: vec!["http://a:1".to_owned()],
            user: Some(("root".to_owned(), "hunter2".to_owned())),
            ..Settings::default()
        };
        assert_eq!(
            format!("{settings:?}"),
            "Settings { servers: [\"http://a:1\"], .. }"
        );
    }
}
