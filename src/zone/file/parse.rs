//! From lines to records: owners, TTLs, classes, types, data.
//!
//! What a line leaves out comes from what stood before it, as in BIND: the owner from the record
//! before; the TTL from `$TTL`, else from the last TTL that was given, else from the SOA. A line
//! that cannot be understood is reported and left out, and the next one is judged.

use std::rc::Rc;

use wire::text::{self, Token};
use wire::{Class, Name, Rtype, Ttl, rdata};

use super::form;
use super::here::{Here, TypeMemo};
use super::hint;
use super::owner::{Owner, Scope};
use super::report::Report;
use super::say::quote;
use super::scan::Scanner;
use super::source::Sources;
use crate::check::Unread;
use crate::records::{Place, Records};

/// What all files of a zone share while they are read.
#[derive(Debug)]
pub(super) struct Parser {
    pub(super) records: Records,
    pub(super) sources: Sources,
    pub(super) report: Report,
    /// What was left out.
    pub(super) unread: Unread,
    /// The value of `$TTL`, or what stands for it.
    pub(super) default_ttl: Option<Ttl>,
    /// The last TTL that was given with a record.
    last_ttl: Option<Ttl>,
    /// Whether it was said that the last TTL is used where none is given.
    told_last_ttl: bool,
    /// The files that are being read, each included by the one before it.
    pub(super) open: Vec<u16>,
    /// How many files were read, repeats included.
    pub(super) included: usize,
    /// How many records were made by `$GENERATE`.
    pub(super) generated: u64,
    /// Whether `$INCLUDE` may read files.
    pub(super) disk: bool,
    rdata: Vec<u8>,
}

/// What a record says before its data.
struct Head {
    ttl: Option<Ttl>,
    rtype: Rtype,
    /// How many words it took.
    words: usize,
}

impl Parser {
    pub(super) fn new(apex: Name, disk: bool, most: usize) -> Self {
        Self {
            records: Records::new(apex),
            sources: Sources::default(),
            report: Report::keeping(most),
            unread: Unread::default(),
            default_ttl: None,
            last_ttl: None,
            told_last_ttl: false,
            open: Vec::new(),
            included: 0,
            generated: 0,
            disk,
            rdata: Vec::with_capacity(512),
        }
    }

    /// Reads all records of a file.
    pub(super) fn read(&mut self, file: u16, scope: &mut Scope) {
        let Some(source) = self.sources.get(file).map(Rc::clone) else {
            return;
        };
        self.open.push(file);
        let mut words = Vec::with_capacity(64);
        let mut types = TypeMemo::default();
        let mut scanner = Scanner::new(&source.text);
        while let Some(line) = scanner.next(&mut words) {
            match line {
                Ok(line) => {
                    if let Some(at) = line.nested {
                        self.nested(file, &source, at);
                    }
                    let text = &source.text;
                    let here = Here {
                        source: &source,
                        text,
                        file,
                        line,
                        made_by: None,
                    };
                    self.line(&here, &words, scope, &mut types);
                }
                Err(fault) => {
                    match words.first() {
                        Some(first) if !fault.line.blank && !is_directive(first) => {
                            // A wrong owner is not worth a second message for the line.
                            scope.set_owner(*first).unwrap_or_default();
                        }
                        _ => {}
                    }
                    self.unread.add_anything();
                    self.fault(file, &source, fault);
                }
            }
        }
        self.open.pop();
    }

