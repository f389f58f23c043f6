//! OpenStack Designate.
//!
//! ```text
//! zones: GET /v2/zones     list: GET /v2/zones/ID/recordsets     put: POST or PUT     remove: DELETE
//! ```
//!
//! Keystone gives a token and says where Designate is. What is accepted is read back at once, whatever
//! its status: the name servers get it later. That they did not is told of each listing.

pub(crate) mod api;
#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;

use std::sync::Arc;

use plan::DynProvider;

use crate::auth::Environment;
use crate::auth::keystone::{Keystone, KeystoneSettings, VARIABLES};
use crate::client::{self, Http, Tls};
use crate::exec::{ByRrset, Executor};
use crate::open::{Options, Setup, SetupError};

/// The provider of these settings.
pub(crate) fn open(setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let variables = Environment::taken(&VARIABLES, |name| options.variable(name));
    let settings = KeystoneSettings::from_environment(&variables)
        .map_err(|error| SetupError::setting(NAME, error.message))?;
    let client = client::Setup {
        tls: tls(options)?,
        ..setup.client()
    };
    let http = Http::with(NAME, &client)?;
    let keystone = Keystone::new(http.clone(), settings, setup.clock())?;
    let api = api::Designate::new(http, Arc::new(keystone));
    Ok(Box::new(Executor::new(ByRrset(api), setup.scope)))
}

/// What the variables of external-dns say, and else those of OpenStack's own tools.
fn tls(options: &dyn Options) -> Result<Tls, SetupError> {
    let read = |names: [&'static str; 2]| {
        let Some(path) = names.iter().find_map(|name| options.variable(name)) else {
            return Ok(None);
        };
        let file = std::fs::read(&path).map_err(|source| SetupError::File {
            provider: NAME,
            path,
            source,
        });
        file.map(Some)
    };
    let certificate = read(["OPENSTACK_CERT_FILE", "OS_CERT"])?;
    let key = read(["OPENSTACK_KEY_FILE", "OS_KEY"])?;
    let identity = match (certificate, key) {
        (Some(certificate), Some(key)) => Some([certificate, key].join(&b'\n')),
        (None, None) => None,
        _ => {
            let what = "OPENSTACK_CERT_FILE and OPENSTACK_KEY_FILE go together";
            return Err(SetupError::setting(NAME, what));
        }
    };
    let insecure = options.variable("OPENSTACK_TLS_INSECURE");
    let yes = ["1", "t", "true"];
    Ok(Tls {
        trusted: read(["OPENSTACK_CA_FILE", "OS_CACERT"])?,
        identity,
        insecure: insecure.is_some_and(|it| yes.iter().any(|yes| it.eq_ignore_ascii_case(yes))),
        server_name: None,
    })
}

const NAME: &str = "designate";

#[cfg(test)]
mod tests;
