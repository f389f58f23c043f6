//! etcd and kube-apiserver on loopback: started, killed, stopped for a while, restarted.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::api::{Api, ApiError, Request};
use crate::audit::{Asked, audit_arguments, read_audit};
use crate::configure::{
    ADMIN, LIMITED, apiserver_arguments, authority, etcd_arguments, write_kubeconfig, write_secrets,
};
use crate::object::{Object, ObjectError};
use crate::parts::Parts;
use crate::process::{Process, pause};

/// A process of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The API server.
    ApiServer,
    /// The store behind it.
    Etcd,
}

/// An API server with its store, until this value is dropped.
#[derive(Debug)]
pub struct Cluster {
    // Dropped in this order: the server before its store, the folder last.
    apiserver: Process,
    etcd: Process,
    pub(crate) api: Api,
    pub(crate) url: String,
    store: SocketAddr,
    made: Mutex<Vec<Object>>,
    namespaces: Mutex<BTreeSet<String>>,
    pub(crate) folder: TempDir,
}

/// Why there is no cluster, or why it does not do what it is told.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The server refuses a request.
    #[error("use the cluster")]
    Api(#[from] ApiError),
    /// The API server does not become ready.
    #[error("start the cluster: not ready after {waited:?}; the log ends:\n{log}")]
    NotReady {
        /// How long it was asked.
        waited: Duration,
        /// What it said.
        log: String,
    },
    /// A part ended by itself.
    #[error("start the cluster: {part:?} ended; its log ends:\n{log}")]
    Ended {
        /// The part.
        part: Part,
        /// What it said.
        log: String,
    },
    /// A file or a process cannot be made.
    #[error("start the cluster")]
    Io(#[from] io::Error),
    /// Parts are not there.
    #[error("start the cluster: {0} not found (see .ci/kube)")]
    Missing(String),
    /// All ports are taken.
    #[error("start the cluster: no free port")]
    NoPort,
    /// A manifest is no object.
    #[error("read a manifest")]
    Object(#[from] ObjectError),
    /// A manifest is no YAML.
    #[error("read {path}: {reason}")]
    Yaml {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        reason: String,
    },
}

impl Cluster {
    /// Starts a cluster with the CRDs of external-dns and of the Gateway API.
    ///
    /// # Errors
    ///
    /// A part is missing or does not start.
    pub fn start(parts: &Parts) -> Result<Self, ClusterError> {
        // Tests outlive no power cut.
        Self::start_with(parts, &["--unsafe-no-fsync"], |_| Ok(Vec::new()))
    }

    /// The same, whose API server notes what service accounts ask for; see [`Self::asked`].
    ///
    /// # Errors
    ///
    /// A part is missing or does not start.
    pub fn start_noting(parts: &Parts) -> Result<Self, ClusterError> {
        Self::start_with(parts, &["--unsafe-no-fsync"], audit_arguments)
    }

    /// The same, which keeps what it is told on the disk, as clusters of users do.
    ///
    /// # Errors
    ///
    /// A part is missing or does not start.
    pub fn start_durable(parts: &Parts) -> Result<Self, ClusterError> {
        Self::start_with(parts, &[], |_| Ok(Vec::new()))
    }

    fn start_with(
        parts: &Parts,
        store: &[&str],
        more: fn(&Path) -> io::Result<Vec<String>>,
    ) -> Result<Self, ClusterError> {
        let missing = || ClusterError::Missing(parts.missing().join(", "));
        let etcd = parts.etcd.as_ref().ok_or_else(missing)?;
        let apiserver = parts.apiserver.as_ref().ok_or_else(missing)?;
        let crds = parts.crds.as_ref().ok_or_else(missing)?;
        let port = || peers::free_port(IpAddr::V4(Ipv4Addr::LOCALHOST)).ok_or(ClusterError::NoPort);
        let (client, peer, secure) = (port()?, port()?, port()?);

        let folder = tempfile::Builder::new().prefix("cluster-").tempdir()?;
        let place = folder.path();
        write_secrets(place)?;
        let mut arguments = etcd_arguments(place, client, peer);
        arguments.extend(store.iter().map(|argument| (*argument).to_owned()));
        let etcd = Process::start(etcd, arguments, place)?;
        let mut arguments = apiserver_arguments(place, client, secure);
        arguments.extend(more(place)?);
        let apiserver = Process::start(apiserver, arguments, place)?;
        let url = format!("https://127.0.0.1:{secure}");
        let api = Api::new(&url, ADMIN, &authority(place), place);
        write_kubeconfig(place, "kubeconfig", &url, ADMIN)?;
        write_kubeconfig(place, "limited", &url, LIMITED)?;
        let mut cluster = Self {
            apiserver,
            etcd,
            api,
            url,
            store: SocketAddr::from((Ipv4Addr::LOCALHOST, client)),
            made: Mutex::default(),
            namespaces: Mutex::new(BTreeSet::from(["default".to_owned()])),
            folder,
        };
        cluster.wait_until_ready(START_WAIT)?;
        cluster.define(crds)?;
        Ok(cluster)
    }

    /// Adds the CRDs of a folder and waits until they are served.
    ///
    /// # Errors
    ///
    /// A file is no CRD, or the server refuses it.
    pub fn define(&self, folder: &Path) -> Result<(), ClusterError> {
        let mut requests = Vec::new();
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let text = fs::read_to_string(&path)?;
            let documents: Vec<Value> =
                serde_saphyr::from_multiple(&text).map_err(|error| ClusterError::Yaml {
                    path: path.clone(),
                    reason: error.to_string(),
                })?;
            for document in documents {
                let kind = document.get("kind").and_then(Value::as_str);
                if kind == Some("CustomResourceDefinition") {
                    let object = Object::new(document)?;
                    requests.push(Request::create(&object).accept(409));
                    paths.push(object.path());
                }
            }
        }
        self.api.send(&requests)?;
        let begin = Instant::now();
        while !self.established(&paths)? {
            if begin.elapsed() > START_WAIT {
                return Err(self.not_ready(begin));
            }
            pause(STEP);
        }
        Ok(())
    }

    /// Makes objects, their status and their namespaces; [`Self::reset`] deletes them.
    ///
    /// # Errors
    ///
    /// The server refuses one.
    pub fn create(&self, objects: &[Object]) -> Result<(), ClusterError> {
        let mut requests = Vec::new();
        {
            let mut known = lock(&self.namespaces);
            for name in objects.iter().filter_map(Object::namespace) {
                if known.insert(name.to_owned()) {
                    let value = json!({"apiVersion": "v1", "kind": "Namespace",
                        "metadata": {"name": name}});
                    requests.push(Request::create(&Object::new(value)?).accept(409));
                }
            }
        }
        for object in objects {
            if object.kind() == "Namespace" {
                // Namespaces never go: nothing runs that would end them. So they are changed.
                requests.push(Request::create(object).accept(409));
                requests.push(Request::patch(object));
            } else {
                requests.push(Request::create(object));
                lock(&self.made).push(object.clone());
            }
            requests.extend(Request::status(object));
        }
        self.api.send(&requests)?;
        Ok(())
    }

    /// Deletes all objects that were made here, the last ones first.
    ///
    /// # Errors
    ///
    /// The server refuses.
    pub fn reset(&self) -> Result<(), ClusterError> {
        let made = std::mem::take(&mut *lock(&self.made));
        let objects: Vec<Object> = made.into_iter().rev().collect();
        self.api.delete(&objects)?;
        Ok(())
    }

    /// Requests of the administrator.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// The API server's address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of etcd, for those who put objects there past the API server.
    #[must_use]
    pub fn store(&self) -> SocketAddr {
        self.store
    }

    /// What service accounts have asked for, if it is noted.
    ///
    /// # Errors
    ///
    /// It is not noted.
    pub fn asked(&self) -> io::Result<Vec<Asked>> {
        read_audit(self.folder.path())
    }

    /// The process number of a part, to measure it.
    #[must_use]
    pub fn pid(&self, part: Part) -> u32 {
        match part {
            Part::ApiServer => self.apiserver.pid(),
            Part::Etcd => self.etcd.pid(),
        }
    }

    /// Kills a part; clients see their connections break.
    pub fn kill(&mut self, part: Part) {
        self.part(part).stop(Signal::SIGKILL);
    }

    /// Stops a part until [`Self::resume`]; clients see silence.
    ///
    /// # Errors
    ///
    /// The part has ended.
    pub fn pause(&mut self, part: Part) -> io::Result<()> {
        self.part(part).signal(Signal::SIGSTOP)
    }

    /// Lets a stopped part go on.
    ///
    /// # Errors
    ///
    /// The part has ended.
    pub fn resume(&mut self, part: Part) -> io::Result<()> {
        self.part(part).signal(Signal::SIGCONT)
    }

    /// Starts a part again with what it had, and waits until the API server is ready.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn restart(&mut self, part: Part) -> Result<(), ClusterError> {
        self.part(part).start_again()?;
        self.wait_until_ready(START_WAIT)
    }

    /// Waits until the API server is ready, at most this long.
    ///
    /// # Errors
    ///
    /// It is not, or a part has ended.
    pub fn wait_until_ready(&mut self, at_most: Duration) -> Result<(), ClusterError> {
        let begin = Instant::now();
        // Services get no address before the range of addresses is ready, which `/readyz` leaves out.
        let range = "/apis/networking.k8s.io/v1/servicecidrs/kubernetes";
        loop {
            for part in [Part::Etcd, Part::ApiServer] {
                if self.part(part).ended().is_some() {
                    let log = self.part(part).log_end();
                    return Err(ClusterError::Ended { part, log });
                }
            }
            let ready = self.api.send(&[Request::get("/readyz")]).is_ok();
            if ready
                && self
                    .api
                    .get(range)
                    .is_ok_and(|range| holds(&range, "Ready"))
            {
                return Ok(());
            }
            if begin.elapsed() > at_most {
                return Err(self.not_ready(begin));
            }
            pause(STEP);
        }
    }

    fn part(&mut self, part: Part) -> &mut Process {
        match part {
            Part::ApiServer => &mut self.apiserver,
            Part::Etcd => &mut self.etcd,
        }
    }

    fn not_ready(&self, begin: Instant) -> ClusterError {
        ClusterError::NotReady {
            waited: begin.elapsed(),
            log: self.apiserver.log_end(),
        }
    }

    /// Whether all these CRDs are established and found by discovery.
    fn established(&self, paths: &[String]) -> Result<bool, ApiError> {
        let requests: Vec<Request> = paths.iter().map(Request::get).collect();
        let replies = self.api.send(&requests)?;
        Ok(replies.iter().all(|reply| holds(reply, "Established")))
    }
}

/// Whether a condition of an object is true.
fn holds(object: &Value, condition: &str) -> bool {
    let conditions = object
        .pointer("/status/conditions")
        .and_then(Value::as_array);
    conditions.into_iter().flatten().any(|entry| {
        entry.get("type").and_then(Value::as_str) == Some(condition)
            && entry.get("status").and_then(Value::as_str) == Some("True")
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const START_WAIT: Duration = Duration::from_secs(90);
const STEP: Duration = Duration::from_millis(50);
