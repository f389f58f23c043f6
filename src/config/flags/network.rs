//! Flags of sockets and transports.

use super::{Flag, Group, Scope};

pub(super) const GROUP: Group = Group {
    heading: "Network",
    scope: Scope::Process,
    built: true,
    flags: &[
        Flag::repeated("listen", "ADDR:PORT", "0.0.0.0:53 and [::]:53")
            .says(
                "Answer on this address by UDP and TCP",
                "ADDR alone means port 53, :PORT means all addresses, port 0 means any free one, which \
                 is then said. Sockets that systemd passes are used as well, and instead of the default.",
            )
            .common(),
        Flag::repeated("listen-tls", "ADDR[:PORT]", "").says(
            "Answer on this address by TLS (DNS over TLS)",
            "Port 853 unless it says another. TLS 1.3 alone, as transfers want it (RFC 9103); queries, \
             transfers, updates and NOTIFY go the same way as by TCP, under the same limits.",
        ),
        Flag::once("listen-tls-cert", "FILE", "").says(
            "Our certificate for TLS",
            "In PEM form, with the certificates of the authorities between behind it. The files are read \
             again when they change; one that cannot be used is said, and the old one stays.",
        ),
        Flag::once("listen-tls-cert-key", "FILE", "").says("Key of that certificate", ""),
        Flag::once("listen-tls-client-ca", "FILE", "").says(
            "Authorities that clients' certificates are trusted by",
            "Clients must show a certificate by one of these then. What its name is granted says \
             --allow-transfer.",
        ),
        Flag::once("listen-tls-client-cert", "require|optional", "require").says(
            "Whether clients without a certificate are spoken with",
            "Counts with --listen-tls-client-ca only. With 'optional' everybody may ask, and grants to \
             cert:NAME are for those who have one.",
        ),
        Flag::once("udp-workers", "N", "the processors we may use, at most 8").says(
            "Threads that answer UDP queries, for each address",
            "",
        ),
        Flag::once("udp-gso", "auto|on|off", "auto").says(
            "Hand several answers for one client to the kernel at once",
            "UDP segmentation offload. 'auto' uses it until the kernel or the network card refuses.",
        ),
        Flag::once("tcp-connections", "N", "1000").says(
            "Open TCP connections at most",
            "Those with TLS are among them.",
        ),
        Flag::once("tcp-connections-per-client", "N", "20").says(
            "Open TCP connections of one address at most",
            "",
        ),
        Flag::once("tcp-idle-timeout", "DURATION", "10s").says(
            "Close a TCP connection that is silent for so long",
            "Clients that ask are told by EDNS (RFC 7828).",
        ),
        Flag::once("tcp-write-timeout", "DURATION", "5s").says(
            "Close a TCP connection whose client takes no answers for so long",
            "A client of a transfer has 30 seconds at least for each part of it.",
        ),
        Flag::repeated("proxy-protocol-from", "CIDR", "").says(
            "Expect PROXY protocol v2 from these load balancers",
            "Peers in CIDR must put a PROXY header before their queries, or before TLS begins; nobody else \
             may. The client it names is the one that access lists and rate limits see.",
        ),
    ],
};
