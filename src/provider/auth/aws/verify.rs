//! The other side of signature version 4: whether a request was signed by who has the secret. For
//! stand-ins, which believe nobody.

use bytes::Bytes;
use http::Request;

use crate::auth::clock::hex;
use crate::auth::hash::{hmac_sha256, sha256_hex};
use crate::auth::text::{query, sorted};
use crate::client::encode;

/// Whether a request is signed with this secret, for this service.
pub(crate) fn verify(request: &Request<Bytes>, secret: &str, service: &str) -> bool {
    signature(request, secret, service).is_some_and(|(told, made)| told == made)
}

/// The signature that a request has, and the one that it should have.
fn signature(request: &Request<Bytes>, secret: &str, service: &str) -> Option<(String, String)> {
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let told = header("authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let part = |name: &str| {
        let mut parts = told.split(',').map(str::trim);
        parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
    };
    let (_, scope) = part("Credential")?.split_once('/')?;
    let mut places = scope.split('/');
    let (date, region) = (places.next()?, places.next()?);
    if places.next()? != service || places.next()? != "aws4_request" {
        return None;
    }
    let time = header("x-amz-date")?;
    if !time.starts_with(date) {
        return None;
    }
    let uri = request.uri();
    let host = uri.authority().map(|authority| authority.as_str());
    let host = header("host").or(host)?;
    let names = part("SignedHeaders")?;
    let needed = ["host", "x-amz-date"];
    if !needed
        .iter()
        .all(|name| names.split(';').any(|other| other == *name))
    {
        return None;
    }
    let mut lines = String::new();
    for name in names.split(';') {
        let value = match name {
            "host" => host,
            "content-length" => header(name).unwrap_or_default(),
            name => header(name)?,
        };
        lines.push_str(&format!("{name}:{}\n", value.trim()));
    }
    let address = format!("http://{host}{}", uri.path_and_query()?);
    let url = reqwest::Url::parse(&address).ok()?;
    let path: Vec<String> = url.path().split('/').map(encode).collect();
    let canonical = format!(
        "{}\n{}\n{}\n{lines}\n{names}\n{}",
        request.method(),
        path.join("/"),
        sorted(&query(&url)),
        sha256_hex(request.body())
    );
    let text = format!(
        "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
        sha256_hex(canonical.as_bytes())
    );
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [date, region, service, "aws4_request"] {
        key = hmac_sha256(&key, part);
    }
    Some((
        part("Signature")?.to_owned(),
        hex(&hmac_sha256(&key, &text)),
    ))
}
