//! Names from a folder of Kubernetes YAML that changes while it is served.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use peers::{Options, Program, Ready, Server, Signal};

use super::site::{
    Check, NXDOMAIN, PATIENCE, Site, answer, ask, check, start, wait_for_address, wait_for_answer,
    wait_for_log, wait_for_rcode,
};
use crate::fleet::root;

pub(super) const TRIALS: &[Check] = &[
    ("the_sample_manifests_are_served", samples),
    ("an_edited_manifest_is_answered_at_once", edited),
    ("a_manifest_that_is_deleted_takes_its_names_away", deleted),
    (
        "a_broken_manifest_is_said_with_its_place_and_takes_nothing_away",
        broken,
    ),
    (
        "a_manifest_that_is_broken_at_start_stops_no_other",
        broken_at_start,
    ),
    (
        "manifests_may_be_what_kubectl_writes",
        lists_documents_and_status,
    ),
    (
        "a_volume_of_manifests_that_swaps_its_link_is_served",
        swapped,
    ),
    (
        "a_folder_of_manifests_may_go_and_come_back",
        folder_comes_back,
    ),
    ("manifests_are_served_after_kill_and_restart", killed),
    ("a_hangup_reads_manifests_again_and_says_so", hangup),
];

/// As the README shows it.
fn samples(program: &Program) -> Result<(), String> {
    let folder = root().join("zones/manifests").display().to_string();
    let server = start(program, &options(&folder))?;
    for (query, address) in [
        ("shop.example.org A", "shop.example.org. 60 A 192.0.2.80"),
        (
            "blog.example.org CNAME",
            "blog.example.org. 300 CNAME lb.example.net.",
        ),
        ("api.example.org A", "api.example.org. 300 A 192.0.2.90"),
        (
            "db-0.db.example.org A",
            "db-0.db.example.org. 300 A 10.1.0.10",
        ),
        (
            "docs.example.org CNAME",
            "docs.example.org. 300 CNAME docs.example.net.",
        ),
    ] {
        wait_for_answer(&server, query, &[address])?;
    }
    let missing = ask(server.address(), "nobody.example.org A")?;
    check(missing.rcode == NXDOMAIN, || {
        format!("rcode {}", missing.rcode)
    })
}

fn edited(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    site.write("a.yaml", &service("a", "192.0.2.1"))?;
    site.write("b.yaml", &service("b", "192.0.2.1"))?;
    let server = serve(program, &site)?;
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    for last in 2..6 {
        let address = format!("192.0.2.{last}");
        // In place as an editor may do it, or beside and renamed.
        if last % 2 == 0 {
            site.write("a.yaml", &service("a", &address))?;
        } else {
            site.write("new", &service("a", &address))?;
            let renamed = fs::rename(site.path("new"), site.path("a.yaml"));
            renamed.map_err(|error| error.to_string())?;
        }
        let took = wait_for_address(&server, "a.example.org", &address)?;
        check(took < AT_ONCE, || format!("{address} took {took:?}"))?;
    }
    site.write("a.yaml", "# nothing\n")?;
    wait_for_rcode(&server, "a.example.org A", NXDOMAIN)?;
    wait_for_address(&server, "b.example.org", "192.0.2.1").map(drop)
}

fn deleted(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    site.write("a.yaml", &service("a", "192.0.2.1"))?;
    site.write("b.yaml", &service("b", "192.0.2.2"))?;
    let server = serve(program, &site)?;
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    fs::remove_file(site.path("a.yaml")).map_err(|error| error.to_string())?;
    wait_for_rcode(&server, "a.example.org A", NXDOMAIN)?;
    // New files, in new folders too.
    fs::create_dir_all(site.path("deep/er")).map_err(|error| error.to_string())?;
    site.write("deep/er/c.yaml", &service("c", "192.0.2.3"))?;
    wait_for_address(&server, "c.example.org", "192.0.2.3")?;
    wait_for_address(&server, "b.example.org", "192.0.2.2").map(drop)
}

