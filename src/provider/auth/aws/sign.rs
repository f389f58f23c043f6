//! Signature version 4.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use jiff::Timestamp;
use plan::ProviderError;
use reqwest::Request;

use super::Credentials;
use crate::auth::clock::hex;
use crate::auth::hash::{hmac_sha256, sha256_hex};
use crate::auth::text::{body, host, query, sorted};
use crate::auth::{set_plain, set_secret};
use crate::client::encode;

/// Signs a request for a service in a region, at a time.
///
/// # Errors
/// No header can have the credentials.
pub fn sign(
    request: &mut Request,
    credentials: &Credentials,
    (region, service): (&str, &str),
    at: Timestamp,
) -> Result<(), ProviderError> {
    let time = at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let date = at.strftime("%Y%m%d").to_string();
    set_plain(request, "x-amz-date", &time)?;
    if let Some(token) = &credentials.token {
        let name = http::HeaderName::from_static("x-amz-security-token");
        set_secret(request, name, token.expose())?;
    }
    let (names, canonical) = canonical(request)?;
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let text = format!(
        "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
        sha256_hex(canonical.as_bytes())
    );
    let mut key = format!("AWS4{}", credentials.secret.expose()).into_bytes();
    for part in [&date, region, service, "aws4_request"] {
        key = hmac_sha256(&key, part);
    }
    let signature = hex(&hmac_sha256(&key, &text));
    let value = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        credentials.id
    );
    set_secret(request, AUTHORIZATION, &value)
}

/// The names of the headers that are signed, and what is signed.
fn canonical(request: &Request) -> Result<(String, String), ProviderError> {
    let mut headers = vec![("host".to_owned(), host(request.url()))];
    for (name, value) in request.headers() {
        if name == CONTENT_TYPE || name.as_str().starts_with("x-amz-") {
            let value = value.to_str().unwrap_or_default().trim();
            headers.push((name.as_str().to_owned(), value.to_owned()));
        }
    }
    headers.sort();
    let names: Vec<&str> = headers.iter().map(|(name, _)| &**name).collect();
    let names = names.join(";");
    let lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    // The path, encoded as it is, is encoded once more; only S3 does not.
    let path: Vec<String> = request.url().path().split('/').map(encode).collect();
    let canonical = format!(
        "{}\n{}\n{}\n{}\n{names}\n{}",
        request.method(),
        path.join("/"),
        sorted(&query(request.url())),
        lines.concat(),
        sha256_hex(body(request)?)
    );
    Ok((names, canonical))
}
