//! Where credentials are looked for, one place after the other, and that a file of theirs that is
//! replaced is read again: when what was got with it ends, and when somebody is refused with it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, advance};

use super::aws::{Aws, Chain, ChainSettings};
use super::azure::{Azure, AzureFile};
use super::google::Google;
use super::oci::{Oci, OciFile, OciKey};
use super::plain::Plain;
use super::{Clock, DynSign, Environment, Value as Secret};
use crate::client::{Carrier, Carrying, Setup};

/// Gives to each a token that is called what was shown for it.
#[derive(Debug)]
struct Givers(Clock);

impl Carrier for Givers {
    fn carry(&self, request: reqwest::Request) -> Carrying<'_> {
        let body = request.body().and_then(reqwest::Body::as_bytes);
        let form = String::from_utf8_lossy(body.unwrap_or_default()).into_owned();
        let shown = |name: &str| {
            let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
            let pair = pairs.find(|(key, _)| *key == name);
            pair.map(|(_, value)| value.to_owned())
        };
        let names = ["client_secret", "client_assertion", "refresh_token"];
        let end = self.0.now() + Duration::from_secs(3600);
        let answer = match shown("WebIdentityToken") {
            Some(token) => format!(
                "<R><Credentials><AccessKeyId>{token}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                 <SessionToken>t</SessionToken><Expiration>{end}</Expiration></Credentials></R>"
            ),
            None => {
                let token = names.into_iter().find_map(shown);
                let token = token.unwrap_or_else(|| "machine".to_owned());
                json!({"access_token": token, "expires_in": 3600}).to_string()
            }
        };
        Box::pin(async { Ok(http::Response::new(Bytes::from(answer))) })
    }
}

fn setup() -> Setup {
    Setup {
        carrier: Some(Arc::new(Givers(Clock::beginning(BEGIN)))),
        ..Setup::default()
    }
}

fn around(variables: &[(&str, &str)]) -> (Environment, Clock) {
    let pairs = variables.iter();
    let pairs = pairs.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    (Environment::of(pairs), Clock::beginning(BEGIN))
}

/// What a request says of who sends it.
async fn who(sign: &dyn DynSign) -> String {
    let url = reqwest::Url::parse("https://api.example/").unwrap();
    let mut request = reqwest::Request::new(Method::GET, url);
    sign.sign(&mut request).await.unwrap();
    request.headers()["authorization"]
        .to_str()
        .unwrap()
        .to_owned()
}

/// Credentials of somebody who has logged in at Google.
fn login(name: &str) -> Value {
    json!({"type": "authorized_user", "client_id": "me", "refresh_token": "r", "client_secret": name})
}

fn google(variables: &[(&str, &str)]) -> Box<dyn DynSign> {
    Box::new(Google::find("google", "scope", around(variables), &setup()).unwrap())
}

fn azure(file: &AzureFile, variables: &[(&str, &str)]) -> Box<dyn DynSign> {
    let (environment, clock) = around(variables);
    let cloud = file.cloud(&environment).unwrap();
    let identity = file.identity(&environment).unwrap();
    let client = setup();
    Box::new(Azure::new("azure", (&cloud, identity), (&client, clock), None).unwrap())
}

fn aws(variables: &[(&str, &str)]) -> Box<dyn DynSign> {
    let chain = Chain::new("aws", ChainSettings::default(), around(variables), &setup());
    Box::new(Aws::new(Arc::new(chain.unwrap()), "eu-west-1", "route53"))
}

