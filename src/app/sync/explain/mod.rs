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
        ..Explanation::default()
    };
    let refusal = model.told().refusal();
    explanation.incomplete.extend(
        refusal.map(|reason| format!("status and Events, which harms no record: {reason}")),
    );
    for destination in asks {
        explanation.destinations.push(ask(destination, &row).await);
    }
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

async fn ask(destination: &Asks, name: &RowName) -> Place {
    let (reply, answer) = oneshot::channel();
    let sent = destination
        .sender
        .try_send(Ask::Explain(name.clone(), reply));
    let answer = match sent {
        Ok(()) => timeout(PATIENCE, answer).await,
        Err(_) => Ok(answer.await),
    };
    let silent = |why: &str| Place {
        destination: destination.name.clone(),
        state: State::Unread,
        error: Some(why.to_owned()),
        ..Place::default()
    };
    match answer {
        Ok(Ok(place)) => {
            let error = destination.status.numbers().last_error;
            Place {
                destination: destination.name.clone(),
                error,
                ..place
            }
        }
        Ok(Err(_)) => silent("the destination takes no questions now"),
        Err(_) => silent("the destination is busy with a pass, ask again later"),
    }
}

/// A pass may take long at a slow destination; people do not wait for it.
const PATIENCE: Duration = Duration::from_secs(5);
