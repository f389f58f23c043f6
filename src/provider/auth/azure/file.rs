//! `azure.json`, as cloud providers of Kubernetes have it.

use std::path::PathBuf;

use plan::{ErrorKind, ProviderError};
use serde::Deserialize;

use super::{AzureCloud, AzureIdentity};
use crate::auth::file::{Environment, read};
use crate::auth::{Value, fault};
use crate::client::Secret;

/// What the file says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AzureFile {
    /// The name of the cloud.
    pub cloud: String,
    /// The tenant.
    pub tenant_id: String,
    /// The subscription.
    pub subscription_id: String,
    /// The resource group.
    pub resource_group: String,
    /// The application, or `msi`.
    pub aad_client_id: String,
    /// Its secret, or `msi`.
    pub aad_client_secret: Secret,
    /// Whether the machine is who asks.
    pub use_managed_identity_extension: bool,
    /// Whether the workload is who asks.
    pub use_workload_identity_extension: bool,
    /// Which of several identities of the machine.
    #[serde(rename = "userAssignedIdentityID")]
    pub user_assigned_identity_id: String,
    /// Where tokens are given, if not where they are for that cloud.
    pub active_directory_authority_host: String,
    /// What tokens are for, in a cloud of one's own.
    pub resource_manager_audience: String,
    /// Where resources are managed, in a cloud of one's own.
    pub resource_manager_endpoint: String,
    /// Where the file is, to be read again.
    #[serde(skip)]
    path: Option<PathBuf>,
}

impl AzureFile {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, or is something else.
    pub fn read(path: &str) -> Result<Self, ProviderError> {
        let text = read(path)?;
        // Some tools write a mark of the byte order first.
        let text = text.expose().trim_start_matches('\u{feff}');
        let mut file: Self = serde_json::from_str(text).map_err(|error| {
            // The message of the parser may quote a value.
            let (line, column) = (error.line(), error.column());
            let message = format!("\"{path}\" is no azure.json: line {line}, column {column}");
            fault(ErrorKind::Config, message)
        })?;
        file.path = Some(path.into());
        Ok(file)
    }

