//! Oracle Cloud Infrastructure DNS.
//!
//! ```text
//! zones: GET zones?scope=…     list: GET zones/ZONE/records
//! submit: PATCH zones/ZONE/records, all or nothing: what must be there, what goes, what comes
//! ```

pub(crate) mod api;
#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use plan::{DynProvider, ProviderError};

use crate::auth::oci::{Oci, OciFile, OciKey, VARIABLES, endpoint};
use crate::auth::{Environment, of};
use crate::exec::{Batched, Executor};
use crate::open::{Options, Setup, SetupError};

/// The provider of these settings.
pub(crate) fn open(mut setup: Setup<'_>) -> Result<Box<dyn DynProvider>, SetupError> {
    let options = setup.options;
    let around = Environment::taken(&VARIABLES, |name| options.variable(name));
    let found = find(options, &around)?;
    let realm = around.get("OCI_DEFAULT_REALM");
    let base = endpoint("dns", &found.region, realm.as_deref());
    let path = found.path;
    let read = move || match &path {
        Some(path) => OciKey::from_settings(&OciFile::read(path)?.auth),
        None => Ok(OciKey::from_file(&around)?.0),
    };
    let sign = of(NAME, Oci::new(read, setup.clock()))?;
    let api = api::OciDns {
        web: (setup.web(NAME, &format!("{base}/20180115"))?)
            .sign(sign)
            .judge(api::judge),
        compartment: found.compartment,
        scopes: match options.text("oci-zone-scope") {
            Some("GLOBAL") => &["GLOBAL"],
            Some("PRIVATE") => &["PRIVATE"],
            _ => &["GLOBAL", "PRIVATE"],
        },
    };
    setup.scope.zones_kept = options.duration("oci-zones-cache-duration");
    Ok(Box::new(Executor::new(Batched(api), setup.scope)))
}

/// Where we are, and what is ours there.
struct Place {
    region: String,
    compartment: String,
    /// The provider's own file; without it the one of Oracle's tools.
    path: Option<PathBuf>,
}

/// Looks for the provider's own file, then for the one of Oracle's tools.
fn find(options: &dyn Options, around: &Environment) -> Result<Place, SetupError> {
    let missing = |what: &str| SetupError::setting(NAME, what);
    if options.is_on("oci-auth-instance-principal") {
        return Err(missing(SESSION));
    }
    let flag = options.text("oci-compartment-ocid").unwrap_or_default();
    let own = options.text("oci-config-file").map(Path::new);
    let place = match own.filter(|path| path.exists()) {
        Some(path) => {
            let OciFile { auth, compartment } = of(NAME, OciFile::read(path))?;
            if auth.use_instance_principal && auth.use_workload_identity {
                return Err(missing(
                    "only one of useInstancePrincipal and useWorkloadIdentity can be on",
                ));
            }
            if auth.use_instance_principal || auth.use_workload_identity {
                return Err(missing(SESSION));
            }
            Place {
                region: auth.region,
                compartment,
                path: Some(path.to_owned()),
            }
        }
        None => {
            let (_, region) = OciKey::from_file(around).map_err(|error| lost(own, &error))?;
            Place {
                region,
                compartment: String::new(),
                path: None,
            }
        }
    };
    if place.region.is_empty() {
        return Err(missing("\"auth.region\" is missing, as us-phoenix-1"));
    }
    let compartment = match (&*place.compartment, flag) {
        ("", "") => {
            return Err(missing(
                "the compartment of the zones is not named; set --oci-compartment-ocid",
            ));
        }
        ("", flag) => flag.to_owned(),
        (named, _) => named.to_owned(),
    };
    Ok(Place {
        compartment,
        ..place
    })
}

/// What is said if there is neither file.
fn lost(own: Option<&Path>, error: &ProviderError) -> SetupError {
    let own = own.map_or_else(String::new, |path| format!(" at \"{}\"", path.display()));
    let why = crate::client::chain(error);
    let what = format!(
        "there is no file of settings{own} (--oci-config-file), nor one of Oracle's tools: {why}"
    );
    SetupError::setting(NAME, what)
}

const NAME: &str = "oci";

/// Why a machine or a workload cannot say who it is.
const SESSION: &str = "machines and workloads sign by an RSA key that is made at run time, which this program \
    does not make; use the API key of a user: auth.tenancy, auth.user, auth.key and auth.fingerprint in the \
    file of --oci-config-file";
