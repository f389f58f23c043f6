//! One request, one answer.

use tokio::time::timeout;
use tsig::{FUDGE, RequestMac, sign_request};
use wire::{NameRef, Rtype, Ttl};

use super::Server;
use super::connection::{Connection, Kept};
use crate::answer::Answer;
use crate::compose;
use crate::error::Fault;

impl Server {
    /// A number for a request.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn id(&self) -> Result<u16, Fault> {
        let mut bytes = [0; 2];
        match getrandom::fill(&mut bytes) {
            Ok(()) => Ok(u16::from_be_bytes(bytes)),
            Err(_) => Err(Fault::Random {
                server: self.label.clone(),
            }),
        }
    }

    /// Asks a question: by UDP, and again by TCP if the answer was cut; by TLS if that is spoken.
    ///
    /// # Errors
    /// When there is no answer that can be taken.
    pub async fn query(&self, name: NameRef<'_>, rtype: Rtype) -> Result<Answer, Fault> {
        let request = compose::query(self.id()?, name, rtype);
        if self.settings.tls.is_none() {
            let answer = self.exchange_by_udp(request.clone()).await?;
            if !answer.is_truncated() {
                return Ok(answer);
            }
        }
        self.exchange(request).await
    }

    /// Tells the server that a zone has changed (RFC 1996), with the data of its SOA if there is any.
    ///
    /// # Errors
    /// When it does not say that it has heard.
    pub async fn notify(
        &self,
        zone: NameRef<'_>,
        soa: Option<(Ttl, &[u8])>,
    ) -> Result<Answer, Fault> {
        let request = compose::notify(self.id()?, zone, soa);
        match self.settings.tls {
            None => self.exchange_by_udp(request).await,
            Some(_) => self.exchange(request).await,
        }
    }

    /// Asks a question by TCP or TLS.
    ///
    /// # Errors
    /// When there is no answer that can be taken.
    pub async fn ask(&self, name: NameRef<'_>, rtype: Rtype) -> Result<Answer, Fault> {
        self.exchange(compose::query(self.id()?, name, rtype)).await
    }

    /// Sends a request by TCP or TLS and takes the answer. If the server ended a kept connection
    /// before it answered, the request is sent once more by a new one (RFC 7766 §6.2.4).
    ///
    /// # Errors
    /// When there is no answer that can be taken.
    pub async fn exchange(&self, request: Vec<u8>) -> Result<Answer, Fault> {
        let (request, mac) = self.sign(request)?;
        loop {
            let (mut connection, reused) = match self.take_kept() {
                Some(kept) => (kept.connection, true),
                None => (self.connect().await?, false),
            };
            let message = match self.exchange_on(&mut connection, &request).await {
                Ok(message) => message,
                Err(Fault::Closed { .. } | Fault::Broken { .. }) if reused => continue,
                Err(fault) => return Err(fault),
            };
            let answer = self.judge(&request, message, mac.as_ref())?;
            self.keep(Kept::new(connection));
            return Ok(answer);
        }
    }

    /// Signs a request, if there is a key.
    pub(super) fn sign(
        &self,
        mut request: Vec<u8>,
    ) -> Result<(Vec<u8>, Option<RequestMac>), Fault> {
        let Some(key) = &self.settings.key else {
            return Ok((request, None));
        };
        match sign_request(&mut request, key, self.now(), FUDGE) {
            Ok(mac) => Ok((request, Some(mac))),
            Err(_) => Err(Fault::Room),
        }
    }

    async fn exchange_on(
        &self,
        connection: &mut Connection,
        request: &[u8],
    ) -> Result<Vec<u8>, Fault> {
        let limit = self.settings.limits.answer;
        let work = async {
            connection.write(request).await?;
            let mut message = Vec::new();
            let whole = connection.read(&mut message).await?;
            Ok(whole.then_some(message))
        };
        match timeout(limit, work).await {
            Ok(Ok(Some(message))) => Ok(message),
            Ok(Ok(None)) => Err(Fault::Closed {
                server: self.label.clone(),
            }),
            Ok(Err(source)) => Err(Fault::Broken {
                server: self.label.clone(),
                source,
            }),
            Err(_) => Err(Fault::Timeout {
                server: self.label.clone(),
                limit,
            }),
        }
    }

    /// Takes a message as the answer to a request.
    pub(super) fn judge(
        &self,
        request: &[u8],
        message: Vec<u8>,
        mac: Option<&RequestMac>,
    ) -> Result<Answer, Fault> {
        let answer = Answer::of(request, message).map_err(|source| Fault::Mismatch {
            server: self.label.clone(),
            source,
        })?;
        if let Some(mac) = mac {
            let now = self.now();
            mac.verify_answer(answer.as_bytes(), now)
                .map_err(|source| Fault::Signature {
                    server: self.label.clone(),
                    source,
                    now,
                })?;
        }
        Ok(answer)
    }
}
