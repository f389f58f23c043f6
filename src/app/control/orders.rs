//! Orders about zones: reload, freeze, thaw, flush, retransfer. Each zone has its own outcome.

use std::io;

use config::Quoted;
use tokio::sync::oneshot;
use wire::Name;
use zone::{Committed, StoreError};

use super::answerer::{Answerer, Replies, name};
use super::protocol::{Done, Outcome, Reply};
use crate::app::{telemetry, zones};

/// What is to be done with each zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Flush,
    Freeze,
    Retransfer,
    Thaw,
}

impl Answerer {
    /// Does it with each zone; with all of ours, if none is named.
    pub(super) fn order(
        &self,
        order: Order,
        zones: &[String],
        out: &mut Replies<'_>,
    ) -> io::Result<Result<(), String>> {
        let names: Result<Vec<Name>, String> = zones.iter().map(|zone| name(zone)).collect();
        let mut names = match names {
            Ok(names) => names,
            Err(message) => return Ok(Err(message)),
        };
        if names.is_empty() {
            names = self.store.own_zones();
            names.retain(|zone| {
                self.store
                    .snapshot()
                    .zone(zone.as_ref())
                    .is_some_and(|zone| zone.withheld().is_none())
            });
            names.sort();
        }
        for zone in names {
            let (serial, changed, error) = match self.carry_out(order, &zone) {
                Ok((serial, changed)) => (Some(serial), changed, String::new()),
                Err(error) => (None, false, error),
            };
            out.send(&Reply::Ordered(Done {
                zone: zone.as_ref().to_lowercase().to_string(),
                serial,
                changed,
                error,
            }))?;
        }
        Ok(Ok(()))
    }

    /// Reads the files of zones again; all of them, if none is named.
    pub(super) fn reload(
        &self,
        zones: &[String],
        out: &mut Replies<'_>,
    ) -> io::Result<Result<(), String>> {
        let names: Result<Vec<Name>, String> = zones.iter().map(|zone| name(zone)).collect();
        let names = match names {
            Ok(names) => names,
            Err(message) => return Ok(Err(message)),
        };
        let (reply, outcomes) = oneshot::channel();
        let ended = || Ok(Err("the daemon is about to end".to_owned()));
        if !self.keeper.give(zones::Order::Reload(names, reply)) {
            return ended();
        }
        let Ok(outcomes) = outcomes.blocking_recv() else {
            return ended();
        };
        for outcome in outcomes {
            let zone = outcome.zone.to_string();
            let reply = match outcome.result {
                Ok(served) => Outcome {
                    zone,
                    serial: Some(served.serial.0),
                    records: served.records,
                    changed: served.changed,
                    errors: String::new(),
                },
                Err(errors) => Outcome {
                    zone,
                    serial: None,
                    records: 0,
                    changed: false,
                    errors,
                },
            };
            out.send(&Reply::Outcome(reply))?;
        }
        Ok(Ok(()))
    }

    /// Gives the serial, and whether anything is new.
    fn carry_out(&self, order: Order, zone: &Name) -> Result<(u32, bool), String> {
        let said = |error: StoreError| telemetry::chain(&error);
        match order {
            Order::Flush => {
                let flushed = self.store.flush(zone);
                flushed
                    .map(|serial| (serial.0, true))
                    .map_err(|error| telemetry::chain(&error))
            }
            Order::Freeze => {
                let (serial, new) = self.store.freeze(zone).map_err(said)?;
                if new {
                    tracing::info!(%zone, "zone is frozen: updates by clients are refused");
                }
                Ok((serial.0, new))
            }
            Order::Thaw => {
                let (serial, new) = self.store.thaw(zone).map_err(said)?;
                if new {
                    tracing::info!(%zone, "zone is thawed: updates by clients are taken again");
                }
                Ok((serial.0, new))
            }
            Order::Retransfer => {
                let Committed {
                    serial, changed, ..
                } = self.retransfer(zone)?;
                Ok((serial.0, changed))
            }
        }
    }

    fn retransfer(&self, zone: &Name) -> Result<Committed, String> {
        let hub = self.hub.as_ref();
        let Some(outcome) = hub.and_then(|hub| hub.retransfer(zone)) else {
            let served = self.store.snapshot().zone(zone.as_ref()).is_some();
            let zone = zone.to_string();
            let zone = Quoted(&zone);
            return Err(match served {
                true => format!(
                    "zone {zone} is no copy of another server's zone: there is no primary to take it from"
                ),
                false => format!("zone {zone} is not served here"),
            });
        };
        let outcome = outcome.blocking_recv();
        outcome.unwrap_or_else(|_| Err("the daemon is about to end".to_owned()))
    }
}
