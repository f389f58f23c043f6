//! What goes over the control socket. A new version may add; a change of meaning is a new number.

use serde::{Deserialize, Serialize};

use crate::app::sync::LayerRecord;
use crate::app::sync::explain::Explanation;

/// The version that this build speaks.
pub(super) const VERSION: u32 = 1;

/// The longest request.
pub(super) const MAX_REQUEST: u64 = 1 << 20;

/// A line from the client.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Request {
    pub(super) version: u32,
    #[serde(flatten)]
    pub(super) command: Command,
}

/// What the client wants.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub(super) enum Command {
    /// Lets go of deletes that the brake holds, of one destination or all, in one zone or all.
    BrakeRelease {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        destination: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// All about a name.
    Explain { name: String },
    /// The contents of a zone, as texts.
    Export { zone: String },
    /// Have what is published of zones on the disk, of all if none is named; an answer for each.
    Flush { zones: Vec<String> },
    /// Refuse updates of zones; an answer for each.
    Freeze { zones: Vec<String> },
    /// Put records into a zone as a client's updates would, all of them or none; an answer for it.
    Import {
        zone: String,
        /// The serial of where they come from.
        serial: u32,
        rrsets: Vec<Imported>,
        /// Only say whether it could be done.
        #[serde(default)]
        try_only: bool,
    },
    /// All zones.
    List,
    /// What objects have in a zone, as records.
    Records { zone: String },
    /// Read zones again, all if none is named; an outcome for each.
    Reload { zones: Vec<String> },
    /// Take copies from their primaries anew; an answer for each.
    Retransfer { zones: Vec<String> },
    /// One zone.
    Show { zone: String },
    /// Take updates of zones again; an answer for each.
    Thaw { zones: Vec<String> },
}

/// A line from the daemon. `Done` or `Error` comes last.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reply {
    /// All is said.
    Done,
    /// It cannot be done.
    Error(String),
    /// What is known of a name.
    Explanation(Box<Explanation>),
    /// What came of an order about a zone.
    Ordered(Done),
    /// What came of reading a zone again.
    Outcome(Outcome),
    /// Some records.
    Records(Vec<LayerRecord>),
    /// How many deletes the brake of a destination lets go.
    Released(Released),
    /// A piece of a text.
    Text(String),
    /// A zone.
    Zone(Box<Zone>),
}

/// An RRset that a zone is to have.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Imported {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) rtype: u16,
    pub(super) ttl: u32,
    /// Data of each record, uncompressed, in base64.
    pub(super) data: Vec<String>,
}

/// How a zone is.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Zone {
    pub(super) zone: String,
    /// `served`, `stale` or `failed`.
    pub(super) state: String,
    /// Whether updates by clients are refused for now.
    #[serde(default)]
    pub(super) frozen: bool,
    pub(super) serial: Option<u32>,
    pub(super) records: usize,
    pub(super) names: usize,
    pub(super) memory_bytes: usize,
    pub(super) file: String,
    /// The folder that the file was found in.
    pub(super) folder: Option<String>,
    pub(super) includes: Vec<String>,
    /// When the file was last read, as RFC 3339.
    pub(super) read: String,
    pub(super) warnings: usize,
    /// The errors of the file as it is now.
    pub(super) errors: String,
}

/// What the brake of a destination lets go.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Released {
    pub(super) destination: String,
    pub(super) deletes: usize,
}

/// What came of an order about a zone.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Done {
    pub(super) zone: String,
    pub(super) serial: Option<u32>,
    /// Whether it was not so before.
    pub(super) changed: bool,
    /// Why not; empty if it went well.
    pub(super) error: String,
}

/// What came of reading a zone again.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Outcome {
    pub(super) zone: String,
    pub(super) serial: Option<u32>,
    pub(super) records: usize,
    pub(super) changed: bool,
    /// Why not; empty if it went well.
    pub(super) errors: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_look_as_documented() {
        let request = Request {
            version: 1,
            command: Command::Show {
                zone: "example.org".to_owned(),
            },
        };
        let line = serde_json::to_string(&request).unwrap();
        assert_eq!(
            line,
            r#"{"version":1,"command":"show","zone":"example.org"}"#
        );
        assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), request);
        let release = |destination: Option<&str>| Request {
            version: 1,
            command: Command::BrakeRelease {
                destination: destination.map(str::to_owned),
                zone: None,
            },
        };
        for (request, expected) in [
            (release(None), r#"{"version":1,"command":"brake-release"}"#),
            (
                release(Some("a")),
                r#"{"version":1,"command":"brake-release","destination":"a"}"#,
            ),
        ] {
            let line = serde_json::to_string(&request).unwrap();
            assert_eq!(line, expected);
            assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), request);
        }
        assert_eq!(serde_json::to_string(&Reply::Done).unwrap(), r#""done""#);
        let error = Reply::Error("no".to_owned());
        assert_eq!(serde_json::to_string(&error).unwrap(), r#"{"error":"no"}"#);
    }
}
