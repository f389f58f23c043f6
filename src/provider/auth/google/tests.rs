use serde_json::json;

use super::*;
use crate::client::stub::{Seen, Stub, reply};

const SCOPE: &str = "https://www.googleapis.com/auth/ndev.clouddns.readwrite";

/// All that Google answers here.
async fn stub() -> Stub {
    Stub::start(|seen: &Seen| match &*seen.target {
        "/token" | "/sts" => reply(200, r#"{"access_token":"t0ken-t0ken","expires_in":3599}"#),
        "/subject" => reply(200, r#"{"id_token":"subject-1"}"#),
        "/as" => reply(
            200,
            r#"{"accessToken":"t0ken-other","expireTime":"2026-08-22T11:00:00Z"}"#,
        ),
        "/computeMetadata/v1/project/project-id" => reply(200, "p-machine"),
        target
            if target
                .starts_with("/computeMetadata/v1/instance/service-accounts/default/token") =>
        {
            reply(
                200,
                r#"{"access_token":"t0ken-machine","expires_in":3599,"token_type":"Bearer"}"#,
            )
        }
        _ => reply(404, ""),
    })
    .await
}

fn find(variables: &[(&str, &str)]) -> Google {
    let pairs = variables
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let around = (Environment::of(pairs), Clock::fixed(1_787_392_800));
    Google::find("google", SCOPE, around, &Setup::default()).unwrap()
}

async fn signed(google: &Google) -> Request {
    let url = reqwest::Url::parse("https://dns.googleapis.com/").unwrap();
    let mut request = Request::new(http::Method::GET, url);
    google.sign(&mut request).await.unwrap();
    request
}

#[tokio::test]
async fn files_of_all_types_give_tokens() {
    let stub = stub().await;
    let at = |path: &str| format!("{}{path}", stub.url);
    let account = json!({
        "type": "service_account", "client_email": "a@p.iam.gserviceaccount.com", "project_id": "p-file",
        "private_key_id": "k1", "private_key": include_str!("../vectors.key.pem"), "token_uri": at("/token"),
    });
    let user = json!({
        "type": "authorized_user", "client_id": "me", "client_secret": "s3cret", "refresh_token": "r3fresh",
        "quota_project_id": "p-payer", "token_uri": at("/token"),
    });
    let folder = tempfile::tempdir().unwrap();
    let subject = folder.path().join("subject");
    std::fs::write(&subject, "subject-1\n").unwrap();
    let external = |source: serde_json::Value, other: Option<String>| {
        json!({
            "type": "external_account", "audience": "//iam.googleapis.com/x", "token_url": at("/sts"),
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "credential_source": source,
            "service_account_impersonation_url": other,
        })
    };
    let json_format = json!({"type": "json", "subject_token_field_name": "id_token"});
    let other = json!({
        "type": "impersonated_service_account", "service_account_impersonation_url": at("/as"),
        "source_credentials": user,
    });
    let path = folder.path().join("credentials.json");
    for (file, token, asked, sent) in [
        (
            &account,
            "t0ken-t0ken",
            &["/token"][..],
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=",
        ),
        (
            &user,
            "t0ken-t0ken",
            &["/token"],
            "grant_type=refresh_token&client_id=me&client_secret=s3cret&refresh_token=r3fresh",
        ),
        (
            &external(json!({"file": subject}), None),
            "t0ken-t0ken",
            &["/sts"],
            "&subject_token=subject-1&",
        ),
        (
            &external(
                json!({"url": at("/subject"), "format": json_format}),
                Some(at("/as")),
            ),
            "t0ken-other",
            &["/subject", "/sts", "/as"],
            "",
        ),
        (&other, "t0ken-other", &["/token", "/as"], ""),
    ] {
        std::fs::write(&path, file.to_string()).unwrap();
        let google = find(&[("GOOGLE_APPLICATION_CREDENTIALS", path.to_str().unwrap())]);
        let before = stub.seen().len();
        let request = signed(&google).await;
        signed(&google).await;
        assert_eq!(
            request.headers()["authorization"],
            format!("Bearer {token}")
        );
        let payer = request.headers().get("x-goog-user-project");
        assert_eq!(payer.is_some(), file["quota_project_id"].is_string());
        let seen = stub.seen().split_off(before);
        let targets: Vec<&str> = seen.iter().map(|seen| &*seen.target).collect();
        assert_eq!(targets, asked, "{file}");
        assert!(seen[0].body.contains(sent), "{}", seen[0].body);
        if asked.contains(&"/as") {
            assert_eq!(
                seen.last().unwrap().header("authorization"),
                "Bearer t0ken-t0ken"
            );
        }
    }
    std::fs::write(&path, account.to_string()).unwrap();
    let named = ("GOOGLE_APPLICATION_CREDENTIALS", path.to_str().unwrap());
    // A machine of Google's says so itself; no other answers.
    let host = stub.url.trim_start_matches("http://");
    for (metadata, project) in [(host, "p-machine"), ("127.0.0.1:9", "p-file")] {
        let google = find(&[named, ("GCE_METADATA_HOST", metadata)]);
        assert_eq!(google.project().await.unwrap(), project);
    }
}

#[tokio::test]
async fn without_a_file_the_machine_is_asked() {
    let stub = stub().await;
    let host = stub.url.trim_start_matches("http://");
    let google = find(&[("GCE_METADATA_HOST", host)]);
    assert_eq!(
        signed(&google).await.headers()["authorization"],
        "Bearer t0ken-machine"
    );
    assert_eq!(google.project().await.unwrap(), "p-machine");
    assert!(
        stub.seen()
            .iter()
            .all(|seen| seen.header("metadata-flavor") == "Google")
    );
    let named = find(&[
        ("GCE_METADATA_HOST", host),
        ("GOOGLE_CLOUD_PROJECT", "p-variable"),
    ]);
    assert_eq!(named.project().await.unwrap(), "p-variable");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_told_without_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.json");
    for text in [
        r#"{"type":"service_account","client_email":"a","private_key":"s3cret"}"#,
        r#"{"type":"s3cret"}"#,
        r#"{"type":"authorized_user","client_secret":"s3cret","client_id":7}"#,
        "s3cret",
    ] {
        std::fs::write(&path, text).unwrap();
        let google = find(&[("GOOGLE_APPLICATION_CREDENTIALS", path.to_str().unwrap())]);
        let error = google.kept.get(google.fetch()).await.unwrap_err();
        let shown = format!("{error:?}{google:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert_eq!(error.kind, ErrorKind::Config);
    }
}
