//! Nothing secret is told, whatever a host says: each provider before hosts that repeat all that they are
//! sent, in each form that errors come in, at the login and after it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use plan::{ChangeSet, DynProvider, Endpoint, HttpCalls, ProviderError};
use serde_json::json;
use wire::Rtype;

use super::capture::Capture;
use super::given::Given;
use crate::auth::Clock;
use crate::client::stub::{Stub, reply};
use crate::client::{Carrier, Carrying};
use crate::open::{SetupError, StandIn, open};

/// What is secret in settings.
const MARK: &str = "m4rk-of-a-secret";

/// What is secret in the answers of those who give tokens.
const TOKEN: &str = "t0ken-of-a-session";

/// Providers with what makes them say who they are, in each way that they have; files are in a folder.
fn rows(folder: &str) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let file = |name: &str, text: &str| {
        let path = format!("{folder}/{name}");
        std::fs::write(&path, text).unwrap();
        path
    };
    let mark = || MARK.to_owned();
    let text = str::to_owned;
    let user = json!({
        "type": "authorized_user", "client_id": "me", "client_secret": MARK, "refresh_token": MARK,
    });
    let azure = json!({
        "tenantId": "t", "subscriptionId": "s", "resourceGroup": "g", "aadClientId": "me", "aadClientSecret": MARK,
    });
    let key = include_str!("../auth/vectors.key.pem").replace('\n', "\n    ");
    let oracle = format!(
        "auth:\n  region: fra\n  tenancy: t\n  user: u\n  fingerprint: f\n  key: |\n    {key}\ncompartment: c\n"
    );
    let openstack = || vec![("OS_AUTH_URL", text("https://keystone.example/v3"))];
    let azure_variables = vec![
        ("azure-subscription-id", text("s")),
        ("azure-resource-group", text("g")),
        ("AZURE_TENANT_ID", text("t")),
        ("AZURE_CLIENT_ID", text("me")),
        ("AZURE_CLIENT_SECRET", mark()),
    ];
    let aws = vec![
        ("AWS_ACCESS_KEY_ID", text("AKID")),
        ("AWS_SECRET_ACCESS_KEY", mark()),
        ("AWS_SESSION_TOKEN", mark()),
        ("AWS_REGION", text("eu-central-1")),
    ];
    let mut role = aws.clone();
    role.push(("aws-assume-role", text("arn:aws:iam::1:role/r")));
    vec![
        ("aws-sd", aws.clone()),
        ("aws-sd", role.clone()),
        ("aws", aws),
        ("aws", role),
        ("azure", azure_variables.clone()),
        ("azure-private-dns", azure_variables),
        (
            "azure",
            vec![("azure-config-file", file("azure.json", &azure.to_string()))],
        ),
        ("cloudflare", vec![("CF_API_TOKEN", mark())]),
        (
            "cloudflare",
            vec![
                ("CF_API_EMAIL", text("a@example.org")),
                ("CF_API_KEY", mark()),
            ],
        ),
        (
            "cloudflare",
            vec![("CF_API_TOKEN", format!("file:{}", file("token", MARK)))],
        ),
        (
            "designate",
            [
                openstack(),
                vec![
                    ("OS_USERNAME", text("me")),
                    ("OS_PASSWORD", mark()),
                    ("OS_PROJECT_NAME", text("p")),
                    ("OS_USER_DOMAIN_NAME", text("d")),
                    ("OS_PROJECT_DOMAIN_NAME", text("d")),
                ],
            ]
            .concat(),
        ),
        (
            "designate",
            [
                openstack(),
                vec![
                    ("OS_APPLICATION_CREDENTIAL_ID", text("id")),
                    ("OS_APPLICATION_CREDENTIAL_SECRET", mark()),
                ],
            ]
            .concat(),
        ),
        ("digitalocean", vec![("DO_TOKEN", mark())]),
        (
            "google",
            vec![
                ("google-project", text("p")),
                (
                    "GOOGLE_APPLICATION_CREDENTIALS",
                    file("google.json", &user.to_string()),
                ),
            ],
        ),
        (
            "infoblox",
            vec![
                ("infoblox-grid-host", text("grid.example")),
                ("infoblox-wapi-port", text("443")),
                ("infoblox-wapi-version", text("2.3.1")),
                ("infoblox-wapi-username", text("me")),
                ("infoblox-wapi-password", mark()),
            ],
        ),
        ("oci", vec![("oci-config-file", file("oci.yaml", &oracle))]),
        (
            "ovh",
            vec![
                ("OVH_APPLICATION_KEY", text("key")),
                ("OVH_APPLICATION_SECRET", mark()),
                ("OVH_CONSUMER_KEY", mark()),
            ],
        ),
        (
            "ovh",
            vec![("OVH_CLIENT_ID", text("me")), ("OVH_CLIENT_SECRET", mark())],
        ),
        ("ovh", vec![("OVH_ACCESS_TOKEN", mark())]),
        (
            "pdns",
            vec![
                ("pdns-server", text("https://pdns.example")),
                ("pdns-api-key", mark()),
            ],
        ),
        (
            "pihole",
            vec![
                ("pihole-server", text("https://pi.example")),
                ("pihole-password", mark()),
                ("registry", text("noop")),
            ],
        ),
    ]
}

