//! The TCP path over real sockets of the loopback interface.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::address::AddressSet;
use crate::metrics::{Metrics, Totals};
use crate::transport::proxy::tests::header;
use crate::transport::testing::echo;

struct Running {
    address: SocketAddr,
    metrics: Metrics,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

async fn start(options: TcpOptions) -> Running {
    start_behind(&[], options).await
}

async fn start_behind(proxies: &[&str], options: TcpOptions) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (metrics, stop) = (Metrics::new(), CancellationToken::new());
    let proxies: Vec<_> = proxies.iter().map(|net| net.parse().unwrap()).collect();
    let shared = Shared::new(
        options,
        AddressSet::new(&proxies),
        echo(),
        metrics.clone(),
        stop.clone(),
    );
    Running {
        address: listener.local_addr().unwrap(),
        metrics,
        stop,
        task: spawn(serve(listener, None, shared)),
    }
}

#[expect(clippy::disallowed_methods, reason = "a test waits for its only task")]
fn spawn(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(task)
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn stop(self) -> Totals {
        self.stop.cancel();
        timeout(LONG, self.task).await.unwrap().unwrap();
        let totals = self.metrics.totals();
        assert_eq!(totals.tcp_open, 0);
        totals
    }
}

async fn say(stream: &mut TcpStream, requests: &[&str]) {
    let mut bytes = Vec::new();
    for request in requests {
        bytes.extend(u16::try_from(request.len()).unwrap().to_be_bytes());
        bytes.extend(request.as_bytes());
    }
    stream.write_all(&bytes).await.unwrap();
}

/// The next answer; none if the connection is closed or reset.
async fn hear(stream: &mut TcpStream) -> Option<String> {
    let read = async {
        let len = stream.read_u16().await.ok()?;
        let mut answer = vec![0; len.into()];
        stream.read_exact(&mut answer).await.ok()?;
        Some(String::from_utf8_lossy(&answer).into_owned())
    };
    timeout(LONG, read).await.expect("an answer or an end")
}

async fn ask(stream: &mut TcpStream, request: &str) -> Option<String> {
    say(stream, &[request]).await;
    let answer = hear(stream).await?;
    let (said, _) = answer.split_once(" from ")?;
    assert_eq!(said, request);
    Some(answer)
}

fn drops(totals: &Totals) -> Vec<(&'static str, u64)> {
    totals.drops().filter(|(_, n)| *n > 0).collect()
}

#[tokio::test]
async fn questions_in_a_row_are_answered_in_order() {
    let running = start(TcpOptions::default()).await;
    let mut stream = running.connect().await;
    let own = stream.local_addr().unwrap();
    let questions: Vec<String> = (0..500).map(|number| number.to_string()).collect();
    let questions: Vec<&str> = questions.iter().map(String::as_str).collect();
    say(&mut stream, &questions).await;
    for question in questions {
        let expected = format!("{question} from {own} to 127.0.0.1");
        assert_eq!(hear(&mut stream).await, Some(expected));
    }
    assert_eq!(running.metrics.totals().tcp_open, 1);
    let totals = running.stop().await;
    assert_eq!(
        (totals.received, totals.sent, totals.tcp_accepted),
        (500, 500, 1)
    );
    assert_eq!(hear(&mut stream).await, None);
}

