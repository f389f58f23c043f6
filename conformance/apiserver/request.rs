//! What a request asks for: the objects that its path names, and its parameters.

use serde_json::Value;

use crate::store::Resource;

/// A request for objects.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) resource: Resource,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    /// `status` and the like.
    pub(crate) part: Option<String>,
    /// The one name that a watch is about.
    pub(crate) only: Option<String>,
}

impl Target {
    /// `/api/v1/…` or `/apis/GROUP/VERSION/…`, then a resource, perhaps in a namespace.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        let mut parts = path.trim_matches('/').split('/');
        let version = match parts.next()? {
            "api" => parts.next()?.to_owned(),
            "apis" => format!("{}/{}", parts.next()?, parts.next()?),
            _ => return None,
        };
        let rest: Vec<&str> = parts.collect();
        let (namespace, rest) = match rest.as_slice() {
            // A namespace itself is asked for by two parts, and its contents by three.
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
            rest => (None, rest),
        };
        Some(Self {
            resource: (version, (*rest.first()?).to_owned()),
            namespace: namespace.map(str::to_owned),
            name: rest.get(1).map(|name| (*name).to_owned()),
            part: rest.get(2).map(|part| (*part).to_owned()),
            only: None,
        })
    }

    /// Whether a watch is about this object.
    pub(crate) fn wants(&self, object: &Value) -> bool {
        let name = object["metadata"]["name"].as_str();
        self.only.as_deref().is_none_or(|only| name == Some(only))
    }
}

/// Parameters of a request.
pub(crate) struct Query<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Query<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self(
            text.split('&')
                .filter_map(|pair| pair.split_once('='))
                .collect(),
        )
    }

    pub(crate) fn value(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| *value)
    }

    /// The one label, and its value, that objects must have.
    pub(crate) fn label(&self) -> Option<(String, String)> {
        let selector = self.value("labelSelector")?;
        let selector = selector.replace("%2F", "/").replace("%3D", "=");
        let (label, value) = selector.split_once('=')?;
        Some((label.to_owned(), value.to_owned()))
    }

    /// The name that a field selector is for.
    pub(crate) fn only(&self) -> Option<String> {
        let selector = self.value("fieldSelector")?.replace("%3D", "=");
        Some(selector.strip_prefix("metadata.name=")?.to_owned())
    }

    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == Some(value)
    }
}
