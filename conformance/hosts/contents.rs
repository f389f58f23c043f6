//! What is in zones, as lines, and in what two programs differ.

use provider::suite::Held;

/// All that is held, a line for each value; without what each zone has by itself.
#[must_use]
pub fn lines(held: &[Held]) -> Vec<String> {
    let mut lines = Vec::new();
    for set in held {
        let (name, rtype) = (&set.key.name, set.key.rtype);
        let is_own =
            matches!(rtype.to_string().as_str(), "SOA" | "NS") && ZONES.contains(&name.as_str());
        if is_own {
            continue;
        }
        for value in &set.values {
            let key = &set.key.set;
            let line = format!("{name} {} {rtype} {value} {key} {}", set.ttl, set.extra);
            lines.push(line.trim_end().to_owned());
        }
    }
    lines.sort_unstable();
    lines
}

/// What one has and the other has not: lines of ours with `+`, of theirs with `-`.
#[must_use]
pub fn difference(theirs: &[String], ours: &[String]) -> Vec<String> {
    let only = |these: &[String], those: &[String], mark: char| {
        let only = these.iter().filter(|line| !those.contains(line));
        only.map(|line| format!("{mark} {line}"))
            .collect::<Vec<_>>()
    };
    let mut all = only(theirs, ours, '-');
    all.extend(only(ours, theirs, '+'));
    all
}

/// The zones of all trials.
const ZONES: [&str; 2] = ["example.org", "example.net"];
