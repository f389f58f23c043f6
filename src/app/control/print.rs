//! Zones and outcomes as people read them.

use super::protocol::{Done, Outcome, Released, Zone};
use crate::app::plain::plain;

/// A table with a line for each zone.
pub(super) fn list(zones: &[Zone]) -> String {
    let heading = ["ZONE", "STATE", "SERIAL", "RECORDS", "NAMES", "FILE"].map(str::to_owned);
    let rows = zones.iter().map(|zone| {
        [
            zone.zone.clone(),
            zone.state.clone(),
            zone.serial
                .map_or_else(|| "-".to_owned(), |serial| serial.to_string()),
            zone.records.to_string(),
            zone.names.to_string(),
            plain(&zone.file),
        ]
    });
    table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
}

/// All about a zone.
pub(super) fn zone(zone: &Zone) -> String {
    let mut rows = vec![
        ("zone", zone.zone.clone()),
        ("state", state(zone).to_owned()),
    ];
    if zone.frozen {
        rows.push(("frozen", "updates by clients are refused".to_owned()));
    }
    if let Some(serial) = zone.serial {
        rows.push(("serial", serial.to_string()));
        rows.push(("records", zone.records.to_string()));
        rows.push(("names", zone.names.to_string()));
        rows.push(("memory", format!("{} bytes", zone.memory_bytes)));
    }
    rows.push(("file", plain(&zone.file)));
    rows.extend(
        zone.includes
            .iter()
            .map(|include| ("includes", plain(include))),
    );
    if let Some(folder) = &zone.folder {
        rows.push(("found in", plain(folder)));
    }
    rows.push(("last read", zone.read.clone()));
    if zone.warnings > 0 {
        rows.push((
            "warnings",
            format!(
                "{}, see zonewright check {}",
                zone.warnings,
                plain(&zone.file)
            ),
        ));
    }
    let mut text = String::new();
    for (key, value) in rows {
        text.push_str(&format!("{key:<10} {value}\n"));
    }
    if !zone.errors.is_empty() {
        text.push_str(&format!("\n{}", zone.errors));
    }
    text
}

fn state(zone: &Zone) -> &str {
    match zone.state.as_str() {
        "failed" => "failed: its file has errors, the zone is not served",
        "stale" => "stale: its file has errors, the zone is served as it was before",
        "expired" => "expired: no primary has confirmed it for too long, the zone is not served",
        "unconfirmed" => {
            "unconfirmed: no primary can be asked, the zone is served as it was before"
        }
        "waiting" => "waiting: no primary has given it yet, the zone is not served",
        other => other,
    }
}

/// A line for each zone that was read again, and the errors of those that were not.
pub(super) fn outcomes(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        let zone = &outcome.zone;
        text.push_str(&match (outcome.serial, outcome.changed) {
            (Some(serial), true) => {
                format!(
                    "{zone} changed, serial {serial}, {} records\n",
                    outcome.records
                )
            }
            (Some(serial), false) => format!("{zone} has not changed, serial {serial}\n"),
            (None, _) => {
                let errors = outcome.errors.trim_end_matches('\n');
                format!("{zone} was not taken:\n{errors}\n")
            }
        });
    }
    text
}

/// What is said of a zone that something was done with: if it is new, and if it was so before.
#[derive(Clone, Copy)]
pub(super) struct Words {
    new: &'static str,
    old: &'static str,
}

pub(super) const FLUSHED: Words = Words {
    new: "is on the disk",
    old: "is on the disk",
};
pub(super) const FROZEN: Words = Words {
    new: "is frozen, updates by clients are refused",
    old: "was frozen already",
};
pub(super) const THAWED: Words = Words {
    new: "takes updates by clients again",
    old: "was not frozen",
};
pub(super) const TRANSFERRED: Words = Words {
    new: "was taken from its primary anew",
    old: "was taken from its primary anew and is what it was",
};

