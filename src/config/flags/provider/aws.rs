//! Flags of AWS, Route 53 and Cloud Map.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider aws",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::once("aws-zone-type", "public|private", "")
            .words(&["", "public", "private"])
            .says("Only public or only private zones", ""),
        Flag::repeated("aws-zone-tags", "KEY=VALUE", "")
            .says("Only zones with this tag, or with any of this key", ""),
        Flag::switch("aws-zone-match-parent", false)
            .says("Take zones above a --domain-filter too", ""),
        Flag::repeated("aws-profile", "TEXT", "").says(
            "Profile of AWS's own files; several are several accounts",
            "",
        ),
        Flag::once("aws-assume-role", "TEXT", "")
            .says("ARN of the role that zones are written in", ""),
        Flag::once("aws-assume-role-external-id", "TEXT", "").says("External id of that role", ""),
        Flag::number("aws-batch-change-size", "1000").says("Changes in a batch at most", ""),
        Flag::number("aws-batch-change-size-bytes", "32000")
            .says("Bytes of values in a batch at most", ""),
        Flag::number("aws-batch-change-size-values", "1000").says("Values in a batch at most", ""),
        Flag::duration("aws-batch-change-interval", "1s").says("Time between batches", ""),
        Flag::switch("aws-evaluate-target-health", true).says(
            "Aliases do not look at the health of their targets, unless they say",
            "",
        ),
        Flag::number("aws-api-retries", "3").says(
            "How often a call is made at most; 0 is as often as there is time for",
            "",
        ),
        Flag::switch("aws-prefer-cname", false).says("Write CNAME records, not aliases", ""),
        Flag::duration("aws-zones-cache-duration", "0s")
            .says("How long the list of zones is taken as known", ""),
    ],
};

pub(in crate::flags) const CLOUD_MAP: Group = Group {
    heading: "Provider aws-sd",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::switch("aws-sd-service-cleanup", false).says("Delete services that became empty", ""),
        Flag::repeated("aws-sd-create-tag", "KEY=VALUE", "")
            .pairs()
            .says("A tag of services we make", ""),
    ],
};
