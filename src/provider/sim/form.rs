//! How a host writes names and data, by its documentation: strict readers and printers for dialects.

use wire::rdata;
use wire::text::{Token, print_char_string, unescape_into};
use wire::{Name, Rtype};

/// How a host writes owner names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// `www`, and `@` for the zone itself.
    At,
    /// `www.example.org.`
    Dotted,
    /// `www`, and nothing for the zone itself.
    Empty,
    /// `www.example.org`
    Whole,
}

/// How a host writes texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// In quotes, 255 bytes each; anything else is refused.
    Quoted,
    /// As it is.
    Raw,
    /// Taken as it is or in quotes, told in quotes.
    Either,
}

/// How a host writes records.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Owner names.
    pub owner: Owner,
    /// Whether names in data end with a dot; those that do not are then in the zone.
    pub dots: bool,
    /// Texts.
    pub text: Text,
}

impl Form {
    /// The name that a host is told, in lower case and without a dot at its end.
    ///
    /// # Errors
    /// It is not written as it should be.
    pub fn name(&self, zone: &str, told: &str) -> Result<String, String> {
        let told = told.to_ascii_lowercase();
        let within = |name: &str| name == zone || name.ends_with(&format!(".{zone}"));
        let wrong = || format!("\"{told}\" is no name as this host has them");
        let inside = |label: &str| format!("{label}.{zone}");
        let name = match self.owner {
            Owner::Dotted => told.strip_suffix('.').ok_or_else(wrong)?.to_owned(),
            Owner::Whole if told.ends_with('.') => return Err(wrong()),
            Owner::Whole => told.clone(),
            Owner::At if told == "@" => zone.to_owned(),
            Owner::Empty if told.is_empty() => zone.to_owned(),
            Owner::At | Owner::Empty if told.is_empty() || told == "@" || told.ends_with('.') => {
                return Err(wrong());
            }
            Owner::At | Owner::Empty => inside(&told),
        };
        if within(&name) {
            Ok(name)
        } else {
            Err(wrong())
        }
    }

    /// A name as the host tells it.
    #[must_use]
    pub fn owner(&self, zone: &str, name: &str) -> String {
        let inside = name
            .strip_suffix(zone)
            .unwrap_or(name)
            .trim_end_matches('.');
        match self.owner {
            Owner::Dotted => format!("{name}."),
            Owner::Whole => name.to_owned(),
            Owner::At if inside.is_empty() => "@".to_owned(),
            Owner::At | Owner::Empty => inside.to_owned(),
        }
    }

    /// The data that a host is told.
    ///
    /// # Errors
    /// It is none, or not written as it should be.
    pub fn read(&self, zone: &str, rtype: Rtype, told: &str) -> Result<Vec<u8>, String> {
        if rtype == Rtype::TXT {
            let is_quoted = told.starts_with('"') && told.ends_with('"') && told.len() > 1;
            return match self.text {
                Text::Raw => Ok(text(told.as_bytes())),
                Text::Either if !is_quoted => Ok(text(told.as_bytes())),
                Text::Quoted | Text::Either => quoted(told),
            };
        }
        let zone = if self.dots { zone } else { "" };
        let origin = Name::from_text(format!("{zone}.").as_bytes(), None);
        let origin = origin.map_err(|error| error.to_string())?;
        let mut out = Vec::new();
        if !self.dots
            && ends_in_name(rtype)
            && told != "."
            && told.ends_with('.')
            && !told.ends_with(" .")
        {
            return Err(format!("\"{told}\" ends with a dot"));
        }
        rdata::parse(rtype, &tokens(told), Some(origin.as_ref()), &mut out)
            .map_err(|error| format!("\"{told}\" is no {rtype} data: {error}"))?;
        Ok(out)
    }

