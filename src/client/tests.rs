//! Tests over sockets of this process: a server that does what it is told, once for each request.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tsig::{Algorithm, AnswerFault, Key, Keys, Secret, Session, TsigError, TsigRecord};
use wire::message::Header;
use wire::update::Update;
use wire::{Name, NameRef, Rcode, Rtype, Serial};

use crate::transfer::Incoming;
use crate::{
    Fault, Form, Host, Limits, Opened, Opening, Server, SessionFault, Sessions, Settings, Sink,
    Transfer, Unfit, compose,
};

const NOW: u64 = 1_800_000_000;

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), None).unwrap()
}

fn key(secret: &[u8]) -> Arc<Key> {
    let secret = Secret::new(secret.to_vec());
    Arc::new(Key::new(name("k.").as_ref(), Algorithm::HmacSha256, secret))
}

fn server(port: u16, key: Option<Arc<Key>>) -> Server {
    server_that_waits(port, key, Duration::from_secs(5))
}

fn server_that_waits(port: u16, key: Option<Arc<Key>>, answer: Duration) -> Server {
    Server::new(Settings {
        host: Host::Address(Ipv4Addr::LOCALHOST.into()),
        port,
        tls: None,
        key,
        limits: Limits {
            connect: Duration::from_secs(5),
            answer,
            ..Limits::default()
        },
        clock: || NOW,
    })
}

async fn sockets() -> (UdpSocket, TcpListener, u16) {
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = tcp.local_addr().unwrap().port();
        if let Ok(udp) = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).await {
            return (udp, tcp, port);
        }
    }
}

/// The request as an answer with this code.
fn answered(request: &[u8], rcode: Rcode) -> Vec<u8> {
    let mut answer = request.to_vec();
    answer[2] |= 0x84;
    answer[3] = u8::try_from(rcode.0).unwrap();
    answer
}

async fn read(stream: &mut TcpStream) -> Vec<u8> {
    let length = stream.read_u16().await.unwrap();
    let mut message = vec![0; length.into()];
    stream.read_exact(&mut message).await.unwrap();
    message
}

async fn write(stream: &mut TcpStream, message: &[u8]) {
    let length = u16::try_from(message.len()).unwrap();
    stream.write_u16(length).await.unwrap();
    stream.write_all(message).await.unwrap();
}

#[tokio::test]
async fn strange_datagrams_are_passed_over() {
    let (udp, _tcp, port) = sockets().await;
    let client = server(port, None);
    let serve = async {
        let mut bytes = [0; 512];
        let (length, from) = udp.recv_from(&mut bytes).await.unwrap();
        let request = &bytes[..length];
        let mut other = answered(request, Rcode::NXDOMAIN);
        other[1] ^= 1;
        udp.send_to(&other, from).await.unwrap();
        udp.send_to(request, from).await.unwrap();
        udp.send_to(b"?", from).await.unwrap();
        udp.send_to(&answered(request, Rcode::NOERROR), from)
            .await
            .unwrap();
    };
    let zone = name("example.org.");
    let (answer, ()) = tokio::join!(client.query(zone.as_ref(), Rtype::SOA), serve);
    let answer = answer.unwrap();
    assert_eq!(
        (answer.rcode(), answer.is_authoritative()),
        (Rcode::NOERROR, true)
    );
}

#[tokio::test]
async fn an_answer_that_was_cut_is_asked_for_by_tcp() {
    let (udp, tcp, port) = sockets().await;
    let client = server(port, None);
    let serve = async {
        let mut bytes = [0; 512];
        let (length, from) = udp.recv_from(&mut bytes).await.unwrap();
        let mut cut = answered(&bytes[..length], Rcode::NOERROR);
        cut[2] |= 2;
        udp.send_to(&cut, from).await.unwrap();
        let (mut stream, _) = tcp.accept().await.unwrap();
        let request = read(&mut stream).await;
        write(&mut stream, &answered(&request, Rcode::NXDOMAIN)).await;
    };
    let (answer, ()) = tokio::join!(client.query(NameRef::ROOT, Rtype::NS), serve);
    assert_eq!(answer.unwrap().rcode(), Rcode::NXDOMAIN);
}

#[tokio::test]
async fn a_connection_that_was_ended_is_made_again() {
    let (_udp, tcp, port) = sockets().await;
    let client = server(port, None);
    let serve = async {
        for _ in 0..2 {
            let (mut stream, _) = tcp.accept().await.unwrap();
            let request = read(&mut stream).await;
            write(&mut stream, &answered(&request, Rcode::NOERROR)).await;
        }
        let (mut stream, _) = tcp.accept().await.unwrap();
        drop(read(&mut stream).await);
    };
    let ask = async {
        let request = |id| compose::query(id, NameRef::ROOT, Rtype::SOA);
        client.exchange(request(1)).await.unwrap();
        client.exchange(request(2)).await.unwrap();
        client.exchange(request(3)).await.unwrap_err()
    };
    let (fault, ()) = tokio::join!(ask, serve);
    assert!(matches!(fault, Fault::Closed { .. }), "{fault:?}");
}

