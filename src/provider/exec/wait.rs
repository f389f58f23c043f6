//! Edits that a provider accepts first and makes later.

use plan::{ErrorKind, ProviderError};
use tokio::time::{Duration, Instant, sleep};

use super::{Answer, Api, Done};
use crate::zones::Zone;

/// Waits until an edit is made, or for as long as is good for others.
///
/// # Errors
/// It came to nothing.
pub(crate) async fn wait<A: Api>(api: &A, zone: &Zone, done: Done) -> Answer<Done> {
    let Done::Pending(pending) = done else {
        return Ok(done);
    };
    let begin = Instant::now();
    let mut pause = FIRST_PAUSE;
    while begin.elapsed() < PATIENCE {
        if api.is_done(zone, &pending).await? {
            return Ok(Done::Unseen);
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Ok(Done::Pending(pending))
}

/// The error of a name that an earlier edit is not made of yet.
pub(crate) fn busy(provider: &'static str, name: &str) -> ProviderError {
    ProviderError {
        kind: ErrorKind::Unavailable,
        provider,
        operation: "apply changes",
        message: format!("\"{name}\": an earlier change is accepted but not made yet"),
        source: None,
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(200);

const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Shorter than an interval, so that one slow edit holds up no whole pass.
const PATIENCE: Duration = Duration::from_secs(30);
