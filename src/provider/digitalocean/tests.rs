//! What only this provider has; all else is the suite's.

use super::open;
use super::sim::SUBJECT;
use crate::trial::{Given, Staged, endpoints, have, state, want};

// external-dns loses the TTL of records whose name has several values, and writes them in each pass.
#[tokio::test(start_paused = true)]
async fn several_values_keep_their_ttl() {
    let trial = Staged::with(SUBJECT, &[]).await;
    let two = "a.example.org 120 A 192.0.2.1 | 192.0.2.2";
    have(&*trial.provider, two).await;
    assert_eq!(state(&trial.provider.records().await.unwrap()), two);
    have(&*trial.provider, &two.replace("120", "600")).await;
    assert_eq!(
        trial.held(),
        [
            "a.example.org A 600 192.0.2.1",
            "a.example.org A 600 192.0.2.2"
        ]
    );
}

// external-dns compares the desired target with itself, and so deletes whatever CNAME there is.
#[tokio::test(start_paused = true)]
async fn a_cname_with_another_target_is_not_taken_away() {
    let trial = Staged::with(SUBJECT, &[]).await;
    trial.plant("a 300 CNAME theirs.example.net").await;
    let ours = endpoints("a.example.org 300 CNAME ours.example.net");
    let changes = plan::ChangeSet {
        delete: ours,
        ..plan::ChangeSet::default()
    };
    trial.provider.apply(&changes).await.unwrap();
    assert_eq!(
        trial.held(),
        ["a.example.org CNAME 300 theirs.example.net."]
    );
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_the_zone_itself_is_read_as_its_name() {
    let trial = Staged::with(SUBJECT, &[]).await;
    let all = "a.example.org 300 CNAME example.org\nexample.org 300 MX 10 example.org";
    have(&*trial.provider, all).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_api_does_not_take_is_refused_before_it_is_asked() {
    let trial = Staged::with(SUBJECT, &[]).await;
    for (line, said) in [
        (
            r#"a.example.org 300 TXT "a\\b""#,
            "\"a.example.org\" TXT: a TXT with a backslash is not taken there",
        ),
        (
            "a.example.org 300 PTR b.example.org",
            "\"a.example.org\" PTR: records of this type are not taken there",
        ),
    ] {
        let (_, applied) = want(&*trial.provider, line).await.unwrap();
        assert_eq!(applied.refused[0].1.message, said);
    }
    assert_eq!(trial.calls(0), ["GET domains 2", "GET records 2"]);
}

#[tokio::test(start_paused = true)]
async fn calls_are_as_few_as_the_changes() {
    let trial = Staged::with(SUBJECT, &[("digitalocean-api-page-size", "50")]).await;
    let line = |at: usize| format!("n{at}.example.org 300 A 192.0.2.1\n");
    let hundred: String = (0..100).map(line).collect();
    let (zones, one) = ("GET domains 1", "GET records 1");
    trial
        .count(&[
            ("", &[zones, one]),
            (&line(0), &[zones, one, "POST records 1"]),
            (&line(0), &[zones, one]),
            (&hundred, &[zones, one, "POST records 99"]),
            // Fifty to a page.
            (&hundred, &[zones, "GET records 3"]),
            (
                &hundred.replace("300", "60"),
                &[zones, "GET records 3", "PUT ID 100"],
            ),
            ("", &["DELETE ID 100", zones, "GET records 3"]),
        ])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_token_is_told_without_itself() {
    let trial = Staged::with(SUBJECT, &[("DO_TOKEN", "wr0ng-t0ken")]).await;
    let error = trial.provider.records().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "provider \"digitalocean\": list zones: HTTP 401: {\"id\":\"unauthorized\",\"message\":\
         \"Unable to authenticate you\"}; the token is that of DO_TOKEN"
    );
    let error = open(Given::default().setup()).map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "provider \"digitalocean\": DO_TOKEN is not set; expected the credentials of an account"
    );
}
