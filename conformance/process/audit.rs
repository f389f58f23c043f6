//! The audit log: who changed what, as lines of JSON.

use std::fs;

use peers::{Key, Options, Program, Server, Signal};
use serde_json::{Value, json};

use super::site::{Check, PATIENCE, Site, check, skip, start, wait_for_address, wait_for_serial};
use super::tool;

pub(super) const TRIALS: &[Check] = &[(AUDIT, audit), ("an_audit_log_may_be_moved_away", moved)];

const AUDIT: &str = "each_change_is_written_down_with_who_wanted_it";

/// By a zone file, by an update and by an object, and what each takes away again.
fn audit(program: &Program) -> Result<(), String> {
    if !tool::has("nsupdate") {
        skip(AUDIT, "nsupdate is not installed");
        return Ok(());
    }
    let (site, key) = (Site::new()?, Key::new("dhcp"));
    site.write("keys", &key.clause())?;
    fs::create_dir(site.path("objects")).map_err(|error| error.to_string())?;
    site.write("objects/web.yaml", &service("192.0.2.1"))?;
    let file = |name: &str| site.path(name).display().to_string();
    let options = Options::new([site.zone("a.test", 1, "old A 192.0.2.9")?]).arguments([
        format!("--manifests={}", file("objects")),
        "--domain-filter=example.org".to_owned(),
        "--policy=sync".to_owned(),
        format!("--key-file={}", file("keys")),
        format!("--update-policy=grant {} zonesub ANY", key.name),
        format!("--audit-log={}", file("audit")),
    ]);
    let mut server = start(program, &options)?;
    wait_for_address(&server, "web.example.org", "192.0.2.1")?;
    site.zone("a.test", 2, "new A 192.0.2.10")?;
    wait_for_serial(&server, "a.test", 2)?;
    for line in ["add x.a.test 60 A 192.0.2.7", "del x.a.test A"] {
        let lines = format!("update {line}\nsend");
        tool::change(&key, server.address(), "a.test", &lines)?;
    }
    site.write("objects/web.yaml", &service("192.0.2.2"))?;
    wait_for_address(&server, "web.example.org", "192.0.2.2")?;
    fs::remove_file(site.path("objects/web.yaml")).map_err(|error| error.to_string())?;
    let log = || fs::read_to_string(site.path("audit")).unwrap_or_default();
    let came = server.wait_for(PATIENCE, |_| log().contains(r#""new":null,"objects""#));
    let ended = server.signal(Signal::Terminate);
    ended.map_err(|error| error.to_string())?;
    server.wait(PATIENCE);
    check(came, || format!("{}\n{}", log(), server.log()))?;
    let lines: Result<Vec<Value>, _> = log().lines().map(serde_json::from_str).collect();
    let lines = lines.map_err(|error| error.to_string())?;
    let a = |address: &str, ttl: u32| json!({"ttl": ttl, "data": [address]});
    let object =
        json!([{"object": "service default/web", "uid": "0b0ac8e6-3f6c-4a55-9c0e-7d0f6f7f1a11"}]);
    let (none, static_file) = (Value::Null, file("a.test"));
    let web = "web.example.org.";
    for (name, layer, old, new, (field, who)) in [
        (
            "old.a.test.",
            "static",
            a("192.0.2.9", 300),
            none.clone(),
            ("file", json!(static_file)),
        ),
        (
            "new.a.test.",
            "static",
            none.clone(),
            a("192.0.2.10", 300),
            ("file", json!(static_file)),
        ),
        (
            "x.a.test.",
            "dynamic",
            none.clone(),
            a("192.0.2.7", 60),
            ("key", json!("dhcp.")),
        ),
        (
            "x.a.test.",
            "dynamic",
            a("192.0.2.7", 60),
            none.clone(),
            ("key", json!("dhcp.")),
        ),
        (
            web,
            "synced",
            none.clone(),
            a("192.0.2.1", 300),
            ("objects", object.clone()),
        ),
        (
            web,
            "synced",
            a("192.0.2.1", 300),
            a("192.0.2.2", 300),
            ("objects", object.clone()),
        ),
        (
            web,
            "synced",
            a("192.0.2.2", 300),
            none,
            ("objects", object),
        ),
    ] {
        let is_it = |line: &&Value| {
            line["name"] == name
                && line["layer"] == layer
                && line["old"] == old
                && line["new"] == new
        };
        let line = lines.iter().find(is_it);
        let line = line.ok_or_else(|| format!("{name} {layer} {old} {new}: not in\n{}", log()))?;
        check(line[field] == who && line["type"] == "A", || {
            format!("{who} wanted: {line}")
        })?;
        check(line["serial"].is_u64() && line["time"].is_string(), || {
            line.to_string()
        })?;
    }
    let served = lines.iter().filter(|line| line["event"] == "zone served");
    check(served.count() == 2, log)
}

/// As logrotate does it.
fn moved(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let zone = site.zone("a.test", 1, "")?;
    let path = site.path("audit");
    let options = Options::new([zone]).arguments([format!("--audit-log={}", path.display())]);
    let server = start(program, &options)?;
    let has = |server: &Server, text: &str| {
        server.wait_for(PATIENCE, |_| {
            fs::read_to_string(&path).is_ok_and(|log| log.contains(text))
        })
    };
    check(has(&server, "zone served"), || server.log())?;
    fs::rename(&path, site.path("audit.1")).map_err(|error| error.to_string())?;
    site.zone("a.test", 2, "new A 192.0.2.10")?;
    check(has(&server, "new.a.test."), || server.log())
}

fn service(address: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: default\n  uid: 0b0ac8e6-3f6c-4a55-9c0e-7d0f6f7f1a11\n  \
         annotations: {{external-dns.kubernetes.io/hostname: web.example.org}}\nspec: {{type: LoadBalancer}}\n\
         status: {{loadBalancer: {{ingress: [{{ip: {address}}}]}}}}\n"
    )
}
