//! Who we are, added to each request: one file for each way of saying it.
//!
//! ```text
//! settings, environment → strategy ─ sign(request) → request with credentials
//!                            ↑ ─ refresh after a 401, once: what is kept is let go
//!                            └── its own requests for tokens, without a signature
//! ```
//!
//! Time and chance come in as [`Clock`] and [`Nonce`], the environment as a function, so every
//! signature can be made again. Nothing secret is in an error or in what `Debug` prints.

use std::future::Future;
use std::pin::Pin;

use http::{HeaderName, HeaderValue};
use plan::{ErrorKind, ProviderError};
use tokio::time::Instant;

pub mod alibaba;
#[cfg(any(test, feature = "aws", feature = "aws-sd"))]
pub mod aws;
#[cfg(any(test, feature = "azure"))]
pub mod azure;
pub mod clock;
pub mod edgegrid;
pub mod exo2;
mod file;
#[cfg(any(test, feature = "google"))]
pub mod google;
mod hash;
#[cfg(any(
    test,
    feature = "aws",
    feature = "aws-sd",
    feature = "oci",
    feature = "ovh"
))]
mod ini;
#[cfg(any(test, feature = "google"))]
mod jwt;
#[cfg(any(test, feature = "designate"))]
pub mod keystone;
pub mod oauth;
#[cfg(any(test, feature = "oci"))]
pub mod oci;
pub mod ovh;
mod plain;
#[cfg(test)]
mod rotation;
pub mod rsa;
pub mod session;
pub mod tc3;
mod text;
pub mod token;
pub mod transip;
mod value;
#[cfg(test)]
mod vectors;

pub use clock::{Clock, Nonce};
pub use file::Environment;
pub use plain::Plain;
pub use value::Value;

/// A way of saying who we are.
///
/// Native async methods; [`DynSign`] is the boxed form, made by a blanket implementation.
pub trait Sign: Send + Sync {
    /// Adds what says who we are; called last, when the request is as it will be sent.
    fn sign(
        &self,
        request: &mut reqwest::Request,
    ) -> impl Future<Output = Result<(), ProviderError>> + Send;

    /// A request that was signed at `since` was refused for who we are. Lets go what is kept; true if
    /// another try may have other credentials.
    fn refresh(&self, since: Instant) -> impl Future<Output = Result<bool, ProviderError>> + Send {
        let _ = since;
        async { Ok(false) }
    }
}

/// A future of a boxed strategy.
type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, ProviderError>> + Send + 'a>>;

/// A strategy whose type is not known at compile time.
pub trait DynSign: Send + Sync {
    /// As [`Sign::sign`].
    fn sign<'a>(&'a self, request: &'a mut reqwest::Request) -> Later<'a, ()>;
    /// As [`Sign::refresh`].
    fn refresh(&self, since: Instant) -> Later<'_, bool>;
}

impl<S: Sign> DynSign for S {
    fn sign<'a>(&'a self, request: &'a mut reqwest::Request) -> Later<'a, ()> {
        Box::pin(Sign::sign(self, request))
    }

    fn refresh(&self, since: Instant) -> Later<'_, bool> {
        Box::pin(Sign::refresh(self, since))
    }
}

/// Sets a header that must not show; no logs or errors have it.
///
/// # Errors
/// No header can have the value.
pub fn set_secret(
    request: &mut reqwest::Request,
    name: HeaderName,
    value: &str,
) -> Result<(), ProviderError> {
    // The value itself is not told.
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        let message = format!("what goes into header \"{name}\" has characters that none may have");
        config_fault(message)
    })?;
    value.set_sensitive(true);
    request.headers_mut().insert(name, value);
    Ok(())
}

/// Sets a header that anybody may see.
///
/// # Errors
/// No header can have the value.
pub fn set_plain(
    request: &mut reqwest::Request,
    name: &'static str,
    value: &str,
) -> Result<(), ProviderError> {
    let value = HeaderValue::from_str(value).map_err(|_| {
        config_fault(format!(
            "header \"{name}\" has characters that none may have"
        ))
    })?;
    request
        .headers_mut()
        .insert(HeaderName::from_static(name), value);
    Ok(())
}

/// A result whose error is of this provider, if it does not say of which. Files and variables are read
/// before anybody knows.
///
/// # Errors
/// Those of the result.
pub fn of<T>(provider: &'static str, result: Result<T, ProviderError>) -> Result<T, ProviderError> {
    result.map_err(|mut error| {
        if error.provider.is_empty() {
            error.provider = provider;
        }
        error
    })
}

/// Credentials that cannot be used. Whoever sends the request says for which provider.
pub(crate) fn config_fault(message: String) -> ProviderError {
    fault(ErrorKind::Config, message)
}

/// An error about credentials. Whoever sends the request says for which provider.
pub(crate) fn fault(kind: ErrorKind, message: String) -> ProviderError {
    ProviderError {
        kind,
        provider: "",
        operation: SIGN,
        message,
        source: None,
    }
}

/// What is tried by all here.
pub(crate) const SIGN: &str = "say who we are";
