//! Listening, and the words for why it does not work.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

use super::*;
use crate::options::{Listen, Options};

fn options(addresses: &[&str]) -> Options {
    Options {
        listen: addresses
            .iter()
            .map(|address| Listen::required(address.parse().unwrap()))
            .collect(),
        ..Options::default()
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn udp_and_tcp_listen_on_one_port_that_is_told() {
    for workers in [1, 4] {
        let mut options = options(&["127.0.0.1:0", "[::1]:0"]);
        options.udp.workers = workers;
        let bound = bind(&mut options).unwrap();
        assert_eq!(bound.addresses.len(), 2);
        for (at, real) in bound.addresses.iter().enumerate() {
            assert_ne!(real.port(), 0);
            assert_eq!(bound.tcp[at].local_addr().unwrap(), *real);
            assert_eq!(bound.udp[at].len(), workers);
            for udp in &bound.udp[at] {
                assert_eq!(udp.local_addr().unwrap(), *real);
            }
        }
    }
}

#[test]
fn same_address_twice_is_one_listener() {
    let bound = bind(&mut options(&["127.0.0.1:0"])).unwrap();
    let real = bound.addresses[0].to_string();
    drop(bound);
    let bound = bind(&mut options(&[&real, &real])).unwrap();
    assert_eq!((bound.tcp.len(), bound.udp.len()), (1, 1));
}

#[test]
fn port_of_a_running_server_is_taken_however_many_workers_want_it() {
    let mut first = options(&["127.0.0.1:0"]);
    first.udp.workers = 2;
    let bound = bind(&mut first).unwrap();
    let real = bound.addresses[0];
    for (wanted, workers) in [
        (real.to_string(), 2),
        (format!("0.0.0.0:{}", real.port()), 1),
    ] {
        let mut second = options(&[&wanted]);
        second.udp.workers = workers;
        let error = bind(&mut second).unwrap_err();
        let BindError::Taken {
            holder: Some(holder),
            ..
        } = &error
        else {
            panic!("{error:?}");
        };
        assert_eq!(holder.address, real);
        let process = holder.process.as_ref().unwrap();
        assert_eq!(process.id, std::process::id());
        let text = error.to_string();
        assert!(
            text.contains("two of the addresses to listen on overlap"),
            "{text}"
        );
    }
}

#[test]
fn port_taken_for_udp_alone_is_noticed() {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let wanted = udp.local_addr().unwrap().to_string();
    let error = bind(&mut options(&[&wanted])).unwrap_err();
    assert!(error.is_taken(), "{error:?}");
}

#[test]
fn address_of_another_machine_is_refused() {
    let error = bind(&mut options(&["192.0.2.77:0"])).unwrap_err();
    insta::assert_snapshot!(error, @"listen on 192.0.2.77:0: this machine has no such address; `ip address` lists those it has");
    // Who has no zones needs no sockets.
    assert!(bind(&mut options(&[])).is_ok());
}

#[test]
fn inherited_sockets_are_served_as_what_they_are() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let real = tcp.local_addr().unwrap();
    let udp = UdpSocket::bind(real).unwrap();
    let mut options = Options {
        inherited: vec![udp.into(), tcp.into()],
        ..options(&[])
    };
    options.udp.workers = 3;
    // What is there already is not opened again.
    options.listen = vec![real.into()];
    let bound = bind(&mut options).unwrap();
    assert_eq!(bound.addresses, [real]);
    assert_eq!(
        (bound.tcp.len(), bound.udp.len(), bound.udp[0].len()),
        (1, 1, 3)
    );
}

#[test]
fn an_inherited_stream_at_the_port_of_tls_speaks_tls() {
    let tls = TcpListener::bind("127.0.0.1:0").unwrap();
    let real = tls.local_addr().unwrap();
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = SocketAddr::from(([127, 0, 0, 9], real.port()));
    let mut options = Options {
        inherited: vec![tls.into(), plain.into()],
        // The one is there already, the other is opened.
        listen_tls: vec![real, other],
        ..options(&[])
    };
    let bound = bind(&mut options).unwrap();
    assert_eq!(bound.tls_addresses, [real, other]);
    assert_eq!((bound.tls.len(), bound.tcp.len()), (2, 1));
}

#[test]
fn a_port_taken_from_tls_names_its_flag() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = Options {
        listen_tls: vec![tcp.local_addr().unwrap()],
        ..options(&[])
    };
    let error = bind(&mut options).unwrap_err();
    assert!(matches!(error, BindError::Taken { flag, .. } if flag == "--listen-tls"));
}

