//! The condition of a zone, as the API has conditions.

use std::time::Duration;

use serde_json::{Value, json};
use source::watch::micro_time;

/// Why a zone is answered in full, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ready {
    pub(super) ready: bool,
    pub(super) complete: bool,
    pub(super) older_files: bool,
}

impl Ready {
    fn reason(self) -> (&'static str, &'static str) {
        match (self.ready, self.complete) {
            (true, true) if self.older_files => (
                "OlderFile",
                "It is answered in full, from what the leader before had: its file has not come to this one.",
            ),
            (true, true) => ("Served", "It is answered in full."),
            (true, false) => (
                "Incomplete",
                "What is known of it is answered; names of objects are being read.",
            ),
            (false, _) => (
                "Withheld",
                "Nothing of it is answered: its contents are not there, or too old.",
            ),
        }
    }

    /// The conditions to be written; the time of the change stays if there is none.
    pub(super) fn conditions(self, before: Option<&Value>, now: Duration) -> Value {
        let whole = self.ready && self.complete;
        let status = if whole { "True" } else { "False" };
        let (reason, message) = self.reason();
        let before = before.and_then(Value::as_array).into_iter().flatten();
        let before = before
            .filter(|one| one.get("type").and_then(Value::as_str) == Some("Ready"))
            .find(|one| one.get("status").and_then(Value::as_str) == Some(status));
        let since = before
            .and_then(|one| one.get("lastTransitionTime"))
            .cloned()
            .unwrap_or_else(|| json!(seconds(now)));
        json!([{
            "type": "Ready",
            "status": status,
            "reason": reason,
            "message": message,
            "lastTransitionTime": since,
        }])
    }
}

/// A time without parts of a second: `2026-11-21T10:00:00Z`.
fn seconds(now: Duration) -> String {
    let text = micro_time(now.as_nanos());
    match text.split_once('.') {
        Some((whole, _)) => format!("{whole}Z"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_that_of_the_last_change() {
        let whole = Ready {
            ready: true,
            complete: true,
            older_files: false,
        };
        let first = whole.conditions(None, Duration::from_secs(1_000_000));
        assert_eq!(first[0]["lastTransitionTime"], "1970-01-12T13:46:40Z");
        let later = Duration::from_secs(2_000_000);
        assert_eq!(whole.conditions(Some(&first), later), first);
        let older = Ready {
            older_files: true,
            ..whole
        };
        let shown = older.conditions(Some(&first), later);
        assert_eq!(shown[0]["status"], "True");
        assert_eq!(shown[0]["reason"], "OlderFile");
        assert_eq!(
            shown[0]["lastTransitionTime"],
            first[0]["lastTransitionTime"]
        );
        let part = Ready {
            complete: false,
            ..whole
        };
        let second = part.conditions(Some(&first), later);
        assert_eq!(second[0]["status"], "False");
        assert_ne!(
            second[0]["lastTransitionTime"],
            first[0]["lastTransitionTime"]
        );
    }
}
