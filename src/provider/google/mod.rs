//! Google Cloud DNS.
//!
//! ```text
//! zones: GET managedZones     list: GET managedZones/ZONE/rrsets
//! submit: POST managedZones/ZONE/changes, additions and deletions, all or nothing
//! ```
//!
//! What is taken away is told as it was read: if it is not so any more, nothing of a change is made.
//! Sets that answer by a routing policy are somebody else's.

pub(crate) mod api;
#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use plan::DynProvider;
use tokio::sync::OnceCell;

use crate::auth::Environment;
use crate::auth::google::{Google, VARIABLES};
use crate::exec::{Batched, Executor};
use crate::open::{Setup, SetupError};

/// The provider of these settings.
pub(crate) fn open(mut setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let around = Environment::taken(&VARIABLES, |name| options.variable(name));
    let who = (around, setup.clock());
    let who = Arc::new(Google::find(NAME, SCOPE, who, &setup.client())?);
    let project = options.text("google-project").map(str::to_owned);
    let batch = usize::try_from(options.number("google-batch-change-size"));
    let api = api::CloudDns {
        web: (setup.web(NAME, BASE)?)
            .sign_shared(who.clone())
            .judge(api::judge),
        who,
        project: OnceCell::new_with(project),
        batch: batch.unwrap_or_default(),
        pause: options.duration("google-batch-change-interval"),
        visibility: (options.text("google-zone-visibility")).map(str::to_owned),
        // A zone has a name and a number, and either may be typed.
        ids: std::mem::take(&mut setup.scope.zones.ids),
    };
    Ok(Box::new(Executor::new(Batched(api), setup.scope)))
}

const NAME: &str = "google";

const BASE: &str = "https://dns.googleapis.com/dns/v1/projects";

/// What tokens are asked for.
const SCOPE: &str = "https://www.googleapis.com/auth/ndev.clouddns.readwrite";
