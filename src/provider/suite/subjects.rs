//! All subjects. A provider adds itself here by one line; what it needs for that is
//!
//! - `sim.rs` in its folder (for tests and feature `suite`): the dialect of its host over a
//!   [`crate::sim::ZoneStore`], and `SUBJECT`, a [`super::Hosted`] with the settings that open it;
//! - clients that begin with `setup.client()` or `setup.web()`, and clocks that are `setup.clock()`:
//!   only these get to the stand-in.

use super::reference;
use super::world::Subject;

/// All subjects of this build.
#[must_use]
pub fn subjects() -> Vec<Box<dyn Subject>> {
    let mut all = reference::subjects();
    let hosted: Vec<Box<dyn Subject>> = vec![
        #[cfg(feature = "aws")]
        Box::new(crate::aws::sim::SUBJECT),
        #[cfg(feature = "aws-sd")]
        Box::new(crate::awssd::sim::SUBJECT),
        #[cfg(feature = "aws-sd")]
        Box::new(crate::awssd::sim::LATE),
        #[cfg(feature = "azure")]
        Box::new(crate::azure::sim::SUBJECT),
        #[cfg(feature = "azure")]
        Box::new(crate::azure::sim::SUBJECT_PRIVATE),
        #[cfg(feature = "cloudflare")]
        Box::new(crate::cloudflare::sim::SUBJECT),
        #[cfg(feature = "cloudflare")]
        Box::new(crate::cloudflare::sim::SINGLE),
        #[cfg(feature = "coredns")]
        Box::new(crate::coredns::sim::SUBJECT),
        #[cfg(feature = "coredns")]
        Box::new(crate::coredns::sim::SKYDNS),
        #[cfg(feature = "designate")]
        Box::new(crate::designate::sim::SUBJECT),
        #[cfg(feature = "digitalocean")]
        Box::new(crate::digitalocean::sim::SUBJECT),
        #[cfg(feature = "google")]
        Box::new(crate::google::sim::SUBJECT),
        #[cfg(feature = "infoblox")]
        Box::new(crate::infoblox::sim::SUBJECT),
        #[cfg(feature = "oci")]
        Box::new(crate::oci::sim::SUBJECT),
        #[cfg(feature = "ovh")]
        Box::new(crate::ovh::sim::SUBJECT),
        #[cfg(feature = "pdns")]
        Box::new(crate::pdns::sim::SUBJECT),
        #[cfg(feature = "pihole")]
        Box::new(crate::pihole::sim::SUBJECT),
        #[cfg(feature = "rdns")]
        Box::new(crate::rdns::sim::SUBJECT),
        Box::new(crate::webhook::sim::SUBJECT),
    ];
    all.extend(hosted);
    all
}
