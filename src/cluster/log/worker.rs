//! The thread that sends: groups as they come, checkpoints beside them, the beginnings of terms.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::fold::{Folded, fold};
use super::item::Id;
use super::journal::{Shared, lead_of};
use super::objects::Objects;
use super::open::{Before, open};
use super::state::Round;
use super::write::{create, create_first};
use super::{LogError, Opened};
use crate::lease::Term;

/// A term that begins, and who is told what the log holds.
#[derive(Debug)]
pub(super) struct Begin {
    pub(super) term: Term,
    pub(super) before: Before,
    pub(super) done: oneshot::Sender<Result<Opened, LogError>>,
}

/// What became of a checkpoint, and in which term.
type FoldDone = (Term, Folded);

/// Says that nothing is sent any more, however the thread ends.
struct Gone(Arc<Shared>);

impl Drop for Gone {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.stopped = true;
        state.lose(Arc::new(LogError::Stopped));
        drop(state);
        self.0.tell();
    }
}

/// Sends until the log is dropped.
pub(super) async fn run<O: Objects>(
    objects: O,
    shared: Arc<Shared>,
    mut begins: mpsc::Receiver<Begin>,
) {
    let _gone = Gone(Arc::clone(&shared));
    let objects = Arc::new(objects);
    let mut folds: JoinSet<FoldDone> = JoinSet::new();
    loop {
        tokio::select! {
            () = shared.work.notified() => {}
            begun = begins.recv() => match begun {
                Some(begin) => {
                    // Checkpoints of an earlier term write nothing any more.
                    folds.shutdown().await;
                    begin_term(&*objects, &shared, begin).await;
                }
                None => return,
            },
            Some(done) = folds.join_next() => match done {
                Ok((term, folded)) => shared.lock().folded(&term, folded),
                Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "fold the journal"),
            },
        }
        if shared.lock().stopped {
            return;
        }
        start_folds(&objects, &shared, &mut folds);
        // What comes while a group is on its way is the next one.
        while let Some(round) = take(&shared) {
            send(&objects, &shared, round).await;
        }
    }
}

fn take(shared: &Shared) -> Option<Round> {
    shared.lock().take_pending()
}

async fn begin_term<O: Objects>(objects: &O, shared: &Shared, begin: Begin) {
    let Begin { term, before, done } = begin;
    let opened = open(objects, &term, &before).await;
    let opened = opened.map(|(opened, zones)| {
        shared.lock().lead = Some(lead_of(term, before.writer, zones));
        opened
    });
    if done.send(opened).is_err() {
        // Nobody waits for it any more, so nobody takes what was read: nothing must be written on top.
        shared.lock().lose(Arc::new(LogError::NotLeading));
    }
}

/// Sends a group: zones beside each other, the objects of one in their order.
async fn send<O: Objects>(objects: &Arc<O>, shared: &Shared, round: Round) {
    let mut zones = JoinSet::new();
    let round = Arc::new(round);
    for index in 0..round.zones.len() {
        let (objects, round) = (Arc::clone(objects), Arc::clone(&round));
        zones.spawn(async move {
            let Some((items, fresh)) = round.zones.get(index) else {
                return Ok(());
            };
            let mut fresh = *fresh;
            for item in items {
                let made = if std::mem::take(&mut fresh) {
                    create_first(&*objects, &round.term, item).await
                } else {
                    create(&*objects, &round.term, item).await
                };
                made.map_err(|error| (item.id.clone(), error))?;
            }
            Ok(())
        });
    }
    let (mut refused, mut refusal, mut lost) = (Vec::<Id>::new(), None, None);
    while let Some(done) = zones.join_next().await {
        match done {
            Ok(Ok(())) => {}
            Ok(Err((id, error @ LogError::Api(_)))) => {
                refused.push(id);
                refusal = Some(error);
            }
            Ok(Err((_, error))) => lost = Some(error),
            Err(_) => lost = Some(LogError::Stopped),
        }
    }
    let mut state = shared.lock();
    match (lost, refusal) {
        (None, None) => state.done(&round),
        (None, Some(error)) => state.refuse(&round, &refused, Arc::new(error)),
        (Some(error), _) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                term = round.term.number(),
                "the journal in the cluster takes nothing any more from this replica in this term"
            );
            // Whoever leads next, we or another one, reads what is there.
            round.term.end();
            state.lose(Arc::new(error));
        }
    }
    drop(state);
    shared.tell();
}

fn start_folds<O: Objects>(objects: &Arc<O>, shared: &Shared, folds: &mut JoinSet<FoldDone>) {
    let mut state = shared.lock();
    let Some((term, writer)) = state
        .lead
        .as_ref()
        .map(|lead| (lead.term.clone(), lead.writer))
    else {
        return;
    };
    while let Some(work) = state.folds.pop_front() {
        let (objects, term) = (Arc::clone(objects), term.clone());
        folds.spawn(async move {
            let folded = fold(&*objects, &term, writer, work).await;
            (term, folded)
        });
    }
}
