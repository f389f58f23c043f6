//! One exchange by UDP: from a port of its own, taken from that address only, asked twice.
//!
//! Who can send packets in the server's name can guess number and port; so what does not fit is not
//! an error, and the wait goes on until the time is over (RFC 5452 §9, RFC 8945 §5.3).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};
use tsig::RequestMac;

use super::Server;
use crate::answer::Answer;
use crate::error::Fault;

impl Server {
    pub(super) async fn exchange_by_udp(&self, request: Vec<u8>) -> Result<Answer, Fault> {
        let addresses = self.addresses().await?;
        let (request, mac) = self.sign(request)?;
        let part = self.settings.limits.answer / ATTEMPTS;
        let mut last = Fault::Timeout {
            server: self.label.clone(),
            limit: self.settings.limits.answer,
        };
        // A name may have several addresses; each attempt takes the next one.
        let attempts = addresses.iter().cycle().take(match addresses.len() {
            0 => 0,
            _ => ATTEMPTS as usize,
        });
        for address in attempts {
            let until = Instant::now() + part;
            match self.attempt(*address, until, &request, mac.as_ref()).await {
                Ok(answer) => return Ok(answer),
                Err(Some(fault)) => last = fault,
                Err(None) => {}
            }
        }
        Err(last)
    }

    /// Sends and waits. No fault means that nothing at all came.
    async fn attempt(
        &self,
        address: SocketAddr,
        until: Instant,
        request: &[u8],
        mac: Option<&RequestMac>,
    ) -> Result<Answer, Option<Fault>> {
        let broken = |source: io::Error| {
            Some(Fault::Broken {
                server: self.label.clone(),
                source,
            })
        };
        let any: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        // Port 0: the kernel chooses one at random.
        let socket = UdpSocket::bind((any, 0)).await.map_err(broken)?;
        socket.connect(address).await.map_err(broken)?;
        socket.send(request).await.map_err(broken)?;
        let mut last = None;
        let mut bytes = vec![0; MAX_DATAGRAM];
        loop {
            let length = match timeout_at(until, socket.recv(&mut bytes)).await {
                Ok(Ok(length)) => length,
                Ok(Err(error)) => return Err(broken(error)),
                Err(_) => return Err(last),
            };
            let message = bytes.get(..length).unwrap_or_default().to_vec();
            let verify = |message: &[u8], now| match mac {
                Some(mac) => mac.verify_answer(message, now),
                None => Ok(()),
            };
            match self.judge(request, message, verify) {
                Ok(answer) => return Ok(answer),
                // Who knows the key has judged, so no better answer will come.
                Err(fault @ Fault::Signature { source, .. }) if source.is_signed() => {
                    return Err(Some(fault));
                }
                Err(fault) => last = Some(fault),
            }
        }
    }
}

/// How often a question is sent.
const ATTEMPTS: u32 = 2;

/// The largest datagram there is.
const MAX_DATAGRAM: usize = 65_535;
