//! A user's password or keytab becomes tickets, and these are kept until they end.
//!
//! ```text
//! AS-REQ ─ "tell who you are" ─→ AS-REQ with the time, encrypted by the password ─→ ticket of the realm
//! ticket of the realm ─ TGS-REQ ─→ ticket for DNS/host, or one of the next realm, and so on
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use client::Clock;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::account::{Account, Refused, account};
use crate::crypto::{Etype, Key, NoRandom};
use crate::der;
use crate::fault::{Asked, Code, Fault};
use crate::keytab;
use crate::message::{
    Authenticator, KdcReply, Kind, KrbError, Padata, Principal, ReplyPart, Request, ap_request,
    authenticator, encrypted, pa, preauth_info, usage,
};
use crate::realms::Realms;

/// Who logs in.
pub struct Credentials {
    /// The user, without its realm.
    pub user: String,
    /// The realm.
    pub realm: String,
    /// How it proves who it is.
    pub proof: Proof,
}

/// How a user proves who it is.
pub enum Proof {
    /// By its keys in this file, which is read each time.
    Keytab(PathBuf),
    /// By its password, wiped when it is let go.
    Password(Zeroizing<String>),
}

/// A user that can get tickets.
#[derive(Debug)]
pub struct Login {
    credentials: Credentials,
    realms: Realms,
    clock: Clock,
    account: Account,
    state: Mutex<State>,
}

/// A ticket, and what goes with it.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) bytes: Vec<u8>,
    pub(crate) key: Key,
    pub(crate) client_realm: String,
    pub(crate) client: Principal,
    /// For whom it is.
    service: Principal,
    /// When it ends, in seconds since 1970.
    pub(crate) until: u64,
}

#[derive(Debug, Default)]
struct State {
    /// The ticket of the user's realm.
    own: Option<Ticket>,
    /// Tickets for name servers, by host.
    services: BTreeMap<Box<str>, Arc<Ticket>>,
}

impl Login {
    /// A user. Nothing is sent yet.
    #[must_use]
    pub fn new(credentials: Credentials, realms: Realms, clock: Clock) -> Self {
        Self {
            account: account(&credentials.user, &credentials.realm),
            credentials,
            realms,
            clock,
            state: Mutex::default(),
        }
    }

    pub(crate) fn now(&self) -> u64 {
        (self.clock)()
    }

    /// A ticket for the name server on a host, a kept one if there is one.
    pub(crate) async fn ticket(&self, host: &str) -> Result<Arc<Ticket>, Fault> {
        // Held while the KDC is asked, so that it is asked once.
        let mut state = self.state.lock().await;
        let now = self.now();
        if let Some(ticket) = state.services.get(host)
            && ticket.holds_at(now)
        {
            return Ok(Arc::clone(ticket));
        }
        let own = match state.own.take().filter(|ticket| ticket.holds_at(now)) {
            Some(own) => own,
            None => self.log_in().await?,
        };
        let result = self.service_ticket(&own, host).await;
        let is_doubtful = matches!(
            &result,
            Err(Fault::Refused { code, .. }) if *code != Code::SERVICE_UNKNOWN
        );
        if !is_doubtful {
            state.own = Some(own);
        }
        let ticket = Arc::new(result?);
        state.services.insert(host.into(), Arc::clone(&ticket));
        Ok(ticket)
    }

    /// Forgets a ticket that the name server does not take.
    pub(crate) async fn forget(&self, host: &str) {
        let mut state = self.state.lock().await;
        state.services.remove(host);
        // Its realm may have new keys too.
        state.own = None;
    }

    /// Shows the password, or the key, unless it was refused a moment ago.
    async fn log_in(&self) -> Result<Ticket, Fault> {
        let mut refused = self.account.lock().await;
        let now = Instant::now();
        if let Some(fault) = refused.as_ref().and_then(|it| it.waiting_at(now)) {
            return Err(fault);
        }
        let result = self.own_ticket().await;
        match &result {
            Err(fault) if fault.is_of_password() => {
                // The KDC counts from when it answered.
                *refused = Some(Refused::after(refused.as_ref(), fault, Instant::now()));
            }
            Err(_) => {}
            Ok(_) => *refused = None,
        }
        result
    }

