//! Names from manifests: what the program says of them when asked, and what it counts.

use std::fs;
use std::process::Command;

use peers::{Options, Program, Server, Signal};

use super::site::{Check, PATIENCE, Site, check, start, wait_for_address, wait_for_log};
use super::stand_in::Cluster;
use super::telemetry::get;

pub(super) const TRIALS: &[Check] = &[
    ("explain_follows_a_name_from_its_object", explain),
    ("a_name_that_something_hides_is_told", hidden),
    ("a_name_that_something_hides_is_told_on_its_object", event),
    ("a_plan_is_compared_with_the_running_server", plan),
    ("names_from_objects_are_counted", metrics),
];

/// A server that takes names from a folder, beside a zone of its own that says when it is there.
fn serve(program: &Program, site: &Site) -> Result<Server, String> {
    let folder = site.path("objects");
    fs::create_dir(&folder).map_err(|error| error.to_string())?;
    site.write("objects/web.yaml", &service("web", "192.0.2.10"))?;
    let options = Options::new([site.zone("a.test", 1, "")?]).arguments([
        "--zone=b.test".to_owned(),
        "--source=service".to_owned(),
        format!("--manifests={}", folder.display()),
        "--policy=sync".to_owned(),
    ]);
    let server = start(program, &options)?;
    wait_for_address(&server, "web.b.test", "192.0.2.10")?;
    Ok(server)
}

fn service(name: &str, address: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  namespace: default\n  \
         annotations:\n    external-dns.alpha.kubernetes.io/hostname: {name}.b.test\nspec:\n  \
         type: LoadBalancer\nstatus:\n  loadBalancer:\n    ingress:\n    - ip: {address}\n"
    )
}

