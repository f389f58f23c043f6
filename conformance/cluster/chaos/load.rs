//! What goes on while things go wrong: updates by clients, and changes of objects.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use cluster_peers::{Api, Request, chain};

use crate::cluster::copies::{Copies, LONG, STEP, ZONE, objects, pass};
use crate::process::cluster_objects::service;
use crate::process::site::{answer, check};
use crate::process::tool;

/// What is known of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Known {
    /// It was acknowledged that it is gone.
    Gone,
    /// It was acknowledged that it has this address.
    Has(String),
    /// What was sent last was not acknowledged: it may be there or not.
    Unknown,
}

/// A client that sends one update after the other, each about one name.
pub(super) struct Client {
    number: usize,
    next: usize,
    names: BTreeMap<String, Known>,
    /// Since the last look.
    touched: Vec<String>,
    pub(super) acknowledged: usize,
    pub(super) refused: usize,
}

impl Client {
    pub(super) fn new(number: usize) -> Self {
        Self {
            number,
            next: 0,
            names: BTreeMap::new(),
            touched: Vec::new(),
            acknowledged: 0,
            refused: 0,
        }
    }

    /// Sends updates to a copy until it is over.
    pub(super) fn run(
        &mut self,
        server: SocketAddr,
        key: &str,
        over: &AtomicBool,
    ) -> Result<(), String> {
        while !over.load(Relaxed) {
            self.next += 1;
            let address = format!("192.0.2.{}", self.next % 250 + 1);
            let known = self.names.iter();
            let mut known = known.filter(|(_, known)| matches!(known, Known::Has(_)));
            let older = known.next().map(|(name, _)| name.clone());
            let (name, then) = match (self.next % 5, older) {
                (3, Some(name)) => (name, Known::Has(address)),
                (4, Some(name)) => (name, Known::Gone),
                _ => {
                    let name = format!("u{}-{:06}.{ZONE}.", self.number, self.next);
                    (name, Known::Has(address))
                }
            };
            let lines = match &then {
                Known::Has(address) => {
                    format!("update delete {name} A\nupdate add {name} 60 A {address}\nsend")
                }
                Known::Gone | Known::Unknown => format!("update delete {name}\nsend"),
            };
            let options = ["-y", key, "-t", "3", "-u", "3", "-r", "0"];
            let said = tool::update("nsupdate", &options, server, ZONE, &lines)?;
            let known = match said.well {
                true => {
                    self.acknowledged += 1;
                    then
                }
                false => {
                    self.refused += 1;
                    Known::Unknown
                }
            };
            self.touched.push(name.clone());
            self.names.insert(name, known);
            pass(PAUSE);
        }
        Ok(())
    }

    /// Waits until all that was acknowledged since the last look is at every copy.
    pub(super) fn look(&mut self, copies: &Copies) -> Result<(), String> {
        let begin = Instant::now();
        for name in std::mem::take(&mut self.touched) {
            for (number, server) in copies.running() {
                while let Err(why) = self.is_there(&name, server.address()) {
                    check(begin.elapsed() < LONG, || format!("copy {number}: {why}"))?;
                    park_timeout(STEP);
                }
            }
        }
        Ok(())
    }

    /// Has every name looked at next time.
    pub(super) fn touch_all(&mut self) {
        self.touched = self.names.keys().cloned().collect();
    }

    fn is_there(&self, name: &str, server: SocketAddr) -> Result<(), String> {
        let wanted = match self.names.get(name) {
            Some(Known::Has(address)) => vec![format!("{name} 60 A {address}")],
            Some(Known::Gone) => Vec::new(),
            Some(Known::Unknown) | None => return Ok(()),
        };
        let found = answer(server, &format!("{name} A"))?;
        check(found == wanted, || {
            format!("acknowledged {name} {wanted:?}, found {found:?}")
        })
    }
}

/// Whoever changes objects.
pub(super) struct Changes {
    api: Api,
    next: usize,
    /// What every name is to have.
    wanted: BTreeMap<String, String>,
    /// Names that were taken away.
    pub(super) gone: Vec<String>,
}

impl Changes {
    pub(super) fn new(api: &Api, first: &[&str]) -> Self {
        let wanted = first.iter();
        Self {
            api: api.clone(),
            next: 0,
            wanted: wanted
                .map(|name| ((*name).to_owned(), FIRST.to_owned()))
                .collect(),
            gone: Vec::new(),
        }
    }

    /// Changes objects until it is over.
    pub(super) fn run(&mut self, over: &AtomicBool) -> Result<(), String> {
        while !over.load(Relaxed) {
            self.next += 1;
            let name = CHANGING.get(self.next % CHANGING.len()).unwrap_or(&"");
            self.set(name, &format!("203.0.113.{}", self.next % 250 + 1))?;
            pass(2 * PAUSE);
        }
        Ok(())
    }

    /// Gives a name another address. Where nobody says that it was done, that is made good by
    /// [`Self::settle`].
    pub(super) fn set(&mut self, name: &str, address: &str) -> Result<(), String> {
        self.wanted.insert(name.to_owned(), address.to_owned());
        let object = objects(&[service(name, address)])?;
        drop(self.api.patch(&object));
        Ok(())
    }

    /// One more name, and one less; and all are as they should be.
    pub(super) fn settle(&mut self, round: usize) -> Result<(), String> {
        let all = self.wanted.iter();
        let all: Vec<_> = all.map(|(name, address)| service(name, address)).collect();
        let patched = self.api.patch(&objects(&all)?);
        patched.map_err(|error| chain(&error))?;
        let (old, new) = (of_round(round.wrapping_sub(1)), of_round(round));
        let made: Vec<Request> = objects(&[service(&new, FIRST)])?
            .iter()
            .flat_map(|object| {
                [
                    Some(Request::create(object).accept(409)),
                    Request::status(object),
                ]
            })
            .flatten()
            .collect();
        self.api.send(&made).map_err(|error| chain(&error))?;
        self.wanted.insert(new, FIRST.to_owned());
        if self.wanted.remove(&old).is_some() {
            let deleted = self.api.delete(&objects(&[service(&old, FIRST)])?);
            deleted.map_err(|error| chain(&error))?;
            self.gone.push(old);
        }
        Ok(())
    }

    /// What every name is to have.
    pub(super) fn wanted(&self) -> &BTreeMap<String, String> {
        &self.wanted
    }

    /// Waits until every copy has all.
    pub(super) fn look(&self, copies: &Copies) -> Result<(), String> {
        for (name, address) in &self.wanted {
            copies.wait_for_address(name, address)?;
        }
        match self.gone.last() {
            Some(name) => copies.wait_for_all(&format!("{name}.{ZONE} A"), &[]),
            None => Ok(()),
        }
    }
}

fn of_round(round: usize) -> String {
    format!("r{round}")
}

/// Names whose address changes all the time.
pub(super) const CHANGING: [&str; 3] = ["c0", "c1", "c2"];

/// The address that every name has first.
pub(super) const FIRST: &str = "192.0.2.1";

const PAUSE: Duration = Duration::from_millis(40);
