//! Why there is no session, in words that say what to look at.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::crypto::{NoRandom, Rounds, Undecipherable};
use crate::der::Malformed;
use crate::keytab::KeytabError;

/// Why there is no session with a name server.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Asking the name server, or a resolver, did not come to an answer.
    #[error(transparent)]
    Ask(#[from] Box<client::Fault>),
    /// The user has no key of a kind that is here.
    #[error("the KDC has no AES key of user \"{user}\"")]
    KeyKinds {
        /// The user and its realm.
        user: Box<str>,
    },
    /// The other side chose a key of a kind that is not here.
    #[error("the other side wants a key of a kind that is not AES")]
    KeyKind,
    /// The user's keytab is of no use.
    #[error("keytab {path:?} is of no use")]
    Keytab {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeytabError,
    },
    /// No resolver says where the KDCs of a realm are, or that there are none.
    #[error("resolver {resolver} answers {rcode} when asked for the KDCs of realm \"{realm}\"")]
    Lookup {
        /// The realm.
        realm: Box<str>,
        /// The one that was asked last.
        resolver: Box<str>,
        /// What it says.
        rcode: wire::Rcode,
    },
    /// A message that cannot be read.
    #[error("{0}")]
    Malformed(Box<str>),
    /// The name server is known by its address only.
    #[error("the server is named by its address, and Kerberos knows it by its name")]
    Nameless,
    /// Nobody says where the KDCs of a realm are.
    #[error("no KDC of realm \"{realm}\" is known")]
    NoKdc {
        /// The realm.
        realm: Box<str>,
    },
    /// The KDCs that are named for a realm are none.
    #[error("no KDC of realm \"{realm}\" can be used; {said}")]
    NotKdc {
        /// The realm.
        realm: Box<str>,
        /// Where the first one is named, and what was expected.
        said: Box<str>,
    },
    /// The name server's answer has no key exchange in it.
    #[error("the server's answer, {rcode}, has no TKEY record")]
    NoTkey {
        /// The response code.
        rcode: wire::Rcode,
    },
    /// An answer to another request, or for another service.
    #[error("the answer is one to another request")]
    OtherReply,
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// The KDC refuses.
    #[error("KDC {kdc} refuses {asked}: {code}")]
    Refused {
        /// The KDC.
        kdc: Box<str>,
        /// What it was asked for.
        asked: Asked,
        /// Why.
        code: Code,
        /// Its clock, in seconds since 1970.
        server_time: u64,
        /// Ours.
        now: u64,
    },
    /// One realm points to the next without end.
    #[error("realm \"{realm}\" is one of too many that point to each other")]
    Referrals {
        /// The last one.
        realm: Box<str>,
    },
    /// The name server refuses the ticket, and says why.
    #[error("the server refuses our ticket: {code}")]
    Server {
        /// Why.
        code: Code,
        /// Its clock, in seconds since 1970.
        server_time: u64,
        /// Ours.
        now: u64,
    },
    /// The name server refuses the key exchange.
    #[error("the server refuses our ticket: {}", TkeyError(*error))]
    Tkey {
        /// The error of the TKEY record.
        error: u16,
    },
    /// No KDC of the realm answers.
    #[error("no answer from {kdc}, a KDC of realm \"{realm}\"")]
    Unreachable {
        /// The realm.
        realm: Box<str>,
        /// The one that was asked last.
        kdc: Box<str>,
        /// Why.
        source: io::Error,
    },
    /// The password was refused a moment ago.
    #[error("{said}; the KDC is asked again after {} min, lest the account be locked", pause.as_secs() / 60)]
    Waiting {
        /// How long it is not asked.
        pause: Duration,
        /// What was said.
        said: Box<str>,
        /// What to look at.
        hint: Option<Box<str>>,
    },
    /// The answer does not open with the user's key.
    #[error("the KDC's answer does not open with the key of user \"{user}\" in the keytab")]
    WrongKey {
        /// The user and its realm.
        user: Box<str>,
    },
    /// The answer does not open with the user's password.
    #[error("the KDC's answer does not open with the password of user \"{user}\"")]
    WrongPassword {
        /// The user and its realm.
        user: Box<str>,
    },
}

