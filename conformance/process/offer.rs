//! Providers of ours that an external-dns writes to by the webhook protocol.

use std::time::Duration;

use cluster_peers::{Parts, run};
use peers::{Options, Program, Ready, Server};

use super::push_place::Place;
use super::site::{Check, Site, answer, check, free, skip, start, wait_for_log};
use super::stand_in::Cluster;
use super::tool;

pub(super) const TRIALS: &[Check] = &[
    ("external_dns_keeps_its_names_here_by_a_webhook", embedded),
    ("external_dns_writes_to_powerdns_through_us", powerdns),
    ("a_webhook_request_that_is_none_is_refused", nonsense),
    ("two_of_us_are_client_and_server_of_a_webhook", both),
];

/// Where a provider is offered, and what the program is told for it.
struct Offered {
    url: String,
    flags: Vec<String>,
}

impl Offered {
    fn new() -> Result<Self, String> {
        let port = free()?;
        Ok(Self {
            url: format!("http://127.0.0.1:{port}"),
            flags: vec![
                "--webhook-server".into(),
                format!("--webhook-server-address=127.0.0.1:{port}"),
            ],
        })
    }
}

/// Lets external-dns make one pass from a cluster to a webhook.
fn pass(site: &Site, url: &str, more: &[&str]) -> Result<bool, String> {
    let Some(external_dns) = Parts::find().external_dns else {
        return Ok(false);
    };
    let mut arguments: Vec<String> = [
        "--once",
        "--source=service",
        "--annotation-prefix=external-dns.kubernetes.io/",
        "--provider=webhook",
        "--policy=sync",
        "--registry=txt",
        "--txt-owner-id=us",
        "--txt-prefix=%{record_type}-owner.",
    ]
    .map(str::to_owned)
    .into();
    arguments.push(format!("--webhook-provider-url={url}"));
    arguments.push(format!(
        "--kubeconfig={}",
        site.path("kubeconfig").display()
    ));
    arguments.extend(more.iter().map(|text| (*text).to_owned()));
    let exit = run(
        &external_dns,
        &arguments,
        &[],
        &site.path(""),
        Duration::from_secs(60),
    );
    let exit = exit.map_err(|error| error.to_string())?;
    drop(std::fs::remove_file(site.path("run.log")));
    let well = exit.code == Some(0) && !exit.log.contains("level=error");
    check(well, || format!("{:?}\n{}", exit.code, exit.log))?;
    Ok(true)
}

/// A folder with a kubeconfig for a cluster.
fn site(cluster: &Cluster) -> Result<Site, String> {
    let site = Site::new()?;
    let url = format!("http://{}", cluster.address());
    site.write("kubeconfig", &apiserver::kubeconfig(&url))?;
    Ok(site)
}

/// The last words of an answer's lines.
fn targets(server: &Server, query: &str) -> Result<Vec<String>, String> {
    let lines = answer(server.address(), query)?;
    let last = lines.iter().filter_map(|line| line.rsplit(' ').next());
    Ok(last.map(str::to_owned).collect())
}

fn records(url: &str) -> Result<String, String> {
    let said = tool::run("curl", &["-sS", "-f", &format!("{url}/records")], "")?;
    check(said.well, || said.text.clone())?;
    Ok(said.text)
}

