//! A stand-in behind a port, as clients see it.

use provider::sim::SECRET;
use provider::suite::Start;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{Served, ZONE, cases, difference, subject};

#[tokio::test]
async fn requests_of_one_connection_are_answered_in_turn() {
    let subject = subject("record").unwrap();
    let world = subject.start(&Start::zones(&[ZONE])).await;
    let sim = world.sim().unwrap().clone();
    let told = |path: &str| (path == "/-/here").then(|| "yes".to_owned());
    let served = Served::start(sim.clone(), 0, None, told).await.unwrap();
    let mut client = TcpStream::connect(served.address()).await.unwrap();
    let body = r#"{"name":"a","type":"A","ttl":300,"data":"192.0.2.1"}"#;
    let (first, rest) = body.split_at(9);
    let path = format!("/zones/z-{ZONE}/records");
    let token = format!("authorization: Bearer {SECRET}\r\n");
    let requests = format!(
        "GET /-/here HTTP/1.1\r\n\r\n\
         GET /zones?page=1 HTTP/1.1\r\n\r\n\
         POST {path} HTTP/1.1\r\n{token}content-length: {}\r\n\r\n{body}\
         POST {path} HTTP/1.1\r\n{token}transfer-encoding: chunked\r\n\r\n\
         9\r\n{first}\r\n{:x}\r\n{rest}\r\n0\r\n\r\n",
        body.len(),
        rest.len(),
    );
    client.write_all(requests.as_bytes()).await.unwrap();
    client.shutdown().await.unwrap();
    let mut answers = String::new();
    client.read_to_string(&mut answers).await.unwrap();
    let statuses = answers
        .split("HTTP/1.1 ")
        .skip(1)
        .filter_map(|it| it.split(' ').next());
    let statuses: Vec<&str> = statuses.collect();
    assert_eq!(statuses, ["200", "401", "200", "409"]);
    let asked = sim.log().iter().map(|seen| seen.line.clone()).next();
    let url = "GET http://localhost/zones?page=1".to_owned();
    assert_eq!(asked, Some(url));
}

#[test]
fn cases_are_read_and_zones_compared() {
    let all = cases(include_str!("cases.txt")).unwrap();
    assert!(all.len() > 10);
    let lines = |of: &[&str]| of.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let (theirs, ours) = (lines(&["a", "b"]), lines(&["b", "c"]));
    assert_eq!(difference(&theirs, &ours), ["- a", "+ c"]);
}
