//! Objects of kinds that are chosen by settings: their metadata, and what templates read of them.
//!
//! One store holds all of these kinds, so a key carries its object's kind as `Kind.version.group`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use plan::ObjectRef;
use serde::Deserialize;
use serde_json::Value;

use super::raw::{RawMeta, Text, nullable};
use super::{DecodeError, Keep, Key, Kind, Meta, Object, Trim, Trimmed};

/// An object of a kind that is chosen by settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Unstructured {
    /// Its metadata.
    pub meta: Meta,
    /// Its kind, as `Widget`.
    pub kind: Box<str>,
    /// Group and version, as `example.org/v1`.
    pub api_version: Box<str>,
}

impl Unstructured {
    /// Names the object for Events and explanations.
    #[must_use]
    pub fn reference(&self) -> Arc<ObjectRef> {
        Arc::new(ObjectRef {
            kind: keep(&self.kind),
            api_version: keep(&self.api_version),
            namespace: self.meta.key.namespace().into(),
            name: self.meta.key.name().into(),
            uid: self.meta.uid.to_string().into(),
            created: self.meta.created,
        })
    }
}

impl Trimmed for Unstructured {
    type Raw<'de> = RawUnstructured<'de>;

    fn trim(raw: &RawUnstructured<'_>, trim: &Trim) -> Self {
        let mut meta = Meta::new(&raw.metadata, Keep::Named(&[]), trim);
        let (group, version) = raw
            .api_version
            .rsplit_once('/')
            .unwrap_or(("", &raw.api_version));
        let resource = [&*raw.kind, version, group].join(".");
        let resource = resource.trim_end_matches('.');
        meta.key = Key::of_resource(resource, meta.key.namespace(), meta.key.name());
        Self {
            meta,
            kind: Box::from(&*raw.kind),
            api_version: Box::from(&*raw.api_version),
        }
    }
}

/// An object as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RawUnstructured<'a> {
    #[serde(borrow)]
    api_version: Text<'a>,
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    metadata: RawMeta<'a>,
}

/// A kind that is chosen by settings, as `--unstructured-resource` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dynamic {
    /// The name in addresses of the API, as `widgets`.
    pub plural: Box<str>,
    /// Group and version, as `example.org/v1`; `v1` for the core group.
    pub api_version: Box<str>,
}

/// A text names no resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no resource; expected resource.version.group, as \"certificates.v1.cert-manager.io\""
)]
pub struct DynamicError(String);

impl std::str::FromStr for Dynamic {
    type Err = DynamicError;

    fn from_str(text: &str) -> Result<Self, DynamicError> {
        let mut parts = text.splitn(3, '.');
        let (plural, version) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        if plural.is_empty() || version.is_empty() {
            return Err(DynamicError(text.to_owned()));
        }
        let group = parts.next().unwrap_or_default();
        Ok(Self {
            plural: plural.into(),
            api_version: match group {
                "" => version.into(),
                group => format!("{group}/{version}").into(),
            },
        })
    }
}

impl std::fmt::Display for Dynamic {
    /// As `kubectl` takes it: `widgets.v1.example.org`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.api_version.split_once('/') {
            Some((group, version)) => write!(f, "{}.{version}.{group}", self.plural),
            None => write!(f, "{}.{}", self.plural, self.api_version),
        }
    }
}

impl Dynamic {
    /// The kind of objects that leave it to their list, as those of Kubernetes itself do; the plural
    /// where that is not known.
    #[must_use]
    pub fn kind(&self) -> &str {
        let own = !self.api_version.contains('.') || self.api_version.contains(".k8s.io/");
        let known = BUILT_IN.iter().find(|(plural, _)| *self.plural == **plural);
        known
            .filter(|_| own)
            .map_or(&*self.plural, |(_, kind)| kind)
    }

