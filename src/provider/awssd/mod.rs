//! Amazon Cloud Map.
//!
//! ```text
//! namespace = zone      service = a name of one type, with its TTL      instance = one value
//! records: ListNamespaces, ListServices, ListInstances (of each service that has any)
//! changes: CreateService | UpdateService, RegisterInstance …, DeregisterInstance …
//! registry aws-sd: labels ↔ the description of the service, as external-dns writes it
//! ```
//!
//! A service that somebody else has made is never written to, be it empty or not. What is accepted is
//! made later there, so what a listing does not show is asked for before it is tried again. A service
//! that no longer has instances stays, unless users want it away; one that has to be of another type
//! is made anew, since its type cannot change.

mod api;
#[cfg(test)]
mod moto_tests;
mod owned;
mod owner;
pub(crate) mod quirks;
mod service;
#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;
#[cfg(test)]
mod tests;
mod write;

use std::sync::{Arc, Mutex};

use plan::DynProvider;

use crate::amazon::{Rpc, Service};
use crate::client::Limit;
use crate::exec::Executor;
use crate::open::{Setup, SetupError};

/// The provider of these settings.
pub(crate) fn open(setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let acting = Arc::new(Mutex::new(None));
    let owner = options.text("txt-owner-id").unwrap_or("default");
    let cleans = options.is_on("aws-sd-service-cleanup") && !setup.scope.dry_run;
    let tags = options.texts("aws-sd-create-tag").iter();
    let tags = tags.filter_map(|tag| tag.split_once('='));
    let rpc = |service| Rpc::new(NAME, &setup, (service, api::judge), None);
    let data = Service {
        before: "data-",
        ..SERVICE
    };
    let api = api::CloudMap {
        calls: Arc::new(api::Calls::new(rpc(SERVICE)?, rpc(data)?)),
        private: match options.text("aws-zone-type") {
            Some("private") => Some(true),
            Some("public") => Some(false),
            _ => None,
        },
        cleans: cleans.then(|| owner.into()),
        tags: tags
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        acting: Arc::clone(&acting),
        known: Mutex::default(),
    };
    let inner = Executor::new(api, setup.scope);
    let keeps = options.text("registry") != Some("noop");
    Ok(Box::new(owned::Owned {
        inner,
        acting,
        keeps,
    }))
}

const NAME: &str = "aws-sd";

const SERVICE: Service = Service {
    name: "servicediscovery",
    before: "",
    variable: "SERVICEDISCOVERY",
    target: "Route53AutoNaming_v20170314",
    kind: "application/x-amz-json-1.1",
    limit: Limit::NONE,
};
