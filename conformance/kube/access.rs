//! Who may come into a cluster: kubeconfigs, tokens, service accounts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::api::Request;
use crate::cluster::{Cluster, ClusterError, Part};
use crate::configure::{kubeconfig, write_kubeconfig, write_tokens};
use crate::object::Object;

impl Cluster {
    /// A kubeconfig with all rights.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// A kubeconfig of the user `limited`, who has the rights that a test gives by RBAC.
    #[must_use]
    pub fn limited_kubeconfig(&self) -> PathBuf {
        self.folder.path().join("limited")
    }

    /// Writes a kubeconfig of the user `limited` into a folder, beside the file `token` that it
    /// takes the token from. The server takes it once [`Self::replace_tokens`] names it.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    pub fn kubeconfig_by_file(&self, folder: &Path, token: &str) -> io::Result<PathBuf> {
        let (file, path) = (folder.join("token"), folder.join("kubeconfig"));
        fs::write(&file, token)?;
        let user = json!({ "tokenFile": file });
        fs::write(&path, kubeconfig(self.folder.path(), &self.url, &user))?;
        Ok(path)
    }

    /// Makes a service account, and writes a kubeconfig with a token of it.
    ///
    /// # Errors
    ///
    /// The server refuses, or the file cannot be written.
    pub fn account_kubeconfig(&self, namespace: &str, name: &str) -> Result<PathBuf, ClusterError> {
        let account = Object::new(json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"namespace": namespace, "name": name}}))?;
        self.create(std::slice::from_ref(&account))?;
        let wanted = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {}});
        let path = format!("{}/token", account.path());
        let given = self.api.send(&[Request::post(path, wanted)])?;
        let token = given
            .iter()
            .find_map(|it| it.pointer("/status/token")?.as_str());
        let file = format!("account-{namespace}-{name}");
        write_kubeconfig(
            self.folder.path(),
            &file,
            &self.url,
            token.unwrap_or_default(),
        )?;
        Ok(self.folder.path().join(file))
    }

    /// Starts the API server anew, with this token for the user `limited` and without the one that
    /// it had.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn replace_tokens(&mut self, limited: &str) -> Result<(), ClusterError> {
        write_tokens(self.folder.path(), limited)?;
        self.restart(Part::ApiServer)
    }
}
