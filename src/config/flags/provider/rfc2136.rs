//! Flags of name servers that take updates (RFC 2136).

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider rfc2136",
    scope: Scope::Destination,
    built: false,
    flags: &[
        Flag::repeated("rfc2136-host", "HOST", "")
            .says("A name server; several stand in for each other", ""),
        Flag::number("rfc2136-port", "0").says("Its port", ""),
        Flag::repeated("rfc2136-zone", "ZONE", ".").says("A zone that is written to", ""),
        Flag::switch("rfc2136-insecure", false).says("Sign nothing", ""),
        Flag::once("rfc2136-tsig-keyname", "TEXT", "").says("Name of the TSIG key", ""),
        Flag::once("rfc2136-tsig-secret", "TEXT", "")
            .secret()
            .says("The TSIG key, in base64", ""),
        Flag::once("rfc2136-tsig-secret-alg", "TEXT", "")
            .says("Algorithm of the TSIG key, such as hmac-sha256", ""),
        Flag::switch("rfc2136-axfr", false).says("List records by zone transfer", ""),
        Flag::switch("rfc2136-tsig-axfr", false).says("Older name of --rfc2136-axfr", ""),
        Flag::duration("rfc2136-min-ttl", "0s").says("Least TTL of records", ""),
        Flag::switch("rfc2136-gss-tsig", false).says("Sign by Kerberos", ""),
        Flag::once("rfc2136-kerberos-username", "TEXT", "").says("User of Kerberos", ""),
        Flag::once("rfc2136-kerberos-password", "TEXT", "")
            .secret()
            .says("Password of that user", ""),
        Flag::once("rfc2136-kerberos-realm", "TEXT", "").says("Realm of that user", ""),
        Flag::number("rfc2136-batch-change-size", "50").says("Changes in one update", ""),
        Flag::switch("rfc2136-use-tls", false).says("Use DNS over TLS", ""),
        Flag::switch("rfc2136-skip-tls-verify", false).says("Do not check certificates", ""),
        Flag::once(
            "rfc2136-load-balancing-strategy",
            "disabled|random|round-robin",
            "disabled",
        )
        .words(&["disabled", "random", "round-robin"])
        .says("Which name server is next", ""),
        Flag::once("tls-ca", "FILE", "").says("Certificates that are trusted", ""),
        Flag::once("tls-client-cert", "FILE", "").says("Our certificate", ""),
        Flag::once("tls-client-cert-key", "FILE", "").says("Key of our certificate", ""),
    ],
};
