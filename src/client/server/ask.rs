//! One request, one answer.

use std::sync::Arc;

use tokio::time::timeout;
use tsig::{AnswerFault, FUDGE, RequestMac, Session, sign_request, sign_request_in};
use wire::message::Header;
use wire::{NameRef, Opcode, Rtype, Ttl};

use super::Server;
use super::Sessions;
use super::connection::{Connection, Kept};
use crate::answer::Answer;
use crate::compose;
use crate::error::Fault;
use crate::session::is_of_session;

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

    /// Asks a resolver a question, as [`Server::query`] asks a server that knows the answer itself.
    ///
    /// # Errors
    /// When there is no answer that can be taken.
    pub async fn resolve(&self, name: NameRef<'_>, rtype: Rtype) -> Result<Answer, Fault> {
        let request = compose::recursive_query(self.id()?, name, rtype);
        let answer = self.exchange_by_udp(request.clone()).await?;
        if answer.is_truncated() {
            return self.exchange(request).await;
        }
        Ok(answer)
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

    /// The same by a kept connection, over TCP or TLS: for a server that answers once it has what has
    /// changed.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn notify_connected(
        &self,
        zone: NameRef<'_>,
        soa: Option<(Ttl, &[u8])>,
    ) -> Result<Answer, Fault> {
        self.exchange(compose::notify(self.id()?, zone, soa)).await
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
        let is_update =
            Header::read(&request).is_some_and(|header| header.opcode() == Opcode::UPDATE);
        if let Some(sessions) = &self.sessions
            && is_update
        {
            return self.exchange_in_session(&**sessions, request).await;
        }
        let (request, mac) = self.sign(request)?;
        self.exchange_signed(&request, |message, now| match &mac {
            Some(mac) => mac.verify_answer(message, now),
            None => Ok(()),
        })
        .await
    }

    /// Sends a request that is signed in a session. If the server does not know that any more, the
    /// request is sent once more in a new one: what it could not judge it has not done.
    async fn exchange_in_session(
        &self,
        sessions: &dyn Sessions,
        request: Vec<u8>,
    ) -> Result<Answer, Fault> {
        let session = self.session(sessions, None).await?;
        match self.exchange_in(&session, request.clone()).await {
            Err(Fault::Signature { source, .. }) if is_of_session(source) => {
                let session = self.session(sessions, Some(&session)).await?;
                self.exchange_in(&session, request).await
            }
            result => result,
        }
    }

    async fn exchange_in(
        &self,
        session: &Arc<dyn Session>,
        mut request: Vec<u8>,
    ) -> Result<Answer, Fault> {
        let mac = sign_request_in(&mut request, session, self.now(), FUDGE);
        let mac = mac.map_err(|_| Fault::Room)?;
        self.exchange_signed(&request, |message, now| mac.verify_answer(message, now))
            .await
    }

    /// The session with the server, another one than `spent`.
    async fn session(
        &self,
        sessions: &dyn Sessions,
        spent: Option<&Arc<dyn Session>>,
    ) -> Result<Arc<dyn Session>, Fault> {
        // Held while one is made, so that one is made.
        let mut opened = self.opened.lock().await;
        if let Some(opened) = &*opened
            && opened.holds_at(self.now())
            && !spent.is_some_and(|spent| Arc::ptr_eq(spent, &opened.session))
        {
            return Ok(Arc::clone(&opened.session));
        }
        *opened = None;
        let made = sessions.open(self).await.map_err(|source| Fault::Session {
            server: self.label.clone(),
            source,
        })?;
        let session = Arc::clone(&made.session);
        *opened = Some(made);
        Ok(session)
    }

    async fn exchange_signed(
        &self,
        request: &[u8],
        verify: impl Fn(&[u8], u64) -> Result<(), AnswerFault>,
    ) -> Result<Answer, Fault> {
        loop {
            let (mut connection, reused) = match self.take_kept() {
                Some(kept) => (kept.connection, true),
                None => (self.connect().await?, false),
            };
            let message = match self.exchange_on(&mut connection, request).await {
                Ok(message) => message,
                Err(Fault::Closed { .. } | Fault::Broken { .. }) if reused => continue,
                Err(fault) => return Err(fault),
            };
            let answer = self.judge(request, message, &verify)?;
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

    /// Takes a message as the answer to a request, if `verify` takes its signature.
    pub(super) fn judge(
        &self,
        request: &[u8],
        message: Vec<u8>,
        verify: impl Fn(&[u8], u64) -> Result<(), AnswerFault>,
    ) -> Result<Answer, Fault> {
        let answer = Answer::of(request, message).map_err(|source| Fault::Mismatch {
            server: self.label.clone(),
            source,
        })?;
        let now = self.now();
        verify(answer.as_bytes(), now).map_err(|source| Fault::Signature {
            server: self.label.clone(),
            source,
            now,
        })?;
        Ok(answer)
    }
}
