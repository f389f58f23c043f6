//! The holder's part: takes the Lease when it is free, renews it, and lets go of it.

use std::time::Duration;

use http::Method;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::elect::{Election, LEAST_PATIENCE, Over};
use super::record::{Holding, blank};
use super::{Standing, Term};
use crate::api::{ApiError, Fault};
use crate::clock::{boot_time, wall_time};

impl Election {
    /// Takes the Lease if it is free; fails if somebody else was faster.
    pub(super) async fn try_to_take(&mut self) -> Result<Option<Term>, ApiError> {
        let (Some(identity), Some(candidate)) = (&self.identity, &self.candidate) else {
            return Ok(None);
        };
        if self.runs_out_in().is_some() {
            return Ok(None);
        }
        let now = wall_time();
        let (mut lease, transitions) = match &self.seen {
            Some(seen) => (
                seen.lease.clone(),
                seen.record.transitions.saturating_add(1),
            ),
            // Numbers of terms go on where somebody has deleted the Lease.
            None => {
                let first = first_transition(now);
                (
                    blank(&self.options),
                    first.max(self.highest.saturating_add(1)),
                )
            }
        };
        Holding {
            holder: identity,
            address: Some(candidate.address),
            seconds: self.options.seconds(),
            transitions,
            acquired: Some(now),
            renewed: now,
            word: self.word(),
        }
        .write(&mut lease);
        let (method, behind) = match &self.seen {
            Some(_) => (Method::PUT, format!("/{}", self.options.name)),
            None => (Method::POST, String::new()),
        };
        let sent = boot_time();
        let patience = self.options.renew_deadline / 2;
        let written = self
            .api
            .call(method, &self.resource, &behind, Some(&lease), patience);
        self.see(written.await?);
        let spent = boot_time().saturating_sub(sent);
        let left = self.options.renew_deadline.saturating_sub(spent);
        let term = Term::begin(transitions.into(), left);
        tracing::info!(lease = %self.options.name, term = term.number(), "this replica leads");
        self.tell_trouble(None);
        self.say(Standing::Leader(term.clone()));
        Ok(Some(term))
    }

    /// Renews until that does not do any more.
    pub(super) async fn lead(&mut self, term: &Term, stop: &CancellationToken) -> Over {
        let mut pause = self.options.retry;
        loop {
            let pause_or_end = sleep(pause.min(term.left()));
            tokio::select! {
                () = stop.cancelled() => return Over::Stopped,
                () = pause_or_end => {}
            }
            if !term.may_write() {
                return self.lose(term, None);
            }
            match self.renew(term).await {
                Ok(true) => {
                    self.tell_trouble(None);
                    pause = self.options.retry;
                }
                Ok(false) => return self.lose(term, Some("another one holds the Lease")),
                Err(error) if error.fault.may_pass() => {
                    self.tell_trouble(Some(&error));
                    pause = self.options.retry / 4;
                }
                Err(error) => {
                    self.tell_trouble(Some(&error));
                    return self.lose(term, Some("the Lease cannot be written"));
                }
            }
        }
    }

    /// Renews once; tells whether the Lease is still ours.
    async fn renew(&mut self, term: &Term) -> Result<bool, ApiError> {
        // A renewal of ours may have been carried out though we were not told: then the version that
        // we know is not the last one.
        for _ in 0..2 {
            let sent = boot_time();
            let Some(mut lease) = self.seen.as_ref().map(|seen| seen.lease.clone()) else {
                return Ok(false);
            };
            self.holding(term, wall_time()).write(&mut lease);
            let name = format!("/{}", self.options.name);
            let patience = self.options.retry.max(LEAST_PATIENCE).min(term.left());
            let written = self
                .api
                .call(Method::PUT, &self.resource, &name, Some(&lease), patience);
            match written.await {
                Ok(lease) => {
                    self.see(lease);
                    term.extend(sent + self.options.renew_deadline);
                    return Ok(true);
                }
                Err(ApiError {
                    fault: Fault::Conflict,
                    ..
                }) => {
                    self.look().await?;
                    let seen = self.seen.as_ref();
                    if seen.map(|seen| &seen.record.holder) != self.identity.as_ref() {
                        return Ok(false);
                    }
                }
                Err(ApiError {
                    fault: Fault::Absent,
                    ..
                }) => {
                    self.seen = None;
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        // Somebody writes to it all the time; the next renewal may come through.
        Ok(true)
    }

    fn word(&self) -> String {
        let word = self.options.word.as_ref();
        word.map(|word| word.say()).unwrap_or_default()
    }

    fn holding(&self, term: &Term, now: Duration) -> Holding<'_> {
        Holding {
            holder: self.identity.as_deref().unwrap_or_default(),
            address: self.candidate.as_ref().map(|candidate| candidate.address),
            seconds: self.options.seconds(),
            // It was made of one.
            transitions: u32::try_from(term.number()).unwrap_or(u32::MAX),
            acquired: None,
            renewed: now,
            word: self.word(),
        }
    }

    fn lose(&self, term: &Term, why: Option<&str>) -> Over {
        term.end();
        let why = why.unwrap_or("it could not be renewed in time");
        tracing::warn!(lease = %self.options.name, term = term.number(), "this replica does not lead any more: {why}");
        self.say(Standing::Follower { leader: None });
        Over::Lost
    }

    /// Lets go of the Lease, so that another one takes it at once.
    pub(super) async fn release(&mut self, term: &Term) {
        let patience = term.left().min(self.options.retry.max(LEAST_PATIENCE));
        term.end();
        self.say(Standing::Follower { leader: None });
        let Some(mut lease) = self.seen.as_ref().map(|seen| seen.lease.clone()) else {
            return;
        };
        Holding {
            holder: "",
            address: None,
            seconds: 1,
            ..self.holding(term, wall_time())
        }
        .write(&mut lease);
        let name = format!("/{}", self.options.name);
        let written = self
            .api
            .call(Method::PUT, &self.resource, &name, Some(&lease), patience);
        match written.await {
            Ok(_) => tracing::info!(lease = %self.options.name, "let go of the lead"),
            // Others wait for its end then.
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "did not let go of the lead; another replica leads when the Lease has run out"
            ),
        }
    }
}

/// Seconds since the start of 2026: above the transitions that a Lease before this one can have come to.
fn first_transition(now: Duration) -> u32 {
    const START: u64 = 1_767_225_600;
    let seconds = now.as_secs().saturating_sub(START);
    // The field is signed; this is for a hundred years from then on.
    u32::try_from(seconds)
        .unwrap_or(u32::MAX)
        .clamp(1, i32::MAX.unsigned_abs())
}
