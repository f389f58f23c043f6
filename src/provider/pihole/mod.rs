//! Pi-hole, version 6, by its API: the lines of its local DNS.
//!
//! ```text
//! 192.0.2.1 a.example       ↔ /api/config/dns/hosts/192.0.2.1%20a.example
//! a.example,b.example[,TTL] ↔ /api/config/dns/cnameRecords/a.example%2Cb.example
//! ```
//!
//! A line may be of several names; what is said of the others stays when one of them goes. Pi-hole
//! keeps no texts, so nothing says which lines are ours: the registry is noop.

pub(crate) mod api;
#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;

use http::HeaderName;
use plan::DynProvider;
use serde_json::json;

use crate::auth::Value;
use crate::auth::session::{Login, Session};
use crate::client::{self, Http, Web};
use crate::exec::{ByRecord, Executor};
use crate::open::{Setup, SetupError, tls};
use crate::zones::ZoneFilter;

/// The provider of these settings.
pub(crate) fn open(mut setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let missing = |what| SetupError::setting(NAME, what);
    let server = options.text("pihole-server");
    let server = server.ok_or_else(|| missing("no server is named; set --pihole-server"))?;
    if options.text("registry") != Some("noop") {
        return Err(missing(
            "Pi-hole keeps no texts, so nothing can say which records are ours; set --registry=noop, and \
             --policy=upsert-only unless all of its records are",
        ));
    }
    let client = client::Setup {
        tls: tls(NAME, options, "pihole-tls-skip-verify")?,
        ..setup.client()
    };
    let base = format!("{}/api", server.trim_end_matches('/'));
    let web = Web::new(Http::with(NAME, &client)?, &base)?.judge(api::judge);
    let web = match options.text("pihole-password") {
        None => web,
        Some(password) => {
            let secret = Value::from_setting(password);
            let body = |password: &str| json!({"password": password});
            let clock = setup.clock();
            let session = Session::new(web.clone(), LOGIN, (secret, body), clock);
            web.sign(session)
        }
    };
    // There are no zones: names are looked at one by one.
    let domains = std::mem::take(&mut setup.scope.zones).domains;
    setup.scope.zones = ZoneFilter::default();
    let api = api::Pihole { web, domains };
    Ok(Box::new(Executor::new(ByRecord(api), setup.scope)))
}

const NAME: &str = "pihole";

const LOGIN: Login = Login {
    path: &["auth"],
    token: "/session/sid",
    seconds: "/session/validity",
    header: HeaderName::from_static("x-ftl-sid"),
    prefix: "",
};

#[cfg(test)]
mod tests;
