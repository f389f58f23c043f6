//! What is known of a name, as people read it: a short report, the answer in its headings.

use std::fmt::Write;

use crate::app::plain::plain;
use crate::app::sync::explain::{Asking, Change, Explanation, Place, Record, State};

/// All about a name.
pub(super) fn report(explanation: &Explanation) -> String {
    let mut page = Page(String::new());
    let name = explanation.name.as_str();
    page.line("", name);
    let (asking, naming): (Vec<&Asking>, Vec<&Asking>) = explanation
        .objects
        .iter()
        .partition(|object| !object.asks.is_empty());
    if asking.is_empty() {
        page.heading("No object asks for it");
        near(explanation, &mut page);
    } else {
        page.heading("Asked for by");
        objects(&asking, name, &mut page);
    }
    if !naming.is_empty() {
        page.heading("Named by, without effect");
        objects(&naming, name, &mut page);
    }
    if !explanation.problems.is_empty() {
        page.heading("Problems that speak of it");
        page.some(2, &explanation.problems);
    }
    for place in &explanation.destinations {
        destination(place, name, &mut page);
    }
    if !explanation.incomplete.is_empty() {
        page.heading("Not all objects are known");
        page.some(2, &explanation.incomplete);
    }
    if !explanation.untold.is_empty() {
        page.heading("The cluster is not told of it, which harms no record");
        page.some(2, &explanation.untold);
    }
    page.0
}

fn near(explanation: &Explanation, page: &mut Page) {
    for near in &explanation.near {
        let key = if near.wildcard {
            "falls under"
        } else {
            "close to"
        };
        page.line("  ", &format!("{key:<12} {}", near.name));
    }
}

fn objects(objects: &[&Asking], name: &str, page: &mut Page) {
    for object in objects.iter().take(OBJECTS) {
        page.line("  ", &object.object);
        let rule = object
            .rule
            .as_deref()
            .map(|rule| format!(", {rule}"))
            .unwrap_or_default();
        page.field(4, "source", &format!("{}{rule}", object.source));
        let asks: Vec<String> = object
            .asks
            .iter()
            .map(|asked| record(asked, name))
            .collect();
        page.fields("asks", &asks);
        page.fields("note", &object.notes);
        page.fields("problem", &object.problems);
        if object.asks.is_empty() && object.notes.is_empty() && object.problems.is_empty() {
            page.field(
                4,
                "note",
                "it gives nothing for the name under the settings",
            );
        }
    }
    if let Some(more) = objects.len().checked_sub(OBJECTS).filter(|more| *more > 0) {
        page.line("  ", &format!("and {more} more"));
    }
}

fn destination(place: &Place, name: &str, page: &mut Page) {
    page.heading(&format!(
        "Destination {}: {}",
        place.destination,
        state(place.state)
    ));
    if !place.provider.is_empty() {
        let zone = place.zone.as_deref();
        let zone = zone
            .map(|zone| format!(", zone {zone}"))
            .unwrap_or_default();
        let owner = place.owner.as_deref();
        let owner = owner
            .map(|owner| format!(", owner \"{owner}\""))
            .unwrap_or_default();
        let text = format!(
            "provider {}{zone}, policy {}{owner}",
            place.provider, place.policy
        );
        page.field(2, "where", &text);
    }
    let short = |texts: &[String]| -> Vec<String> {
        let cut = |text: &String| {
            text.strip_prefix(name)
                .unwrap_or(text)
                .trim_start()
                .to_owned()
        };
        texts.iter().map(cut).collect()
    };
    let records = |all: &[Record]| -> Vec<String> {
        all.iter()
            .map(|one| format!("{}{}", record(one, name), from(one)))
            .collect()
    };
    page.list("merge", &short(&place.steps));
    page.list("outside", &short(&place.outside));
    page.list("wanted", &records(&place.wanted));
    page.list("there", &records(&place.current));
    page.list("beside", &records(&place.beside));
    page.list("hidden", &short(&place.hidden));
    page.list("lost", &short(&place.conflicts));
    page.list("others", &short(&place.foreign));
    let changes = place
        .changes
        .iter()
        .map(|change| self::change(change, name));
    page.list("to do", &changes.collect::<Vec<_>>());
    if place.held > 0 {
        let held = place.held;
        let deletes = if held == 1 { "delete" } else { "deletes" };
        let text =
            format!("holds {held} {deletes} in this zone; `zonewright brake release` lets them go");
        page.field(2, "brake", &text);
    }
    if let Some(error) = &place.error {
        page.field(2, "error", error);
    }
}

