//! The attacks, each with its bounds.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::Context;
use benches::{Mix, Random, pause, question};

use crate::{malformed, silent};

/// What is done to the server.
pub(crate) struct Attack {
    pub(crate) name: String,
    /// Runs it to its end; gives how much was sent.
    pub(crate) run: Box<dyn Fn(SocketAddr) -> anyhow::Result<u64> + Sync>,
}

/// All attacks in order; `scale` is 10 for the full counts and 1 for a tenth of them.
pub(crate) fn all(scale: u32) -> Vec<Attack> {
    let attack = |name: String, run| Attack { name, run };
    let seconds = Duration::from_secs(u64::from(scale));
    let names = u64::from(scale) * 1_000_000;
    let connections = scale as usize * 200;
    vec![
        attack(
            "nothing".to_owned(),
            Box::new(move |_| {
                pause(seconds.min(Duration::from_secs(3)));
                Ok(0)
            }),
        ),
        attack(
            format!("{connections} clients ask by TCP and never read"),
            Box::new(move |server| silent::never_read(server, connections, seconds)),
        ),
        attack(
            format!("{connections} TCP connections with half a message"),
            Box::new(move |server| silent::half_open(server, connections, seconds)),
        ),
        attack(
            format!("malformed packets, {RATE} a second"),
            Box::new(move |server| {
                let mut packets = malformed::Packets::new();
                let count = u64::from(scale) * u64::from(RATE);
                flood(server, count, |packet| packets.next(packet))
            }),
        ),
        attack(
            format!("{names} random names, {RATE} a second"),
            Box::new(move |server| {
                let mut random = Random::new(8);
                flood(server, names, |packet| {
                    let name = Mix::Negative.name_to_ask(&mut random, 0);
                    packet.clear();
                    packet.extend_from_slice(&question(name.as_ref(), true));
                })
            }),
        ),
        attack(
            "nothing, afterwards".to_owned(),
            Box::new(move |_| {
                pause(seconds.min(Duration::from_secs(3)));
                Ok(0)
            }),
        ),
    ]
}

/// Sends this many packets at [`RATE`] from sixteen source ports, and reads no answer.
fn flood(
    server: SocketAddr,
    count: u64,
    mut next: impl FnMut(&mut Vec<u8>),
) -> anyhow::Result<u64> {
    let sockets: std::io::Result<Vec<UdpSocket>> = (1..=16)
        .map(|last| {
            let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 1, last], 0)))?;
            socket.connect(server)?;
            Ok(socket)
        })
        .collect();
    let sockets = sockets.context("open sockets for a flood")?;
    let begin = Instant::now();
    let mut packet = Vec::new();
    let mut sent = 0;
    for socket in sockets.iter().cycle() {
        // In bursts of at most a millisecond: timers are no finer.
        let due = begin.elapsed().as_secs_f64() * f64::from(RATE);
        if sent as f64 > due {
            pause(Duration::from_millis(1));
            continue;
        }
        if sent == count {
            break;
        }
        next(&mut packet);
        // Sending may be refused while the server's buffer is full; the next packet comes anyway.
        drop(socket.send(&packet));
        sent += 1;
    }
    Ok(sent)
}

/// Packets a second of the floods.
const RATE: u32 = 100_000;
