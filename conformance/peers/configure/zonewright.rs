//! Ours: flags only.

use std::net::SocketAddr;
use std::path::Path;

use crate::options::Options;

pub(super) fn arguments(
    folder: &Path,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    options: &Options,
) -> Vec<String> {
    let mut arguments = vec!["--listen".into(), address.to_string()];
    // The default one is shared by all instances of a user.
    let control = folder.join("control.sock").display().to_string();
    arguments.extend(["--control-socket".into(), control]);
    if let Some(metrics) = metrics {
        arguments.extend(["--metrics-address".into(), metrics.to_string()]);
    }
    if let Some(workers) = options.workers {
        arguments.extend(["--udp-workers".into(), workers.to_string()]);
    }
    if let Some(identity) = &options.identity {
        let (version, hostname, id) = (&identity.version, &identity.hostname, &identity.id);
        arguments.extend(["--version-bind".into(), version.clone()]);
        arguments.extend(["--hostname-bind".into(), hostname.clone()]);
        arguments.extend([
            "--id-server".into(),
            id.clone(),
            "--nsid".into(),
            id.clone(),
        ]);
    }
    if let Some(secret) = &options.cookie_secret {
        arguments.extend(["--cookie-secret".into(), secret.clone()]);
    }
    for zone in &options.zones {
        let (origin, file) = (&zone.origin, zone.file.display());
        arguments.extend(["--zone-file".into(), format!("{origin}={file}")]);
    }
    arguments
}
