//! Zone transfers over a connection of their own.

use tokio::time::{Instant, timeout_at};
use tsig::AnswerStream;
use wire::{NameRef, Serial};

use super::Server;
use super::connection::Connection;
use crate::compose;
use crate::error::Fault;
use crate::transfer::{Reader, Sink, Transfer, Wanted};

impl Server {
    /// Transfers a zone: what has changed since `have`, if that is given and the server can tell, else
    /// all of it. Records go to the sink as they come; what it has got counts once this says so.
    ///
    /// # Errors
    /// When no transfer came to its end.
    pub async fn transfer(
        &self,
        zone: NameRef<'_>,
        have: Option<Serial>,
        sink: &mut dyn Sink,
    ) -> Result<Transfer, Fault> {
        if let Some(have) = have {
            match self.attempt_transfer(zone, Wanted::Since(have), sink).await {
                // RFC 1995 §4: who does not know how to give the difference gives all.
                Err(Fault::Transfer { .. } | Fault::Closed { .. }) => {}
                result => return result,
            }
        }
        self.attempt_transfer(zone, Wanted::Whole, sink).await
    }

    async fn attempt_transfer(
        &self,
        zone: NameRef<'_>,
        wanted: Wanted,
        sink: &mut dyn Sink,
    ) -> Result<Transfer, Fault> {
        let limits = self.settings.limits;
        let until = Instant::now() + limits.transfer;
        let id = self.id()?;
        let request = match wanted {
            Wanted::Whole => compose::query(id, zone, wire::Rtype::AXFR),
            Wanted::Since(have) => compose::ixfr(id, zone, have),
        };
        let (request, mac) = self.sign(request)?;
        let mut stream = mac.map(tsig::RequestMac::into_stream);
        let mut connection = self.connect().await?;
        let first = (Instant::now() + limits.answer).min(until);
        self.in_time(first, connection.write(&request)).await?;
        let mut reader = Reader::new(zone, id, wanted);
        let (mut message, mut bytes) = (Vec::new(), 0);
        loop {
            self.next(&mut connection, &mut message, until).await?;
            bytes += message.len() as u64;
            if bytes > limits.transfer_bytes {
                return Err(Fault::Excess {
                    server: self.label.clone(),
                    limit: limits.transfer_bytes,
                });
            }
            if let Some(stream) = &mut stream {
                let now = self.now();
                let verified = stream.verify(&message, now);
                verified.map_err(|source| self.unsigned(source, now))?;
            }
            let read = reader.read(&message, sink);
            let ended = read.map_err(|source| Fault::Transfer {
                server: self.label.clone(),
                source,
            })?;
            if let Some(transfer) = ended {
                let signed = stream.map_or(Ok(()), AnswerStream::finish);
                signed.map_err(|source| self.unsigned(source, self.now()))?;
                return Ok(transfer);
            }
        }
    }

    async fn next(
        &self,
        connection: &mut Connection,
        message: &mut Vec<u8>,
        until: Instant,
    ) -> Result<(), Fault> {
        let until = (Instant::now() + self.settings.limits.answer).min(until);
        if self.in_time(until, connection.read(message)).await? {
            Ok(())
        } else {
            Err(Fault::Closed {
                server: self.label.clone(),
            })
        }
    }

    async fn in_time<T>(
        &self,
        until: Instant,
        work: impl Future<Output = std::io::Result<T>>,
    ) -> Result<T, Fault> {
        let begin = Instant::now();
        match timeout_at(until, work).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(source)) => Err(Fault::Broken {
                server: self.label.clone(),
                source,
            }),
            Err(_) => Err(Fault::Timeout {
                server: self.label.clone(),
                limit: until - begin,
            }),
        }
    }

    fn unsigned(&self, source: tsig::AnswerFault, now: u64) -> Fault {
        Fault::Signature {
            server: self.label.clone(),
            source,
            now,
        }
    }
}
