//! Flags of the smaller clouds: Alibaba Cloud, NS1, GoDaddy, Exoscale.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Other providers",
    scope: Scope::Destination,
    built: false,
    flags: &[
        Flag::once(
            "alibaba-cloud-config-file",
            "FILE",
            "/etc/kubernetes/alibaba-cloud.json",
        )
        .says("File with the credentials of Alibaba Cloud", ""),
        Flag::once("alibaba-cloud-zone-type", "public|private", "")
            .words(&["", "public", "private"])
            .says("Only public or only private zones", ""),
        Flag::once("ns1-endpoint", "URL", "").says("URL of the API", ""),
        Flag::switch("ns1-ignoressl", false).says("Do not check certificates", ""),
        Flag::number("ns1-min-ttl", "0").says("Least TTL of records, in seconds", ""),
        Flag::once("godaddy-api-key", "TEXT", "")
            .secret()
            .says("Key of the API", ""),
        Flag::once("godaddy-api-secret", "TEXT", "")
            .secret()
            .says("Secret of the API", ""),
        Flag::number("godaddy-api-ttl", "600").says("TTL of records that do not say", ""),
        Flag::switch("godaddy-api-ote", false).says("Use the API for tests", ""),
        Flag::once("exoscale-apienv", "TEXT", "api").says("Environment of the API", ""),
        Flag::once("exoscale-apizone", "ZONE", "ch-gva-2").says("Zone of the API", ""),
        Flag::once("exoscale-apikey", "TEXT", "")
            .secret()
            .says("Key of the API", ""),
        Flag::once("exoscale-apisecret", "TEXT", "")
            .secret()
            .says("Secret of the API", ""),
        Flag::duration("exoscale-zones-cache-duration", "0s")
            .says("How long the list of zones is taken as known", ""),
    ],
};
