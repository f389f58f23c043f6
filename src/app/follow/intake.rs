//! Takes in what is transferred: all of a zone, or steps against the version that we have.

use std::sync::Arc;

use client::{Form, Incoming, Sink, Unfit};
use wire::Name;
use zone::Zone;
use zone::copy::Steps;
use zone::records::{Place, Records};

/// What has come so far. It counts once the transfer has come to its end.
#[derive(Debug)]
pub(super) enum Taken {
    Nothing,
    Steps(Steps),
    Whole(Records),
}

/// Takes the records of one transfer.
#[derive(Debug)]
pub(super) struct Intake {
    apex: Name,
    base: Option<Arc<Zone>>,
    taken: Taken,
}

impl Intake {
    /// For a zone of which we have this version.
    pub(super) fn new(apex: &Name, base: Option<Arc<Zone>>) -> Self {
        Self {
            apex: apex.clone(),
            base,
            taken: Taken::Nothing,
        }
    }

    pub(super) fn into_taken(self) -> Taken {
        self.taken
    }
}

impl Sink for Intake {
    fn begin(&mut self, form: Form) {
        self.taken = match (form, &self.base) {
            (Form::Whole, _) => Taken::Whole(Records::new(self.apex.clone())),
            (Form::Steps, Some(base)) => Taken::Steps(Steps::new(Arc::clone(base))),
            (Form::Steps, None) => Taken::Nothing,
        };
    }

    fn add(&mut self, record: Incoming<'_>) -> Result<(), Unfit> {
        let Incoming {
            owner,
            rtype,
            ttl,
            rdata,
        } = record;
        match &mut self.taken {
            Taken::Whole(records) => {
                records.push(owner, rtype, ttl, rdata, Place::default());
                Ok(())
            }
            Taken::Steps(steps) => fits(steps.add(owner, rtype, ttl, rdata)),
            Taken::Nothing => Err(Unfit),
        }
    }

    fn remove(&mut self, record: Incoming<'_>) -> Result<(), Unfit> {
        match &mut self.taken {
            Taken::Steps(steps) => fits(steps.remove(record.owner, record.rtype, record.rdata)),
            Taken::Whole(_) | Taken::Nothing => Err(Unfit),
        }
    }
}

fn fits(fits: bool) -> Result<(), Unfit> {
    match fits {
        true => Ok(()),
        false => Err(Unfit),
    }
}