    fn line<'t>(
        &mut self,
        here: &Here<'t>,
        words: &[Token<'t>],
        scope: &mut Scope,
        types: &mut TypeMemo<'t>,
    ) {
        let mut rest = words;
        if !here.line.blank
            && let Some((first, tail)) = words.split_first()
        {
            if is_directive(first) {
                let errors = self.report.errors();
                self.directive(here, *first, tail, scope);
                if self.report.errors() > errors {
                    self.unread.add_anything();
                }
                return;
            }
            if let Err(error) = scope.set_owner(*first) {
                let hint = Some(hint::name(error).to_owned());
                self.unread.add_anything();
                self.error(
                    here,
                    first,
                    format!("owner {}: {error}", quote(first.text)),
                    hint,
                );
            } else if scope.owner_state() == Owner::Outside {
                self.outside(here, first, scope);
            }
            rest = tail;
        } else if scope.owner_state() == Owner::None {
            let hint = "put the owner into the first column, or @ for the origin";
            if let Some(first) = words.first() {
                let message = "no owner, and no record before this one to take it from";
                self.error(here, first, message.to_owned(), Some(hint.to_owned()));
            }
            scope.owner_given_up();
            self.unread.add_anything();
        } else if scope.take_origin_changed() {
            self.inherited_after_origin(here, words, scope);
        }
        self.record(here, scope, rest, types);
    }

    /// Reads one record, whose owner is known, from the words after the owner.
    pub(super) fn record<'t>(
        &mut self,
        here: &Here<'t>,
        scope: &Scope,
        words: &[Token<'t>],
        types: &mut TypeMemo<'t>,
    ) -> bool {
        let Some(head) = self.head(here, words, types) else {
            self.unread.add(scope.owner(), None);
            return false;
        };
        let data = words.get(head.words..).unwrap_or_default();
        self.rdata.clear();
        let origin = Some(scope.origin());
        let joined;
        let data = if matches!(head.rtype, Rtype::SVCB | Rtype::HTTPS) {
            // A value may stand in quotes behind its key: `alpn="h2,h3"` is one word.
            joined = here.join_values(data);
            &joined
        } else {
            data
        };
        if let Some((word, message, hint)) = form::mistake(head.rtype, data, scope.owner()) {
            self.unread.add(scope.owner(), Some(head.rtype));
            self.error(here, word, message, Some(hint));
            return false;
        }
        let result = rdata::parse(head.rtype, data, origin, &mut self.rdata);
        if let Err(error) = result {
            self.unread.add(scope.owner(), Some(head.rtype));
            let message = format!("{} at \"{}\": {}", head.rtype, scope.owner(), error.kind);
            let hint = hint::data(head.rtype, &error, data);
            match data.get(error.token) {
                Some(word) => self.error(here, word, message, hint),
                None => self.error_behind(here, words, message, hint),
            }
            return false;
        }
        let Some(ttl) = self.ttl(here, words, &head) else {
            self.unread.add(scope.owner(), Some(head.rtype));
            return false;
        };
        if let Some((word, message, hint)) = form::doubt(head.rtype, data, scope.owner()) {
            self.warning(here, word, message, Some(hint));
        }
        if scope.owner_state() == Owner::Inside {
            let place = Place {
                file: here.file,
                line: here.line.number,
            };
            self.records
                .push(scope.owner(), head.rtype, ttl, &self.rdata, place);
        }
        true
    }

    /// Reads TTL, class and type, the first two in any order and both optional.
    fn head<'t>(
        &mut self,
        here: &Here<'_>,
        words: &[Token<'t>],
        types: &mut TypeMemo<'t>,
    ) -> Option<Head> {
        let mut ttl = None;
        let mut class = None;
        for (at, word) in words.iter().enumerate() {
            if word.text.eq_ignore_ascii_case(b"IN") && class.is_none() && !word.quoted {
                class = Some(Class::IN);
                continue;
            }
            let twice = |what| {
                let hint = format!("a record has one {what}");
                Some((
                    format!("{} is a second {what}", quote(word.text)),
                    Some(hint),
                ))
            };
            let mistake = if word.quoted {
                let message = format!("{} in quotes, expected a record type", quote(word.text));
                Some((message, Some(hint::FORM.to_owned())))
            } else if let Some(rtype) = types.get(word.text) {
                if rtype.is_meta() {
                    let hint = "this type stands in questions and messages only, never in a zone";
                    Some((
                        format!("record type {rtype} in a zone"),
                        Some(hint.to_owned()),
                    ))
                } else {
                    return Some(Head {
                        ttl,
                        rtype,
                        words: at + 1,
                    });
                }
            } else if word.text.first().is_some_and(u8::is_ascii_digit)
                && let Some(seconds) = text::seconds(word.text)
            {
                if ttl.is_some() {
                    twice("TTL")
                } else {
                    ttl = Some(self.checked_ttl(here, word, seconds));
                    None
                }
            } else if let Some(given) = Class::from_text(word.text) {
                if class.replace(given).is_some() {
                    twice("class")
                } else if given != Class::IN {
                    let message = format!("class {given}, expected IN");
                    let hint = "only records of the internet class are served";
                    Some((message, Some(hint.to_owned())))
                } else {
                    None
                }
            } else {
                Some(hint::no_type(here.line.blank, words, at))
            };
            if let Some((message, hint)) = mistake {
                self.error(here, word, message, hint);
                return None;
            }
        }
        let message = "no record type on this line".to_owned();
        self.error_behind(here, words, message, Some(hint::FORM.to_owned()));
        None
    }

