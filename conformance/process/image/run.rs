//! What the image does once it runs.

use std::net::{Ipv4Addr, SocketAddr};

use cluster_peers::{Endpoint, Recorder};
use peers::Program;

use super::super::site::{PATIENCE, answer, check, free, text};
use super::super::stand_in::Cluster;
use super::super::telemetry::page;
use super::archive::Image;
use super::root::{Container, mount};

pub(super) fn serves(_: &Program) -> Result<(), String> {
    let Some(image) = Image::unpack("the_image_serves")? else {
        return Ok(());
    };
    let root = image.root();
    mount(&root, "zones/a.test.zone", &text(7, "www A 192.0.2.7"))?;
    mount(&root, "bad/b.test.zone", &text(1, "www A 192.0.2.300"))?;
    let (dns, pages) = (address()?, address()?);
    let arguments = [
        "--zone-dir=/zones".to_owned(),
        format!("--listen={dns}"),
        format!("--metrics-address={pages}"),
    ];
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut container = Container::start(&image, &arguments)?;
    container.wait_for_log("ready: 1 zone")?;
    for line in ["www.a.test A", "www.a.test A +tcp"] {
        let lines = answer(dns, line)?;
        check(lines == ["www.a.test. 300 A 192.0.2.7"], || {
            format!("{line}: {lines:?}")
        })?;
    }
    let ready = page(pages, "/readyz")?;
    check(ready.starts_with("HTTP/1.1 200 "), || ready)?;
    for (name, expected) in [
        ("Uid:", "65532 65532 65532 65532"),
        ("Gid:", "65532 65532 65532 65532"),
        ("Groups:", ""),
        ("CapEff:", "0000000000000000"),
        ("CapPrm:", "0000000000000000"),
        ("NoNewPrivs:", "1"),
    ] {
        let found = container.status(name)?;
        check(found == expected, || format!("{name} {found}"))?;
    }
    let (status, said) = container.execute(&["check", "/zones/a.test.zone"])?;
    check(status.success(), || said)?;
    let (status, said) = container.execute(&["check", "/bad/b.test.zone"])?;
    check(
        status.code() == Some(1) && said.contains("192.0.2.300"),
        || said,
    )?;
    let (status, said) = container.execute(&["zone", "list"])?;
    check(status.success() && said.contains("a.test"), || said)?;
    let status = container.stop()?;
    check(status.success(), || {
        format!("{status}:\n{}", container.log())
    })
}

/// The arguments that external-dns's chart gives its image, with a webhook provider beside it. The API
/// server has a name that only `/etc/hosts` knows: the static program looks names up as others do.
pub(super) fn replaces_external_dns(_: &Program) -> Result<(), String> {
    let Some(image) = Image::unpack("the_image_takes_the_arguments")? else {
        return Ok(());
    };
    let cluster = Cluster::start()?;
    cluster.apply("web", "192.0.2.80");
    let recorder = Recorder::start().map_err(|error| error.to_string())?;
    let url = format!("http://api.test:{}", cluster.address().port());
    mount(
        &image.root(),
        "etc/hosts",
        "127.0.0.1 api.test webhook.test\n",
    )?;
    mount(&image.root(), "config", &apiserver::kubeconfig(&url))?;
    let webhook = recorder.url().replace("127.0.0.1", "webhook.test");
    let pages = address()?;
    let (webhook, pages_flag) = (
        format!("--webhook-provider-url={webhook}"),
        format!("--metrics-address={pages}"),
    );
    let arguments = [
        "--log-level=info",
        "--log-format=text",
        "--interval=1m",
        "--source=service",
        "--source=ingress",
        "--policy=upsert-only",
        "--registry=txt",
        "--txt-owner-id=here",
        "--domain-filter=example.org",
        "--provider=webhook",
        "--kubeconfig=/config",
        &webhook,
        &pages_flag,
    ];
    let mut container = Container::start(&image, &arguments)?;
    let made = recorder.wait_for(PATIENCE, |records| {
        let wanted = |record: &Endpoint| {
            record.dns_name == "web.example.org" && record.targets == ["192.0.2.80"]
        };
        records.iter().any(wanted)
    });
    check(made.is_some(), || {
        format!("{:?}\n{}", recorder.records(), container.log())
    })?;
    let healthy = page(pages, "/healthz")?;
    check(healthy.starts_with("HTTP/1.1 200 "), || healthy)?;
    let status = container.stop()?;
    check(status.success(), || {
        format!("{status}:\n{}", container.log())
    })
}

/// A free address of this machine.
fn address() -> Result<SocketAddr, String> {
    let port = free()?;
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}
