//! Takes values from what was typed, and keeps what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use zeroize::Zeroizing;

use super::from_folder_of;
use crate::flags::{self, Flag, Form, Kind};
use crate::problem::{Origin, Problem, Quoted};
use crate::raw::Raw;
use crate::typed::Typed;
use crate::value::{self, Wrong};

/// Settings that are read one after the other.
pub(super) struct Reader {
    pub(super) raw: Raw,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    /// The settings that were asked for, and so judged.
    read: BTreeSet<String>,
}

impl Reader {
    pub(super) fn new(mut raw: Raw) -> Self {
        Self {
            problems: std::mem::take(&mut raw.problems),
            warnings: std::mem::take(&mut raw.warnings),
            raw,
            read: BTreeSet::new(),
        }
    }

    /// Does something with other values; what it finds wrong is kept here.
    pub(super) fn with_values<T>(
        &mut self,
        values: BTreeMap<&'static str, Vec<Typed>>,
        act: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let own = std::mem::replace(&mut self.raw.values, values);
        let result = act(self);
        self.check_forms();
        self.raw.values = own;
        result
    }

    /// What was typed for a setting that is given once; empty text counts as nothing.
    pub(super) fn typed(&mut self, name: &str) -> Option<Typed> {
        self.read.insert(name.to_owned());
        let typed = self.raw.once(name)?;
        (!typed.text.is_empty()).then(|| typed.clone())
    }

    pub(super) fn once<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        self.read.insert(name.to_owned());
        let typed = self.raw.once(name)?.clone();
        match parse(&typed.text) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.problem(name, &typed, wrong);
                None
            }
        }
    }

    pub(super) fn many<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Vec<(T, Typed)> {
        self.read.insert(name.to_owned());
        let mut values = Vec::new();
        for typed in self.raw.values.get(name).cloned().unwrap_or_default() {
            match parse(&typed.text) {
                Ok(value) => values.push((value, typed)),
                Err(wrong) => self.problem(name, &typed, wrong),
            }
        }
        values
    }

    /// Like `once`, but empty text counts as nothing: charts write `--flag=` for it.
    pub(super) fn filled<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        self.typed(name)?;
        self.once(name, parse)
    }

    /// Like `many`, without empty texts.
    pub(super) fn all_filled<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Vec<(T, Typed)> {
        let parse = |text: &str| match text.trim() {
            "" => Ok(None),
            text => parse(text).map(Some),
        };
        let values = self.many(name, parse).into_iter();
        values
            .filter_map(|(value, typed)| Some((value?, typed)))
            .collect()
    }

    /// A text; empty if there is none.
    pub(super) fn text(&mut self, name: &str) -> String {
        self.typed(name)
            .map_or_else(String::new, |typed| typed.text.to_string())
    }

    /// A text that is not empty.
    pub(super) fn optional(&mut self, name: &str) -> Option<String> {
        self.typed(name).map(|typed| typed.text.to_string())
    }

    /// A text that is not empty, and leaves no copy behind when it is let go.
    pub(super) fn secret(&mut self, name: &str) -> Option<Zeroizing<String>> {
        self.typed(name).map(|typed| typed.text)
    }

    /// All texts that are not empty, without spaces around them.
    pub(super) fn texts(&mut self, name: &str) -> Vec<String> {
        let values = self.all_filled(name, |text| Ok(text.to_owned()));
        values.into_iter().map(|(text, _)| text).collect()
    }

    /// The same with those that are empty, which external-dns takes for a value.
    pub(super) fn texts_as_given(&mut self, name: &str) -> Vec<String> {
        let values = self.many(name, |text| Ok(text.to_owned()));
        values.into_iter().map(|(text, _)| text).collect()
    }

    pub(super) fn folder(&mut self, name: &str) -> Option<PathBuf> {
        let typed = self.typed(name)?;
        Some(from_folder_of(&typed.origin, Path::new(&*typed.text)))
    }

    pub(super) fn networks(&mut self, name: &str) -> Vec<IpNet> {
        let values = self.many(name, value::network);
        values.into_iter().map(|(net, _)| net).collect()
    }

    pub(super) fn number<T>(&mut self, name: &str, default: T, least: T, most: T) -> T
    where
        T: std::str::FromStr + PartialOrd + std::fmt::Display + Copy,
    {
        self.once(name, |text| value::number(text, least, most))
            .unwrap_or(default)
    }

    pub(super) fn duration(&mut self, name: &str, default: Duration) -> Duration {
        self.once(name, value::duration).unwrap_or(default)
    }

    pub(super) fn go_duration(&mut self, name: &str, default: Duration) -> Duration {
        self.filled(name, value::go_duration).unwrap_or(default)
    }

    pub(super) fn word<T: Copy + Default>(&mut self, name: &str, words: &[(&str, T)]) -> T {
        self.once(name, |text| value::word(text, words))
            .unwrap_or_default()
    }

    pub(super) fn switch(&mut self, name: &str) -> bool {
        let default = matches!(
            flags::find(name).map(|flag| flag.kind),
            Some(Kind::Switch(true))
        );
        self.given_switch(name).unwrap_or(default)
    }

    /// What was said about a switch, if anything.
    pub(super) fn given_switch(&mut self, name: &str) -> Option<bool> {
        self.once(name, value::switch)
    }

    pub(super) fn problem(&mut self, name: &str, typed: &Typed, wrong: Wrong) {
        self.problem_at(name, &typed.origin, wrong);
    }

    pub(super) fn problem_at(&mut self, name: &str, origin: &Origin, wrong: Wrong) {
        let problem = Problem::new(origin, name, wrong.message).hint(wrong.hint);
        // What the top of a file says about destinations is judged once for each.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    pub(super) fn warning_at(&mut self, name: &str, origin: &Origin, wrong: Wrong) {
        let warning = Problem::new(origin, name, wrong.message).hint(wrong.hint);
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Where a setting was given; its flag if it was not.
    pub(super) fn origin_of(&self, name: &str) -> Origin {
        let typed = self.raw.once(name);
        typed.map_or(Origin::Flag, |typed| typed.origin.clone())
    }

    /// Judges by their form the settings that nothing asked for: those of other providers.
    pub(super) fn check_forms(&mut self) {
        for (name, typed) in self.raw.values.clone() {
            let Some(flag) = flags::find(name).filter(|_| !self.read.contains(name)) else {
                continue;
            };
            for typed in typed {
                if let Err(wrong) = judge(flag, &typed.text) {
                    self.problem(name, &typed, wrong);
                }
            }
        }
    }
}

fn judge(flag: &Flag, text: &str) -> Result<(), Wrong> {
    if text.is_empty() {
        return Ok(());
    }
    match (flag.kind, flag.form) {
        (Kind::Switch(_), _) => value::switch(text).map(|_| ()),
        (_, Form::Duration) => value::go_duration(text).map(|_| ()),
        (_, Form::Number) => match text.parse::<i64>() {
            Ok(_) => Ok(()),
            Err(_) => Err(Wrong::expected(text, "a whole number")),
        },
        (_, Form::Pair) if !text.contains(['=', ':']) => {
            Err(Wrong::new(format!("{} is not KEY=VALUE", Quoted(text))))
        }
        (_, Form::Words(words)) => {
            let words = words.iter().filter(|word| !word.is_empty());
            let words: Vec<(&str, ())> = words.map(|word| (*word, ())).collect();
            value::word(text, &words)
        }
        (_, Form::Pair | Form::Text) => Ok(()),
    }
}
