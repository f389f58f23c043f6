//! Where a cloud of Azure is.

use plan::{ErrorKind, ProviderError};

use crate::auth::fault;

/// The addresses of a cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureCloud {
    /// Where tokens are given.
    pub login: String,
    /// What tokens are for.
    pub audience: String,
    /// Where resources are managed.
    pub manager: String,
}

impl AzureCloud {
    /// A cloud by its name, as `azure.json` has it; the public one without.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn named(name: &str) -> Result<Self, ProviderError> {
        let cloud = |login: &str, manager: &str| Self {
            login: format!("https://{login}"),
            audience: format!("https://{manager}/"),
            manager: format!("https://{manager}"),
        };
        Ok(match &*name.to_ascii_uppercase() {
            "" | "AZURECLOUD" | "AZUREPUBLICCLOUD" => {
                cloud("login.microsoftonline.com", "management.azure.com")
            }
            "AZURECHINACLOUD" => cloud("login.chinacloudapi.cn", "management.chinacloudapi.cn"),
            "AZUREGOVERNMENT" | "AZUREUSGOVERNMENT" | "AZUREUSGOVERNMENTCLOUD" => {
                cloud("login.microsoftonline.us", "management.usgovcloudapi.net")
            }
            _ => {
                return Err(fault(
                    ErrorKind::Config,
                    format!(
                        "cloud \"{name}\" is none of AzurePublicCloud, AzureUSGovernment, AzureChinaCloud \
                         and AzureStackCloud"
                    ),
                ));
            }
        })
    }
}
