//! Names of load balancers → addresses, as `--resolve-service-load-balancer-hostname` asks.
//!
//! A few names are looked up at a time, each for a short while, so that a resolver that does not
//! answer holds up neither the other names for long nor the end of the program.

use std::collections::BTreeSet;
use std::future::Future;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::model::Model;

/// Looks all names up with the system's resolver, again and again, until it is told to stop.
pub(super) async fn run(model: Model, stop: CancellationToken) {
    // A thread of the system's resolver cannot be stopped, so those that were given up count too.
    let threads = Arc::new(Semaphore::new(MOST_THREADS));
    let lookup = move |name| system(name, Arc::clone(&threads));
    tokio::select! {
        () = keep(&model, lookup) => {}
        () = stop.cancelled() => {}
    }
}

/// Looks all names up, again and again.
async fn keep<F>(model: &Model, lookup: impl Fn(String) -> F)
where
    F: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static,
{
    let mut since = AGAIN;
    let mut failing = BTreeSet::new();
    loop {
        let names = if since >= AGAIN {
            since = Duration::ZERO;
            model.resolvable()
        } else {
            model.unresolved()
        };
        all(model, names, &lookup, &mut failing).await;
        // Nothing is taken away anywhere until all names were looked up once.
        let look = if model.is_complete() { LOOK } else { SOON };
        tokio::time::sleep(look).await;
        since += look;
    }
}

/// Looks names up once. `failing`: those of which it was said that they are not resolved.
async fn all<F>(
    model: &Model,
    names: Vec<String>,
    lookup: impl Fn(String) -> F,
    failing: &mut BTreeSet<String>,
) where
    F: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static,
{
    let mut names = names.into_iter();
    let mut running = JoinSet::new();
    loop {
        let free = AT_ONCE - running.len().min(AT_ONCE);
        for name in names.by_ref().take(free) {
            let found = timeout(LIMIT, lookup(name.clone()));
            running.spawn(async move { (name, found.await) });
        }
        let Some(done) = running.join_next().await else {
            return;
        };
        let Ok((name, found)) = done else { continue };
        let reason = match found {
            Ok(Ok(mut addresses)) => {
                addresses.sort_unstable();
                addresses.dedup();
                model.resolved(&name, &addresses);
                failing.remove(&name);
                continue;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer in {LIMIT:?}"),
        };
        model.not_resolved(&name);
        if failing.insert(name.clone()) {
            tracing::warn!(name, reason, "name of a load balancer is not resolved");
        }
    }
}

async fn system(name: String, threads: Arc<Semaphore>) -> io::Result<Vec<IpAddr>> {
    let thread = threads.acquire_owned().await.map_err(io::Error::other)?;
    let found = spawn_blocking(move || {
        let found = (name.as_str(), 0).to_socket_addrs();
        drop(thread);
        found
    });
    let found = found.await.map_err(io::Error::other)??;
    Ok(found.map(|socket| socket.ip()).collect())
}

/// Names that are looked up at the same time.
const AT_ONCE: usize = 16;

/// How long each may take.
const LIMIT: Duration = Duration::from_secs(2);

/// Threads that wait for the system's resolver. It may take half a minute to give a name up, and
/// others need threads too.
const MOST_THREADS: usize = 4 * AT_ONCE;

/// How often new names are looked for.
const LOOK: Duration = Duration::from_secs(1);

/// The same while not all objects are known yet.
const SOON: Duration = Duration::from_millis(50);

/// How often names are looked up again.
const AGAIN: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use source::Event;
    use source::object::Kind;
    use tokio::time::Instant;

    use super::*;
    use crate::app::sync::testing::{Settings, behind};

    const ARGUMENTS: [&str; 3] = [
        "--source=service",
        "--provider=inmemory",
        "--resolve-service-load-balancer-hostname",
    ];

    /// A model with so many load balancers, listed.
    async fn model(count: usize) -> Model {
        let (model, _) = Settings::of(ARGUMENTS).parts().await;
        let trim = model.trim();
        let objects =
            (0..count).map(|at| behind(&format!("s{at}"), &format!("lb{at}.example.net"), &trim));
        let begin = std::iter::once(Event::Begin(Kind::Service));
        let events = begin.chain(objects.map(Event::Apply));
        model.take(events.chain([Event::End(Kind::Service)]));
        model
    }

    /// Counts itself while it lives.
    struct Counted(Arc<AtomicUsize>);

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Relaxed);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn names_that_get_no_answer_hold_up_neither_others_nor_the_end() {
        let model = model(100).await;
        let (now, most) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (counted, highest) = (Arc::clone(&now), Arc::clone(&most));
        let lookup = move |name: String| {
            let (now, most) = (Arc::clone(&counted), Arc::clone(&highest));
            async move {
                most.fetch_max(now.fetch_add(1, Relaxed) + 1, Relaxed);
                let _while_it_runs = Counted(now);
                if name != "lb99.example.net" {
                    std::future::pending::<()>().await;
                }
                Ok(vec![IpAddr::from([192, 0, 2, 1])])
            }
        };
        assert!(!model.is_complete());
        let begin = Instant::now();
        let mut failing = BTreeSet::new();
        all(&model, model.resolvable(), &lookup, &mut failing).await;
        assert!(model.is_complete() && failing.len() == 99);
        // A hundred by sixteens.
        assert_eq!(begin.elapsed().as_secs(), 14);
        assert_eq!((most.load(Relaxed), now.load(Relaxed)), (16, 0));
        let names = model.read().desired.names();
        assert_eq!(names.len(), 1, "{names:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_that_is_lost_for_a_while_keeps_its_addresses() {
        let model = model(1).await;
        let answers = Arc::new(AtomicUsize::new(0));
        let lookup = |_| {
            let number = answers.fetch_add(1, Relaxed);
            async move {
                match number {
                    0 => Ok(vec![IpAddr::from([192, 0, 2, 1])]),
                    _ => Err(io::Error::other("gone")),
                }
            }
        };
        let limit = Duration::from_secs(200);
        assert!(timeout(limit, keep(&model, lookup)).await.is_err());
        assert_eq!(answers.load(Relaxed), 4);
        assert_eq!(model.read().desired.names().len(), 1);
    }

    #[tokio::test]
    async fn it_stops_in_the_middle() {
        let model = model(1).await;
        let stop = CancellationToken::new();
        stop.cancel();
        run(model, stop).await;
    }
}
