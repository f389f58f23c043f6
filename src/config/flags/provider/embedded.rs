//! Flags of the zones that this server makes itself.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider embedded",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::repeated(
            "zone",
            "NAME",
            "each --domain-filter without a dot in front",
        )
        .says(
            "Make this zone, for names from sources",
            "A network such as 192.0.2.0/24 stands for its reverse zone. A zone file of the same \
                 zone is served together with them, and wins.",
        )
        .common(),
        Flag::repeated("zone-ns", "NAME[=ADDR]", "").says(
            "A name server of the zones made, and its address",
            "Repeat it for each server and each address.",
        ),
    ],
};
