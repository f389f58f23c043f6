//! What was typed, and where: flags, environment and file side by side, not judged yet.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use clap::ArgMatches;
use clap::parser::ValueSource;

use crate::file::{FileAddressMap, FileClaim, FileDestination, FileSettings, FileZone};
use crate::flags::{self, Flag, Kind, RETIRED, Retired, groups};
use crate::problem::{Origin, Problem};
use crate::typed::Typed;

/// All settings of a run, by the name of their flag; each from the one place that wins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Raw {
    pub(crate) values: BTreeMap<&'static str, Vec<Typed>>,
    /// The zones of the settings file that are named in its own form.
    pub(crate) zones: Vec<FileZone>,
    /// The destinations of the settings file; `None` if it does not list them.
    pub(crate) destinations: Option<Vec<FileDestination>>,
    /// The address maps at the top of the settings file.
    pub(crate) address_maps: Vec<FileAddressMap>,
    /// The claims of the settings file.
    pub(crate) claims: Option<Vec<FileClaim>>,
    /// What was found wrong on the way.
    pub(crate) problems: Vec<Problem>,
    /// What was found strange on the way.
    pub(crate) warnings: Vec<Problem>,
}

/// Reads a variable.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl Raw {
    /// What the command line says. `matches` may know a part of the flags only.
    pub(crate) fn from_matches(matches: &ArgMatches) -> Self {
        let mut raw = Self::default();
        for flag in all_flags() {
            let texts = typed_as_flag(flag, matches);
            if !texts.is_empty() {
                let typed = texts.into_iter().map(|text| Typed {
                    text: text.into(),
                    origin: Origin::Flag,
                });
                raw.values.insert(flag.name, typed.collect());
            }
        }
        raw
    }

    /// Adds what the environment says about flags that were not given. Empty variables count as
    /// unset.
    pub(crate) fn add_environment(&mut self, environment: Environment<'_>) {
        for flag in all_flags() {
            if self.values.contains_key(flag.name) {
                continue;
            }
            let set = flag.variables().into_iter().find_map(|variable| {
                let value = environment(&variable)?;
                (!value.is_empty()).then_some((variable, value))
            });
            let Some((variable, value)) = set else {
                continue;
            };
            let origin = Origin::Environment(variable);
            let Ok(value) = value.into_string() else {
                let problem = Problem::new(&origin, flag.name, "the value is not UTF-8");
                self.problems.push(problem);
                continue;
            };
            let texts = match flag.kind {
                Kind::Repeated => lines(&value),
                Kind::Once | Kind::Switch(_) => vec![value],
            };
            let typed = texts.into_iter().map(|text| Typed {
                text: text.into(),
                origin: origin.clone(),
            });
            self.values.insert(flag.name, typed.collect());
        }
        for retired in RETIRED {
            let variables = flags::variables(retired.name).into_iter();
            let set = |variable: &String| environment(variable).is_some_and(|it| !it.is_empty());
            if let Some(variable) = variables.into_iter().find(set) {
                self.add_retired(&Origin::Environment(variable), retired);
            }
        }
    }

    /// Notes that a flag was given that is no more.
    pub(crate) fn add_retired(&mut self, origin: &Origin, retired: &Retired) {
        let message = format!("does nothing any more: {}", retired.instead);
        let warning = Problem::new(origin, retired.name, message);
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Adds what the settings file says about what is not set yet.
    pub(crate) fn add_file(&mut self, file: FileSettings) {
        if !self.values.contains_key("zone-file") {
            self.zones = file.zones;
        }
        self.destinations = file.destinations;
        self.address_maps = file.address_maps;
        self.claims = file.claims;
        for (name, typed) in file.values {
            self.values.entry(name).or_insert(typed);
        }
        self.problems.extend(file.problems);
    }

    /// The value of a flag that is given once.
    pub(crate) fn once(&self, name: &str) -> Option<&Typed> {
        self.values.get(name).and_then(|typed| typed.last())
    }
}

/// All that is set, as the flags that would set it; secrets are hidden.
impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut space = "";
        for flag in all_flags() {
            for typed in self.values.get(flag.name).into_iter().flatten() {
                write!(f, "{space}--{}", flag.name)?;
                space = " ";
                let text = if flag.secret { HIDDEN } else { &typed.text };
                let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:,@%+=[]*".contains(c);
                match text {
                    text if text.chars().all(plain) => write!(f, "={}", without_password(text))?,
                    text => write!(f, "={:?}", without_password(text))?,
                }
            }
        }
        Ok(())
    }
}

/// An address without the password that it may carry.
fn without_password(text: &str) -> String {
    let found = text.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find('/').unwrap_or(rest.len());
        let (user, host) = rest.get(..end)?.rsplit_once('@')?;
        let (name, _) = user.split_once(':')?;
        let after = rest.get(end..)?;
        Some(format!("{scheme}://{name}:{HIDDEN}@{host}{after}"))
    });
    found.unwrap_or_else(|| text.to_owned())
}

/// What stands for a secret.
const HIDDEN: &str = "******";

/// Whether the command line sets anything that is in the table.
pub(crate) fn any_flag(matches: &ArgMatches) -> bool {
    all_flags().any(|flag| !typed_as_flag(flag, matches).is_empty())
}

fn all_flags() -> impl Iterator<Item = &'static Flag> {
    groups().iter().flat_map(|group| group.flags)
}

fn typed_as_flag(flag: &Flag, matches: &ArgMatches) -> Vec<String> {
    // A sub-command may not have this flag at all.
    let given = |id: &str| {
        matches.try_contains_id(id).unwrap_or(false)
            && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    match flag.kind {
        Kind::Switch(_) => {
            let off = format!("no-{}", flag.name);
            match (given(flag.name), given(&off)) {
                (true, _) => vec!["true".to_owned()],
                (false, true) => vec!["false".to_owned()],
                (false, false) => Vec::new(),
            }
        }
        Kind::Once | Kind::Repeated if given(flag.name) => matches
            .get_many::<String>(flag.name)
            .map(|values| values.cloned().collect())
            .unwrap_or_default(),
        Kind::Once | Kind::Repeated => Vec::new(),
    }
}

/// A value a line, as kingpin splits them: one line end at the end is not a value.
fn lines(value: &str) -> Vec<String> {
    let value = value.strip_suffix('\n').unwrap_or(value);
    value
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_shown_without_secrets() {
        let mut raw = Raw::default();
        for (name, text) in [
            ("source", "service"),
            ("fqdn-template", "{{.Name}}.example.org"),
            ("rfc2136-tsig-secret", "c2VjcmV0"),
            ("webhook-provider-url", "http://me:word@host:1/x"),
            ("strict", "true"),
        ] {
            let typed = Typed {
                text: text.to_owned().into(),
                origin: Origin::Flag,
            };
            raw.values.insert(name, vec![typed]);
        }
        assert_eq!(
            raw.to_string(),
            "--strict=true --source=service --fqdn-template=\"{{.Name}}.example.org\" \
             --rfc2136-tsig-secret=****** --webhook-provider-url=http://me:******@host:1/x"
        );
    }
}
