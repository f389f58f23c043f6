//! Flags about who may ask, and how much.

use super::{Flag, Group, Scope};

pub(super) const GROUP: Group = Group {
    heading: "Clients",
    scope: Scope::Process,
    built: true,
    flags: &[
        Flag::repeated("allow-query", "CIDR", "everyone")
            .says(
                "Answer these networks only",
                "Between --allow-query and --deny-query the longer prefix decides; all others are refused \
                 if any network is allowed by name.",
            )
            .common(),
        Flag::repeated("deny-query", "CIDR", "").says("Refuse these networks", ""),
        Flag::once("rate-limit", "N", "off")
            .says(
                "Answer each network at most N times a second by UDP",
                "0 is off. Response rate limiting, counted apart for answers, referrals, names that do not exist \
                 and errors. Clients with a valid cookie are not limited.",
            )
            .common(),
        Flag::once("rate-limit-slip", "N", "2").says(
            "Of the answers over the limit, truncate each N-th instead of dropping it",
            "So that real clients come back by TCP. 1 truncates all, 0 drops all; at most 31.",
        ),
        Flag::once("rate-limit-prefix-v4", "BITS", "24").says(
            "IPv4 addresses whose first bits are the same are one network to the rate limit",
            "",
        ),
        Flag::once("rate-limit-prefix-v6", "BITS", "56").says("The same of IPv6", "At most 64."),
        Flag::repeated("rate-limit-exempt", "CIDR", "").says("Never limit these networks", ""),
        Flag::once("rate-limit-clients", "global|all", "global").says(
            "Which clients are counted",
            "'global' counts addresses of the internet only, since nobody forges private ones.",
        ),
        Flag::switch("cookies", true).says(
            "Neither hand out nor check DNS cookies (RFC 7873, RFC 9018)",
            "",
        ),
        Flag::repeated("cookie-secret", "HEX", "random at each start")
            .secret()
            .says(
                "Key of the cookies: 32 hexadecimal digits",
                "Servers behind one address share it. The first one makes cookies; a second one is \
                 accepted too, for the time of a change. Better set by environment or file: other users \
                 of a machine can read command lines.",
            ),
    ],
};