#[tokio::test]
async fn nobody_is_waited_for_forever() {
    let (udp, tcp, port) = sockets().await;
    let client = server_that_waits(port, None, Duration::from_millis(50));
    let serve = async {
        let (mut stream, _) = tcp.accept().await.unwrap();
        let _request = read(&mut stream).await;
        std::future::pending::<()>().await;
    };
    let request = compose::query(1, NameRef::ROOT, Rtype::SOA);
    let fault = tokio::select! {
        result = client.exchange(request) => result.unwrap_err(),
        () = serve => unreachable!(),
    };
    assert!(matches!(fault, Fault::Timeout { .. }), "{fault:?}");
    let fault = client.query(NameRef::ROOT, Rtype::SOA).await.unwrap_err();
    assert!(matches!(fault, Fault::Timeout { .. }), "{fault:?}");
    drop(udp);
}

/// Asks with one key what a server answers that has another one, and another time.
async fn signed(secret: &[u8], now: u64) -> Result<Rcode, Fault> {
    let (_udp, tcp, port) = sockets().await;
    let client = server(port, Some(key(b"secret")));
    let mut keys = Keys::default();
    keys.insert(key(secret)).unwrap();
    let serve = async {
        let (mut stream, _) = tcp.accept().await.unwrap();
        let request = read(&mut stream).await;
        let at = TsigRecord::find(&request).unwrap().unwrap();
        let mut answer = answered(&request[..at], Rcode::NOERROR);
        answer[11] = 0;
        let len = answer.len();
        answer.resize(1024, 0);
        let len = match tsig::verify(&request, at, &keys, now) {
            Ok(verified) => verified.sign(&mut answer, len, now).unwrap(),
            Err(refusal) => {
                answer[3] = 9;
                refusal.append(&mut answer, len, now).unwrap()
            }
        };
        write(&mut stream, &answer[..len]).await;
    };
    let request = compose::query(1, NameRef::ROOT, Rtype::SOA);
    let (answer, ()) = tokio::join!(client.exchange(request), serve);
    answer.map(|answer| answer.rcode())
}

#[tokio::test]
async fn answers_are_taken_from_who_knows_the_key_only() {
    assert_eq!(signed(b"secret", NOW).await.unwrap(), Rcode::NOERROR);
    let Fault::Signature { source, .. } = signed(b"other", NOW).await.unwrap_err() else {
        panic!("taken");
    };
    let AnswerFault::Refused { error, .. } = source else {
        panic!("{source:?}");
    };
    assert_eq!(error, TsigError::BADSIG);
    let Fault::Signature { source, now, .. } = signed(b"secret", NOW + 900).await.unwrap_err()
    else {
        panic!("taken");
    };
    let expected = AnswerFault::BadTime {
        server_time: Some(NOW + 900),
        signed: true,
    };
    assert_eq!((source, now), (expected, NOW));
}

/// A session that signs with its name, and takes nothing.
#[derive(Debug)]
struct Named(Name);

impl Session for Named {
    fn name(&self) -> &Name {
        &self.0
    }

    fn sign(&self, _message: &[u8]) -> Vec<u8> {
        self.0.as_bytes().to_vec()
    }

    fn is_signature(&self, _message: &[u8], _mac: &[u8]) -> bool {
        false
    }
}

