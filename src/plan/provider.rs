//! What a destination can do, and how it says that it could not.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use wire::Rtype;

use crate::filter::DomainFilter;
use crate::{ChangeSet, Endpoint};

/// Code for one kind of destination.
///
/// Native async methods; [`DynProvider`] is the boxed form, made by a blanket implementation.
pub trait Provider: Send + Sync {
    /// The name users type, as `webhook`.
    fn name(&self) -> &'static str;

    /// What the destination does better or cannot do.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// Is told, before each listing, which names and types are looked for, those of ownership records
    /// too; only if it is [`Capabilities::blind`].
    fn expect(&self, _expected: Vec<Expected>) {}

    /// Is told that another copy of this program may have written there meanwhile, so what is remembered
    /// between calls may be wrong.
    fn forget(&self) {}

    /// All records there. A listing that is not complete is an error, never a shorter list.
    fn records(&self) -> impl Future<Output = Result<Vec<Endpoint>, ProviderError>> + Send;

    /// The names it takes; everything if it does not care.
    fn filter(&self) -> impl Future<Output = Result<DomainFilter, ProviderError>> + Send {
        async { Ok(DomainFilter::default()) }
    }

    /// Desired endpoints as this destination would store them.
    fn adjust(
        &self,
        desired: Vec<Endpoint>,
    ) -> impl Future<Output = Result<Vec<Endpoint>, ProviderError>> + Send {
        async { Ok(desired) }
    }

    /// Makes the changes. Changes that were refused on their own are named in what comes back; an
    /// error says that it is not known whether any was made.
    fn apply(
        &self,
        changes: &ChangeSet,
    ) -> impl Future<Output = Result<Applied, ProviderError>> + Send;
}

/// A name and a type that are looked for.
pub type Expected = (Box<str>, Rtype);

/// What a destination can do beyond the least, and what it cannot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// A batch is made whole or not at all.
    pub atomic: bool,
    /// It cannot list what is there unless it is told what to look for.
    pub blind: bool,
    /// Writes carry conditions, so a stale view does no harm.
    pub conditional: bool,
    /// It knows by itself who owns a record, so no ownership TXT is needed.
    pub owns: bool,
}

/// What came of a batch.
#[derive(Debug, Default)]
pub struct Applied {
    /// Names whose changes were refused, each with the reason; all else was made.
    pub refused: Vec<(Box<str>, ProviderError)>,
}

/// What went wrong; decides about another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request was sent and its outcome is not known: look before it is made again.
    Ambiguous,
    /// Credentials are missing, wrong or not enough.
    Auth,
    /// Settings are wrong.
    Config,
    /// The destination changed under our view of it.
    Conflict,
    /// It failed at what it was asked for, and does not say at which part of it.
    Failed,
    /// A zone or record is not there.
    NotFound,
    /// The answer made no sense.
    Protocol,
    /// Too many requests.
    RateLimited,
    /// The destination does not take this change.
    Rejected,
    /// It did not answer, or said it cannot now.
    Unavailable,
}

/// A destination could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub struct ProviderError {
    /// What went wrong.
    pub kind: ErrorKind,
    /// The provider, as users type it.
    pub provider: &'static str,
    /// What was tried, as `list records`.
    pub operation: &'static str,
    /// What it was tried on and what came back, in words for users; no secrets.
    pub message: String,
    /// The reason below.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "provider \"{}\": {}", self.provider, self.operation)?;
        if self.message.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.message)
    }
}

/// A future of a boxed provider.
type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, ProviderError>> + Send + 'a>>;

/// A provider whose type is not known at compile time.
pub trait DynProvider: Send + Sync {
    /// As [`Provider::name`].
    fn name(&self) -> &'static str;
    /// As [`Provider::capabilities`].
    fn capabilities(&self) -> Capabilities;
    /// As [`Provider::expect`].
    fn expect(&self, expected: Vec<Expected>);
    /// As [`Provider::forget`].
    fn forget(&self);
    /// As [`Provider::records`].
    fn records(&self) -> Later<'_, Vec<Endpoint>>;
    /// As [`Provider::filter`].
    fn filter(&self) -> Later<'_, DomainFilter>;
    /// As [`Provider::adjust`].
    fn adjust(&self, desired: Vec<Endpoint>) -> Later<'_, Vec<Endpoint>>;
    /// As [`Provider::apply`].
    fn apply<'a>(&'a self, changes: &'a ChangeSet) -> Later<'a, Applied>;
}

impl<P: Provider> DynProvider for P {
    fn name(&self) -> &'static str {
        Provider::name(self)
    }

    fn capabilities(&self) -> Capabilities {
        Provider::capabilities(self)
    }

    fn expect(&self, expected: Vec<Expected>) {
        Provider::expect(self, expected);
    }

    fn forget(&self) {
        Provider::forget(self);
    }

    fn records(&self) -> Later<'_, Vec<Endpoint>> {
        Box::pin(Provider::records(self))
    }

    fn filter(&self) -> Later<'_, DomainFilter> {
        Box::pin(Provider::filter(self))
    }

    fn adjust(&self, desired: Vec<Endpoint>) -> Later<'_, Vec<Endpoint>> {
        Box::pin(Provider::adjust(self, desired))
    }

    fn apply<'a>(&'a self, changes: &'a ChangeSet) -> Later<'a, Applied> {
        Box::pin(Provider::apply(self, changes))
    }
}
