//! Secrets, and cookies made and checked with them.

use std::fmt;
use std::hash::Hasher;
use std::net::IpAddr;

use siphasher::sip::SipHasher24;

/// The part of a cookie that the client chose.
pub type ClientCookie = [u8; 8];

/// The part of a cookie that a server made.
pub type ServerCookie = [u8; 16];

/// The key of server cookies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret([u8; 16]);

impl Secret {
    /// The secret with these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The secrets of a server: one to make cookies with, and one more that is accepted.
///
/// RFC 9018 §5: a new secret is given to all servers as the other one first, then becomes the
/// active one while the old one stays accepted, and at last the old one goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secrets {
    /// Makes cookies, and accepts them.
    pub active: Secret,
    /// Accepts cookies: the next secret before a change, the previous one after it.
    pub other: Option<Secret>,
}

/// What the COOKIE option of a request proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieState {
    /// A client cookie only: the client has none of ours yet.
    Client(ClientCookie),
    /// A server cookie that is not ours, too old, or made for another client.
    Foreign(ClientCookie),
    /// The option has a length that RFC 7873 §4 does not know: FORMERR.
    Malformed,
    /// Our cookie, still fresh: the client owns its address.
    Valid(ClientCookie, ServerCookie),
    /// Our cookie, to be replaced in the answer: the client owns its address.
    ValidRenew(ClientCookie),
}

impl CookieState {
    /// Whether the client has proven that it owns its address.
    #[must_use]
    pub fn is_valid(self) -> bool {
        matches!(self, Self::Valid(..) | Self::ValidRenew(_))
    }
}

/// Judges the data of a COOKIE option.
#[must_use]
pub fn check(option: &[u8], client: IpAddr, now: u32, secrets: &Secrets) -> CookieState {
    let Some((client_cookie, server_part)) = option.split_first_chunk::<8>() else {
        return CookieState::Malformed;
    };
    let server_cookie: &ServerCookie = match server_part.len() {
        0 => return CookieState::Client(*client_cookie),
        // RFC 7873 §4: a server cookie has 8 to 32 bytes; ours have 16.
        8..=32 => match server_part.try_into() {
            Ok(cookie) => cookie,
            Err(_) => return CookieState::Foreign(*client_cookie),
        },
        _ => return CookieState::Malformed,
    };
    let [version, _, _, _, t0, t1, t2, t3, ..] = *server_cookie;
    let age = now.wrapping_sub(u32::from_be_bytes([t0, t1, t2, t3]));
    let from_future = age.wrapping_neg() <= FUTURE;
    if version != VERSION || !(age <= OLDEST || from_future) {
        return CookieState::Foreign(*client_cookie);
    }
    let ours = |secret: &Secret| {
        same(
            server_cookie,
            &seal(*server_cookie, client_cookie, client, secret),
        )
    };
    if ours(&secrets.active) {
        if age <= RENEW || from_future {
            return CookieState::Valid(*client_cookie, *server_cookie);
        }
        return CookieState::ValidRenew(*client_cookie);
    }
    if secrets.other.as_ref().is_some_and(ours) {
        return CookieState::ValidRenew(*client_cookie);
    }
    CookieState::Foreign(*client_cookie)
}

/// Makes the server cookie for a client.
#[must_use]
pub fn make(cookie: &ClientCookie, client: IpAddr, now: u32, secrets: &Secrets) -> ServerCookie {
    let [t0, t1, t2, t3] = now.to_be_bytes();
    let open = [VERSION, 0, 0, 0, t0, t1, t2, t3, 0, 0, 0, 0, 0, 0, 0, 0];
    seal(open, cookie, client, &secrets.active)
}

/// The cookie with the hash that belongs to its first half. RFC 9018 §4.4: hash(client cookie |
/// version | reserved | timestamp | client address); the reserved bytes count as received (§4.2).
fn seal(
    cookie: ServerCookie,
    client: &ClientCookie,
    address: IpAddr,
    secret: &Secret,
) -> ServerCookie {
    let mut hasher = SipHasher24::new_with_key(&secret.0);
    hasher.write(client);
    let (head, _) = cookie.split_at(8);
    hasher.write(head);
    match address.to_canonical() {
        IpAddr::V4(v4) => hasher.write(&v4.octets()),
        IpAddr::V6(v6) => hasher.write(&v6.octets()),
    }
    let mut sealed = cookie;
    // RFC 9018 §4.4 takes the hash in the byte order of SipHash's own description.
    sealed[8..].copy_from_slice(&hasher.finish().to_le_bytes());
    sealed
}

/// Compares without telling by its time where the first difference is.
fn same(a: &ServerCookie, b: &ServerCookie) -> bool {
    let difference = a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y));
    std::hint::black_box(difference) == 0
}

const VERSION: u8 = 1;
/// RFC 9018 §4.3: not older than an hour, …
const OLDEST: u32 = 3600;
/// … replaced after half an hour, …
const RENEW: u32 = 1800;
/// … and clocks of servers may differ by five minutes.
const FUTURE: u32 = 300;
