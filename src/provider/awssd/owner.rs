//! Whose a service is, by its description.

use std::sync::{Arc, Mutex};

use plan::Labels;
use plan::registry::txt::labels;

/// On whose behalf changes are made; nobody's if ownership is not kept.
pub(super) type Acting = Arc<Mutex<Option<Box<str>>>>;

/// The owner that a description names.
pub(super) fn owner_of(description: Option<&str>) -> Option<String> {
    let labels = labels::from_text(description?)?;
    labels.value(Labels::OWNER).map(str::to_owned)
}

/// The setting of records that is the description of their service; never one that users have.
pub(super) const DESCRIPTION: &str = "zonewright/description";
