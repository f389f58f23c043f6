use std::path::Path;

use super::*;
use crate::auth::file::Environment;
use crate::auth::hash::sha1_hex;
use crate::auth::{Clock, text};
use crate::client::Setup;
use crate::client::stub::{Reply, Seen, Stub, reply};

const STS: &str = "<R><Credentials><AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s3cret</SecretAccessKey>\
    <SessionToken>t0ken-t0ken</SessionToken><Expiration>2026-08-22T11:00:00Z</Expiration></Credentials></R>";

const AGENT: &str = r#"{"AccessKeyId":"AGENT","SecretAccessKey":"s3cret","Token":"t0ken-t0ken",
    "Expiration":"2026-08-22T16:00:00Z"}"#;

/// All that Amazon answers here.
fn answer(seen: &Seen) -> Reply {
    match (&*seen.method, &*seen.target) {
        ("PUT", "/latest/api/token") => reply(200, "imds-token"),
        ("GET", "/latest/meta-data/iam/security-credentials/") => reply(200, "node-role"),
        ("GET", "/latest/meta-data/iam/security-credentials/node-role") => {
            match seen.header("x-aws-ec2-metadata-token") {
                "imds-token" => reply(200, AGENT.replace("AGENT", "NODE")),
                _ => reply(401, ""),
            }
        }
        ("GET", "/latest/meta-data/placement/region") => reply(200, "eu-west-9"),
        ("GET", "/v1/credentials") => match seen.header("authorization") {
            "agent-token" => reply(200, AGENT),
            _ => reply(401, ""),
        },
        ("GET", "/federation/credentials?account_id=1&role_name=admin") => {
            match seen.header("x-amz-sso_bearer_token") {
                "login-token" => reply(
                    200,
                    r#"{"roleCredentials":{"accessKeyId":"SSO","secretAccessKey":"s3cret","sessionToken":"t0ken-t0ken","expiration":1787396400000}}"#,
                ),
                _ => reply(401, ""),
            }
        }
        ("POST", "/") if seen.body.contains("denied") => reply(
            403,
            "<E><Error><Code>AccessDenied</Code><Message>not for you</Message></Error></E>",
        ),
        ("POST", "/") => reply(200, STS),
        _ => reply(404, ""),
    }
}

struct Case {
    folder: tempfile::TempDir,
    stub: Stub,
}

impl Case {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(".aws/sso/cache")).unwrap();
        Self {
            folder,
            stub: Stub::start(answer).await,
        }
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.home())
    }

    fn home(&self) -> String {
        self.folder.path().to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(Path::new(name)), text).unwrap();
    }

    fn chain(&self, settings: ChainSettings, variables: &[(&str, &str)]) -> Chain {
        let places = ["AWS_ENDPOINT_URL", "AWS_EC2_METADATA_SERVICE_ENDPOINT"];
        let places = places.map(|name| (name.to_owned(), self.stub.url.clone()));
        let home = ("HOME".to_owned(), self.home());
        let given = variables
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let environment = Environment::of(places.into_iter().chain([home]).chain(given));
        let around = (environment, Clock::fixed(1_787_392_800));
        Chain::new("aws", settings, around, &Setup::default()).unwrap()
    }
}

const CONFIG: &str = "\
[default]
region = eu-west-1
[profile keys]
aws_access_key_id = CONFIG
aws_secret_access_key = s3cret
[profile role]
role_arn = arn:aws:iam::1:role/a
source_profile = keys
external_id = x
[profile two]
role_arn = arn:aws:iam::1:role/b
source_profile = role
[profile circle]
role_arn = arn:aws:iam::1:role/c
source_profile = round
[profile round]
role_arn = arn:aws:iam::1:role/d
source_profile = circle
[profile lost]
role_arn = arn:aws:iam::1:role/e
source_profile = nowhere
[profile machine]
role_arn = arn:aws:iam::1:role/f
credential_source = Ec2InstanceMetadata
[profile sso]
sso_session = work
sso_account_id = 1
sso_role_name = admin
[sso-session work]
sso_region = eu-west-1
sso_start_url = https://work.example
[profile program]
credential_process = /bin/true
";