/// How an answer repeats what was sent.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// As a text in JSON.
    Flat,
    /// As a text deeper in JSON.
    Deep,
    /// As a text for people.
    Plain,
    /// As a text in XML.
    Xml,
}

/// Statuses, with how answers of theirs look: what is in one is read where it says most.
const STATUSES: [(u16, &[Shape]); 8] = [
    (200, EACH),
    (302, &[Shape::Plain]),
    (400, EACH),
    (401, EACH),
    (403, &[Shape::Deep, Shape::Xml]),
    (404, &[Shape::Flat]),
    (429, &[Shape::Flat]),
    (500, &[Shape::Plain, Shape::Xml]),
];

const EACH: &[Shape] = &[Shape::Flat, Shape::Deep, Shape::Plain, Shape::Xml];

/// A host that repeats what it is sent.
#[derive(Debug)]
struct Echo {
    status: StatusCode,
    shape: Shape,
    /// Whether those who give tokens give them.
    logins: bool,
    /// What was sent that may not show.
    sent: Mutex<BTreeSet<String>>,
}

impl Carrier for Echo {
    fn carry(&self, request: reqwest::Request) -> Carrying<'_> {
        let secrets = request.headers().values().filter(|it| it.is_sensitive());
        let secrets = secrets.filter_map(|value| value.to_str().ok());
        let words = secrets.flat_map(|text| [Some(text), text.rsplit(' ').next()]);
        let words = words.flatten().filter(|word| word.len() > 7);
        let mut sent = self.sent.lock().unwrap();
        sent.extend(words.map(str::to_owned));
        let answer = match self.logins.then(|| login(&request)).flatten() {
            Some(answer) => answer,
            None => self.echo(&request),
        };
        Box::pin(async { Ok(answer) })
    }
}

