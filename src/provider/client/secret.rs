//! What must not show.

use std::borrow::Cow;
use std::fmt;

use zeroize::Zeroizing;

use super::encode;

/// A password, a token or a key: wiped when it is let go, and never printed.
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, for the place where it is needed.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::new)
    }
}

/// A text without what is in it of these, however they are written there. Short ones stay, since they
/// are parts of many words.
pub(crate) fn scrub<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = text.to_owned();
    for secret in secrets
        .into_iter()
        .filter(|secret| secret.len() >= SHORTEST)
    {
        for form in forms(secret) {
            if text.contains(&*form) {
                text = text.replace(&*form, "***");
            }
        }
    }
    text
}

/// The ways in which a text is repeated: as it is, as in a form or a query, as in JSON.
fn forms(secret: &str) -> Vec<Cow<'_, str>> {
    let mut forms = vec![Cow::Borrowed(secret)];
    let encoded = encode(secret);
    if encoded != secret {
        let small = |(at, part): (usize, &str)| match part.split_at_checked(2) {
            Some((hex, rest)) if at > 0 => format!("%{}{rest}", hex.to_ascii_lowercase()),
            _ => part.to_owned(),
        };
        forms.push(encoded.split('%').enumerate().map(small).collect());
        forms.push(encoded.into());
    }
    let in_json = serde_json::Value::from(secret).to_string();
    // It stands between two quotes.
    let in_json = in_json
        .get(1..in_json.len() - 1)
        .unwrap_or_default()
        .to_owned();
    forms.push(in_json.replace('/', "\\/").into());
    forms.push(in_json.into());
    forms
}

const SHORTEST: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show() {
        let secret = Secret::new("hunter22");
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(scrub("no hunter22 here", [secret.expose()]), "no *** here");
        assert_eq!(scrub("abc", ["a"]), "abc");
        // As a form, a query or JSON has it.
        let secret = "1//a+b \"c\"";
        for text in [
            "1%2F%2Fa%2Bb%20%22c%22",
            "1%2f%2fa%2bb%20%22c%22",
            r#"1//a+b \"c\""#,
            r#"1\/\/a+b \"c\""#,
        ] {
            assert_eq!(scrub(&format!("no {text} here"), [secret]), "no *** here");
        }
    }
}
