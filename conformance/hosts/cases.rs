//! Cases: states of a zone, one after the other.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// The endpoints of each state.
    pub states: Vec<Vec<Value>>,
}

impl Case {
    /// All types that it has. To manage more keeps external-dns from names that have others already.
    #[must_use]
    pub fn types(&self) -> Vec<String> {
        let all = self.states.iter().flatten();
        let types = all.filter_map(|endpoint| endpoint["recordType"].as_str());
        let types: BTreeSet<&str> = types.collect();
        types.into_iter().map(str::to_owned).collect()
    }
}

/// The cases of a text.
///
/// # Errors
/// A line is not as it should be.
pub fn cases(text: &str) -> Result<Vec<Case>, String> {
    let mut all: Vec<Case> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("== ") {
            all.push(Case {
                name: name.to_owned(),
                states: vec![Vec::new()],
            });
            continue;
        }
        let case = all.last_mut().ok_or("the first line names no case")?;
        if line == "--" {
            case.states.push(Vec::new());
        } else if let Some(state) = case.states.last_mut() {
            let read = endpoint(line);
            state.push(read.ok_or_else(|| format!("line {number} is none: {line}"))?);
        }
    }
    Ok(all)
}

/// An endpoint as manifests have it.
fn endpoint(line: &str) -> Option<Value> {
    let (line, settings) = line.split_once(" ;; ").unwrap_or((line, ""));
    let mut words = line.splitn(4, ' ');
    let name = match words.next()? {
        "@" => ZONE.to_owned(),
        name => format!("{name}.{ZONE}"),
    };
    let (ttl, rtype) = (words.next()?, words.next()?);
    let targets: Vec<&str> = words.next()?.split(" | ").collect();
    let mut endpoint = json!({"dnsName": name, "recordType": rtype, "targets": targets});
    if ttl != "-" {
        endpoint["recordTTL"] = ttl.parse::<u32>().ok()?.into();
    }
    let mut specific = Vec::new();
    for setting in settings.split_whitespace() {
        let (name, value) = setting.split_once('=')?;
        specific.push(json!({"name": name, "value": value}));
    }
    if !specific.is_empty() {
        endpoint["providerSpecific"] = specific.into();
    }
    Some(endpoint)
}

/// So many addresses.
#[must_use]
pub fn many(count: usize) -> Vec<Value> {
    let all = (0..count).map(|at| {
        let name = format!("n{at}.{ZONE}");
        json!({"dnsName": name, "recordType": "A", "targets": ["192.0.2.1"], "recordTTL": 300})
    });
    all.collect()
}

/// The zone of all cases.
pub const ZONE: &str = "example.org";
