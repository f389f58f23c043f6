//! Flags of one provider each.

pub(super) mod aws;
pub(super) mod azure;
pub(super) mod cloudflare;
pub(super) mod clouds;
pub(super) mod coredns;
pub(super) mod digitalocean;
pub(super) mod embedded;
pub(super) mod google;
pub(super) mod infoblox;
pub(super) mod inmemory;
pub(super) mod oci;
pub(super) mod ovh;
pub(super) mod pdns;
pub(super) mod pihole;
pub(super) mod rfc2136;
pub(super) mod webhook;
