//! What of an object is kept: decided once, from the settings.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Kind, Meta};
use crate::template::Mask;
use crate::{Annotations, Compatibility, Outcome, Rules, ServiceTypes, admits};

/// Which labels a kind reads, beyond those that selectors in the settings name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// All: other objects select by them.
    All,
    /// These.
    Named(&'static [&'static str]),
}

/// Says what is read with these settings.
#[derive(Clone, Debug, Default)]
pub struct Trim {
    rules: Rules,
    annotations: Vec<Box<str>>,
    labels: Vec<Box<str>>,
    masks: BTreeMap<Kind, Mask>,
}

impl Trim {
    /// What these settings read, whichever the sources.
    #[must_use]
    pub fn new(rules: &Rules) -> Self {
        Self::for_kinds(rules, Kind::ALL.iter().copied())
    }

    /// What these settings read if only objects of these kinds ask for names.
    #[must_use]
    pub fn for_kinds(rules: &Rules, kinds: impl IntoIterator<Item = Kind>) -> Self {
        let mut annotations: Vec<Box<str>> =
            rules.annotation_filter.keys().map(Into::into).collect();
        if !rules.ingress_classes.is_empty() {
            annotations.push(INGRESS_CLASS.into());
        }
        let legacy: &[&str] = match rules.compatibility {
            None => &[],
            Some(Compatibility::KopsDnsController) => &[KOPS_EXTERNAL, KOPS_INTERNAL],
            Some(Compatibility::Mate) => &[MATE],
            Some(Compatibility::Molecule) => &[MOLECULE],
        };
        annotations.extend(legacy.iter().map(|key| Box::from(*key)));
        let labels = rules.label_filter.keys();
        let labels = labels.chain(rules.gateway_label_filter.keys());
        let mut masks = BTreeMap::new();
        if let Some(engine) = rules.templates.as_ref().filter(|engine| engine.has_names()) {
            for kind in kinds {
                if let Some(shape) = kind.shape() {
                    masks.insert(kind, engine.fields(shape));
                }
            }
        }
        Self {
            annotations,
            labels: labels.map(Into::into).collect(),
            masks,
            rules: rules.clone(),
        }
    }

    /// Whether an object can ask for names: by an annotation, or through a template.
    #[must_use]
    pub fn asks(&self, kind: Kind, meta: &Meta) -> bool {
        let legacy = [KOPS_EXTERNAL, KOPS_INTERNAL, MATE, MOLECULE];
        let named = self.masks.contains_key(&kind)
            || self.value(meta, "hostname").is_some()
            || self.value(meta, "internal-hostname").is_some()
            || (legacy.iter()).any(|key| meta.annotations.value(key).is_some());
        named && admits(&self.rules, kind, meta, &mut Outcome::default())
    }

    /// Whether an object can ask for names with its address inside the cluster.
    #[must_use]
    pub fn asks_inside(&self, kind: Kind, meta: &Meta) -> bool {
        self.masks.contains_key(&kind) || self.value(meta, "internal-hostname").is_some()
    }

    /// The value of an annotation under one of our prefixes.
    #[must_use]
    pub fn value<'a>(&'a self, meta: &'a Meta, name: &str) -> Option<&'a str> {
        Annotations::of(meta, &self.rules).value(name)
    }

    /// The kinds that are chosen by settings.
    pub(crate) fn dynamics(&self) -> impl Iterator<Item = &str> {
        self.rules.unstructured.iter().map(|resource| &**resource)
    }

    /// Which types of Services are read.
    #[must_use]
    pub fn service_types(&self) -> ServiceTypes {
        self.rules.service_types
    }

    /// Whether names of load balancers are to be resolved.
    #[must_use]
    pub fn resolves(&self) -> bool {
        self.rules.resolve_load_balancers
    }

    /// Whether objects of a kind are kept as values too, for templates.
    pub(crate) fn keeps_value(&self, kind: Kind) -> bool {
        self.masks.contains_key(&kind)
    }

    /// What templates read of an object, if there are any for its kind.
    pub(crate) fn masked(&self, kind: Kind, value: &Value) -> Option<Box<Value>> {
        match self.masks.get(&kind)? {
            Mask::Paths(paths) => {
                let mut kept = Value::Object(Map::new());
                for path in paths {
                    copy(value, path, &mut kept);
                }
                Some(Box::new(kept))
            }
            Mask::Whole => {
                let mut kept = value.clone();
                if let Some(metadata) = kept.get_mut("metadata").and_then(Value::as_object_mut) {
                    metadata.remove("managedFields");
                }
                Some(Box::new(kept))
            }
        }
    }

    /// Whether an annotation is read.
    #[must_use]
    pub fn keeps_annotation(&self, key: &str) -> bool {
        (self.rules.prefixes.iter()).any(|prefix| key.starts_with(&**prefix))
            || self.annotations.iter().any(|other| **other == *key)
    }

    /// Whether a label is read, of an object whose kind reads `keep`.
    #[must_use]
    pub fn keeps_label(&self, keep: Keep, key: &str) -> bool {
        match keep {
            Keep::All => true,
            Keep::Named(keys) => {
                keys.contains(&key) || self.labels.iter().any(|other| **other == *key)
            }
        }
    }
}

/// Copies what stands at a path, with the maps on the way.
fn copy(from: &Value, path: &[String], to: &mut Value) {
    let Some((first, rest)) = path.split_first() else {
        to.clone_from(from);
        return;
    };
    let (Some(from), Some(to)) = (from.get(first), to.as_object_mut()) else {
        return;
    };
    let to = (to.entry(first.clone())).or_insert_with(|| Value::Object(Map::new()));
    copy(from, rest, to);
}

/// The class of an Ingress, from before it had a field for it.
pub(crate) const INGRESS_CLASS: &str = "kubernetes.io/ingress.class";
/// The name in kops's dialect, for addresses outside.
pub(crate) const KOPS_EXTERNAL: &str = "dns.alpha.kubernetes.io/external";
/// The name in kops's dialect, for addresses inside.
pub(crate) const KOPS_INTERNAL: &str = "dns.alpha.kubernetes.io/internal";
/// The name in Mate's dialect.
pub(crate) const MATE: &str = "zalando.org/dnsname";
/// The names in Molecule's dialect.
pub(crate) const MOLECULE: &str = "domainName";
