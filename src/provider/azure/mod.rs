//! Azure DNS, public and private zones.
//!
//! ```text
//! azure.json, flags, environment → cloud, identity ─ token ─┐
//! zones: GET dnsZones    list: GET ZONE/all (pages)    put: PUT ZONE/TYPE/NAME    remove: DELETE
//! ```
//!
//! Both services have the same shape, each with its own spelling; what differs is in
//! [`form::Service`]. Every write says what it expects to find, by the version (`etag`) of the set.
//! Record sets that are aliases of resources, and those that virtual machines register by
//! themselves, are never written to.

pub(crate) mod api;
mod form;
#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use plan::{DynProvider, ProviderError};

use crate::auth::azure::{Azure, AzureFile, VARIABLES};
use crate::auth::{self, Environment};
use crate::client::{Http, Limit, Retry, Web};
use crate::exec::{ByRrset, Executor, Scope};
use crate::open::{Options, Setup, SetupError};
use form::{Private, Public, Service};

/// The provider of these settings for public zones.
pub(crate) fn open(setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    of_service::<Public>(setup)
}

/// The provider of these settings for private zones.
pub(crate) fn open_private(setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    of_service::<Private>(setup)
}

fn of_service<S: Service>(setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let of = |result: Result<_, ProviderError>| auth::of(S::NAME, result);
    let file = settings(S::NAME, options)?;
    let environment = Environment::taken(&VARIABLES, |name| options.variable(name));
    let cloud = auth::of(S::NAME, file.cloud(&environment))?;
    let identity = auth::of(S::NAME, file.identity(&environment))?;
    let client = setup.client();
    let sign = Azure::new(
        S::NAME,
        (&cloud, identity),
        (&client, setup.clock()),
        options
            .variable("AZURE_POD_IDENTITY_AUTHORITY_HOST")
            .as_deref(),
    );
    let web = Web::new(Http::with(S::NAME, &client)?, &cloud.manager)?
        .sign(of(sign)?)
        .clock(setup.clock())
        .retry(retry(options.number("azure-maxretries-count")))
        .judge(api::judge::<S>);
    let second = Duration::from_secs(1);
    let api = api::Azure::<S>::new(
        // What one principal may ask of one subscription.
        web.clone().limit(Limit::per(25, second).bucket(250)),
        web.limit(Limit::per(10, second).bucket(200)),
        (file.subscription_id, file.resource_group),
    );
    let scope = Scope {
        zones_kept: options.duration("azure-zones-cache-duration"),
        ..setup.scope
    };
    Ok(Box::new(Executor::new(ByRrset(api), scope)))
}

/// What the file says, and over it what flags say.
fn settings(provider: &'static str, options: &dyn Options) -> Result<AzureFile, SetupError> {
    let flag = |name: &str| options.text(name).map(str::to_owned);
    let path = options.text("azure-config-file").unwrap_or(USUAL_FILE);
    // Where all that is needed is in flags and variables, there need be no file.
    let is_left_out = path == USUAL_FILE && !Path::new(path).exists();
    let mut file = match flag("azure-subscription-id") {
        Some(_) if is_left_out => AzureFile::default(),
        _ => auth::of(provider, AzureFile::read(path))?,
    };
    for (given, place) in [
        (flag("azure-subscription-id"), &mut file.subscription_id),
        (flag("azure-resource-group"), &mut file.resource_group),
        (
            flag("azure-user-assigned-identity-client-id"),
            &mut file.user_assigned_identity_id,
        ),
    ] {
        if let Some(given) = given {
            *place = given;
        }
    }
    if file.subscription_id.is_empty() {
        let what = "there is no subscription; set --azure-subscription-id, or \"subscriptionId\" in \
                    the file of --azure-config-file";
        return Err(SetupError::setting(provider, what));
    }
    Ok(file)
}

/// As Azure's own libraries read the number: 0 is what they take by themselves.
fn retry(count: i64) -> Retry {
    let further = match count {
        ..0 => 0,
        0 => 3,
        count => u32::try_from(count).unwrap_or(u32::MAX - 1),
    };
    Retry {
        attempts: further.saturating_add(1),
        ..Retry::USUAL
    }
}

/// Where nodes of AKS have it.
const USUAL_FILE: &str = "/etc/kubernetes/azure.json";
