//! Addresses of requests: a base, segments of a path, a query.
//!
//! Each part is percent-encoded on its own (RFC 3986 §2.3: all but letters, digits and `-_.~`), so
//! what is in a name can neither end a segment nor begin a query.

use reqwest::Url;

/// A text as a part of an address.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => {
                encoded.push('%');
                encoded.extend(
                    [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]].map(char::from),
                );
            }
        }
    }
    encoded
}

/// Pairs as a query or as a form.
#[must_use]
pub fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (key, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(&encode(key));
        text.push('=');
        text.push_str(&encode(value));
    }
    text
}

/// The address below a base. A last segment that is empty makes a slash at the end.
pub(crate) fn join(base: &Url, segments: &[&str]) -> Result<Url, String> {
    let mut path = base.path().trim_end_matches('/').to_owned();
    for segment in segments {
        // They would be taken for steps up, whichever way they are encoded.
        if matches!(*segment, "." | "..") {
            return Err(format!("\"{segment}\" cannot be a part of an address"));
        }
        path.push('/');
        path.push_str(&encode(segment));
    }
    let mut url = base.clone();
    url.set_path(&path);
    Ok(url)
}

/// Reads the address that others are below.
pub(crate) fn base(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|error| {
        // The text itself may hold a password.
        format!("the address is none that can be used ({error}); expected one as https://web.example.org/v1")
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("the address begins with neither http:// nor https://".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the address has a query; expected one without".to_owned());
    }
    Ok(url)
}

/// Whether credentials for one may go to the other.
pub(crate) fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host_str() == other.host_str()
        && one.port_or_known_default() == other.port_or_known_default()
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_address_are_encoded_on_their_own() {
        for (base_text, segments, wanted) in [
            (
                "https://a.example/v1",
                &["zones"][..],
                "https://a.example/v1/zones",
            ),
            (
                "https://a.example/v1/",
                &["zones"],
                "https://a.example/v1/zones",
            ),
            (
                "https://a.example",
                &["zones", ""],
                "https://a.example/zones/",
            ),
            (
                "https://a.example/",
                &["z", "*.x", "a/b?c"],
                "https://a.example/z/%2A.x/a%2Fb%3Fc",
            ),
            (
                "http://[::1]:8081/web/",
                &["ü", "a b"],
                "http://[::1]:8081/web/%C3%BC/a%20b",
            ),
            (
                "http://a:1/x%2Fy/",
                &["%2E%2E"],
                "http://a:1/x%2Fy/%252E%252E",
            ),
        ] {
            let url = join(&base(base_text).unwrap(), segments).unwrap();
            assert_eq!(url.as_str(), wanted);
        }
        let above = join(&base("http://a.example/v1").unwrap(), &["..", "x"]);
        assert_eq!(above.unwrap_err(), "\"..\" cannot be a part of an address");
        assert_eq!(pairs([("a b", "c&d"), ("e", "")]), "a%20b=c%26d&e=");
    }

    #[test]
    fn an_address_that_cannot_be_used_is_told_without_itself() {
        for text in [
            "",
            "a.example",
            "ftp://a.example",
            "https://u:secret@[x",
            "https://a/?k=secret",
        ] {
            let said = base(text).unwrap_err();
            assert!(!said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let url = |text| Url::parse(text).unwrap();
        let one = url("https://a.example/x");
        for (other, same) in [
            ("https://a.example:443/y?z", true),
            ("https://A.example/", true),
            ("http://a.example/", false),
            ("https://a.example:8443/", false),
            ("https://a.example.evil.example/", false),
        ] {
            assert_eq!(same_origin(&one, &url(other)), same, "{other}");
        }
    }
}
