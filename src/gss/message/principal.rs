//! Names of users and services.

use std::fmt;

use crate::der::{self, Malformed, Reader};

/// A name, without its realm.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    kind: i64,
    parts: Vec<String>,
}

impl Principal {
    /// A user, as people write one; parts are divided by slashes.
    pub(crate) fn user(name: &str) -> Self {
        Self {
            kind: NAME,
            parts: name.split('/').map(str::to_owned).collect(),
        }
    }

    /// A service on a host, or that of a realm.
    pub(crate) fn service(service: &str, of: &str) -> Self {
        Self {
            kind: SERVICE,
            parts: vec![service.to_owned(), of.to_owned()],
        }
    }

    /// The service that gives tickets of a realm.
    pub(crate) fn ticket_service(realm: &str) -> Self {
        Self::service("krbtgt", realm)
    }

    /// If it is one that gives tickets: of which realm.
    pub(crate) fn realm_of_tickets(&self) -> Option<&str> {
        match &*self.parts {
            [service, realm] if service == "krbtgt" => Some(realm),
            _ => None,
        }
    }

    pub(crate) fn read(mut outer: Reader<'_>) -> Result<Self, Malformed> {
        let mut fields = outer.sequence()?;
        let kind = fields.field(0)?.int()?;
        let mut list = fields.field(1)?.sequence()?;
        let mut parts = Vec::new();
        while !list.is_empty() {
            parts.push(list.string()?);
        }
        Ok(Self { kind, parts })
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let parts: Vec<Vec<u8>> = self.parts.iter().map(|part| der::string(part)).collect();
        der::sequence(&[
            der::field(0, &der::int(self.kind)),
            der::field(1, &der::sequence(&parts)),
        ])
    }
}

impl PartialEq for Principal {
    /// RFC 4120 §6.2: the kind is a hint. Directories keep names in the case that they were made in.
    fn eq(&self, other: &Self) -> bool {
        let parts = self.parts.iter().zip(&other.parts);
        self.parts.len() == other.parts.len()
            && parts
                .into_iter()
                .all(|(one, two)| one.eq_ignore_ascii_case(two))
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts.join("/"))
    }
}

const NAME: i64 = 1;
const SERVICE: i64 = 2;