fn embedded(program: &Program) -> Result<(), String> {
    let cluster = Cluster::start()?;
    let site = site(&cluster)?;
    let offered = Offered::new()?;
    let data = site.path("data").display().to_string();
    let options = || {
        Options::new([])
            .arguments(offered.flags.clone())
            .arguments([
                "--provider=embedded",
                "--zone=example.org",
                "--data-dir",
                &data,
            ])
            .ready(Ready::Zones(vec!["example.org".into()]))
    };
    let server = start(program, &options())?;
    for number in 0..COUNT {
        cluster.apply(&format!("s{number}"), &format!("192.0.2.{number}"));
    }
    if !pass(&site, &offered.url, &[])? {
        skip(
            "external_dns_keeps_its_names_here_by_a_webhook",
            "external-dns is not built",
        );
        return Ok(());
    }
    check(
        targets(&server, "s7.example.org A")? == ["192.0.2.7"],
        || server.log(),
    )?;
    let all = records(&offered.url)?;
    // An address and its record of ownership each.
    check(all.matches("dnsName").count() == 2 * COUNT, || all.clone())?;
    // A second pass finds all as it is to be, also after a restart.
    let serial = super::site::serial(server.address(), "example.org");
    pass(&site, &offered.url, &[])?;
    let again = super::site::serial(server.address(), "example.org");
    check(serial == again, || "it has written again".into())?;
    drop(server);
    let server = start(program, &options())?;
    check(records(&offered.url)? == all, || {
        "names are lost over a restart".into()
    })?;
    cluster.apply("s7", "192.0.2.207");
    cluster.delete("s8");
    pass(&site, &offered.url, &[])?;
    check(
        targets(&server, "s7.example.org A")? == ["192.0.2.207"],
        || server.log(),
    )?;
    check(targets(&server, "s8.example.org A")?.is_empty(), || {
        server.log()
    })?;
    pass(&site, &offered.url, &["--source=empty"])?;
    for number in 0..COUNT {
        cluster.delete(&format!("s{number}"));
    }
    pass(&site, &offered.url, &[])?;
    check(records(&offered.url)? == "[]", || {
        "something is left".into()
    })
}

fn powerdns(program: &Program) -> Result<(), String> {
    let name = "external_dns_writes_to_powerdns_through_us";
    let Some(place) = Place::start_api()? else {
        skip(name, "PowerDNS is not installed");
        return Ok(());
    };
    let cluster = Cluster::start()?;
    let site = site(&cluster)?;
    let offered = Offered::new()?;
    let options = Options::new([])
        .arguments(offered.flags.clone())
        .arguments(place.provider_flags())
        .ready(Ready::Zones(Vec::new()));
    let pusher = start(program, &options)?;
    wait_for_log(&pusher, "offers a provider as a webhook")?;
    cluster.apply("web", "192.0.2.10");
    if !pass(&site, &offered.url, &[])? {
        skip(name, "external-dns is not built");
        return Ok(());
    }
    place.wait_for(
        &pusher,
        "web.example.org A",
        &["web.example.org. 300 A 192.0.2.10"],
    )?;
    cluster.apply("web", "192.0.2.11");
    pass(&site, &offered.url, &[])?;
    place.wait_for(
        &pusher,
        "web.example.org A",
        &["web.example.org. 300 A 192.0.2.11"],
    )?;
    cluster.delete("web");
    pass(&site, &offered.url, &[])?;
    place.wait_for(&pusher, "web.example.org A", &[])?;
    place.wait_for(&pusher, "a-owner.web.example.org TXT", &[])?;
    let foreign = "foreign.example.org. 300 A 192.0.2.99";
    place.wait_for(&pusher, "foreign.example.org A", &[foreign])
}

fn nonsense(program: &Program) -> Result<(), String> {
    let offered = Offered::new()?;
    let options = Options::new([])
        .arguments(offered.flags.clone())
        .arguments([
            "--provider=inmemory",
            "--webhook-provider-max-body-size=2000",
        ])
        .arguments(["--policy=sync"])
        .ready(Ready::Zones(Vec::new()));
    let server = start(program, &options)?;
    wait_for_log(&server, "offers a provider as a webhook")?;
    let large = format!("[{}]", " ".repeat(3000));
    let pair =
        r#"{"create":[],"updateOld":[{"dnsName":"a.example","recordType":"A"}],"updateNew":[]}"#;
    let made = r#"{"create":[{"dnsName":"a.example","recordType":"A","targets":["192.0.2.1"]}]}"#;
    for (method, path, body, status) in [
        ("GET", "/", "", "200"),
        ("GET", "/nowhere", "", "404"),
        ("DELETE", "/records", "", "405"),
        ("POST", "/records", "nonsense", "400"),
        ("POST", "/records", pair, "400"),
        ("POST", "/adjustendpoints", "{}", "400"),
        ("POST", "/adjustendpoints", &large, "413"),
        ("POST", "/adjustendpoints", "[]", "200"),
        ("POST", "/records", made, "204"),
        ("POST", "/records", made, "500"),
    ] {
        let url = format!("{}{path}", offered.url);
        let arguments = [
            "-sS",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "-X",
            method,
            "-d",
            body,
            &url,
        ];
        let said = tool::run("curl", &arguments, "")?;
        check(said.text == status, || {
            format!(
                "{method} {path} {body}: {}, not {status}\n{}",
                said.text,
                server.log()
            )
        })?;
    }
    // A page in a browser on this machine, which may send what it cannot read the answer of.
    let url = format!("{}/records", offered.url);
    for head in ["Origin: http://page.example", "Sec-Fetch-Site: cross-site"] {
        let gone = made.replace("create", "delete");
        let arguments = [
            "-sS",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "-H",
            head,
            "-d",
            &gone,
            &url,
        ];
        let said = tool::run("curl", &arguments, "")?;
        check(said.text == "403", || format!("{head}: {}", said.text))?;
    }
    check(records(&offered.url)?.contains("a.example"), || {
        server.log()
    })
}

