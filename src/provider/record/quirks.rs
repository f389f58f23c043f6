//! What is peculiar to a provider, as data: how it writes names and data, which TTLs and types it
//! takes. The same table drives what is sent, what is read, what is refused, what trials expect and
//! what the documentation says.

use plan::name::normalize;
use wire::{Rtype, Ttl};

use super::parts::Parts;
use super::{Key, Rrset, value};

/// The peculiarities of one provider.
#[derive(Clone, Copy, Debug)]
pub struct Quirks {
    /// How owner names are written.
    pub names: Names,
    /// Whether names in data end in a dot.
    pub dots: bool,
    /// How TXT data is written.
    pub txt: Txt,
    /// TTLs.
    pub ttl: TtlRule,
    /// Types it takes.
    pub types: &'static [Rtype],
    /// Settings of endpoints that mean something to it; all others are left out.
    pub properties: &'static [&'static str],
    /// Whether a CNAME at a zone's own name is taken, as an alias or otherwise.
    pub apex_cname: bool,
    /// Whether names that begin with `*` are taken.
    pub wildcard: bool,
    /// Whether a label in the middle of a name may be `*`, as in names of ownership records.
    pub inner_wildcard: bool,
    /// Values of a set at most.
    pub values: usize,
    /// TXT values of a name at most, if that is fewer.
    pub texts: usize,
    /// Bytes of a TXT value at most.
    pub text: usize,
    /// What else it refuses.
    pub refuses: &'static [Refusal],
    /// Names that it refuses.
    pub names_refused: &'static [NameRefusal],
    /// Whether a name has records of one type only.
    pub one_type: bool,
    /// Whether writes say what they expect to find, so that nobody else's are lost.
    pub conditional: bool,
    /// Whether edits count only once they are published.
    pub publishes: bool,
}

/// How owner names are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Whole, as `a.example.org`.
    Whole,
    /// Whole with a dot, as `a.example.org.`.
    Dotted,
    /// Within the zone, as `a`; the zone's own name is `@`.
    At,
    /// Within the zone; the zone's own name is empty.
    Empty,
}

/// How TXT data is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Txt {
    /// In quoted strings as in a zone file.
    Quoted,
    /// As it is. What comes back is the text, whatever it looks like.
    Raw,
    /// As it is, but what comes back may be in quotes.
    Either,
}

/// TTLs of a provider.
#[derive(Clone, Copy, Debug)]
pub struct TtlRule {
    /// That of records that ask for none; none is what the provider takes by itself.
    pub unset: Option<u32>,
    /// The least.
    pub least: u32,
    /// The most.
    pub most: u32,
    /// All that there are, in order, if not any number will do; others are rounded up.
    pub allowed: &'static [u32],
}

/// Something that a provider does not take.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// What it is, as `a TXT with a backslash`; for messages and tables.
    pub what: &'static str,
    /// Of which type.
    pub rtype: Rtype,
    /// Whether a value is such.
    pub is: fn(&str) -> bool,
}

/// Names that a provider does not take.
#[derive(Clone, Copy, Debug)]
pub struct NameRefusal {
    /// What they are, as `a name above 127 bytes`; for messages and tables.
    pub what: &'static str,
    /// Whether a name within its zone is such; the zone's own is empty.
    pub is: fn(&str) -> bool,
}

impl TtlRule {
    /// Any number from the least on.
    pub(crate) const fn from(least: u32, unset: Option<u32>) -> Self {
        Self {
            unset,
            least,
            most: 2_147_483_647,
            allowed: &[],
        }
    }
}

/// What several providers do not take.
impl Refusal {
    pub(crate) const CAA_SPACES: Self = Self {
        what: "a CAA with spaces in its value",
        rtype: Rtype::CAA,
        is: |value| Parts::of(Rtype::CAA, value).data.contains(' '),
    };

    pub(crate) const MX_NULL: Self = Self {
        what: "a null MX",
        rtype: Rtype::MX,
        is: |value| value.ends_with(" ."),
    };

    pub(crate) const TXT_BACKSLASH: Self = Self {
        what: "a TXT with a backslash",
        rtype: Rtype::TXT,
        is: |value| value.contains("\\\\"),
    };

