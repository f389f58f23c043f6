//! `$ORIGIN`, `$TTL`, `$INCLUDE` and `$DATE`; `$GENERATE` has a file of its own.
//!
//! An included file begins with the origin and the owner of the line that includes it, or with the
//! origin given there; both are as before once it ends (RFC 1035 §5.1), while `$TTL` goes on, as in
//! BIND. A relative path counts from the folder of the file that includes it. BIND counts from its
//! working directory, so a file that is not in that folder is looked for there too. `$DATE`, which
//! BIND writes in front of what it keeps, is judged and passed over.

use std::path::{Path, PathBuf};

use wire::text::{self, Token};
use wire::{Name, Ttl};

use super::here::Here;
use super::hint;
use super::owner::Scope;
use super::parse::Parser;
use super::say::quote;
use super::source::ReadError;

/// The most files that are open at once, each included by the one before it.
const MAX_DEPTH: usize = 32;
/// The most times that files are read for one zone, counting a file each time it is included.
const MAX_INCLUDED: usize = 10_000;
/// How `$DATE` is written: year, month, day, hour, minute and second.
const DATE: &str = "$DATE 20200101000000";
/// The digits of the time in it.
const DATE_DIGITS: usize = 14;

impl Parser {
    /// Follows a directive.
    pub(super) fn directive<'t>(
        &mut self,
        here: &Here<'t>,
        word: Token<'t>,
        arguments: &[Token<'t>],
        scope: &mut Scope,
    ) {
        let is = |name: &[u8]| word.text.eq_ignore_ascii_case(name);
        if is(b"$ORIGIN") {
            if let Some(origin) = self.argument(here, &word, arguments, "$ORIGIN example.org.") {
                self.origin(here, origin, scope);
                self.excess(here, &arguments[1..]);
            }
        } else if is(b"$TTL") {
            if let Some(ttl) = self.argument(here, &word, arguments, "$TTL 1h") {
                self.default_ttl(here, ttl);
                self.excess(here, &arguments[1..]);
            }
        } else if is(b"$INCLUDE") {
            let form = "$INCLUDE FILE ORIGIN, where the origin may be left out";
            if let Some(path) = self.argument(here, &word, arguments, form) {
                self.include(here, path, &arguments[1..], scope);
            }
        } else if is(b"$GENERATE") {
            self.generate(here, &word, arguments, scope);
        } else if is(b"$DATE") {
            if let Some(time) = self.argument(here, &word, arguments, DATE) {
                self.date(here, &word, time);
                self.excess(here, &arguments[1..]);
            }
        } else {
            let hint = "the directives are $ORIGIN, $TTL, $INCLUDE, $GENERATE and $DATE";
            let message = format!("{} is not a directive", quote(word.text));
            self.error(here, &word, message, Some(hint.to_owned()));
        }
    }

