//! The keys as they were read, and as we have written them since.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::{Layout, Service};

/// A key as it is there.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// Its value, as it is written.
    pub(super) value: Box<[u8]>,
    /// The revision that it was last written in.
    pub(super) revision: i64,
}

/// All keys below a prefix, in order.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) keys: BTreeMap<Box<str>, Held>,
}

impl Known {
    /// The keys that begin so.
    pub(super) fn below<'k>(
        &'k self,
        path: &'k str,
    ) -> impl Iterator<Item = (&'k str, &'k Held)> + use<'k> {
        let from = self
            .keys
            .range::<str, _>((Bound::Included(path), Bound::Unbounded));
        from.map(|(key, held)| (&**key, held))
            .take_while(move |(key, _)| key.starts_with(path))
    }
}

/// What a key is about: its name and what it says; none if it makes no sense.
pub(super) fn read<L: Layout>(
    layout: &L,
    prefix: &str,
    key: &str,
    value: &[u8],
) -> Result<(Box<str>, Service), String> {
    let service: Service = serde_json::from_slice(value).map_err(|error| error.to_string())?;
    let path = key.strip_prefix(prefix).unwrap_or_default();
    let labels: Vec<&str> = path.rsplit('/').filter(|label| !label.is_empty()).collect();
    let strip = layout.strip(&labels, &service);
    let labels = labels.get(strip..).unwrap_or_default();
    if labels.is_empty() {
        return Err(format!("nothing of it is left without {strip} labels"));
    }
    let name = plan::name::normalize(&labels.join(".")).into();
    Ok((name, service))
}

/// The key of a name itself.
pub(super) fn path(prefix: &str, name: &str) -> String {
    let labels: Vec<&str> = name.rsplit('.').collect();
    format!("{prefix}{}", labels.join("/"))
}
