//! Requests that write, each within the term.

use std::time::Duration;

use tokio::time::sleep;

use super::LogError;
use super::item::{Id, Item, PATIENCE};
use super::objects::{Objects, is_conflict, may_pass};
use crate::lease::Term;

/// How long a request may take that begins now.
fn patience(term: &Term) -> Result<Duration, LogError> {
    match term.left() {
        Duration::ZERO => Err(LogError::NotLeading),
        left => Ok(left.min(PATIENCE)),
    }
}

/// Makes an object, however often that takes. It is there when this succeeds; otherwise it may be,
/// unless the server refused it.
///
/// An object of this name that somebody else made is in the way: [`LogError::Fenced`].
pub(super) async fn create<O: Objects>(
    objects: &O,
    term: &Term,
    item: &Item,
) -> Result<(), LogError> {
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match objects.create(item, patience(term)?).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let error = match is_conflict(&error) {
            // A request of ours may have been carried out though we were not told.
            true => match objects.read(&item.id, patience(term)?).await {
                Ok(Some(found)) if found == *item => return Ok(()),
                Ok(found) => {
                    return Err(LogError::Fenced {
                        zone: item.id.zone.clone(),
                        number: item.id.number,
                        term: found.map_or(0, |found| found.term),
                    });
                }
                Err(error) => error,
            },
            false => error,
        };
        if !may_pass(&error) {
            return Err(error);
        }
        sleep(pause.min(term.left())).await;
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

/// As [`create`], for the first entry of a zone that had none when the term began. One that is there was
/// sent in an earlier term and came late: nobody was told that it was done, so it makes room.
pub(super) async fn create_first<O: Objects>(
    objects: &O,
    term: &Term,
    item: &Item,
) -> Result<(), LogError> {
    loop {
        match create(objects, term, item).await {
            Err(LogError::Fenced { term: found, .. }) if found < term.number() => {
                delete(objects, term, &item.id).await?;
            }
            other => return other,
        }
    }
}

/// Takes an object away, however often that takes.
pub(super) async fn delete<O: Objects>(objects: &O, term: &Term, id: &Id) -> Result<(), LogError> {
    let mut pause = FIRST_PAUSE;
    loop {
        match objects.delete(id, patience(term)?).await {
            Err(error) if may_pass(&error) => {}
            done => return done,
        }
        sleep(pause.min(term.left())).await;
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_millis(500);
