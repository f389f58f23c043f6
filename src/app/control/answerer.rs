//! Who answers at the control socket, and the way back to who asked.
//!
//! What is answered stands elsewhere: `contents` about zones, `orders` for what is done with them,
//! `import`, and `sources` about what objects ask for.

use std::io::{self, BufWriter, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use wire::{Name, NameRef};
use zone::Store;

use super::protocol::Reply;
use crate::app::follow::Hub;
use crate::app::sync::{Asks, Model};
use crate::app::zones::{Handle, Statuses};

/// Knows the answers.
#[derive(Clone, Debug)]
pub(crate) struct Answerer {
    pub(crate) keeper: Handle,
    pub(crate) statuses: Statuses,
    pub(crate) store: Arc<Store>,
    /// The zones that follow other servers, if there are any.
    pub(crate) hub: Option<Arc<Hub>>,
    /// The objects and the ways to ask each destination; none without sources.
    pub(crate) sync: Option<(Model, Vec<Asks>)>,
}

/// The way back to the client.
pub(super) struct Replies<'a>(BufWriter<&'a UnixStream>);

impl<'a> Replies<'a> {
    pub(super) fn new(out: BufWriter<&'a UnixStream>) -> Self {
        Self(out)
    }

    pub(super) fn send(&mut self, reply: &Reply) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, reply)?;
        self.0.write_all(b"\n")
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The name of a zone.
pub(super) fn name(text: &str) -> Result<Name, String> {
    Name::from_text(text.as_bytes(), Some(NameRef::ROOT))
        .map_err(|error| format!("\"{text}\" is not the name of a zone: {error}"))
}
