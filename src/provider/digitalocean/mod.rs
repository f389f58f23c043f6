//! DigitalOcean, as plain an API as there is: one call for each record.
//!
//! ```text
//! zones: GET /domains     list: GET /domains/ZONE/records     POST, PUT and DELETE of single ones
//! ```

pub(crate) mod api;
#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;
#[cfg(test)]
mod tests;

use std::time::Duration;

use plan::DynProvider;

use crate::auth::Plain;
use crate::client::Limit;
use crate::exec::{ByRecord, Executor};
use crate::open::{Setup, SetupError};

/// The provider of these settings.
pub(crate) fn open(setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let token = setup.secret(NAME, "DO_TOKEN")?;
    let page = setup.options.number("digitalocean-api-page-size");
    let api = api::DigitalOcean {
        web: (setup.web(NAME, BASE)?)
            .sign(Plain::bearer(token))
            .limit(Limit::per(250, Duration::from_mins(1)).burst(50))
            .judge(api::judge),
        page: u32::try_from(page.clamp(1, LARGEST_PAGE)).unwrap_or(1),
    };
    Ok(Box::new(Executor::new(ByRecord(api), setup.scope)))
}

const NAME: &str = "digitalocean";

const BASE: &str = "https://api.digitalocean.com/v2";

/// Items of a page at most.
const LARGEST_PAGE: i64 = 200;
