//! Requests on their way to a stand-in, noted.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use wire::Rtype;

use crate::client::{Carrier, Carrying};
use crate::open::StandIn;
use crate::record::quirks::Quirks;
use crate::sim::{Request, Sim};
use crate::suite::{Family, Hosted, Later, SimWorld, Start, Subject, World};

/// All requests that went by.
#[derive(Debug, Default)]
pub(super) struct Tap(Mutex<Vec<Request>>);

impl Tap {
    /// All so far.
    pub(super) fn requests(&self) -> Vec<Request> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }
}

/// A provider whose requests go by there.
pub(super) struct Tapped {
    pub(super) subject: Hosted,
    pub(super) tap: Arc<Tap>,
}

impl Subject for Tapped {
    fn name(&self) -> &'static str {
        self.subject.name()
    }

    fn quirks(&self) -> &Quirks {
        self.subject.quirks()
    }

    fn family(&self) -> Family {
        self.subject.family()
    }

    fn has_ttl(&self, rtype: Rtype) -> bool {
        self.subject.has_ttl(rtype)
    }

    fn lists(&self, records: usize) -> usize {
        Subject::lists(&self.subject, records)
    }

    fn zones(&self, start: &Start) -> Start {
        self.subject.zones(start)
    }

    fn start<'a>(&'a self, start: &'a Start) -> Later<'a, Box<dyn World>> {
        let (subject, tap) = (self.subject, Arc::clone(&self.tap));
        let world = SimWorld::boxed(subject.host(start), move |sim, scope| {
            let stand_in = StandIn {
                clock: sim.clock(),
                carrier: Arc::new(Way {
                    sim,
                    tap: Arc::clone(&tap),
                }),
            };
            subject.open_before(&[], (stand_in, scope))
        });
        Box::pin(async { world })
    }
}

/// The way to a stand-in.
#[derive(Debug)]
struct Way {
    sim: Sim,
    tap: Arc<Tap>,
}

impl Carrier for Way {
    fn carry(&self, request: reqwest::Request) -> Carrying<'_> {
        let body = request.body().and_then(reqwest::Body::as_bytes);
        let mut whole = Request::new(Bytes::copy_from_slice(body.unwrap_or_default()));
        *whole.method_mut() = request.method().clone();
        *whole.headers_mut() = request.headers().clone();
        if let Ok(uri) = request.url().as_str().parse() {
            *whole.uri_mut() = uri;
            let mut seen = self.tap.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push(whole);
        }
        self.sim.carry(request)
    }
}