#[test]
fn inherited_sockets_of_other_kinds_are_refused() {
    let stream = || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap()
    };
    let unix = std::os::unix::net::UnixDatagram::unbound().unwrap();
    let file = std::fs::File::open("/dev/null").unwrap();
    let unbound = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    let cases: [(OwnedFd, &str); 4] = [
        (
            stream().into(),
            "inherited socket 0: a stream that does not listen",
        ),
        (unix.into(), "inherited socket 0: neither IPv4 nor IPv6"),
        (file.into(), "inherited socket 0: not a socket"),
        (unbound.into(), "inherited socket 0: not bound to a port"),
    ];
    for (fd, expected) in cases {
        let mut options = Options {
            inherited: vec![fd],
            ..options(&[])
        };
        assert_eq!(bind(&mut options).unwrap_err().to_string(), expected);
    }
}

#[test]
fn messages_say_what_to_do() {
    let source = || io::Error::from_raw_os_error(libc::EADDRINUSE);
    let taken = |held: &str, process: Option<(&str, u32)>| BindError::Taken {
        address: address("0.0.0.0:53"),
        holder: Some(Holder {
            address: address(held),
            process: process.map(|(name, id)| Process {
                name: name.into(),
                id,
            }),
        }),
        flag: "--listen",
        source: source(),
    };
    insta::assert_snapshot!(taken("127.0.0.53:53", Some(("systemd-resolve", 512))), @r#"listen on 0.0.0.0:53: port taken by "systemd-resolve" (process 512, on 127.0.0.53:53); that is the stub of systemd-resolved: listen on the addresses of this machine instead of all, or set DNSStubListener=no in /etc/systemd/resolved.conf and restart systemd-resolved"#);
    insta::assert_snapshot!(taken("127.0.0.53:53", None), @"listen on 0.0.0.0:53: port taken by a process on 127.0.0.53:53; that is the stub of systemd-resolved: listen on the addresses of this machine instead of all, or set DNSStubListener=no in /etc/systemd/resolved.conf and restart systemd-resolved");
    insta::assert_snapshot!(taken("192.0.2.1:53", Some(("named", 813))), @r#"listen on 0.0.0.0:53: port taken by "named" (process 813, on 192.0.2.1:53); stop it or choose another address or port with --listen"#);
    insta::assert_snapshot!(taken("0.0.0.0:53", None), @"listen on 0.0.0.0:53: port taken by a process on 0.0.0.0:53; stop it or choose another address or port with --listen");
    let unseen = BindError::Taken {
        address: address("0.0.0.0:53"),
        holder: None,
        flag: "--listen-tls",
        source: source(),
    };
    insta::assert_snapshot!(unseen, @"listen on 0.0.0.0:53: port taken; stop it or choose another address or port with --listen-tls (`ss -lntup sport = :53` shows who has it)");
    let denied = BindError::Denied {
        address: address("0.0.0.0:53"),
        flag: "--listen",
        source: source(),
    };
    insta::assert_snapshot!(denied, @"listen on 0.0.0.0:53: ports below 1024 need the capability CAP_NET_BIND_SERVICE; grant it (`setcap cap_net_bind_service=+ep` on the binary, AmbientCapabilities= in systemd, capabilities.add in Kubernetes) or use a high port, such as `--listen 127.0.0.1:5353`");
    let v6 = BindError::NoIpv6 {
        address: address("[::]:53"),
        source: source(),
    };
    insta::assert_snapshot!(v6, @"listen on [::]:53: IPv6 is switched off on this machine; leave the address out or listen on an IPv4 address");
}

#[test]
fn errors_of_the_system_are_told_apart() {
    let cases = [
        (
            libc::EAFNOSUPPORT,
            "[2001:db8::1]:53",
            "IPv6 is switched off",
        ),
        (libc::EADDRNOTAVAIL, "[::1]:53", "IPv6 is switched off"),
        (libc::EADDRNOTAVAIL, "[::]:53", "IPv6 is switched off"),
        (libc::EADDRNOTAVAIL, "[2001:db8::1]:53", "no such address"),
        (libc::EADDRNOTAVAIL, "192.0.2.1:53", "no such address"),
        (libc::EACCES, "192.0.2.1:53", "CAP_NET_BIND_SERVICE"),
        (
            libc::EACCES,
            "192.0.2.1:5353",
            "listen on 192.0.2.1:5353: bind",
        ),
        (
            libc::ENOBUFS,
            "192.0.2.1:53",
            "listen on 192.0.2.1:53: bind",
        ),
    ];
    for (code, text, expected) in cases {
        let error = socket::refused(address(text), "bind", io::Error::from_raw_os_error(code));
        assert!(error.to_string().contains(expected), "{error}");
    }
}