/// Ours writes to ours: the zone of one is fed by the manifests of the other.
fn both(program: &Program) -> Result<(), String> {
    let offered = Offered::new()?;
    let options = Options::new([])
        .arguments(offered.flags.clone())
        .arguments(["--provider=embedded", "--zone=example.org"])
        .ready(Ready::Zones(vec!["example.org".into()]));
    let server = start(program, &options)?;
    let site = Site::new()?;
    std::fs::create_dir(site.path("manifests")).map_err(|error| error.to_string())?;
    site.write(
        "manifests/web.yaml",
        "apiVersion: externaldns.k8s.io/v1alpha1\nkind: DNSEndpoint\n\
         metadata: {name: all, namespace: default}\nspec:\n  endpoints:\n  \
         - {dnsName: web.example.org, recordType: A, targets: [192.0.2.10]}\n  \
         - {dnsName: mail.example.org, recordType: MX, targets: [10 web.example.org]}\n  \
         - {dnsName: text.example.org, recordType: TXT, targets: ['say \"hi\"']}\n",
    )?;
    let manifests = site.path("manifests").display().to_string();
    let client = Options::new([])
        .arguments([
            "--manifests",
            &manifests,
            "--provider=webhook",
            "--policy=sync",
        ])
        .arguments([
            "--registry=txt",
            "--txt-owner-id=us",
            "--txt-prefix=%{record_type}-owner.",
        ])
        .arguments(["A", "MX", "TXT"].map(|rtype| format!("--managed-record-types={rtype}")))
        .arguments([format!("--webhook-provider-url={}", offered.url)])
        .arguments(["--interval=1s"])
        .ready(Ready::Zones(Vec::new()));
    let client = start(program, &client)?;
    let text = "text.example.org. 300 TXT \"say \\\"hi\\\"\"";
    for (query, expected) in [
        ("web.example.org A", "web.example.org. 300 A 192.0.2.10"),
        (
            "mail.example.org MX",
            "mail.example.org. 300 MX 10 web.example.org.",
        ),
        ("text.example.org TXT", text),
    ] {
        let came = client.wait_for(super::site::PATIENCE, |_| {
            answer(server.address(), query).is_ok_and(|lines| lines == [expected])
        });
        check(came, || {
            format!(
                "{query}: {:?}\n{}\n{}",
                answer(server.address(), query),
                client.log(),
                server.log()
            )
        })?;
    }
    // Further passes find nothing to write.
    let serial = super::site::serial(server.address(), "example.org");
    let passes = || {
        let page = super::telemetry::get(&client, "/metrics").ok()?;
        let mut lines = page.lines();
        let line = lines.find(|line| line.starts_with("zonewright_sync_passes_total"))?;
        line.rsplit(' ').next()?.parse::<u64>().ok()
    };
    let before = passes().ok_or("no passes are counted")?;
    let passed = client.wait_for(super::site::PATIENCE, |_| {
        passes().is_some_and(|now| now >= before + 2)
    });
    check(passed, || client.log())?;
    let same = super::site::serial(server.address(), "example.org") == serial;
    check(same, || client.log())
}

/// More than a few.
const COUNT: usize = 70;
