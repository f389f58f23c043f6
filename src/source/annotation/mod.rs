//! What annotations say, under all prefixes that are read: for each key, the first prefix wins.

use plan::Properties;
use wire::Ttl;

use crate::object::{Kind, Meta, Pairs};
use crate::{Outcome, Reason, Rules};

/// The annotations of one object.
#[derive(Clone, Copy, Debug)]
pub struct Annotations<'a> {
    pairs: &'a Pairs,
    prefixes: &'a [Box<str>],
}

impl<'a> Annotations<'a> {
    /// The annotations of an object.
    #[must_use]
    pub fn of(meta: &'a Meta, rules: &'a Rules) -> Self {
        Self {
            pairs: &meta.annotations,
            prefixes: &rules.prefixes,
        }
    }

    /// The value of a key, which stands here without its prefix.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a str> {
        let pairs = self.pairs;
        (self.prefixes.iter()).find_map(|prefix| pairs.value_under(prefix, name))
    }

    /// The value of a key that has no prefix of ours.
    #[must_use]
    pub fn plain(&self, key: &str) -> Option<&'a str> {
        self.pairs.value(key)
    }

    /// Whether another controller is to look after the object.
    #[must_use]
    pub fn is_for_other(&self) -> bool {
        self.value("controller")
            .is_some_and(|value| value != CONTROLLER)
    }

    /// The names of `hostname`. An empty annotation gives one empty name, as in external-dns.
    #[must_use]
    pub fn hostnames(&self) -> Vec<String> {
        self.value("hostname").map_or_else(Vec::new, split)
    }

    /// The names of `internal-hostname`.
    #[must_use]
    pub fn internal_hostnames(&self) -> Vec<String> {
        self.value("internal-hostname").map_or_else(Vec::new, split)
    }

    /// The targets of `target`; empty if there is none.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        let Some(value) = self.value("target").filter(|value| !value.is_empty()) else {
            return Vec::new();
        };
        let mut targets = split(value);
        for target in &mut targets {
            if target.ends_with('.') {
                target.pop();
            }
        }
        targets
    }

    /// The TTL of `ttl`. A value that is none is reported and counts as unset; so does 0, without
    /// a report.
    #[must_use]
    pub fn ttl(&self, outcome: &mut Outcome) -> Option<Ttl> {
        let value = self.value("ttl")?;
        let seconds = duration(value).or_else(|| value.parse().ok());
        match seconds {
            Some(0) => None,
            Some(seconds) if (1..=MAX_TTL).contains(&seconds) => {
                u32::try_from(seconds).ok().map(Ttl::from_secs)
            }
            _ => {
                outcome.problem(
                    Reason::AnnotationRejected,
                    format!(
                        "annotation \"{}ttl\" is \"{value}\"; expected seconds from 1 to {MAX_TTL}, \
                         or a duration such as \"5m\"",
                        self.prefixes.first().map_or("", |prefix| prefix)
                    ),
                );
                None
            }
        }
    }

    /// The value of `set-identifier`; mostly empty.
    #[must_use]
    pub fn set_identifier(&self) -> &'a str {
        self.value("set-identifier").unwrap_or_default()
    }

    /// Settings for providers, sorted by name.
    #[must_use]
    pub fn properties(&self) -> Properties {
        let mut properties = Properties::default();
        if self.value("alias") == Some("true") {
            properties.set("alias", "true");
        }
        if let Some(value) = self.value("record-type") {
            properties.set("record-type", value);
        }
        // Prefixes that lose come first, so those that win write over them.
        for prefix in self.prefixes.iter().rev() {
            for (key, value) in self.pairs.iter() {
                let Some(rest) = key.strip_prefix(&**prefix) else {
                    continue;
                };
                if let Some(name) = self.property(rest) {
                    properties.set(&name, value);
                }
            }
        }
        properties.sort();
        properties
    }

    /// The name of the setting that an annotation makes, if it makes one.
    fn property(&self, rest: &str) -> Option<String> {
        for provider in ["aws", "coredns", "scw", "webhook"] {
            let under = rest.strip_prefix(provider);
            if let Some(name) = under.and_then(|rest| rest.strip_prefix('-')) {
                return Some(format!("{provider}/{name}"));
            }
        }
        if rest == "azure-tags" {
            return Some("azure/tags".to_owned());
        }
        // Cloudflare's settings are named by the whole key. Under an older prefix they get the
        // current one, so that a provider looks for one name only.
        let known = CLOUDFLARE.iter().find(|known| rest.starts_with(**known))?;
        let prefix = self.prefixes.first().map_or("", |prefix| &**prefix);
        Some([prefix, known].concat())
    }
}

/// Whether the filters for labels and annotations, and the annotation `controller`, admit an
/// object.
#[must_use]
pub fn admits(rules: &Rules, kind: Kind, meta: &Meta, outcome: &mut Outcome) -> bool {
    if !rules.label_filter.matches(&meta.labels) {
        outcome.note(|| format!("{} is not in the label filter", kind.name()));
        return false;
    }
    if !rules.annotation_filter.matches(&meta.annotations) {
        outcome.note(|| format!("{} is not in the annotation filter", kind.name()));
        return false;
    }
    if Annotations::of(meta, rules).is_for_other() {
        outcome.note(|| format!("{} is for another controller", kind.name()));
        return false;
    }
    true
}

/// The items of a list with commas, all spaces taken out.
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    let text: String = text.chars().filter(|c| *c != ' ').collect();
    text.trim().split(',').map(str::to_owned).collect()
}

/// Whole seconds of a duration as Go writes them: `1h30m`, `1.5s`, `-3s`, `0`.
fn duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(end)?;
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, after) = after.split_at_checked(unit_end.unwrap_or(after.len()))?;
        let nanos: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole: i128 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        total = total.checked_add(whole.checked_mul(nanos)?)?;
        let mut part = nanos;
        for digit in fraction.bytes() {
            // A second dot in the number.
            let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
            part /= 10;
            total += i128::from(digit) * part;
        }
        if total > i128::from(i64::MAX) {
            return None;
        }
        rest = after;
    }
    i64::try_from(sign * total / 1_000_000_000).ok()
}

/// The value of `controller` that stands for us.
const CONTROLLER: &str = "dns-controller";
pub(crate) const MAX_TTL: i64 = i32::MAX as i64;
const CLOUDFLARE: [&str; 5] = [
    "cloudflare-custom-hostname",
    "cloudflare-proxied",
    "cloudflare-region-key",
    "cloudflare-record-comment",
    "cloudflare-tags",
];

#[cfg(test)]
mod tests;
