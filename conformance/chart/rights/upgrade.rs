//! `helm upgrade` from external-dns's chart to ours, on a zone that BIND serves: each program runs with the
//! flags and as the account of its chart, and no record changes.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cluster_peers::{Parts, run};
use peers::{Key, Kind, Options, Program, Server, Zone};
use serde_json::Value;

use super::cluster::{Place, words};
use crate::files::chart;
use crate::helm::Helm;

pub(super) fn from_external_dns(helm: &Helm, place: &Place, ours: &Path) -> Result<(), String> {
    // Other trials change objects meanwhile.
    let _turn = place.turn.lock();
    let parts = Parts::find();
    let theirs = parts.external_dns_chart.ok_or("no chart of external-dns")?;
    let external_dns = parts
        .external_dns
        .ok_or("no external-dns; `.ci/kube live` builds it")?;
    let folder = tempfile::tempdir().map_err(words)?;
    let zone = Live::start(folder.path())?;
    let values = folder.path().join("values.yaml");
    std::fs::write(&values, zone.values()).map_err(words)?;
    let values = values.display().to_string();

    let first = theirs.display().to_string();
    let what = ["upgrade", "--install", RELEASE, &first, "--values", &values];
    place.helm(helm, &what)?;
    let selector = place.selector(RELEASE)?;
    zone.pass(place, &external_dns, folder.path())?;
    let before = zone.contents()?;
    // An address and its record of ownership each, beside SOA, NS and its address.
    if before.len() < 3 + 2 * 3 {
        return Err(format!(
            "external-dns has made too little:\n{}",
            before.join("\n")
        ));
    }
    // With our image in that chart, and the rights that it gives, there is nothing to do either.
    zone.pass(place, ours, folder.path())?;
    same(&before, &zone.contents()?)?;

    let chart = chart().display().to_string();
    let set = "nameOverride=external-dns,image.repository=registry.example.org/zonewright";
    place.helm(
        helm,
        &[
            "upgrade", RELEASE, &chart, "--values", &values, "--set", set,
        ],
    )?;
    let now = place.selector(RELEASE)?;
    if now != selector {
        return Err(format!("selector {now}, but it was {selector}"));
    }
    zone.pass(place, ours, folder.path())?;
    same(&before, &zone.contents()?)
}

fn same(before: &[String], after: &[String]) -> Result<(), String> {
    match before == after {
        true => Ok(()),
        false => Err(format!(
            "before:\n{}\nafter:\n{}",
            before.join("\n"),
            after.join("\n")
        )),
    }
}

/// A zone that BIND serves, to be updated by a key.
struct Live {
    server: Server,
    key: Key,
}

impl Live {
    fn start(folder: &Path) -> Result<Self, String> {
        let bind = Program::find(Kind::Bind).ok_or("BIND is not installed")?;
        let file = folder.join("zone");
        std::fs::write(&file, ZONE).map_err(words)?;
        let key = Key::new("live");
        let rights = format!(
            "allow-transfer {{ key {0}; }}; update-policy {{ grant {0} zonesub ANY; }};",
            key.name
        );
        let options = Options::new([Zone::new("example.org", file)]);
        let options = options.global(&key.clause()).zone_config(&rights);
        let server = Server::start(&bind, &options).map_err(words)?;
        Ok(Self { server, key })
    }

    /// A values file as users of external-dns write it.
    fn values(&self) -> String {
        let (port, Key { name, secret }) = (self.server.address().port(), &self.key);
        format!(
            "provider: {{name: rfc2136}}\nsources: [service, ingress, crd]\npolicy: sync\nregistry: txt\n\
             txtOwnerId: live\ntxtPrefix: \"%{{record_type}}-owner.\"\ndomainFilters: [example.org]\n\
             extraArgs: [--rfc2136-host=127.0.0.1, --rfc2136-port={port}, --rfc2136-zone=example.org, \
             --rfc2136-tsig-keyname={name}, --rfc2136-tsig-secret={secret}, \
             --rfc2136-tsig-secret-alg=hmac-sha256, --rfc2136-tsig-axfr, \
             --annotation-prefix=external-dns.kubernetes.io/]\n"
        )
    }

    /// One pass of a program with the flags of the Deployment, as its account.
    fn pass(&self, place: &Place, program: &Path, folder: &Path) -> Result<(), String> {
        let mut arguments = place.arguments_of(RELEASE)?;
        let config = place.account_of(RELEASE, folder)?;
        arguments.extend(["--once".to_owned(), format!("--kubeconfig={config}")]);
        let exit = run(program, &arguments, &[], folder, Duration::from_secs(60));
        let exit = exit.map_err(words)?;
        match exit.code == Some(0) && !exit.log.contains("level=error") {
            true => Ok(()),
            false => Err(format!(
                "{}: {:?}\n{}",
                program.display(),
                exit.code,
                exit.log
            )),
        }
    }

    /// All records, its SOA with its serial too.
    fn contents(&self) -> Result<Vec<String>, String> {
        let output = Command::new("dig")
            .args([
                "@127.0.0.1",
                "-p",
                &self.server.address().port().to_string(),
            ])
            .args([
                "-y",
                &self.key.argument(),
                "example.org",
                "AXFR",
                "+noall",
                "+answer",
            ])
            .output()
            .map_err(words)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut lines: Vec<String> = text
            .lines()
            .filter(|line| !line.starts_with(';') && !line.is_empty())
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines.dedup();
        Ok(lines)
    }
}

impl Place {
    /// What the Deployment says its Pods are.
    fn selector(&self, name: &str) -> Result<Value, String> {
        let workload = self.workload(name)?;
        let selector = workload.pointer("/spec/selector").cloned();
        selector.ok_or_else(|| "no selector".to_owned())
    }
}

const RELEASE: &str = "external-dns";

const ZONE: &str = "$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.1\n";
