//! `zonewright plan`: what a full pass would change, as a table or JSON. Nothing is written.

use std::sync::Arc;

use anyhow::Context;
use config::{Output, Sync};
use plan::diff::Plan;
use plan::{Endpoint, RowName};
use serde_json::{Value, json};
use zone::Store;

use super::pass::{self, Decided};
use super::start::settled;
use crate::app::plain::{plain, plain_json};

/// What a full pass over every destination would change, as text. Our own zones were `compared` with
/// what it says, for people.
///
/// # Errors
/// Objects or records cannot be read.
pub(crate) async fn plan(
    sync: &Sync,
    store: &Arc<Store>,
    output: Output,
    color: bool,
    compared: &str,
) -> anyhow::Result<String> {
    let mut settled = settled(sync, store, color).await?;
    let mut plans = Vec::new();
    for destination in &mut settled.destinations {
        let name = destination.name.clone();
        let decided = destination.preview().await;
        let decided = decided.with_context(|| format!("destination \"{name}\""))?;
        let compared = destination.own.as_ref().map(|_| compared.to_owned());
        plans.push(Preview {
            name,
            decided,
            compared,
        });
    }
    settled.stop.cancel();
    Ok(match output {
        Output::Json => format!("{}\n", plain_json(&format!("{:#}", as_json(&plans)))),
        Output::Table => as_table(&plans),
    })
}

/// What a pass would do at a destination.
struct Preview {
    name: String,
    decided: Decided,
    /// What it was compared with, where that does not go without saying.
    compared: Option<String>,
}

/// The lines of a plan: what is done, then the endpoint before and after.
fn lines(plan: &Plan) -> Vec<(&'static str, Option<&Endpoint>, Option<&Endpoint>)> {
    let mut lines = Vec::new();
    let parts = [("", &plan.changes), ("withheld ", &plan.withheld)];
    for (prefix, changes) in parts {
        let held = !prefix.is_empty();
        let word = |plain, withheld| if held { withheld } else { plain };
        for made in &changes.create {
            lines.push((word("create", "(create)"), None, Some(made)));
        }
        for update in &changes.update {
            lines.push((
                word("update", "(update)"),
                Some(&update.old),
                Some(&update.new),
            ));
        }
        for gone in &changes.delete {
            lines.push((word("delete", "(delete)"), Some(gone), None));
        }
    }
    lines.sort_by_key(|(_, old, new)| {
        new.or(*old)
            .map(|endpoint| (endpoint.name.clone(), endpoint.rtype))
    });
    lines
}

fn as_table(plans: &[Preview]) -> String {
    let mut text = String::new();
    for preview in plans {
        let lines = lines(&preview.decided.plan);
        let rows: Vec<[String; 5]> = lines
            .iter()
            .map(|(what, old, new)| {
                let endpoint = new.or(*old);
                let field =
                    |field: &dyn Fn(&Endpoint) -> String| endpoint.map(field).unwrap_or_default();
                let targets = |endpoint: &&Endpoint| endpoint.targets.join(",");
                let targets = match (old, new) {
                    (Some(old), Some(new)) => format!("{} → {}", targets(old), targets(new)),
                    _ => field(&|endpoint| endpoint.targets.join(",")),
                };
                let ttl = |endpoint: &Endpoint| {
                    endpoint
                        .ttl
                        .map_or_else(|| "-".to_owned(), |ttl| ttl.to_string())
                };
                [
                    (*what).to_owned(),
                    field(&|endpoint| endpoint.name.to_string()),
                    field(&|endpoint| endpoint.rtype.to_string()),
                    field(&ttl),
                    targets,
                ]
                .map(|cell| plain(&cell))
            })
            .collect();
        let head = ["CHANGE", "NAME", "TYPE", "TTL", "TARGETS"].map(str::to_owned);
        let mut widths = [0; 5];
        for row in rows.iter().chain([&head]) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut line = |row: &[String; 5]| {
            let mut out = String::new();
            for (cell, width) in row.iter().zip(widths) {
                out.push_str(&format!("{cell:width$}  "));
            }
            text.push_str(out.trim_end());
            text.push('\n');
        };
        if !rows.is_empty() {
            line(&head);
            rows.iter().for_each(&mut line);
        }
        for line in remarks(preview) {
            text.push_str(&plain(&line));
            text.push('\n');
        }
    }
    text
}