fn change(change: &Change, name: &str) -> String {
    let old = change.old.as_ref().map(|old| record(old, name));
    let new = change.new.as_ref().map(|new| record(new, name));
    let what = match (old, new) {
        (Some(old), Some(new)) => format!("{old} → {new}"),
        (old, new) => old.or(new).unwrap_or_default(),
    };
    let reason = change.reason.as_deref();
    let reason = reason
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    format!(
        "{} {what}, {}{reason}",
        change.action.word(),
        state(change.state)
    )
}

/// Type, targets and TTL; the name only where it is another one, as with PTR.
fn record(record: &Record, name: &str) -> String {
    let mut text = String::new();
    let written = plan::name::normalize(&record.name);
    if *written != *name {
        text = format!("{} ", record.name);
    }
    text.push_str(&record.rtype);
    for (at, target) in record.targets.iter().take(TARGETS).enumerate() {
        text.push_str(if at == 0 { " " } else { ", " });
        text.push_str(target);
    }
    if let Some(more) = record
        .targets
        .len()
        .checked_sub(TARGETS)
        .filter(|more| *more > 0)
    {
        text.push_str(&format!(" and {more} more"));
    }
    if let Some(ttl) = record.ttl {
        text.push_str(&format!(", TTL {ttl}"));
    }
    if !record.set_identifier.is_empty() {
        text.push_str(&format!(", set \"{}\"", record.set_identifier));
    }
    for (key, value) in &record.properties {
        text.push_str(&format!(", {key}={value}"));
    }
    text
}

/// Whose a record is.
fn from(record: &Record) -> String {
    if let Some(layer) = &record.layer {
        return format!(", {layer}");
    }
    match (&*record.objects, record.owner.as_deref()) {
        ([], None) => String::new(),
        ([], Some(owner)) => format!(", owned by \"{owner}\""),
        (objects, _) => format!(", from {}", objects.join(", ")),
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::AsWanted => "as wanted",
        State::Blocked => "blocked by records of others",
        State::Hidden => "there, but something else is answered",
        State::Held => "held by the brake on mass deletes",
        State::Nothing => "nothing wanted, nothing there",
        State::NotOurs => "there, but not from here",
        State::Outside => "not looked at",
        State::Pending => "made with the next pass",
        State::Refused => "refused by the destination",
        State::Unread => "not known yet",
        State::Waiting => "waiting for all objects to be known",
        State::Withheld => "withheld by the policy",
    }
}

struct Page(String);

impl Page {
    fn line(&mut self, indent: &str, text: &str) {
        // A String takes all that is written.
        let _whole = writeln!(self.0, "{indent}{}", plain(text)).is_ok();
    }

    fn heading(&mut self, text: &str) {
        self.0.push('\n');
        self.line("", text);
    }

    fn field(&mut self, indent: usize, key: &str, text: &str) {
        self.line(&" ".repeat(indent), &format!("{key:<8} {text}"));
    }

    /// Fields of an object.
    fn fields(&mut self, key: &str, texts: &[String]) {
        self.several(4, key, texts);
    }

    /// Fields of a destination.
    fn list(&mut self, key: &str, texts: &[String]) {
        self.several(2, key, texts);
    }

    fn several(&mut self, indent: usize, key: &str, texts: &[String]) {
        for (at, text) in texts.iter().take(LINES).enumerate() {
            self.field(indent, if at == 0 { key } else { "" }, text);
        }
        if let Some(more) = texts.len().checked_sub(LINES).filter(|more| *more > 0) {
            self.field(indent, "", &format!("and {more} more"));
        }
    }

    fn some(&mut self, indent: usize, texts: &[String]) {
        for text in texts.iter().take(LINES) {
            self.line(&" ".repeat(indent), text);
        }
        if let Some(more) = texts.len().checked_sub(LINES).filter(|more| *more > 0) {
            self.line(&" ".repeat(indent), &format!("and {more} more"));
        }
    }
}

/// Objects that are shown; JSON has all.
const OBJECTS: usize = 5;

/// Lines of one sort that are shown; JSON has all.
const LINES: usize = 6;

/// Targets of a record that are shown; JSON has all.
const TARGETS: usize = 8;

#[cfg(test)]
mod tests;
