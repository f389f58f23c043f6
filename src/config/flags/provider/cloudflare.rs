//! Flags of Cloudflare.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider cloudflare",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::switch("cloudflare-proxied", false)
            .says("Records are proxied if they do not say", ""),
        Flag::switch("cloudflare-custom-hostnames", false).says("Make custom hostnames", ""),
        Flag::once(
            "cloudflare-custom-hostnames-min-tls-version",
            "1.0|1.1|1.2|1.3",
            "1.0",
        )
        .words(&["1.0", "1.1", "1.2", "1.3"])
        .says("Least TLS version of custom hostnames", ""),
        Flag::once(
            "cloudflare-custom-hostnames-certificate-authority",
            "google|ssl_com|lets_encrypt|none",
            "none",
        )
        .words(&["google", "ssl_com", "lets_encrypt", "none"])
        .says("Who certifies custom hostnames", ""),
        Flag::number("cloudflare-dns-records-per-page", "100")
            .says("Records in one page of a list, at most 5000", ""),
        Flag::switch("cloudflare-regional-services", false).says("Make regional hostnames", ""),
        Flag::once("cloudflare-region-key", "TEXT", "")
            .says("Region of hostnames that do not say", ""),
        Flag::once("cloudflare-record-comment", "TEXT", "").says("Comment of records", ""),
    ],
};
