//! What service accounts ask of the API server, by its own log of audits.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

/// A request of a service account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `system:serviceaccount:NAMESPACE:NAME`.
    pub user: String,
    /// As a role has it, such as `watch`.
    pub verb: String,
    /// The group of the resource.
    pub group: String,
    /// The resource, with the part of it that is asked for, as in `zones/status`.
    pub resource: String,
    /// Whether the account had the right.
    pub allowed: bool,
}

/// How the API server is told to note them.
pub(crate) fn audit_arguments(folder: &Path) -> io::Result<Vec<String>> {
    let policy = folder.join("audit.yaml");
    fs::write(&policy, POLICY)?;
    Ok(vec![
        format!("--audit-policy-file={}", policy.display()),
        format!("--audit-log-path={}", folder.join(LOG).display()),
    ])
}

/// Reads what was noted. A line that is being written is left out.
pub(crate) fn read_audit(folder: &Path) -> io::Result<Vec<Asked>> {
    let text = fs::read(folder.join(LOG))?;
    let lines = text.split(|byte| *byte == b'\n');
    let events = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    Ok(events.filter_map(|event| asked(&event)).collect())
}

/// Requests for anything but resources, such as for the version, are none of a role's business.
fn asked(event: &Value) -> Option<Asked> {
    let text = |path: &str| event.pointer(path).and_then(Value::as_str);
    let resource = text("/objectRef/resource")?;
    let part = text("/objectRef/subresource");
    Some(Asked {
        user: text("/user/username")?.to_owned(),
        verb: text("/verb")?.to_owned(),
        group: text("/objectRef/apiGroup").unwrap_or_default().to_owned(),
        resource: part.map_or_else(|| resource.to_owned(), |part| format!("{resource}/{part}")),
        allowed: event.pointer("/responseStatus/code") != Some(&Value::from(403)),
    })
}

/// Watches are noted when they begin, other requests when they end.
const POLICY: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Metadata, userGroups: [\"system:serviceaccounts\"]}
- {level: None}
";

const LOG: &str = "audit.log";
