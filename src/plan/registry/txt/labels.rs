//! Labels as the text of an ownership TXT, byte for byte that of external-dns.
//!
//! `heritage=external-dns`, then every label by its key. Nothing is escaped: a comma within a value
//! is read as the end of it, there as here.

use crate::Labels;

const HERITAGE: &str = "external-dns";

/// The key under which external-dns keeps the number used once of an encrypted text.
pub(crate) const NONCE: &str = "txt-encryption-nonce";

/// Labels as text, without quotes around it. What is for memory only is left out.
#[must_use]
pub fn to_text(labels: &Labels) -> String {
    let mut text = String::with_capacity(96);
    text.push_str("heritage=");
    text.push_str(HERITAGE);
    for (key, value) in labels.iter() {
        if key == NONCE || key == Labels::PREVIOUS_OWNER {
            continue;
        }
        for part in [",", HERITAGE, "/", key, "=", value] {
            text.push_str(part);
        }
    }
    text
}

/// Labels from text, with or without quotes around it; none if it is not ours to read.
#[must_use]
pub fn from_text(text: &str) -> Option<Labels> {
    let mut labels = Labels::default();
    let mut ours = false;
    for token in text.trim_matches('"').split(',') {
        let Some((key, value)) = token.split_once('=') else {
            continue;
        };
        if key == "heritage" {
            if value != HERITAGE {
                return None;
            }
            ours = true;
        } else if let Some(rest) = key.strip_prefix(HERITAGE) {
            let key = rest.strip_prefix('/').unwrap_or(key);
            // What is for memory only is never believed from outside.
            if key != Labels::PREVIOUS_OWNER && key != NONCE {
                labels.set(key, value);
            }
        }
    }
    ours.then_some(labels)
}
