//! What must be there before the first zone is read: settings, sockets, the user we run as, files of our own.

use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use config::{Config, Environment};
use server::pipeline::Authority;
use server::transport::tls::Tls;
use server::{BindError, Server};
use zone::Store;

use super::life::Daemon;
use crate::app::admin::Admin;
use crate::app::catalog::Catalog;
use crate::app::certificates::Certificates;
use crate::app::cluster::Cluster;
use crate::app::control::Socket;
use crate::app::data_dir::{DataDir, count_serials};
use crate::app::privileges::{self, Identity};
use crate::app::random::{random, seed};
use crate::app::secondaries::{self, Secondaries};
use crate::app::shutdown::Signals;
use crate::app::systemd::{self, Notifier};
use crate::app::telemetry::{self, Style};
use crate::app::{authority, clock, follow, server_options};

/// Runs the daemon to its end.
pub(in crate::app) fn run(
    config: Config,
    environment: Environment<'_>,
) -> anyhow::Result<ExitCode> {
    let started = clock::now();
    let inherited = systemd::inherited(environment)?;
    let style = Style::of_stderr(config.log.format, environment);
    let traces = style.install(config.log.level, environment)?;
    telemetry::warn_of(&config);
    server_options::say_limit(&config);
    privileges::raise_open_files();
    let identity = Identity::find(&config.process)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(1, |n| n.get().min(4)))
        .thread_name("tasks")
        .enable_all()
        .build()
        .context("start the threads for TCP")?;
    let store = Arc::new(Store::new(seed()?));
    count_serials(&store, config.peers.serials);
    // Signals first: one that comes during the start must not be lost.
    let guard = runtime.enter();
    let signals = Signals::listen()?;
    let (mut authority, updating) = authority::authority(&config.peers, &store)?;
    let (mut follow, mut hub) = (None, None);
    if let Some((one, zones)) = follow::prepare(&config.peers, &authority.keys, &store)? {
        authority.following = Some(Arc::clone(&one) as _);
        hub = Some(one);
        follow = Some(zones);
    }
    let mut cluster = Cluster::prepare(&config, &authority.keys, hub.as_ref(), &store)?;
    if let Some(cluster) = &cluster {
        cluster.admit(&mut authority);
    }
    let mut certificates = Certificates::new(&config);
    let tls = certificates.as_ref().map(Certificates::tls);
    let server = bind(
        &config,
        inherited,
        tls.unwrap_or_default(),
        (&authority, &store),
    )?;
    drop(authority);
    let admin = match config.metrics_address {
        Some(address) => Some(runtime.block_on(Admin::bind(address))?),
        None => None,
    };
    let owner = identity.as_ref().map(Identity::owner);
    let socket = Socket::open(&config.control_socket, owner, environment)?;
    drop(guard);
    match &identity {
        Some(identity) => identity.assume()?,
        None if privileges::stays_root(&config.process) => {
            tracing::info!(
                "running as root; --user names a user to become once the sockets are open"
            );
        }
        None => {}
    }
    // As the user who reads them again later.
    if let Some(certificates) = &mut certificates {
        certificates.load()?;
    }
    let whom = Secondaries::new(&config.peers.notify);
    let teller = match &cluster {
        None => secondaries::listen(whom, &store),
        Some(cluster) => cluster.teller(whom),
    };
    let data_dir = match &config.data_dir {
        // What clients change is stored where all copies find it.
        _ if cluster.is_some() => None,
        Some(path) => Some(DataDir::open(path, &store)?),
        None => {
            if updating.is_some() {
                tracing::warn!("updates by clients are lost at the end: no --data-dir is set");
            }
            None
        }
    };
    if let Some(follow) = &mut follow {
        follow.load(&config, config.data_dir.as_deref(), &store)?;
    }
    if let Some(cluster) = &mut cluster {
        cluster.open(config.data_dir.as_deref());
    }
    let catalog = match &config.peers.catalog {
        Some(settings) => Some(Catalog::open(settings, &config, &store)?),
        None => None,
    };
    let daemon = Daemon {
        catalog,
        certificates,
        cluster,
        follow,
        hub,
        data_dir,
        updating,
        teller,
        started,
        style,
        config,
        store,
        server,
        admin,
        socket,
        notifier: Notifier::from_environment(environment),
    };
    let result = runtime.block_on(daemon.run(signals));
    // What still hangs, such as a read of a file that does not answer, ends with the process.
    runtime.shutdown_background();
    traces.end();
    result
}

/// Opens the sockets of the server. A daemon that was killed a moment ago may still have the port:
/// its memory is freed before its sockets.
fn bind(
    config: &Config,
    inherited: Vec<OwnedFd>,
    tls: Tls,
    (authority, store): (&Authority, &Arc<Store>),
) -> anyhow::Result<Server> {
    let secret = random()?;
    let mut tries = if inherited.is_empty() { BIND_TRIES } else { 1 };
    let mut inherited = Some(inherited);
    loop {
        tries -= 1;
        let inherited = inherited.take().unwrap_or_default();
        let options = server_options::options(config, inherited, tls.clone(), secret);
        match Server::bind(options, authority.clone(), Arc::clone(store)) {
            Err(BindError::Taken { .. }) if tries > 0 => std::thread::park_timeout(BIND_PAUSE),
            other => return other.map_err(Into::into),
        }
    }
}

/// How often a taken port is tried.
const BIND_TRIES: u32 = 6;

/// How long between two tries.
const BIND_PAUSE: Duration = Duration::from_millis(100);
