//! The configuration of each program: files in its folder, and the arguments that name them.

mod bind;
mod knot;
mod nsd;
mod power_dns;
mod zonewright;

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use crate::options::Options;
use crate::program::Kind;

/// Writes the configuration into the folder; out come the arguments of the command line.
pub(crate) fn arguments(
    kind: Kind,
    folder: &Path,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    options: &Options,
) -> io::Result<Vec<String>> {
    match kind {
        Kind::Bind => bind::arguments(folder, address, options),
        Kind::Knot => knot::arguments(folder, address, options),
        Kind::Nsd => nsd::arguments(folder, address, options),
        Kind::PowerDns => power_dns::arguments(folder, address, options),
        Kind::Zonewright => Ok(zonewright::arguments(folder, address, metrics, options)),
    }
}
