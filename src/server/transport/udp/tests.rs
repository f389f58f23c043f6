//! The UDP path over real sockets of the loopback interface.

use std::collections::HashSet;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use super::*;
use crate::address::AddressSet;
use crate::listen::prepare_udp;
use crate::metrics::{Metrics, Totals};
use crate::transport::gso::{Gso, Segmenter};
use crate::transport::mmsg::{Calls, Inbox, Outbox, Room, Sent, Wait, set_option};
use crate::transport::proxy::tests::header;
use crate::transport::testing::echo;

/// A socket to be served.
struct Setup {
    socket: UdpSocket,
    options: UdpOptions,
    proxies: Vec<ipnet::IpNet>,
    calls: Calls,
}

/// A worker that serves until it is stopped.
struct Running {
    address: SocketAddr,
    metrics: Metrics,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

fn setup(address: &str) -> Setup {
    let socket = UdpSocket::bind(address).unwrap();
    Setup {
        socket: prepared(socket),
        options: UdpOptions::default(),
        proxies: Vec::new(),
        calls: Calls::Batched,
    }
}

/// The socket as a server sets it up, but that waits end by themselves: nobody shuts it down.
fn prepared(socket: UdpSocket) -> UdpSocket {
    prepare_udp(&socket, socket.local_addr().unwrap(), 1 << 20).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    socket
}

impl Setup {
    fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    fn start(self) -> Running {
        let metrics = Metrics::new();
        let shared = Arc::new(Shared {
            options: self.options,
            proxies: AddressSet::new(&self.proxies),
            make: echo(),
            stop: AtomicBool::new(false),
        });
        let address = self.socket.local_addr().unwrap();
        let (ours, counts) = (Arc::clone(&shared), metrics.worker());
        let (socket, calls) = (self.socket, self.calls);
        let thread = std::thread::spawn(move || {
            let worker = Worker::with_calls(socket, ours, counts, calls);
            worker.unwrap().run();
        });
        Running {
            address,
            metrics,
            shared,
            thread: Some(thread),
        }
    }
}

impl Running {
    /// Ends the worker and gives its counts.
    fn stop(mut self) -> Totals {
        self.shared.stop.store(true, Relaxed);
        self.thread.take().unwrap().join().unwrap();
        self.metrics.totals()
    }
}

/// A client that hears only the address it asks.
fn client(from: &str, to: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind(from).unwrap();
    socket.connect(to).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    socket
}

fn ask(client: &UdpSocket, request: &str) -> String {
    client.send(request.as_bytes()).unwrap();
    hear(client)
}

fn hear(client: &UdpSocket) -> String {
    let mut reply = [0; 4096];
    let len = client.recv(&mut reply).unwrap();
    String::from_utf8_lossy(&reply[..len]).into_owned()
}

fn drops(totals: &Totals) -> Vec<(&'static str, u64)> {
    totals.drops().filter(|(_, n)| *n > 0).collect()
}

#[test]
fn many_clients_of_a_batch_get_their_own_answers() {
    for (address, calls) in [
        ("127.0.0.1:0", Calls::Batched),
        ("127.0.0.1:0", Calls::Single),
        ("[::1]:0", Calls::Batched),
    ] {
        let setup = Setup {
            calls,
            ..setup(address)
        };
        let to = setup.address();
        let clients: Vec<_> = (0..50).map(|_| client(address, to)).collect();
        for (number, client) in clients.iter().enumerate() {
            client.send(format!("first {number}").as_bytes()).unwrap();
        }
        let running = setup.start();
        for (number, client) in clients.iter().enumerate() {
            let own = client.local_addr().unwrap();
            assert_eq!(hear(client), format!("first {number} from {own} to -"));
            assert_eq!(ask(client, "again"), format!("again from {own} to -"));
        }
        let totals = running.stop();
        assert_eq!((totals.received, totals.sent), (100, 100), "{calls:?}");
        assert_eq!(drops(&totals), []);
    }
}

#[test]
fn wildcard_socket_answers_from_the_address_asked() {
    for calls in [Calls::Batched, Calls::Single] {
        let running = Setup {
            calls,
            ..setup("0.0.0.0:0")
        }
        .start();
        for host in [[127, 0, 0, 1], [127, 0, 0, 2], [127, 9, 9, 9]] {
            let to = SocketAddr::from((host, running.address.port()));
            let client = client("127.0.0.1:0", to);
            let expected = format!("x from {} to {}", client.local_addr().unwrap(), to.ip());
            assert_eq!(ask(&client, "x"), expected);
        }
        running.stop();
    }
    let running = setup("[::]:0").start();
    let to = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], running.address.port()));
    let client = client("[::1]:0", to);
    assert!(ask(&client, "x").ends_with(" to ::1"));
    running.stop();
}

