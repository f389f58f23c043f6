//! Hosts that mean no good, or are no host at all: ways to others, answers without an end, credentials
//! that become worthless on the way.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use plan::ErrorKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::stub::{Stub, reply};
use super::{Http, Retry, Setup, Web};
use crate::auth::{Plain, Value};

const TOKEN: &str = "t0ken-of-mine";

/// One try, of half a second.
fn web(url: &str) -> Web {
    web_within(url, Duration::from_millis(500))
}

/// One try.
fn web_within(url: &str, limit: Duration) -> Web {
    let setup = Setup {
        limit,
        cap: 100_000,
        ..Setup::default()
    };
    let once = Retry {
        attempts: 1,
        ..Retry::default()
    };
    let web = Web::new(Http::with("test", &setup).unwrap(), url).unwrap();
    web.retry(once).sign(Plain::bearer(TOKEN))
}

#[tokio::test]
async fn nobody_is_followed_to_another_place() {
    let other = Stub::start(|_| reply(200, "{}")).await;
    for status in [301, 302, 303, 307, 308] {
        for place in [format!("{}/taken", other.url), "/v1/there".to_owned()] {
            let to = place.clone();
            let stub = Stub::start(move |_| reply(status, "").header("location", to.clone())).await;
            let web = web(&stub.url);
            for call in [web.get("list", &["x"]), web.post("make", &["x"])] {
                let error = call.done().await.unwrap_err();
                assert_eq!(error.kind, ErrorKind::Protocol, "{status} to {place}");
                assert!(error.message.contains("not followed"), "{}", error.message);
            }
            assert_eq!(stub.seen().len(), 2);
        }
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn what_is_refused_after_a_try_without_an_answer_may_be_made() {
    for (first, second, kind) in [
        (503, 409, ErrorKind::Ambiguous),
        (429, 409, ErrorKind::Conflict),
        (503, 422, ErrorKind::Rejected),
    ] {
        let seen = AtomicU32::new(0);
        let stub = Stub::start(move |_| match seen.fetch_add(1, Ordering::Relaxed) {
            0 => reply(first, "").header("retry-after", "0"),
            _ => reply(second, ""),
        })
        .await;
        let twice = Retry {
            attempts: 2,
            ..Retry::default()
        };
        let web = web_within(&stub.url, Duration::from_secs(30)).retry(twice);
        let call = web.post("make", &["x"]).idempotent();
        assert_eq!(
            call.done().await.unwrap_err().kind,
            kind,
            "{first} {second}"
        );
    }
}

#[tokio::test]
async fn no_proxy_is_asked_for_what_is_on_this_machine() {
    let stub = Stub::start(|_| reply(200, "\"here\"")).await;
    let proxy = Stub::start(|_| reply(200, "\"proxy\"")).await;
    let url = proxy.url.clone();
    let proxies = super::setup::proxies(|name| match name {
        "HTTP_PROXY" => Some(url.clone()),
        "no_proxy" => Some("direct.example".to_owned()),
        _ => None,
    });
    let builder = reqwest::Client::builder().no_proxy();
    let client = proxies
        .into_iter()
        .fold(builder, reqwest::ClientBuilder::proxy);
    let client = client.build().unwrap();
    let port = stub.url.rsplit(':').next().unwrap();
    for (url, by_proxy) in [
        (stub.url.clone(), 0),
        (format!("http://localhost:{port}"), 0),
        ("http://elsewhere.example/x".to_owned(), 1),
    ] {
        let before = proxy.seen().len();
        // A name of this machine may have an address that nobody listens at.
        let _whatever = client.get(&url).bearer_auth(TOKEN).send().await;
        assert_eq!(proxy.seen().len() - before, by_proxy, "{url}");
    }
}

#[tokio::test]
async fn a_secret_does_not_show_where_an_answer_is_cut_off() {
    for (before, around) in [(195, ("", "")), (170, ("{\"error\": \"", "\"}"))] {
        let stub = Stub::start(move |seen| {
            let (open, close) = around;
            let token = seen.header("authorization");
            reply(400, format!("{open}{}{token}{close}", "x".repeat(before)))
        })
        .await;
        // The word before it is eight letters long.
        let error = web(&stub.url).get("list", &["x"]).done().await.unwrap_err();
        assert!(!error.message.contains("t0ken"), "{}", error.message);
        for cut in 190..200 {
            let stub =
                Stub::start(move |_| reply(400, format!("{}{TOKEN}", "x".repeat(cut)))).await;
            let error = web(&stub.url).get("list", &["x"]).done().await.unwrap_err();
            assert!(!error.message.contains("t0"), "{cut}: {}", error.message);
        }
    }
}

/// What a host does with a connection once it was asked.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Says nothing.
    Silent,
    /// A letter of the head now and then.
    SlowHead,
    /// A letter of the body now and then.
    SlowBody,
    /// A head that never ends.
    EndlessHead,
    /// A body that never ends, as fast as it is read.
    EndlessBody,
    /// A body in one chunk of 2^60 bytes, by its own words.
    Boast,
}

async fn host(way: Way) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // Clients give up: then it cannot be written any more.
            let _given_up = torment(&mut stream, way).await.is_err();
        }
    });
    (address, tasks)
}

