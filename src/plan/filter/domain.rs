//! Names by suffix or by regular expression, with exceptions.
//!
//! Entries and names are compared in the same form: all scripts, lower case, no dot at the end.
//! Both kinds of rules in one filter are not possible; regular expressions win where both are set.

use std::borrow::Cow;

use regex::Regex;

use crate::name::readable;

/// Decides about names: by lists of suffixes, or by a pair of regular expressions.
#[derive(Clone, Debug, Default)]
pub struct DomainFilter {
    include: Vec<Box<str>>,
    exclude: Vec<Box<str>>,
    regex_include: Option<Regex>,
    regex_exclude: Option<Regex>,
}

/// A filter that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// Lists and regular expressions in one filter.
    #[error("a domain filter has both a list and a regular expression; expected one of them")]
    Mixed,
    /// Not a regular expression.
    #[error("domain filter \"{pattern}\" is not a regular expression")]
    Pattern {
        /// As it was written.
        pattern: Box<str>,
        /// What is wrong with it.
        #[source]
        source: regex::Error,
    },
}

impl DomainFilter {
    /// A filter that takes names at and below the first ones but not at and below the second ones.
    ///
    /// An entry that begins with a dot means names below only. Empty entries count for nothing, and
    /// an empty first list takes everything.
    #[must_use]
    pub fn lists<T: AsRef<str>>(include: &[T], exclude: &[T]) -> Self {
        Self {
            include: entries(include),
            exclude: entries(exclude),
            ..Self::default()
        }
    }

    /// A filter that takes what the first expression finds and the second does not; an empty
    /// expression counts as none. The second one alone takes all the rest.
    ///
    /// # Errors
    ///
    /// If one is not a regular expression.
    pub fn regexes(include: &str, exclude: &str) -> Result<Self, FilterError> {
        Ok(Self {
            regex_include: pattern(include)?,
            regex_exclude: pattern(exclude)?,
            ..Self::default()
        })
    }

    /// The filter of a command line, where regular expressions win over lists.
    ///
    /// # Errors
    ///
    /// If one is not a regular expression.
    pub fn from_flags<T: AsRef<str>>(
        include: &[T],
        exclude: &[T],
        regex_include: &str,
        regex_exclude: &str,
    ) -> Result<Self, FilterError> {
        if regex_include.is_empty() && regex_exclude.is_empty() {
            Ok(Self::lists(include, exclude))
        } else {
            Self::regexes(regex_include, regex_exclude)
        }
    }

    /// The filter that a webhook provider sends, in its four parts.
    ///
    /// # Errors
    ///
    /// If there are lists beside regular expressions, or one is none.
    pub fn from_parts<T: AsRef<str>>(
        include: &[T],
        exclude: &[T],
        regex_include: &str,
        regex_exclude: &str,
    ) -> Result<Self, FilterError> {
        let by_regex = !regex_include.is_empty() || !regex_exclude.is_empty();
        if by_regex && !(include.is_empty() && exclude.is_empty()) {
            return Err(FilterError::Mixed);
        }
        Self::from_flags(include, exclude, regex_include, regex_exclude)
    }

    /// Whether a name passes.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        if self.takes_everything() {
            return true;
        }
        let name = readable(name);
        if self.regex_include.is_none() && self.regex_exclude.is_none() {
            return (self.include.is_empty() || covered(&self.include, &name))
                && !covered(&self.exclude, &name);
        }
        if let Some(exclude) = &self.regex_exclude
            && exclude.is_match(&name)
        {
            return false;
        }
        self.regex_include
            .as_ref()
            .is_none_or(|include| include.is_match(&name))
    }

    /// Whether a zone holds names that pass, though it does not pass itself.
    #[must_use]
    pub fn matches_parent(&self, zone: &str) -> bool {
        let zone = readable(zone);
        if covered(&self.exclude, &zone) {
            return false;
        }
        self.include.is_empty()
            || self.include.iter().any(|entry| {
                let head = entry.strip_suffix(&*zone);
                !entry.starts_with('.') && head.is_some_and(|head| head.ends_with('.'))
            })
    }

    /// Whether no rule is set.
    #[must_use]
    pub fn takes_everything(&self) -> bool {
        self.include.is_empty()
            && self.exclude.is_empty()
            && self.regex_include.is_none()
            && self.regex_exclude.is_none()
    }

    /// The names taken, sorted, as the JSON form has them.
    #[must_use]
    pub fn include(&self) -> Vec<&str> {
        sorted(&self.include)
    }

    /// The names not taken, sorted.
    #[must_use]
    pub fn exclude(&self) -> Vec<&str> {
        sorted(&self.exclude)
    }

    /// The expression for names taken; empty if there is none.
    #[must_use]
    pub fn regex_include(&self) -> &str {
        self.regex_include.as_ref().map_or("", Regex::as_str)
    }

    /// The expression for names not taken; empty if there is none.
    #[must_use]
    pub fn regex_exclude(&self) -> &str {
        self.regex_exclude.as_ref().map_or("", Regex::as_str)
    }
}

impl PartialEq for DomainFilter {
    fn eq(&self, other: &Self) -> bool {
        self.include() == other.include()
            && self.exclude() == other.exclude()
            && self.regex_include() == other.regex_include()
            && self.regex_exclude() == other.regex_exclude()
    }
}

impl Eq for DomainFilter {}

fn entries<T: AsRef<str>>(list: &[T]) -> Vec<Box<str>> {
    let entries = list.iter().map(|entry| readable(entry.as_ref().trim()));
    entries
        .filter(|entry| !entry.is_empty())
        .map(Cow::into_owned)
        .map(String::into_boxed_str)
        .collect()
}

fn pattern(text: &str) -> Result<Option<Regex>, FilterError> {
    if text.is_empty() {
        return Ok(None);
    }
    match Regex::new(text) {
        Ok(regex) => Ok(Some(regex)),
        Err(source) => Err(FilterError::Pattern {
            pattern: text.into(),
            source,
        }),
    }
}

fn covered(entries: &[Box<str>], name: &str) -> bool {
    entries
        .iter()
        .any(|entry| match name.strip_suffix(&**entry) {
            // An entry with a dot at its start has the border of labels in itself.
            Some(_) if entry.starts_with('.') => true,
            Some(head) => head.is_empty() || head.ends_with('.'),
            None => false,
        })
}

fn sorted(entries: &[Box<str>]) -> Vec<&str> {
    let mut list: Vec<&str> = entries.iter().map(|entry| &**entry).collect();
    list.sort_unstable();
    list
}
