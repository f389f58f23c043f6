//! Reads case files.

use peers::{Kind, Zone};

use crate::client::{class_number, rcode_number, rdata_normalize, rtype_number};
use crate::fleet;

/// A file of cases on the same zones.
#[derive(Clone, Debug, Default)]
pub(crate) struct File {
    pub(crate) zones: Vec<Zone>,
    pub(crate) settings: Vec<String>,
    pub(crate) cases: Vec<Case>,
}

/// A case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) queries: Vec<String>,
    pub(crate) expected: Expected,
    /// Peers that are known to do otherwise.
    pub(crate) except: Vec<Kind>,
    /// We are.
    pub(crate) xfail: bool,
    pub(crate) only_ours: bool,
}

/// What an answer must look like. `None` means anything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    pub(crate) silent: bool,
    pub(crate) rcodes: Vec<u16>,
    pub(crate) flags: Option<Vec<String>>,
    /// Answer, authority, additional.
    pub(crate) sections: [Option<Section>; 3],
    /// Patterns of version, size, flags; empty: no OPT.
    pub(crate) edns: Option<Vec<String>>,
    pub(crate) options: Vec<(u16, String)>,
    pub(crate) no_options: Vec<u16>,
    pub(crate) question: Option<Option<(String, u16, u16)>>,
    pub(crate) size: Option<usize>,
}

/// Records of a section, in the form of `Record::line`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Section {
    pub(crate) must: Vec<String>,
    pub(crate) may: Vec<String>,
}

/// Reads a file; an error names the line.
pub(crate) fn parse(text: &str) -> Result<File, String> {
    let mut file = File::default();
    let mut section = None;
    for (number, line) in text.lines().enumerate() {
        let indented = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let bad = || format!("line {}: {line:?} is not understood", number + 1);
        if indented {
            let place = section.ok_or_else(bad)?;
            let case = file.cases.last_mut().ok_or_else(bad)?;
            record(case, place, line).ok_or_else(bad)?;
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        section = place(word);
        if !file.set(word, rest.trim()).ok_or_else(bad)? {
            let case = file.cases.last_mut().ok_or_else(bad)?;
            case.set(word, rest.trim()).ok_or_else(bad)?;
        }
    }
    Ok(file)
}

fn place(word: &str) -> Option<usize> {
    ["answer", "authority", "additional"]
        .iter()
        .position(|name| *name == word)
}

impl File {
    /// Takes a line that stands for itself; says whether it was one.
    fn set(&mut self, word: &str, rest: &str) -> Option<bool> {
        match word {
            "zone" => {
                let (origin, path) = rest.split_once(' ')?;
                let folder = fleet::root().join("zones");
                self.zones.push(Zone::new(origin, folder.join(path.trim())));
            }
            "set" => self.settings.push(rest.to_owned()),
            "case" => self.cases.push(Case {
                name: rest.to_owned(),
                expected: Expected {
                    rcodes: vec![0],
                    flags: Some(vec!["aa".to_owned()]),
                    sections: [Some(Section::default()), None, None],
                    ..Expected::default()
                },
                ..Case::default()
            }),
            _ => return Some(false),
        }
        Some(true)
    }
}

impl Case {
    fn set(&mut self, word: &str, rest: &str) -> Option<()> {
        let expected = &mut self.expected;
        let words = || rest.split_whitespace();
        match word {
            "query" => self.queries.push(rest.to_owned()),
            "rcode" => {
                let names = rest.split('|').map(str::trim);
                expected.rcodes = names.map(rcode_number).collect::<Option<_>>()?;
            }
            "flags" if rest == "*" => expected.flags = None,
            "flags" => expected.flags = Some(words().map(str::to_owned).collect()),
            "answer" | "authority" | "additional" => {
                expected.sections[place(word)?] = match rest {
                    "*" => None,
                    "" | "none" => Some(Section::default()),
                    _ => return None,
                };
            }
            "edns" if rest == "none" => expected.edns = Some(Vec::new()),
            "edns" => expected.edns = Some(words().map(str::to_owned).collect()),
            "option" => {
                let (code, pattern) = rest.split_once(' ').unwrap_or((rest, ""));
                expected
                    .options
                    .push((code.parse().ok()?, pattern.to_owned()));
            }
            "no-option" => expected.no_options.push(rest.parse().ok()?),
            "question" if rest == "none" => expected.question = Some(None),
            "question" => {
                let words: Vec<&str> = words().collect();
                let (name, rtype) = (words.first()?, rtype_number(words.get(1)?)?);
                let class = words.get(2).map_or(Some(1), |class| class_number(class))?;
                expected.question = Some(Some(((*name).to_owned(), rtype, class)));
            }
            "size" => expected.size = Some(rest.parse().ok()?),
            "silent" => expected.silent = true,
            "except" => {
                let (name, reason) = rest.split_once(' ')?;
                let kind = Kind::OTHERS.into_iter().find(|kind| kind.name() == name)?;
                (!reason.is_empty()).then(|| self.except.push(kind))?;
            }
            "xfail" if !rest.is_empty() => self.xfail = true,
            "only-ours" if !rest.is_empty() => self.only_ours = true,
            _ => return None,
        }
        Some(())
    }
}

/// `[?] owner ttl [CLASS] TYPE data`
fn record(case: &mut Case, place: usize, line: &str) -> Option<()> {
    let section = case.expected.sections.get_mut(place)?.as_mut()?;
    let (optional, line) = match line.strip_prefix("? ") {
        Some(line) => (true, line),
        None => (false, line),
    };
    let mut rest = line;
    let mut word = || {
        let (word, more) = rest.split_once(char::is_whitespace)?;
        rest = more.trim_start();
        Some(word)
    };
    let (owner, ttl) = (word()?, word()?);
    let mut rtype = word()?;
    let class = if rtype != "*" && rtype_number(rtype).is_none() {
        class_number(rtype)?;
        let class = rtype;
        rtype = word()?;
        format!("{class} ")
    } else {
        String::new()
    };
    if rtype != "*" {
        rtype_number(rtype)?;
    }
    let owner = owner.to_ascii_lowercase();
    let line = format!("{owner} {ttl} {class}{rtype} {}", rdata_normalize(rest));
    let lines = if optional {
        &mut section.may
    } else {
        &mut section.must
    };
    lines.push(line);
    Some(())
}
