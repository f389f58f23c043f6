//! DNS cookies (RFC 7873) in the form all servers share (RFC 9018): made and checked.
//!
//! In goes the COOKIE option of a request with the client's address, out comes what it proves.
//! Any server with the same secret accepts what another made: replicas behind one address, and
//! BIND, NSD and Knot beside them. Nothing is stored per client. `now` is Unix time in seconds,
//! cut to 32 bits: timestamps are compared by serial arithmetic (RFC 9018 §4.3).

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

#[cfg(test)]
mod tests {
    use super::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        let bytes: Vec<u8> = (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(text.get(at..at + 2).unwrap(), 16).unwrap())
            .collect();
        bytes.try_into().unwrap()
    }

    fn secrets(active: &str, other: Option<&str>) -> Secrets {
        Secrets {
            active: Secret::new(hex(active)),
            other: other.map(|text| Secret::new(hex(text))),
        }
    }

    const FIRST: &str = "e5e973e5a6b2a43f48e7dc849e37bfcf";

    // RFC 9018 appendix A.1.
    #[test]
    fn new_client_learns_its_server_cookie() {
        let secrets = secrets(FIRST, None);
        let client = "198.51.100.100".parse().unwrap();
        let now = 1_559_731_985;
        let cookie = hex("2464c4abcf10c957");
        assert_eq!(
            check(&cookie, client, now, &secrets),
            CookieState::Client(cookie)
        );
        assert_eq!(
            make(&cookie, client, now, &secrets),
            hex("010000005cf79f111f8130c3eee29480")
        );
    }

    // RFC 9018 appendix A.2.
    #[test]
    fn same_client_is_given_a_fresh_cookie_after_half_an_hour() {
        let secrets = secrets(FIRST, None);
        let client = "198.51.100.100".parse().unwrap();
        let now = 1_559_734_385;
        let option: [u8; 24] = hex("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
        let cookie = hex("2464c4abcf10c957");
        assert_eq!(
            check(&option, client, now, &secrets),
            CookieState::ValidRenew(cookie)
        );
        assert_eq!(
            make(&cookie, client, now, &secrets),
            hex("010000005cf7a871d4a564a1442aca77")
        );
    }

    // RFC 9018 appendix A.3.
    #[test]
    fn reserved_bytes_of_another_implementation_count_as_received() {
        let secrets = secrets(FIRST, None);
        let client = "203.0.113.203".parse().unwrap();
        let now = 1_559_734_700;
        let option: [u8; 24] = hex("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5");
        let cookie = hex("fc93fc62807ddb86");
        assert_eq!(
            check(&option, client, 0x5cf7_8f71 + 10, &secrets),
            CookieState::Valid(cookie, hex("01abcdef5cf78f71a314227b6679ebf5"))
        );
        assert_eq!(
            make(&cookie, client, now, &secrets),
            hex("010000005cf7a9acf73a7810aca2381e")
        );
    }

    // RFC 9018 appendix A.4.
    #[test]
    fn cookie_of_the_previous_secret_is_accepted_and_replaced() {
        let old = "dd3bdf9344b678b185a6f5cb60fca715";
        let new = "445536bcd2513298075a5d379663c962";
        let client = "2001:db8:220:1:59de:d0f4:8769:82b8".parse().unwrap();
        let now = 1_559_741_961;
        let option: [u8; 24] = hex("22681ab97d52c298010000005cf7c57926556bd0934c72f8");
        let cookie = hex("22681ab97d52c298");
        assert_eq!(
            check(&option, client, now, &secrets(new, Some(old))),
            CookieState::ValidRenew(cookie)
        );
        assert_eq!(
            check(&option, client, now, &secrets(new, None)),
            CookieState::Foreign(cookie)
        );
        assert_eq!(
            make(&cookie, client, now, &secrets(new, Some(old))),
            hex("010000005cf7c609a6bb79d16625507a")
        );
    }

    #[test]
    fn time_decides_over_a_true_hash() {
        let secrets = secrets(FIRST, None);
        let client: IpAddr = "192.0.2.1".parse().unwrap();
        let cookie = [7; 8];
        // The last one lies across the end of the 32 bits.
        for made in [1_700_000_000_u32, 100, u32::MAX - 100] {
            let server = make(&cookie, client, made, &secrets);
            let option: Vec<u8> = cookie.iter().chain(&server).copied().collect();
            let cases = [
                (-301, CookieState::Foreign(cookie)),
                (-300, CookieState::Valid(cookie, server)),
                (0, CookieState::Valid(cookie, server)),
                (1800, CookieState::Valid(cookie, server)),
                (1801, CookieState::ValidRenew(cookie)),
                (3600, CookieState::ValidRenew(cookie)),
                (3601, CookieState::Foreign(cookie)),
            ];
            for (later, expected) in cases {
                let now = made.wrapping_add_signed(later);
                assert_eq!(
                    check(&option, client, now, &secrets),
                    expected,
                    "{later} s after {made}"
                );
            }
        }
    }

    #[test]
    fn lengths_are_those_of_the_standard() {
        let secrets = secrets(FIRST, None);
        let client: IpAddr = "192.0.2.1".parse().unwrap();
        for len in 0..=64 {
            let option = vec![1; len];
            let expected = match len {
                8 => CookieState::Client([1; 8]),
                16..=40 => CookieState::Foreign([1; 8]),
                _ => CookieState::Malformed,
            };
            assert_eq!(check(&option, client, 0, &secrets), expected, "{len} bytes");
        }
    }

    #[test]
    fn cookie_is_bound_to_address_and_client_cookie() {
        let secrets = secrets(FIRST, None);
        let client: IpAddr = "192.0.2.1".parse().unwrap();
        let server = make(&[7; 8], client, 1000, &secrets);
        let option: Vec<u8> = [7; 8].iter().chain(&server).copied().collect();
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().unwrap();
        assert!(check(&option, mapped, 1000, &secrets).is_valid());
        let other: IpAddr = "192.0.2.2".parse().unwrap();
        assert!(!check(&option, other, 1000, &secrets).is_valid());
        let mut changed = option.clone();
        changed[0] ^= 1;
        assert!(!check(&changed, client, 1000, &secrets).is_valid());
    }

    #[test]
    fn secret_never_shows() {
        assert_eq!(format!("{:?}", Secret::new([1; 16])), "Secret(..)");
    }
}
