//! Names of load balancers → addresses, as `--resolve-service-load-balancer-hostname` asks.

use std::net::IpAddr;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::model::Model;

/// Looks all names up, again and again, until it is told to stop.
pub(super) async fn run(model: Model, stop: CancellationToken) {
    let mut since = AGAIN;
    loop {
        if since >= AGAIN {
            all(&model).await;
            since = Duration::ZERO;
        } else {
            some(&model, model.unresolved()).await;
        }
        // Nothing is taken away anywhere until all names were looked up once.
        let look = if model.is_complete() { LOOK } else { SOON };
        tokio::select! {
            () = tokio::time::sleep(look) => since += look,
            () = stop.cancelled() => return,
        }
    }
}

/// Looks all names up once.
async fn all(model: &Model) {
    some(model, model.resolvable()).await;
}

async fn some(model: &Model, names: Vec<String>) {
    for name in names {
        match tokio::net::lookup_host((name.as_str(), 0)).await {
            Ok(found) => {
                let mut addresses: Vec<IpAddr> = found.map(|socket| socket.ip()).collect();
                addresses.sort_unstable();
                addresses.dedup();
                model.resolved(&name, &addresses);
            }
            Err(error) => {
                tracing::warn!(name, %error, "name of a load balancer is not resolved");
                model.not_resolved(&name);
            }
        }
    }
}

/// How often new names are looked for.
const LOOK: Duration = Duration::from_secs(1);

/// The same while not all objects are known yet.
const SOON: Duration = Duration::from_millis(50);

/// How often names are looked up again.
const AGAIN: Duration = Duration::from_secs(60);
