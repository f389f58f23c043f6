//! Values as people write them: each function takes a text and gives a checked value, or what was
//! expected instead.

mod catalog;
mod go;
mod grant;
mod key;
#[cfg(test)]
mod sample;
mod selector;
mod server;
mod update_rule;
mod zone;

pub(crate) use self::catalog::{catalog_group, catalog_name};
pub(crate) use self::go::{aes_key, go_duration, loose_network, nat64_network};
pub(crate) use self::grant::{key_name, of_zone, who};
pub(crate) use self::key::short_key;
pub(crate) use self::selector::{annotation_selector, label_selector};
pub(crate) use self::server::{primary, server};
pub(crate) use self::update_rule::update_rule;
pub(crate) use self::zone::{zone, zones};

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use wire::{Name, NameRef};

use crate::problem::Quoted;
use crate::settings::{Secret, ZoneFile};

/// Why a value is not taken, and what to do about it; the hint may be empty.
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl Wrong {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: String::new(),
        }
    }

    pub(crate) fn expected(text: &str, what: &str) -> Self {
        Self::new(format!("{} is not {what}", Quoted(text)))
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    fn hint_if(self, condition: bool, hint: impl FnOnce() -> String) -> Self {
        if condition { self.hint(hint()) } else { self }
    }
}

/// Addresses to listen on: `ADDR:PORT`, `[ADDR]:PORT`, `ADDR`, `:PORT`.
///
/// `:PORT` gives two, one of each family.
pub(crate) fn listen(text: &str, port: Option<u16>) -> Result<Vec<SocketAddr>, Wrong> {
    if let Ok(address) = text.parse() {
        return Ok(vec![address]);
    }
    if let Some(port) = text.strip_prefix(':').and_then(|port| port.parse().ok()) {
        return Ok(vec![
            SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)),
            SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)),
        ]);
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    if let (Ok(address), Some(port)) = (bare.parse::<IpAddr>(), port) {
        return Ok(vec![SocketAddr::from((address, port))]);
    }
    let wrong = Wrong::expected(
        text,
        "an address; expected ADDR:PORT, such as 127.0.0.1:5300",
    );
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    Err(if host.parse::<Ipv6Addr>().is_ok() {
        wrong.hint(format!("write IPv6 addresses in brackets: [{host}]:{port}"))
    } else if !host.is_empty() && host.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        wrong.hint("names are not looked up here: write the address itself")
    } else {
        wrong
    })
}

/// `[ORIGIN=]PATH`.
pub(crate) fn zone_file(text: &str) -> Result<ZoneFile, Wrong> {
    match text.split_once('=') {
        Some((origin, path)) => named_zone_file(origin, path),
        None => unnamed_zone_file(text),
    }
}

/// A zone file with the name of its zone.
pub(crate) fn named_zone_file(origin: &str, path: &str) -> Result<ZoneFile, Wrong> {
    Ok(ZoneFile {
        origin: zone_name(origin)?,
        path: self::path(path)?,
    })
}

/// A zone file whose own name says which zone it is.
pub(crate) fn unnamed_zone_file(path: &str) -> Result<ZoneFile, Wrong> {
    ZoneFile::from_path(self::path(path)?).ok_or_else(|| {
        Wrong::new(format!("file {} is not named after a zone", Quoted(path))).hint(format!(
            "write example.org={path}, with the zone's own name"
        ))
    })
}

/// The name of a zone, with or without its final dot.
pub(crate) fn zone_name(text: &str) -> Result<Name, Wrong> {
    Name::from_text(text.as_bytes(), Some(NameRef::ROOT)).map_err(|error| {
        Wrong::new(format!(
            "{} is not the name of a zone: {error}",
            Quoted(text)
        ))
    })
}

/// A path that is not empty.
pub(crate) fn path(text: &str) -> Result<PathBuf, Wrong> {
    match text {
        "" => Err(Wrong::new("a path is missing")),
        path => Ok(PathBuf::from(path)),
    }
}

/// A text that is not empty.
pub(crate) fn text(text: &str) -> Result<String, Wrong> {
    match text {
        "" => Err(Wrong::new("a value is missing")),
        text => Ok(text.to_owned()),
    }
}

