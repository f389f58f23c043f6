//! Zones going out whole or by steps: AXFR (RFC 5936) and IXFR (RFC 1995).
//!
//! ```text
//! a version of the zone, pinned, and the steps to it ─→ records in their order ─→ messages, signed
//! ```
//!
//! Messages are made one by one as the client reads them, so a transfer takes the memory of one
//! message, however large the zone is.

mod message;
mod order;
mod pack;

use std::sync::Arc;

use wire::Serial;
use zone::{Since, Step, Zone};

use crate::later::{Broken, Messages};

use message::Frame;
use order::{Order, Place};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of the zone.
    Whole,
    /// What has changed since this serial.
    Since(Serial),
}

/// A transfer on its way.
pub(crate) struct Transfer {
    frame: Frame,
    order: Order,
    place: Option<Place>,
}

impl Transfer {
    /// A transfer of this version of a zone; the question is the first part of `request`. With
    /// `padding` messages are padded, and OPT records tell that as the largest UDP answer.
    pub(crate) fn new(
        request: &[u8],
        since: Since,
        wanted: Wanted,
        signature: Option<tsig::AnswerSequence>,
        padding: Option<u16>,
    ) -> Self {
        let order = order_of(since, wanted);
        Self {
            frame: Frame::new(request, signature, padding),
            place: Some(order.start()),
            order,
        }
    }

    /// The serial that the client has afterwards.
    pub(crate) fn serial(&self) -> Serial {
        self.order.zone().serial()
    }

    /// What it is, in a word.
    pub(crate) fn kind(&self) -> &'static str {
        match self.order {
            Order::Current(_) => "current",
            Order::Steps(..) => "steps",
            Order::Whole(_) => "whole",
        }
    }
}

/// Steps where they are known and shorter than the whole (RFC 1995 §2), else the whole.
fn order_of(since: Since, wanted: Wanted) -> Order {
    let Since { zone, steps } = since;
    let Wanted::Since(serial) = wanted else {
        return Order::Whole(zone);
    };
    // RFC 1995 §2: who has the same or a newer version gets the SOA alone.
    if serial == zone.serial() || serial.is_newer_than(zone.serial()) {
        return Order::Current(zone);
    }
    match steps {
        Some(steps) if steps.len() > MANY && size(&steps) < MOST_CONDENSED => {
            let one = Step::condensed(&steps).filter(|one| one.bytes() < zone_size(&zone));
            match one {
                Some(one) => Order::Steps(zone, vec![Arc::new(one)]),
                None => Order::Whole(zone),
            }
        }
        Some(steps) if size(&steps) < zone_size(&zone) => Order::Steps(zone, steps),
        _ => Order::Whole(zone),
    }
}

fn size(steps: &[Arc<Step>]) -> usize {
    steps.iter().map(|step| step.bytes()).sum()
}

/// About as many bytes as its records would be in steps; a small zone is not worth the question.
fn zone_size(zone: &Zone) -> usize {
    zone.memory_bytes().max(SMALL)
}

impl Messages for Transfer {
    fn next(&mut self, out: &mut Vec<u8>) -> Result<bool, Broken> {
        let Some(place) = self.place.take() else {
            return Ok(false);
        };
        let filled = self.frame.fill(&self.order, place, out);
        self.place = filled.inspect_err(|Broken| {
            let zone = self.order.zone().apex();
            tracing::error!(%zone, "a record is too long for any message, so no transfer comes to its end");
        })?;
        Ok(self.place.is_some())
    }
}

/// More steps than so many go out as one: what changes all the time is then sent once.
const MANY: usize = 16;

/// Steps of more bytes are not put together: that would take a moment, and others wait.
const MOST_CONDENSED: usize = 16 << 20;

/// Bytes of steps that are sent however small the zone is.
const SMALL: usize = 16 << 10;

#[cfg(test)]
mod tests;
