//! What is asked about objects and destinations: why a name is what it is, what objects have in a
//! zone, and that deletes which are held may go.

use std::collections::BTreeSet;
use std::io;

use tokio::runtime::Handle as Runtime;
use tokio::sync::oneshot;

use super::answerer::{Answerer, Replies, name};
use super::protocol::{Released, Reply};
use crate::app::sync::explain::explain;
use crate::app::sync::{Ask, Asks, layer};

impl Answerer {
    /// All about a name.
    pub(super) fn explain(
        &self,
        name: &str,
        out: &mut Replies<'_>,
    ) -> io::Result<Result<(), String>> {
        let Some((model, asks)) = &self.sync else {
            return Ok(Err(NO_SOURCES.to_owned()));
        };
        if plan::name::normalize(name).is_empty() {
            return Ok(Err(format!(
                "\"{name}\" is no name; expected one as web.example.org"
            )));
        }
        let explanation = Runtime::current().block_on(explain(model, asks, name));
        out.send(&Reply::Explanation(Box::new(explanation)))?;
        Ok(Ok(()))
    }

    /// The records that objects have in a zone, some at a time.
    pub(super) fn layer(
        &self,
        zone: &str,
        out: &mut Replies<'_>,
    ) -> io::Result<Result<(), String>> {
        let name = match name(zone) {
            Ok(name) => name,
            Err(message) => return Ok(Err(message)),
        };
        let Some(records) = layer(&self.store, &name) else {
            return Ok(Err(format!("zone \"{name}\" is not served here")));
        };
        for some in records.chunks(RECORDS) {
            out.send(&Reply::Records(some.to_vec()))?;
        }
        Ok(Ok(()))
    }

    /// Lets go of deletes that the brake holds.
    pub(super) fn release(
        &self,
        destination: Option<&str>,
        zone: Option<&str>,
        out: &mut Replies<'_>,
    ) -> io::Result<Result<(), String>> {
        let Some((_, asks)) = &self.sync else {
            return Ok(Err(NO_SOURCES.to_owned()));
        };
        let is_meant = |asks: &&Asks| destination.is_none_or(|name| name == asks.name);
        let meant: Vec<&Asks> = asks.iter().filter(is_meant).collect();
        if meant.is_empty() {
            let known: Vec<String> = asks
                .iter()
                .map(|asks| format!("\"{}\"", asks.name))
                .collect();
            return Ok(Err(format!(
                "there is no destination \"{}\"; expected one of {}",
                destination.unwrap_or_default(),
                known.join(", ")
            )));
        }
        let zone = zone.map(|zone| plan::name::normalize(zone).into_owned());
        let (mut released, mut known) = (false, BTreeSet::new());
        for asks in meant {
            let (reply, answer) = oneshot::channel();
            let ask = Ask::Release(zone.clone(), reply);
            let sent = asks.sender.blocking_send(ask).is_ok();
            let answer = if sent {
                answer.blocking_recv().ok()
            } else {
                None
            };
            let deletes = match answer {
                None => return Ok(Err("the daemon is about to end".to_owned())),
                Some(Ok(deletes)) => deletes,
                Some(Err(zones)) => {
                    known.extend(zones);
                    continue;
                }
            };
            released = true;
            let destination = asks.name.clone();
            out.send(&Reply::Released(Released {
                destination,
                deletes,
            }))?;
        }
        Ok(match zone {
            Some(zone) if !released => Err(no_zone(&zone, &known)),
            _ => Ok(()),
        })
    }
}

/// Why deletes in a zone cannot be let go.
fn no_zone(zone: &str, known: &BTreeSet<String>) -> String {
    let known: Vec<String> = known.iter().map(|zone| format!("\"{zone}\"")).collect();
    let expected = match known.as_slice() {
        [] => "no zones are known there yet; without --zone all deletes go".to_owned(),
        known => format!("expected one of {}", known.join(", ")),
    };
    format!("there is no zone \"{zone}\" at the destination; {expected}")
}

/// Why nothing is known of objects.
const NO_SOURCES: &str =
    "this daemon has no sources (flag --source), so it looks after no names of objects";

/// Records in one reply.
const RECORDS: usize = 512;
