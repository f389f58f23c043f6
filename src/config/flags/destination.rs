//! Flags about where records are written to, and which ones.

use super::{Flag, Group, Scope};

pub(super) const GROUP: Group = Group {
    heading: "Destination",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::once("provider", "NAME", "embedded")
            .says(
                "Where names are written to: embedded, rfc2136, webhook or another",
                "'embedded' is this server itself.",
            )
            .common(),
        Flag::repeated("domain-filter", "DOMAIN", "")
            .says(
                "Only names at or below this one",
                "With a dot in front, names below it only.",
            )
            .common(),
        Flag::repeated("exclude-domains", "DOMAIN", "").says("No names at or below this one", ""),
        Flag::once("regex-domain-filter", "REGEX", "").says(
            "Only names that this matches",
            "In place of --domain-filter and --exclude-domains.",
        ),
        Flag::once("regex-domain-exclusion", "REGEX", "")
            .says("No names that this matches; looked at first", ""),
        Flag::once("policy", "POLICY", "sync, with a warning")
            .words(&["", "sync", "upsert-only", "create-only"])
            .says(
                "What may be done: sync, upsert-only, create-only or none",
                "All, all but deletes, creates only, or nothing but showing the plan.",
            )
            .common(),
        Flag::repeated(
            "managed-record-types",
            "TYPE",
            "A, AAAA and CNAME; all on embedded",
        )
        .says(
            "Only records of this type",
            "A, AAAA, CNAME, DNAME, MX, NAPTR, NS, PTR, SRV or TXT.",
        ),
        Flag::repeated("exclude-record-types", "TYPE", "").says("No records of this type", ""),
        Flag::duration("min-event-sync-interval", "0s").says(
            "Least time between passes that changes of objects start",
            "",
        ),
        Flag::duration("provider-cache-time", "0s")
            .says("How long records of the provider are taken as known", ""),
        Flag::number("batch-change-size", "200")
            .says("Changes in a piece, by providers that cut", ""),
        Flag::duration("batch-change-interval", "1s").says("Time between such pieces", ""),
        Flag::repeated("zone-name-filter", "ZONE", "")
            .says("Only zones of this name, by providers that have zones", ""),
        Flag::repeated("zone-id-filter", "ID", "")
            .says("Only zones with this id, by providers that have them", ""),
    ],
};
