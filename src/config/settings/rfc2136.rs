//! Name servers that take updates (RFC 2136).

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use wire::Name;
use zeroize::Zeroizing;

/// Servers that stand in for each other, and what is written to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rfc2136 {
    /// Their names or addresses; at least one.
    pub hosts: Vec<String>,
    /// The port of all of them.
    pub port: u16,
    /// The zones that are written to, in lower case; none means that they are found by asking.
    pub zones: Vec<Name>,
    /// Names whose zones are looked for first, if zones are found by asking.
    pub hints: Vec<Name>,
    /// What requests are signed with.
    pub key: TsigKey,
    /// Whether zones are transferred to see what is in them.
    pub axfr: bool,
    /// The least TTL of records.
    pub min_ttl: Duration,
    /// Changes in one update.
    pub batch: usize,
    /// Whether TLS is spoken.
    pub use_tls: bool,
    /// Whether any certificate will do.
    pub skip_tls_verify: bool,
    /// The file of trusted certificates.
    pub tls_ca: Option<PathBuf>,
    /// The file of our certificate; there is a key too then.
    pub tls_certificate: Option<PathBuf>,
    /// The file of its key.
    pub tls_key: Option<PathBuf>,
    /// Which server is asked first.
    pub load_balancing: LoadBalancing,
}

/// What requests are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TsigKey {
    /// A key in a file.
    File {
        /// The file.
        path: PathBuf,
        /// Which of its keys; it has one only if this is not said.
        name: Option<Name>,
    },
    /// A key of these parts.
    Given {
        /// Its name.
        name: Name,
        /// Its algorithm, such as `hmac-sha256`.
        algorithm: String,
        /// Its secret.
        secret: TsigSecret,
    },
    /// Nothing, but updates are signed in sessions that a user of Kerberos makes (GSS-TSIG).
    Kerberos(Kerberos),
    /// Nothing.
    None,
}

/// A user of Kerberos.
#[derive(Clone, PartialEq, Eq)]
pub struct Kerberos {
    /// Its name, without its realm.
    pub user: String,
    /// Its realm, in upper case.
    pub realm: String,
    /// How it proves who it is.
    pub proof: KerberosProof,
}

/// How a user of Kerberos proves who it is.
#[derive(Clone, PartialEq, Eq)]
pub enum KerberosProof {
    /// By its keys in this file.
    Keytab(PathBuf),
    /// By its password. Never shown, and wiped when it is let go.
    Password(Zeroizing<String>),
}

impl fmt::Debug for Kerberos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kerberos({}@{}, ..)", self.user, self.realm)
    }
}

/// A secret, or a key with one, as it was typed. Never shown, and wiped when it is let go.
#[derive(Clone, PartialEq, Eq)]
pub struct TsigSecret(pub Zeroizing<String>);

impl fmt::Debug for TsigSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TsigSecret(..)")
    }
}

/// Which of several servers is asked first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadBalancing {
    /// The one that answered last.
    #[default]
    Disabled,
    /// Any of them.
    Random,
    /// The next one each time.
    RoundRobin,
}
