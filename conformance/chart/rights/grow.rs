//! From one Pod with a volume to several: what clients have changed must not be left behind.

use super::cluster::Place;
use crate::files::chart;
use crate::helm::Helm;

/// In one step it is refused, with what to do; in two it is not.
pub(super) fn several(helm: &Helm, place: &Place) -> Result<(), String> {
    let chart = chart().display().to_string();
    let upgrade = |more: &[&str]| {
        let mut what = vec!["upgrade", "--install", "grows", chart.as_str()];
        what.extend([
            "--set",
            "kind=StatefulSet",
            "--set",
            "domainFilters={example.org}",
        ]);
        what.extend(["--set", "data.type=persistentVolumeClaim"]);
        what.extend(["--set", "dns.updatePolicy={grant dhcp zonesub}"]);
        for set in more {
            what.extend(["--set", set]);
        }
        place.helm(helm, &what)
    };
    upgrade(&[])?;
    match upgrade(&["replicaCount=3"]) {
        Ok(()) => return Err("three Pods in one step are not refused".to_owned()),
        Err(why) if why.contains("First upgrade with leaderElection.enabled=true") => {}
        Err(why) => return Err(why),
    }
    upgrade(&["leaderElection.enabled=true"])?;
    upgrade(&["replicaCount=3"])?;
    place.helm(helm, &["uninstall", "grows"])
}
