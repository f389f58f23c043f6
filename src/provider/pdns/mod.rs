//! PowerDNS by its HTTP API.
//!
//! ```text
//! zones: GET /zones     list: GET /zones/ID     submit: PATCH /zones/ID, all or nothing
//! ```
//!
//! A CNAME that is an alias is an `ALIAS` there. Records that are switched off stay with their RRset.

mod api;

use std::sync::Arc;
use std::time::Duration;

use plan::DynProvider;

use crate::client::Http;
use crate::exec::{Batched, Executor};
use crate::open::{Setup, SetupError};

/// The provider of these settings.
pub(crate) fn open(mut setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let missing = |what: &str| SetupError::Setting {
        provider: NAME,
        what: what.to_owned(),
    };
    let server = options.text("pdns-server");
    let server = server.ok_or_else(|| missing("no server is named; set --pdns-server"))?;
    let key = options.text("pdns-api-key");
    let key = key.ok_or_else(|| missing("there is no key; set EXTERNAL_DNS_PDNS_API_KEY"))?;
    let id = options.text("pdns-server-id").unwrap_or("localhost");
    let http = Http::with(
        NAME,
        LIMIT,
        (MOST_ANSWER, Arc::clone(&setup.calls)),
        |builder| Ok(builder.tls_danger_accept_invalid_certs(options.is_on("pdns-skip-tls-verify"))),
    )?;
    setup.scope.zones.parents = true;
    let base = server.trim_end_matches('/');
    let api = api::Pdns {
        http,
        base: format!("{base}/api/v1/servers/{id}"),
        key: key.to_owned(),
    };
    Ok(Box::new(Executor::new(Batched(api), setup.scope)))
}

const NAME: &str = "pdns";

/// A zone is listed in one answer, however large it is.
const MOST_ANSWER: usize = 1 << 30;

/// How long a call may take.
const LIMIT: Duration = Duration::from_secs(60);
