//! A build without name servers that take updates.

use anyhow::bail;
use config::Rfc2136;
use plan::DynProvider;

/// Says how to get them.
///
/// # Errors
/// Always.
pub(super) fn provider(_settings: &Rfc2136) -> anyhow::Result<Box<dyn DynProvider>> {
    bail!(
        "provider \"rfc2136\" is not part of this build; rebuild with --features provider-rfc2136"
    )
}