    /// The cloud. Where tokens are given is what the file says, then what the webhook of workload
    /// identity has set.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn cloud(&self, environment: &Environment) -> Result<AzureCloud, ProviderError> {
        let mut cloud = match self.cloud.eq_ignore_ascii_case("AzureStackCloud") {
            true => AzureCloud {
                login: self.active_directory_authority_host.clone(),
                audience: self.resource_manager_audience.clone(),
                manager: self.resource_manager_endpoint.clone(),
            },
            false => AzureCloud::named(&self.cloud)?,
        };
        let host = match &*self.active_directory_authority_host {
            "" => environment.get("AZURE_AUTHORITY_HOST"),
            host => Some(host.to_owned()),
        };
        if let Some(host) = host {
            cloud.login = host;
        }
        Ok(cloud)
    }

    /// Who asks: the secret of the file, the workload, the machine; otherwise as the environment says.
    ///
    /// # Errors
    /// The file asks for a workload, and nothing says where its token is.
    pub fn identity(&self, environment: &Environment) -> Result<AzureIdentity, ProviderError> {
        let (client, secret) = (&self.aad_client_id, &self.aad_client_secret);
        let is_machine = |text: &str| text.eq_ignore_ascii_case("msi");
        let is_principal = !client.is_empty() && !secret.is_empty();
        if is_principal && !is_machine(client) && !is_machine(secret.expose()) {
            return Ok(AzureIdentity::Principal {
                tenant: self.tenant_id.clone(),
                client: client.clone(),
                // The secret of an application is replaced now and then.
                secret: match &self.path {
                    Some(path) => Value::Member(path.clone(), "aadClientSecret"),
                    None => Value::Given(secret.clone()),
                },
            });
        }
        let or = |name: &str, value: &str| match value {
            "" => environment.get(name),
            value => Some(value.to_owned()),
        };
        if self.use_workload_identity_extension {
            let client = or("AZURE_CLIENT_ID", client);
            let parts = (
                or("AZURE_TENANT_ID", &self.tenant_id),
                client,
                environment.get("AZURE_FEDERATED_TOKEN_FILE"),
            );
            let (Some(tenant), Some(client), Some(path)) = parts else {
                let message = "\"useWorkloadIdentityExtension\" needs AZURE_TENANT_ID, AZURE_CLIENT_ID and \
                               AZURE_FEDERATED_TOKEN_FILE, which the webhook of workload identity sets";
                return Err(fault(ErrorKind::Config, message.to_owned()));
            };
            let token = Value::File(path.into());
            return Ok(AzureIdentity::Workload {
                tenant,
                client,
                token,
            });
        }
        if self.use_managed_identity_extension || is_machine(client) || is_machine(secret.expose())
        {
            let client = Some(self.user_assigned_identity_id.clone());
            return Ok(AzureIdentity::Managed {
                client: client.filter(|client| !client.is_empty()),
            });
        }
        Ok(match AzureIdentity::from_environment(environment) {
            AzureIdentity::Managed { client } => {
                let ours = Some(self.user_assigned_identity_id.clone());
                let ours = ours.filter(|client| !client.is_empty());
                AzureIdentity::Managed {
                    client: ours.or(client),
                }
            }
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_who_asks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("azure.json");
        let path = path.to_str().unwrap();
        let pairs = [
            ("AZURE_FEDERATED_TOKEN_FILE", "/t"),
            ("AZURE_CLIENT_ID", "e"),
        ];
        let environment =
            Environment::of(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())));
        for (text, wanted) in [
            (
                r#"{"tenantId":"t","aadClientId":"c","aadClientSecret":"s3cret"}"#,
                r#"Principal { tenant: "t", client: "c", secret: aadClientSecret in PATH }"#,
            ),
            (
                r#"{"tenantId":"t","useWorkloadIdentityExtension":true}"#,
                r#"Workload { tenant: "t", client: "e", token: file:/t }"#,
            ),
            (
                "\u{feff}{\"aadClientId\":\"msi\",\"aadClientSecret\":\"msi\"}",
                "Managed { client: None }",
            ),
            (
                r#"{"useManagedIdentityExtension":true,"userAssignedIdentityID":"u"}"#,
                r#"Managed { client: Some("u") }"#,
            ),
            ("{}", r#"Managed { client: Some("e") }"#),
            (
                r#"{"userAssignedIdentityID":"u"}"#,
                r#"Managed { client: Some("u") }"#,
            ),
        ] {
            std::fs::write(path, text).unwrap();
            let file = AzureFile::read(path).unwrap();
            let identity = file.identity(&environment).unwrap();
            assert_eq!(format!("{identity:?}").replace(path, "PATH"), wanted);
        }
        std::fs::write(path, r#"{"aadClientSecret":7}"#).unwrap();
        AzureFile::read(path).unwrap_err();
    }

    #[test]
    fn a_cloud_is_where_its_name_says() {
        let file = |cloud: &str| AzureFile {
            cloud: cloud.to_owned(),
            resource_manager_endpoint: "https://m.local".to_owned(),
            ..AzureFile::default()
        };
        for (name, manager) in [
            ("", Some("https://management.azure.com")),
            (
                "AzureUSGovernment",
                Some("https://management.usgovcloudapi.net"),
            ),
            (
                "AzureChinaCloud",
                Some("https://management.chinacloudapi.cn"),
            ),
            ("AZURESTACKCLOUD", Some("https://m.local")),
            ("Moon", None),
        ] {
            let none = Environment::of([]);
            let found = file(name).cloud(&none).ok().map(|cloud| cloud.manager);
            assert_eq!(found.as_deref(), manager, "{name}");
        }
        let pairs = [(
            "AZURE_AUTHORITY_HOST".to_owned(),
            "https://l.local/".to_owned(),
        )];
        let cloud = file("").cloud(&Environment::of(pairs)).unwrap();
        assert_eq!(cloud.login, "https://l.local/");
    }
}
