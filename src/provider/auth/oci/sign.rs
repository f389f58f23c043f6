//! Oracle Cloud Infrastructure: HTTP signatures by RSA.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use jiff::Timestamp;
use plan::ProviderError;
use reqwest::Request;

use crate::auth::hash::sha256;
use crate::auth::rsa::RsaKey;
use crate::auth::text::{body, host, target};
use crate::auth::{set_plain, set_secret};

/// Signs a request with a key of this name, at a time.
///
/// # Errors
/// The key cannot sign.
pub fn sign(
    request: &mut Request,
    (name, key): (&str, &RsaKey),
    at: Timestamp,
) -> Result<(), ProviderError> {
    let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    set_plain(request, "date", &date)?;
    let method = request.method().as_str().to_lowercase();
    let mut lines = vec![
        ("date", date),
        (
            "(request-target)",
            format!("{method} {}", target(request.url())),
        ),
        ("host", host(request.url())),
    ];
    if [Method::POST, Method::PUT, Method::PATCH].contains(request.method()) {
        let bytes = body(request)?;
        let (length, hash) = (bytes.len().to_string(), STANDARD.encode(sha256(bytes)));
        let json = HeaderValue::from_static("application/json");
        let kind = request.headers_mut().entry(CONTENT_TYPE).or_insert(json);
        let kind = kind.to_str().unwrap_or_default().to_owned();
        set_plain(request, "content-length", &length)?;
        set_plain(request, "x-content-sha256", &hash)?;
        lines.extend([
            ("content-length", length),
            ("content-type", kind),
            ("x-content-sha256", hash),
        ]);
    }
    let names: Vec<&str> = lines.iter().map(|(name, _)| *name).collect();
    let text: Vec<String> = lines
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let signature = STANDARD.encode(key.sign_sha256(text.join("\n").as_bytes())?);
    let value = format!(
        "Signature version=\"1\",headers=\"{}\",keyId=\"{name}\",algorithm=\"rsa-sha256\",signature=\"{signature}\"",
        names.join(" ")
    );
    set_secret(request, AUTHORIZATION, &value)
}
