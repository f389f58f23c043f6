//! What of an object is kept: decided once, from the settings.

use super::Meta;
use crate::{Compatibility, Rules};

/// Which labels a kind reads, beyond those that selectors in the settings name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// All: other objects select by them.
    All,
    /// These.
    Named(&'static [&'static str]),
}

/// Says which annotations and labels are read with these settings.
#[derive(Clone, Debug, Default)]
pub struct Trim {
    prefixes: Vec<Box<str>>,
    annotations: Vec<Box<str>>,
    labels: Vec<Box<str>>,
    /// Whether names of load balancers are to be resolved.
    pub(crate) resolve: bool,
    /// Whether objects are kept as values too, for templates.
    pub(crate) whole: bool,
}

impl Trim {
    /// What these settings read.
    #[must_use]
    pub fn new(rules: &Rules) -> Self {
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
        Self {
            prefixes: rules.prefixes.clone(),
            annotations,
            labels: labels.map(Into::into).collect(),
            resolve: rules.resolve_load_balancers,
            whole: false,
        }
    }

    /// Whether an object can ask for names: by an annotation, or through a template.
    #[must_use]
    pub fn asks(&self, meta: &Meta) -> bool {
        let annotations = &meta.annotations;
        let legacy = [KOPS_EXTERNAL, KOPS_INTERNAL, MATE, MOLECULE];
        self.whole
            || self.has(meta, "hostname")
            || self.has(meta, "internal-hostname")
            || (legacy.iter()).any(|key| annotations.value(key).is_some())
    }

    /// Whether an object can ask for names with its address inside the cluster.
    #[must_use]
    pub fn asks_inside(&self, meta: &Meta) -> bool {
        self.whole || self.has(meta, "internal-hostname")
    }

    /// Whether an object has an annotation under one of our prefixes.
    #[must_use]
    pub fn has(&self, meta: &Meta, name: &str) -> bool {
        (self.prefixes.iter()).any(|prefix| meta.annotations.value_under(prefix, name).is_some())
    }

    /// Whether an annotation is read.
    #[must_use]
    pub fn keeps_annotation(&self, key: &str) -> bool {
        (self.prefixes.iter()).any(|prefix| key.starts_with(&**prefix))
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