    /// RFC 2181 §8: a TTL with the top bit set counts as zero.
    pub(super) fn checked_ttl(&mut self, here: &Here<'_>, word: &Token<'_>, seconds: u32) -> Ttl {
        if seconds > Ttl::MAX.as_secs() {
            let message = format!(
                "TTL {} is above {} and counts as 0",
                quote(word.text),
                Ttl::MAX
            );
            let hint = "TTLs have 31 bits (RFC 2181 §8)";
            self.warning(here, word, message, Some(hint.to_owned()));
        }
        Ttl::from_secs(seconds)
    }

    fn ttl(&mut self, here: &Here<'_>, words: &[Token<'_>], head: &Head) -> Option<Ttl> {
        if head.ttl.is_some() {
            self.last_ttl = head.ttl;
            return head.ttl;
        }
        if self.default_ttl.is_some() {
            return self.default_ttl;
        }
        let word = words.get(head.words - 1)?;
        let hint = || Some("write $TTL 3600 before the first record".to_owned());
        if self.last_ttl.is_some() {
            if !self.told_last_ttl {
                self.told_last_ttl = true;
                let message = "no TTL and no $TTL before it; the last TTL given is used";
                self.warning(here, word, message.to_owned(), hint());
            }
            return self.last_ttl;
        }
        // The minimum is the last number of an SOA.
        if head.rtype == Rtype::SOA
            && let Some(&minimum) = self.rdata.last_chunk()
        {
            self.default_ttl = Some(Ttl::from_secs(u32::from_be_bytes(minimum)));
            let message = "no TTL and no $TTL before it; the minimum of the SOA is used";
            self.warning(here, word, message.to_owned(), hint());
            return self.default_ttl;
        }
        self.error(
            here,
            word,
            "no TTL and no $TTL before it".to_owned(),
            hint(),
        );
        // Once is enough.
        self.default_ttl = Some(Ttl::from_secs(0));
        None
    }

    pub(super) fn outside(&mut self, here: &Here<'_>, word: &Token<'_>, scope: &Scope) {
        let message = format!(
            "\"{}\" is outside the zone \"{}\"; its records are ignored",
            scope.owner(),
            self.records.apex()
        );
        let hint = "each zone has a file of its own";
        self.warning(here, word, message, Some(hint.to_owned()));
    }

    fn inherited_after_origin(&mut self, here: &Here<'_>, words: &[Token<'_>], scope: &Scope) {
        let Some(first) = words.first() else {
            return;
        };
        let message = format!(
            "no owner right after $ORIGIN; the record belongs to \"{}\"",
            scope.owner()
        );
        let hint = format!(
            "write @ in the first column if \"{}\" is meant",
            scope.origin()
        );
        self.warning(here, first, message, Some(hint));
    }
}

fn is_directive(word: &Token<'_>) -> bool {
    !word.quoted && word.text.starts_with(b"$")
}
