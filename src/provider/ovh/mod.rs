//! OVHcloud: single records, which count once their zone is refreshed.
//!
//! ```text
//! zones: GET /domain/zone      list: GET …/ZONE/soa, and if that is another: …/record, …/record/ID
//! POST, PUT, DELETE …/record/ID      publish: POST …/ZONE/refresh
//! ```
//!
//! Refreshes that did not come about are owed, also those of a process before us.

pub(crate) mod api;
#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;
#[cfg(test)]
mod tests;

use std::time::Duration;

use plan::DynProvider;

use crate::auth::Environment;
use crate::auth::Plain;
use crate::auth::oauth::OAuth;
use crate::auth::ovh::{Ovh, OvhAccess, OvhWho, VARIABLES};
use crate::client::{Limit, Web};
use crate::exec::{ByRecord, Executor};
use crate::open::{Setup, SetupError};

/// The provider of these settings.
pub(crate) fn open(setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let given = Environment::taken(&VARIABLES, |name| options.variable(name));
    let access = OvhAccess::find(&given, options.text("ovh-endpoint"));
    let access = access.map_err(|error| SetupError::setting(NAME, error.message))?;
    let plain = setup.web(NAME, &access.base)?;
    let rate = u32::try_from(options.number("ovh-api-rate-limit")).unwrap_or_default();
    let web = signed(&setup, plain, access)?;
    let api = api::OvhCloud {
        web: web
            .limit(Limit::per(rate.max(1), Duration::from_secs(1)))
            .judge(api::judge),
        relative: options.is_on("ovh-enable-cname-relative"),
        read: api::Read::default(),
    };
    Ok(Box::new(Executor::new(ByRecord(api), setup.scope)))
}

/// What is below an address, for whoever asks.
fn signed(setup: &Setup<'_>, plain: Web, access: OvhAccess) -> Result<Web, SetupError> {
    let clock = setup.clock();
    Ok(match access.who {
        OvhWho::Keys(keys) => {
            let time = plain.clone();
            plain.sign(Ovh::new(keys, clock, Some(time)))
        }
        OvhWho::Token(token) => plain.sign(Plain::bearer(token)),
        OvhWho::Client { id, secret } => {
            let what = "this endpoint gives no tokens to clients; set OVH_APPLICATION_KEY, \
                        OVH_APPLICATION_SECRET and OVH_CONSUMER_KEY";
            let tokens = access.tokens;
            let tokens = tokens.ok_or_else(|| SetupError::setting(NAME, what))?;
            let tokens = setup.web(NAME, tokens)?;
            plain.sign(OAuth::client(tokens, (&id, secret.into()), "all", clock))
        }
    })
}

const NAME: &str = "ovh";
