//! Flags of Azure DNS.

use crate::flags::{Flag, Group, Scope};

pub(in crate::flags) const GROUP: Group = Group {
    heading: "Provider azure",
    scope: Scope::Destination,
    built: true,
    flags: &[
        Flag::once("azure-config-file", "FILE", "/etc/kubernetes/azure.json")
            .says("The file with the credentials", ""),
        Flag::once("azure-resource-group", "TEXT", "")
            .says("The resource group of the zones; all groups without", ""),
        Flag::once("azure-subscription-id", "TEXT", "").says("The subscription", ""),
        Flag::once("azure-user-assigned-identity-client-id", "TEXT", "")
            .says("Client id of the identity", ""),
        Flag::duration("azure-zones-cache-duration", "0s")
            .says("How long the list of zones is taken as known", ""),
        Flag::number("azure-maxretries-count", "3")
            .says("How often a call is tried again; -1 is never", ""),
    ],
};
