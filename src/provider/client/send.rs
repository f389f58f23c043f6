//! A request on its way: tries, waits, credentials, and what comes of all that.
//!
//! ```text
//! rate → signature → one try → judge ─→ answer
//!   ↑      ↑ renewed, once, after a 401 ─┤
//!   └──── a wait, if it may be repeated ─┴─→ error
//! ```

use std::time::Duration;

use http::HeaderValue;
use jiff::Timestamp;
use plan::{ErrorKind, ProviderError};
use tokio::time::Instant;

use super::fault::{Answer, Refusal, secrets_of, without};
use super::{Call, Lost, Secret, Web, learn, scrub};
use crate::auth::of;

impl Call<'_> {
    /// Sends it, and gives the answer if that is a good one.
    ///
    /// # Errors
    /// The answer is a refusal, or there is none; both after all tries.
    pub async fn send(self) -> Result<Answer, ProviderError> {
        let Web {
            retry,
            budget,
            limiter,
            ..
        } = self.web;
        let begin = Instant::now();
        // What was refused before credentials were renewed.
        let (mut tries, mut refused) = (0, None);
        // Whether a try that had no answer may have been done.
        let mut lost = false;
        loop {
            if let Err(wait) = limiter.admit(retry.total).await {
                let message = format!("no more requests are taken for {wait:.0?}");
                return Err(self
                    .web
                    .error(ErrorKind::RateLimited, self.operation, message));
            }
            let mut failed = match self.attempt().await? {
                Ok(answer) => {
                    budget.gain();
                    return Ok(answer);
                }
                Err(failed) => failed,
            };
            tries += 1;
            if failed.blocked {
                return Err(refused.unwrap_or(failed.error));
            }
            if let (true, None, Some(sign)) = (failed.renew, &refused, &self.web.sign) {
                let renewal = sign.refresh(failed.signed).await;
                if of(self.web.provider(), renewal)? {
                    refused = Some(failed.error);
                    continue;
                }
            }
            if lost && failed.error.kind == ErrorKind::Conflict {
                // What is in the way may be what that one has made.
                failed.error.kind = ErrorKind::Ambiguous;
            }
            lost |= failed.sent && failed.error.kind == ErrorKind::Unavailable;
            let again = match failed.error.kind {
                ErrorKind::RateLimited => true,
                ErrorKind::Unavailable => self.idempotent || !failed.sent,
                _ => false,
            };
            let wait = failed.after.unwrap_or_else(|| retry.wait(tries));
            if failed.error.kind == ErrorKind::RateLimited {
                limiter.close_for(wait);
            }
            let in_time = begin.elapsed() + wait <= retry.total;
            if !again || tries >= retry.attempts || !in_time || !budget.spend() {
                return Err(self.last(failed, tries, begin.elapsed()));
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// One try. The outer error is ours, not the other side's.
    async fn attempt(&self) -> Result<Result<Answer, Failed>, ProviderError> {
        let mut request = self.request()?;
        if let Some(sign) = &self.web.sign {
            of(self.web.provider(), sign.sign(&mut request).await)?;
        }
        let signed = Instant::now();
        let secrets = secrets_of(&request);
        let breaker = &self.web.breaker;
        if let Some(wait) = breaker.wait(&secrets) {
            let message = format!("these credentials were refused; not asked again for {wait:.0?}");
            let error = self.web.error(ErrorKind::Auth, self.operation, message);
            return Ok(Err(Failed {
                blocked: true,
                ..Failed::new(error, signed)
            }));
        }
        // Paths have names of zones and records, which no label may have.
        let named = (self.operation, self.operation);
        let answer = match self.web.http.execute(named, request).await {
            Ok(answer) => answer,
            Err(Lost { error, sent }) => {
                return Ok(Err(Failed {
                    sent,
                    ..Failed::new(error, signed)
                }));
            }
        };
        let now = self.web.clock.now();
        let learned = learn::read(&answer.headers, now);
        if self.accepted.contains(&answer.status.as_u16()) {
            return Ok(Ok(answer));
        }
        let page = || {
            let message = "the answer is a page for people, and not of the API that was asked";
            Refusal::new(ErrorKind::Protocol, message)
        };
        let judge = |answer: &Answer| {
            let refusal = (self.web.judge)(answer);
            refusal.or_else(|| answer.is_page().then(page))
        };
        // What is said is cut off at times: in the middle of a secret that nobody would know then.
        let refusal = judge(&answer)
            .and_then(|refusal| judge(&self.scrubbed(&answer, &secrets)).or(Some(refusal)));
        // `Retry-After` beside success would be about something else (RFC 9110 §10.2.3).
        let after = learned.after.filter(|_| refusal.is_some());
        self.web.limiter.learn(&learn::Learned {
            after: None,
            ..learned
        });
        let Some(Refusal {
            kind,
            message,
            after: said,
            renew,
        }) = refusal
        else {
            breaker.accept();
            return Ok(Ok(answer));
        };
        if renew {
            breaker.refuse(&secrets);
        }
        let message = match skew(&answer, now).filter(|_| kind == ErrorKind::Auth) {
            Some(skew) => format!("{message}; {skew}"),
            None => message,
        };
        let message = without(&message, &secrets);
        let message = scrub(&message, self.hidden.iter().map(Secret::expose));
        let error = self.web.error(kind, self.operation, message);
        Ok(Err(Failed {
            sent: true,
            after: said.or(after),
            renew,
            ..Failed::new(error, signed)
        }))
    }

    /// An answer without the secrets of its request.
    fn scrubbed(&self, answer: &Answer, secrets: &[HeaderValue]) -> Answer {
        let body = String::from_utf8_lossy(&answer.body);
        let body = without(&body, secrets);
        let body = scrub(&body, self.hidden.iter().map(Secret::expose));
        Answer {
            body: body.into(),
            ..answer.clone()
        }
    }

    /// The error when there is no further try.
    fn last(&self, failed: Failed, tries: u32, took: Duration) -> ProviderError {
        let mut error = failed.error;
        if error.kind == ErrorKind::Unavailable && failed.sent && !self.idempotent {
            error.kind = ErrorKind::Ambiguous;
            error
                .message
                .push_str("; it is not known whether it was done");
        }
        if tries > 1 {
            error
                .message
                .push_str(&format!("; tried {tries} times in {took:.1?}"));
        }
        error
    }
}

/// A try that did not succeed.
struct Failed {
    error: ProviderError,
    /// Whether the other side may have seen it.
    sent: bool,
    after: Option<Duration>,
    renew: bool,
    /// When its credentials were added.
    signed: Instant,
    /// Whether it was not made, since credentials were refused before.
    blocked: bool,
}

impl Failed {
    /// One that was never sent.
    fn new(error: ProviderError, signed: Instant) -> Self {
        Self {
            error,
            sent: false,
            after: None,
            renew: false,
            signed,
            blocked: false,
        }
    }
}

/// How far our clock is from that of the other side, where that is too far for signatures.
fn skew(answer: &Answer, now: Timestamp) -> Option<String> {
    let theirs = learn::date(answer.header("date")?)?;
    let ahead = now.duration_since(theirs);
    let word = if ahead.is_negative() {
        "behind"
    } else {
        "ahead of"
    };
    let minutes = ahead.abs().as_mins();
    // Most take signatures of five minutes.
    (minutes >= 4).then(|| format!("our clock is {minutes} minutes {word} that of the host"))
}
