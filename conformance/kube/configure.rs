//! What the processes of a cluster are started with, and what clients need to know.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// The users' tokens and the key that signs tokens of service accounts.
pub(crate) fn write_secrets(folder: &Path) -> io::Result<()> {
    write_tokens(folder, LIMITED)?;
    let made = Command::new("openssl")
        .args(["ecparam", "-name", "prime256v1", "-genkey", "-noout"])
        .arg("-out")
        .arg(folder.join("accounts.key"))
        .stdin(Stdio::null())
        .output()?;
    match made.status.success() {
        true => Ok(()),
        false => Err(io::Error::other("openssl does not make a key")),
    }
}

/// Writes the users' tokens, with this one for the user without rights of its own.
pub(crate) fn write_tokens(folder: &Path, limited: &str) -> io::Result<()> {
    let users = format!("{ADMIN},admin,1,system:masters\n{limited},limited,2\n");
    fs::write(folder.join("tokens.csv"), users)
}

/// How etcd is started.
pub(crate) fn etcd_arguments(folder: &Path, client: u16, peer: u16) -> Vec<String> {
    let (client, peer) = (
        format!("http://127.0.0.1:{client}"),
        format!("http://127.0.0.1:{peer}"),
    );
    vec![
        format!("--data-dir={}", folder.join("etcd").display()),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        "--log-level=warn".to_owned(),
    ]
}

/// How the API server is started.
pub(crate) fn apiserver_arguments(folder: &Path, etcd: u16, secure: u16) -> Vec<String> {
    let key = folder.join("accounts.key");
    vec![
        format!("--etcd-servers=http://127.0.0.1:{etcd}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={secure}"),
        format!("--cert-dir={}", folder.join("certificates").display()),
        format!("--token-auth-file={}", folder.join("tokens.csv").display()),
        "--authorization-mode=RBAC".to_owned(),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        format!("--service-account-key-file={}", key.display()),
        format!("--service-account-signing-key-file={}", key.display()),
        "--service-cluster-ip-range=10.96.0.0/16,fd00:96::/112".to_owned(),
        "--endpoint-reconciler-type=none".to_owned(),
        // Nothing makes the accounts that pods would need, and nodes are never ready by themselves.
        "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition".to_owned(),
        "--allow-privileged=true".to_owned(),
    ]
}

/// The certificates that clients trust; the API server makes them itself.
pub(crate) fn authority(folder: &Path) -> PathBuf {
    folder.join("certificates/apiserver.crt")
}

/// Writes a kubeconfig for the user of a token.
pub(crate) fn write_kubeconfig(
    folder: &Path,
    name: &str,
    url: &str,
    token: &str,
) -> io::Result<()> {
    let text = kubeconfig(folder, url, &json!({ "token": token }));
    fs::write(folder.join(name), text)
}

/// A kubeconfig; JSON is YAML too.
pub(crate) fn kubeconfig(folder: &Path, url: &str, user: &Value) -> String {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {
            "server": url, "certificate-authority": authority(folder)}}],
        "users": [{"name": "test", "user": user}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    });
    config.to_string()
}

/// The token of the user who may do everything.
pub(crate) const ADMIN: &str = "administrator";
/// The token of a user without rights of its own.
pub(crate) const LIMITED: &str = "limited";