/// Runs a command beside the server and gives what it prints.
fn run(program: &Program, server: &Server, words: &[&str]) -> Result<String, String> {
    let output = Command::new(program.path())
        .args(words)
        .arg("--control-socket")
        .arg(server.folder().join("control.sock"))
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    check(output.status.success(), || {
        format!(
            "{words:?}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        )
    })?;
    Ok(text)
}

fn explain(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let server = serve(program, &site)?;
    let text = run(program, &server, &["explain", "WEB.b.test."])?;
    for wanted in [
        "Service default/web",
        "annotation external-dns.alpha.kubernetes.io/hostname",
        "A 192.0.2.10",
        "as wanted",
    ] {
        check(text.contains(wanted), || format!("no {wanted:?}:\n{text}"))?;
    }
    check(text.lines().count() <= 40, || text.clone())?;
    let json = run(
        program,
        &server,
        &["explain", "web.b.test", "--output=json"],
    )?;
    check(json.contains("\"state\": \"as-wanted\""), || json.clone())?;
    let text = run(program, &server, &["explain", "wbe.b.test"])?;
    check(
        text.contains("No object asks for it") && text.contains("close to     web.b.test"),
        || text.clone(),
    )?;
    let text = run(program, &server, &["brake", "release"])?;
    check(text.contains("no deletes are held"), || text.clone())
}

/// A zone file has a name that a Service asks for; then a delegation hides another one.
fn hidden(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let folder = site.path("objects");
    fs::create_dir(&folder).map_err(|error| error.to_string())?;
    site.write("objects/web.yaml", &service("web", "192.0.2.10"))?;
    site.write("objects/api.yaml", &service("a.api", "192.0.2.11"))?;
    let options = Options::new([site.zone("b.test", 1, "web A 192.0.2.99")?]).arguments([
        "--zone=b.test".to_owned(),
        "--source=service".to_owned(),
        format!("--manifests={}", folder.display()),
        "--policy=sync".to_owned(),
        "--interval=1s".to_owned(),
    ]);
    let server = start(program, &options)?;
    wait_for_address(&server, "a.api.b.test", "192.0.2.11")?;
    wait_for_address(&server, "web.b.test", "192.0.2.99")?;
    let lost = "web.b.test A is not answered: A 192.0.2.99 from the zone file";
    wait_for_log(&server, lost)?;
    let text = run(program, &server, &["explain", "web.b.test"])?;
    for wanted in ["something else is answered", "A 192.0.2.99 from the zone"] {
        check(text.contains(wanted), || format!("no {wanted:?}:\n{text}"))?;
    }
    wait_for_metric(&server, &[&conflicts(1)])?;
    site.zone("b.test", 2, "web A 192.0.2.99\napi NS ns.c.test.")?;
    wait_for_log(&server, "a.api.b.test A is not answered: api.b.test NS")?;
    wait_for_metric(&server, &[&conflicts(2)])?;
    let log = server.log();
    check(log.matches(lost).count() == 1, || log.clone())?;
    site.zone("b.test", 3, "")?;
    wait_for_address(&server, "web.b.test", "192.0.2.10")?;
    wait_for_metric(&server, &[&conflicts(0)])
}

fn event(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let cluster = Cluster::start()?;
    cluster.apply("a", "192.0.2.1");
    cluster.apply("b", "192.0.2.2");
    site.zone("example.org", 1, "a A 192.0.2.99")?;
    let file = site.path("example.org").display().to_string();
    let file = format!("--zone-file=example.org={file}");
    let server = start(
        program,
        &cluster.options(&["--events-emit=RecordError", &file]),
    )?;
    wait_for_address(&server, "b.example.org", "192.0.2.2")?;
    let events = || cluster.store.objects("events.k8s.io/v1", "events");
    let came = server.wait_for(PATIENCE, |_| !events().is_empty());
    check(came, || format!("no Event:\n{}", server.log()))?;
    let events = events();
    let [event] = events.as_slice() else {
        return Err(format!("{events:?}"));
    };
    let note = event["note"].as_str().unwrap_or_default();
    let is_told = note.contains("a.example.org A is not answered: A 192.0.2.99 from the zone file")
        && event["regarding"]["name"] == "a"
        && event["reason"] == "RecordError"
        && event["action"] == "FailedSync";
    check(is_told, || event.to_string())
}

fn conflicts(count: u32) -> String {
    format!("zonewright_sync_conflicts{{destination=\"embedded\"}} {count}")
}

fn plan(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let mut server = serve(program, &site)?;
    site.write("more.yaml", &service("more", "192.0.2.12"))?;
    let folder = format!("--manifests={}", site.path("objects").display());
    let more = format!("--manifests={}", site.path("more.yaml").display());
    let flags = ["plan", "--zone=b.test", "--source=service", "--policy=sync"];
    let plan = |server: &Server, more: &[&str]| run(program, server, &[&flags, more].concat());
    let same = plan(&server, &[&folder])?;
    for wanted in [
        "0 to create, 0 to update, 0 to delete",
        "compared with the running server",
    ] {
        check(same.contains(wanted), || format!("no {wanted:?}:\n{same}"))?;
    }
    let one = plan(&server, &[&folder, &more, "--output=json"])?;
    let one: serde_json::Value = serde_json::from_str(&one).map_err(|error| error.to_string())?;
    check(
        one[0]["changes"]["create"]
            .as_array()
            .is_some_and(|made| made.len() == 1),
        || one.to_string(),
    )?;
    let told = one[0]["comparedWith"].as_str().unwrap_or_default();
    check(
        told.starts_with("compared with the running server at"),
        || told.to_owned(),
    )?;
    server
        .signal(Signal::Terminate)
        .map_err(|error| error.to_string())?;
    server.wait(PATIENCE);
    let alone = plan(&server, &[&folder, "--managed-record-types=A"])?;
    for wanted in [
        "1 to create",
        "no server is running at",
        "compared with an empty zone",
    ] {
        check(alone.contains(wanted), || {
            format!("no {wanted:?}:\n{alone}")
        })?;
    }
    // What may not be, and what is nowhere.
    let settings = format!(
        "version: 1\nsources: [service]\nmanifests: [{}, {}]\npolicy: sync\ndomain-filter: [test]\n\
         zone: [b.test]\nclaims:\n- {{namespaces: [shop], names: ['*']}}\n",
        site.path("objects").display(),
        site.path("other.yaml").display(),
    );
    site.write("settings.yaml", &settings)?;
    site.write(
        "other.yaml",
        &service("x", "192.0.2.13")
            .replace("x.b.test", "x.c.test")
            .replace("namespace: default", "namespace: shop"),
    )?;
    let config = format!("--config={}", site.path("settings.yaml").display());
    let text = run(program, &server, &["plan", &config])?;
    for wanted in [
        "denied: web.b.test A: ",
        "in no zone of this server: x.c.test",
    ] {
        check(text.contains(wanted), || format!("no {wanted:?}:\n{text}"))?;
    }
    let json = run(program, &server, &["plan", &config, "--output=json"])?;
    let json: serde_json::Value = serde_json::from_str(&json).map_err(|error| error.to_string())?;
    check(
        json[0]["denied"][0]["reason"].is_string() && json[0]["inNoZone"]["names"] == 1,
        || json.to_string(),
    )
}

fn metrics(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let server = serve(program, &site)?;
    site.write("objects/api.yaml", &service("api", "192.0.2.11"))?;
    wait_for_address(&server, "api.b.test", "192.0.2.11")?;
    let wanted = [
        "external_dns_registry_records{record_type=\"a\"} 2",
        "external_dns_controller_verified_records{record_type=\"a\"} 2",
        "external_dns_source_endpoints_total 2",
        "external_dns_controller_consecutive_soft_errors 0",
        "zonewright_sync_changes_total{destination=\"embedded\",change=\"create\"} 2",
        "zonewright_sync_objects{kind=\"Service\"} 2",
        "zonewright_sync_watch_healthy{kind=\"Service\"} 1",
        "zonewright_sync_event_to_commit_seconds_count{destination=\"embedded\"} 1",
    ];
    wait_for_metric(&server, &wanted)
}

/// Waits until all these lines are served.
fn wait_for_metric(server: &Server, wanted: &[&str]) -> Result<(), String> {
    let mut text = String::new();
    let told = server.wait_for(PATIENCE, |server| {
        text = get(server, "/metrics").unwrap_or_default();
        wanted
            .iter()
            .all(|wanted| text.lines().any(|line| line == *wanted))
    });
    check(told, || {
        let missing = wanted
            .iter()
            .filter(|wanted| !text.lines().any(|line| line == **wanted));
        format!("not told: {:?}\n{text}", missing.collect::<Vec<_>>())
    })
}
