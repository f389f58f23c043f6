//! external-dns, etcd and CoreDNS, put together as their documents say.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use benches::{StandIn, pause, quantile};
use cluster_peers::Parts;

use crate::process::{Process, free_address};
use crate::{CommandLine, Measured, PATIENCE, all_answered, etcd, folder, idle, record_name, wait};

/// Where the three are.
#[derive(Clone, Debug)]
pub(crate) struct Theirs {
    external_dns: PathBuf,
    etcd: PathBuf,
    coredns: PathBuf,
}

/// etcd and CoreDNS at work.
struct Server {
    etcd: Process,
    coredns: Process,
    dns: SocketAddr,
    client: SocketAddr,
}

impl Theirs {
    pub(crate) fn find(parts: &Parts) -> anyhow::Result<Self> {
        let lacking = "is not there; `.ci/kube live` builds it";
        Ok(Self {
            external_dns: parts
                .external_dns
                .clone()
                .with_context(|| format!("external-dns {lacking}"))?,
            etcd: parts
                .etcd
                .clone()
                .with_context(|| format!("etcd {lacking}"))?,
            coredns: parts
                .coredns
                .clone()
                .with_context(|| format!("CoreDNS {lacking}"))?,
        })
    }

    pub(crate) fn measure(
        &self,
        options: &CommandLine,
        stand_in: &StandIn,
    ) -> anyhow::Result<Measured> {
        let data = folder()?;
        let server = self.serve(data.path())?;
        let url = format!("http://{}", server.client);
        let kubeconfig = format!("--kubeconfig={}", stand_in.kubeconfig().display());
        let metrics = format!("--metrics-address={}", free_address()?);
        let arguments = [
            "--source=service",
            "--provider=coredns",
            "--policy=sync",
            "--registry=noop",
            "--domain-filter=example.org",
            "--annotation-prefix=external-dns.alpha.kubernetes.io/",
            // One pass: what comes after it is idle.
            "--interval=30m",
            &kubeconfig,
            &metrics,
        ];
        let variables = [("ETCD_URLS", url.as_str())];
        let external_dns = Process::start(&self.external_dns, &arguments, &variables)?;
        let all = [&external_dns, &server.etcd, &server.coredns];
        all_answered(server.dns, options.objects, &all)?;
        let memory = idle(&all);
        let each: Vec<String> = all
            .iter()
            .map(|one| benches::megabytes(one.memory().resident))
            .collect();
        eprintln!(
            "  resident: external-dns, etcd, CoreDNS {} MB",
            each.join(", ")
        );
        drop((external_dns, server));

        let data = folder()?;
        let server = self.serve(data.path())?;
        etcd::fill(server.client, options.records)?;
        let name = record_name(options.records - 1);
        wait(server.dns, &name, &[&server.etcd, &server.coredns])?;
        drop(server);
        let mut times = Vec::new();
        for _ in 0..options.rounds.max(1) {
            let begin = Instant::now();
            let server = self.launch(data.path())?;
            wait(server.dns, &name, &[&server.etcd, &server.coredns])?;
            times.push(begin.elapsed());
        }
        times.sort_unstable();
        Ok(Measured {
            programs: vec![
                self.external_dns.clone(),
                self.coredns.clone(),
                self.etcd.clone(),
            ],
            memory,
            start: quantile(&times, 0.5),
        })
    }

    /// Starts both, and waits until etcd takes requests.
    fn serve(&self, data: &Path) -> anyhow::Result<Server> {
        let server = self.launch(data)?;
        let begin = Instant::now();
        while TcpStream::connect(server.client).is_err() {
            ensure!(begin.elapsed() < PATIENCE, "{}", server.etcd.said());
            pause(Duration::from_millis(20));
        }
        Ok(server)
    }

    fn launch(&self, data: &Path) -> anyhow::Result<Server> {
        let (client, peer, dns) = (free_address()?, free_address()?, free_address()?);
        let (client_url, peer_url) = (format!("http://{client}"), format!("http://{peer}"));
        let folder = format!("--data-dir={}", data.join("etcd").display());
        let arguments = [
            &folder,
            &format!("--listen-client-urls={client_url}"),
            &format!("--advertise-client-urls={client_url}"),
            &format!("--listen-peer-urls={peer_url}"),
            &format!("--initial-advertise-peer-urls={peer_url}"),
            &format!("--initial-cluster=default={peer_url}"),
        ];
        let etcd = Process::start(&self.etcd, &arguments.map(String::as_str), &[])?;
        let file = data.join("Corefile");
        let text = format!(
            "example.org:{} {{\n    bind 127.0.0.1\n    etcd {{\n        path /skydns\n        \
             endpoint {client_url}\n    }}\n}}\n",
            dns.port()
        );
        std::fs::write(&file, text).context("write a Corefile")?;
        let file = file.display().to_string();
        let coredns = Process::start(&self.coredns, &["-conf", &file], &[])?;
        Ok(Server {
            etcd,
            coredns,
            dns,
            client,
        })
    }
}
