//! Amazon Route 53.
//!
//! ```text
//! zones: GET /hostedzone, POST /tags/hostedzone (for each account)     list: GET /hostedzone/ID/rrset
//! submit: POST /hostedzone/ID/rrset/ — DELETE as it was, CREATE as it is to be; all or nothing
//! ```
//!
//! A CNAME to a name of Amazon's own is an alias in both families of addresses, unless something else
//! is asked for. The settings that records are told apart by go by the names that external-dns gives
//! them. Private zones get all names that are in them, whatever zones there are below.

mod adjust;
pub(crate) mod api;
mod form;
mod message;
#[cfg(test)]
mod moto_tests;
#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;
mod targets;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use plan::DynProvider;

use crate::amazon;
use crate::auth::aws::{Aws, Chain};
use crate::client::{Http, Limit, Web};
use crate::exec::{Batched, Cost, Executor};
use crate::open::{Setup, SetupError};

/// The provider of these settings.
pub(crate) fn open(mut setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let http = Http::with(NAME, &setup.client())?;
    let mut accounts = Vec::new();
    for chain in chains(&setup)? {
        let region = chain.near_region()?.unwrap_or_default();
        let variable = |name: &str| options.variable(name);
        let (usual, region) = endpoint(&region, variable);
        let base = ["AWS_ENDPOINT_URL_ROUTE_53", "AWS_ENDPOINT_URL"];
        let base = base.into_iter().find_map(variable).unwrap_or(usual);
        let base = format!("{}/{VERSION}", base.trim_end_matches('/'));
        let web = Web::new(http.clone(), &base)?
            .sign(Aws::new(chain, region, "route53"))
            .limit(Limit::per(5, Duration::from_secs(1)).burst(5))
            .retry(amazon::retry(options))
            .clock(setup.clock())
            .judge(api::judge);
        accounts.push(web);
    }
    setup.scope.zones.parents = options.is_on("aws-zone-match-parent");
    setup.scope.zones_kept = options.duration("aws-zones-cache-duration");
    let size = |flag| usize::try_from(options.number(flag)).unwrap_or_default();
    let tags = options.texts("aws-zone-tags").iter();
    let tags = tags.filter(|tag| !tag.is_empty()).map(|tag| {
        let (key, value) = tag.split_once('=').unwrap_or((tag, ""));
        (key.to_owned(), value.to_owned())
    });
    let api = api::Route53 {
        accounts,
        settings: adjust::Settings {
            prefer_cname: options.is_on("aws-prefer-cname"),
            health: options.is_on("aws-evaluate-target-health"),
        },
        filter: setup.scope.zones.clone(),
        private: match options.text("aws-zone-type") {
            Some("private") => Some(true),
            Some("public") => Some(false),
            _ => None,
        },
        tags: tags.collect(),
        most: Cost {
            changes: size("aws-batch-change-size"),
            values: size("aws-batch-change-size-values"),
            bytes: size("aws-batch-change-size-bytes"),
        },
        pause: options.duration("aws-batch-change-interval"),
        homes: std::sync::Mutex::default(),
    };
    Ok(Box::new(Executor::new(Batched(api), setup.scope)))
}

/// Where credentials are looked for, by profile.
fn chains(setup: &Setup<'_>) -> Result<Vec<Arc<Chain>>, SetupError> {
    let named = setup.options.texts("aws-profile").iter();
    let named = named.filter(|name| !name.is_empty()).cloned().map(Some);
    let mut profiles: Vec<Option<String>> = named.collect();
    if profiles.is_empty() {
        profiles.push(None);
    }
    let profiles = profiles.into_iter();
    let chains = profiles.map(|profile| amazon::chain(NAME, setup, profile, None));
    chains.collect()
}

/// Where Route 53 is for a region, and the region that calls are signed for: there is one in each part
/// of Amazon that is on its own.
fn endpoint(region: &str, variable: impl Fn(&str) -> Option<String>) -> (String, &'static str) {
    let is_on = |name| variable(name).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let (host, region) = match region {
        region if region.starts_with("cn-") => ("route53.amazonaws.com.cn", "cn-northwest-1"),
        region if region.starts_with("us-gov-") => {
            ("route53.us-gov.amazonaws.com", "us-gov-west-1")
        }
        _ if is_on("AWS_USE_DUALSTACK_ENDPOINT") => ("route53.global.api.aws", "us-east-1"),
        _ if is_on("AWS_USE_FIPS_ENDPOINT") => ("route53-fips.amazonaws.com", "us-east-1"),
        _ => ("route53.amazonaws.com", "us-east-1"),
    };
    (format!("https://{host}"), region)
}

const NAME: &str = "aws";

/// The version of the interface.
const VERSION: &str = "2013-04-01";
