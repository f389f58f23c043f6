//! A release that is taken away: what clients have changed stays, and nothing else of it.

use cluster_peers::Object;
use serde_json::json;

use super::cluster::{Place, words};
use crate::files::chart;
use crate::helm::{Helm, NAMESPACE};

/// Several Pods, whose journal is in the cluster.
pub(super) fn release(helm: &Helm, place: &Place) -> Result<(), String> {
    let _turn = place.turn.lock();
    place.install(helm, RELEASE, &chart().join("ci/replicas-values.yaml"))?;
    let began = place.count(RELEASE)?;
    let resources = ["zonecheckpoints", "zonejournals", "zones"];
    for plural in resources {
        place.made(&format!("{DEFINITIONS}/{plural}.zonewright.dev"))?;
    }
    let entry = Object::new(json!({
        "apiVersion": "zonewright.dev/v1alpha1",
        "kind": "ZoneJournal",
        "metadata": {"name": "leaves-1", "namespace": NAMESPACE},
        "spec": {"zone": "leaves.example.", "sequence": 1, "term": 1, "writer": "a", "data": "AAAA"},
    }));
    let lease = Object::new(json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": format!("{RELEASE}-zonewright"), "namespace": NAMESPACE},
        "spec": {"holderIdentity": "nobody", "leaseDurationSeconds": 5},
    }));
    let objects = [entry.map_err(words)?, lease.map_err(words)?];
    place.cluster.create(&objects).map_err(words)?;
    place.helm(helm, &["uninstall", RELEASE])?;
    let left = place.count(RELEASE)?;
    if began < 15 || left != 0 {
        return Err(format!("{began} objects of the release, {left} left"));
    }
    let api = place.cluster.api();
    for object in &objects {
        api.get(&object.path()).map_err(words)?;
    }
    for plural in resources {
        let path = format!("{DEFINITIONS}/{plural}.zonewright.dev");
        api.get(&path).map_err(words)?;
    }
    Ok(())
}

impl Place {
    /// How many objects of a release there are, but for resources of the cluster.
    fn count(&self, release: &str) -> Result<usize, String> {
        let (core, apps) = (format!("/api/v1/namespaces/{NAMESPACE}"), "/apis/apps/v1");
        let rights = "/apis/rbac.authorization.k8s.io/v1";
        let mut paths = Vec::new();
        for plural in [
            "configmaps",
            "persistentvolumeclaims",
            "secrets",
            "serviceaccounts",
            "services",
        ] {
            paths.push(format!("{core}/{plural}"));
        }
        for plural in ["daemonsets", "deployments", "statefulsets"] {
            paths.push(format!("{apps}/namespaces/{NAMESPACE}/{plural}"));
        }
        for plural in ["roles", "rolebindings"] {
            paths.push(format!("{rights}/namespaces/{NAMESPACE}/{plural}"));
        }
        for plural in ["clusterroles", "clusterrolebindings"] {
            paths.push(format!("{rights}/{plural}"));
        }
        let policies = format!("/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets");
        let network = format!("/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/networkpolicies");
        paths.extend([policies, network]);
        let mut count = 0;
        for path in paths {
            let path = format!("{path}?labelSelector=app.kubernetes.io%2Finstance%3D{release}");
            let list = self.cluster.api().get(&path).map_err(words)?;
            count += list["items"].as_array().map_or(0, Vec::len);
        }
        Ok(count)
    }
}

const RELEASE: &str = "leaves";

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
