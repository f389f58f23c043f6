//! Whom a client trusts, and who it says it is.

use std::net::SocketAddr;
use std::sync::Arc;

use plan::ErrorKind;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::{Http, Retry, Setup, Tls, Web};

const CA: &[u8] = include_bytes!("../../server/transport/tls/fixtures/ca.pem");
const SERVER: &[u8] = include_bytes!("../../server/transport/tls/fixtures/server.pem");
const SERVER_KEY: &[u8] = include_bytes!("../../server/transport/tls/fixtures/server.key");
const CLIENT: &[u8] = include_bytes!("../../server/transport/tls/fixtures/client.pem");
const CLIENT_KEY: &[u8] = include_bytes!("../../server/transport/tls/fixtures/client.key");

/// A server that says "ok" to whoever may talk to it; with `known`, to those with a certificate only.
async fn server(known: bool) -> (SocketAddr, JoinSet<()>) {
    drop(rustls::crypto::ring::default_provider().install_default());
    let builder = ServerConfig::builder();
    let builder = match known {
        false => builder.with_no_client_auth(),
        true => {
            let mut roots = RootCertStore::empty();
            roots
                .add(CertificateDer::from_pem_slice(CA).unwrap())
                .unwrap();
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots))
                .build()
                .unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let chain = vec![CertificateDer::from_pem_slice(SERVER).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(SERVER_KEY).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = [0; 1024];
            if stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
                stream.write_all(answer).await.unwrap();
                drop(stream.shutdown().await);
            }
        }
    });
    (address, tasks)
}

/// Whether clients must be known, what is set up, the host that is asked, what comes of it.
#[tokio::test]
async fn who_is_trusted_is_talked_to() {
    let trusted = || Tls {
        trusted: Some(CA.to_vec()),
        ..Tls::default()
    };
    let insecure = Tls {
        insecure: true,
        ..Tls::default()
    };
    let known = Tls {
        identity: Some([CLIENT, CLIENT_KEY].concat()),
        ..trusted()
    };
    let untrusted = Err("its certificate is not trusted");
    for (closed, mut tls, host, outcome) in [
        (false, Tls::default(), "server.test", untrusted),
        (false, trusted(), "server.test", Ok("ok")),
        (false, trusted(), "other.test", untrusted),
        (false, insecure, "other.test", Ok("ok")),
        (true, known, "server.test", Ok("ok")),
        (true, trusted(), "server.test", Err("the connection broke")),
    ] {
        let (address, _tasks) = server(closed).await;
        tls.server_name = Some((host.to_owned(), vec![address]));
        let setup = Setup {
            tls,
            ..Setup::default()
        };
        let http = Http::with("test", &setup).unwrap();
        let web = Web::new(http, &format!("https://{host}:{}", address.port())).unwrap();
        let found = web.retry(Retry::NEVER).get("ask", &["x"]).text().await;
        let found = found.map_err(|error| (error.kind, error.message));
        match outcome {
            Ok(text) => assert_eq!(found, Ok(text.to_owned()), "{host}"),
            Err(message) => {
                let (kind, said) = found.unwrap_err();
                assert!(said.starts_with(message), "{host}: {said}");
                let wrong = kind == ErrorKind::Config;
                assert_eq!(wrong, message != "the connection broke", "{host}: {said}");
            }
        }
    }
}

#[test]
fn what_is_no_certificate_is_told() {
    for tls in [
        Tls {
            trusted: Some(b"s3cret".to_vec()),
            ..Tls::default()
        },
        Tls {
            identity: Some(b"s3cret".to_vec()),
            ..Tls::default()
        },
    ] {
        let shown = format!("{tls:?}");
        let setup = Setup {
            tls,
            ..Setup::default()
        };
        let made = Http::with("test", &setup).map(drop);
        let error = made.unwrap_err();
        assert_eq!(error.to_string(), r#"set up HTTP for provider "test""#);
        assert!(!format!("{error:?}{shown}").contains("s3cret"));
    }
}