#[test]
fn socket_for_both_families_sees_v4_clients() {
    let socket = socket2::Socket::new(socket2::Domain::IPV6, socket2::Type::DGRAM, None).unwrap();
    socket.set_only_v6(false).unwrap();
    let any = SocketAddr::from(([0_u16; 8], 0));
    socket.bind(&any.into()).unwrap();
    let running = Setup {
        socket: prepared(UdpSocket::from(socket)),
        ..setup("127.0.0.1:0")
    }
    .start();
    let to = SocketAddr::from(([127, 0, 0, 3], running.address.port()));
    let client = client("127.0.0.1:0", to);
    let expected = format!("x from {} to 127.0.0.3", client.local_addr().unwrap());
    assert_eq!(ask(&client, "x"), expected);
    running.stop();
}

#[test]
fn of_a_datagram_beyond_the_limit_the_core_sees_the_header_alone() {
    let mut setup = setup("127.0.0.1:0");
    setup.options.largest_request = 100;
    let client = client("127.0.0.1:0", setup.address());
    for request in ["one", &"x".repeat(1000), "two"] {
        client.send(request.as_bytes()).unwrap();
    }
    let running = setup.start();
    let heard: HashSet<_> = [hear(&client), hear(&client), hear(&client)]
        .map(|reply| reply.split(' ').next().unwrap().to_owned())
        .into();
    let header = "x".repeat(12);
    assert_eq!(heard, HashSet::from(["one".into(), "two".into(), header]));
    assert_eq!(drops(&running.stop()), []);
}

#[test]
fn request_that_panics_costs_itself_alone() {
    let setup = setup("127.0.0.1:0");
    let client = client("127.0.0.1:0", setup.address());
    for request in ["one", "panic", "ignore", "two", "panic"] {
        client.send(request.as_bytes()).unwrap();
    }
    let running = setup.start();
    assert!(hear(&client).starts_with("one"));
    assert!(hear(&client).starts_with("two"));
    assert!(ask(&client, "three").starts_with("three"));
    let totals = running.stop();
    assert_eq!((totals.panics, totals.sent), (2, 3));
    assert_eq!(drops(&totals), [("panic", 2)]);
}

#[test]
fn named_peers_speak_for_their_clients() {
    let mut setup = setup("127.0.0.1:0");
    setup.proxies = vec!["127.0.0.7/32".parse().unwrap()];
    let to = setup.address();
    let running = setup.start();
    let named = client("127.0.0.7:0", to);
    let from = "192.0.2.9:1234".parse().unwrap();
    let mut request = header(from, "198.51.100.1:53".parse().unwrap(), &[]);
    request.extend(b"hello");
    named.send(&request).unwrap();
    assert_eq!(hear(&named), "hello from 192.0.2.9:1234 to 198.51.100.1");
    // Neither a request without a header from a named peer, nor a header from another one.
    named.send(b"bare").unwrap();
    let other = client("127.0.0.1:0", to);
    other.send(&request).unwrap();
    assert!(ask(&other, "plain").starts_with("plain from 127.0.0.1"));
    let totals = running.stop();
    assert_eq!(drops(&totals), [("proxy", 2)]);
}

#[test]
fn our_own_answers_do_not_come_back() {
    let setup = setup("127.0.0.1:0");
    setup.socket.send_to(b"hello", setup.address()).unwrap();
    let running = setup.start();
    let client = client("127.0.0.1:0", running.address);
    ask(&client, "after");
    assert_eq!(drops(&running.stop()), [("source", 1)]);
}