async fn torment(stream: &mut TcpStream, way: Way) -> std::io::Result<()> {
    let mut asked = [0; 4096];
    let _some = stream.read(&mut asked).await?;
    const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let (head, part, pause): (&[u8], &[u8], u64) = match way {
        Way::Silent => (b"", b"", 100),
        Way::SlowHead => (b"HTTP/1.1 200 OK\r\nx: ", b"y", 100),
        Way::SlowBody => (CHUNKED, b"1\r\n \r\n", 100),
        Way::EndlessHead => (b"HTTP/1.1 200 OK\r\nx: ", &[b'y'; 1000], 0),
        Way::EndlessBody => (CHUNKED, b"8\r\n[[[[[[[[\r\n", 0),
        Way::Boast => (
            b"HTTP/1.1 200 OK\r\ncontent-length: 1152921504606846976\r\n\r\n",
            &[b' '; 1000],
            0,
        ),
    };
    stream.write_all(head).await?;
    loop {
        stream.write_all(part).await?;
        if pause > 0 {
            sleep(Duration::from_millis(pause)).await;
        }
    }
}

#[tokio::test]
async fn an_answer_without_an_end_ends() {
    for way in [
        Way::Silent,
        Way::SlowHead,
        Way::SlowBody,
        Way::EndlessHead,
        Way::EndlessBody,
        Way::Boast,
    ] {
        let (address, _host) = host(way).await;
        let begin = Instant::now();
        // What ends by its size does so on a slow machine too.
        let limit = match way {
            Way::Silent | Way::SlowHead | Way::SlowBody => Duration::from_millis(500),
            _ => Duration::from_secs(30),
        };
        let web = web_within(&format!("http://{address}"), limit);
        let error = web.get("list", &["x"]).done().await.unwrap_err();
        let is_known = match way {
            Way::EndlessBody | Way::Boast => error.message.contains("larger than 100000 bytes"),
            Way::EndlessHead => error.kind == ErrorKind::Unavailable,
            _ => error.message.contains("no answer in time"),
        };
        assert!(is_known, "{way:?}: {error:?}");
        assert!(begin.elapsed() < Duration::from_secs(25), "{way:?}");
    }
}

// The file is replaced while a pass is under way, and the old token is worth nothing from then on.
#[tokio::test]
async fn a_token_that_is_replaced_in_the_middle_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "old-token").unwrap();
    let (file, new) = (path.clone(), folder.path().join("new"));
    let stub = Stub::start(move |seen| {
        // The third request was signed before the file changed, and comes after.
        if seen.target.ends_with("/2") && seen.header("authorization") == "Bearer old-token" {
            std::fs::write(&new, "new-token").unwrap();
            std::fs::rename(&new, &file).unwrap();
            return reply(401, "expired");
        }
        reply(200, "{}")
    })
    .await;
    let web = web(&stub.url).sign(Plain::bearer(Value::File(path)));
    for number in 0..5 {
        let call = web.post("make", &[&number.to_string()]);
        call.done().await.unwrap();
    }
    let tokens = stub.seen();
    let tokens: Vec<&str> = tokens.iter().map(|it| it.header("authorization")).collect();
    let (old, new) = ("Bearer old-token", "Bearer new-token");
    assert_eq!(tokens, [old, old, old, new, new, new]);
}
