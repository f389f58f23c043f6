//! One namespace of a real API server, under a service account with a Role there and nothing else.
//!
//! What is of the cluster as a whole may not be read then: what needs it goes without, all else is as
//! it is elsewhere.

use cluster_peers::Cluster;
use peers::Ready;
use serde_json::{Value, json};

use super::cluster::{cluster, create, observed_in, options, patch, wait_long};
use super::cluster_objects::{
    endpoint, gateway, headless, ingress, node, node_port, pod, route, service, slice,
};
use super::site::{Check, NXDOMAIN, answer, check, start, wait_for_log, wait_for_rcode};
use super::telemetry::get;

pub(super) const TRIALS: &[Check] = &[(
    "a_role_in_one_namespace_is_enough_for_what_is_in_it",
    namespaced,
)];

const NAME: &str = "a_role_in_one_namespace_is_enough_for_what_is_in_it";

fn namespaced(program: &peers::Program) -> Result<(), String> {
    let Some(cluster) = cluster(NAME)? else {
        return Ok(());
    };
    let account = account(&cluster)?;
    let inside = [
        service("web", "192.0.2.1"),
        headless("db"),
        pod("db-0", "192.0.2.3"),
        slice("db", "db-0", "192.0.2.3"),
        ingress("shop", "192.0.2.4"),
        endpoint("mail", "192.0.2.5"),
        gateway("edge", "192.0.2.6"),
        route("api", "edge"),
        node_port("ports"),
    ];
    create(&cluster, &inside.map(|object| within("apps", object)))?;
    create(
        &cluster,
        &[service("other", "192.0.2.9"), node("one", "192.0.2.2")],
    )?;
    let sources = ["service", "ingress", "crd", "gateway-httproute", "pod"];
    let options = options(&account)
        .arguments(sources.map(|source| format!("--source={source}")))
        .arguments(["--namespace=apps", "--gateway-namespace=apps"])
        .ready(Ready::AnyAnswer);
    let server = start(program, &options)?;
    for (name, address) in [
        ("web", "192.0.2.1"),
        ("db", "192.0.2.3"),
        ("shop", "192.0.2.4"),
        ("mail", "192.0.2.5"),
        ("api", "192.0.2.6"),
    ] {
        wait_long(&server, &format!("{name}.example.org"), address)?;
    }
    // Nodes are of the cluster: who needs them goes without, and holds up nobody.
    wait_for_log(
        &server,
        "{apiGroups: [''], resources: [nodes], verbs: [get, list, watch]}",
    )?;
    let ready = server.wait_for(super::cluster::LONG, |server| {
        get(server, "/readyz").is_ok_and(|text| text.starts_with("HTTP/1.1 200"))
    });
    check(ready, || server.log())?;
    for name in ["other", "nobody"] {
        wait_for_rcode(&server, &format!("{name}.example.org A"), NXDOMAIN)?;
    }
    let lines = answer(server.address(), "ports.example.org A")?;
    check(lines.is_empty(), || format!("{lines:?}"))?;
    let others = [
        "namespaces",
        "endpoints]",
        "pods",
        "services",
        "endpointslices",
        "gateways",
    ];
    let refused = others.iter().find(|other| {
        let rule = format!("resources: [{other}");
        server.log().contains(&rule)
    });
    check(refused.is_none(), || server.log())?;
    check(observed_in(&cluster, "apps", "mail")?, || {
        format!("the status is not written:\n{}", server.log())
    })?;
    let changed = [service("web", "192.0.2.11"), gateway("edge", "192.0.2.16")];
    patch(&cluster, &changed.map(|object| within("apps", object)))?;
    wait_long(&server, "web.example.org", "192.0.2.11")?;
    wait_long(&server, "api.example.org", "192.0.2.16")
}

/// An account elsewhere, with a Role in the namespace as the chart makes it for these sources.
fn account(cluster: &Cluster) -> Result<std::path::PathBuf, String> {
    let follow = json!(["list", "watch"]);
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "names"},
        "rules": [
            {"apiGroups": [""], "resources": ["services", "pods"], "verbs": follow},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": follow},
            {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"], "verbs": follow},
            {"apiGroups": ["externaldns.k8s.io"], "resources": ["dnsendpoints"],
                "verbs": ["get", "list", "watch"]},
            {"apiGroups": ["externaldns.k8s.io"], "resources": ["dnsendpoints/status"],
                "verbs": ["update"]},
            {"apiGroups": ["gateway.networking.k8s.io"], "resources": ["httproutes", "gateways"],
                "verbs": follow},
        ],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "names"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "names"},
        "subjects": [{"kind": "ServiceAccount", "namespace": "dns", "name": "zonewright"}],
    });
    create(
        cluster,
        &[role, binding].map(|object| within("apps", object)),
    )?;
    let made = cluster.account_kubeconfig("dns", "zonewright");
    made.map_err(|error| error.to_string())
}

fn within(namespace: &str, mut object: Value) -> Value {
    object["metadata"]["namespace"] = json!(namespace);
    if let Some(targets) = object
        .pointer_mut("/endpoints")
        .and_then(Value::as_array_mut)
    {
        for target in targets {
            target["targetRef"]["namespace"] = json!(namespace);
        }
    }
    object
}