    fn argument<'t>(
        &mut self,
        here: &Here<'t>,
        word: &Token<'t>,
        arguments: &[Token<'t>],
        form: &str,
    ) -> Option<Token<'t>> {
        let first = arguments.first().copied();
        if first.is_none() {
            let name = String::from_utf8_lossy(word.text).to_ascii_uppercase();
            let hint = Some(format!("written as: {form}"));
            self.error_behind(here, &[*word], format!("nothing after {name}"), hint);
        }
        first
    }

    fn excess(&mut self, here: &Here<'_>, words: &[Token<'_>]) {
        if let Some(word) = words.first() {
            let message = format!(
                "unexpected {}, expected the end of the line",
                quote(word.text)
            );
            let hint = "a comment begins with a semicolon";
            self.error(here, word, message, Some(hint.to_owned()));
        }
    }

    fn origin(&mut self, here: &Here<'_>, word: Token<'_>, scope: &mut Scope) {
        match Name::from_text(word.text, Some(scope.origin())) {
            Ok(origin) => scope.set_origin(origin),
            Err(error) => {
                let message = format!("origin {}: {error}", quote(word.text));
                self.error(here, &word, message, Some(hint::name(error).to_owned()));
            }
        }
    }

    fn default_ttl(&mut self, here: &Here<'_>, word: Token<'_>) {
        if let Some(seconds) = text::seconds(word.text) {
            self.default_ttl = Some(self.checked_ttl(here, &word, seconds));
            return;
        }
        let message = format!("{} is not a TTL", quote(word.text));
        self.error(here, &word, message, Some(hint::TTL.to_owned()));
        // Records that rely on it are not worth a message each.
        if self.default_ttl.is_none() {
            self.default_ttl = Some(Ttl::from_secs(0));
        }
    }

    fn date(&mut self, here: &Here<'_>, word: &Token<'_>, time: Token<'_>) {
        if time.text.len() == DATE_DIGITS && text::time(time.text).is_some() {
            let message = "$DATE is passed over".to_owned();
            let hint = "times to live count from each answer on; the line can go";
            self.warning(here, word, message, Some(hint.to_owned()));
            return;
        }
        let message = format!("{} is not a time", quote(time.text));
        self.error(here, &time, message, Some(format!("written as: {DATE}")));
    }

    fn include(
        &mut self,
        here: &Here<'_>,
        word: Token<'_>,
        arguments: &[Token<'_>],
        scope: &Scope,
    ) {
        let origin = match arguments.first() {
            None => None,
            Some(origin) => match Name::from_text(origin.text, Some(scope.origin())) {
                Ok(origin) => Some(origin),
                Err(error) => {
                    let message = format!("origin {}: {error}", quote(origin.text));
                    self.error(here, origin, message, Some(hint::name(error).to_owned()));
                    return;
                }
            },
        };
        self.excess(here, arguments.get(1..).unwrap_or_default());
        let Some(file) = self.find(here, &word) else {
            return;
        };
        if let Some(first) = self.open.iter().position(|&open| open == file) {
            let names = self.open[first..].iter().chain([&file]);
            let chain: Vec<&str> = names
                .filter_map(|&file| self.sources.get(file).map(|source| &*source.name))
                .collect();
            let message = format!("file includes itself: {}", chain.join(" → "));
            let hint = "leave out the line that closes the circle";
            self.error(here, &word, message, Some(hint.to_owned()));
        } else if self.open.len() >= MAX_DEPTH {
            let message = format!("files include one another more than {MAX_DEPTH} deep");
            self.error(here, &word, message, None);
        } else if self.included >= MAX_INCLUDED {
            let message = format!("files are included more than {MAX_INCLUDED} times in this zone");
            self.error(here, &word, message, None);
        } else {
            self.included += 1;
            self.read(file, &mut scope.included(origin));
        }
    }

    /// Reads an included file, which is found beside the file that includes it, or else in the
    /// working directory.
    fn find(&mut self, here: &Here<'_>, word: &Token<'_>) -> Option<u16> {
        let refused = |error: &ReadError| format!("include {}: {error}", quote(word.text));
        let Ok(path) = path_of(word.text) else {
            let message = format!("{} is not a file name in UTF-8", quote(word.text));
            self.error(here, word, message, None);
            return None;
        };
        if !self.disk {
            let message = format!("include {}: there are no files here", quote(word.text));
            self.error(here, word, message, None);
            return None;
        }
        let folder = Path::new(&*here.source.name)
            .parent()
            .unwrap_or_else(|| Path::new(""));
        let beside = folder.join(&path);
        let error = match self.sources.open(&beside) {
            Ok(file) => return Some(file),
            Err(error) => error,
        };
        let missing = matches!(&error, ReadError::System(error)
            if error.kind() == std::io::ErrorKind::NotFound);
        if missing && path.is_relative() && beside != path && path.exists() {
            match self.sources.open(&path) {
                Ok(file) => return Some(file),
                Err(error) => self.error(here, word, refused(&error), None),
            }
            return None;
        }
        let hint = (missing && path.is_relative()).then(|| {
            "relative paths count from the folder of this file, else from the working directory"
                .to_owned()
        });
        self.error(here, word, refused(&error), hint);
        None
    }
}

/// The path that a word means, escapes resolved.
fn path_of(word: &[u8]) -> Result<PathBuf, ()> {
    let mut bytes = Vec::with_capacity(word.len());
    text::unescape_into(word, &mut bytes).map_err(|_| ())?;
    String::from_utf8(bytes).map(PathBuf::from).map_err(|_| ())
}
