//! Flags of Oracle Cloud Infrastructure.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider oci",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::once("oci-config-file", "FILE", "/etc/kubernetes/oci.yaml").says(
            "File with the key of a user",
            "Without it the file of Oracle's tools is read.",
        ),
        Flag::once("oci-compartment-ocid", "TEXT", "")
            .says("Compartment of the zones, if the file names none", ""),
        Flag::once("oci-zone-scope", "GLOBAL|PRIVATE", "GLOBAL")
            .words(&["", "GLOBAL", "PRIVATE"])
            .says("Only global or only private zones; empty for both", ""),
        Flag::switch("oci-auth-instance-principal", false)
            .says("Refused: name the key of a user instead", ""),
        Flag::duration("oci-zones-cache-duration", "0s")
            .says("How long the list of zones is taken as known", ""),
    ],
};
