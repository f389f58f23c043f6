//! Data whose words can be read, but not as whoever wrote them will have meant.

use wire::text::{ServiceKey, Token};
use wire::{NameRef, Rtype};

use super::say::quote;

/// The word, what is wrong with it, and what to do.
pub(super) type Mistake<'w, 't> = (&'w Token<'t>, String, String);

/// A parameter where the target of a service belongs: it would be taken for a name.
pub(super) fn mistake<'w, 't>(
    rtype: Rtype,
    data: &'w [Token<'t>],
    owner: NameRef<'_>,
) -> Option<Mistake<'w, 't>> {
    if !matches!(rtype, Rtype::SVCB | Rtype::HTTPS) {
        return None;
    }
    let word = data.get(1)?;
    let at = word.text.iter().position(|byte| *byte == b'=')?;
    ServiceKey::from_text(word.text.get(..at)?)?;
    let message = format!(
        "{rtype} at \"{owner}\": {} where the target belongs",
        quote(word.text)
    );
    let hint = "write a dot for the owner itself, as in: 1 . alpn=h2";
    Some((word, message, hint.to_owned()))
}

/// A target of a URI without quotes, which BIND does not read.
pub(super) fn doubt<'w, 't>(
    rtype: Rtype,
    data: &'w [Token<'t>],
    owner: NameRef<'_>,
) -> Option<Mistake<'w, 't>> {
    let word = data.get(2)?;
    if rtype != Rtype::URI || word.quoted || data.first()?.text == b"\\#" {
        return None;
    }
    let message = format!("URI at \"{owner}\": the target is not in quotes");
    Some((
        word,
        message,
        "not all servers read it so (RFC 7553 §4.4)".to_owned(),
    ))
}
