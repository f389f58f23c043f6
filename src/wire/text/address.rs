//! Addresses and identifiers of fixed length: IPv4, IPv6, EUI-48/64, ILNP locators.

use std::fmt;
use std::net::Ipv6Addr;

/// Reads four decimal numbers between dots; no leading zeros, which some take for octal.
#[must_use]
pub fn ipv4(text: &[u8]) -> Option<[u8; 4]> {
    let mut address = 0_u32;
    let mut octets = 0;
    let (mut value, mut digits) = (0_u32, 0);
    for &byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            // More digits, or a zero in front of them, make a number that is none.
            value = match (digits, value) {
                (0, _) => u32::from(digit),
                (1, 1..) | (2, _) => value * 10 + u32::from(digit),
                _ => return None,
            };
            digits += 1;
            continue;
        }
        if byte != b'.' || digits == 0 || value > 255 || octets == 3 {
            return None;
        }
        address = address << 8 | value;
        octets += 1;
        (value, digits) = (0, 0);
    }
    let complete = octets == 3 && digits > 0 && value <= 255;
    complete.then_some((address << 8 | value).to_be_bytes())
}

/// Writes an IPv4 address.
///
/// # Errors
/// Only those of the formatter.
pub fn print_ipv4(octets: [u8; 4], f: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    let [a, b, c, d] = octets;
    write!(f, "{a}.{b}.{c}.{d}")
}

/// Reads an IPv6 address in any form of RFC 4291 §2.2.
#[must_use]
pub fn ipv6(text: &[u8]) -> Option<[u8; 16]> {
    let address: Ipv6Addr = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some(address.octets())
}

/// Writes an IPv6 address as RFC 5952 asks; those with an embedded IPv4 address show it.
///
/// # Errors
/// Only those of the formatter.
pub fn print_ipv6(octets: [u8; 16], f: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    // RFC 5952 §5: also the IPv4-compatible ones, as other servers print them.
    if let [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] = octets
        && (a, b) != (0, 0)
    {
        return write!(f, "::{a}.{b}.{c}.{d}");
    }
    write!(f, "{}", Ipv6Addr::from(octets))
}

/// Appends `count` bytes of two hexadecimal digits each between hyphens (RFC 7043).
#[must_use]
pub fn eui(text: &[u8], count: usize, out: &mut Vec<u8>) -> bool {
    let before = out.len();
    text.split(|&byte| byte == b'-')
        .all(|part| part.len() == 2 && super::hex(part, out))
        && out.len() - before == count
}

/// Writes bytes as pairs of hexadecimal digits between hyphens.
///
/// # Errors
/// Only those of the formatter.
pub fn print_eui(bytes: &[u8], f: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    for (position, byte) in bytes.iter().enumerate() {
        let gap = if position == 0 { "" } else { "-" };
        write!(f, "{gap}{byte:02x}")?;
    }
    Ok(())
}

/// Reads four groups of one to four hexadecimal digits between colons (RFC 6742).
#[must_use]
pub fn locator(text: &[u8]) -> Option<[u8; 8]> {
    let mut bytes = [0; 8];
    let mut groups = text.split(|&byte| byte == b':');
    for slot in bytes.chunks_exact_mut(2) {
        let group = groups.next()?;
        if !group.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let value = u16::from_str_radix(std::str::from_utf8(group).ok()?, 16).ok()?;
        slot.copy_from_slice(&value.to_be_bytes());
    }
    groups.next().is_none().then_some(bytes)
}

/// Writes eight bytes as four groups between colons, leading zeros left off.
///
/// # Errors
/// Only those of the formatter.
pub fn print_locator(bytes: [u8; 8], f: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    let [a, b, c, d, e, g, h, i] = bytes;
    let group = |high, low| u16::from_be_bytes([high, low]);
    write!(f, "{:x}:{:x}:", group(a, b), group(c, d))?;
    write!(f, "{:x}:{:x}", group(e, g), group(h, i))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_is_read_strictly() {
        for (text, expected) in [
            ("192.0.2.1", Some([192, 0, 2, 1])),
            ("0.0.0.0", Some([0, 0, 0, 0])),
            ("255.255.255.255", Some([255; 4])),
            ("256.0.0.1", None),
            ("192.0.2", None),
            ("192.0.2.1.1", None),
            ("192.0.2.01", None),
            ("192.0.2.00", None),
            ("192.0.2.", None),
            (".192.0.2", None),
            ("192.0.2.1 ", None),
            ("192.0.2.x", None),
            ("", None),
        ] {
            assert_eq!(ipv4(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn ipv6_prints_in_the_shortest_form() {
        for (text, printed) in [
            ("2001:0DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("::", "::"),
            ("::1", "::1"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
            ("::192.0.2.1", "::192.0.2.1"),
            ("::1:2", "::0.1.0.2"),
        ] {
            let mut out = String::new();
            print_ipv6(ipv6(text.as_bytes()).unwrap(), &mut out).unwrap();
            assert_eq!(out, printed, "{text}");
        }
        for wrong in ["", "1::2::3", "fe80::1%eth0", "12345::", "1:2:3:4:5:6:7"] {
            assert_eq!(ipv6(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn identifiers_print_and_parse_back() {
        let mut out = Vec::new();
        assert!(eui(b"00-00-5e-00-53-2A", 6, &mut out));
        let mut text = String::new();
        print_eui(&out, &mut text).unwrap();
        assert_eq!(text, "00-00-5e-00-53-2a");
        for wrong in [
            "00-00-5e-00-53",
            "00-00-5e-00-53-2",
            "000-0-5e-00-53-2a",
            "",
        ] {
            assert!(!eui(wrong.as_bytes(), 6, &mut Vec::new()), "{wrong}");
        }
        let bytes = locator(b"0014:4fff:ff20:ee64").unwrap();
        text.clear();
        print_locator(bytes, &mut text).unwrap();
        assert_eq!(text, "14:4fff:ff20:ee64");
        for wrong in ["1:2:3", "1:2:3:4:5", "1:2:3:", "1:2:3:12345", "1:2:3:+4"] {
            assert_eq!(locator(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
