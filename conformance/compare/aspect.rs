//! The sides of an answer that are compared one by one.

use std::collections::BTreeSet;

use crate::client::{Message, Record, rcode_name, rdata_hex, rtype_name};

/// One side of an answer and what it shows there.
pub(crate) type Aspect = (&'static str, String);

/// The names of all sides.
pub(crate) const NAMES: [&str; 15] = [
    "reply",
    "id",
    "opcode",
    "rcode",
    "aa",
    "tc",
    "flags",
    "question",
    "edns",
    "options",
    "length",
    "answer",
    "authority",
    "additional",
    "repeats",
];

/// All sides of what came back for a query; `limit` is what the client can take over UDP.
pub(crate) fn aspects(reply: Option<&[u8]>, id: u16, limit: usize) -> Vec<Aspect> {
    let Some(bytes) = reply else {
        return vec![("reply", "none".into())];
    };
    let message = match Message::decode(bytes) {
        Ok(message) => message,
        // Some answers to broken packets are a header only, with counts that are not true.
        Err(error) => return vec![("reply", format!("undecodable: {error}"))],
    };
    let flags = message.flags();
    let has = |flag: &str| flags.contains(&flag).to_string();
    let others: Vec<&str> = flags
        .iter()
        .copied()
        .filter(|flag| !["aa", "tc"].contains(flag))
        .collect();
    let questions: Vec<String> = message
        .questions
        .iter()
        .map(|(name, rtype, class)| format!("{name} {} {class}", rtype_name(*rtype)))
        .collect();
    let sections = [&message.answer, &message.authority, &message.additional];
    let mut aspects = vec![
        ("reply", "yes".into()),
        ("id", (message.id == id).to_string()),
        ("opcode", message.opcode().to_string()),
        ("rcode", rcode_name(message.rcode)),
        ("aa", has("aa")),
        ("tc", has("tc")),
        ("flags", others.join(" ")),
        ("question", questions.join(", ")),
        ("edns", edns(&message)),
        ("options", options(&message)),
        ("length", (message.length <= limit).to_string()),
    ];
    // RFC 2181 §9: what a truncated answer holds is not used, so it is not compared.
    if !flags.contains(&"tc") {
        aspects.extend([
            ("answer", lines(&message.answer)),
            ("authority", lines(&message.authority)),
            ("additional", lines(&message.additional)),
            (
                "repeats",
                sections.iter().any(|section| repeats(section)).to_string(),
            ),
        ]);
    }
    aspects
}

/// A section as a set.
fn lines(records: &[Record]) -> String {
    let lines: BTreeSet<String> = records.iter().map(Record::line).collect();
    Vec::from_iter(lines).join("\n")
}

/// Whether a section has a record twice.
fn repeats(records: &[Record]) -> bool {
    let lines: BTreeSet<String> = records.iter().map(Record::line).collect();
    lines.len() < records.len()
}

fn edns(message: &Message) -> String {
    message.edns.as_ref().map_or_else(
        || "none".into(),
        |edns| {
            format!(
                "version {} size {} flags {:04x}",
                edns.version, edns.size, edns.flags
            )
        },
    )
}

/// The options: of cookies the length, and no extended errors, of which each server has its own.
fn options(message: &Message) -> String {
    let options = message.edns.iter().flat_map(|edns| &edns.options);
    let mut shown: Vec<String> = options
        .filter(|(code, _)| *code != EXTENDED_ERROR)
        .map(|(code, content)| match *code {
            COOKIE => format!("cookie of {} bytes", content.len()),
            code => format!("{code}:{}", rdata_hex(content)),
        })
        .collect();
    shown.sort();
    shown.join(", ")
}

const COOKIE: u16 = 10;
const EXTENDED_ERROR: u16 = 15;
