//! Three copies of our program on an API server of their own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use cluster_peers::{Cluster, Object, Parts, chain};
use peers::{Key, Program, Server, Signal};
use serde_json::Value;

use super::ways::Ways;
use crate::process::site::{Site, answer, check, skip};
use crate::process::tool::{self, Said};

/// How long the Lease lasts; a copy that dies is missed for about as long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lease {
    /// One second.
    Short,
    /// As it is unless somebody says otherwise: five.
    Usual,
}

/// The copies, the API server, and the keys.
pub(super) struct Copies {
    pub(super) cluster: Cluster,
    pub(super) servers: Vec<Option<Server>>,
    /// Through these they reach each other and all else, if they are to be cut.
    pub(super) ways: Option<Ways>,
    pub(super) program: Program,
    pub(super) ports: Vec<u16>,
    pub(super) site: Site,
    pub(super) key: Key,
    pub(super) lease: Lease,
    pub(super) scene: Scene,
}

/// What is special about the copies, and where names of objects go.
#[derive(Clone, Debug)]
pub(super) enum Scene {
    /// Into our own zone. A catalog lists it.
    Catalog,
    /// Into our own zone. The last copy only follows.
    Follower,
    /// Into our own zone, of which each copy has such a file.
    Files(String),
    /// Into our own zone.
    Plain,
    /// Into our own zone. A copy that is told to end answers on for a while.
    Rollout,
    /// Into our own zone, which the first copy has had for itself before.
    Single,
    /// To a webhook provider, and not into a zone.
    Only(String),
    /// Into our own zone, and to the webhook provider at this address. Ways lead there, and to all else;
    /// these secondaries are told of changes.
    Also(SocketAddr, Vec<SocketAddr>),
}

/// The zone that they share.
pub(super) const ZONE: &str = "example.org";

/// The catalog, where there is one.
pub(super) const CATALOG: &str = "catalog.example";

impl Copies {
    /// Starts so many, and waits until all answer for the zone; none where the parts of a cluster are not
    /// there.
    pub(super) fn start(
        trial: &str,
        program: &Program,
        lease: Lease,
        objects: &[Value],
    ) -> Result<Option<Self>, String> {
        Self::start_with(trial, program, lease, objects, Scene::Plain)
    }

