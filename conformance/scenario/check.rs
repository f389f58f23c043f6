//! Compares an answer with what a case expects.

use super::parse::{Case, Expected, Section};
use crate::client::{Message, Query, Record, rcode_name, rdata_hex};
use crate::compare::pattern::fits;

/// What is wrong with an answer, if anything.
pub(crate) fn check(case: &Case, query: &Query, reply: Option<&[u8]>) -> Result<(), String> {
    let expected = &case.expected;
    let bytes = match (reply, expected.silent) {
        (None, true) => return Ok(()),
        (None, false) => return Err("no answer".into()),
        (Some(_), true) => return Err("an answer came".into()),
        (Some(bytes), false) => bytes,
    };
    let message = Message::decode(bytes).map_err(|error| format!("undecodable: {error}"))?;
    let mut wrong = header(expected, query, &message);
    let names = ["answer", "authority", "additional"];
    let found = [&message.answer, &message.authority, &message.additional];
    for ((name, found), section) in names.iter().zip(found).zip(&expected.sections) {
        if let Some(section) = section {
            wrong.extend(records(name, section, found));
        }
    }
    wrong.extend(edns(expected, &message));
    if let Some(size) = expected.size
        && message.length > size
    {
        wrong.push(format!("{} bytes; expected at most {size}", message.length));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

fn header(expected: &Expected, query: &Query, message: &Message) -> Vec<String> {
    let mut wrong = Vec::new();
    if message.id != query.id && query.bytes.len() >= 12 {
        wrong.push(format!("id {}; expected {}", message.id, query.id));
    }
    if !expected.rcodes.contains(&message.rcode) {
        wrong.push(format!("rcode {}", rcode_name(message.rcode)));
    }
    let flags = message.flags();
    if flags.first() != Some(&"qr") {
        wrong.push("qr is not set".into());
    }
    if let Some(wanted) = &expected.flags {
        let found: Vec<&str> = flags.into_iter().skip(1).collect();
        if found != *wanted {
            wrong.push(format!("flags {found:?}; expected {wanted:?}"));
        }
    }
    if let Some(question) = &expected.question
        && message.questions.first() != question.as_ref()
    {
        wrong.push(format!("question {:?}", message.questions));
    }
    wrong
}

/// Every record that must be there is there once, and there is no other than those that may.
fn records(name: &str, section: &Section, found: &[Record]) -> Vec<String> {
    let lines: Vec<String> = found.iter().map(Record::line).collect();
    let mut wrong = Vec::new();
    for must in &section.must {
        match lines.iter().filter(|line| fits(must, line)).count() {
            0 => wrong.push(format!("{name} lacks: {must}")),
            1 => {}
            count => wrong.push(format!("{name} has {count} times: {must}")),
        }
    }
    for line in &lines {
        let mut allowed = section.must.iter().chain(&section.may);
        if !allowed.any(|pattern| fits(pattern, line)) {
            wrong.push(format!("{name} must not have: {line}"));
        }
    }
    wrong
}

fn edns(expected: &Expected, message: &Message) -> Vec<String> {
    let mut wrong = Vec::new();
    let shown = message.edns.as_ref().map(|edns| {
        let (version, size) = (edns.version.to_string(), edns.size.to_string());
        vec![version, size, format!("{:04x}", edns.flags)]
    });
    match (&expected.edns, &shown) {
        (Some(wanted), None) if !wanted.is_empty() => wrong.push("no OPT".into()),
        (Some(wanted), Some(shown)) => {
            let same = wanted.len() == shown.len()
                && wanted
                    .iter()
                    .zip(shown)
                    .all(|(pattern, text)| fits(pattern, text));
            if !same {
                wrong.push(format!("edns {shown:?}; expected {wanted:?}"));
            }
        }
        _ => {}
    }
    let options: Vec<(u16, String)> = message
        .edns
        .iter()
        .flat_map(|edns| &edns.options)
        .map(|(code, content)| (*code, rdata_hex(content)))
        .collect();
    for (code, pattern) in &expected.options {
        let mut with = options.iter().filter(|(other, _)| other == code);
        if !with.any(|(_, content)| fits(pattern, content)) {
            wrong.push(format!("no option {code} like {pattern:?} in {options:?}"));
        }
    }
    for code in &expected.no_options {
        if options.iter().any(|(other, _)| other == code) {
            wrong.push(format!("option {code} is there"));
        }
    }
    wrong
}
