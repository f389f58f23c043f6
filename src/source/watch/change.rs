//! What a watch says: an object, or a line about one, as an event.

use super::failure::{Failure, Rule};
use super::shape::{Identity, Line, Status, key_of, split};
use super::subject::Subject;
use crate::Event;

/// What a line of a watch says.
pub(super) enum Change {
    /// An object came, changed or went; with the version that all is of then.
    Event(Box<Event>, Option<Box<str>>),
    /// Nothing more up to a version; whether that ends the list at the beginning.
    Bookmark { version: Box<str>, ends_list: bool },
}

impl Subject {
    /// An object as an event; one that cannot be read stays as it was.
    pub(super) fn read(&self, json: &[u8]) -> Result<Event, Failure> {
        match (self.decode)(json) {
            Ok(object) => Ok(Event::Apply(object)),
            Err(error) => Ok(Event::Unreadable(self.kind, key_of(json)?, error)),
        }
    }

    /// One line of a watch. In the middle of a list its version is of no use.
    pub(super) fn change(&self, line: &[u8], listing: bool) -> Result<Change, Failure> {
        let (kind, json) = match split(line) {
            Some(parts) => parts,
            None => {
                let line: Line<'_> = serde_json::from_slice(line)?;
                (line.kind, line.object.get().as_bytes())
            }
        };
        let event = match &*kind {
            "ADDED" | "MODIFIED" => self.read(json)?,
            "DELETED" => Event::Delete(self.kind, key_of(json)?),
            "BOOKMARK" => {
                let object: Identity<'_> = serde_json::from_slice(json)?;
                return Ok(Change::Bookmark {
                    version: object.metadata.resource_version.into(),
                    ends_list: object.metadata.annotations.ends_list.as_deref() == Some("true"),
                });
            }
            _ => {
                let status: Status = serde_json::from_slice(json)?;
                let resource = self.resources.first().ok_or(Failure::Absent)?;
                let (code, message) = (status.code, status.message);
                let rule = Rule::to_follow(resource);
                return Err(Failure::of_status(code, message, None, rule));
            }
        };
        if listing {
            return Ok(Change::Event(Box::new(event), None));
        }
        let object: Identity<'_> = serde_json::from_slice(json)?;
        Ok(Change::Event(
            Box::new(event),
            Some(object.metadata.resource_version.into()),
        ))
    }
}
