//! One row of the table, and how rows are written.

/// One flag.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Its name, without dashes; also its key in the settings file.
    pub name: &'static str,
    /// How often it may be given, and whether it takes a value.
    pub kind: Kind,
    /// What its values look like, as far as that can be said without knowing what they mean.
    pub form: Form,
    /// Whether its values are never shown.
    pub secret: bool,
    /// What its value is called in the help; empty for a switch.
    pub value: &'static str,
    /// The default as the help says it; empty where there is none.
    pub default: &'static str,
    /// One line for `-h`.
    pub short: &'static str,
    /// What `--help` adds to it; may be empty.
    pub long: &'static str,
    /// Whether `-h` shows it; `--help` shows all.
    pub common: bool,
}

/// How a flag is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Once, with a value.
    Once,
    /// Any number of times, with a value each; its variable has a line for each.
    Repeated,
    /// On by `--name`, off by `--no-name`; this is the default. Its texts speak of the other state,
    /// since that is the form that the help shows.
    Switch(bool),
}

/// What values look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A duration of Go: `1m30s`, `1.5h`.
    Duration,
    /// A whole number; may be negative.
    Number,
    /// `KEY=VALUE`.
    Pair,
    /// Anything.
    Text,
    /// One of these, which may be a part of all that are taken.
    Words(&'static [&'static str]),
}

/// What a flag is a setting of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of a destination: in the settings file each can have its own.
    Destination,
    /// Of the process and its server.
    Process,
    /// Of the way from sources to destinations.
    Sync,
}

/// Flags that stand together in the help.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Their heading.
    pub heading: &'static str,
    /// What they are settings of.
    pub scope: Scope,
    /// Whether this build does what they say. If not they are taken, but not in the help.
    pub built: bool,
    /// The flags, most used first.
    pub flags: &'static [Flag],
}

impl Flag {
    /// The variables that set it, the one that wins first.
    #[must_use]
    pub fn variables(&self) -> [String; 2] {
        variables(self.name)
    }

    /// Whether it takes more than one value.
    #[must_use]
    pub fn takes_many(&self) -> bool {
        self.kind == Kind::Repeated
    }

    /// A flag that is given once.
    pub(super) const fn once(
        name: &'static str,
        value: &'static str,
        default: &'static str,
    ) -> Self {
        Self {
            name,
            kind: Kind::Once,
            form: Form::Text,
            secret: false,
            value,
            default,
            short: "",
            long: "",
            common: false,
        }
    }

    /// A flag that may be repeated.
    pub(super) const fn repeated(
        name: &'static str,
        value: &'static str,
        default: &'static str,
    ) -> Self {
        let mut flag = Self::once(name, value, default);
        flag.kind = Kind::Repeated;
        flag
    }

    /// A switch that is on or off by default.
    pub(super) const fn switch(name: &'static str, on: bool) -> Self {
        let mut flag = Self::once(name, "", "");
        flag.kind = Kind::Switch(on);
        flag
    }

    /// A duration, given once.
    pub(super) const fn duration(name: &'static str, default: &'static str) -> Self {
        let mut flag = Self::once(name, "DURATION", default);
        flag.form = Form::Duration;
        flag
    }

    /// A number, given once.
    pub(super) const fn number(name: &'static str, default: &'static str) -> Self {
        let mut flag = Self::once(name, "N", default);
        flag.form = Form::Number;
        flag
    }

    /// Its values are some of these words.
    pub(super) const fn words(mut self, words: &'static [&'static str]) -> Self {
        self.form = Form::Words(words);
        self
    }

    /// Its values are `KEY=VALUE`.
    pub(super) const fn pairs(mut self) -> Self {
        self.form = Form::Pair;
        self
    }

    /// Hides the values.
    pub(super) const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Its texts.
    pub(super) const fn says(mut self, short: &'static str, long: &'static str) -> Self {
        self.short = short;
        self.long = long;
        self
    }

    /// Shows it in the short help too.
    pub(super) const fn common(mut self) -> Self {
        self.common = true;
        self
    }
}

/// The variables of a name.
pub(crate) fn variables(name: &str) -> [String; 2] {
    let name = name.replace('-', "_").to_ascii_uppercase();
    [format!("ZONEWRIGHT_{name}"), format!("EXTERNAL_DNS_{name}")]
}
