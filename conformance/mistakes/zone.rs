//! From a case to the text of its zone.

use std::fmt::Write as _;
use std::fs;

use crate::fleet;

/// A zone with a mistake.
#[derive(Clone, Debug, Default)]
pub(super) struct Case {
    pub(super) name: String,
    /// What stands behind the colons.
    marks: Vec<String>,
    text: String,
}

/// The cases of a file.
pub(super) fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            let name = name.to_owned();
            cases.push(Case {
                name,
                ..Case::default()
            });
        } else if let Some(case) = cases.last_mut() {
            match line.strip_prefix(": ") {
                Some(mark) => case.marks.push(mark.to_owned()),
                None => {
                    case.text.push_str(line);
                    case.text.push('\n');
                }
            }
        }
    }
    cases
}

impl Case {
    /// What stands behind a word.
    fn mark(&self, word: &str) -> Option<&str> {
        let mut marks = self.marks.iter();
        marks.find_map(|mark| mark.strip_prefix(word).map(str::trim))
    }

    /// Whether it gives a reason of this kind.
    pub(super) fn says(&self, word: &str) -> bool {
        self.mark(word).is_some_and(|reason| !reason.is_empty())
    }

    /// Whether it is a change of a signed zone.
    pub(super) fn is_signed(&self) -> bool {
        self.mark("of ").is_some()
    }

    /// The name of the zone.
    pub(super) fn origin(&self) -> &'static str {
        match self.is_signed() {
            true => "signed.example",
            false => "example.org",
        }
    }

    /// The text of the zone.
    pub(super) fn zone(&self) -> Result<String, String> {
        if let Some(zone) = self.mark("of ") {
            let path = fleet::root().join(format!("zones/signed/{zone}.zone"));
            let text = fs::read_to_string(&path);
            let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
            return self.change(&text);
        }
        let mut text = match self.mark("whole") {
            Some(_) => String::new(),
            None => HEAD.to_owned(),
        };
        match self.mark("repeat ") {
            None => text.push_str(&self.text),
            Some(count) => {
                let count: u32 = count.parse().map_err(|_| format!("{count} is no count"))?;
                for number in 0..count {
                    let hex = format!("{number:08x}");
                    let line = self.text.replace("%x", &hex);
                    text.push_str(&line.replace('%', &number.to_string()));
                }
            }
        }
        Ok(text)
    }

    /// Takes lines out, puts others in, changes words.
    fn change(&self, zone: &str) -> Result<String, String> {
        let mut lines: Vec<String> = zone.lines().map(str::to_owned).collect();
        for change in self.text.lines().filter(|line| !line.is_empty()) {
            let before = lines.clone();
            if let Some(start) = change.strip_prefix("- ") {
                lines.retain(|line| !line.starts_with(start));
            } else if let Some(line) = change.strip_prefix("+ ") {
                lines.push(line.to_owned());
            } else if let Some(rest) = change.strip_prefix('~') {
                let words: Vec<&str> = rest.split('|').map(str::trim).collect();
                let [start, from, to] = words.as_slice() else {
                    return Err(format!("{change}: expected ~ LINE | WORDS | OTHER WORDS"));
                };
                for line in lines.iter_mut().filter(|line| line.starts_with(start)) {
                    *line = line.replace(from, to);
                }
            }
            if lines == before {
                return Err(format!("{}: nothing is changed by {change}", self.name));
            }
        }
        let mut text = String::new();
        for line in lines {
            writeln!(text, "{line}").map_err(|error| error.to_string())?;
        }
        Ok(text)
    }
}

/// What zones begin with.
const HEAD: &str = "\
$TTL 300
@ SOA ns1 hostmaster 1 7200 3600 1209600 300
@ NS ns1
ns1 A 192.0.2.1
";