/// What is set, the key that is found, and whom it was asked of.
#[tokio::test]
async fn credentials_are_looked_for_in_order() {
    let case = Case::new().await;
    case.write(".aws/config", CONFIG);
    case.write("token", "web-token\n");
    case.write("agent", "agent-token\n");
    let login = r#"{"accessToken":"login-token","expiresAt":"2026-08-22T18:00:00Z"}"#;
    case.write(&format!(".aws/sso/cache/{}.json", sha1_hex(b"work")), login);
    let (token, agent) = (case.path("token"), case.path("agent"));
    let keys = [
        ("AWS_ACCESS_KEY_ID", "VARIABLE"),
        ("AWS_SECRET_ACCESS_KEY", "s3cret"),
    ];
    let web = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", &*token),
        ("AWS_ROLE_ARN", "arn:r"),
    ];
    let address = format!("{}/v1/credentials", case.stub.url);
    let pod = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*address),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &*agent),
    ];
    let imds: &[&str] = &[
        "PUT /latest/api/token",
        "GET /latest/meta-data/iam/security-credentials/",
        "GET /latest/meta-data/iam/security-credentials/node-role",
    ];
    let sso: &[&str] = &["GET /federation/credentials?account_id=1&role_name=admin"];
    let by = |profile| [("AWS_PROFILE", profile)];
    for (variables, id, asked) in [
        (
            &[keys[0], keys[1], web[0], web[1], pod[0], pod[1]][..],
            "VARIABLE",
            &[][..],
        ),
        (&[web[0], web[1], pod[0], pod[1]], "ROLE", &["POST /"]),
        (&pod, "AGENT", &["GET /v1/credentials"]),
        (&[], "NODE", imds),
        (&by("keys"), "CONFIG", &[]),
        (&by("role"), "ROLE", &["POST /"]),
        (&by("two"), "ROLE", &["POST /", "POST /"]),
        (
            &by("machine"),
            "ROLE",
            &[imds[0], imds[1], imds[2], "POST /"],
        ),
        (&by("sso"), "SSO", sso),
    ] {
        let before = case.stub.seen().len();
        let chain = case.chain(ChainSettings::default(), variables);
        for _ in 0..2 {
            assert_eq!(chain.credentials().await.unwrap().id, id, "{variables:?}");
        }
        assert_eq!(case.stub.lines().split_off(before), asked, "{variables:?}");
        let shown = format!("{chain:?}{:?}", chain.credentials().await);
        assert!(
            !shown.contains("s3cret") && !shown.contains("t0ken"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_told() {
    let case = Case::new().await;
    case.write(".aws/config", CONFIG);
    case.write("token", "denied-token");
    let token = case.path("token");
    let cache = case.path(&format!(".aws/sso/cache/{}.json", sha1_hex(b"work")));
    let by = |profile| [("AWS_PROFILE", profile)];
    for (variables, said) in [
        (&by("circle")[..], "profile \"circle\": it leads to itself".to_owned()),
        (&by("lost"), "profile \"lost\": its source_profile \"nowhere\" is not there".to_owned()),
        (&by("none"), "there is no profile \"none\" in the files of AWS (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE)".to_owned()),
        (&by("program"), "profile \"program\": credential_process is not supported; no other programs are run".to_owned()),
        (&by("sso"), format!("read \"{cache}\"")),
        (&[("AWS_WEB_IDENTITY_TOKEN_FILE", &*token), ("AWS_ROLE_ARN", "arn:r")], "AccessDenied: not for you".to_owned()),
        (&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://evil.example/x")],
         "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor of this host".to_owned()),
        (&[("AWS_EC2_METADATA_DISABLED", "true")],
         "no credentials: neither variables (AWS_ACCESS_KEY_ID), web identity, profile nor container give any, \
          and the machine does not: AWS_EC2_METADATA_DISABLED is set".to_owned()),
    ] {
        let error = case.chain(ChainSettings::default(), variables).credentials().await.unwrap_err();
        let circle = error.message.replace("\"round\"", "\"circle\"");
        assert_eq!(circle, said);
    }
}

#[tokio::test]
async fn a_role_of_the_settings_is_taken_on_with_what_is_found() {
    let case = Case::new().await;
    case.write(".aws/config", CONFIG);
    let role = Role {
        arn: "arn:aws:iam::2:role/dns".to_owned(),
        external_id: Some("ext".to_owned()),
        ..Role::default()
    };
    let settings = ChainSettings {
        profile: Some("keys".to_owned()),
        role: Some(role),
        region: None,
    };
    let keys = [
        ("AWS_ACCESS_KEY_ID", "VARIABLE"),
        ("AWS_SECRET_ACCESS_KEY", "s3cret"),
    ];
    let chain = Arc::new(case.chain(settings, &keys));
    let aws = Aws::new(Arc::clone(&chain), "us-east-1", "route53");
    let url = reqwest::Url::parse("https://route53.amazonaws.com/2013-04-01/hostedzone").unwrap();
    let mut request = Request::new(http::Method::GET, url);
    aws.sign(&mut request).await.unwrap();
    let signed = request.headers()["authorization"].to_str().unwrap();
    assert!(
        signed.contains("Credential=ROLE/20260822/us-east-1/route53/"),
        "{signed}"
    );
    assert_eq!(request.headers()["x-amz-security-token"], "t0ken-t0ken");
    let seen = case.stub.seen();
    let asked = &seen[0];
    assert!(
        asked
            .header("authorization")
            .contains("Credential=CONFIG/20260822/us-east-1/sts/")
    );
    let url = reqwest::Url::parse(&format!("http://a/?{}", asked.body)).unwrap();
    let form = text::query(&url);
    let wanted = [
        ("Action", "AssumeRole"),
        ("ExternalId", "ext"),
        ("Version", "2011-06-15"),
        ("RoleArn", "arn:aws:iam::2:role/dns"),
        ("RoleSessionName", "zonewright-1787392800"),
    ];
    assert_eq!(
        form,
        wanted.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
}

#[tokio::test]
async fn the_region_is_what_the_nearest_says() {
    let case = Case::new().await;
    let settings = || ChainSettings::default();
    let machine = case.chain(settings(), &[]).region().await;
    assert_eq!(machine.unwrap(), "eu-west-9");
    case.write(".aws/config", CONFIG);
    assert_eq!(
        case.chain(settings(), &[]).region().await.unwrap(),
        "eu-west-1"
    );
    let named = case.chain(
        settings(),
        &[("AWS_DEFAULT_REGION", "r2"), ("AWS_REGION", "r1")],
    );
    assert_eq!(named.region().await.unwrap(), "r1");
}
