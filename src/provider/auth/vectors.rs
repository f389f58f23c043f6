//! Every signature against what the vendors' own clients make, or openssl (`vectors.json`).

use std::str::FromStr;

use http::Method;
use reqwest::{Request, Url};
use serde_json::Value;

use super::alibaba::{Acs3, AlibabaKeys, AlibabaRpc};
use super::aws::{self, Credentials};
use super::edgegrid::EdgeGrid;
use super::exo2::{Exo2, LIFE};
use super::ovh::{Ovh, OvhKeys};
use super::rsa::RsaKey;
use super::tc3::Tc3;
use super::{Clock, Nonce, Sign, jwt, oci, text};
use crate::client::{Secret, pairs};

/// The key that the vectors of RSA are made with; it is of no other use.
pub(crate) fn rsa_key() -> RsaKey {
    RsaKey::from_pem(include_str!("vectors.key.pem")).unwrap()
}

#[tokio::test]
async fn every_vector_is_made_again() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    assert_eq!(vectors.len(), 24);
    for vector in &vectors {
        check(vector).await;
    }
}

async fn check(vector: &Value) {
    let key = |name: &str| vector["key"][name].as_str().unwrap_or_default().to_owned();
    let secret = |name: &str| Secret::new(key(name));
    let says = |name: &str| {
        vector["headers"][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    match vector["alg"].as_str().unwrap() {
        "ACS3-HMAC-SHA256" => {
            let acs3 = Acs3 {
                keys: alibaba(vector),
                clock: clock(&says("x-acs-date")),
                nonce: Nonce::Fixed(says("x-acs-signature-nonce").into()),
            };
            let keep = ["x-acs-action", "x-acs-version"];
            compare(vector, &keep, &acs3).await;
        }
        "ALIYUN-RPC-HMAC-SHA1" => rpc(vector).await,
        "AWS4-HMAC-SHA256" => {
            let credentials = Credentials {
                id: key("id"),
                secret: secret("secret"),
                token: vector["key"]["token"].as_str().map(Secret::from),
            };
            let mut request = request(vector, &["Content-Type", "X-Amz-Target"]);
            let scope = [&vector["region"], &vector["service"]];
            let [region, service] = scope.map(|part| part.as_str().unwrap());
            let at = clock(&says("X-Amz-Date")).now();
            aws::sign(&mut request, &credentials, (region, service), at).unwrap();
            told(vector, &request);
        }
        "EG1-HMAC-SHA256" => {
            let edgegrid = EdgeGrid {
                client_token: secret("client_token"),
                client_secret: secret("client_secret"),
                access_token: secret("access_token"),
                max_body: usize::try_from(vector["max_body"].as_u64().unwrap()).unwrap(),
                clock: clock(vector["timestamp"].as_str().unwrap()),
                nonce: Nonce::Fixed(vector["nonce"].as_str().unwrap().into()),
            };
            compare(vector, &["Content-Type"], &edgegrid).await;
        }
        "EXO2-HMAC-SHA256" => {
            let ends = vector["expires"].as_i64().unwrap();
            let exo2 = Exo2 {
                key: key("key"),
                secret: secret("secret"),
                clock: Clock::fixed(ends - LIFE),
            };
            compare(vector, &[], &exo2).await;
        }
        "JWT-RS256" => {
            let key_id = vector["key_id"].as_str().unwrap();
            let token = jwt::rs256(&rsa_key(), key_id, &vector["claims"]).unwrap();
            assert_eq!(token.expose(), vector["token"]);
        }
        "OCI-RSA-SHA256" => {
            let mut request = request(vector, &["Content-Type"]);
            let at = Clock::fixed(vector["timestamp"].as_i64().unwrap()).now();
            oci::sign(&mut request, (&key("name"), &rsa_key()), at).unwrap();
            told(vector, &request);
        }
        "OVH-$1$-SHA1" => {
            let keys = OvhKeys {
                application: key("application_key"),
                secret: secret("application_secret"),
                consumer: secret("consumer_key"),
            };
            let unix = vector["timestamp"].as_str().unwrap().parse().unwrap();
            compare(vector, &[], &Ovh::new(keys, Clock::fixed(unix), None)).await;
        }
        "RSA-SHA512" => {
            let signature = rsa_key().sign_sha512(vector["body"].as_str().unwrap().as_bytes());
            assert_eq!(base64(&signature.unwrap()), vector["signature"]);
        }
        "TC3-HMAC-SHA256" => {
            let service = vector["service"].as_str().unwrap();
            let services = ["dnspod", "privatedns"];
            let unix = vector["timestamp"].as_str().unwrap().parse().unwrap();
            let tc3 = Tc3 {
                id: key("secret_id"),
                secret: secret("secret_key"),
                token: None,
                service: services
                    .into_iter()
                    .find(|known| *known == service)
                    .unwrap(),
                clock: Clock::fixed(unix),
            };
            compare(vector, &["Content-Type"], &tc3).await;
        }
        other => panic!("{other} is checked by nobody"),
    }
}

async fn compare(vector: &Value, keep: &[&str], sign: &impl Sign) {
    let mut request = request(vector, keep);
    sign.sign(&mut request).await.unwrap();
    told(vector, &request);
}

/// The request of a vector, with the headers that are there before it is signed.
fn request(vector: &Value, keep: &[&str]) -> Request {
    let method = Method::from_str(vector["method"].as_str().unwrap()).unwrap();
    let mut url = Url::parse(vector["url"].as_str().unwrap()).unwrap();
    if let Some(query) = vector["query"].as_object() {
        let query = query
            .iter()
            .map(|(key, value)| (&**key, value.as_str().unwrap()));
        url.set_query(Some(&pairs(query)));
    }
    let mut request = Request::new(method, url);
    for name in keep {
        if let Some(value) = vector["headers"][*name].as_str() {
            let name = http::HeaderName::from_str(name).unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
    }
    if let Some(body) = vector["body"].as_str().filter(|body| !body.is_empty()) {
        *request.body_mut() = Some(body.to_owned().into());
    }
    request
}

/// All that the vector has in its headers is in those of the request.
fn told(vector: &Value, request: &Request) {
    let headers = vector["headers"].as_object().into_iter().flatten();
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value));
    let alone = ("authorization".to_owned(), &vector["authorization"]);
    for (name, value) in headers.chain([alone]) {
        // What the connection adds, and a language that is not signed.
        if value.is_null()
            || [
                "host",
                "x-tc-language",
                "x-tc-action",
                "x-tc-version",
                "x-tc-region",
            ]
            .contains(&&*name)
        {
            continue;
        }
        assert_eq!(
            request.headers()[&name],
            value.as_str().unwrap(),
            "{vector}"
        );
    }
}

async fn rpc(vector: &Value) {
    let mut url = Url::parse("https://alidns.aliyuncs.com/").unwrap();
    let params = vector["params"].as_object().unwrap();
    let made = [
        "AccessKeyId",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureVersion",
        "Timestamp",
    ];
    let given = params.iter().filter(|(key, _)| !made.contains(&&***key));
    let given = given.map(|(key, value)| (&**key, value.as_str().unwrap()));
    url.set_query(Some(&pairs(given)));
    let mut request = Request::new(Method::GET, url);
    let rpc = AlibabaRpc {
        keys: alibaba(vector),
        clock: clock(params["Timestamp"].as_str().unwrap()),
        nonce: Nonce::Fixed(params["SignatureNonce"].as_str().unwrap().into()),
    };
    rpc.sign(&mut request).await.unwrap();
    let found = text::query(request.url());
    let wanted = params
        .iter()
        .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()));
    let signature = (
        "Signature".to_owned(),
        vector["signature"].as_str().unwrap().to_owned(),
    );
    let mut wanted: Vec<(String, String)> = wanted.chain([signature]).collect();
    let mut found = found;
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
}

fn alibaba(vector: &Value) -> AlibabaKeys {
    let key = |name: &str| vector["key"][name].as_str().unwrap();
    AlibabaKeys {
        id: key("id").to_owned(),
        secret: Secret::new(key("secret")),
        token: None,
    }
}

/// All of them are of the same second, however they write it.
fn clock(text: &str) -> Clock {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(digits.get(..14), Some("20260822100000"), "{text}");
    Clock::fixed(1_787_392_800)
}

fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}
