//! Flags of webhook providers.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider webhook",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::once("webhook-provider-url", "URL", "http://localhost:8888")
            .says("Where the webhook provider is", ""),
        Flag::duration("webhook-provider-read-timeout", "5s").says(
            "One part of how long a call may take",
            "A call may take as long as both parts together.",
        ),
        Flag::duration("webhook-provider-write-timeout", "10s")
            .says("The other part of how long a call may take", ""),
        Flag::number("webhook-provider-max-body-size", "33554432").says(
            "Largest answer that is read, in bytes",
            "0 is without limit.",
        ),
    ],
};

pub(in crate::flags) const SERVER: Group = Group {
    heading: "Webhook server",
    scope: Scope::Sync,
    built: true,
    flags: &[
        Flag::switch("webhook-server", false).says(
            "Offer the provider to an external-dns, as a webhook",
            "Names come by the webhook then, and from no source. There is neither TLS nor a password, so the \
             address is for the same pod or machine only.",
        ),
        Flag::once("webhook-server-address", "ADDR:PORT", "127.0.0.1:8888")
            .says("Where the webhook is offered", ""),
        Flag::duration("webhook-provider-read-header-timeout", "5s")
            .says("How long the head of a request may take", ""),
        Flag::duration("webhook-provider-idle-timeout", "30s")
            .says("How long a connection may be silent", ""),
    ],
};
