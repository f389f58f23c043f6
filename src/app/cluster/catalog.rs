//! The catalog of our zones: the leader lists them, the others have what it lists, so that its serial goes on
//! where another one leads.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wire::{Name, Serial};
use zone::Store;

use super::role::Role;
use crate::app::telemetry;

/// Takes the catalog from whoever leads, until the stop. It changes seldom, so it is asked for now and then.
pub(super) async fn follow(
    apex: Name,
    store: Arc<Store>,
    mut roles: watch::Receiver<Role>,
    stop: CancellationToken,
) {
    let mut said = None;
    loop {
        let role = roles.borrow_and_update().clone();
        let attempt = async {
            let Role::Follow(leader) = &role else {
                return std::future::pending().await;
            };
            let base = store.since(&apex, Serial(0)).map(|since| since.zone);
            let base = base.filter(|zone| zone.withheld().is_none());
            let came = leader.upstream.attempt(&apex, base, true, &store).await;
            let error = came.err().map(|trouble| telemetry::chain(&trouble));
            let pause = if error.is_some() { AGAIN } else { REFRESH };
            if let Some(error) = error.as_ref().filter(|error| said.as_ref() != Some(*error)) {
                tracing::warn!(zone = %apex, error, "the catalog cannot be had from the leader; it is tried again");
            }
            said = error;
            sleep(pause).await;
        };
        tokio::select! {
            () = stop.cancelled() => return,
            changed = roles.changed() => if changed.is_err() { return },
            () = attempt => {}
        }
    }
}

const REFRESH: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_secs(1);
