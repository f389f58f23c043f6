//! Files of keys: `key "NAME" { algorithm ALGORITHM; secret "BASE64"; };`, as many as there are.

use wire::{Name, NameRef};

use super::scan::{Scanner, Token};
use super::{KeyFault, KeyTextError};
use crate::{Algorithm, Key, Keys, Secret};

impl Keys {
    /// Reads keys as BIND has them in its configuration; a text without any gives none.
    ///
    /// Truncated algorithms are sent as BIND sends them ([`Key::sent_as_bind_does`]).
    ///
    /// # Errors
    /// The first fault.
    pub fn from_text(text: &str) -> Result<Self, KeyTextError> {
        let mut scanner = Scanner::new(text);
        let mut keys = Self::default();
        loop {
            match scanner.next()? {
                Token::End => return Ok(keys),
                Token::Word(word) if word.eq_ignore_ascii_case("key") => {}
                _ => return Err(scanner.fault(KeyFault::Statement)),
            }
            let name = name(&mut scanner)?;
            if keys.get(&name).is_some() {
                return Err(scanner.fault(KeyFault::Duplicate(name)));
            }
            let key = clauses(&mut scanner, &name)?;
            expect(&mut scanner, Token::Semicolon, "; behind the key")?;
            let inserted = keys.insert(key);
            inserted.map_err(|error| scanner.fault(KeyFault::Duplicate(error.0)))?;
        }
    }
}

fn name(scanner: &mut Scanner<'_>) -> Result<Name, KeyTextError> {
    let Token::Word(word) = scanner.next()? else {
        return Err(scanner.fault(KeyFault::Expected("the name of the key")));
    };
    let name = Name::from_text(word.as_bytes(), Some(NameRef::ROOT));
    name.map_err(|error| scanner.fault(KeyFault::Name(error)))
}

/// What stands between the braces.
fn clauses(scanner: &mut Scanner<'_>, name: &Name) -> Result<Key, KeyTextError> {
    expect(scanner, Token::Open, "{ behind the name of the key")?;
    let (mut algorithm, mut secret) = (None, None);
    loop {
        let word = match scanner.next()? {
            Token::Close => break,
            Token::Word(word) => word,
            _ => return Err(scanner.fault(KeyFault::Clause)),
        };
        if word.eq_ignore_ascii_case("algorithm") {
            if algorithm.is_some() {
                return Err(scanner.fault(KeyFault::Repeated("algorithm")));
            }
            let parsed = value(scanner)?.and_then(|text| text.parse::<Algorithm>().ok());
            algorithm = Some(parsed.ok_or_else(|| scanner.fault(KeyFault::Algorithm))?);
        } else if word.eq_ignore_ascii_case("secret") {
            if secret.is_some() {
                return Err(scanner.fault(KeyFault::Repeated("secret")));
            }
            let parsed = value(scanner)?.and_then(Secret::from_base64);
            let parsed = parsed.filter(|secret| !secret.is_empty());
            secret = Some(parsed.ok_or_else(|| scanner.fault(KeyFault::Secret))?);
        } else {
            return Err(scanner.fault(KeyFault::Clause));
        }
        expect(scanner, Token::Semicolon, "; behind the value")?;
    }
    let missing = |fault: fn(Name) -> KeyFault| scanner.fault(fault(name.clone()));
    let algorithm = algorithm.ok_or_else(|| missing(KeyFault::NoAlgorithm))?;
    let secret = secret.ok_or_else(|| missing(KeyFault::NoSecret))?;
    Ok(Key::new(name.as_ref(), algorithm, secret).sent_as_bind_does())
}

fn value<'a>(scanner: &mut Scanner<'a>) -> Result<Option<&'a str>, KeyTextError> {
    Ok(match scanner.next()? {
        Token::Word(word) => Some(word),
        _ => None,
    })
}

fn expect(
    scanner: &mut Scanner<'_>,
    token: Token<'_>,
    what: &'static str,
) -> Result<(), KeyTextError> {
    if scanner.next()? == token {
        Ok(())
    } else {
        Err(scanner.fault(KeyFault::Expected(what)))
    }
}