    /// The ticket of the user's realm.
    async fn own_ticket(&self) -> Result<Ticket, Fault> {
        let Credentials { user, realm, .. } = &self.credentials;
        let keys = self.keys()?;
        let known: Vec<Etype> = match &keys {
            None => Etype::ALL.into(),
            Some(keys) => keys.iter().map(Key::etype).collect(),
        };
        // The user's key is the first one that it has of these; the ticket's may be any.
        let others = Etype::ALL.into_iter().filter(|one| !known.contains(one));
        let etypes: Vec<Etype> = known.iter().copied().chain(others).collect();
        let client = Principal::user(user);
        let service = Principal::ticket_service(realm);
        let request = Request {
            kind: Kind::As,
            client: Some(&client),
            realm,
            service: &service,
            etypes: &etypes,
            till: 0,
            nonce: nonce()?,
        };
        let body = request.body();
        let asked = || match &keys {
            None => Asked::Login(self.label()),
            Some(_) => Asked::LoginByKeytab(self.label()),
        };
        let message = request.write(&body, &[]);
        let mut answer = self.realms.exchange(realm, &message).await?;
        let mut key = None;
        if let Some(error) = KrbError::read(&answer.1) {
            let error = error?;
            if Code(error.code) != Code::PREAUTH_REQUIRED {
                return Err(self.refused(answer.0, asked(), &error));
            }
            let own = self.key(&error.padata()?, keys.as_deref(), &known)?;
            let time = Padata {
                number: pa::TIMESTAMP,
                bytes: self.timestamp(&own)?,
            };
            key = Some(own);
            let message = request.write(&body, &[time]);
            answer = self.realms.exchange(realm, &message).await?;
            if let Some(error) = KrbError::read(&answer.1) {
                return Err(self.refused(answer.0, asked(), &error?));
            }
        }
        let reply = KdcReply::read(Kind::As, &answer.1)?;
        let key = match key {
            Some(key) => key,
            // The account needs no proof; what we can read is proof enough for us.
            None => self.key(&reply.padata, keys.as_deref(), &known)?,
        };
        if reply.part.etype != key.etype().number() {
            return Err(Fault::KeyKind);
        }
        let part = key.decrypt(usage::AS_REPLY, reply.part.bytes);
        let part = part.map_err(|_| match &keys {
            None => Fault::WrongPassword { user: self.label() },
            Some(_) => Fault::WrongKey { user: self.label() },
        })?;
        // We did not ask for another name of the user (RFC 6806 §6), so there is none.
        let ticket = Ticket::of(&request, (realm, &client), reply, ReplyPart::read(&part)?)?;
        // RFC 4120 §3.1.5.
        if ticket.service == service {
            Ok(ticket)
        } else {
            Err(Fault::OtherReply)
        }
    }

    /// The keys of the user's keytab, if it has one.
    fn keys(&self) -> Result<Option<Vec<Key>>, Fault> {
        let Credentials { user, realm, proof } = &self.credentials;
        let Proof::Keytab(path) = proof else {
            return Ok(None);
        };
        let keys = keytab::read(path, user, realm);
        let keys = keys.map_err(|source| Fault::Keytab {
            path: path.clone(),
            source,
        })?;
        Ok(Some(keys))
    }

    /// The user's key: of these, or made of the password as the KDC says.
    fn key(&self, padata: &[Padata], keys: Option<&[Key]>, known: &[Etype]) -> Result<Key, Fault> {
        let info = preauth_info(padata, known)?;
        let info = info.ok_or_else(|| Fault::KeyKinds { user: self.label() })?;
        if let Some(keys) = keys {
            let key = keys.iter().find(|key| key.etype() == info.etype);
            return key.cloned().ok_or(Fault::KeyKind);
        }
        let Credentials { user, realm, proof } = &self.credentials;
        let Proof::Password(password) = proof else {
            return Err(Fault::KeyKind);
        };
        // RFC 4120 §4: the usual salt.
        let salt = info.salt;
        let salt = salt.unwrap_or_else(|| format!("{realm}{}", user.replace('/', "")));
        Ok(Key::from_password(
            info.etype,
            password,
            &salt,
            info.rounds,
        )?)
    }

    /// The time, encrypted: only who knows the password can have made it (RFC 4120 §5.2.7.2).
    fn timestamp(&self, key: &Key) -> Result<Vec<u8>, NoRandom> {
        let text = der::sequence(&[
            der::field(0, &der::time(self.now())),
            der::field(1, &der::int(0)),
        ]);
        encrypted(key, usage::TIMESTAMP, &text)
    }

