//! Keys on one line: `[ALGORITHM:]NAME:BASE64`.

use wire::{Name, NameRef};

use super::KeyFault;
use crate::{Algorithm, Key, Secret};

impl Key {
    /// Reads a key as `dig -y` and `nsupdate -y` take it; without an algorithm it is HMAC-SHA256.
    ///
    /// A truncated algorithm is sent as these send it ([`Key::sent_as_bind_does`]).
    ///
    /// # Errors
    /// When a part is missing or is not what it should be.
    pub fn from_short(text: &str) -> Result<Self, KeyFault> {
        let parts: Vec<&str> = text.splitn(4, ':').collect();
        let (algorithm, name, secret) = match *parts {
            [name, secret] => (Algorithm::HmacSha256, name, secret),
            [algorithm, name, secret] => {
                let algorithm = algorithm.parse().map_err(|_| KeyFault::Algorithm)?;
                (algorithm, name, secret)
            }
            _ => return Err(KeyFault::Form),
        };
        let name = Name::from_text(name.as_bytes(), Some(NameRef::ROOT)).map_err(KeyFault::Name)?;
        let secret = Secret::from_base64(secret).filter(|secret| !secret.is_empty());
        let secret = secret.ok_or(KeyFault::Secret)?;
        Ok(Self::new(name.as_ref(), algorithm, secret).sent_as_bind_does())
    }
}
