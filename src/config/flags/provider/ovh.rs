//! Flags of OVHcloud.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider ovh",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::once("ovh-endpoint", "URL", "ovh-eu").says(
            "Endpoint of the API",
            "ovh-eu, ovh-ca, ovh-us, kimsufi-eu, kimsufi-ca, soyoustart-eu, soyoustart-ca or an \
             address.",
        ),
        Flag::number("ovh-api-rate-limit", "20").says("Calls a second at most", ""),
        Flag::switch("ovh-enable-cname-relative", false)
            .says("CNAME targets without a final dot are relative", ""),
    ],
};
