//! Flags about several copies of the program, of which one leads.

use super::{Flag, Group, Scope};

pub(super) const GROUP: Group = Group {
    heading: "More than one copy",
    scope: Scope::Process,
    built: true,
    flags: &[
        Flag::switch("leader-elect", false).says(
            "Be one of several copies, of which one leads",
            "By a Lease of the cluster one copy leads: it writes the zones, takes updates, and is the only \
             one that writes to other destinations. The others follow it by transfers, answer from what \
             they have, hand updates on to it, and take its place when it is gone. Needs --replica-key.",
        ),
        Flag::once("leader-elect-resource-name", "NAME", "zonewright")
            .says("The Lease that copies have in common", ""),
        Flag::once("leader-elect-resource-namespace", "NAMESPACE", "the pod's")
            .says("The namespace of that Lease, and of the pod", ""),
        Flag::duration("leader-elect-lease-duration", "5s").says(
            "How long others wait for a leader that is silent",
            "Whole seconds.",
        ),
        Flag::duration("leader-elect-renew-deadline", "3s").says(
            "How long a leader writes after its last renewal",
            "What lies between this and the duration of the Lease is the time that a request which is on \
             its way has to end.",
        ),
        Flag::duration("leader-elect-retry-period", "1s")
            .says("How often the Lease is renewed, and asked for", ""),
        Flag::once("replica-name", "NAME", "the host's name").says(
            "Name of this copy: that of its pod",
            "The leader puts the label zonewright.dev/role=leader on the pod of this name, for a Service \
             that selects it.",
        ),
        Flag::once("replica-address", "ADDR[:PORT]", "the first --listen").says(
            "Where other copies reach this one",
            "By DNS over TCP: they transfer zones from there when this copy leads, and hand updates on. In a \
             pod it is the pod's address. Without a port it is that of the first --listen.",
        ),
        Flag::repeated("replica-peers", "HOST[:PORT]", "").says(
            "Where all copies are found",
            "A leader tells them of each change at once. HOST is an address, or a name with the addresses \
             of several, such as that of a headless Service with publishNotReadyAddresses. Without a port \
             it is that of the first --listen.",
        ),
        Flag::switch("replica-candidate", true).says(
            "Never lead, only follow",
            "This copy transfers zones, answers and hands updates on, and asks the API server for nothing \
             but who leads. Three copies that may lead are enough.",
        ),
        Flag::once("replica-key", "NAME", "").says(
            "The key that copies know each other by",
            "It must be in a --key-file, the same for all copies. Who has it may transfer all zones.",
        ),
    ],
};
