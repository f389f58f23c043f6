//! Flags of name servers that take updates (RFC 2136).

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider rfc2136",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::repeated("rfc2136-host", "HOST", "").says(
            "A name server that takes updates: its name or address",
            "Several stand in for each other: what one does not answer or refuses goes to the next.",
        ),
        Flag::number("rfc2136-port", "53; 853 with TLS").says("Its port", ""),
        Flag::repeated("rfc2136-zone", "ZONE", "found by asking").says(
            "A zone that is written to",
            "Without it the zones of --domain-filter and of the names that are wanted are found by asking \
             the server for their SOA. Reverse zones of PTR records are zones as others.",
        ),
        Flag::switch("rfc2136-insecure", false).says("Sign nothing", ""),
        Flag::once("rfc2136-tsig-keyname", "TEXT", "").says("Name of the TSIG key", ""),
        Flag::once("rfc2136-tsig-secret", "TEXT", "")
            .secret()
            .says("The TSIG key, in base64", ""),
        Flag::once("rfc2136-tsig-secret-alg", "TEXT", "")
            .says("Algorithm of the TSIG key, such as hmac-sha256", ""),
        Flag::once("rfc2136-tsig-key-file", "FILE", "").says(
            "The TSIG key, in a file as tsig-keygen writes it",
            "It holds name, algorithm and secret; --rfc2136-tsig-keyname says which one if there are several.",
        ),
        Flag::switch("rfc2136-axfr", false).says(
            "List records by zone transfer",
            "After the first time only what has changed is transferred (IXFR), if anything has. Without this \
             flag the names that are wanted are looked up one by one, and records are only deleted that \
             this process has seen.",
        ),
        Flag::switch("rfc2136-tsig-axfr", false).says("Older name of --rfc2136-axfr", ""),
        Flag::duration("rfc2136-min-ttl", "0s").says(
            "Least TTL of records",
            "Also that of records that ask for none, which else get 300 seconds.",
        ),
        Flag::number("rfc2136-batch-change-size", "50").says(
            "Changes in one update",
            "A record and its ownership record stay in one update, which is made whole or not at all.",
        ),
        Flag::switch("rfc2136-use-tls", false).says("Use DNS over TLS", ""),
        Flag::switch("rfc2136-skip-tls-verify", false).says("Do not check certificates", ""),
        Flag::once(
            "rfc2136-load-balancing-strategy",
            "disabled|random|round-robin",
            "disabled",
        )
        .words(&["disabled", "random", "round-robin"])
        .says("Which name server is next", ""),
        Flag::switch("rfc2136-gss-tsig", false).says(
            "Sign updates by Kerberos (GSS-TSIG), as Windows wants it",
            "The server has to be named by its name, as its service principal is DNS/NAME. KDCs are those of \
             /etc/krb5.conf (or $KRB5_CONFIG), else those that the realm's SRV records name. Reads are not signed.",
        ),
        Flag::once("rfc2136-kerberos-username", "TEXT", "")
            .says("User that signs, without domain or realm", ""),
        Flag::once("rfc2136-kerberos-password", "TEXT", "")
            .secret()
            .says("Password of that user", ""),
        Flag::once("rfc2136-kerberos-keytab", "FILE", "").says(
            "Keytab of that user, in place of its password",
            "As kadmin and ktpass write it, with AES keys. It is read at each login, so a new one counts at once.",
        ),
        Flag::once("rfc2136-kerberos-realm", "TEXT", "")
            .says("Realm of that user, such as EXAMPLE.ORG", ""),
        Flag::once("tls-ca", "FILE", "").says(
            "Certificates that are trusted",
            "Without it those that the system trusts.",
        ),
        Flag::once("tls-client-cert", "FILE", "").says("Our certificate", ""),
        Flag::once("tls-client-cert-key", "FILE", "").says("Key of our certificate", ""),
    ],
};
