//! Cloudflare: zones, records in batches, and what hangs on names beside records.
//!
//! ```text
//! settings ─ adjust → properties ─┐            custom hostnames, regional hostnames: one call each
//! listing (records, hostnames) ───┴→ edits ─→ ┤
//!                                             └ records: one batch, all or nothing; single calls where
//!                                               there are no batches
//! ```
//!
//! Settings of annotations arrive under the whole key of the annotation; here they go by its last
//! part, since its beginning is up to users.

mod adjust;
pub(crate) mod api;
mod form;
mod hostnames;
#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;
#[cfg(test)]
mod tests;

use std::time::Duration;

use http::HeaderName;
use plan::DynProvider;

use crate::auth::Plain;
use crate::client::Limit;
use crate::exec::{Batched, Executor};
use crate::open::{Setup, SetupError};

/// The provider of these settings.
pub(crate) fn open(setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let sign = if options.variable("CF_API_TOKEN").is_some() {
        Plain::bearer(setup.secret(NAME, "CF_API_TOKEN")?)
    } else if options.variable("CF_API_KEY").is_some() {
        let [email, key] = ["x-auth-email", "x-auth-key"].map(HeaderName::from_static);
        Plain::header(email, "", setup.secret(NAME, "CF_API_EMAIL")?).and(Plain::header(
            key,
            "",
            setup.secret(NAME, "CF_API_KEY")?,
        ))
    } else {
        let what = "there are no credentials; set CF_API_TOKEN, or CF_API_KEY and CF_API_EMAIL";
        return Err(SetupError::setting(NAME, what));
    };
    let text = |flag| options.text(flag).unwrap_or_default().to_owned();
    let positive = |flag| usize::try_from(options.number(flag)).unwrap_or_default();
    let region = text("cloudflare-region-key");
    let settings = adjust::Settings {
        proxied: options.is_on("cloudflare-proxied"),
        comment: text("cloudflare-record-comment"),
        regional: options.is_on("cloudflare-regional-services") || !region.is_empty(),
        region,
        hostnames: options.is_on("cloudflare-custom-hostnames"),
        least_tls: text("cloudflare-custom-hostnames-min-tls-version"),
        authority: text("cloudflare-custom-hostnames-certificate-authority"),
    };
    let api = api::Cloudflare {
        web: setup
            .web(NAME, BASE)?
            .sign(sign)
            .limit(Limit::per(1200, Duration::from_mins(5)).burst(600))
            .judge(api::judge),
        page: u32::try_from(positive("cloudflare-dns-records-per-page").clamp(1, 5000))
            .unwrap_or(1),
        batch: positive("batch-change-size").max(1),
        pause: options.duration("batch-change-interval"),
        ids: setup.scope.zones.ids.clone(),
        settings,
        seen: api::Seen::default(),
    };
    Ok(Box::new(Executor::new(Batched(api), setup.scope)))
}

const NAME: &str = "cloudflare";

const BASE: &str = "https://api.cloudflare.com/client/v4";
