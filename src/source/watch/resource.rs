//! Addresses of the API: one resource, in one namespace or in all.

use std::fmt::Write;

use crate::object::Kind;

/// One resource of the API, in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Group and version, as `networking.k8s.io/v1`; `v1` for the core group.
    pub api_version: Box<str>,
    /// The plural name, as `ingresses`.
    pub plural: Box<str>,
}

impl Resource {
    /// A kind of object in all versions that it is read in.
    #[must_use]
    pub fn versions_of(kind: Kind) -> Vec<Self> {
        let version = |version: &&str| Self {
            api_version: (*version).into(),
            plural: kind.plural().into(),
        };
        kind.versions().iter().map(version).collect()
    }

    /// The path of all its objects, or of those of one namespace.
    #[must_use]
    pub fn path(&self, namespace: Option<&str>) -> String {
        let mut path = String::from(if self.api_version.contains('/') {
            "/apis/"
        } else {
            "/api/"
        });
        path.push_str(&self.api_version);
        if let Some(namespace) = namespace {
            path.push_str("/namespaces/");
            encode(&mut path, namespace);
        }
        path.push('/');
        path.push_str(&self.plural);
        path
    }
}

impl std::fmt::Display for Resource {
    /// As `kubectl` takes it: `ingresses.networking.k8s.io`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.api_version.split_once('/') {
            Some((group, _)) => write!(f, "{}.{group}", self.plural),
            None => f.write_str(&self.plural),
        }
    }
}

/// Query parameters of a request.
#[derive(Debug, Default)]
pub(crate) struct Query(String);

impl Query {
    /// Adds a parameter.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push(if self.0.is_empty() { '?' } else { '&' });
        self.0.push_str(name);
        self.0.push('=');
        encode(&mut self.0, value);
        self
    }

    /// Adds a parameter, unless its value is empty.
    pub(crate) fn with_some(self, name: &str, value: &str) -> Self {
        if value.is_empty() {
            self
        } else {
            self.with(name, value)
        }
    }

    /// The text, question mark included.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Adds a value to a query, in the letters that one may have.
pub fn encode(into: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            write!(into, "%{byte:02X}").expect("a String takes all that is written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_group_namespace_and_resource() {
        let core = Resource {
            api_version: "v1".into(),
            plural: "services".into(),
        };
        let group = Resource {
            api_version: "networking.k8s.io/v1".into(),
            plural: "ingresses".into(),
        };
        assert_eq!(core.path(None), "/api/v1/services");
        assert_eq!(
            group.path(Some("a")),
            "/apis/networking.k8s.io/v1/namespaces/a/ingresses"
        );
        assert_eq!(group.to_string(), "ingresses.networking.k8s.io");
        assert_eq!(core.to_string(), "services");
    }

    #[test]
    fn selectors_are_quoted_in_queries() {
        let query = Query::default()
            .with("labelSelector", "a in (b,c)")
            .with_some("x", "");
        assert_eq!(query.as_str(), "?labelSelector=a%20in%20%28b%2Cc%29");
    }
}
