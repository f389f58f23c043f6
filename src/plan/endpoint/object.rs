//! The object that an endpoint comes from.

/// Names one Kubernetes object, as Events and explanations do.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectRef {
    /// The kind, as `Service`.
    pub kind: &'static str,
    /// Group and version, as `networking.k8s.io/v1`.
    pub api_version: &'static str,
    /// The namespace; empty for objects of the cluster.
    pub namespace: Box<str>,
    /// The name.
    pub name: Box<str>,
    /// The identity the API server gave it; empty if it is not from a server.
    pub uid: Box<str>,
    /// When it was made, in seconds since 1970; 0 if it does not say.
    pub created: i64,
}

impl std::fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.kind.to_ascii_lowercase())?;
        if !self.namespace.is_empty() {
            write!(f, " {}/{}", self.namespace, self.name)
        } else {
            write!(f, " {}", self.name)
        }
    }
}