// The order of Amazon's and OVHcloud's is tried where they are.
#[tokio::test(start_paused = true)]
async fn places_are_looked_at_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    std::fs::create_dir_all(home.join(".config/gcloud")).unwrap();
    let file = |name: &str, text: String| {
        let path = home.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let named = file("named.json", login("named").to_string());
    let usual = "application_default_credentials.json";
    file(usual, login("folder").to_string());
    file(
        &format!(".config/gcloud/{usual}"),
        login("home").to_string(),
    );
    let home = home.to_str().unwrap();
    let places = [
        ("GOOGLE_APPLICATION_CREDENTIALS", &*named, "named"),
        ("CLOUDSDK_CONFIG", home, "folder"),
        ("HOME", home, "home"),
    ];
    for first in 0..=places.len() {
        let left: Vec<(&str, &str)> = places[first..].iter().map(|it| (it.0, it.1)).collect();
        let wanted = places.get(first).map_or("machine", |place| place.2);
        assert_eq!(who(&*google(&left)).await, format!("Bearer {wanted}"));
    }

    let token = file("token", "workload".to_owned());
    let whole = json!({
        "tenantId": "t", "aadClientId": "c", "aadClientSecret": "file",
        "useWorkloadIdentityExtension": true, "useManagedIdentityExtension": true,
    });
    let ids = [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c")];
    let secret = ("AZURE_CLIENT_SECRET", "variable");
    let workload = ("AZURE_FEDERATED_TOKEN_FILE", &*token);
    let all = [ids[0], ids[1], secret, workload];
    let without = |names: &[&str]| {
        let mut file = whole.clone();
        for name in names {
            file.as_object_mut().unwrap().remove(*name);
        }
        serde_json::from_value::<AzureFile>(file).unwrap()
    };
    let secrets = "aadClientSecret";
    let (by_workload, by_machine) = (
        "useWorkloadIdentityExtension",
        "useManagedIdentityExtension",
    );
    for (file, variables, wanted) in [
        (without(&[]), &all[..], "file"),
        (without(&[secrets]), &all, "workload"),
        (without(&[secrets, by_workload]), &all, "machine"),
        (
            without(&[secrets, by_workload, by_machine]),
            &all,
            "variable",
        ),
        (
            AzureFile::default(),
            &[ids[0], ids[1], workload],
            "workload",
        ),
        (AzureFile::default(), &ids, "machine"),
        (AzureFile::default(), &[], "machine"),
    ] {
        let found = who(&*azure(&file, variables)).await;
        assert_eq!(found, format!("Bearer {wanted}"));
    }
}

/// When all begin, in seconds since 1970.
const BEGIN: i64 = 1_787_392_800;

/// A file that holds credentials: what is in it for a name, whoever signs by it, and whether what is got
/// with it ends by itself.
type Kind = (
    &'static str,
    fn(&str) -> String,
    fn(&Path) -> Box<dyn DynSign>,
    bool,
);

const KINDS: &[Kind] = &[
    (
        "a token in a file",
        str::to_owned,
        |path| {
            Box::new(Plain::bearer(Secret::from_setting(&format!(
                "file:{}",
                path.display()
            ))))
        },
        true,
    ),
    (
        "Amazon: web identity",
        str::to_owned,
        |path| {
            aws(&[
                ("AWS_WEB_IDENTITY_TOKEN_FILE", path.to_str().unwrap()),
                ("AWS_ROLE_ARN", "arn"),
                ("AWS_REGION", "eu-west-1"),
            ])
        },
        true,
    ),
    (
        "Amazon: keys of a profile",
        |name| format!("[default]\naws_access_key_id={name}\naws_secret_access_key=s\n"),
        |path| aws(&[("AWS_SHARED_CREDENTIALS_FILE", path.to_str().unwrap())]),
        false,
    ),
    (
        "Azure: azure.json",
        |name| json!({"tenantId": "t", "aadClientId": "c", "aadClientSecret": name}).to_string(),
        |path| azure(&AzureFile::read(path.to_str().unwrap()).unwrap(), &[]),
        true,
    ),
    (
        "Azure: a service account's token",
        str::to_owned,
        |path| {
            let ids = [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c")];
            let path = ("AZURE_FEDERATED_TOKEN_FILE", path.to_str().unwrap());
            azure(&AzureFile::default(), &[ids[0], ids[1], path])
        },
        true,
    ),
    (
        "Google: credentials",
        |name| login(name).to_string(),
        |path| google(&[("GOOGLE_APPLICATION_CREDENTIALS", path.to_str().unwrap())]),
        true,
    ),
    (
        "Oracle: oci.yaml",
        |name| {
            let pem = include_str!("vectors.key.pem").replace('\n', "\n    ");
            format!("auth:\n  tenancy: t\n  user: {name}\n  fingerprint: f\n  key: |\n    {pem}\n")
        },
        |path| {
            let path = path.to_owned();
            let read = move || OciKey::from_settings(&OciFile::read(&path)?.auth);
            Box::new(Oci::new(read, Clock::beginning(BEGIN)).unwrap())
        },
        true,
    ),
];

#[tokio::test(start_paused = true)]
async fn a_file_that_is_replaced_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    for (what, contents, signer, ends) in KINDS {
        let put = |name: &str| std::fs::write(&path, contents(name)).unwrap();
        put("one1");
        let sign = signer(&path);
        assert!(who(&*sign).await.contains("one1"), "{what}");
        put("two2");
        // Whoever is refused looks again.
        let since = Instant::now();
        advance(Duration::from_secs(1)).await;
        sign.refresh(since + Duration::from_secs(1)).await.unwrap();
        assert!(who(&*sign).await.contains("two2"), "{what}");
        put("three3");
        advance(Duration::from_secs(3590)).await;
        let found = who(&*sign).await;
        assert_eq!(found.contains("three3"), *ends, "{what}: {found}");
        // What is away, as while it is replaced, is no reason to stop before the end.
        put("four4");
        advance(Duration::from_secs(3400)).await;
        std::fs::remove_file(&path).unwrap();
        if *what != "a token in a file" {
            who(&*sign).await;
        }
    }
}
