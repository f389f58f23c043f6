//! The queries that a zone gives rise to: each of its names, their empty ancestors, names above,
//! below and beside them, with many types, over all transports and sizes in turn.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use peers::Zone;

/// All query lines for a zone.
pub(crate) fn queries(zone: &Zone) -> Result<Vec<String>, String> {
    let path = zone.file.display();
    let text = fs::read_to_string(&zone.file).map_err(|error| format!("{path}: {error}"))?;
    let owners = owners(&text, &zone.origin);
    let mut lines = Vec::new();
    for name in with_ancestors(&owners, &zone.origin) {
        for rtype in OWN_TYPES {
            lines.push(format!("{name} {rtype}"));
        }
        for below in BELOW {
            for rtype in BELOW_TYPES {
                let name = format!("{below}.{name}");
                lines.push(format!(
                    "{} {rtype}",
                    name.trim_end_matches("..").to_owned()
                ));
            }
        }
    }
    for (line, ways) in lines.iter_mut().zip(WAYS.iter().cycle()) {
        line.push_str(ways);
    }
    Ok(lines)
}

/// The owner names of a zone file, absolute; enough of the format for the files of this suite.
pub(crate) fn owners(text: &str, origin: &str) -> BTreeSet<String> {
    let origin = absolute("@", origin);
    let mut found = BTreeSet::from([origin.clone()]);
    for line in text.lines() {
        let first = line.split_whitespace().next().unwrap_or_default();
        let begins = line.chars().next();
        if begins.is_some_and(|c| !c.is_whitespace() && c != ';' && c != '$') {
            found.insert(absolute(first, &origin));
        }
    }
    found
}

fn absolute(name: &str, origin: &str) -> String {
    let name = match name {
        "@" => origin.trim_end_matches('.').to_owned(),
        name if name.ends_with('.') && !name.ends_with("\\.") => {
            name.trim_end_matches('.').to_owned()
        }
        name => format!("{name}.{}", origin.trim_end_matches('.')),
    };
    format!("{}.", name.trim_end_matches('.'))
}

/// The names and everything between them and the apex, and the name above the apex.
fn with_ancestors(owners: &BTreeSet<String>, origin: &str) -> BTreeSet<String> {
    let apex = absolute("@", origin);
    let mut names = BTreeSet::new();
    for owner in owners {
        let mut name = owner.as_str();
        while names.insert(name.to_owned()) && name != apex {
            name = match name.split_once('.') {
                Some((_, "")) | None => ".",
                Some((_, parent)) => parent,
            };
        }
    }
    names
}

const OWN_TYPES: [&str; 12] = [
    "A", "AAAA", "NS", "CNAME", "DNAME", "SOA", "TXT", "MX", "SRV", "DS", "ANY", "HTTPS",
];

/// Names below each name; the second is two deep, the third a wildcard's own name.
const BELOW: [&str; 4] = ["x", "q.w", "*", "A.mIxEd"];

const BELOW_TYPES: [&str; 6] = ["A", "TXT", "NS", "CNAME", "DS", "ANY"];

/// Not a divisor of the number of types, so that every type is asked in every way.
const WAYS: [&str; 7] = [
    "",
    " +edns=1232",
    " +edns=4096 +do",
    " +tcp",
    " +rd +cd +ad",
    " +edns=512",
    " +tcp +edns=1232",
];

/// The queries of a file of lines; `#` begins a comment.
pub(crate) fn packets(file: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let lines = text.lines().map(str::trim);
    Ok(lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect())
}
