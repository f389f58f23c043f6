//! What only this provider has; all else is the suite's.

use plan::{ChangeSet, Endpoint, Labels};
use serde_json::Value;
use wire::Rtype;

use super::open;
use super::sim::{EMAIL, SINGLE, SUBJECT};
use crate::sim::{Row, SECRET, SetKey};
use crate::trial::{Given, Staged, have, state, want};

#[tokio::test(start_paused = true)]
async fn calls_are_batches() {
    let trial = Staged::with(SUBJECT, &[]).await;
    let line = |at: usize| format!("n{at}.example.org 300 A 192.0.2.1\n");
    let hundred: String = (0..100).map(line).collect();
    let many: String = (0..201).map(line).collect();
    let (zones, one, batch) = ("GET zones 1", "GET dns_records 1", "POST batch 1");
    trial
        .count(&[
            ("", &[one, zones]),
            (&line(0), &[one, zones, batch]),
            (&line(0), &[one, zones]),
            (&hundred, &[one, zones, batch]),
            (&hundred.replace("300", "60"), &[one, zones, batch]),
            ("", &[one, zones, batch]),
            (&many, &[one, zones, "POST batch 2"]),
        ])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_refused_leaves_no_claim_where_there_are_no_batches() {
    let trial = Staged::with(SINGLE, &[]).await;
    trial.provider.records().await.unwrap();
    // A stranger makes the very record that we are about to make.
    trial.sim.store(|store| {
        let zone = store.zones[0].id.clone();
        let key = SetKey::new("a.example.org", Rtype::A);
        let rows = vec![Row::new(300, vec![192, 0, 2, 1])];
        store.plant(&zone, |draft| draft.put(key, rows, None));
    });
    let mut record = Endpoint::new("a.example.org", Rtype::A, ["192.0.2.1"]);
    record.labels.set(Labels::OWNER, "me");
    let mut text = Endpoint::new("a-a.example.org", Rtype::TXT, ["\"heritage=external-dns\""]);
    text.labels.set(Labels::OWNED_RECORD, "a.example.org");
    let changes = ChangeSet {
        create: vec![record, text],
        ..ChangeSet::default()
    };
    let applied = trial.provider.apply(&changes).await.unwrap();
    assert_eq!(applied.refused.len(), 1);
    assert_eq!(trial.held(), ["a.example.org A 300 192.0.2.1"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_told_with_its_code() {
    let trial = Staged::with(SUBJECT, &[]).await;
    trial.sim.store(|store| store.poison = "bad.".to_owned());
    let line = "bad.example.org 300 A 192.0.2.1";
    let (_, applied) = want(&*trial.provider, line).await.unwrap();
    assert_eq!(
        applied.refused[0].1.to_string(),
        "provider \"cloudflare\": apply changes: HTTP 400: bad.example.org is poison (code 9007)"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_proxied_has_no_ttl_of_its_own() {
    let trial = Staged::with(SUBJECT, &[("cloudflare-proxied", "true")]).await;
    let prefix = "external-dns.alpha.kubernetes.io/cloudflare-proxied";
    let lines = format!(
        "a.example.org 300 A 192.0.2.1\n\
         b.example.org 300 A 192.0.2.1 ;; {prefix}=false\n\
         c.example.org 300 TXT \"x\""
    );
    have(&*trial.provider, &lines).await;
    assert_eq!(
        trial.held(),
        [
            "a.example.org A 1 192.0.2.1 {\"proxied\":true}",
            "b.example.org A 300 192.0.2.1",
            "c.example.org TXT 300 \"x\"",
        ]
    );
    have(&*trial.provider, &lines.replace("=false", "=1")).await;
    assert_eq!(
        trial.held()[1],
        "b.example.org A 1 192.0.2.1 {\"proxied\":true}"
    );
}

// external-dns cuts comments when it writes and compares them whole, so it writes them in each pass.
#[tokio::test(start_paused = true)]
async fn comments_and_tags_are_kept_as_they_were_asked_for() {
    let trial = Staged::with(SUBJECT, &[("cloudflare-record-comment", "ours")]).await;
    let long = "c".repeat(120);
    let lines = format!(
        "a.example.org 300 A 192.0.2.1 ;; x/cloudflare-tags=b:2,a:1\n\
         b.example.org 300 A 192.0.2.1 ;; x/cloudflare-record-comment={long}"
    );
    have(&*trial.provider, &lines).await;
    let cut = "c".repeat(100);
    let first = r#"a.example.org A 300 192.0.2.1 {"comment":"ours","tags":["a:1","b:2"]}"#;
    let second = format!(r#"b.example.org A 300 192.0.2.1 {{"comment":"{cut}"}}"#);
    assert_eq!(trial.held(), [first, &second]);
    let read = state(&trial.provider.records().await.unwrap());
    assert!(
        read.contains(
            "cloudflare-proxied=false cloudflare-record-comment=ours cloudflare-tags=a:1,b:2"
        ),
        "{read}"
    );
}

/// What hangs on names, by these fields.
fn hung(trial: &Staged, what: &str, fields: [&str; 2]) -> String {
    trial.sim.store(|store| {
        let all = store.zones[0].extra.get(what);
        let all = all.and_then(Value::as_object).into_iter().flatten();
        let line =
            |(_, it): (&String, &Value)| fields.map(|name| it[name].as_str().unwrap()).join(" ");
        all.map(line).collect::<Vec<_>>().join("\n")
    })
}

#[tokio::test(start_paused = true)]
async fn custom_hostnames_come_and_go_with_their_record() {
    let settings = [
        ("cloudflare-custom-hostnames", "true"),
        ("cloudflare-custom-hostnames-min-tls-version", "1.2"),
        (
            "cloudflare-custom-hostnames-certificate-authority",
            "google",
        ),
    ];
    let trial = Staged::with(SUBJECT, &settings).await;
    let line = "a.example.org 300 CNAME b.example.net ;; x/cloudflare-custom-hostname=";
    have(&*trial.provider, &format!("{line}y.test,x.test")).await;
    let hostnames = || hung(&trial, "hostnames", ["hostname", "custom_origin_server"]);
    assert_eq!(hostnames(), "x.test a.example.org\ny.test a.example.org");
    let ssl = trial.sim.store(|store| {
        let all = store.zones[0].extra["hostnames"].as_object().unwrap();
        all.values().next().unwrap()["ssl"].clone()
    });
    assert_eq!(ssl["settings"]["min_tls_version"], "1.2");
    assert_eq!(ssl["certificate_authority"], "google");
    have(&*trial.provider, &format!("{line}z.test,x.test")).await;
    assert_eq!(hostnames(), "x.test a.example.org\nz.test a.example.org");
    let other = format!(
        "{line}z.test,x.test\nb.example.org 300 A 192.0.2.1 ;; x/cloudflare-custom-hostname=x.test"
    );
    let (_, applied) = want(&*trial.provider, &other).await.unwrap();
    assert_eq!(
        applied.refused[0].1.message,
        "custom hostname \"x.test\" leads to \"a.example.org\" already"
    );
    have(&*trial.provider, "").await;
    assert_eq!(hostnames(), "");
}

// external-dns takes the region of a name away with its AAAA, though its A is still there.
#[tokio::test(start_paused = true)]
async fn a_region_stays_for_as_long_as_the_name_has_records() {
    let trial = Staged::with(SUBJECT, &[("cloudflare-region-key", "eu")]).await;
    let regions = || hung(&trial, "regions", ["hostname", "region_key"]);
    let both = "a.example.org 300 A 192.0.2.1\na.example.org 300 AAAA 2001:db8::1";
    have(&*trial.provider, both).await;
    assert_eq!(regions(), "a.example.org eu");
    let one = "a.example.org 300 A 192.0.2.1";
    have(&*trial.provider, one).await;
    assert_eq!(regions(), "a.example.org eu");
    let other = format!("{one} ;; x/cloudflare-region-key=us");
    have(&*trial.provider, &other).await;
    assert_eq!(regions(), "a.example.org us");
    have(&*trial.provider, "").await;
    assert_eq!(regions(), "");
}

#[tokio::test(start_paused = true)]
async fn credentials_are_a_token_or_a_key_and_are_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    let file = format!("file:{}", file.display());
    let trial = Staged::with(SUBJECT, &[("CF_API_TOKEN", &file)]).await;
    trial.provider.records().await.unwrap();
    let key = [("CF_API_KEY", SECRET), ("CF_API_EMAIL", EMAIL)];
    let none = [("CF_API_TOKEN", "")];
    let by_key = trial.open(&[&none[..], &key].concat());
    by_key.records().await.unwrap();
    let wrong = trial.open(&[("CF_API_TOKEN", "wr0ng-t0ken")]);
    let error = wrong.records().await.unwrap_err().to_string();
    assert!(
        error.contains("CF_API_TOKEN") && !error.contains("wr0ng"),
        "{error}"
    );
    for (given, said) in [
        (
            &[][..],
            "there are no credentials; set CF_API_TOKEN, or CF_API_KEY and CF_API_EMAIL",
        ),
        (
            &key[..1],
            "CF_API_EMAIL is not set; expected the credentials of an account",
        ),
    ] {
        let error = open(Given::new(given).setup()).map(drop).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("provider \"cloudflare\": {said}")
        );
    }
}