/// A text that fits in a DNS character string.
pub(crate) fn short_text(text: &str) -> Result<String, Wrong> {
    match text.len() {
        1..=255 => Ok(text.to_owned()),
        length => Err(Wrong::new(format!(
            "a text of {length} bytes; expected 1 to 255"
        ))),
    }
}

/// Text, or `0x` and hexadecimal digits.
pub(crate) fn identifier(text: &str) -> Result<Vec<u8>, Wrong> {
    let bytes = match text.strip_prefix("0x") {
        Some(digits) => hexadecimal(digits).ok_or_else(|| {
            Wrong::expected(text, "in hexadecimal; expected 0x and pairs of digits")
        })?,
        None => text.as_bytes().to_vec(),
    };
    match bytes.len() {
        1..=128 => Ok(bytes),
        length => Err(Wrong::new(format!(
            "an identifier of {length} bytes; expected 1 to 128"
        ))),
    }
}

/// A network: `ADDR/LENGTH`, or an address alone.
pub(crate) fn network(text: &str) -> Result<IpNet, Wrong> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address));
    }
    let net: IpNet = text
        .parse()
        .map_err(|_| Wrong::expected(text, "a network; expected one such as 10.0.0.0/8"))?;
    if net.addr() == net.network() {
        return Ok(net);
    }
    Err(
        Wrong::new(format!("{} has bits beyond its length", Quoted(text)))
            .hint(format!("the network is {}", net.trunc())),
    )
}

/// A number between two others.
pub(crate) fn number<T>(text: &str, least: T, most: T) -> Result<T, Wrong>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    match text.parse() {
        Ok(number) if number >= least && number <= most => Ok(number),
        _ => Err(Wrong::expected(
            text,
            &format!("a number from {least} to {most}"),
        )),
    }
}

/// A duration of one or more numbers with units: `10s`, `1m30s`, `500ms`.
pub(crate) fn duration(text: &str) -> Result<Duration, Wrong> {
    let wrong = || Wrong::expected(text, "a duration; expected one such as 10s, 1m30s or 500ms");
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at_checked(digits).ok_or_else(wrong)?;
        let number: u32 = number.parse().map_err(|_| wrong())?;
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = tail.split_at_checked(letters).ok_or_else(wrong)?;
        let unit = match unit {
            "h" => Duration::from_hours(1),
            "m" => Duration::from_mins(1),
            "s" => Duration::from_secs(1),
            "ms" => Duration::from_millis(1),
            _ => return Err(wrong()),
        };
        total = unit
            .checked_mul(number)
            .and_then(|more| total.checked_add(more))
            .ok_or_else(wrong)?;
        rest = tail;
    }
    if (Duration::from_millis(1)..=Duration::from_hours(24)).contains(&total) {
        Ok(total)
    } else {
        Err(wrong().hint("from 1ms to 24h"))
    }
}

/// One of a few words.
pub(crate) fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, Wrong> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*value);
    }
    let listed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let (last, first) = listed.split_last().ok_or_else(|| Wrong::new(text))?;
    Err(Wrong::expected(
        text,
        &format!("a choice here; expected {} or {last}", first.join(", ")),
    ))
}

/// On or off, as `strconv.ParseBool` of Go takes it.
pub(crate) fn switch(text: &str) -> Result<bool, Wrong> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(Wrong::expected(text, "a switch; expected true or false")),
    }
}

/// A key of 16 bytes; the text is never repeated in a message.
pub(crate) fn secret(text: &str) -> Result<Secret, Wrong> {
    hexadecimal(text.trim())
        .and_then(|bytes| bytes.try_into().ok())
        .map(Secret)
        .ok_or_else(|| {
            Wrong::new("the secret is not 32 hexadecimal digits")
                .hint("make one with: openssl rand -hex 16")
        })
}

