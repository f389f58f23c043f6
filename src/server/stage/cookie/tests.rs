//! The examples of RFC 9018, and what they leave out.

use std::net::IpAddr;

use super::{CookieState, Secret, Secrets, check, make};

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