#[tokio::test]
async fn largest_messages_pass_in_pieces_of_any_size() {
    let running = start(TcpOptions::default()).await;
    let mut stream = running.connect().await;
    say(&mut stream, &["fill 65535", "fill 65535", "fill 1"]).await;
    for len in [65_535, 65_535, 1] {
        assert_eq!(hear(&mut stream).await.unwrap().len(), len);
    }
    let long = "x".repeat(65_000);
    assert!(ask(&mut stream, &long).await.is_some());
    for piece in [&b"\0"[..], b"\x05", b"he", b"llo\0", b"\x02hi"] {
        stream.write_all(piece).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(hear(&mut stream).await.unwrap().starts_with("hello from"));
    assert!(hear(&mut stream).await.unwrap().starts_with("hi from"));
    running.stop().await;
}

#[tokio::test]
async fn silent_and_slow_clients_are_shown_out() {
    let running = start(TcpOptions {
        first_query: Duration::from_millis(80),
        idle: Duration::from_millis(120),
        ..TcpOptions::default()
    })
    .await;
    let begin = Instant::now();
    let mut silent = running.connect().await;
    assert_eq!(hear(&mut silent).await, None);
    assert!(begin.elapsed() >= Duration::from_millis(80));
    // Bytes that trickle in do not move the deadline.
    let mut slow = running.connect().await;
    let trickle = async {
        while slow.write_all(&[0]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let mut end = [0];
            if matches!(slow.try_read(&mut end), Ok(0)) {
                break;
            }
            slow.writable().await.unwrap();
            if slow.write_all(&[200]).await.is_err() {
                break;
            }
        }
    };
    timeout(LONG, trickle).await.unwrap();
    // After an answer, silence is no offense.
    let mut polite = running.connect().await;
    ask(&mut polite, "hello").await.unwrap();
    assert_eq!(hear(&mut polite).await, None);
    assert_eq!(drops(&running.stop().await), [("timeout", 2)]);
}

#[tokio::test]
async fn client_that_never_reads_is_cut_off() {
    let running = start(TcpOptions {
        write: Duration::from_millis(100),
        ..TcpOptions::default()
    })
    .await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(running.address).await.unwrap();
    let questions = ["fill 65535"; 1000];
    let sent = timeout(LONG, async {
        loop {
            let mut bytes = Vec::new();
            for question in questions {
                bytes.extend([0, 10]);
                bytes.extend(question.as_bytes());
            }
            if stream.write_all(&bytes).await.is_err() {
                break;
            }
        }
    });
    sent.await.unwrap();
    let totals = running.stop().await;
    assert_eq!(drops(&totals), [("timeout", 1)]);
    // What the system's buffers took, and no more.
    assert!(totals.received < 1000, "{}", totals.received);
}

#[tokio::test]
async fn client_that_has_said_all_still_hears_its_answers() {
    let running = start(TcpOptions::default()).await;
    let mut stream = running.connect().await;
    say(&mut stream, &["one", "two"]).await;
    stream.shutdown().await.unwrap();
    assert!(hear(&mut stream).await.unwrap().starts_with("one"));
    assert!(hear(&mut stream).await.unwrap().starts_with("two"));
    assert_eq!(hear(&mut stream).await, None);
    // In the middle of a question there is nothing to answer.
    let mut stream = running.connect().await;
    stream.write_all(&[0, 10, 1]).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(hear(&mut stream).await, None);
    assert_eq!(drops(&running.stop().await), []);
}

#[tokio::test]
async fn client_has_no_more_connections_than_its_share() {
    let running = start(TcpOptions {
        per_client: 2,
        ..TcpOptions::default()
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = running.connect().await;
        ask(&mut stream, "hello").await.unwrap();
        held.push(stream);
    }
    let mut third = running.connect().await;
    assert_eq!(hear(&mut third).await, None);
    drop(held.pop());
    // The place is free once the server has seen the end of the other one.
    let again = async {
        loop {
            let mut stream = running.connect().await;
            say(&mut stream, &["hello"]).await;
            if hear(&mut stream).await.is_some() {
                break;
            }
        }
    };
    timeout(LONG, again).await.unwrap();
    let totals = running.stop().await;
    assert!(
        drops(&totals)
            .iter()
            .all(|(reason, n)| *reason == "peer_limit" && *n > 0)
    );
}

#[tokio::test]
async fn oldest_idle_connection_makes_room_for_a_new_one() {
    let running = start(TcpOptions {
        connections: 2,
        ..TcpOptions::default()
    })
    .await;
    let mut first = running.connect().await;
    ask(&mut first, "hello").await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let mut second = running.connect().await;
    ask(&mut second, "hello").await.unwrap();
    let mut third = running.connect().await;
    ask(&mut third, "hello").await.unwrap();
    assert_eq!(hear(&mut first).await, None);
    ask(&mut second, "still here").await.unwrap();
    assert_eq!(drops(&running.stop().await), [("connection_limit", 1)]);
}

#[tokio::test]
async fn named_peers_speak_for_their_clients() {
    let running = start_behind(
        &["127.0.0.0/30"],
        TcpOptions {
            per_client: 1,
            first_query: Duration::from_millis(500),
            ..TcpOptions::default()
        },
    )
    .await;
    let to = "198.51.100.1:53".parse().unwrap();
    let mut held = Vec::new();
    // One connection for each client, not for each proxy.
    for client in ["192.0.2.1:1000", "192.0.2.2:1000"] {
        let mut stream = running.connect().await;
        let head = header(client.parse().unwrap(), to, &[1, 0, 1, 9]);
        let (one, two) = head.split_at(20);
        stream.write_all(one).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
        stream.write_all(two).await.unwrap();
        let answer = ask(&mut stream, "hello").await;
        assert_eq!(answer, Some(format!("hello from {client} to 198.51.100.1")));
        held.push(stream);
    }
    let mut twice = running.connect().await;
    let head = header("192.0.2.1:1001".parse().unwrap(), to, &[]);
    twice.write_all(&head).await.unwrap();
    assert_eq!(hear(&mut twice).await, None);
    let mut bare = running.connect().await;
    say(&mut bare, &["hello"]).await;
    assert_eq!(hear(&mut bare).await, None);
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.9:0".parse().unwrap()).unwrap();
    let mut unnamed = socket.connect(running.address).await.unwrap();
    unnamed.write_all(&head).await.unwrap();
    assert_eq!(hear(&mut unnamed).await, None);
    let totals = running.stop().await;
    assert_eq!(drops(&totals), [("peer_limit", 1), ("proxy", 2)]);
}

#[tokio::test]
async fn question_that_is_ignored_or_panics_ends_its_connection_alone() {
    let running = start(TcpOptions::default()).await;
    let mut other = running.connect().await;
    ask(&mut other, "hello").await.unwrap();
    for last in ["ignore", "panic"] {
        let mut stream = running.connect().await;
        say(&mut stream, &["one", last, "two"]).await;
        assert!(hear(&mut stream).await.unwrap().starts_with("one"));
        assert_eq!(hear(&mut stream).await, None);
    }
    ask(&mut other, "hello again").await.unwrap();
    let totals = running.stop().await;
    assert_eq!(totals.panics, 1);
    assert_eq!(drops(&totals), [("panic", 1)]);
}

#[tokio::test]
async fn stop_answers_what_has_arrived_and_ends_the_rest() {
    let running = start(TcpOptions::default()).await;
    let mut idle = running.connect().await;
    ask(&mut idle, "hello").await.unwrap();
    let mut asking = running.connect().await;
    ask(&mut asking, "hello").await.unwrap();
    let questions = ["fill 3000"; 400];
    say(&mut asking, &questions).await;
    let begin = Instant::now();
    let (address, reader) = (running.address, async {
        for _ in questions {
            assert_eq!(hear(&mut asking).await.unwrap().len(), 3000);
        }
        hear(&mut asking).await
    });
    let (_, end) = tokio::join!(running.stop(), reader);
    assert_eq!((end, hear(&mut idle).await), (None, None));
    assert!(begin.elapsed() < Duration::from_secs(2));
    assert!(TcpStream::connect(address).await.is_err());
}

const LONG: Duration = Duration::from_secs(10);