    pub(crate) const TXT_IN_QUOTES: Self = Self {
        what: "a TXT that is in quotes itself",
        rtype: Rtype::TXT,
        is: |value| value.len() > 5 && value.starts_with("\"\\\"") && value.ends_with("\\\"\""),
    };

    pub(crate) const TXT_EMPTY: Self = Self {
        what: "an empty TXT",
        rtype: Rtype::TXT,
        is: |value| value == "\"\"",
    };
}

impl Quirks {
    /// The types that nearly all providers take.
    pub(crate) const USUAL: &'static [Rtype] = &[
        Rtype::A,
        Rtype::AAAA,
        Rtype::CAA,
        Rtype::CNAME,
        Rtype::MX,
        Rtype::NS,
        Rtype::SRV,
        Rtype::TXT,
    ];

    /// A provider without any: what a zone file can say.
    pub const NONE: Self = Self {
        names: Names::Dotted,
        dots: true,
        txt: Txt::Quoted,
        ttl: TtlRule::from(0, Some(300)),
        types: &[
            Rtype::A,
            Rtype::AAAA,
            Rtype::CNAME,
            Rtype::MX,
            Rtype::NS,
            Rtype::TXT,
            Rtype::SRV,
            Rtype::PTR,
            Rtype::CAA,
            Rtype::NAPTR,
            Rtype::DS,
            Rtype::SSHFP,
            Rtype::TLSA,
            Rtype::SVCB,
            Rtype::HTTPS,
            Rtype::DNAME,
            Rtype::LOC,
        ],
        properties: &[],
        apex_cname: false,
        wildcard: true,
        inner_wildcard: true,
        values: usize::MAX,
        texts: usize::MAX,
        text: usize::MAX,
        refuses: &[],
        names_refused: &[],
        one_type: false,
        conditional: false,
        publishes: false,
    };

    /// An owner name as the provider writes it.
    pub(crate) fn owner(&self, zone: &str, name: &str) -> String {
        let within = || match name.strip_suffix(zone) {
            Some(rest) => rest.strip_suffix('.').unwrap_or(rest).to_owned(),
            None => name.to_owned(),
        };
        match self.names {
            Names::Whole => name.to_owned(),
            Names::Dotted => format!("{name}."),
            Names::At if name == zone => "@".to_owned(),
            Names::At | Names::Empty => within(),
        }
    }

    /// The name of an owner as the provider wrote it, normalized.
    pub(crate) fn name(&self, zone: &str, owner: &str) -> Box<str> {
        let owner = match self.names {
            Names::Whole | Names::Dotted => owner.to_owned(),
            Names::At | Names::Empty if matches!(owner, "" | "@") => zone.to_owned(),
            // Some write the whole name at times, with a dot that tells it.
            Names::At | Names::Empty if owner.ends_with('.') => owner.to_owned(),
            Names::At | Names::Empty => format!("{owner}.{zone}"),
        };
        normalize(&unescaped(&owner)).into()
    }

    /// Data as the provider writes it. None if it cannot.
    pub(crate) fn data(&self, rtype: Rtype, value: &str) -> Option<String> {
        if rtype == Rtype::TXT {
            return match self.txt {
                Txt::Quoted => Some(value::quoted(value)),
                Txt::Raw => value::plain(value),
                // What is in quotes itself would lose them.
                Txt::Either => match value::plain(value) {
                    Some(text) if is_in_quotes(&text) => Some(value::quoted(value)),
                    text => text,
                },
            };
        }
        let cut =
            if !self.dots && value::ends_in_name(rtype) && value != "." && !value.ends_with(" .") {
                value.strip_suffix('.')
            } else {
                None
            };
        Some(cut.unwrap_or(value).to_owned())
    }

    /// The value of data as the provider wrote it.
    pub(crate) fn value(&self, rtype: Rtype, data: &str) -> Box<str> {
        let is_quoted = is_in_quotes(data);
        match self.txt {
            Txt::Raw if rtype == Rtype::TXT => value::of_plain(data),
            Txt::Either if rtype == Rtype::TXT && !is_quoted => value::of_plain(data),
            _ => value::canonical(rtype, data),
        }
    }

    /// A value as it comes back once it was sent: where texts are told as they are, their strings are
    /// one. What cannot be sent stays as it is.
    pub(crate) fn stored(&self, rtype: Rtype, value: &str) -> Box<str> {
        match self.data(rtype, value) {
            Some(data) => self.value(rtype, &data),
            None => value.into(),
        }
    }

    /// A TTL that the provider takes, for one that was asked for.
    pub(crate) fn ttl(&self, asked: Ttl) -> Ttl {
        let rule = &self.ttl;
        if rule.unset == Some(asked.as_secs()) {
            // What stands for none at some of them is less than the least.
            return asked;
        }
        let seconds = asked.as_secs().clamp(rule.least, rule.most);
        let mut allowed = rule.allowed.iter().copied();
        let allowed = allowed.find(|allowed| *allowed >= seconds);
        let seconds = allowed
            .or_else(|| rule.allowed.last().copied())
            .unwrap_or(seconds);
        Ttl::from_secs(seconds)
    }

    /// The TTL of what asks for none.
    pub(crate) fn unset_ttl(&self) -> Option<Ttl> {
        self.ttl.unset.map(Ttl::from_secs)
    }

    /// Why the provider would not take an RRset, in words for users.
    ///
    /// # Errors
    /// It would not.
    pub(crate) fn check(&self, zone: &str, rrset: &Rrset) -> Result<(), String> {
        let Rrset { key, values, .. } = rrset;
        if !self.types.contains(&key.rtype) {
            return Err(format!("{key}: records of this type are not taken there"));
        }
        if key.rtype == Rtype::CNAME && *key.name == *zone && !self.apex_cname {
            return Err(format!("{key}: a zone's own name cannot be a CNAME"));
        }
        if key.name.starts_with('*') && !self.wildcard {
            return Err(format!("{key}: wildcards are not taken there"));
        }
        let within = key.name.strip_suffix(zone).unwrap_or(&key.name);
        let within = within.strip_suffix('.').unwrap_or(within);
        let mut refused = self.names_refused.iter();
        if let Some(refused) = refused.find(|it| (it.is)(within)) {
            return Err(format!("{key}: {} is not taken there", refused.what));
        }
        let behind = key.name.strip_prefix("*.").unwrap_or(&key.name);
        if behind.contains('*') && !self.inner_wildcard {
            return Err(format!(
                "{key}: no label but the first can be a wildcard; if it is an ownership record, set \
                 --txt-wildcard-replacement"
            ));
        }
        let most = match key.rtype {
            Rtype::TXT => self.values.min(self.texts),
            _ => self.values,
        };
        if values.len() > most {
            let there = values.len();
            return Err(format!("{key}: {there} values, at most {most} are taken"));
        }
        if key.rtype == Rtype::CNAME && values.len() > 1 {
            return Err(format!(
                "{key}: a CNAME has one target, not {}",
                values.len()
            ));
        }
        if rrset.properties.value("alias") == Some("true") && values.len() > 1 {
            return Err(format!(
                "{key}: an alias has one target, not {}",
                values.len()
            ));
        }
        for value in values {
            self.check_value(key, value)?;
        }
        Ok(())
    }

    fn check_value(&self, key: &Key, value: &str) -> Result<(), String> {
        if key.rtype == Rtype::TXT {
            let bytes: usize = value::strings(value).iter().map(Vec::len).sum();
            if bytes > self.text {
                let most = self.text;
                return Err(format!(
                    "{key}: text of {bytes} bytes, at most {most} are taken"
                ));
            }
            if self.txt != Txt::Quoted && value::plain(value).is_none() {
                return Err(format!("{key}: only text in UTF-8 is taken there"));
            }
        }
        let mut refused = self.refuses.iter();
        let refused = refused.find(|it| it.rtype == key.rtype && (it.is)(value));
        match refused {
            Some(refused) => Err(format!("{key}: {} is not taken there", refused.what)),
            None => Ok(()),
        }
    }
}

fn is_in_quotes(text: &str) -> bool {
    text.len() > 1 && text.starts_with('"') && text.ends_with('"')
}

/// A name without the escapes that some APIs write, such as `\052` for `*`.
fn unescaped(name: &str) -> String {
    if !name.contains('\\') {
        return name.to_owned();
    }
    let mut bytes = Vec::with_capacity(name.len());
    match wire::text::unescape_into(name.as_bytes(), &mut bytes) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_else(|_| name.to_owned()),
        Err(_) => name.to_owned(),
    }
}
