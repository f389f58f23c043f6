//! Everything about one name: who asks for it, what the merge made of that, and what becomes of it
//! at each destination.
//!
//! ```text
//! name → objects (model) ──────┐
//!      → each destination ─────┼→ Explanation → JSON, or a report for people
//!      → near misses (model) ──┘
//! ```
//!
//! Nothing is kept for this while the program runs: the objects are computed again with notes on,
//! and the merge with its steps. The locks that events need are held for short stretches only.

mod answer;
mod near;
mod objects;
mod place;
#[cfg(test)]
mod tests;

use std::time::Duration;

use plan::RowName;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

#[cfg(test)]
pub(crate) use answer::{Action, Near};
pub(crate) use answer::{Asking, Change, Explanation, Place, Record, State};

use super::destination::{Ask, Asks};
use super::model::Model;

/// All about a name, from the model and from each destination.
pub(crate) async fn explain(model: &Model, asks: &[Asks], name: &str) -> Explanation {
    let row = RowName::new(name);
    let mut explanation = Explanation {
        name: row.to_string(),
        incomplete: model.ailments(),
        untold: model.told().refusal().into_iter().collect(),
        ..Explanation::default()
    };
    // All at once: one that hangs holds up no other.
    let mut places = JoinSet::new();
    for (at, destination) in asks.iter().enumerate() {
        let (destination, row, model) = (destination.clone(), row.clone(), model.clone());
        places.spawn(async move { (at, ask(&destination, &model, &row).await) });
    }
    let mut places = places.join_all().await;
    places.sort_unstable_by_key(|(at, _)| *at);
    explanation.destinations = places.into_iter().map(|(_, place)| place).collect();
    let model = model.clone();
    // Walks all objects, which takes longer than a task may hold its thread.
    let found = tokio::task::spawn_blocking(move || {
        let objects = objects::of(&model, &row);
        let asked = objects.iter().any(|object| !object.asks.is_empty());
        let near = if asked {
            Vec::new()
        } else {
            near::names(&model, &row)
        };
        let problems = near::problems(&model, &row, &objects);
        (objects, near, problems)
    });
    if let Ok((objects, near, problems)) = found.await {
        explanation.objects = objects;
        explanation.near = near;
        explanation.problems = problems;
    }
    explanation
}

async fn ask(destination: &Asks, model: &Model, name: &RowName) -> Place {
    let (reply, answer) = oneshot::channel();
    let sent = destination
        .sender
        .try_send(Ask::Explain(name.clone(), reply));
    let answer = match sent {
        Ok(()) => timeout(PATIENCE, answer).await,
        Err(_) => Ok(answer.await),
    };
    match answer {
        Ok(Ok(place)) => Place {
            destination: destination.name.clone(),
            error: destination.status.numbers().last_error,
            ..place
        },
        Ok(Err(_)) => unasked(destination, model, name, "takes no questions now"),
        Err(_) => unasked(
            destination,
            model,
            name,
            "is busy with a pass, ask again later",
        ),
    }
}

/// What is known of a name at a destination that does not answer.
fn unasked(destination: &Asks, model: &Model, name: &RowName, why: &str) -> Place {
    let numbers = destination.status.numbers();
    let wanted = model.read().desired.row(name);
    let waits = destination.pending.has(name) || (numbers.passes == 0 && !wanted.is_empty());
    let error = match numbers.last_error {
        Some(error) => format!("the destination {why}; the last pass failed: {error}"),
        None => format!("the destination {why}"),
    };
    Place {
        destination: destination.name.clone(),
        provider: destination.provider.to_owned(),
        owner: (!destination.owner.is_empty()).then(|| destination.owner.clone()),
        state: if waits { State::Pending } else { State::Unread },
        wanted: wanted.iter().map(Record::of).collect(),
        error: Some(error),
        ..Place::default()
    }
}

/// A pass may take long at a slow destination; people do not wait for it.
const PATIENCE: Duration = Duration::from_secs(5);
