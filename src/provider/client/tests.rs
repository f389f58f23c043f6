use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use http::Method;
use plan::{ErrorKind, ProviderError};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::stub::{Reply, Seen, Stub, reply};
use super::{Http, Next, Pages, Refusal, Retry, Secret, Setup, Web};
use crate::auth::{self, Plain, Sign};

/// Tries follow each other at once.
const SOON: Retry = Retry {
    attempts: 4,
    first: Duration::from_millis(2),
    longest: Duration::from_millis(2),
    total: Duration::from_secs(5),
};

fn web(stub: &Stub) -> Web {
    let setup = Setup {
        limit: Duration::from_secs(5),
        cap: 10_000,
        ..Setup::default()
    };
    let http = Http::with("test", &setup).unwrap();
    Web::new(http, &format!("{}/v1/", stub.url))
        .unwrap()
        .retry(SOON)
}

/// A server that gives these answers one after the other, the last one again and again.
async fn answers(replies: Vec<Reply>) -> Stub {
    let next = AtomicUsize::new(0);
    Stub::start(move |_| {
        let at = next.fetch_add(1, Relaxed).min(replies.len() - 1);
        replies[at].clone()
    })
    .await
}

#[tokio::test]
async fn a_call_is_what_its_parts_say() {
    let stub = Stub::start(|_| reply(200, r#"{"id":7}"#)).await;
    let web = web(&stub).sign(Plain::bearer("t0ken-t0ken"));
    let body = json!({"name": "a"});
    let made: Value = web
        .post("create record", &["zones", "a/b", "*.x"])
        .query("q", "a b&c")
        .query("n", 7)
        .json(&body)
        .read()
        .await
        .unwrap();
    assert_eq!(made, json!({"id": 7}));
    let form = web
        .post("log in", &["auth"])
        .form([("user", "a b"), ("pass", "x&y")]);
    form.done().await.unwrap();
    let seen = stub.seen();
    assert_eq!(
        stub.lines(),
        [
            "POST /v1/zones/a%2Fb/%2A.x?q=a%20b%26c&n=7",
            "POST /v1/auth"
        ]
    );
    assert_eq!(seen[0].body, r#"{"name":"a"}"#);
    assert_eq!(seen[0].header("content-type"), "application/json");
    assert_eq!(seen[0].header("authorization"), "Bearer t0ken-t0ken");
    assert_eq!(seen[1].body, "user=a%20b&pass=x%26y");
    assert_eq!(web.get("read", &["x"]).text().await.unwrap(), r#"{"id":7}"#);
    let wrong = web.get("read", &["zones", ".."]).done().await.unwrap_err();
    assert_eq!(wrong.kind, ErrorKind::Rejected);
}

/// Method, whether it is marked as idempotent, answers, requests made, what comes of it.
#[tokio::test]
async fn only_what_may_be_repeated_is_made_again() {
    let ok = || reply(200, "{}");
    let away = || reply(503, "");
    let full = || reply(429, "").header("retry-after", "0.002");
    for (method, marked, replies, requests, outcome) in [
        (Method::GET, false, vec![away(), full(), ok()], 3, None),
        (
            Method::GET,
            false,
            vec![away()],
            4,
            Some(ErrorKind::Unavailable),
        ),
        (
            Method::GET,
            false,
            vec![reply(400, "")],
            1,
            Some(ErrorKind::Rejected),
        ),
        (Method::PUT, false, vec![away(), ok()], 2, None),
        (
            Method::DELETE,
            false,
            vec![away(), reply(404, "")],
            2,
            Some(ErrorKind::NotFound),
        ),
        (
            Method::POST,
            false,
            vec![away()],
            1,
            Some(ErrorKind::Ambiguous),
        ),
        (
            Method::PATCH,
            false,
            vec![away()],
            1,
            Some(ErrorKind::Ambiguous),
        ),
        (Method::POST, true, vec![away(), ok()], 2, None),
        (Method::POST, false, vec![full(), ok()], 2, None),
        (
            Method::POST,
            false,
            vec![reply(429, "").header("retry-after", "60")],
            1,
            Some(ErrorKind::RateLimited),
        ),
    ] {
        let said = format!("{method} {marked} {replies:?}");
        let stub = answers(replies).await;
        let web = web(&stub);
        let mut call = web.call("try", method, &["x"]);
        if marked {
            call = call.idempotent();
        }
        let outcome_found = call.done().await.err().map(|error| error.kind);
        assert_eq!(
            (stub.seen().len(), outcome_found),
            (requests, outcome),
            "{said}"
        );
    }
}

#[tokio::test]
async fn an_error_says_how_often_it_was_tried() {
    let stub = answers(vec![reply(503, "busy")]).await;
    let error = web(&stub)
        .get("list zones", &["x"])
        .done()
        .await
        .unwrap_err();
    let text = error.to_string();
    let (text, _) = text.rsplit_once(" in ").unwrap();
    assert_eq!(
        text,
        r#"provider "test": list zones: HTTP 503: busy; tried 4 times"#
    );
    let error = web(&stub).post("create", &["x"]).done().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"provider "test": create: HTTP 503: busy; it is not known whether it was done"#
    );
}

#[tokio::test]
async fn a_post_that_was_never_sent_is_not_in_doubt() {
    let stub = answers(vec![reply(200, "")]).await;
    let mut web = web(&stub);
    drop(stub);
    web.retry.attempts = 1;
    tokio::task::yield_now().await;
    let error = web.post("create", &["x"]).done().await.unwrap_err();
    assert_eq!(
        (error.kind, &*error.message),
        (ErrorKind::Unavailable, "no connection")
    );
}

#[tokio::test]
async fn where_nothing_gets_through_tries_run_out() {
    let stub = answers(vec![reply(500, "")]).await;
    let web = web(&stub);
    for _ in 0..20 {
        web.get("list", &["x"]).done().await.unwrap_err();
    }
    // A try each, and twenty further ones for all.
    assert_eq!(stub.seen().len(), 40);
}

struct Renewing(AtomicUsize);

impl Sign for Renewing {
    async fn sign(&self, request: &mut reqwest::Request) -> Result<(), ProviderError> {
        let token = format!("token-{}", self.0.load(Relaxed));
        Plain::bearer(&*token).sign(request).await
    }

    async fn refresh(&self, _since: Instant) -> Result<bool, ProviderError> {
        self.0.fetch_add(1, Relaxed);
        Ok(true)
    }
}

#[tokio::test]
async fn credentials_are_renewed_once() {
    let stub = Stub::start(|seen| match seen.header("authorization") {
        "Bearer token-1" => reply(200, "{}"),
        _ => reply(401, "expired"),
    })
    .await;
    let renewing = || Renewing(AtomicUsize::new(0));
    // Even a POST: it was refused before anything was done.
    web(&stub)
        .sign(renewing())
        .post("create", &["x"])
        .done()
        .await
        .unwrap();
    assert_eq!(stub.seen().len(), 2);
    let stub = answers(vec![reply(401, "token-1 is wrong")]).await;
    let error = web(&stub)
        .sign(renewing())
        .get("list", &["x"])
        .done()
        .await
        .unwrap_err();
    assert_eq!(stub.seen().len(), 2);
    let said = error.message.split(" in ").next();
    assert_eq!(error.kind, ErrorKind::Auth);
    assert_eq!(said, Some("HTTP 401: *** is wrong; tried 2 times"));
}

#[tokio::test]
async fn credentials_that_are_refused_are_not_sent_again_at_once() {
    let stub = Stub::start(|seen| match seen.header("authorization") {
        "Bearer right-token" => reply(200, "{}"),
        _ => reply(401, ""),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "wrong-token").unwrap();
    let web = web(&stub).sign(Plain::bearer(auth::Value::File(path.clone())));
    for said in [
        "HTTP 401",
        "these credentials were refused; not asked again for",
    ] {
        let error = web.get("list", &["x"]).done().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Auth);
        assert!(error.message.starts_with(said), "{}", error.message);
    }
    assert_eq!(stub.seen().len(), 1);
    std::fs::write(&path, "right-token").unwrap();
    web.get("list", &["x"]).done().await.unwrap();
}

#[tokio::test]
async fn secrets_go_nowhere() {
    let stub = answers(vec![
        reply(307, "").header("location", "http://127.0.0.1:1/elsewhere"),
        reply(400, "hunter22 is not a password of bearer t0ken-t0ken"),
    ])
    .await;
    let web = web(&stub).sign(Plain::bearer("t0ken-t0ken"));
    let error = web.get("list", &["x"]).done().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol);
    assert_eq!(
        error.message,
        "HTTP 307: it points to another place, which is not followed"
    );
    let password = Secret::new("hunter22");
    let error = web
        .post("log in", &["x"])
        .hide(&password)
        .done()
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "HTTP 400: *** is not a password of bearer ***"
    );
    drop(stub);
    let error = web
        .get("list", &["x"])
        .query("key", "hunter22")
        .done()
        .await
        .unwrap_err();
    let shown = format!("{error:?}{web:?}");
    assert!(
        !shown.contains("hunter22") && !shown.contains("t0ken"),
        "{shown}"
    );
}

#[tokio::test]
async fn requests_are_counted_by_what_they_do() {
    let stub = answers(vec![reply(200, "{}")]).await;
    let setup = Setup::default();
    let http = Http::with("test", &setup).unwrap();
    let web = Web::new(http, &stub.url).unwrap();
    for id in ["1", "2"] {
        web.delete("delete record", &["records", id])
            .done()
            .await
            .unwrap();
    }
    let counted: Vec<_> = setup
        .calls
        .read()
        .into_iter()
        .map(|(call, times)| (call.path, times.count()))
        .collect();
    assert_eq!(counted, [("delete record".into(), 2)]);
}

#[tokio::test]
async fn an_answer_is_read_up_to_a_size() {
    let stub = answers(vec![reply(200, "x".repeat(10_001))]).await;
    let error = web(&stub).get("list", &["x"]).done().await.unwrap_err();
    assert_eq!(error.message, "the answer is larger than 10000 bytes");
    let page = || reply(200, "<html>").header("content-type", "text/html");
    let stub = answers(vec![page(), page(), reply(200, "x")]).await;
    let said = "the answer is a page for people, and not of the API that was asked";
    let error = web(&stub).get("list", &["x"]).read::<Value>().await;
    assert_eq!(error.unwrap_err().message, said);
    // It says success, but nothing was done.
    let error = web(&stub).delete("remove", &["x"]).done().await;
    assert_eq!(error.unwrap_err().message, said);
    let error = web(&stub).get("list", &["x"]).read::<Value>().await;
    assert_eq!(
        error.unwrap_err().message,
        "the answer (no type) is not the JSON that is expected"
    );
}

#[tokio::test]
async fn what_is_wrong_with_json_is_told_without_its_texts() {
    #[derive(Debug, serde::Deserialize)]
    struct Made {
        #[serde(rename = "token")]
        _token: u32,
    }
    for (body, reason) in [
        (
            r#"{"token":"hunt\"er22"}"#,
            "invalid type: string \"…\", expected u32 at line 1 column 21",
        ),
        ("{}", "missing field `token` at line 1 column 2"),
        ("{", "EOF while parsing an object at line 1 column 1"),
    ] {
        let stub = answers(vec![reply(200, body)]).await;
        let error = web(&stub)
            .get("ask", &["x"])
            .read::<Made>()
            .await
            .unwrap_err();
        assert_eq!(error.source.unwrap().to_string(), reason);
    }
}

#[tokio::test]
async fn a_judge_looks_into_bodies() {
    fn judge(answer: &super::Answer) -> Option<Refusal> {
        let body: Value = serde_json::from_slice(&answer.body).ok()?;
        let code = body.pointer("/error/code")?.as_str()?;
        Some(Refusal::new(ErrorKind::Conflict, code))
    }
    let stub = answers(vec![
        reply(200, r#"{"error":{"code":"Exists"}}"#),
        reply(200, "{}"),
    ])
    .await;
    let web = web(&stub).judge(judge);
    let error = web.post("create", &["x"]).done().await.unwrap_err();
    assert_eq!(
        (error.kind, &*error.message),
        (ErrorKind::Conflict, "Exists")
    );
    web.post("create", &["x"]).done().await.unwrap();
    web.get("read", &["x"]).accept(&[200]).done().await.unwrap();
}

/// How lists come, and what is asked for.
#[tokio::test]
async fn pages_are_read_to_their_end() {
    type Answers = fn(&str) -> Reply;
    let cases: [(Pages, Answers, &[&str]); 9] = [
        (Pages::none(), |_| reply(200, "[1,2,3]"), &["/v1/x?f=1"]),
        (
            Pages::page("page", "/meta/total_pages")
                .size("per_page", 2)
                .items("/x"),
            |target| match target.ends_with("page=1") {
                true => reply(200, r#"{"x":[1,2],"meta":{"total_pages":2}}"#),
                false => reply(200, r#"{"x":[3],"meta":{"total_pages":2}}"#),
            },
            &["/v1/x?f=1&per_page=2&page=1", "/v1/x?f=1&per_page=2&page=2"],
        ),
        (
            Pages::page("page", "").size("size", 2),
            |target| match target.ends_with("page=1") {
                true => reply(200, "[1,2]"),
                false => reply(200, "[3]"),
            },
            &["/v1/x?f=1&size=2&page=1", "/v1/x?f=1&size=2&page=2"],
        ),
        (
            Pages::offset("offset", "/total")
                .size("limit", 2)
                .items("/x"),
            |target| match target.ends_with("offset=0") {
                true => reply(200, r#"{"x":[1,2],"total":3}"#),
                false => reply(200, r#"{"x":[3],"total":3}"#),
            },
            &["/v1/x?f=1&limit=2&offset=0", "/v1/x?f=1&limit=2&offset=2"],
        ),
        (
            Pages::cursor("pageToken", "/next").items("/x").or_absent(),
            |target| match target.split_once("pageToken=") {
                None => reply(200, r#"{"x":[1,2,3],"next":"a b"}"#),
                Some(_) => reply(200, r#"{"next":""}"#),
            },
            &["/v1/x?f=1", "/v1/x?f=1&pageToken=a%20b"],
        ),
        (
            Pages::link("/links/next").items("/x"),
            |target| match target.contains("/y") {
                false => reply(200, r#"{"x":[1,2],"links":{"next":"/v1/y?token=a%2Fb"}}"#),
                true => reply(200, r#"{"x":[3],"links":{"next":null}}"#),
            },
            &["/v1/x?f=1", "/v1/y?token=a%2Fb"],
        ),
        (
            Pages::marker("marker", "").size("limit", 2),
            |target| match target.contains("marker=2") {
                false => reply(200, "[1,2]"),
                true => reply(200, "[3]"),
            },
            &["/v1/x?f=1&limit=2", "/v1/x?f=1&limit=2&marker=2"],
        ),
        (
            Pages::header("page", "opc-next-page"),
            |target| match target.contains("page=n1") {
                false => reply(200, "[1,2]").header("opc-next-page", "n1"),
                true => reply(200, "[3]"),
            },
            &["/v1/x?f=1", "/v1/x?f=1&page=n1"],
        ),
        (
            Pages::none().items("/x"),
            |_| reply(200, r#"{"x":[1,2,3]}"#),
            &["/v1/x?f=1"],
        ),
    ];
    for (pages, answer, asked) in cases {
        let stub = Stub::start(move |seen: &Seen| answer(&seen.target)).await;
        let list = web(&stub)
            .get("list", &["x"])
            .query("f", 1)
            .pages::<u32>(&pages)
            .await;
        assert_eq!(list.unwrap(), [1, 2, 3], "{pages:?}");
        let targets: Vec<String> = stub.seen().into_iter().map(|seen| seen.target).collect();
        assert_eq!(targets, asked);
    }
}

#[tokio::test]
async fn a_list_is_never_shorter_than_it_is() {
    let cursor = Pages::cursor("c", "/next").items("/x");
    for (pages, body, message) in [
        (cursor, r#"{"x":[1],"next":"1"}"#, "a page came twice"),
        (
            cursor,
            r#"{"x":[],"next":"1"}"#,
            "a page points to one that was there before",
        ),
        (
            cursor,
            r#"{"y":[1]}"#,
            "there is no list at \"/x\" of a page",
        ),
        (
            cursor,
            r#"{"x":{"error":1}}"#,
            "there is no list at \"/x\" of a page",
        ),
        (
            cursor,
            r#"{"x":["a"]}"#,
            "an item of a page is not as expected",
        ),
        (
            Pages::page("p", "/last").items("/x"),
            r#"{"x":[1],"last":9}"#,
            "a page came twice",
        ),
        (
            Pages::link("/next").items("/x"),
            r#"{"x":[1],"next":"https://evil.example/x"}"#,
            "the address of the next page is of \"evil.example\", which gets no credentials for \"127.0.0.1\"",
        ),
    ] {
        let stub = answers(vec![reply(200, body)]).await;
        let list = web(&stub).get("list", &["x"]).pages::<u32>(&pages).await;
        let error = list.unwrap_err();
        assert!(
            error.kind == ErrorKind::Protocol && error.message == message,
            "{error}"
        );
    }
}

#[tokio::test]
async fn pages_that_are_no_json_are_walked() {
    let stub = Stub::start(|seen| match seen.target.contains("name=b") {
        false => reply(200, "a"),
        true => reply(200, "b"),
    })
    .await;
    let web = web(&stub);
    let all = web.get("list", &["rrset", ""]).walk(|answer| {
        let next = (&*answer.body == b"a")
            .then(|| Next::Query(vec![("name", "b".to_owned()), ("type", "TXT".to_owned())]));
        Ok((answer.body.to_vec(), next))
    });
    assert_eq!(all.await.unwrap(), b"ab");
    assert_eq!(
        stub.lines(),
        ["GET /v1/rrset/", "GET /v1/rrset/?name=b&type=TXT"]
    );
}
