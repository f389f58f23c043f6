//! What a server is to a zone beyond answering for it: its primary, or a secondary.

use std::net::SocketAddr;

/// A key that requests are signed with; HMAC-SHA256.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Its name.
    pub name: String,
    /// Its secret in Base64.
    pub secret: String,
}

impl Key {
    /// A key for tests.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            secret: "bm90IGEgc2VjcmV0OiBmb3IgdGVzdHMgb25seSEhISE=".to_owned(),
        }
    }

    /// As BIND, and our `--key-file`, have it in a file.
    #[must_use]
    pub fn clause(&self) -> String {
        let Self { name, secret } = self;
        format!("key \"{name}\" {{ algorithm hmac-sha256; secret \"{secret}\"; }};\n")
    }

    /// As `dig`, `nsupdate`, `kdig` and `knsupdate` take it behind `-y`.
    #[must_use]
    pub fn argument(&self) -> String {
        format!("hmac-sha256:{}:{}", self.name, self.secret)
    }
}

/// What a server is to a zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// It answers from the file, and does nothing else.
    #[default]
    Plain,
    /// It gives the zone to whoever has the key (PowerDNS: to everybody on loopback), takes updates
    /// by it (BIND, Knot) and tells a secondary of changes.
    Primary {
        /// The key.
        key: Key,
        /// Whom to tell.
        notify: Vec<SocketAddr>,
    },
    /// It follows a primary, and gives the zone to everybody on loopback. PowerDNS does not sign.
    Secondary {
        /// The primary.
        of: SocketAddr,
        /// The key.
        key: Key,
        /// Whether it is asked by TLS, as a clause `ours` among the server's own lines says (BIND and
        /// NSD).
        tls: bool,
    },
}

impl Role {
    /// The key of the zone, if it has one.
    pub(crate) fn key(&self) -> Option<&Key> {
        match self {
            Self::Plain => None,
            Self::Primary { key, .. } | Self::Secondary { key, .. } => Some(key),
        }
    }
}
