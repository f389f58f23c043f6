//! Keys that stand in the settings: `[ALGORITHM:]NAME:SECRET`.

use zeroize::Zeroizing;

use super::Wrong;
use crate::settings::TsigSecret;

/// The form only; who signs with it reads the parts. What is wrong is said without the text.
pub(crate) fn short_key(text: &str) -> Result<TsigSecret, Wrong> {
    let parts: Vec<&str> = text.split(':').collect();
    let is_key = matches!(parts.len(), 2 | 3) && parts.iter().all(|part| !part.is_empty());
    if is_key {
        Ok(TsigSecret(Zeroizing::new(text.to_owned())))
    } else {
        Err(Wrong::new(
            "this is no key; expected [ALGORITHM:]NAME:SECRET",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_name_and_a_secret_and_perhaps_an_algorithm() {
        for (text, is_key) in [
            ("acme:c2VjcmV0", true),
            ("hmac-sha512:acme:c2VjcmV0", true),
            ("c2VjcmV0", false),
            (":c2VjcmV0", false),
            ("acme:", false),
            ("hmac-sha512:acme:c2VjcmV0:", false),
        ] {
            assert_eq!(short_key(text).is_ok(), is_key, "{text}");
        }
        let wrong = short_key("c2VjcmV0").err().unwrap();
        assert!(!wrong.message.contains("c2VjcmV0"));
    }
}