/// What a KDC is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// That a user may log in, by its password.
    Login(Box<str>),
    /// The same by a key that is in a file.
    LoginByKeytab(Box<str>),
    /// A ticket for a service.
    Service(Box<str>),
}

/// The number of a refusal (RFC 4120 §7.5.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub i64);

impl Code {
    pub(crate) const CLIENT_UNKNOWN: Self = Self(6);
    pub(crate) const SERVICE_UNKNOWN: Self = Self(7);
    pub(crate) const NO_KIND: Self = Self(14);
    pub(crate) const REVOKED: Self = Self(18);
    pub(crate) const PASSWORD_EXPIRED: Self = Self(23);
    pub(crate) const PREAUTH_FAILED: Self = Self(24);
    pub(crate) const PREAUTH_REQUIRED: Self = Self(25);
    pub(crate) const UNAVAILABLE: Self = Self(29);
    pub(crate) const BAD_INTEGRITY: Self = Self(31);
    pub(crate) const TICKET_EXPIRED: Self = Self(32);
    pub(crate) const TICKET_NOT_YET: Self = Self(33);
    pub(crate) const SKEW: Self = Self(37);
    pub(crate) const MODIFIED: Self = Self(41);
    pub(crate) const BAD_KEY_VERSION: Self = Self(44);
    pub(crate) const NO_KEY: Self = Self(45);
    pub(crate) const TOO_BIG: Self = Self(52);
    pub(crate) const WRONG_REALM: Self = Self(68);

    fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::CLIENT_UNKNOWN => "the user is unknown",
            Self::SERVICE_UNKNOWN => "the service is unknown",
            Self::NO_KIND => "no kind of encryption in common",
            Self::REVOKED => "the account is locked, disabled or expired",
            Self::PASSWORD_EXPIRED => "the password has expired",
            Self::PREAUTH_FAILED => "wrong password",
            Self::PREAUTH_REQUIRED => "another proof than a password is needed",
            Self::UNAVAILABLE => "a service is not available",
            Self::BAD_INTEGRITY => "it does not decrypt",
            Self::TICKET_EXPIRED => "the ticket has expired",
            Self::TICKET_NOT_YET => "the ticket is not valid yet",
            Self::SKEW => "the clocks differ too much",
            Self::MODIFIED => "the ticket is for another key",
            Self::BAD_KEY_VERSION | Self::NO_KEY => "the server has not that version of its key",
            Self::TOO_BIG => "its answer is too long for UDP",
            Self::WRONG_REALM => "the user is of another realm",
            _ => return None,
        })
    }

    /// Whether asking again may lock the account.
    pub(crate) fn is_of_password(self) -> bool {
        matches!(
            self,
            Self::CLIENT_UNKNOWN
                | Self::REVOKED
                | Self::PASSWORD_EXPIRED
                | Self::PREAUTH_FAILED
                | Self::BAD_INTEGRITY
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "error {} of Kerberos", self.0),
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login(user) | Self::LoginByKeytab(user) => write!(f, "user \"{user}\""),
            Self::Service(service) => write!(f, "a ticket for \"{service}\""),
        }
    }
}

/// The error of a TKEY record (RFC 2930 §2.6).
struct TkeyError(u16);

impl fmt::Display for TkeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            16 => f.write_str("BADSIG"),
            17 => f.write_str("BADKEY"),
            18 => f.write_str("BADTIME"),
            19 => f.write_str("BADMODE"),
            20 => f.write_str("BADNAME"),
            21 => f.write_str("BADALG"),
            other => write!(f, "error {other}"),
        }
    }
}