    /// A ticket for the name server on a host, by way of other realms if it is in one of these.
    async fn service_ticket(&self, own: &Ticket, host: &str) -> Result<Ticket, Fault> {
        let service = Principal::service("DNS", host);
        let there = self.realms.of_host(host);
        let (mut realm, mut ticket) = (self.credentials.realm.clone(), own.clone());
        for _ in 0..MOST_REALMS {
            let wanted = match there {
                Some(there) if there != realm => Principal::ticket_service(there),
                _ => service.clone(),
            };
            let next = self.exchange_ticket(&ticket, &realm, &wanted).await?;
            if next.service == service {
                return Ok(next);
            }
            // RFC 6806 §8: who does not have the service says whom to ask.
            let to = next.service.realm_of_tickets().map(str::to_owned);
            match to {
                Some(to) if to != realm => (realm, ticket) = (to, next),
                _ => return Err(Fault::OtherReply),
            }
        }
        Err(Fault::Referrals {
            realm: realm.into(),
        })
    }

    /// Asks a realm for a ticket, showing the one that we have for it.
    async fn exchange_ticket(
        &self,
        ticket: &Ticket,
        realm: &str,
        service: &Principal,
    ) -> Result<Ticket, Fault> {
        let request = Request {
            kind: Kind::Tgs,
            client: None,
            realm,
            service,
            etypes: &Etype::ALL,
            till: 0,
            nonce: nonce()?,
        };
        let body = request.body();
        let checksum = ticket.key.checksum(usage::TGS_BODY, &[&body]);
        let text = authenticator(&Authenticator {
            realm: &ticket.client_realm,
            client: &ticket.client,
            checksum: (ticket.key.etype().checksum_number(), &checksum),
            seconds: self.now(),
            micros: nonce()? % 1_000_000,
            session: None,
        });
        let key = (&ticket.key, usage::TGS_AUTHENTICATOR);
        let shown = Padata {
            number: pa::TGS_REQUEST,
            bytes: ap_request(&ticket.bytes, key, &text, 0)?,
        };
        let message = request.write(&body, &[shown]);
        let (kdc, answer) = self.realms.exchange(realm, &message).await?;
        if let Some(error) = KrbError::read(&answer) {
            let asked = Asked::Service(format!("{service}@{realm}").into());
            return Err(self.refused(kdc, asked, &error?));
        }
        let reply = KdcReply::read(Kind::Tgs, &answer)?;
        let part = ticket.key.decrypt(usage::TGS_REPLY, reply.part.bytes)?;
        let shown = (&*ticket.client_realm, &ticket.client);
        Ticket::of(&request, shown, reply, ReplyPart::read(&part)?)
    }

    fn refused(&self, kdc: Box<str>, asked: Asked, error: &KrbError) -> Fault {
        Fault::Refused {
            kdc,
            asked,
            code: Code(error.code),
            server_time: error.server_time,
            now: self.now(),
        }
    }

    /// The user as messages name it.
    fn label(&self) -> Box<str> {
        format!("{}@{}", self.credentials.user, self.credentials.realm).into()
    }
}

impl Ticket {
    /// The ticket of an answer, if it answers the request and is for the client of that realm.
    fn of(
        request: &Request<'_>,
        (realm, client): (&str, &Principal),
        reply: KdcReply<'_>,
        part: ReplyPart,
    ) -> Result<Self, Fault> {
        // RFC 4120 §3.1.5, §3.3.4. The client's name stands outside of what is encrypted.
        let is_ours = part.nonce == request.nonce
            && part.service_realm.eq_ignore_ascii_case(request.realm)
            && reply.client_realm.eq_ignore_ascii_case(realm)
            && reply.client == *client;
        if !is_ours {
            return Err(Fault::OtherReply);
        }
        Ok(Self {
            bytes: reply.ticket.to_vec(),
            key: part.key.ok_or(Fault::KeyKind)?,
            client_realm: reply.client_realm,
            client: reply.client,
            service: part.service,
            until: part.until,
        })
    }

    /// Whether it can be shown for a while yet.
    pub(crate) fn holds_at(&self, now: u64) -> bool {
        self.until > now + SPARE
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({}@{}, ..)", self.user, self.realm)
    }
}

/// A random number of 31 bits.
fn nonce() -> Result<u32, NoRandom> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|_| NoRandom)?;
    Ok(u32::from_be_bytes(bytes) >> 1)
}

/// A ticket that ends within so many seconds is as good as none.
const SPARE: u64 = 60;
/// How many realms are passed through.
const MOST_REALMS: usize = 6;
