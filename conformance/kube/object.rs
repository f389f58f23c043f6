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