fn hexadecimal(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    pairs
        .iter()
        .map(|[high, low]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<T>(result: Result<T, Wrong>) -> String {
        match result {
            Ok(_) => "taken".to_owned(),
            Err(wrong) if wrong.hint.is_empty() => wrong.message,
            Err(wrong) => format!("{} | {}", wrong.message, wrong.hint),
        }
    }

    #[test]
    fn addresses_are_taken_with_and_without_port() {
        for (text, expected) in [
            ("127.0.0.1:5300", vec!["127.0.0.1:5300"]),
            ("[::1]:5300", vec!["[::1]:5300"]),
            ("127.0.0.1", vec!["127.0.0.1:53"]),
            ("::1", vec!["[::1]:53"]),
            ("[::1]", vec!["[::1]:53"]),
            (":5300", vec!["0.0.0.0:5300", "[::]:5300"]),
        ] {
            let found = listen(text, Some(53)).unwrap_or_default();
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn wrong_addresses_say_what_was_expected() {
        insta::assert_snapshot!(
            ["localhost:53", "fe80::1:5300:x", "::1:53x", "1.2.3:53", ""]
                .map(|text| message(listen(text, Some(53))))
                .join("\n"),
            @r#"
            "localhost:53" is not an address; expected ADDR:PORT, such as 127.0.0.1:5300 | names are not looked up here: write the address itself
            "fe80::1:5300:x" is not an address; expected ADDR:PORT, such as 127.0.0.1:5300 | write IPv6 addresses in brackets: [fe80::1:5300]:x
            "::1:53x" is not an address; expected ADDR:PORT, such as 127.0.0.1:5300 | write IPv6 addresses in brackets: [::1]:53x
            "1.2.3:53" is not an address; expected ADDR:PORT, such as 127.0.0.1:5300
            "" is not an address; expected ADDR:PORT, such as 127.0.0.1:5300
            "#
        );
    }

    #[test]
    fn zone_files_are_named_by_their_own_name_or_before_the_path() {
        for (text, origin) in [
            ("zones/example.org.zone", "example.org."),
            ("/etc/bind/db.example.org", "example.org."),
            ("example.org", "example.org."),
            ("root.zone", "."),
            (".=zones/root.hints", "."),
            ("example.net=a=b.zone", "example.net."),
            (
                "0/25.2.0.192.in-addr.arpa=rev.zone",
                "0/25.2.0.192.in-addr.arpa.",
            ),
        ] {
            let file = zone_file(text).map_err(|wrong| wrong.message).unwrap();
            assert_eq!(file.origin.to_string(), origin, "{text}");
        }
        insta::assert_snapshot!(
            ["zones/a..b.zone", "a..b=x.zone", "example.org=", "zones/.."]
                .map(|text| message(zone_file(text)))
                .join("\n"),
            @r#"
            file "zones/a..b.zone" is not named after a zone | write example.org=zones/a..b.zone, with the zone's own name
            "a..b" is not the name of a zone: empty label (two dots in a row, or a dot at the front)
            a path is missing
            file "zones/.." is not named after a zone | write example.org=zones/.., with the zone's own name
            "#
        );
    }

    #[test]
    fn durations_need_units() {
        for (text, millis) in [("10s", 10_000), ("1m30s", 90_000), ("500ms", 500)] {
            assert_eq!(duration(text).ok(), Some(Duration::from_millis(millis)));
        }
        for text in [
            "",
            "10",
            "s",
            "10 s",
            "1d",
            "99999999999s",
            "25h",
            "0s",
            "-1s",
            "1µs",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn networks_have_no_bits_beyond_their_length() {
        assert_eq!(network("::1").ok(), Some("::1/128".parse().unwrap()));
        insta::assert_snapshot!(
            ["10.1.2.3/8", "10.0.0.0/33", "ten"].map(|text| message(network(text))).join("\n"),
            @r#"
            "10.1.2.3/8" has bits beyond its length | the network is 10.0.0.0/8
            "10.0.0.0/33" is not a network; expected one such as 10.0.0.0/8
            "ten" is not a network; expected one such as 10.0.0.0/8
            "#
        );
    }

    #[test]
    fn secrets_are_not_repeated_in_messages() {
        assert!(secret("00112233445566778899aabbccddeeff").is_ok());
        for text in ["0011", "zz112233445566778899aabbccddeeff", "é"] {
            assert!(!message(secret(text)).contains(text));
        }
    }
}
