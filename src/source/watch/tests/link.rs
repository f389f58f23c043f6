//! The way to the server while what it was made of is replaced.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Request;
use kube::client::Body;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::super::{Connection, Failure, Link, connect};

/// A server that answers every request with nothing, and the tokens that it was shown.
async fn server() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let shown = Arc::<Mutex<Vec<String>>>::default();
    let tokens = Arc::clone(&shown);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&tokens)));
        }
    });
    (url, shown)
}

async fn answer(mut stream: TcpStream, tokens: Arc<Mutex<Vec<String>>>) {
    let (mut text, mut bytes) = (String::new(), [0; 4096]);
    loop {
        let Ok(read @ 1..) = stream.read(&mut bytes).await else {
            return;
        };
        text.push_str(&String::from_utf8_lossy(&bytes[..read]));
        while let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines().map(str::to_ascii_lowercase);
            let token = lines
                .find_map(|line| Some(line.strip_prefix("authorization: bearer ")?.to_owned()));
            tokens.lock().unwrap().push(token.unwrap_or_default());
            text = rest.to_owned();
            let said = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
            if stream.write_all(said).await.is_err() {
                return;
            }
        }
    }
}

fn kubeconfig(folder: &Path, server: &str) {
    let token = folder.join("token");
    let text = format!(
        "{{apiVersion: v1, kind: Config, current-context: it,\n\
         contexts: [{{name: it, context: {{cluster: it, user: it}}}}],\n\
         clusters: [{{name: it, cluster: {{server: \"{server}\"}}}}],\n\
         users: [{{name: it, user: {{tokenFile: \"{}\"}}}}]}}",
        token.display()
    );
    std::fs::write(folder.join("kubeconfig"), text).unwrap();
}

async fn link(folder: &Path, server: &str) -> Link {
    std::fs::write(folder.join("token"), "one\n").unwrap();
    kubeconfig(folder, server);
    let connection = Connection {
        kubeconfig: Some(folder.join("kubeconfig")),
        ..Connection::default()
    };
    connect(&connection).await.unwrap()
}

async fn ask(link: &Link) -> Result<(), Failure> {
    let request = Request::get("/api/v1/services").body(Body::empty());
    let patience = Duration::from_millis(500);
    let answer = link.send_within(patience, "services", request.unwrap());
    answer.await.map(drop)
}

/// Lets time go by that nobody waits for.
async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_token_is_replaced_while_the_old_one_still_holds() {
    let folder = tempfile::tempdir().unwrap();
    let (url, shown) = server().await;
    let link = link(folder.path(), &url).await;
    ask(&link).await.unwrap();
    std::fs::write(folder.path().join("token"), "two\n").unwrap();
    // The server has refused nothing, and no day has gone by.
    pass(11).await;
    ask(&link).await.unwrap();
    // In the middle of being replaced.
    std::fs::remove_file(folder.path().join("token")).unwrap();
    pass(11).await;
    ask(&link).await.unwrap();
    std::fs::write(folder.path().join("token"), "three\n").unwrap();
    pass(11).await;
    ask(&link).await.unwrap();
    assert_eq!(*shown.lock().unwrap(), ["one", "two", "two", "three"]);
}

#[tokio::test]
async fn a_way_that_leads_nowhere_is_found_anew_however_short_patience_is() {
    let folder = tempfile::tempdir().unwrap();
    // Takes connections, and answers nothing.
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let nowhere = format!("http://{}", silent.local_addr().unwrap());
    let link = link(folder.path(), &nowhere).await;
    let (url, shown) = server().await;
    kubeconfig(folder.path(), &url);
    pass(31).await;
    assert!(matches!(ask(&link).await, Err(Failure::Silent)));
    ask(&link).await.unwrap();
    assert_eq!(shown.lock().unwrap().len(), 1);
}