/// What there is to say of a plan beside its lines: how much it is, then what is not in it and why.
fn remarks(preview: &Preview) -> Vec<String> {
    let Preview {
        name,
        decided,
        compared,
    } = preview;
    let changes = &decided.plan.changes;
    let mut remarks = vec![format!(
        "{name}: {} to create, {} to update, {} to delete",
        changes.create.len(),
        changes.update.len(),
        changes.delete.len()
    )];
    remarks.extend(compared.iter().map(|compared| format!("  {compared}")));
    let conflicts = decided.plan.conflicts.iter();
    remarks.extend(conflicts.map(|conflict| format!("  conflict: {}", pass::lost_to(conflict))));
    for skipped in &decided.plan.skipped {
        let owner = match skipped.foreign_owner() {
            "" => "nobody we know".to_owned(),
            owner => format!("\"{owner}\""),
        };
        let (name, rtype) = (&skipped.current.name, skipped.current.rtype);
        remarks.push(format!("  left alone: {name} {rtype} belongs to {owner}"));
    }
    let impossible = decided.impossible.iter().map(|one| ("impossible", one));
    let denied = decided.denied.iter().map(|one| ("denied", one));
    for (word, (endpoint, reason)) in impossible.chain(denied) {
        let (name, rtype) = (&endpoint.name, endpoint.rtype);
        remarks.push(format!("  {word}: {name} {rtype}: {reason}"));
    }
    if !decided.nowhere.is_empty() {
        let shown = decided.nowhere.len().min(NOWHERE_SHOWN);
        let (some, more) = decided.nowhere.split_at(shown);
        let some: Vec<&str> = some.iter().map(RowName::as_str).collect();
        let more = match more.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let some = some.join(", ");
        remarks.push(format!(
            "  in no zone of this server: {some}{more}; --zone names one more zone"
        ));
    }
    remarks
}

fn as_json(plans: &[Preview]) -> Value {
    let plan = |preview: &Preview| {
        let Preview {
            name,
            decided,
            compared,
        } = preview;
        let changes = |changes: &plan::ChangeSet| {
            let update = |update: &plan::Update| json!({"old": endpoint(&update.old), "new": endpoint(&update.new)});
            json!({
                "create": changes.create.iter().map(endpoint).collect::<Vec<_>>(),
                "update": changes.update.iter().map(update).collect::<Vec<_>>(),
                "delete": changes.delete.iter().map(endpoint).collect::<Vec<_>>(),
            })
        };
        let conflicts: Vec<String> = decided.plan.conflicts.iter().map(pass::lost_to).collect();
        let foreign = decided.plan.skipped.iter().map(|skipped| {
            json!({"record": endpoint(&skipped.current), "owner": skipped.foreign_owner()})
        });
        let denied = decided.denied.iter().chain(&decided.impossible);
        let denied =
            denied.map(|(denied, reason)| json!({"record": endpoint(denied), "reason": reason}));
        let nowhere = decided.nowhere.iter().map(RowName::as_str);
        let some: Vec<&str> = nowhere.take(NOWHERE_SHOWN).collect();
        json!({
            "destination": name,
            "comparedWith": compared,
            "changes": changes(&decided.plan.changes),
            "withheld": changes(&decided.plan.withheld),
            "conflicts": conflicts,
            "leftAlone": foreign.collect::<Vec<_>>(),
            "denied": denied.collect::<Vec<_>>(),
            "inNoZone": {"names": decided.nowhere.len(), "some": some},
        })
    };
    Value::Array(plans.iter().map(plan).collect())
}

/// An endpoint as JSON.
pub(super) fn endpoint(endpoint: &Endpoint) -> Value {
    let pairs = |pairs: &mut dyn Iterator<Item = (&str, &str)>| {
        Value::Object(
            pairs
                .map(|(key, value)| (key.to_owned(), json!(value)))
                .collect(),
        )
    };
    let objects: Vec<String> = endpoint.origins.iter().map(ToString::to_string).collect();
    json!({
        "name": endpoint.name,
        "type": endpoint.rtype.to_string(),
        "ttl": endpoint.ttl.map(wire::Ttl::as_secs),
        "targets": endpoint.targets,
        "setIdentifier": endpoint.set_identifier,
        "labels": pairs(&mut endpoint.labels.iter()),
        "properties": pairs(&mut endpoint.properties.iter()),
        "objects": objects,
    })
}

/// So many names of no zone are shown; of the others the number is enough.
const NOWHERE_SHOWN: usize = 3;