    /// Whether objects of this kind are meant. A manifest does not say the plural, so it is guessed
    /// as Kubernetes does; the singular is taken too.
    #[must_use]
    pub fn names(&self, api_version: &str, kind: &str) -> bool {
        if *self.api_version != *api_version {
            return false;
        }
        let singular = kind.to_ascii_lowercase();
        let plural = match singular.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None if singular.ends_with('s') => format!("{singular}es"),
            None => format!("{singular}s"),
        };
        *self.plural == plural || *self.plural == singular
    }

    /// Reads an object. In lists, objects of some kinds leave their kind to the list: then it is
    /// `kind`.
    ///
    /// # Errors
    ///
    /// If it is no object, or has no name.
    pub fn decode(&self, json: &[u8], kind: &str, trim: &Trim) -> Result<Object, DecodeError> {
        let broken = |source| DecodeError::Json {
            kind: Kind::Unstructured,
            source,
        };
        let mut value: Value = serde_json::from_slice(json).map_err(broken)?;
        if let Some(fields) = value.as_object_mut() {
            let api_version = || Value::from(&*self.api_version);
            fields.entry("apiVersion").or_insert_with(api_version);
            fields.entry("kind").or_insert_with(|| Value::from(kind));
        }
        Kind::Unstructured.decode_value(&value, trim)
    }
}

/// Kinds of Kubernetes itself, by their plurals.
const BUILT_IN: [(&str, &str); 22] = [
    ("configmaps", "ConfigMap"),
    ("cronjobs", "CronJob"),
    ("daemonsets", "DaemonSet"),
    ("deployments", "Deployment"),
    ("endpoints", "Endpoints"),
    ("endpointslices", "EndpointSlice"),
    ("horizontalpodautoscalers", "HorizontalPodAutoscaler"),
    ("ingressclasses", "IngressClass"),
    ("ingresses", "Ingress"),
    ("jobs", "Job"),
    ("leases", "Lease"),
    ("namespaces", "Namespace"),
    ("networkpolicies", "NetworkPolicy"),
    ("nodes", "Node"),
    ("persistentvolumeclaims", "PersistentVolumeClaim"),
    ("persistentvolumes", "PersistentVolume"),
    ("pods", "Pod"),
    ("replicasets", "ReplicaSet"),
    ("secrets", "Secret"),
    ("serviceaccounts", "ServiceAccount"),
    ("services", "Service"),
    ("statefulsets", "StatefulSet"),
];

/// A text for the life of the process. Kinds come from settings, so there are few.
fn keep(text: &str) -> &'static str {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(text) {
        return known;
    }
    let new: &'static str = Box::leak(Box::from(text));
    kept.insert(new);
    new
}

#[cfg(test)]
mod tests {
    use super::{Dynamic, Trim};

    #[test]
    fn resources_are_told_by_their_plural() {
        for (text, api_version, kind, expected) in [
            ("widgets.v1.example.org", "example.org/v1", "Widget", true),
            ("widget.v1.example.org", "example.org/v1", "Widget", true),
            ("widgets.v1.example.org", "example.org/v2", "Widget", false),
            ("policies.v1.a.b.c", "a.b.c/v1", "Policy", true),
            (
                "ingresses.v1.networking.k8s.io",
                "networking.k8s.io/v1",
                "Ingress",
                true,
            ),
            ("configmaps.v1", "v1", "ConfigMap", true),
            ("configmaps.v1.", "v1", "ConfigMap", true),
            ("configmaps.v1", "v1", "Secret", false),
        ] {
            let dynamic: Dynamic = text.parse().unwrap();
            assert_eq!(dynamic.names(api_version, kind), expected, "{text} {kind}");
        }
        for text in ["", "widgets", ".v1", "widgets."] {
            assert!(text.parse::<Dynamic>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_list_leaves_out_is_filled_in() {
        let dynamic: Dynamic = "configmaps.v1".parse().unwrap();
        let json = br#"{"metadata": {"name": "one", "namespace": "shop"}}"#;
        let object = dynamic.decode(json, "ConfigMap", &Trim::default()).unwrap();
        assert_eq!(object.meta().key.resource(), "ConfigMap.v1");
        assert!(
            dynamic
                .decode(b"{}", "ConfigMap", &Trim::default())
                .is_err()
        );
    }
}