impl Echo {
    fn echo(&self, request: &reqwest::Request) -> http::Response<Bytes> {
        let mut text = String::new();
        let (secret, plain): (Vec<_>, Vec<_>) =
            (request.headers().iter()).partition(|(_, value)| value.is_sensitive());
        for (name, value) in secret.into_iter().chain(plain) {
            writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
        let body = request.body().and_then(reqwest::Body::as_bytes);
        text.push_str(&String::from_utf8_lossy(body.unwrap_or_default()));
        text.push_str(request.url().as_str());
        let flat = text.replace('\n', " ");
        let one = json!({"code": 7, "message": flat, "reason": flat});
        let body = match self.shape {
            Shape::Flat => json!({
                "error": flat, "error_description": flat, "message": flat, "code": flat, "class": flat,
                "Error": flat, "text": flat, "errors": [one.clone()], "success": false,
            })
            .to_string(),
            Shape::Deep => json!({"error": {"code": flat, "message": flat, "errors": [one]}}).to_string(),
            Shape::Plain => text,
            Shape::Xml => format!(
                "<ErrorResponse><Error><Code>{flat}</Code><Message>{flat}</Message></Error></ErrorResponse>"
            ),
        };
        let mut answer = http::Response::new(Bytes::from(body));
        *answer.status_mut() = self.status;
        let elsewhere = HeaderValue::from_str(&format!("https://elsewhere.example/?{MARK}"));
        answer.headers_mut().insert("location", elsewhere.unwrap());
        answer
    }
}

/// What those who give tokens answer; none to what is asked of others.
fn login(request: &reqwest::Request) -> Option<http::Response<Bytes>> {
    let path = request.url().path();
    let body = match path.rsplit('/').next()? {
        "time" => json!(1_787_392_800),
        "auth" => json!({"session": {"valid": true, "sid": TOKEN, "validity": 1800}}),
        "token" => json!({"access_token": TOKEN, "expires_in": 3600}),
        "tokens" => json!({"token": {
            "expires_at": "2027-08-22T10:00:00Z",
            "catalog": [{"type": "dns", "endpoints": [
                {"interface": "public", "url": "https://designate.example", "region": "r"},
            ]}],
        }}),
        _ => return None,
    };
    let mut answer = http::Response::new(Bytes::from(body.to_string()));
    let token = HeaderValue::from_static(TOKEN);
    answer.headers_mut().insert("x-subject-token", token);
    Some(answer)
}

/// All that a provider says of itself: errors with their reasons, logs, metrics.
async fn said(
    provider: Result<Box<dyn DynProvider>, SetupError>,
    (calls, logs): (&HttpCalls, &Capture),
) -> String {
    let mut text = String::new();
    let mut note = |error: &ProviderError| {
        let chain = crate::client::chain(error);
        writeln!(text, "{error}\n{error:?}\n{chain}").unwrap();
    };
    match provider {
        Err(error) => writeln!(text, "{error}\n{error:?}").unwrap(),
        Ok(provider) => {
            let create = vec![Endpoint::new("a.example.org", Rtype::A, ["192.0.2.1"])];
            let changes = ChangeSet {
                create,
                ..ChangeSet::default()
            };
            if let Err(error) = provider.records().await {
                note(&error);
            }
            match provider.apply(&changes).await {
                Err(error) => note(&error),
                Ok(applied) => applied.refused.iter().for_each(|(_, error)| note(error)),
            }
        }
    }
    writeln!(text, "{:?}\n{}", calls.read(), logs.text()).unwrap();
    text
}

#[tokio::test(start_paused = true)]
async fn what_a_host_repeats_of_secrets_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let (mut tried, mut leaks) = (BTreeSet::new(), Vec::new());
    for (name, settings) in rows(folder.path().to_str().unwrap()) {
        let pairs: Vec<(&str, &str)> = settings.iter().map(|(key, it)| (*key, &**it)).collect();
        let given = Given::new(&pairs);
        for (status, shapes) in STATUSES {
            for shape in shapes {
                // The login alone is judged by fewer words.
                let at_login = matches!((status, shape), (..=401, Shape::Flat | Shape::Plain));
                for logins in if at_login {
                    &[false, true][..]
                } else {
                    &[true]
                } {
                    let echo = Arc::new(Echo {
                        status: StatusCode::from_u16(status).unwrap(),
                        shape: *shape,
                        logins: *logins,
                        sent: Mutex::default(),
                    });
                    let calls = Arc::new(HttpCalls::default());
                    let mut setup = given.setup();
                    setup.calls = Arc::clone(&calls);
                    setup.stand_in = Some(StandIn {
                        carrier: echo.clone(),
                        clock: Clock::beginning(1_787_392_800),
                    });
                    let logs = Capture::default();
                    let _until_the_end = tracing::subscriber::set_default(logs.clone());
                    let provider = open(name, setup);
                    if matches!(provider, Err(SetupError::Absent { .. })) {
                        continue;
                    }
                    assert!(provider.is_ok(), "{name}: {:?}", provider.err());
                    tried.insert(name);
                    let said = said(provider, (&calls, &logs)).await;
                    let mut secrets = echo.sent.lock().unwrap().clone();
                    assert!(
                        !said.trim().is_empty() && !calls.read().is_empty(),
                        "{name}"
                    );
                    secrets.extend([MARK.to_owned(), TOKEN.to_owned()]);
                    let lines = said.lines().filter(|line| {
                        let mut told = secrets.iter();
                        told.any(|secret| line.contains(secret))
                    });
                    let lines = lines.map(|line| line.chars().take(300).collect::<String>());
                    leaks.extend(
                        lines
                            .take(1)
                            .map(|line| format!("{name}, {status} {shape:?}, {logins}: {line}")),
                    );
                }
            }
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    // Those by etcd have a trial of their own.
    let all = crate::table::rows().into_iter().map(|row| row.name);
    let missing: Vec<&str> = all
        .filter(|name| !tried.contains(name) && !["coredns", "rdns"].contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?} are not tried");
}

#[tokio::test]
async fn what_etcd_repeats_of_secrets_is_not_told() {
    for status in [400, 401] {
        let stub = Stub::start(move |seen| {
            let is_login = seen.target.ends_with("/auth/authenticate");
            let text = format!("{}{}", seen.header("authorization"), seen.body);
            match is_login && status == 401 {
                true => reply(200, json!({"token": TOKEN}).to_string()),
                false => reply(
                    status,
                    json!({"error": text, "message": text, "code": 3}).to_string(),
                ),
            }
        })
        .await;
        let given = Given::new(&[
            ("ETCD_URLS", &stub.url),
            ("ETCD_USERNAME", "me"),
            ("ETCD_PASSWORD", MARK),
            ("RDNS_ROOT_DOMAIN", "example.org"),
        ]);
        for name in ["coredns", "rdns"] {
            let calls = Arc::new(HttpCalls::default());
            let mut setup = given.setup();
            setup.calls = Arc::clone(&calls);
            let logs = Capture::default();
            let _until_the_end = tracing::subscriber::set_default(logs.clone());
            let provider = open(name, setup);
            if matches!(provider, Err(SetupError::Absent { .. })) {
                continue;
            }
            let said = said(provider, (&calls, &logs)).await;
            assert!(said.contains(&format!("HTTP {status}")), "{said}");
            let told = [MARK, TOKEN].into_iter().filter(|it| said.contains(it));
            assert_eq!(told.count(), 0, "{name}: {said}");
        }
    }
}
