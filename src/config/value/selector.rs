//! Selectors of Kubernetes: `app=web,tier in (front,edge),!internal`.
//!
//! The grammar is the one of `kubectl -l`. A selector of annotations has the same, without `<` and
//! `>`.

use crate::problem::Quoted;
use crate::settings::{Operator, Requirement, Selector};

use super::Wrong;

/// A selector of labels.
pub(crate) fn label_selector(text: &str) -> Result<Selector, Wrong> {
    let text = text.trim();
    let mut rest = Rest {
        text,
        words: words(text),
        next: 0,
    };
    let mut requirements = Vec::new();
    while rest.peek().is_some() {
        requirements.push(rest.requirement()?);
        match rest.take() {
            None => break,
            Some(",") if rest.peek().is_some() => {}
            _ => return Err(rest.wrong("a comma between requirements")),
        }
    }
    Ok(Selector {
        text: text.to_owned(),
        requirements,
    })
}

/// A selector of annotations.
pub(crate) fn annotation_selector(text: &str) -> Result<Selector, Wrong> {
    let selector = label_selector(text)?;
    let compares = selector.requirements.iter().any(|requirement| {
        matches!(
            requirement.operator,
            Operator::GreaterThan(_) | Operator::LessThan(_)
        )
    });
    if compares {
        return Err(Wrong::new(format!(
            "{} compares numbers, which only labels can",
            Quoted(text)
        )));
    }
    Ok(selector)
}

/// Words and signs of a selector.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let signs = ["!=", "==", "!", "=", "<", ">", "(", ")", ","];
        let length = match signs.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => sign.len(),
            None => rest
                .find(|letter: char| letter.is_whitespace() || "!=<>(),".contains(letter))
                .unwrap_or(rest.len()),
        };
        let (word, tail) = rest.split_at(length);
        words.push(word);
        rest = tail.trim_start();
    }
    words
}

struct Rest<'a> {
    text: &'a str,
    words: Vec<&'a str>,
    next: usize,
}

impl<'a> Rest<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).copied()
    }

    fn take(&mut self) -> Option<&'a str> {
        let word = self.peek()?;
        self.next += 1;
        Some(word)
    }

    fn wrong(&self, expected: &str) -> Wrong {
        Wrong::new(format!(
            "{} is not a selector: expected {expected}",
            Quoted(self.text)
        ))
        .hint("one such as: app=web,tier in (front,edge),!internal")
    }

    fn requirement(&mut self) -> Result<Requirement, Wrong> {
        let absent = self.peek() == Some("!");
        if absent {
            self.next += 1;
        }
        let key = self.take().filter(|key| is_key(key));
        let key = key.ok_or_else(|| self.wrong("a key"))?.to_owned();
        let operator = match self.peek() {
            None | Some(",") if absent => Operator::NotExists,
            None | Some(",") => Operator::Exists,
            _ if absent => return Err(self.wrong("nothing after a key with !")),
            Some(_) => self.operator()?,
        };
        Ok(Requirement { key, operator })
    }

    fn operator(&mut self) -> Result<Operator, Wrong> {
        Ok(match self.take() {
            Some("=" | "==") => Operator::In(vec![self.value()?]),
            Some("!=") => Operator::NotIn(vec![self.value()?]),
            Some("in") => Operator::In(self.values()?),
            Some("notin") => Operator::NotIn(self.values()?),
            Some("<") => Operator::LessThan(self.number()?),
            Some(">") => Operator::GreaterThan(self.number()?),
            _ => return Err(self.wrong("=, ==, !=, in, notin, < or > after a key")),
        })
    }

    /// One value, which may be missing.
    fn value(&mut self) -> Result<String, Wrong> {
        match self.peek() {
            None | Some(",") => Ok(String::new()),
            Some(value) if is_value(value) => {
                self.next += 1;
                Ok(value.to_owned())
            }
            Some(_) => Err(self.wrong("a value of at most 63 letters, digits, '-', '_' and '.'")),
        }
    }

    fn number(&mut self) -> Result<i64, Wrong> {
        let number = self.take().and_then(|word| word.parse().ok());
        number.ok_or_else(|| self.wrong("a number"))
    }

    fn values(&mut self) -> Result<Vec<String>, Wrong> {
        if self.take() != Some("(") {
            return Err(self.wrong("values in parentheses"));
        }
        let mut values = Vec::new();
        loop {
            match self.take() {
                Some(")") => {
                    values.push(String::new());
                    return Ok(values);
                }
                Some(",") => values.push(String::new()),
                Some(value) if is_value(value) => {
                    values.push(value.to_owned());
                    match self.take() {
                        Some(")") => return Ok(values),
                        Some(",") => {}
                        _ => return Err(self.wrong("a comma or a closing parenthesis")),
                    }
                }
                _ => return Err(self.wrong("values in parentheses")),
            }
        }
    }
}

/// Whether this can be the key of a label: a name, maybe with a domain in front.
fn is_key(key: &str) -> bool {
    let (prefix, name) = key.rsplit_once('/').unwrap_or(("x", key));
    let domain = |label: &str| {
        label
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_alphanumeric())
            && is_value(label)
            && !label.is_empty()
    };
    !name.is_empty() && is_value(name) && prefix.len() <= 253 && prefix.split('.').all(domain)
}

/// Whether this can be the value of a label.
fn is_value(value: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let bytes = value.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    bytes.len() <= 63
        && bytes.iter().all(|byte| inner(*byte))
        && ends.into_iter().flatten().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn selectors_select_as_kubectl_does() {
        let labels = BTreeMap::from([("app", "web"), ("tier", "edge"), ("n", "5"), ("x/y", "")]);
        for (text, expected) in [
            ("", true),
            ("app", true),
            ("app=web", true),
            (" app == web , tier in ( front , edge ) ", true),
            ("app=web,tier=front", false),
            ("!app", false),
            ("!other", true),
            ("other!=web", true),
            ("app!=web", false),
            ("other notin (a,b)", true),
            ("app notin (a,web)", false),
            ("n>4,n<6", true),
            ("n > 5", false),
            ("app>1", false),
            ("x/y=", true),
            ("app=", false),
            ("x/y in (,a)", true),
        ] {
            let selector = label_selector(text).map_err(|wrong| wrong.message).unwrap();
            let found = selector.matches(|key| labels.get(key).copied());
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_selector_says_what_was_expected() {
        let wrong = |text| match label_selector(text) {
            Ok(_) => "taken".to_owned(),
            Err(wrong) => wrong.message,
        };
        insta::assert_snapshot!(
            ["=web", "app=web,", "app web", "app in web", "app in (a", "!app=web", "app=a b", "n>x", "a//b"]
                .map(wrong)
                .join("\n"),
            @r#"
        "=web" is not a selector: expected a key
        "app=web," is not a selector: expected a comma between requirements
        "app web" is not a selector: expected =, ==, !=, in, notin, < or > after a key
        "app in web" is not a selector: expected values in parentheses
        "app in (a" is not a selector: expected a comma or a closing parenthesis
        "!app=web" is not a selector: expected nothing after a key with !
        "app=a b" is not a selector: expected a comma between requirements
        "n>x" is not a selector: expected a number
        "a//b" is not a selector: expected a key
        "#
        );
        assert!(annotation_selector("n>4").is_err());
    }
}
