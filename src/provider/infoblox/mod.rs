//! Infoblox by its WAPI: one object for each value, in views.
//!
//! ```text
//! zones: GET zone_auth     list: GET record:TYPE of a zone, for each type     POST; PUT, DELETE of a _ref
//! ```
//!
//! - An object goes by its own reference, never by a name that others share.
//! - What calls do not speak of stays: comments, extensible attributes.
//! - Host objects are read as the addresses that they are, and never written.
//! - A zone that is in several views is written to in that of `--infoblox-view`, else in `default`.

pub(crate) mod api;
#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;
#[cfg(test)]
mod tests;
mod zones;

use std::time::Duration;

use plan::DynProvider;

use crate::auth::{Plain, Value};
use crate::client::{self, Http, Web};
use crate::exec::{ByRecord, Executor};
use crate::open::{Setup, SetupError, tls};

/// The provider of these settings.
pub(crate) fn open(setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let host = options.text("infoblox-grid-host");
    let missing = || SetupError::setting(NAME, "no host is named; set --infoblox-grid-host");
    let host = host.ok_or_else(missing)?;
    let port = options.number("infoblox-wapi-port");
    let version = options.text("infoblox-wapi-version").unwrap_or("2.3.1");
    let base = format!("https://{host}:{port}/wapi/v{version}");
    let what = "there is no password; set EXTERNAL_DNS_INFOBLOX_WAPI_PASSWORD";
    let password = options.text("infoblox-wapi-password");
    let password = password.ok_or_else(|| SetupError::setting(NAME, what))?;
    let user = options.text("infoblox-wapi-username").unwrap_or("admin");
    let limit = options.variable("EXTERNAL_DNS_INFOBLOX_HTTP_REQUEST_TIMEOUT");
    let limit = limit.and_then(|text| text.parse().ok()).unwrap_or(60);
    let mut client = client::Setup {
        limit: Duration::from_secs(limit),
        tls: tls(NAME, options, "")?,
        ..setup.client()
    };
    client.tls.insecure = !options.is_on("infoblox-ssl-verify");
    let text = |flag| options.text(flag).unwrap_or_default().to_owned();
    let number = |flag| u32::try_from(options.number(flag)).unwrap_or_default();
    let page = match number("infoblox-max-results") {
        0 => USUAL_PAGE,
        page => page,
    };
    let api = api::Infoblox {
        web: Web::new(Http::with(NAME, &client)?, &base)?
            .sign(Plain::basic(user, Value::from_setting(password)))
            .judge(api::judge),
        view: text("infoblox-view"),
        zones: text("infoblox-fqdn-regex"),
        names: text("infoblox-name-regex"),
        ttl: number("infoblox-cache-duration"),
        page,
    };
    Ok(Box::new(Executor::new(ByRecord(api), setup.scope)))
}

const NAME: &str = "infoblox";

/// Objects of a page; what a server gives at most unless it is asked for more.
const USUAL_PAGE: u32 = 1000;
