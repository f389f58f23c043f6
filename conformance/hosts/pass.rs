//! One program on one host: objects in an API server, passes, what is in the zones and what was asked
//! for that.
//!
//! ```text
//! DNSEndpoint → stand-in of the API server → program --once ─HTTP→ stand-in of the host → lines, calls
//! ```

use std::path::{Path, PathBuf};
use std::time::Duration;

use apiserver::{ApiServer, kubeconfig};
use provider::sim::Sim;
use provider::suite::{Start, Subject, World, subjects};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cases::ZONE;
use crate::certificates::Certificates;
use crate::contents::lines;
use crate::host::Host;
use crate::serve::Served;

/// Requests that were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// That change nothing.
    pub reads: usize,
    /// That change something.
    pub writes: usize,
}

/// What came of a pass.
#[derive(Clone, Debug)]
pub struct Passed {
    /// Requests.
    pub calls: Calls,
    /// What is in the zone.
    pub lines: Vec<String>,
    /// What the program said; with what it ended with, if that is not 0.
    pub log: String,
    /// Whether it ended well.
    pub well: bool,
}

/// A program before a host of its own.
pub struct Place {
    host: Host,
    program: PathBuf,
    sim: Sim,
    world: Box<dyn World>,
    served: Served,
    authority: Option<PathBuf>,
    api: ApiServer,
    folder: TempDir,
    types: Vec<String>,
}

impl Place {
    /// A host without records, and a program that is to write such types there.
    ///
    /// # Errors
    /// Something that is needed cannot be had.
    pub async fn start(host: &Host, program: &Path, types: &[String]) -> Result<Self, String> {
        let fail = |error: std::io::Error| error.to_string();
        let folder = tempfile::tempdir().map_err(fail)?;
        let subject = subject(host.name)?;
        let world = subject.start(&subject.zones(&Start::zones(&[ZONE]))).await;
        let sim = world.sim().cloned();
        let sim = sim.ok_or_else(|| format!("{} is no stand-in", host.name))?;
        let (mut tls, mut authority) = (None, None);
        if !host.at.is_empty() {
            let made = Certificates::make(folder.path(), host.at).map_err(fail)?;
            tls = Some(made.server().map_err(fail)?);
            authority = Some(made.authority());
        }
        let beside = host.answers;
        let told = move |path: &str| {
            let found = beside.iter().find(|(at, _)| *at == path);
            found.map(|(_, text)| (*text).to_owned())
        };
        let served = Served::start(sim.clone(), 0, tls, told).await;
        let api = ApiServer::start().await.map_err(fail)?;
        api.store().tell_kinds();
        std::fs::write(folder.path().join("kubeconfig"), kubeconfig(&api.url())).map_err(fail)?;
        let place = Self {
            host: *host,
            program: program.to_owned(),
            sim,
            world,
            served: served.map_err(fail)?,
            authority,
            api,
            folder,
            types: types.to_vec(),
        };
        for (name, text) in host.files {
            let text = place.filled(text);
            std::fs::write(place.folder.path().join(name), text).map_err(fail)?;
        }
        Ok(place)
    }

    fn filled(&self, text: &str) -> String {
        let folder = self.folder.path().display().to_string();
        Host::filled(text, &self.served.url(), &folder)
    }

    /// Asks for endpoints, and lets the program make a pass.
    ///
    /// # Errors
    /// It cannot be run.
    pub async fn want(&self, endpoints: &[Value]) -> Result<Passed, String> {
        self.api.apply(json!({
            "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
            "metadata": {"namespace": "default", "name": "all", "generation": 1},
            "spec": {"endpoints": endpoints},
        }));
        let before = self.sim.log().len();
        let (program, flags, variables) = (self.program.clone(), self.flags(), self.variables());
        let folder = self.folder.path().to_owned();
        let exit = tokio::task::spawn_blocking(move || {
            cluster_peers::run(&program, &flags, &variables, &folder, PATIENCE)
        });
        let exit = exit.await.map_err(|error| error.to_string())?;
        let exit = exit.map_err(|error| format!("{}: {error}", self.program.display()))?;
        // What the next pass says is another matter; there may have been nothing to say.
        drop(std::fs::remove_file(self.folder.path().join("run.log")));
        let log = self.sim.log().split_off(before);
        let writes = log.iter().filter(|seen| seen.writes).count();
        let calls = log
            .iter()
            .map(|seen| format!("\n{:?} {}", seen.status, seen.line));
        let calls: String = calls.take(40).collect();
        Ok(Passed {
            calls: Calls {
                reads: log.len() - writes,
                writes,
            },
            lines: lines(&self.world.dump().await),
            log: format!("ended with {:?}\n{}{calls}", exit.code, exit.log),
            well: exit.code == Some(0),
        })
    }

    fn flags(&self) -> Vec<String> {
        let kubeconfig = self.folder.path().join("kubeconfig");
        let mut flags = vec![
            format!("--kubeconfig={}", kubeconfig.display()),
            format!("--provider={}", self.host.name),
            format!("--domain-filter={ZONE}"),
            format!("--registry={}", self.host.registry),
        ];
        flags.extend(FLAGS.iter().map(|flag| (*flag).to_owned()));
        flags.extend(self.host.flags.iter().map(|flag| self.filled(flag)));
        flags.extend(
            self.types
                .iter()
                .map(|rtype| format!("--managed-record-types={rtype}")),
        );
        flags
    }

    fn variables(&self) -> Vec<(String, String)> {
        let variables = self.host.variables.iter();
        let variables = variables.map(|(name, text)| ((*name).to_owned(), self.filled(text)));
        let mut variables: Vec<(String, String)> = variables.collect();
        if let Some(authority) = &self.authority {
            // For programs of Go and for ours alike.
            variables.push(("SSL_CERT_FILE".into(), authority.display().to_string()));
            variables.push(("HTTPS_PROXY".into(), self.served.url()));
            // The API server is no vendor.
            variables.push(("NO_PROXY".into(), "127.0.0.1".into()));
        }
        variables
    }
}

/// The stand-in of this name.
///
/// # Errors
/// There is none.
pub fn subject(name: &str) -> Result<Box<dyn Subject>, String> {
    let mut all = subjects().into_iter();
    let found = all.find(|subject| subject.name() == name);
    found.ok_or_else(|| format!("there is no stand-in of {name}"))
}

/// Flags of all.
const FLAGS: &[&str] = &[
    "--source=crd",
    "--once",
    // Several may run at once.
    "--metrics-address=127.0.0.1:0",
    "--policy=sync",
    "--txt-owner-id=me",
    "--txt-prefix=%{record_type}-own.",
];

/// How long a pass may take, of ten thousand changes by single calls too.
const PATIENCE: Duration = Duration::from_secs(1200);
