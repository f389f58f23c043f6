//! Where the key is said to be: the provider's own file, and the one of Oracle's tools.

use std::path::Path;

use plan::{ErrorKind, ProviderError};

use super::{OciKey, locked};
use crate::auth::file::{Environment, read};
use crate::auth::ini::Ini;
use crate::auth::{config_fault, fault};
use crate::client::Secret;

/// The provider's own file.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct OciFile {
    /// Who we are.
    pub auth: OciSettings,
    /// The compartment of the zones.
    pub compartment: String,
}

impl OciFile {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, or is something else.
    pub fn read(path: &Path) -> Result<Self, ProviderError> {
        let text = read(path)?;
        serde_saphyr::from_str(text.expose()).map_err(|error| {
            // The message of the parser may quote a value.
            let at = error.location();
            let at = at.map_or_else(String::new, |at| {
                format!(": line {}, column {}", at.line(), at.column())
            });
            let message = format!(
                "\"{}\" is no file of settings{at}; expected \"auth\" with region, tenancy, user, key and \
                 fingerprint, and \"compartment\"",
                path.display()
            );
            fault(ErrorKind::Config, message)
        })
    }
}

/// What the provider's own file says of credentials, under `auth`.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OciSettings {
    /// The region, as `eu-frankfurt-1`.
    pub region: String,
    /// The tenancy.
    pub tenancy: String,
    /// The user.
    pub user: String,
    /// The private key, as PEM.
    pub key: Secret,
    /// The fingerprint of the key.
    pub fingerprint: String,
    /// What the key is encrypted with.
    pub passphrase: Secret,
    /// Whether the machine itself is who asks.
    pub use_instance_principal: bool,
    /// Whether the workload is who asks.
    pub use_workload_identity: bool,
}

impl OciKey {
    /// The key that the provider's own file has.
    ///
    /// # Errors
    /// Something is missing, or the key cannot be used.
    pub fn from_settings(settings: &OciSettings) -> Result<Self, ProviderError> {
        for (what, value) in [
            ("tenancy", &*settings.tenancy),
            ("user", &settings.user),
            ("fingerprint", &settings.fingerprint),
            ("key", settings.key.expose()),
        ] {
            if value.is_empty() {
                return Err(config_fault(format!("\"auth.{what}\" is missing")));
            }
        }
        Ok(Self {
            name: format!(
                "{}/{}/{}",
                settings.tenancy, settings.user, settings.fingerprint
            ),
            key: locked::read(settings.key.expose(), settings.passphrase.expose())?,
        })
    }

    /// The key and the region that the file of Oracle's tools has: `OCI_CLI_CONFIG_FILE` or
    /// `~/.oci/config`, profile `OCI_CLI_PROFILE` or `DEFAULT`.
    ///
    /// # Errors
    /// There is no such file, or something is missing in it.
    pub fn from_file(environment: &Environment) -> Result<(Self, String), ProviderError> {
        let home = environment.get("HOME").unwrap_or_default();
        let path = environment.get("OCI_CLI_CONFIG_FILE");
        let path = path.unwrap_or_else(|| format!("{home}/.oci/config"));
        let profile = environment
            .get("OCI_CLI_PROFILE")
            .unwrap_or_else(|| "DEFAULT".to_owned());
        let text = read(&path)?;
        let ini = Ini::parse(text.expose());
        if !ini.has(&profile) {
            let message = format!("there is no profile \"{profile}\" in \"{path}\"");
            return Err(fault(ErrorKind::Config, message));
        }
        let get = |key: &str| {
            // Other profiles inherit from the default one.
            let value = ini.get(&profile, key).or_else(|| ini.get("DEFAULT", key));
            let missing = || {
                let message =
                    format!("\"{key}\" is missing in profile \"{profile}\" of \"{path}\"");
                fault(ErrorKind::Config, message)
            };
            value.ok_or_else(missing)
        };
        let key = get("key_file")?.replacen('~', &home, 1);
        let passphrase = ["pass_phrase", "passphrase"]
            .into_iter()
            .find_map(|key| get(key).ok());
        let key = Self {
            name: format!(
                "{}/{}/{}",
                get("tenancy")?,
                get("user")?,
                get("fingerprint")?
            ),
            key: locked::read(read(&key)?.expose(), passphrase.unwrap_or_default())?,
        };
        Ok((key, get("region")?.to_owned()))
    }
}
