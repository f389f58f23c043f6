//! Settings of providers that keep records behind an API.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

/// A provider by name, and what its flags say. What that means is the provider's own affair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    /// Its name.
    pub name: &'static str,
    /// The values of its flags, by their names; those that have neither value nor default are left out.
    pub values: BTreeMap<&'static str, HostedValue>,
}

/// The value of a flag, of the form that the flag has.
#[derive(Clone, PartialEq, Eq)]
pub enum HostedValue {
    /// On or off.
    Switch(bool),
    /// A whole number.
    Number(i64),
    /// A duration.
    Duration(Duration),
    /// A text.
    Text(String),
    /// A text that is never shown, and wiped when it is let go.
    Secret(Zeroizing<String>),
    /// Several texts.
    Texts(Vec<String>),
}

impl fmt::Debug for HostedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Duration(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
            Self::Secret(_) => f.write_str("***"),
            Self::Texts(values) => values.fmt(f),
        }
    }
}
