//! The part of those who wait: reads the Lease, hears of renewals, and knows when it has run out.

use std::time::Duration;

use http::Method;
use serde_json::Value;

use super::elect::{Election, LEAST_PATIENCE, Seen};
use super::record::Record;
use crate::api::{ApiError, Fault, Lines};
use crate::clock::boot_time;

impl Election {
    /// Reads the Lease.
    pub(super) async fn look(&mut self) -> Result<(), ApiError> {
        let name = format!("/{}", self.options.name);
        let patience = self.options.retry.max(LEAST_PATIENCE);
        let read = self
            .api
            .call(Method::GET, &self.resource, &name, None, patience);
        match read.await {
            Ok(lease) => self.see(lease),
            Err(ApiError {
                fault: Fault::Absent,
                ..
            }) => self.seen = None,
            Err(error) => return Err(error),
        }
        self.heard = true;
        self.tell_who_leads();
        Ok(())
    }

    /// Takes in what the Lease says. One that says what it said before is only a new version.
    pub(super) fn see(&mut self, lease: Value) {
        let record = Record::of(&lease);
        self.highest = self.highest.max(record.transitions);
        if let Some(word) = &self.options.word {
            let ours = Some(&record.holder) == self.identity.as_ref();
            word.hear(&record.word, ours);
        }
        let before = self.seen.take().filter(|seen| seen.record == record);
        let since = before.map_or_else(boot_time, |seen| seen.since);
        self.seen = Some(Seen {
            lease,
            record,
            since,
        });
    }

    /// How long it is until the Lease may be taken; none where nobody has one.
    pub(super) fn runs_out_in(&self) -> Option<Duration> {
        let seen = self.seen.as_ref()?;
        let ours = Some(&seen.record.holder) == self.identity.as_ref();
        if ours {
            return None;
        }
        let lasts = match seen.record.holder.is_empty() {
            true => Duration::ZERO,
            // Settings may differ while versions are changed: the longer time is safe.
            false => seen.record.duration.max(self.options.duration),
        };
        let word = self.options.word.as_ref();
        let lasts = match word.is_some_and(|word| word.stands_back()) {
            true => lasts + self.options.duration,
            false => lasts,
        };
        let left = (seen.since + lasts).saturating_sub(boot_time());
        (!left.is_zero()).then_some(left)
    }

    /// Waits until the Lease may be free, and tells who leads meanwhile; gives how long to wait before
    /// it is looked at again.
    pub(super) async fn wait(&mut self) -> Duration {
        if !self.may_watch {
            return self.options.retry;
        }
        let version = self
            .seen
            .as_ref()
            .and_then(|seen| seen.lease.pointer("/metadata/resourceVersion"))
            .and_then(Value::as_str)
            .unwrap_or_default();
        let query = format!(
            "?watch=true&fieldSelector=metadata.name%3D{}&resourceVersion={version}",
            self.options.name
        );
        let patience = self.options.retry.max(LEAST_PATIENCE);
        let lines = match self.api.watch(&self.resource, &query, patience).await {
            Ok(lines) => lines,
            Err(error) => {
                if let Fault::Forbidden { .. } = error.fault {
                    self.may_watch = false;
                }
                self.tell_trouble(Some(&error));
                return self.options.retry;
            }
        };
        self.hear(lines).await
    }

    /// Hears of renewals until there is something to do.
    async fn hear(&mut self, mut lines: Lines) -> Duration {
        loop {
            self.tell_who_leads();
            // A holder renews each `retry`: a silence may be that of the connection. The end of the
            // Lease comes before, or the look at the Lease finds it.
            let most = self.options.retry * 2;
            let silence = match self.runs_out_in() {
                Some(left) => left.min(most),
                // It is free, and we are not to take it.
                None if self.identity.is_none() => most,
                None => return Duration::ZERO,
            };
            let heard = tokio::time::timeout(silence, lines.next()).await;
            let Ok(heard) = heard else {
                return Duration::ZERO;
            };
            let Some(event) = heard else {
                // The server ends a watch after a while; one that always does is not asked faster.
                return self.options.retry / 2;
            };
            let kind = event.get("type").and_then(Value::as_str);
            match (kind, event.get("object")) {
                (Some("ADDED" | "MODIFIED"), Some(lease)) => self.see(lease.clone()),
                (Some("BOOKMARK"), _) => {}
                _ => return self.options.retry / 2,
            }
        }
    }
}
