//! Flags about the way to the API server.

use super::{Flag, Group, Scope};

pub(super) const GROUP: Group = Group {
    heading: "Kubernetes",
    scope: Scope::Sync,
    built: true,
    flags: &[
        Flag::once(
            "kubeconfig",
            "FILE",
            "~/.kube/config if there is one, else the pod's own",
        )
        .says("How to reach the cluster", ""),
        Flag::once("server", "URL", "")
            .says("The API server, in place of the one in the kubeconfig", ""),
        Flag::duration("kube-api-request-timeout", "30s").says(
            "How long a request to the API server may take",
            "Lists and watches must begin within it; 0s leaves them 60s.",
        ),
        Flag::duration("request-timeout", "30s")
            .says("Older name of --kube-api-request-timeout", ""),
        Flag::number("kube-api-qps", "5").says(
            "Requests a second to the API server at most",
            "Lists and watches are not counted.",
        ),
        Flag::number("kube-api-burst", "10").says("Requests at once to the API server at most", ""),
    ],
};