/// A line for each zone that something was done with, or why not.
pub(super) fn done(done: &[Done], words: Words) -> String {
    let mut text = String::new();
    for one in done {
        let said = if one.changed { words.new } else { words.old };
        text.push_str(&match one.serial {
            Some(serial) => format!("{} {said}, serial {serial}\n", one.zone),
            None => format!("{}: {}\n", one.zone, plain(&one.error)),
        });
    }
    text
}

/// A line for each destination whose brake was asked to let go.
pub(super) fn released(released: &[Released]) -> String {
    let line = |one: &Released| match one.deletes {
        0 => format!("{}: no deletes are held\n", one.destination),
        1 => format!("{}: 1 delete goes with the next pass\n", one.destination),
        many => format!(
            "{}: {many} deletes go with the next pass\n",
            one.destination
        ),
    };
    released.iter().map(line).collect()
}

/// Columns as wide as their widest cell; numbers to the right.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    let mut numeric = [true; N];
    for (number, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            widths[column] = widths[column].max(cell.chars().count());
            let is_number = cell == "-" || cell.bytes().all(|byte| byte.is_ascii_digit());
            numeric[column] &= number == 0 || is_number;
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            line.push_str(&match numeric[column] {
                true => format!("{cell:>width$}  "),
                false => format!("{cell:<width$}  "),
            });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Zone {
        Zone {
            zone: "example.org.".to_owned(),
            state: "stale".to_owned(),
            frozen: false,
            serial: Some(2_026_112_101),
            records: 42,
            names: 17,
            memory_bytes: 4_096,
            file: "zones/example.org.zone".to_owned(),
            folder: Some("zones".to_owned()),
            includes: vec!["zones/mail.inc".to_owned()],
            read: "2026-11-21T12:00:54.123Z".to_owned(),
            warnings: 1,
            errors: "error: no SOA\n".to_owned(),
        }
    }

    #[test]
    fn zones_are_listed_in_columns() {
        let mut failed = example();
        failed.zone = "b.".to_owned();
        failed.serial = None;
        failed.state = "failed".to_owned();
        insta::assert_snapshot!(list(&[example(), failed]), @"
        ZONE          STATE       SERIAL  RECORDS  NAMES  FILE
        example.org.  stale   2026112101       42     17  zones/example.org.zone
        b.            failed           -       42     17  zones/example.org.zone
        ");
    }

    #[test]
    fn a_zone_is_shown_with_all_that_is_known() {
        insta::assert_snapshot!(zone(&example()), @"
        zone       example.org.
        state      stale: its file has errors, the zone is served as it was before
        serial     2026112101
        records    42
        names      17
        memory     4096 bytes
        file       zones/example.org.zone
        includes   zones/mail.inc
        found in   zones
        last read  2026-11-21T12:00:54.123Z
        warnings   1, see zonewright check zones/example.org.zone

        error: no SOA
        ");
    }

    #[test]
    fn releases_say_how_much_goes() {
        let all = [0, 1, 25].map(|deletes| Released {
            destination: "embedded".to_owned(),
            deletes,
        });
        insta::assert_snapshot!(released(&all), @"
        embedded: no deletes are held
        embedded: 1 delete goes with the next pass
        embedded: 25 deletes go with the next pass
        ");
    }

    #[test]
    fn outcomes_say_what_is_new() {
        let good = Outcome {
            zone: "a.".to_owned(),
            serial: Some(2),
            records: 5,
            changed: true,
            errors: String::new(),
        };
        let same = Outcome {
            changed: false,
            ..good.clone()
        };
        let wrong = Outcome {
            serial: None,
            errors: "error: no SOA\n".to_owned(),
            ..good.clone()
        };
        insta::assert_snapshot!(outcomes(&[good, same, wrong]), @"
        a. changed, serial 2, 5 records
        a. has not changed, serial 2
        a. was not taken:
        error: no SOA
        ");
    }
}
