//! What a daemon waits for once its sockets are open: zones that are read, names that come, signals.
//!
//! ```text
//! keep (zones are read) → announce (first lines) → serve (until a signal) ─ SIGHUP → reload
//!                       → settle (all names are known) → ready
//! ```

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use wire::Name;
use zone::Store;

use crate::app::admin::Pages;
use crate::app::banner::Banner;
use crate::app::shutdown::{Signals, Wish};
use crate::app::sync::Reread;
use crate::app::systemd::Notifier;
use crate::app::telemetry::{self, Style};
use crate::app::zones::{Handle, Keeper, Order};

/// Reads all zones and follows their files from then on, in a thread of its own. Done when they
/// have been read; what it gives is done when the thread ends.
pub(super) async fn keep(
    mut keeper: Keeper,
    strict: bool,
) -> anyhow::Result<oneshot::Receiver<()>> {
    let (loaded, wait) = oneshot::channel();
    let (ended, keeping) = oneshot::channel();
    let thread = std::thread::Builder::new().name("zones".to_owned());
    thread
        .spawn(move || {
            let failed = keeper.load();
            if loaded.send(failed).is_ok() {
                keeper.run();
            }
            // Nobody may be waiting.
            let _unheard = ended.send(()).is_err();
        })
        .context("start the thread for zones")?;
    match wait.await {
        Ok(0) => Ok(keeping),
        Ok(_) if !strict => Ok(keeping),
        Ok(failed) => bail!(
            "--strict: not all zones are as they should be ({failed}, see above)\n  hint: correct \
             them, or leave --strict out to serve the others"
        ),
        Err(_) => bail!("reading the zones ended by a panic"),
    }
}

/// Serves until a signal asks to end, or a part that must not end has.
pub(super) async fn serve(
    signals: &mut Signals,
    (handle, manifests): (&Handle, Option<&Reread>),
    notifier: &Notifier,
    tasks: &mut JoinSet<anyhow::Result<()>>,
    (banner, store): (&Banner, &Store),
) -> anyhow::Result<&'static str> {
    loop {
        let wish = tokio::select! {
            wish = signals.next() => wish,
            Some(ended) = tasks.join_next() => {
                ended.context("a task ended by a panic")??;
                continue;
            }
        };
        match wish {
            Wish::Stop(signal) => return Ok(signal),
            Wish::Reload => {
                match manifests {
                    None => tracing::info!(
                        "SIGHUP: reading all zone files again; settings are read at the start only"
                    ),
                    Some(manifests) => {
                        tracing::info!(
                            "SIGHUP: reading all zone files and manifests again; settings are read at the start only"
                        );
                        manifests.ask();
                    }
                }
                notifier.reloading();
                reload(handle.clone()).await;
                notifier.ready(&banner.status(store.snapshot().zones().count()));
            }
        }
    }
}

/// Answers on for a while, so that those who look at readiness can go elsewhere. A second signal ends that.
pub(super) async fn linger(signal: &str, signals: &mut Signals, delay: Duration) {
    if delay.is_zero() {
        return;
    }
    tracing::info!(signal, "not ready any more, answers go on for {delay:?}");
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        _ = signals.another_stop() => {}
    }
}

async fn reload(handle: Handle) {
    let (reply, outcomes) = oneshot::channel();
    let given = tokio::task::spawn_blocking(move || handle.give(Order::Reload(Vec::new(), reply)));
    if let (Ok(true), Ok(outcomes)) = (given.await, outcomes.await) {
        let results = || outcomes.iter().map(|outcome| &outcome.result);
        let changed = results().flatten().filter(|served| served.changed).count();
        let wrong = results().filter(|result| result.is_err()).count();
        tracing::info!(
            zones = outcomes.len(),
            changed,
            wrong,
            "zone files were read again"
        );
    }
}

/// Waits until all destinations of our own zones have all names: then "nothing" is an answer there
/// too, and we are ready. False if one of them ended before.
pub(super) async fn settle(
    waits: Vec<(Vec<Name>, oneshot::Receiver<()>)>,
    store: Arc<Store>,
    pages: Arc<Pages>,
) -> bool {
    if !known(waits, store).await {
        return false;
    }
    pages.ready.store(true, Relaxed);
    true
}

/// Waits until all names are known: then "nothing" is an answer too. False if one of those who know
/// them ended before.
pub(super) async fn known(
    waits: Vec<(Vec<Name>, oneshot::Receiver<()>)>,
    store: Arc<Store>,
) -> bool {
    for (zones, wait) in waits {
        if wait.await.is_err() {
            return false;
        }
        for zone in zones {
            store.set_incomplete(&zone, false);
        }
    }
    true
}

/// Tells the service manager that we live, as often as it wants to hear it and for as long as it is so.
pub(super) async fn beat(notifier: Arc<Notifier>, pages: Arc<Pages>, stop: CancellationToken) {
    let Some(pause) = notifier.beat() else {
        return;
    };
    loop {
        if pages.is_live().await {
            notifier.alive();
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Says what is served, for people. What comes back says that we are ready, to people or machines.
pub(super) fn announce(style: Style, banner: &Banner) -> impl FnOnce() + Send + use<> {
    if style.is_text() {
        telemetry::say(&banner.text());
    }
    let ready = banner.ready();
    let addresses: Vec<String> = banner.addresses.iter().map(ToString::to_string).collect();
    let metrics = banner.metrics.map(|address| address.to_string());
    let (zones, failed) = (banner.zones.len(), banner.failed);
    move || {
        if style.is_text() {
            telemetry::say(&format!("{ready}\n"));
        } else {
            tracing::info!(
                zones,
                failed,
                addresses = addresses.join(" "),
                metrics,
                "ready"
            );
        }
    }
}

/// Lets the allocator give memory back to the system by itself, also when nothing else happens.
///
/// Not before the first zones are read: without its thread the allocator gives large pieces back at
/// once, and those are what a load leaves behind.
pub(super) fn return_memory() {
    if let Err(error) = tikv_jemalloc_ctl::background_thread::write(true) {
        tracing::debug!(%error, "memory is given back to the system only now and then");
    }
}