    /// Data as the host tells it.
    #[must_use]
    pub fn print(&self, rtype: Rtype, data: &[u8]) -> String {
        if rtype == Rtype::TXT && self.text == Text::Raw {
            return String::from_utf8_lossy(&bytes(data)).into_owned();
        }
        let text = print(rtype, data);
        let cut = match text.strip_suffix('.') {
            Some(cut)
                if !self.dots && ends_in_name(rtype) && !cut.is_empty() && !cut.ends_with(' ') =>
            {
                cut
            }
            _ => &text,
        };
        cut.to_owned()
    }
}

/// Data as in a zone file.
#[must_use]
pub(crate) fn print(rtype: Rtype, data: &[u8]) -> String {
    let mut text = String::new();
    // Printing into a String does not end early.
    let _whole = rdata::print(rtype, data, &mut text).is_ok();
    text
}

/// Data out of the text of a zone file, whose names are absolute; for what tests write.
pub(crate) fn parse(rtype: Rtype, told: &str) -> Result<Vec<u8>, String> {
    if rtype == Rtype::TXT && !told.starts_with('"') {
        return Ok(text(told.as_bytes()));
    }
    if rtype == Rtype::TXT {
        let mut all = Vec::new();
        for token in tokens(told) {
            let mut bytes = Vec::new();
            unescape_into(token.text, &mut bytes).map_err(|error| format!("{error:?}"))?;
            all.append(&mut text(&bytes));
        }
        return Ok(all);
    }
    let form = Form {
        owner: Owner::Whole,
        dots: true,
        text: Text::Quoted,
    };
    form.read("", rtype, told)
}

/// The text of TXT data, its strings put together.
pub(crate) fn bytes(data: &[u8]) -> Vec<u8> {
    let (mut all, mut rest) = (Vec::new(), data);
    while let Some((&length, tail)) = rest.split_first() {
        let Some((string, tail)) = tail.split_at_checked(length.into()) else {
            break;
        };
        all.extend_from_slice(string);
        rest = tail;
    }
    all
}

/// TXT data of a text.
pub(crate) fn text(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if text.is_empty() {
        out.push(0);
    }
    for part in text.chunks(255) {
        out.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(part);
    }
    out
}

/// A text in quotes, as one would write it in a zone file.
#[must_use]
pub(crate) fn in_quotes(text: &[u8]) -> String {
    let mut out = String::new();
    // Printing into a String does not end early.
    let _whole = print_char_string(text, &mut out).is_ok();
    out
}

/// Strings in quotes, of at most 255 bytes each.
fn quoted(told: &str) -> Result<Vec<u8>, String> {
    let mut all = Vec::new();
    for token in tokens(told) {
        let mut string = Vec::new();
        let read = unescape_into(token.text, &mut string);
        if !token.quoted || read.is_err() || string.len() > 255 {
            return Err(format!(
                "{told} is not in strings of at most 255 bytes, in quotes"
            ));
        }
        all.push(u8::try_from(string.len()).unwrap_or(u8::MAX));
        all.append(&mut string);
    }
    if all.is_empty() {
        return Err("a text is in quotes".to_owned());
    }
    Ok(all)
}

fn ends_in_name(rtype: Rtype) -> bool {
    matches!(
        rtype,
        Rtype::CNAME | Rtype::DNAME | Rtype::MX | Rtype::NS | Rtype::PTR | Rtype::SRV
    )
}

/// The words of a line, those in quotes whole.
fn tokens(line: &str) -> Vec<Token<'_>> {
    let (mut tokens, bytes, mut at) = (Vec::new(), line.as_bytes(), 0);
    while let Some(&byte) = bytes.get(at) {
        if byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let quoted = byte == b'"';
        let begin = at + usize::from(quoted);
        let mut end = begin;
        while let Some(&byte) = bytes.get(end) {
            let ends = if quoted {
                byte == b'"'
            } else {
                byte.is_ascii_whitespace()
            };
            if ends {
                break;
            }
            end += if byte == b'\\' { 2 } else { 1 };
        }
        let end = end.min(bytes.len());
        let text = bytes.get(begin..end).unwrap_or_default();
        tokens.push(Token { text, quoted });
        at = end + usize::from(quoted);
    }
    tokens
}
