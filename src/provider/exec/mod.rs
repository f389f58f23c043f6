//! From changes to calls, written once for all providers that keep records behind an API.
//!
//! ```text
//! ChangeSet ─ groups ─ zones ─→ Edit (what is there, what is to be) ─→ ByRrset  ─ put, remove
//!                         ↑                                           ByRecord ─ create, update, remove
//!                    Contents ←── listing                             Batched  ─ submit
//!                         └────── what was made ←──────────────────── WholeZone ─ replace
//! ```
//!
//! A provider implements [`Api`] and one of [`RrsetApi`], [`RecordApi`], [`BatchApi`], [`ZoneApi`]:
//! what its calls are, and nothing of when to make them. Invariants:
//!
//! - A zone that could not be read is not written to.
//! - Only values that the plan names are taken away; others of the same name and type stay.
//! - What a create finds already there is somebody else's, unless nobody keeps whose is what, or an
//!   earlier try may have made it. Where several zones have one name, this holds for each of them.
//! - An ownership record is made before its record and taken away after it, or both at once. A
//!   process that dies in between leaves an owner without a record, never a record without an owner.
//! - What fails for one group stops no other, unless it would fail for all.
//! - The name servers of a zone itself are never touched.

mod batched;
mod by_record;
mod by_rrset;
mod contents;
mod edit;
mod executor;
mod homes;
mod ledger;
mod state;
#[cfg(test)]
mod tests;
mod upkeep;
mod wait;
mod whole_zone;

use std::future::Future;

use plan::{Endpoint, ProviderError};

pub(crate) use batched::{Batched, Cost};
pub(crate) use by_record::{ByRecord, Step, steps};
pub(crate) use by_rrset::ByRrset;
pub(crate) use edit::{Edit, Group};
pub(crate) use executor::Executor;
pub use executor::Scope;
pub(crate) use ledger::{Ledger, is_undone};
pub(crate) use wait::{busy, wait};
pub(crate) use whole_zone::WholeZone;

use crate::record::quirks::Quirks;
use crate::record::{Found, Handle, Record, Rrset};
use crate::zones::Zone;

/// What comes of a call.
pub(crate) type Answer<T> = Result<T, ProviderError>;

/// What all APIs of records can do.
pub(crate) trait Api: Send + Sync {
    /// The provider as users type it.
    const NAME: &'static str;

    /// The setting that names the one zone an endpoint is for, by the last part of its identifier,
    /// where there may be several of a name; empty if there is none.
    const PIN: &'static str = "";

    /// What is peculiar to it.
    fn quirks(&self) -> &Quirks;

    /// All zones that these credentials can see.
    fn zones(&self) -> impl Future<Output = Answer<Vec<Zone>>> + Send;

    /// What a desired endpoint is there, beyond what the quirks say: aliases, defaults of settings.
    fn adjust(&self, _endpoint: &mut Endpoint) {}

    /// The same where one endpoint may be several there.
    fn spread(&self, mut endpoint: Endpoint) -> Vec<Endpoint> {
        self.adjust(&mut endpoint);
        vec![endpoint]
    }

    /// Whether something that was accepted earlier is done by now.
    ///
    /// # Errors
    /// It came to nothing.
    fn is_done(&self, _zone: &Zone, _pending: &str) -> impl Future<Output = Answer<bool>> + Send {
        async { Ok(true) }
    }

    /// Makes the edits of a zone count; only where [`Quirks::publishes`] says so.
    fn publish(&self, _zone: &Zone) -> impl Future<Output = Answer<()>> + Send {
        async { Ok(()) }
    }
}

/// An API that keeps RRsets whole.
pub(crate) trait RrsetApi: Api {
    /// All RRsets of a zone.
    fn list(&self, zone: &Zone) -> impl Future<Output = Answer<Vec<Found>>> + Send;

    /// Makes an RRset, or one over another.
    fn put(
        &self,
        zone: &Zone,
        new: &Rrset,
        old: Option<&Found>,
    ) -> impl Future<Output = Answer<Done>> + Send;

    /// Takes an RRset away.
    fn remove(&self, zone: &Zone, old: &Found) -> impl Future<Output = Answer<Done>> + Send;
}

/// An API that keeps each value on its own.
pub(crate) trait RecordApi: Api {
    /// All records of a zone.
    fn list(&self, zone: &Zone) -> impl Future<Output = Answer<Vec<(Record, Handle)>>> + Send;

    /// Makes a record. `beside` is what else there is of its RRset, whose settings it may share.
    fn create(
        &self,
        zone: &Zone,
        new: &Record,
        beside: Option<&Handle>,
    ) -> impl Future<Output = Answer<Done>> + Send;

    /// Changes a record, its settings kept.
    fn update(
        &self,
        zone: &Zone,
        old: &Handle,
        new: &Record,
    ) -> impl Future<Output = Answer<Done>> + Send;

    /// Takes a record away.
    fn remove(
        &self,
        zone: &Zone,
        old: &Handle,
        record: &Record,
    ) -> impl Future<Output = Answer<Done>> + Send;
}

/// An API that makes many edits at once, all of them or none.
pub(crate) trait BatchApi: Api {
    /// All RRsets of a zone.
    fn list(&self, zone: &Zone) -> impl Future<Output = Answer<Vec<Found>>> + Send;

    /// What a batch may cost at most, and what a pause is between two.
    fn limits(&self) -> (Cost, std::time::Duration);

    /// What an edit costs.
    fn cost(&self, _edit: &Edit) -> Cost {
        Cost::changes(1)
    }

    /// Makes edits of one zone; those that take away come first.
    fn submit(&self, zone: &Zone, edits: &[Edit]) -> impl Future<Output = Answer<Done>> + Send;
}

/// An API that takes zones whole.
pub(crate) trait ZoneApi: Api {
    /// A zone, and what says that it is this version of it.
    fn read(&self, zone: &Zone) -> impl Future<Output = Answer<(String, Vec<Found>)>> + Send;

    /// Puts another version in its place.
    fn replace(
        &self,
        zone: &Zone,
        version: &str,
        new: &[Found],
    ) -> impl Future<Output = Answer<Done>> + Send;
}

/// What came of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It is made, and is found by this identifier now.
    As(Box<str>),
    /// It is made, and is found as before; what is new needs no identifier.
    Now,
    /// It is accepted, and is made when [`Api::is_done`] says so.
    Pending(Box<str>),
    /// It is made, but only a listing says how it is found.
    Unseen,
}

/// What makes edits by an API.
pub(crate) trait Writer: Send + Sync {
    /// The API.
    type Api: Api;
    /// Whether a group is made whole or not at all.
    const ATOMIC: bool;

    /// The API.
    fn api(&self) -> &Self::Api;

    /// All RRsets of a zone.
    fn list(&self, zone: &Zone) -> impl Future<Output = Answer<Vec<Found>>> + Send;

    /// Makes the edits of some groups of a zone, in order, and notes what came of them.
    ///
    /// # Errors
    /// No other group need be tried. What was made until then is noted.
    fn write(
        &self,
        zone: &Zone,
        groups: Vec<Group>,
        ledger: &mut Ledger,
    ) -> impl Future<Output = Answer<()>> + Send;
}