    /// The same, with the names of objects written elsewhere too.
    pub(super) fn start_with(
        trial: &str,
        program: &Program,
        lease: Lease,
        objects: &[Value],
        scene: Scene,
    ) -> Result<Option<Self>, String> {
        let parts = Parts::find();
        let missing = parts.missing();
        if !missing.is_empty() {
            skip(trial, &format!("{} not found", missing.join(", ")));
            return Ok(None);
        }
        let cluster = Cluster::start(&parts).map_err(|error| chain(&error))?;
        let site = Site::new()?;
        define(&cluster, &site)?;
        let key = Key::new("client");
        site.write("keys", &(key.clause() + &Key::new("copies").clause()))?;
        let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut ports = Vec::new();
        while ports.len() < COPIES {
            let port = peers::free_port(local).ok_or("no free port")?;
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
        let ways = match &scene {
            Scene::Catalog
            | Scene::Files(_)
            | Scene::Follower
            | Scene::Only(_)
            | Scene::Plain
            | Scene::Rollout
            | Scene::Single => None,
            Scene::Also(upstream, _) => {
                let api = cluster.url().trim_start_matches("https://");
                let api = api.parse().map_err(|_| cluster.url().to_owned())?;
                Some(Ways::new(&ports, api, *upstream)?)
            }
        };
        let mut copies = Self {
            cluster,
            servers: Vec::new(),
            ways,
            program: program.clone(),
            ports,
            site,
            key,
            lease,
            scene,
        };
        copies.create(objects)?;
        if matches!(copies.scene, Scene::Single) {
            copies.begin_alone()?;
        }
        for number in 0..COPIES {
            let server = copies.launch(number)?;
            copies.servers.push(Some(server));
        }
        Ok(Some(copies))
    }

    /// Those that run.
    pub(super) fn running(&self) -> impl Iterator<Item = (usize, &Server)> {
        let all = self.servers.iter().enumerate();
        all.filter_map(|(number, server)| Some((number, server.as_ref()?)))
    }

    /// The address of a copy that runs.
    pub(super) fn address(&self, number: usize) -> Result<SocketAddr, String> {
        let server = self.servers.get(number).and_then(Option::as_ref);
        server
            .map(Server::address)
            .ok_or_else(|| format!("copy {number} does not run"))
    }

    /// Who holds the Lease, if it is one that runs.
    pub(super) fn leader(&self) -> Option<usize> {
        let path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/zonewright";
        let lease = self.cluster.api().get(path).ok()?;
        let holder = lease.pointer("/spec/holderIdentity")?.as_str()?;
        let name = holder.split('_').next()?;
        let number: usize = name.strip_prefix("copy-")?.parse().ok()?;
        self.servers.get(number)?.as_ref().map(|_| number)
    }

    /// Waits for a leader other than one.
    pub(super) fn wait_for_leader(&self, other_than: Option<usize>) -> Result<usize, String> {
        let begin = Instant::now();
        while begin.elapsed() < LONG {
            if let Some(leader) = self.leader().filter(|found| Some(*found) != other_than) {
                return Ok(leader);
            }
            park_timeout(STEP);
        }
        Err(format!("nobody leads; logs:\n{}", self.logs()))
    }

    /// Kills a copy.
    pub(super) fn kill(&mut self, number: usize) -> Result<(), String> {
        let server = self.servers.get_mut(number).and_then(Option::take);
        let mut server = server.ok_or_else(|| format!("copy {number} does not run"))?;
        server
            .signal(Signal::Kill)
            .map_err(|error| error.to_string())?;
        server.wait(LONG).ok_or("it is not killed")?;
        Ok(())
    }

    /// Starts a copy that was killed.
    pub(super) fn revive(&mut self, number: usize) -> Result<(), String> {
        let server = self
            .launch(number)
            .map_err(|why| format!("{why}\n{}", self.logs()))?;
        if let Some(place) = self.servers.get_mut(number) {
            *place = Some(server);
        }
        Ok(())
    }

    /// Takes away what all copies have stored beside the cluster; none may run.
    pub(super) fn forget(&self) -> Result<(), String> {
        for number in 0..COPIES {
            let folder = self.site.path(&format!("data-{number}"));
            std::fs::remove_dir_all(folder).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Sends a signal to a copy.
    pub(super) fn signal(&self, number: usize, signal: Signal) -> Result<(), String> {
        let server = self.servers.get(number).and_then(Option::as_ref);
        let server = server.ok_or_else(|| format!("copy {number} does not run"))?;
        server.signal(signal).map_err(|error| error.to_string())
    }

    /// Waits until a copy has this address of a name.
    pub(super) fn wait_at(
        &self,
        number: usize,
        server: SocketAddr,
        name: &str,
        address: &str,
    ) -> Result<(), String> {
        let wanted = format!("{name}.{ZONE}. 300 A {address}");
        let begin = Instant::now();
        loop {
            let found = answer(server, &format!("{name}.{ZONE} A"));
            if found.as_ref().is_ok_and(|lines| *lines == [&*wanted]) {
                return Ok(());
            }
            check(begin.elapsed() < LONG, || {
                format!("copy {number}: {found:?}, not {wanted:?}")
            })?;
            park_timeout(STEP);
        }
    }

    /// Waits until every copy that runs answers so.
    pub(super) fn wait_for_all(&self, query: &str, wanted: &[&str]) -> Result<(), String> {
        for (number, server) in self.running() {
            let came = server.wait_for(LONG, |server| {
                answer(server.address(), query).is_ok_and(|lines| lines == wanted)
            });
            check(came, || {
                let found = answer(server.address(), query);
                format!(
                    "copy {number}: {query}: {found:?}, not {wanted:?}; logs:\n{}",
                    self.logs()
                )
            })?;
        }
        Ok(())
    }

    /// Waits until every copy that runs has this address of a name.
    pub(super) fn wait_for_address(&self, name: &str, address: &str) -> Result<(), String> {
        let wanted = format!("{name}.{ZONE}. 300 A {address}");
        self.wait_for_all(&format!("{name}.{ZONE} A"), &[&wanted])
    }

    /// The same of a name that an update made: behind it stand its TTL, type and data.
    pub(super) fn wait_for_address_of_ttl(&self, name: &str, rest: &str) -> Result<(), String> {
        let wanted = format!("{name}.{ZONE}. {rest}");
        self.wait_for_all(&format!("{name}.{ZONE} A"), &[&wanted])
    }

    /// Sends an update to a copy, signed.
    pub(super) fn update(&self, number: usize, lines: &str) -> Result<Said, String> {
        let argument = self.key.argument();
        let address = self.address(number)?;
        tool::update("nsupdate", &["-y", &argument], address, ZONE, lines)
    }

    pub(super) fn create(&self, values: &[Value]) -> Result<(), String> {
        let created = self.cluster.create(&objects(values)?);
        created.map_err(|error| chain(&error))
    }

    pub(super) fn patch(&self, values: &[Value]) -> Result<(), String> {
        let patched = self.cluster.api().patch(&objects(values)?);
        patched.map_err(|error| chain(&error))
    }

    pub(super) fn delete(&self, values: &[Value]) -> Result<(), String> {
        let deleted = self.cluster.api().delete(&objects(values)?);
        deleted.map_err(|error| chain(&error))
    }

    /// What all of them said last.
    pub(super) fn logs(&self) -> String {
        let mut all = String::new();
        for (number, server) in self.running() {
            let log = server.log();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines.len().saturating_sub(LINES);
            all += &format!("--- copy {number}\n");
            all += &lines.get(last..).unwrap_or_default().join("\n");
            all += "\n";
        }
        all
    }
}

pub(super) fn objects(values: &[Value]) -> Result<Vec<Object>, String> {
    let objects = values.iter().cloned().map(Object::new);
    objects
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}

/// The resources that copies keep what they know in, as the chart has them.
fn define(cluster: &Cluster, site: &Site) -> Result<(), String> {
    let folder = site.path("crds");
    std::fs::create_dir(&folder).map_err(|error| error.to_string())?;
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("charts/zonewright/files");
    for plural in ["zones", "zonecheckpoints", "zonejournals"] {
        let file = format!("{plural}.yaml");
        let spec = std::fs::read_to_string(chart.join(&file)).map_err(|error| error.to_string())?;
        let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
        let text = format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
             metadata: {{name: {plural}.zonewright.dev}}\nspec:\n{spec}"
        );
        site.write(&format!("crds/{file}"), &text)?;
    }
    cluster.define(&folder).map_err(|error| chain(&error))
}

/// Lets time pass. One `park_timeout` may end at once, by a word that threads of a scope have left for this one.
pub(super) fn pass(time: Duration) {
    let begin = Instant::now();
    while let Some(left) = time.checked_sub(begin.elapsed()) {
        park_timeout(left);
    }
}

/// Says something on the terminal.
#[expect(clippy::print_stderr, reason = "a test runner speaks on the terminal")]
pub(super) fn say(text: &str) {
    eprintln!("{text}");
}

/// How many there are.
const COPIES: usize = 3;

/// Longer than any Lease lasts.
pub(super) const LONG: Duration = Duration::from_secs(20);

pub(super) const STEP: Duration = Duration::from_millis(10);

/// Lines of a log that tell why.
const LINES: usize = 120;