impl Fault {
    /// What to look at.
    pub(crate) fn hint(&self) -> Option<Box<str>> {
        let text = match self {
            Self::KeyKinds { .. } => NO_AES.into(),
            Self::Nameless => "name it with --rfc2136-host, as its service principal DNS/NAME does".into(),
            Self::Lookup { realm, .. } | Self::NoKdc { realm } => format!(
                "name one in /etc/krb5.conf ([realms] {realm} = {{ kdc = HOST }}), or let DNS say it by the \
                 SRV records of _kerberos._tcp.{realm}"
            ),
            Self::NoTkey { .. } => NO_GSS.into(),
            Self::Refused {
                asked,
                code,
                server_time,
                now,
                ..
            } => match (*code, asked) {
                (Code::CLIENT_UNKNOWN, _) => {
                    "is --rfc2136-kerberos-username the user's name in that realm, without domain or realm?".into()
                }
                (Code::SERVICE_UNKNOWN, _) => {
                    "is --rfc2136-host the name that the server has in the realm? its account needs the service \
                     principal DNS/NAME"
                        .into()
                }
                (Code::NO_KIND, _) => NO_AES.into(),
                (Code::PREAUTH_FAILED | Code::BAD_INTEGRITY, Asked::Login(_)) => WRONG_PASSWORD.into(),
                (Code::PREAUTH_FAILED | Code::BAD_INTEGRITY, Asked::LoginByKeytab(_)) => WRONG_KEY.into(),
                (Code::REVOKED | Code::PASSWORD_EXPIRED, _) => "look at the account in the directory".into(),
                (Code::TOO_BIG, _) => "let the KDC listen on TCP".into(),
                (Code::WRONG_REALM, _) => "is --rfc2136-kerberos-realm the user's realm?".into(),
                (Code::SKEW, _) => clocks(*server_time, *now),
                _ => return None,
            },
            Self::Server {
                code,
                server_time,
                now,
            } => match *code {
                Code::SKEW | Code::TICKET_NOT_YET | Code::TICKET_EXPIRED => clocks(*server_time, *now),
                Code::MODIFIED | Code::BAD_INTEGRITY | Code::BAD_KEY_VERSION | Code::NO_KEY => {
                    STALE_KEYTAB.into()
                }
                _ => return None,
            },
            Self::Tkey { error: 17 } => format!("{STALE_KEYTAB}; its log says more"),
            Self::Tkey { error: 18 } => "are the clocks of all three the same?".into(),
            Self::Tkey { .. } => NO_GSS.into(),
            Self::Waiting { hint, .. } => return hint.clone(),
            Self::Keytab { .. } => {
                "make one for --rfc2136-kerberos-username (kadmin: ktadd; Windows: ktpass /crypto AES256-SHA1)".into()
            }
            Self::WrongKey { .. } => WRONG_KEY.into(),
            Self::WrongPassword { .. } => WRONG_PASSWORD.into(),
            _ => return None,
        };
        Some(text.into())
    }

    /// Whether it is somebody's word, not silence.
    pub(crate) fn is_refusal(&self) -> bool {
        !matches!(
            self,
            Self::Unreachable { .. } | Self::Ask(_) | Self::Lookup { .. } | Self::Random(_)
        )
    }

    /// Whether asking again may lock the account.
    pub(crate) fn is_of_password(&self) -> bool {
        match self {
            Self::Refused {
                asked: Asked::Login(_) | Asked::LoginByKeytab(_),
                code,
                ..
            } => code.is_of_password(),
            Self::WrongKey { .. } | Self::WrongPassword { .. } => true,
            _ => false,
        }
    }

    /// Whether a new ticket may do better.
    pub(crate) fn is_of_ticket(&self) -> bool {
        matches!(self, Self::Server { .. } | Self::Tkey { .. })
    }
}

impl From<client::Fault> for Fault {
    fn from(fault: client::Fault) -> Self {
        Self::Ask(Box::new(fault))
    }
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed.to_string().into())
    }
}

impl From<Undecipherable> for Fault {
    fn from(error: Undecipherable) -> Self {
        Self::Malformed(error.to_string().into())
    }
}

impl From<Rounds> for Fault {
    fn from(rounds: Rounds) -> Self {
        Self::Malformed(rounds.to_string().into())
    }
}

fn clocks(theirs: u64, ours: u64) -> String {
    format!("set the clocks: {}", client::skew(theirs, ours))
}

const NO_AES: &str = "RC4 and DES are not spoken; let the account support AES (in Active Directory: \
    msDS-SupportedEncryptionTypes) and set its password anew";
const NO_GSS: &str = "does the server take GSS-TSIG? (BIND: tkey-gssapi-keytab)";
const STALE_KEYTAB: &str =
    "has the server the key of DNS/NAME that the KDC has? (BIND: make the keytab anew)";
const WRONG_KEY: &str = "is the keytab the user's newest one? a new password, or ktadd elsewhere, makes older ones void";
const WRONG_PASSWORD: &str = "is --rfc2136-kerberos-password the user's?";
