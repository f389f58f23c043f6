//! Elections at a stand-in for the API server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use apiserver::{ApiServer, Fault, Store};
use serde_json::{Value, json};
use source::watch::{Connection, Link, connect};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Candidate, LeaseOptions, Standing, Term, elect, observe};

/// Somebody who runs for the lead.
struct Runner {
    stop: CancellationToken,
    standing: watch::Receiver<Standing>,
    task: JoinSet<()>,
}

impl Runner {
    fn start(link: Link, number: u16) -> Self {
        Self::start_with(link, number, options(1))
    }

    fn start_with(link: Link, number: u16, options: LeaseOptions) -> Self {
        let stop = CancellationToken::new();
        let (task, standing) = elect(link, candidate(number), options, stop.clone());
        Self::of(stop, standing, task)
    }

    fn of(
        stop: CancellationToken,
        standing: watch::Receiver<Standing>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let mut task = JoinSet::new();
        task.spawn(work);
        Self {
            stop,
            standing,
            task,
        }
    }

    async fn wait_for(&mut self, holds: impl FnMut(&Standing) -> bool) -> Standing {
        let found = timeout(PATIENCE, self.standing.wait_for(holds)).await;
        found.expect("in time").expect("it runs").clone()
    }

    async fn term(&mut self) -> Term {
        match self
            .wait_for(|now| matches!(now, Standing::Leader(_)))
            .await
        {
            Standing::Leader(term) => term,
            other => panic!("{other:?}"),
        }
    }

    async fn follows(&mut self, number: Option<u16>) {
        let wanted = number.map(candidate);
        self.wait_for(|now| match now {
            Standing::Follower { leader } => *leader == wanted,
            _ => false,
        })
        .await;
    }

    async fn stop(mut self) {
        self.stop.cancel();
        timeout(PATIENCE, self.task.join_next())
            .await
            .expect("in time");
    }
}

fn candidate(number: u16) -> Candidate {
    Candidate {
        name: format!("zonewright-{number}"),
        address: SocketAddr::from(([192, 0, 2, 1], number)),
    }
}

fn options(seconds: u64) -> LeaseOptions {
    LeaseOptions::new("default", "zonewright").lasting(Duration::from_secs(seconds))
}

async fn link(server: &ApiServer) -> Link {
    let connection = Connection {
        server: Some(server.url()),
        ..Connection::default()
    };
    connect(&connection).await.unwrap()
}

fn lease(store: &Store) -> Value {
    let found = store.object("coordination.k8s.io/v1", "leases", "default", "zonewright");
    found.unwrap_or_default()
}

#[tokio::test]
async fn one_leads_and_the_others_know_where_it_is() {
    let server = ApiServer::start().await.unwrap();
    // Nobody could wait here until this one has run out.
    let options = options(60);
    let mut first = Runner::start_with(link(&server).await, 1, options.clone());
    let term = first.term().await;
    assert!(term.may_write() && term.left() <= options.renew_deadline);
    let mut second = Runner::start_with(link(&server).await, 2, options.clone());
    let stop = CancellationToken::new();
    let (task, standing) = observe(link(&server).await, options, stop.clone());
    let mut third = Runner::of(stop, standing, task);
    second.follows(Some(1)).await;
    third.follows(Some(1)).await;
    let now = lease(server.store());
    assert_eq!(now["spec"]["leaseDurationSeconds"], json!(60));
    assert_eq!(now["spec"]["leaseTransitions"], json!(term.number()));

    first.stop().await;
    assert!(!term.may_write());
    let next = second.term().await;
    assert!(next.number() > term.number());
    third.follows(Some(2)).await;
    second.stop().await;
    third.follows(None).await;
    assert_eq!(lease(server.store())["spec"]["holderIdentity"], json!(""));
}

#[tokio::test]
async fn without_the_server_a_leader_steps_down_and_comes_back() {
    let server = ApiServer::start().await.unwrap();
    let (store, address) = (Arc::clone(server.store()), server.address());
    let link = link(&server).await;
    server.kill();
    let mut first = Runner::start(link, 1);
    tokio::time::sleep(options(1).retry * 3).await;
    // Nobody knows of nobody.
    assert!(matches!(*first.standing.borrow(), Standing::Unknown));
    let server = ApiServer::start_with(Arc::clone(&store), address).await;
    let server = server.unwrap();
    let term = first.term().await;
    server.kill();
    first.follows(None).await;
    assert!(!term.may_write() && term.left().is_zero());
    let server = ApiServer::start_with(store, address).await.unwrap();
    let next = first.term().await;
    assert!(next.number() > term.number());
    // Nobody can write to it, though all can be read.
    let refused = vec![("leases".to_owned(), Fault::Status(500))];
    server.store().fail(refused);
    first.follows(None).await;
    assert!(!next.may_write());
    first.stop().await;
}

#[tokio::test]
async fn a_lease_that_somebody_else_takes_or_deletes_is_lost() {
    let server = ApiServer::start().await.unwrap();
    let mut first = Runner::start(link(&server).await, 1);
    let term = first.term().await;
    let mut taken = lease(server.store());
    taken["spec"]["holderIdentity"] = json!("zonewright-7_00");
    taken["metadata"]["annotations"]["zonewright.dev/address"] = json!("192.0.2.1:7");
    server.store().apply(taken);
    first.follows(Some(7)).await;
    assert!(!term.may_write());
    // It is not renewed, so it is taken back.
    let term = first.term().await;
    server
        .store()
        .delete("coordination.k8s.io/v1", "leases", "default", "zonewright");
    first
        .wait_for(|now| !matches!(now, Standing::Leader(_)))
        .await;
    assert!(!term.may_write());
    let next = first.term().await;
    assert!(next.number() > term.number(), "numbers go on");
    first.stop().await;
}

#[tokio::test]
async fn followers_ask_seldom() {
    let server = ApiServer::start().await.unwrap();
    let mut first = Runner::start(link(&server).await, 1);
    first.term().await;
    let mut second = Runner::start(link(&server).await, 2);
    second.follows(Some(1)).await;
    let reads = || {
        let all = server.store().requests();
        all.iter().filter(|one| one.starts_with("GET")).count()
    };
    let before = reads();
    tokio::time::sleep(options(1).retry * 10).await;
    assert!(reads() - before <= 10, "{:?}", server.store().requests());
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn a_lease_that_is_renewed_stays_where_it_is() {
    let server = ApiServer::start().await.unwrap();
    let mut first = Runner::start_with(link(&server).await, 1, options(3));
    let term = first.term().await;
    let mut second = Runner::start_with(link(&server).await, 2, options(3));
    second.follows(Some(1)).await;
    let renewals = || {
        let all = server.store().requests();
        all.iter().filter(|one| one.starts_with("PUT")).count()
    };
    // Longer than it lasts.
    while renewals() < 6 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(first.term().await.number(), term.number());
    second.follows(Some(1)).await;
    second.stop().await;
    first.stop().await;
}

#[test]
fn a_term_that_is_over_stays_so() {
    let term = Term::begin(3, Duration::from_secs(60));
    assert!(term.may_write() && term.left() > Duration::from_secs(59));
    let clone = term.clone();
    clone.end();
    term.extend(Duration::MAX);
    assert!(!term.may_write());
    assert!(!Term::begin(4, Duration::ZERO).may_write());
}

const PATIENCE: Duration = Duration::from_secs(10);
