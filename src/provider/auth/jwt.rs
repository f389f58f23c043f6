//! JSON Web Tokens, signed by RSA (RFC 7515, RFC 7519).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use plan::ProviderError;
use serde_json::Value;

use super::rsa::RsaKey;
use crate::client::Secret;

/// A token of these claims, by RS256. `key_id` names the key, for those who have several.
pub(crate) fn rs256(key: &RsaKey, key_id: &str, claims: &Value) -> Result<Secret, ProviderError> {
    let mut header = serde_json::json!({"alg": "RS256", "typ": "JWT"});
    if !key_id.is_empty() {
        header["kid"] = key_id.into();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign_sha256(text.as_bytes())?);
    Ok(Secret::new(format!("{text}.{signature}")))
}
