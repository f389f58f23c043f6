//! TLS over real sockets of the loopback interface, beside a client of the same library; and files of
//! no use. The certificates are for `server.test`, `client.test` and 192.0.2.1.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::address::AddressSet;
use crate::metrics::{Metrics, Totals};
use crate::transport::proxy::tests::header;
use crate::transport::tcp::{Shared, TcpOptions, serve};
use crate::transport::testing::echo;

fn fixture(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/transport/tls/fixtures");
    PathBuf::from(folder).join(name)
}

fn files(pair: [&str; 2], clients: ClientCertificates) -> TlsFiles {
    let [certificate, key] = pair.map(fixture);
    TlsFiles {
        certificate,
        key,
        clients,
    }
}

const SERVER: [&str; 2] = ["server.pem", "server.key"];

struct Running {
    address: SocketAddr,
    metrics: Metrics,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

async fn start(clients: ClientCertificates, proxies: &[&str]) -> Running {
    let tls = Tls::default();
    tls.load(&files(SERVER, clients)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (metrics, stop) = (Metrics::new(), CancellationToken::new());
    let proxies: Vec<_> = proxies.iter().map(|net| net.parse().unwrap()).collect();
    let options = TcpOptions {
        first_query: Duration::from_millis(400),
        idle: Duration::from_millis(400),
        write: Duration::from_millis(400),
        ..TcpOptions::default()
    };
    let shared = Shared::new(
        options,
        AddressSet::new(&proxies),
        echo(),
        metrics.clone(),
        stop.clone(),
    );
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(serve(listener, Some(tls), shared));
    Running {
        address,
        metrics,
        stop,
        tasks,
    }
}

impl Running {
    async fn plain(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn stop(mut self) -> Totals {
        self.stop.cancel();
        let ended = timeout(LONG, self.tasks.join_next()).await.unwrap();
        ended.unwrap().unwrap();
        self.metrics.totals()
    }
}

/// Begins TLS as a client, perhaps with a certificate.
async fn begin(tcp: TcpStream, own: bool) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let certificate = |name| CertificateDer::from_pem_file(fixture(name)).unwrap();
    roots.add(certificate("ca.pem")).unwrap();
    let crypto = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match own {
        false => builder.with_no_client_auth(),
        true => {
            let key = PrivateKeyDer::from_pem_file(fixture("client.key")).unwrap();
            let chain = vec![certificate("client.pem")];
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"dot".to_vec()];
    let name = ServerName::try_from("server.test").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, tcp).await
}

/// Asks, and takes the answer; none if the connection ends in good order.
async fn ask(stream: &mut TlsStream<TcpStream>, question: &str) -> std::io::Result<Option<String>> {
    let mut bytes = u16::try_from(question.len())
        .unwrap()
        .to_be_bytes()
        .to_vec();
    bytes.extend(question.as_bytes());
    stream.write_all(&bytes).await?;
    stream.flush().await?;
    let mut length = [0; 2];
    if stream.read(&mut length[..1]).await? == 0 {
        return Ok(None);
    }
    stream.read_exact(&mut length[1..]).await?;
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut answer).await?;
    Ok(Some(String::from_utf8_lossy(&answer).into_owned()))
}

fn drops(totals: &Totals) -> Vec<(&'static str, u64)> {
    totals.drops().filter(|(_, n)| *n > 0).collect()
}

#[tokio::test]
async fn questions_are_answered_and_the_end_is_said() {
    let running = start(ClientCertificates::Ignored, &[]).await;
    let mut stream = begin(running.plain().await, false).await.unwrap();
    for _ in 0..3 {
        let answer = ask(&mut stream, "hello").await.unwrap().unwrap();
        assert!(answer.starts_with("hello from 127.0.0.1:"), "{answer}");
        let long = ask(&mut stream, "fill 65535").await.unwrap().unwrap();
        assert_eq!(long.len(), 65_535);
    }
    // Without its last word this would be an error: anybody could have cut it.
    let mut rest = [0];
    assert_eq!(stream.read(&mut rest).await.unwrap(), 0);
    let mut stream = begin(running.plain().await, false).await.unwrap();
    assert_eq!(ask(&mut stream, "ignore").await.unwrap(), None);
    let totals = running.stop().await;
    assert_eq!((totals.tcp_accepted, totals.tcp_open), (2, 0));
    assert_eq!(drops(&totals), []);
}

#[tokio::test]
async fn who_cannot_begin_tls_is_shown_out() {
    let running = start(ClientCertificates::Ignored, &[]).await;
    // In the clear, silent, and only looking whether somebody is there.
    let mut clear = running.plain().await;
    clear.write_all(b"\0\x05hello").await.unwrap();
    let mut silent = running.plain().await;
    drop(running.plain().await);
    let mut answer = Vec::new();
    let read = timeout(LONG, clear.read_to_end(&mut answer)).await.unwrap();
    assert!(read.is_err() || !answer.starts_with(b"\0\x05hello"));
    let end = timeout(LONG, silent.read(&mut [0])).await.unwrap();
    assert!(matches!(end, Ok(0) | Err(_)));
    assert_eq!(drops(&running.stop().await), [("timeout", 1), ("tls", 1)]);
}

#[tokio::test]
async fn client_that_never_reads_is_cut_off() {
    let running = start(ClientCertificates::Ignored, &[]).await;
    let mut stream = begin(running.plain().await, false).await.unwrap();
    let question = b"\0\x0afill 65535".repeat(100);
    let sent = timeout(LONG, async {
        while stream.write_all(&question).await.is_ok() && stream.flush().await.is_ok() {}
    });
    sent.await.unwrap();
    let totals = running.stop().await;
    assert_eq!(drops(&totals), [("timeout", 1)]);
    // What the buffers of the system took, and no more.
    assert!(totals.received < 1000, "{}", totals.received);
}

#[tokio::test]
async fn clients_show_certificates_where_they_must() {
    for (clients, expected) in [
        (ClientCertificates::Required(fixture("ca.pem")), false),
        (ClientCertificates::Optional(fixture("ca.pem")), true),
    ] {
        let running = start(clients, &[]).await;
        for (own, expected) in [(true, true), (false, expected)] {
            // A client of TLS 1.3 hears of it after its part is done.
            let answer = match begin(running.plain().await, own).await {
                Ok(mut stream) => ask(&mut stream, "hello").await,
                Err(error) => Err(error),
            };
            assert_eq!(answer.is_ok(), expected, "{own}: {answer:?}");
        }
        let refused = drops(&running.stop().await);
        assert_eq!(refused.is_empty(), expected, "{refused:?}");
    }
}

#[tokio::test]
async fn balancers_name_the_client_before_tls_begins() {
    let running = start(ClientCertificates::Ignored, &["127.0.0.1/32"]).await;
    let mut tcp = running.plain().await;
    let (from, to) = ("192.0.2.7:1000", "198.51.100.1:853");
    let header = header(from.parse().unwrap(), to.parse().unwrap(), &[]);
    tcp.write_all(&header).await.unwrap();
    let mut stream = begin(tcp, false).await.unwrap();
    let answer = ask(&mut stream, "hello").await.unwrap().unwrap();
    assert_eq!(answer, "hello from 192.0.2.7:1000 to 198.51.100.1");
    running.stop().await;
}

#[tokio::test]
async fn nobody_is_spoken_with_before_files_are_read() {
    let tls = Tls::default();
    assert!(tls.current().is_none());
    let mixed = files(["server.pem", "client.key"], ClientCertificates::Ignored);
    assert!(tls.load(&mixed).is_err() && tls.current().is_none());
    tls.load(&files(SERVER, ClientCertificates::Ignored))
        .unwrap();
    let before = tls.current().unwrap();
    assert!(tls.load(&mixed).is_err());
    assert!(Arc::ptr_eq(&before, &tls.current().unwrap()));
}

#[test]
fn what_is_wrong_with_files_is_said() {
    let ignored = || ClientCertificates::Ignored;
    let cases = [
        (
            files(["server.pem", "client.key"], ignored()),
            "is not the one of certificate",
        ),
        (
            files(["server.key", "server.key"], ignored()),
            "has no certificate in it",
        ),
        (
            files(["server.pem", "server.pem"], ignored()),
            "has no key (without a password) in it",
        ),
        (
            files(["none.pem", "server.key"], ignored()),
            "none.pem\" of TLS cannot be read",
        ),
        (
            files(SERVER, ClientCertificates::Required(fixture("client.key"))),
            "client.key\" has no certificate in it",
        ),
    ];
    for (files, expected) in cases {
        let error = Tls::default().load(&files).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_certificate_has_the_names_it_is_for() {
    let der = CertificateDer::from_pem_file(fixture("client.pem")).unwrap();
    let certificate = Certificate::new(der);
    for (name, expected) in [
        ("client.test", true),
        ("Client.Test.", true),
        ("192.0.2.1", true),
        ("server.test", false),
        ("client", false),
        ("192.0.2.2", false),
    ] {
        let name_of = CertificateName::new(name).unwrap();
        assert_eq!(certificate.has_name(&name_of), expected, "{name}");
    }
    assert_eq!(CertificateName::new("no name"), None);
}

const LONG: Duration = Duration::from_secs(10);
