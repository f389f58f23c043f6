//! Several Pods, with the role that the chart gives them in their namespace: they do all of it, down to the journal
//! that is folded and its parts that go.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use cluster_peers::{Object, Request};
use serde_json::{Value, json};

use super::cluster::{Place, words};
use crate::files::own;
use crate::helm::{Helm, NAMESPACE};
use crate::program::Program;

/// One that leads, one that waits, and clients.
pub(super) fn lead(helm: &Helm, place: &Place, ours: &Path) -> Result<(), String> {
    let _turn = place.turn.lock();
    place.install(helm, RELEASE, &own("rights-several-values.yaml"))?;
    // Of another trial: its object would do for ours.
    let zone = format!("/apis/zonewright.dev/v1alpha1/namespaces/{NAMESPACE}/zones/example.org");
    let gone = Request::delete(zone);
    place.cluster.api().send(&[gone]).map_err(words)?;
    let folder = tempfile::tempdir().map_err(words)?;
    let config = place.account(RELEASE, folder.path())?;
    let key = folder.path().join("keys");
    std::fs::write(&key, format!("{CLIENT}{PODS}")).map_err(words)?;
    let pods = [0, 1].map(|number| {
        Object::new(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("{ACCOUNT}-{number}"), "namespace": NAMESPACE},
            "spec": {"containers": [{"name": "zonewright", "image": "zonewright"}]}}))
    });
    let pods: Result<Vec<Object>, _> = pods.into_iter().collect();
    place.cluster.create(&pods.map_err(words)?).map_err(words)?;
    let start = |number: u32| {
        let mut arguments = place.arguments(RELEASE)?;
        arguments
            .retain(|one| !one.starts_with("--key-file=") && !one.starts_with("--replica-peers="));
        arguments.extend([
            format!("--key-file={}", key.display()),
            "--replica-peers=127.0.0.1:1".to_owned(),
            "--replica-address=127.0.0.1".to_owned(),
            format!("--leader-elect-resource-namespace={NAMESPACE}"),
            format!("--replica-name={ACCOUNT}-{number}"),
            format!("--kubeconfig={config}"),
        ]);
        Program::start(ours, &arguments)
    };
    let mut leader = start(0)?;
    leader.metrics("it leads", |page| page.contains("zonewright_leads 1"))?;
    leader.says("ready")?;
    let mut waits = start(1)?;
    waits.metrics("the other one follows", |page| {
        page.contains("zonewright_leads 0")
            && page.contains("zonewright_zone_serial{zone=\"example.org.\"}")
    })?;
    // Parts of the first fold go with the second one; how much it takes depends on how fast they are.
    for batch in 0..BATCHES {
        change(&leader, folder.path(), batch)?;
        if place.has_asked(ACCOUNT, "delete", "zonecheckpoints")? {
            break;
        }
    }

    let path = format!(
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/roles/{ACCOUNT}-replicas"
    );
    let role = place.cluster.api().get(&path).map_err(words)?;
    let rules = role.get("rules").and_then(Value::as_array);
    let rules = rules.ok_or("the role has no rules")?;
    // An entry is read where it was not told whether it was made.
    let is_rare = |verb: &str, resource: &str| {
        verb == "get" && resource.starts_with("zone") && resource != "zones"
    };
    place
        .asks_for_all(ACCOUNT, rules, is_rare)
        .map_err(|why| format!("{why}\n{}", leader.log()))
}

/// So many changes of a client that the journal is folded.
fn change(leader: &Program, folder: &Path, batch: u32) -> Result<(), String> {
    let text = "x".repeat(250);
    let mut lines = format!("server 127.0.0.1 {}\nzone example.org.\n", leader.dns());
    for round in 0..ROUNDS {
        for number in 0..NAMES {
            writeln!(
                lines,
                "update add t{batch}-{round}-{number}.example.org. 60 TXT \"{text}\""
            )
            .map_err(words)?;
        }
        lines.push_str("send\n");
    }
    let (file, key) = (folder.join("changes"), folder.join("client"));
    std::fs::write(&file, lines).map_err(words)?;
    std::fs::write(&key, CLIENT).map_err(words)?;
    let output = Command::new("nsupdate")
        .args(["-v", "-k"])
        .args([&key, &file])
        .output()
        .map_err(|error| format!("nsupdate: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "nsupdate: {}\n{}",
            String::from_utf8_lossy(&output.stderr),
            leader.log()
        )),
    }
}

const RELEASE: &str = "leads";
const ACCOUNT: &str = "leads-zonewright";

/// Messages of a client, and names that each has.
const ROUNDS: u32 = 50;
const NAMES: u32 = 200;
/// So often at most; each is 2.5 MB.
const BATCHES: u32 = 8;

/// The client's key.
const CLIENT: &str = "key \"dhcp\" { algorithm hmac-sha256; secret \"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"; };\n";
/// That which the Pods know each other by.
const PODS: &str = "key \"replicas\" { algorithm hmac-sha256; secret \"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"; };\n";