fn broken(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    site.write("a.yaml", &service("a", "192.0.2.1"))?;
    site.write("b.yaml", &service("b", "192.0.2.2"))?;
    let server = serve(program, &site)?;
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    site.write(
        "a.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a\nspec: [\n",
    )?;
    wait_for_log(&server, "a.yaml:4:")?;
    // Others go on meanwhile.
    site.write("b.yaml", &service("b", "192.0.2.3"))?;
    wait_for_address(&server, "b.example.org", "192.0.2.3")?;
    let old = answer(server.address(), "a.example.org A")?;
    check(old == ["a.example.org. 300 A 192.0.2.1"], || {
        format!("{old:?}")
    })?;
    // A field of the wrong type.
    let wrong = service("a", "192.0.2.4").replace("type: LoadBalancer", "type: [LoadBalancer]");
    site.write("a.yaml", &wrong)?;
    wait_for_log(&server, "a.yaml:8:")?;
    let old = answer(server.address(), "a.example.org A")?;
    check(old == ["a.example.org. 300 A 192.0.2.1"], || {
        format!("{old:?}")
    })?;
    site.write("a.yaml", &service("a", "192.0.2.5"))?;
    wait_for_address(&server, "a.example.org", "192.0.2.5")?;
    fs::remove_file(site.path("a.yaml")).map_err(|error| error.to_string())?;
    wait_for_rcode(&server, "a.example.org A", NXDOMAIN)
}

fn broken_at_start(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    site.write("a.yaml", "kind: [\n")?;
    site.write("b.yaml", &service("b", "192.0.2.2"))?;
    let server = serve(program, &site)?;
    wait_for_log(&server, "a.yaml:")?;
    wait_for_address(&server, "b.example.org", "192.0.2.2")?;
    // All that can be known is: one mistake takes no other answer away, and the log tells of it.
    wait_for_rcode(&server, "a.example.org A", NXDOMAIN)?;
    site.write("a.yaml", &service("a", "192.0.2.1"))?;
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    wait_for_rcode(&server, "c.example.org A", NXDOMAIN)
}

fn lists_documents_and_status(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let items: String = ["a", "b"]
        .iter()
        .map(|name| {
            let text = service(name, "192.0.2.1");
            let text = text.trim_end().replace('\n', "\n  ");
            format!("- {text}\n")
        })
        .collect();
    let list =
        format!("apiVersion: v1\nitems:\n{items}kind: List\nmetadata:\n  resourceVersion: \"\"\n");
    site.write("list.yaml", &list)?;
    let documents = format!(
        "---\n{}---\n# nothing here\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: x}}\n---\n{}...\n",
        service("c", "192.0.2.2"),
        service("d", "192.0.2.3"),
    );
    site.write("documents.yml", &documents)?;
    site.write(
        "object.json",
        r#"{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "e", "namespace": "default",
            "uid": "0d1f3b52-1c5c-4c8e-9f3a-0c9a3f1b2c3d", "resourceVersion": "17", "generation": 2,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{"manager": "kubectl", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {}}}],
            "annotations": {"external-dns.kubernetes.io/hostname": "e.example.org"}},
            "spec": {"type": "LoadBalancer", "ports": [{"port": 80, "targetPort": "http"}]},
            "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.4", "ipMode": "VIP"}]}}}"#,
    )?;
    let server = serve(program, &site)?;
    for (name, last) in [("a", 1), ("b", 1), ("c", 2), ("d", 3), ("e", 4)] {
        let name = format!("{name}.example.org");
        wait_for_address(&server, &name, &format!("192.0.2.{last}"))?;
    }
    // A status that a controller writes later: the name follows the address.
    site.write("list.yaml", &list.replace("192.0.2.1", "192.0.2.9"))?;
    wait_for_address(&server, "b.example.org", "192.0.2.9").map(drop)
}

