//! Headers as proxies send them, and as nobody should.

use std::net::{IpAddr, SocketAddr};

use proptest::prelude::*;

use super::{Addresses, Header, ProxyError, is_signed, parse};
use crate::address::canonical;

/// A header as a proxy would send it.
pub(crate) fn header(source: SocketAddr, destination: SocketAddr, fields: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    let family = match (source.ip(), destination.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            body.extend(from.octets());
            body.extend(to.octets());
            0x12
        }
        (from, to) => {
            for ip in [from, to] {
                body.extend(match ip {
                    IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
                    IpAddr::V6(v6) => v6.octets(),
                });
            }
            0x22
        }
    };
    body.extend(source.port().to_be_bytes());
    body.extend(destination.port().to_be_bytes());
    body.extend(fields);
    raw(0x21, family, &body)
}

fn raw(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = super::header::SIGNATURE.to_vec();
    bytes.extend([command, family]);
    bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(body);
    bytes
}

fn ends(source: &str, destination: &str) -> Option<Addresses> {
    Some(Addresses {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
    })
}

#[test]
fn headers_are_read_by_family_and_command() {
    let v4 = [192, 0, 2, 1, 198, 51, 100, 2, 0x30, 0x39, 0, 53];
    let mut v6 = [0; 36];
    v6[..2].copy_from_slice(&[0x20, 0x01]);
    v6[15] = 1;
    v6[16..18].copy_from_slice(&[0x20, 0x02]);
    v6[31] = 2;
    v6[32..].copy_from_slice(&[0x30, 0x39, 0, 53]);
    let v4_ends = ends("192.0.2.1:12345", "198.51.100.2:53");
    let v6_ends = ends("[2001::1]:12345", "[2002::2]:53");
    type Case<'a> = (u8, u8, &'a [u8], Result<Option<Addresses>, ProxyError>);
    let cases: &[Case<'_>] = &[
        (0x21, 0x11, &v4, Ok(v4_ends)),
        (0x21, 0x12, &v4, Ok(v4_ends)),
        (0x21, 0x21, &v6, Ok(v6_ends)),
        (0x21, 0x22, &v6, Ok(v6_ends)),
        (0x21, 0x31, &[0; 216], Ok(None)),
        (0x21, 0x00, &[], Ok(None)),
        (0x21, 0x00, &v4, Ok(None)),
        (0x20, 0x00, &[], Ok(None)),
        (0x20, 0x12, &v4, Ok(None)),
        (0x20, 0xff, &[1, 2, 3], Ok(None)),
        (0x21, 0x12, &v4[..11], Err(ProxyError::Length)),
        (0x21, 0x22, &v4, Err(ProxyError::Length)),
        (0x21, 0x22, &v6[..35], Err(ProxyError::Length)),
        (0x21, 0x32, &[0; 215], Err(ProxyError::Length)),
        (0x21, 0x13, &v4, Err(ProxyError::Family(0x13))),
        (0x21, 0x41, &v4, Err(ProxyError::Family(0x41))),
        (0x22, 0x12, &v4, Err(ProxyError::Command(2))),
        (0x11, 0x12, &v4, Err(ProxyError::Version(1))),
        (0x31, 0x12, &v4, Err(ProxyError::Version(3))),
        (0x21, 0x12, &[0; 1009], Err(ProxyError::Long(1025))),
    ];
    for (command, family, body, expected) in cases {
        let bytes = raw(*command, *family, body);
        let expected = expected.map(|addresses| Header {
            addresses,
            len: bytes.len(),
        });
        assert_eq!(parse(&bytes), expected, "{command:#x} {family:#x}");
    }
}

#[test]
fn message_after_the_header_is_left_alone() {
    let mut bytes = header(
        "192.0.2.1:1".parse().unwrap(),
        "192.0.2.2:53".parse().unwrap(),
        &[0x03, 0, 4, 1, 2, 3, 4],
    );
    let len = bytes.len();
    bytes.extend([9; 20]);
    assert_eq!(parse(&bytes).unwrap().len, len);
}

#[test]
fn beginning_of_a_header_asks_for_more() {
    let whole = header(
        "192.0.2.1:1".parse().unwrap(),
        "192.0.2.2:53".parse().unwrap(),
        &[],
    );
    for cut in 0..whole.len() {
        let needed = if cut < 16 { 16 } else { whole.len() };
        assert_eq!(
            parse(&whole[..cut]),
            Err(ProxyError::Short(needed)),
            "{cut}"
        );
    }
}

#[test]
fn dns_message_has_no_header() {
    for message in [
        &[0x12, 0x34, 1, 0, 0, 1][..],
        b"\r\n\r\n\0\r\nQUIT\r",
        b"PROXY TCP4",
    ] {
        assert_eq!(parse(message), Err(ProxyError::Absent));
        assert!(!is_signed(message));
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        v4 in any::<([u8; 4], [u8; 4])>(),
        v6 in any::<([u8; 16], [u8; 16])>(),
        ports in any::<(u16, u16)>(),
        fields in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let pairs: [(IpAddr, IpAddr); 2] = [
            (v4.0.into(), v4.1.into()),
            (v6.0.into(), v6.1.into()),
        ];
        for (from, to) in pairs {
            let addresses = Addresses {
                source: canonical((from, ports.0).into()),
                destination: canonical((to, ports.1).into()),
            };
            let bytes = header((from, ports.0).into(), (to, ports.1).into(), &fields);
            let expected = Header { addresses: Some(addresses), len: bytes.len() };
            prop_assert_eq!(parse(&bytes), Ok(expected));
            prop_assert!(is_signed(&bytes));
        }
    }

    #[test]
    fn any_bytes_are_judged_without_reading_past_them(
        signed in any::<bool>(),
        tail in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut bytes = if signed { super::header::SIGNATURE.to_vec() } else { Vec::new() };
        bytes.extend(tail);
        match parse(&bytes) {
            Ok(header) => prop_assert!(header.len <= bytes.len()),
            Err(ProxyError::Short(needed)) => prop_assert!(needed > bytes.len()),
            Err(_) => {}
        }
    }
}
