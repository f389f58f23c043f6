//! PowerDNS by its HTTP API.
//!
//! ```text
//! zones: GET /zones     list: GET /zones/ID     submit: PATCH /zones/ID, all or nothing
//! ```
//!
//! A CNAME that is an alias is an `ALIAS` there. Records that are switched off stay with their RRset.

pub(crate) mod api;
#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;

use std::sync::Mutex;
use std::time::Duration;

use http::HeaderName;
use plan::DynProvider;

use crate::auth::{Plain, Value};
use crate::client::{self, Http, Web};
use crate::exec::{Batched, Executor};
use crate::open::{Setup, SetupError, tls};

/// The provider of these settings.
pub(crate) fn open(mut setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let missing = |what| SetupError::setting(NAME, what);
    let server = options.text("pdns-server");
    let server = server.ok_or_else(|| missing("no server is named; set --pdns-server"))?;
    let key = options.text("pdns-api-key");
    let key = key.ok_or_else(|| missing("there is no key; set EXTERNAL_DNS_PDNS_API_KEY"))?;
    let id = options.text("pdns-server-id").unwrap_or("localhost");
    let client = client::Setup {
        limit: LIMIT,
        cap: MOST_ANSWER,
        tls: tls(NAME, options, "pdns-skip-tls-verify")?,
        ..setup.client()
    };
    let server = server.trim_end_matches('/');
    let key = Plain::header(
        HeaderName::from_static("x-api-key"),
        "",
        Value::from_setting(key),
    );
    let base = format!("{server}/api/v1/servers/{id}");
    let web = Web::new(Http::with(NAME, &client)?, &base)?
        .sign(key)
        .judge(api::judge);
    // A zone above a domain that is ours is one that our names are in.
    setup.scope.zones.parents = true;
    let api = api::Pdns {
        web,
        known: Mutex::default(),
    };
    Ok(Box::new(Executor::new(Batched(api), setup.scope)))
}

const NAME: &str = "pdns";

/// A zone is listed in one answer, however large it is.
const MOST_ANSWER: usize = 1 << 30;

/// How long a call may take.
const LIMIT: Duration = Duration::from_mins(1);
