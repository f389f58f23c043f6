//! What carries requests in place of the network, for trials: no port, and the runtime's clock.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use plan::ErrorKind;

use super::{Http, Lost};

/// An answer on its way.
pub type Carrying<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, Uncarried>> + Send + 'a>>;

/// Carries requests to the other side.
pub trait Carrier: Debug + Send + Sync {
    /// Carries one, and its answer back.
    fn carry(&self, request: reqwest::Request) -> Carrying<'_>;
}

/// A request without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uncarried {
    /// Whether the other side may have seen it.
    pub sent: bool,
}

impl Http {
    /// The same with another carrier than the network.
    #[must_use]
    pub fn through(mut self, carrier: Arc<dyn Carrier>) -> Self {
        self.carrier = Some(carrier);
        self
    }
}

/// What was carried, as it comes from the network.
pub(super) fn carried(
    http: &Http,
    operation: &'static str,
    result: Result<http::Response<Bytes>, Uncarried>,
) -> Result<reqwest::Response, Lost> {
    let answer = result.map_err(|Uncarried { sent }| {
        let message = "the connection broke".to_owned();
        let error = http.error(ErrorKind::Unavailable, operation, message);
        Lost { error, sent }
    })?;
    Ok(answer.into())
}
