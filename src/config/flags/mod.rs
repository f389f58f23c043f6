//! The table of flags: one row each, a file per group.
//!
//! A row says everything about a flag but the meaning of its value, which `check` knows. Its
//! variables are `ZONEWRIGHT_<NAME>` and, second to it, `EXTERNAL_DNS_<NAME>`.

mod answers;
mod clients;
mod network;
mod process;
mod zones;

/// One flag.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Its name, without dashes; also its key in the settings file.
    pub name: &'static str,
    /// How often it may be given, and whether it takes a value.
    pub kind: Kind,
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
    /// Like `Repeated`, but its values are never shown.
    Secret,
    /// On by `--name`, off by `--no-name`; this is the default. Its texts speak of the other state,
    /// since that is the form that the help shows.
    Switch(bool),
}

/// Flags that stand together in the help.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Their heading.
    pub heading: &'static str,
    /// The flags, most used first.
    pub flags: &'static [Flag],
}

/// All flags, in the order of the help.
#[must_use]
pub fn groups() -> &'static [Group] {
    &[
        zones::GROUP,
        network::GROUP,
        answers::GROUP,
        clients::GROUP,
        process::GROUP,
    ]
}

/// The flag of this name.
pub(crate) fn find(name: &str) -> Option<&'static Flag> {
    groups()
        .iter()
        .flat_map(|group| group.flags)
        .find(|flag| flag.name == name)
}

impl Flag {
    /// The variables that set it, the one that wins first.
    #[must_use]
    pub fn variables(&self) -> [String; 2] {
        let name = self.name.replace('-', "_").to_ascii_uppercase();
        [format!("ZONEWRIGHT_{name}"), format!("EXTERNAL_DNS_{name}")]
    }

    /// A flag that is given once.
    const fn once(name: &'static str, value: &'static str, default: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Once,
            value,
            default,
            short: "",
            long: "",
            common: false,
        }
    }

    /// A flag that may be repeated.
    const fn repeated(name: &'static str, value: &'static str, default: &'static str) -> Self {
        let mut flag = Self::once(name, value, default);
        flag.kind = Kind::Repeated;
        flag
    }

    /// A switch that is on or off by default.
    const fn switch(name: &'static str, on: bool) -> Self {
        let mut flag = Self::once(name, "", "");
        flag.kind = Kind::Switch(on);
        flag
    }

    /// Hides the values.
    const fn secret(mut self) -> Self {
        self.kind = Kind::Secret;
        self
    }

    /// Its texts.
    const fn says(mut self, short: &'static str, long: &'static str) -> Self {
        self.short = short;
        self.long = long;
        self
    }

    /// Shows it in the short help too.
    const fn common(mut self) -> Self {
        self.common = true;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_has_a_name_of_its_own_and_a_text() {
        let mut names: Vec<&str> = Vec::new();
        for flag in groups().iter().flat_map(|group| group.flags) {
            assert!(!names.contains(&flag.name), "{} is there twice", flag.name);
            assert!(!flag.short.is_empty(), "{} has no text", flag.name);
            assert!(!flag.short.ends_with('.'), "{}: no period", flag.name);
            assert_eq!(
                flag.value.is_empty(),
                matches!(flag.kind, Kind::Switch(_)),
                "{}: all but switches name their value",
                flag.name
            );
            names.push(flag.name);
        }
    }

    #[test]
    fn variables_are_made_from_the_name() {
        assert_eq!(
            find("zone-dir").unwrap().variables(),
            ["ZONEWRIGHT_ZONE_DIR", "EXTERNAL_DNS_ZONE_DIR"]
        );
    }
}