/// Makes sessions with one name after the other, at most so many.
#[derive(Debug)]
struct Names(std::sync::Mutex<Vec<&'static str>>);

impl Sessions for Names {
    fn open<'a>(&'a self, _server: &'a Server) -> Opening<'a> {
        let next = self.0.lock().unwrap().pop();
        Box::pin(async move {
            let next = next.ok_or_else(|| SessionFault {
                hint: None,
                is_refusal: true,
                source: "there are no more names".into(),
            })?;
            Ok(Opened {
                session: Arc::new(Named(name(next))),
                until: NOW + 600,
            })
        })
    }
}

/// The request as an answer of who does not know its key.
fn unknown_key(request: &[u8]) -> Vec<u8> {
    let at = TsigRecord::find(request).unwrap().unwrap();
    let signed = TsigRecord::read(request, at).unwrap();
    let mut answer = answered(&request[..at], Rcode::NOTAUTH);
    answer.extend_from_slice(signed.name.as_bytes());
    let length = u8::try_from(signed.algorithm.len() + 16).unwrap();
    answer.extend_from_slice(&[0, 250, 0, 255, 0, 0, 0, 0, 0, length]);
    answer.extend_from_slice(signed.algorithm.as_bytes());
    answer.extend_from_slice(&[0; 14]);
    let error = answer.len() - 2;
    answer[error..].copy_from_slice(&TsigError::BADKEY.0.to_be_bytes());
    answer.extend_from_slice(&[0, 0]);
    answer
}

#[tokio::test]
async fn a_session_that_the_server_has_lost_is_made_anew_once() {
    let (_udp, tcp, port) = sockets().await;
    let names = Names(std::sync::Mutex::new(vec!["two.", "one."]));
    let client = server(port, None).with_sessions(Arc::new(names));
    let update = Update {
        zone: name("example.org."),
        prerequisites: Vec::new(),
        operations: Vec::new(),
    };
    let update = compose::update(7, &update).unwrap();
    let serve = async {
        let mut seen = Vec::new();
        // What is no update is not signed; the server loses both sessions, and repeats signatures.
        for step in 0..5 {
            let (mut stream, _) = tcp.accept().await.unwrap();
            let request = read(&mut stream).await;
            let at = TsigRecord::find(&request).unwrap();
            let key = at.map(|at| TsigRecord::read(&request, at).unwrap().name);
            seen.push(key.map(|key| key.to_string()).unwrap_or_default());
            let answer = match step {
                1 | 4 => unknown_key(&request),
                0 => answered(&request, Rcode::NOERROR),
                _ => answered(&request, Rcode::REFUSED),
            };
            write(&mut stream, &answer).await;
        }
        seen
    };
    let ask = async {
        let query = compose::query(1, NameRef::ROOT, Rtype::SOA);
        client.exchange(query).await.unwrap();
        let mut faults = Vec::new();
        for _ in 0..3 {
            faults.push(client.exchange(update.clone()).await.unwrap_err());
        }
        faults
    };
    let (faults, seen) = tokio::join!(ask, serve);
    assert_eq!(seen, ["", "one.", "two.", "two.", "two."]);
    let echoed = AnswerFault::Echoed {
        rcode: Rcode::REFUSED,
    };
    for fault in &faults[..2] {
        assert!(
            matches!(fault, Fault::Signature { source, .. } if *source == echoed),
            "{fault:?}"
        );
    }
    let Fault::Session { source, .. } = &faults[2] else {
        panic!("{faults:?}");
    };
    assert_eq!(source.to_string(), "there are no more names");
}

#[tokio::test]
async fn resolvers_are_asked_to_ask_others() {
    let (udp, _tcp, port) = sockets().await;
    let client = server(port, None);
    let serve = async {
        let mut bytes = [0; 512];
        let (length, from) = udp.recv_from(&mut bytes).await.unwrap();
        assert_eq!(bytes[2], 1);
        let answer = answered(&bytes[..length], Rcode::NXDOMAIN);
        udp.send_to(&answer, from).await.unwrap();
    };
    let (answer, ()) = tokio::join!(client.resolve(NameRef::ROOT, Rtype::SRV), serve);
    assert_eq!(answer.unwrap().rcode(), Rcode::NXDOMAIN);
}

/// Counts what comes.
#[derive(Debug, Default)]
struct Count {
    begun: Vec<Form>,
    added: usize,
}

impl Sink for Count {
    fn begin(&mut self, form: Form) {
        self.begun.push(form);
        self.added = 0;
    }

    fn add(&mut self, _record: Incoming<'_>) -> Result<(), Unfit> {
        self.added += 1;
        Ok(())
    }

    fn remove(&mut self, _record: Incoming<'_>) -> Result<(), Unfit> {
        Ok(())
    }
}

#[tokio::test]
async fn who_cannot_tell_what_has_changed_is_asked_for_all() {
    let (_udp, tcp, port) = sockets().await;
    let client = server(port, None);
    let zone = name("example.org.");
    let mut soa = zone.as_bytes().to_vec();
    soa.extend(b"\0\x06\0\x01\0\0\0\x3C\0\x16\0\0\0\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let serve = async {
        let (mut stream, _) = tcp.accept().await.unwrap();
        let request = read(&mut stream).await;
        assert_eq!(Header::read(&request).unwrap().counts, [1, 0, 1, 0]);
        write(&mut stream, &answered(&request, Rcode::NOTIMP)).await;
        let (mut stream, _) = tcp.accept().await.unwrap();
        let request = read(&mut stream).await;
        let mut first = answered(&request, Rcode::NOERROR);
        first[7] = 1;
        first.extend(&soa);
        let mut second = answered(&request, Rcode::NOERROR);
        second[7] = 1;
        second.extend(b"\xC0\x0C\0\x02\0\x01\0\0\0\x3C\0\x02\xC0\x0C");
        for message in [&first, &second, &first] {
            write(&mut stream, message).await;
        }
    };
    let mut count = Count::default();
    let ask = client.transfer(zone.as_ref(), Some(Serial(4)), &mut count);
    let (result, ()) = tokio::join!(ask, serve);
    assert_eq!(result.unwrap(), Transfer::Whole(Serial(5)));
    assert_eq!((count.begun, count.added), (vec![Form::Whole], 2));
}
