//! Names of ownership TXT records: from a record's name and type, and back.
//!
//! ```text
//! prefix [type-] first-label suffix .rest      with %{record_type} in an affix, no "type-"
//! ```
//!
//! Affixes are in lower case; the record's own name stays as it is. The way back also reads the old
//! form, which had no type. It cannot tell an old TXT of `a-foo` from a new one of `foo`, and takes
//! it for the new one, as external-dns does.

use wire::Rtype;

const TYPE: &str = "%{record_type}";

/// Types that a TXT name may carry, in the order they are tried.
const TYPES: [(Rtype, &str); 10] = [
    (Rtype::A, "a"),
    (Rtype::AAAA, "aaaa"),
    (Rtype::CNAME, "cname"),
    (Rtype::NS, "ns"),
    (Rtype::MX, "mx"),
    (Rtype::PTR, "ptr"),
    (Rtype::SRV, "srv"),
    (Rtype::NAPTR, "naptr"),
    (Rtype::TXT, "txt"),
    (Rtype::DNAME, "dname"),
];

/// Maps between the names of records and those of their TXT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapper {
    prefix: Box<str>,
    suffix: Box<str>,
    wildcard: Box<str>,
}

/// What the name of a TXT says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// The name of the record, in lower case.
    pub name: String,
    /// Its type; none in the old form, where one TXT is for all types but AAAA.
    pub rtype: Option<Rtype>,
}

impl Mapper {
    /// A mapper of these affixes; `wildcard` stands for a leading `*` if it is not empty.
    #[must_use]
    pub fn new(prefix: &str, suffix: &str, wildcard: &str) -> Self {
        Self {
            prefix: prefix.to_lowercase().into(),
            suffix: suffix.to_lowercase().into(),
            wildcard: wildcard.to_lowercase().into(),
        }
    }

    /// The name of the TXT for a record.
    #[must_use]
    pub fn text_name(&self, name: &str, rtype: Rtype) -> String {
        let rtype = rtype.to_string().to_lowercase();
        let (label, rest) = match name.split_once('.') {
            Some((label, rest)) => (label, Some(rest)),
            None => (name, None),
        };
        let mut out = self.prefix.replace(TYPE, &rtype);
        if !self.has_type() {
            out.push_str(&rtype);
            out.push('-');
        }
        out.push_str(self.without_star(label));
        out.push_str(&self.suffix.replace(TYPE, &rtype));
        if let Some(rest) = rest {
            out.push('.');
            out.push_str(rest);
        }
        out
    }

    /// The name under which a record's labels are looked up: in lower case, without its star.
    #[must_use]
    pub fn lookup_name(&self, name: &str) -> String {
        let name = name.to_lowercase();
        match name.split_once('.') {
            Some((label, rest)) => format!("{}.{rest}", self.without_star(label)),
            None => self.without_star(&name).to_owned(),
        }
    }

    /// What the name of a TXT says; none if it does not have our affix.
    #[must_use]
    pub fn owned(&self, text_name: &str) -> Option<Owned> {
        let name = text_name.to_lowercase();
        if self.suffix.is_empty() {
            return self.cut_affix(&name);
        }
        if !self.prefix.is_empty() {
            return None;
        }
        // The suffix ends the first label, and may go on over some more.
        let dots = self.suffix.matches('.').count();
        let border = name.match_indices('.').nth(dots).map(|(at, _)| at);
        if border.is_none() && name.matches('.').count() < dots {
            return None;
        }
        let (head, rest) = name.split_at_checked(border.unwrap_or(name.len()))?;
        let mut owned = self.cut_affix(head)?;
        owned.name.push_str(rest);
        Some(owned)
    }

    /// The name of which a TXT was up to 0.17, when its own had no type; none if it does not have our
    /// affix. In lower case.
    #[must_use]
    pub(super) fn owned_of_old(&self, text_name: &str) -> Option<String> {
        let plain = Self {
            prefix: self.prefix.replace(TYPE, "").into(),
            suffix: self.suffix.replace(TYPE, "").into(),
            wildcard: Box::default(),
        };
        // No type is looked for in a name that has one of these in front.
        let guard = "\u{0}";
        let name = text_name.to_lowercase();
        let name = match plain.suffix.is_empty() {
            true => format!(
                "{}{guard}{}",
                plain.prefix,
                name.strip_prefix(&*plain.prefix)?
            ),
            false => format!("{guard}{name}"),
        };
        let owned = plain.owned(&name)?.name;
        owned.strip_prefix(guard).map(str::to_owned)
    }

    /// A name with a star in front, if its first label is what stands for one.
    pub(super) fn with_star(&self, name: &str) -> Option<String> {
        let (label, rest) = name.split_once('.')?;
        (!self.wildcard.is_empty() && *label == *self.wildcard).then(|| format!("*.{rest}"))
    }

    fn has_type(&self) -> bool {
        self.prefix.contains(TYPE) || self.suffix.contains(TYPE)
    }

    fn without_star<'a>(&'a self, label: &'a str) -> &'a str {
        if label == "*" && !self.wildcard.is_empty() {
            &self.wildcard
        } else {
            label
        }
    }

    fn cut_affix(&self, name: &str) -> Option<Owned> {
        let cut = |prefix: &str, suffix: &str| -> Option<String> {
            let name = name.strip_prefix(prefix)?;
            Some(name.strip_suffix(suffix)?.to_owned())
        };
        if self.has_type() {
            for (rtype, text) in TYPES {
                let affixes = (
                    self.prefix.replace(TYPE, text),
                    self.suffix.replace(TYPE, text),
                );
                if let Some(name) = cut(&affixes.0, &affixes.1) {
                    return Some(Owned {
                        name,
                        rtype: Some(rtype),
                    });
                }
            }
        }
        let name = cut(
            &self.prefix.replace(TYPE, ""),
            &self.suffix.replace(TYPE, ""),
        )?;
        Some(by_default_place(name))
    }
}

/// The type before the first dash, if that is one.
fn by_default_place(name: String) -> Owned {
    let head = name.split('-').next().unwrap_or_default();
    let Some((rtype, text)) = TYPES.iter().find(|(_, text)| *text == head) else {
        return Owned { name, rtype: None };
    };
    let rest = name
        .strip_prefix(text)
        .and_then(|rest| rest.strip_prefix('-'));
    Owned {
        name: rest.map_or_else(|| name.clone(), str::to_owned),
        rtype: Some(*rtype),
    }
}
