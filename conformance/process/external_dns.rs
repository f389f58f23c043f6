//! external-dns itself, with its rfc2136 provider, on a zone of ours: what a user who moves only the
//! name server has.

use std::time::Duration;

use cluster_peers::{Parts, run};
use peers::{Program, Server};

use super::signed::{ALGORITHMS, SECRET, serve};
use super::site::{Check, Site, answer, check, serial, skip};
use super::stand_in::Cluster;
use super::tool::contents;
use crate::interop::did;

pub(super) const TRIALS: &[Check] = &[("external_dns_keeps_its_names_here", keep)];

const ZONE: &str = "example.org";

/// A cluster, our server, and external-dns that runs now and then.
struct Setting<'a> {
    external_dns: &'a std::path::Path,
    site: &'a Site,
    server: &'a Server,
}

impl Setting<'_> {
    /// Lets external-dns make one pass, signed by a key of this algorithm.
    fn pass(&self, algorithm: &str) -> Result<(), String> {
        let port = self.server.address().port();
        let mut arguments: Vec<String> = [
            "--once",
            "--source=service",
            "--annotation-prefix=external-dns.kubernetes.io/",
            "--provider=rfc2136",
            "--rfc2136-host=127.0.0.1",
            "--rfc2136-zone=example.org",
            "--rfc2136-axfr",
            "--policy=sync",
            "--registry=txt",
            "--txt-owner-id=us",
            "--txt-prefix=%{record_type}-owner.",
        ]
        .map(str::to_owned)
        .into();
        let kubeconfig = self.site.path("kubeconfig");
        arguments.push(format!("--kubeconfig={}", kubeconfig.display()));
        arguments.push(format!("--rfc2136-port={port}"));
        arguments.push(format!("--rfc2136-tsig-keyname={algorithm}"));
        arguments.push(format!("--rfc2136-tsig-secret-alg={algorithm}"));
        let secret = "EXTERNAL_DNS_RFC2136_TSIG_SECRET".to_owned();
        let variables = [(secret, SECRET.to_owned())];
        let folder = self.site.path("");
        let exit = run(
            self.external_dns,
            &arguments,
            &variables,
            &folder,
            Duration::from_secs(60),
        )
        .map_err(|error| error.to_string())?;
        let log = folder.join("run.log");
        // What the next pass says is another matter.
        drop(std::fs::remove_file(log));
        // Messages that a server refuses end it with a word only.
        let well = exit.code == Some(0) && !exit.log.contains("level=error");
        check(well, || {
            format!("{algorithm}: {:?}\n{}", exit.code, exit.log)
        })?;
        did(NAME, "TSIG", algorithm.trim_start_matches("hmac-"));
        Ok(())
    }

    /// The zone without its SOA.
    fn records(&self) -> Result<Vec<String>, String> {
        let algorithm = "hmac-sha256";
        let key = peers::Key {
            name: algorithm.to_owned(),
            secret: SECRET.to_owned(),
        };
        let mut lines = contents(self.server.address(), ZONE, Some(&key))?;
        lines.retain(|line| !line.contains(" SOA "));
        Ok(lines)
    }

    fn serial(&self) -> Option<u32> {
        serial(self.server.address(), ZONE)
    }
}

fn keep(program: &Program) -> Result<(), String> {
    let Some(external_dns) = Parts::find().external_dns else {
        skip("external_dns_keeps", "external-dns is not built");
        return Ok(());
    };
    let cluster = Cluster::start()?;
    let (site, server) = serve(program, ZONE)?;
    let url = format!("http://{}", cluster.address());
    site.write("kubeconfig", &apiserver::kubeconfig(&url))?;
    let setting = Setting {
        external_dns: &external_dns,
        site: &site,
        server: &server,
    };
    let [_, sha1, sha224, sha256, sha384, sha512, ..] = ALGORITHMS;
    let before = setting.records()?;
    for number in 0..COUNT {
        cluster.apply(&format!("s{number}"), &format!("192.0.2.{number}"));
    }
    setting.pass(sha1)?;
    let all = setting.records()?;
    // An address and its record of ownership each.
    check(all.len() == before.len() + 2 * COUNT, || {
        format!("{all:#?}")
    })?;
    did(NAME, "update", "TCP");
    // It reads what is there, so it has nothing to do.
    let was = setting.serial();
    setting.pass(sha224)?;
    check(setting.serial() == was, || "it has written again".into())?;
    did(NAME, "AXFR", "");
    cluster.apply("s7", "192.0.2.207");
    cluster.delete("s8");
    cluster.apply("new", "192.0.2.208");
    setting.pass(sha256)?;
    for (name, expected) in [("s7", Some(207)), ("s8", None), ("new", Some(208))] {
        let found = answer(server.address(), &format!("{name}.{ZONE} A"))?;
        let expected: Vec<String> = expected
            .into_iter()
            .map(|last| format!("192.0.2.{last}"))
            .collect();
        let found: Vec<&str> = found
            .iter()
            .filter_map(|line| line.rsplit(' ').next())
            .collect();
        check(found == expected, || format!("{name}: {found:?}"))?;
    }
    setting.pass(sha384)?;
    for number in 0..COUNT {
        cluster.delete(&format!("s{number}"));
    }
    cluster.delete("new");
    setting.pass(sha512)?;
    let after = setting.records()?;
    check(after == before, || format!("{after:#?}"))?;
    did(NAME, "delete", "");
    Ok(())
}

const NAME: &str = "external-dns";

/// More than fit into one of its messages.
const COUNT: usize = 70;