#[test]
fn unsendable_answer_does_not_stop_the_others() {
    let mut setup = setup("127.0.0.1:0");
    setup.options.largest_answer = 70_000;
    let client = client("127.0.0.1:0", setup.address());
    // No datagram is that long.
    for request in ["one", "fill 66000", "two"] {
        client.send(request.as_bytes()).unwrap();
    }
    let running = setup.start();
    assert!(hear(&client).starts_with("one"));
    assert!(hear(&client).starts_with("two"));
    assert_eq!(drops(&running.stop()), [("send_error", 1)]);
}

#[test]
fn requests_that_have_arrived_are_answered_at_the_stop() {
    let setup = setup("127.0.0.1:0");
    let client = client("127.0.0.1:0", setup.address());
    for number in 0..100 {
        client.send(format!("{number}").as_bytes()).unwrap();
    }
    let totals = setup.start().stop();
    assert_eq!(totals.sent, 100);
}

#[test]
fn bursts_of_one_client_leave_in_runs() {
    for mode in [Gso::On, Gso::Auto] {
        for address in ["127.0.0.1:0", "0.0.0.0:0"] {
            let mut setup = setup(address);
            setup.options.gso = mode;
            assert_eq!(burst(setup), 32, "{mode:?} at {address}");
        }
    }
}

#[test]
fn refusal_to_segment_is_made_good_and_remembered() {
    let mut setup = setup("127.0.0.1:0");
    setup.options.gso = Gso::On;
    set_option(setup.socket.as_fd(), libc::SOL_SOCKET, libc::SO_NO_CHECK, 1).unwrap();
    assert_eq!(burst(setup), 32);
}

#[test]
fn run_is_one_message_that_the_system_cuts() {
    let setup = setup("0.0.0.0:0");
    let socket = setup.socket.as_fd();
    let to = SocketAddr::from(([127, 0, 0, 1], setup.address().port()));
    let client = client("127.0.0.1:0", to);
    let room = Room {
        batch: 32,
        request: 512,
        reply: 512,
    };
    let mut inbox = Inbox::new(room, Calls::Batched, true);
    let mut outbox = Outbox::new(room.batch, Calls::Batched);
    for _ in 0..32 {
        client.send(b"hello").unwrap();
    }
    assert_eq!(inbox.receive(socket, Wait::First).unwrap(), 32);
    for (slot, fill) in inbox.slots_mut().iter_mut().zip(0..) {
        slot.reply[..100].fill(fill);
        slot.reply_len = 100;
    }
    let mut segmenter = Segmenter::new(Gso::On);
    let plan = segmenter.plan(&inbox).unwrap();
    assert_eq!(plan.runs, [32]);
    let sent = outbox.send_runs(socket, &inbox, &plan.order, &plan.runs);
    let expected = Sent {
        answers: 32,
        bytes: 3200,
        ..Sent::default()
    };
    assert_eq!(sent, expected);
    for fill in 0..32 {
        let mut reply = [0; 512];
        assert_eq!(client.recv(&mut reply).unwrap(), 100);
        assert_eq!(reply[..100], [fill; 100]);
    }
    // The kernel does not segment what it may not put checksums on.
    set_option(socket, libc::SOL_SOCKET, libc::SO_NO_CHECK, 1).unwrap();
    let sent = outbox.send_runs(socket, &inbox, &plan.order, &plan.runs);
    let expected = Sent {
        unsegmented: 32,
        ..Sent::default()
    };
    assert_eq!(sent, expected);
}

/// Has one client ask 32 times before the worker begins, and counts different answers.
fn burst(setup: Setup) -> usize {
    let to = SocketAddr::from(([127, 0, 0, 1], setup.address().port()));
    let client = client("127.0.0.1:0", to);
    for number in 10..42 {
        client.send(format!("{number}").as_bytes()).unwrap();
    }
    let running = setup.start();
    let heard: HashSet<_> = (0..32).map(|_| hear(&client)).collect();
    for number in 10..30 {
        assert!(ask(&client, &number.to_string()).starts_with(&number.to_string()));
    }
    let totals = running.stop();
    assert_eq!((totals.received, totals.sent), (52, 52));
    assert_eq!(drops(&totals), []);
    heard.len()
}
