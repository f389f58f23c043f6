//! Kubernetes objects as JSON, and where the API server keeps them.

use serde_json::{Map, Value, json};

/// An object of any kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    value: Value,
    api_version: String,
    kind: String,
    namespace: Option<String>,
    name: String,
}

/// Why a value is no object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("object lacks {field}: {start}")]
pub struct ObjectError {
    field: &'static str,
    start: String,
}

impl Object {
    /// Takes a manifest; a namespaced kind without a namespace goes to `default`.
    ///
    /// # Errors
    ///
    /// `apiVersion`, `kind` or `metadata.name` is missing.
    pub fn new(mut value: Value) -> Result<Self, ObjectError> {
        let text = |path: &'static str| match value.pointer(path).and_then(Value::as_str) {
            Some(text) => Ok(text.to_owned()),
            None => Err(ObjectError {
                field: path,
                start: value.to_string().chars().take(120).collect(),
            }),
        };
        let api_version = text("/apiVersion")?;
        let kind = text("/kind")?;
        let name = text("/metadata/name")?;
        let namespace = (!CLUSTER_WIDE.contains(&kind.as_str())).then(|| {
            let given = value.pointer("/metadata/namespace").and_then(Value::as_str);
            given.unwrap_or("default").to_owned()
        });
        if let (Some(namespace), Some(metadata)) = (&namespace, value.get_mut("metadata")) {
            metadata["namespace"] = json!(namespace);
        }
        Ok(Self {
            value,
            api_version,
            kind,
            namespace,
            name,
        })
    }

    /// The kind, as in the manifest.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Its namespace, if its kind has one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The path of all objects of its kind (in its namespace).
    #[must_use]
    pub fn collection(&self) -> String {
        let base = match self.api_version.contains('/') {
            true => format!("/apis/{}", self.api_version),
            false => format!("/api/{}", self.api_version),
        };
        match &self.namespace {
            Some(namespace) => format!("{base}/namespaces/{namespace}/{}", plural(&self.kind)),
            None => format!("{base}/{}", plural(&self.kind)),
        }
    }

    /// Its own path.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.collection(), self.name)
    }

    /// The manifest without its status.
    #[must_use]
    pub fn body(&self) -> Value {
        let mut fields = self.value.as_object().cloned().unwrap_or_default();
        fields.remove("status");
        Value::Object(fields)
    }

    /// The status alone, as a merge patch; none if the manifest has none.
    #[must_use]
    pub fn status(&self) -> Option<Value> {
        let status = self.value.get("status")?;
        let fields = Map::from_iter([("status".to_owned(), status.clone())]);
        Some(Value::Object(fields))
    }
}

/// The name of a kind in paths.
fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if kind.ends_with('s') => format!("{kind}es"),
        _ => format!("{kind}s"),
    }
}

/// Kinds without a namespace.
const CLUSTER_WIDE: [&str; 7] = [
    "APIService",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "GatewayClass",
    "Namespace",
    "Node",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_api_server() {
        let check = |api_version: &str, kind: &str, namespace: Option<&str>, path: &str| {
            let mut value =
                json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}});
            if let Some(namespace) = namespace {
                value["metadata"]["namespace"] = json!(namespace);
            }
            assert_eq!(Object::new(value).unwrap().path(), path);
        };
        let gateway = "gateway.networking.k8s.io/v1";
        check(
            "v1",
            "Service",
            None,
            "/api/v1/namespaces/default/services/x",
        );
        check("v1", "Node", None, "/api/v1/nodes/x");
        check(
            gateway,
            "Gateway",
            Some("a"),
            "/apis/gateway.networking.k8s.io/v1/namespaces/a/gateways/x",
        );
        check(
            gateway,
            "GatewayClass",
            None,
            "/apis/gateway.networking.k8s.io/v1/gatewayclasses/x",
        );
        check(
            "networking.k8s.io/v1",
            "Ingress",
            Some("a"),
            "/apis/networking.k8s.io/v1/namespaces/a/ingresses/x",
        );
        check(
            "traefik.io/v1",
            "Proxy",
            Some("a"),
            "/apis/traefik.io/v1/namespaces/a/proxies/x",
        );
    }

    #[test]
    fn status_is_apart_from_the_rest() {
        let value = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "x"}, "status": {"a": 1}});
        let object = Object::new(value).unwrap();
        assert_eq!(object.status(), Some(json!({"status": {"a": 1}})));
        assert_eq!(object.body().get("status"), None);
    }

    #[test]
    fn a_manifest_without_a_name_is_refused() {
        let value = json!({"apiVersion": "v1", "kind": "Node", "metadata": {}});
        let error = Object::new(value).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("object lacks /metadata/name: {")
        );
    }
}
