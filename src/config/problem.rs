//! What is wrong with a setting, and where it was given.

use std::fmt;

/// Where a setting was given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// On the command line.
    Flag,
    /// In this variable.
    Environment(String),
    /// In a settings file.
    File {
        /// Its path as it was given.
        path: String,
        /// The line, from 1.
        line: u64,
        /// The column, from 1.
        column: u64,
        /// The text of the line, if it may be shown.
        shown: String,
    },
}

impl Origin {
    /// The line of a file with a marker under its column.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::File {
            line,
            column,
            shown,
            ..
        } = self
        else {
            return Ok(());
        };
        if shown.is_empty() {
            return Ok(());
        }
        // A value that is not shown is pointed at where it would begin.
        let most = shown.chars().count() + 1;
        let before = usize::try_from(*column).unwrap_or(most).min(most).max(1) - 1;
        let width = line.to_string().len();
        write!(f, "\n  {line} | {shown}\n  {:width$} | {:before$}^", "", "")
    }
}

/// One wrong setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    origin: Origin,
    /// The flag's name, where the setting is one.
    setting: Option<String>,
    message: String,
    hint: String,
}

impl Problem {
    pub(crate) fn new(origin: &Origin, setting: &str, message: impl Into<String>) -> Self {
        Self {
            origin: origin.clone(),
            setting: Some(setting.to_owned()),
            message: message.into(),
            hint: String::new(),
        }
    }

    /// A problem of the settings file itself.
    pub(crate) fn of_file(origin: Origin, message: impl Into<String>) -> Self {
        Self {
            origin,
            setting: None,
            message: message.into(),
            hint: String::new(),
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.origin, &self.setting) {
            (Origin::Flag, Some(setting)) => write!(f, "--{setting}: ")?,
            (Origin::Flag, None) => {}
            (Origin::Environment(variable), _) => write!(f, "{variable}: ")?,
            (
                Origin::File {
                    path, line, column, ..
                },
                setting,
            ) => {
                write!(f, "{path}:")?;
                if *line > 0 {
                    write!(f, "{line}:{column}:")?;
                }
                match setting {
                    Some(setting) => write!(f, " {setting}: ")?,
                    None => write!(f, " ")?,
                }
            }
        }
        f.write_str(&self.message)?;
        self.origin.show(f)?;
        if self.hint.is_empty() {
            return Ok(());
        }
        write!(f, "\n  hint: {}", self.hint)
    }
}

/// All that is wrong with the settings of a run; never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Those of a file come last, by line and column; the others stay as they are.
    pub(crate) fn in_order(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|left, right| match (&left.origin, &right.origin) {
            (file @ Origin::File { .. }, other @ Origin::File { .. }) => file.cmp(other),
            (file, other) => {
                let is_file = |origin: &Origin| matches!(origin, Origin::File { .. });
                is_file(file).cmp(&is_file(other))
            }
        });
        Self(problems)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.0.iter().enumerate() {
            let line_end = if position == 0 { "" } else { "\n" };
            write!(f, "{line_end}error: {problem}")?;
        }
        Ok(())
    }
}

/// A text in quotes, with what cannot be printed escaped: for values in messages.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for character in self.0.chars() {
            if character.is_control() || character == '"' {
                write!(f, "{}", character.escape_default())?;
            } else {
                write!(f, "{character}")?;
            }
        }
        f.write_str("\"")
    }
}