/// As Kubernetes does with a ConfigMap.
fn swapped(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let swap = |round: u32| -> std::io::Result<()> {
        let version = format!("..{round}");
        fs::create_dir(site.path(&version))?;
        let text = service("a", &format!("192.0.2.{round}"));
        fs::write(site.path(&version).join("a.yaml"), text)?;
        symlink(&version, site.path("..data_tmp"))?;
        fs::rename(site.path("..data_tmp"), site.path("..data"))?;
        if round > 1 {
            fs::remove_dir_all(site.path(&format!("..{}", round - 1)))?;
        }
        Ok(())
    };
    swap(1).map_err(|error| error.to_string())?;
    symlink("..data/a.yaml", site.path("a.yaml")).map_err(|error| error.to_string())?;
    let server = serve(program, &site)?;
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    for round in 2..5 {
        swap(round).map_err(|error| error.to_string())?;
        let address = format!("192.0.2.{round}");
        let took = wait_for_address(&server, "a.example.org", &address)?;
        check(took < AT_ONCE, || format!("round {round} took {took:?}"))?;
    }
    Ok(())
}

/// A folder that is missing is a mistake, not a wish: nothing is taken away.
fn folder_comes_back(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let folder = site.path("objects");
    fs::create_dir(&folder).map_err(|error| error.to_string())?;
    site.write("objects/a.yaml", &service("a", "192.0.2.1"))?;
    let server = start(program, &options(&folder.display().to_string()))?;
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    fs::rename(&folder, site.path("away")).map_err(|error| error.to_string())?;
    wait_for_log(&server, "error: read manifests")?;
    let old = answer(server.address(), "a.example.org A")?;
    check(old == ["a.example.org. 300 A 192.0.2.1"], || {
        format!("{old:?}")
    })?;
    fs::rename(site.path("away"), &folder).map_err(|error| error.to_string())?;
    site.write("objects/a.yaml", &service("a", "192.0.2.2"))?;
    wait_for_address(&server, "a.example.org", "192.0.2.2")?;
    site.write("objects/b.yaml", &service("b", "192.0.2.3"))?;
    wait_for_address(&server, "b.example.org", "192.0.2.3")?;
    fs::remove_file(site.path("objects/a.yaml")).map_err(|error| error.to_string())?;
    wait_for_rcode(&server, "a.example.org A", NXDOMAIN)
}

fn killed(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    site.write("a.yaml", &service("a", "192.0.2.1"))?;
    let options = options(&site.path(".").display().to_string());
    let mut server = start(program, &options)?;
    let port = server.address().port();
    for round in 2..4 {
        wait_for_answer(&server, "nobody.example.org A", &[])?;
        server
            .signal(Signal::Kill)
            .map_err(|error| error.to_string())?;
        server.wait(PATIENCE);
        let address = format!("192.0.2.{round}");
        site.write("a.yaml", &service("a", &address))?;
        server = start(program, &options.clone().port(port))?;
        wait_for_address(&server, "a.example.org", &address)?;
    }
    Ok(())
}

fn hangup(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    site.write("a.yaml", &service("a", "192.0.2.1"))?;
    let server = serve(program, &site)?;
    wait_for_address(&server, "a.example.org", "192.0.2.1")?;
    let hangup = server.signal(Signal::Hangup);
    hangup.map_err(|error| error.to_string())?;
    wait_for_log(
        &server,
        "SIGHUP: reading all zone files and manifests again",
    )?;
    wait_for_log(&server, "manifests were read")?;
    wait_for_address(&server, "a.example.org", "192.0.2.1").map(drop)
}

/// A Service of type LoadBalancer that asks for `NAME.example.org`.
pub(super) fn service(name: &str, address: &str) -> String {
    format!(
        "apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: default
  annotations: {{external-dns.kubernetes.io/hostname: {name}.example.org}}
spec:
  type: LoadBalancer
status:
  loadBalancer: {{ingress: [{{ip: {address}}}]}}
"
    )
}

/// Names of `example.org` from a folder or file.
pub(super) fn options(path: &str) -> Options {
    Options::new([])
        .arguments(["--manifests", path, "--domain-filter=example.org"])
        .arguments(["--policy=sync"])
        .ready(Ready::Zones(vec!["example.org".into()]))
}

fn serve(program: &Program, site: &Site) -> Result<Server, String> {
    start(program, &options(&site.path(".").display().to_string()))
}

/// What people call at once.
const AT_ONCE: Duration = Duration::from_secs(1);
