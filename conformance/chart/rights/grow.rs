//! From one Pod with a volume to several, and from one kind to another: what clients have changed must not be left
//! behind, and what the API server refuses to change is told with a way.

use super::cluster::Place;
use crate::files::chart;
use crate::helm::Helm;

/// In one step it is refused, with what to do; in two it is not.
pub(super) fn several(helm: &Helm, place: &Place) -> Result<(), String> {
    let chart = chart().display().to_string();
    let upgrade = |more: &[&str]| {
        let mut what = vec!["upgrade", "--install", "grows", chart.as_str()];
        let common = [
            "domainFilters={example.org}",
            "data.type=persistentVolumeClaim",
            "dns.updatePolicy={grant dhcp zonesub}",
            "dns.tsigKeys[0].secretName=keys,dns.tsigKeys[0].key=dhcp.key",
        ];
        for set in common.iter().chain(more) {
            what.extend(["--set", set]);
        }
        place.helm(helm, &what)
    };
    let refused = |more: &[&str], told: &str| match upgrade(more) {
        Ok(()) => Err(format!("{more:?} is not refused")),
        Err(why) if why.contains(told) => Ok(()),
        Err(why) => Err(why),
    };
    let set = "kind=StatefulSet";
    upgrade(&[])?;
    // Of another kind it would have another volume, be it alone or not.
    refused(
        &[set],
        "existingClaim=grows-zonewright-data, or first upgrade with leaderElection.enabled=true",
    )?;
    let steps = "First upgrade with leaderElection.enabled=true";
    refused(&[set, "replicaCount=3"], steps)?;
    upgrade(&[
        set,
        "data.persistentVolumeClaim.existingClaim=grows-zonewright-data",
    ])?;
    place.helm(helm, &["uninstall", "grows"])?;

    upgrade(&[set])?;
    refused(&[set, "replicaCount=3"], steps)?;
    refused(&[], "existingClaim=data-grows-zonewright-0")?;
    upgrade(&[set, "leaderElection.enabled=true"])?;
    upgrade(&[set, "replicaCount=3"])?;
    // What can be no other one is told with what to do.
    let again = "delete statefulset grows-zonewright --cascade=orphan";
    refused(&[set, "replicaCount=3", "data.type=none"], again)?;
    let larger = "data.persistentVolumeClaim.size=2Gi";
    refused(&[set, "replicaCount=3", larger], again)?;
    let same = "data.persistentVolumeClaim.size=1024Mi";
    upgrade(&[set, "replicaCount=3", same])?;
    let address = "dns.service.clusterIP=10.96.0.53";
    let other = "delete service grows-zonewright-dns";
    refused(&[set, "replicaCount=3", address], other)?;
    place.helm(helm, &["uninstall", "grows"])
}
