//! Names that are pushed to a real OpenStack Designate, in one process and without a Keystone.
//!
//! It takes half a minute to start and a hundred Python packages, so it is not among what each change
//! runs: variable `ZONEWRIGHT_DESIGNATE` names the Python that has them, and the program must have
//! feature `provider-designate`. `.ci/nightly` sees to both.

use std::env;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use peers::{Options, Program, Ready};

use super::push_place::manifest;
use super::site::{Check, PATIENCE, Site, check, free, start, wait_for_log};
use super::tool;

pub(super) const TRIALS: &[Check] = &[("designate_is_written_to", life)];

/// Designate; killed when this is dropped.
struct Designate {
    child: Child,
    url: String,
    token: String,
}

impl Designate {
    /// Starts it; nothing if it is not asked for.
    fn start(site: &Site) -> Result<Option<Self>, String> {
        let Some(python) = env::var_os("ZONEWRIGHT_DESIGNATE") else {
            return Ok(None);
        };
        let port = free()?;
        let child = Command::new(python)
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/conformance/designate/run.py"
            ))
            .arg(site.path("designate"))
            .arg(port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut designate = Self {
            child: child.map_err(|error| format!("Designate: {error}"))?,
            url: format!("http://127.0.0.1:{port}"),
            token: String::new(),
        };
        let begin = Instant::now();
        while designate.token.is_empty() {
            check(begin.elapsed() < STARTS, || {
                "Designate does not answer".into()
            })?;
            std::thread::park_timeout(Duration::from_millis(500));
            designate.token = designate.log_in().unwrap_or_default();
        }
        Ok(Some(designate))
    }

    fn log_in(&self) -> Result<String, String> {
        let url = format!("{}/identity/v3/auth/tokens", self.url);
        let body =
            "{\"auth\":{\"identity\":{\"application_credential\":{\"secret\":\"open-sesame\"}}}}";
        let said = tool::run("curl", &["-sSi", "-f", "-d", body, &url], "")?;
        check(said.well, || said.text.clone())?;
        let mut lines = said.text.lines();
        let token = lines.find_map(|line| line.strip_prefix("X-Subject-Token: "));
        Ok(token.unwrap_or_default().trim().to_owned())
    }

    fn call(&self, method: &str, path: &str, body: &str) -> Result<String, String> {
        let url = format!("{}/v2/{path}", self.url);
        let token = format!("X-Auth-Token: {}", self.token);
        let kind = "Content-Type: application/json";
        let mut words = vec![
            "-sS",
            "--fail-with-body",
            "-X",
            method,
            "-H",
            &token,
            "-H",
            kind,
        ];
        if !body.is_empty() {
            words.extend(["-d", body]);
        }
        words.push(&url);
        let said = tool::run("curl", &words, "")?;
        check(said.well, || format!("{method} {path}: {}", said.text))?;
        Ok(said.text)
    }
}

impl Drop for Designate {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Every type, then changed, then taken away, in a zone that is PENDING for ever.
fn life(program: &Program) -> Result<(), String> {
    let site = Site::new()?;
    let Some(designate) = Designate::start(&site)? else {
        return Ok(());
    };
    let zone = "{\"name\":\"example.org.\",\"email\":\"a@example.org\",\"ttl\":300}";
    designate.call("POST", "zones", zone)?;
    manifest(
        &site,
        &[
            ("web.example.org", "A", "192.0.2.10", 60),
            ("web.example.org", "AAAA", "2001:db8::10", 0),
            ("alias.example.org", "CNAME", "web.example.org", 0),
            ("mail.example.org", "MX", "10 web.example.org", 0),
            ("text.example.org", "TXT", "v=spf1 -all", 0),
            ("*.wild.example.org", "A", "192.0.2.12", 0),
        ],
    )?;
    let keystone = format!("OS_AUTH_URL={}/identity", designate.url);
    let variables = [
        "env",
        &keystone,
        "OS_APPLICATION_CREDENTIAL_ID=i",
        "OS_APPLICATION_CREDENTIAL_SECRET=open-sesame",
        "OS_REGION_NAME=RegionOne",
    ];
    let folder = site.path("manifests").display().to_string();
    let mut flags: Vec<String> = ["A", "AAAA", "CNAME", "MX", "TXT"]
        .iter()
        .map(|rtype| format!("--managed-record-types={rtype}"))
        .collect();
    flags.extend(
        [
            "--provider=designate",
            "--policy=sync",
            "--txt-owner-id=us",
            "--txt-wildcard-replacement=any",
            "--interval=1s",
            "--manifests",
            &folder,
        ]
        .map(str::to_owned),
    );
    let options = Options::new([])
        .wrapper(variables)
        .arguments(flags)
        .ready(Ready::Zones(Vec::new()));
    let pusher = start(program, &options)?;
    let sets = || designate.call("GET", "recordsets?limit=1000", "");
    let wait_for = |wanted: &[&str], gone: &[&str]| {
        let is_so = |text: &str| {
            wanted.iter().all(|part| text.contains(part))
                && !gone.iter().any(|part| text.contains(part))
        };
        let came = pusher.wait_for(PATIENCE, |_| sets().is_ok_and(|text| is_so(&text)));
        check(came, || format!("{:?}\n{}", sets(), pusher.log()))
    };
    wait_for(
        &[
            "192.0.2.10",
            "2001:db8::10",
            "alias.example.org.",
            "10 web.example.org.",
            "\\\"v=spf1 -all\\\"",
            "*.wild.example.org.",
            "a-any.wild.example.org.",
            "external-dns/owner=us",
        ],
        &[],
    )?;
    wait_for_log(&pusher, "all names are as wanted")?;
    manifest(&site, &[("web.example.org", "A", "192.0.2.20", 90)])?;
    wait_for(
        &["192.0.2.20", "\"ttl\": 90"],
        &["192.0.2.10", "mail.example.org."],
    )?;
    manifest(&site, &[])?;
    wait_for(&["ns1.example.net."], &["web.example.org.", "owner=us"])?;
    let log = pusher.log();
    check(!log.contains("sesame") && !log.contains("refused"), || log)
}

/// It reads many packages first.
const STARTS: Duration = Duration::from_mins(2);
