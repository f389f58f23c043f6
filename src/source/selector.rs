//! Label selectors in the text form of Kubernetes: `app=web,tier in (a,b),!old`.

use crate::object::Pairs;

/// What labels must be like. The default asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector(Vec<Requirement>);

/// One condition of a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The key.
    pub key: Box<str>,
    /// What must hold for it.
    pub test: Test,
}

/// What must hold for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// It is there.
    Exists,
    /// It is there with one of these values.
    In(Vec<Box<str>>),
    /// It is not there.
    Missing,
    /// It is not there, or has none of these values.
    NotIn(Vec<Box<str>>),
}

/// A text is no selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is no selector: {reason}; expected as \"app=web,tier in (a,b),!old\"")]
pub struct SelectorError {
    text: String,
    reason: String,
}

impl Selector {
    /// A selector of these conditions, which must all hold.
    #[must_use]
    pub fn new(requirements: Vec<Requirement>) -> Self {
        Self(requirements)
    }

    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All keys it looks at.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|requirement| &*requirement.key)
    }

    /// Whether all conditions hold for these labels.
    #[must_use]
    pub fn matches(&self, labels: &Pairs) -> bool {
        self.0.iter().all(|requirement| {
            let value = labels.value(&requirement.key);
            let among = |values: &[Box<str>]| {
                value.is_some_and(|value| values.iter().any(|other| **other == *value))
            };
            match &requirement.test {
                Test::Exists => value.is_some(),
                Test::In(values) => among(values),
                Test::Missing => value.is_none(),
                Test::NotIn(values) => !among(values),
            }
        })
    }
}

impl std::str::FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let mut tokens = Tokens { rest: text };
        let mut requirements = Vec::new();
        let failed = |reason: String| SelectorError {
            text: text.to_owned(),
            reason,
        };
        loop {
            match tokens.next() {
                Token::End => break,
                // An empty condition between commas is none, as in Kubernetes.
                Token::Mark(",") => continue,
                Token::Mark("!") => {
                    let Token::Word(key) = tokens.next() else {
                        return Err(failed("a key must follow \"!\"".to_owned()));
                    };
                    requirements.push(Requirement {
                        key: key.into(),
                        test: Test::Missing,
                    });
                }
                Token::Word(key) => {
                    let test = tokens.test().map_err(failed)?;
                    requirements.push(Requirement {
                        key: key.into(),
                        test,
                    });
                }
                Token::Mark(mark) => return Err(failed(format!("\"{mark}\" stands before a key"))),
            }
            match tokens.next() {
                Token::End => break,
                Token::Mark(",") => {}
                Token::Mark(other) | Token::Word(other) => {
                    return Err(failed(format!("\"{other}\" stands where a comma should")));
                }
            }
        }
        Ok(Self(requirements))
    }
}

/// A piece of a selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    End,
    Mark(&'t str),
    Word(&'t str),
}

struct Tokens<'t> {
    rest: &'t str,
}

impl<'t> Tokens<'t> {
    fn next(&mut self) -> Token<'t> {
        self.rest = self.rest.trim_start_matches(SPACE);
        if self.rest.is_empty() {
            return Token::End;
        }
        for mark in ["==", "!=", "=", "!", "(", ")", ",", ">", "<"] {
            if self.rest.starts_with(mark) {
                let (mark, rest) = self.rest.split_at(mark.len());
                self.rest = rest;
                return Token::Mark(mark);
            }
        }
        let end = self
            .rest
            .find(|c| SPECIAL.contains(&c) || SPACE.contains(&c));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        Token::Word(word)
    }

    fn peek(&self) -> Token<'t> {
        Tokens { rest: self.rest }.next()
    }

    /// What follows a key.
    fn test(&mut self) -> Result<Test, String> {
        match self.peek() {
            Token::End | Token::Mark(",") => return Ok(Test::Exists),
            _ => {}
        }
        match self.next() {
            Token::Mark("=" | "==") => Ok(Test::In(vec![self.value()?])),
            Token::Mark("!=") => Ok(Test::NotIn(vec![self.value()?])),
            Token::Word("in") => Ok(Test::In(self.values()?)),
            Token::Word("notin") => Ok(Test::NotIn(self.values()?)),
            Token::Mark(other) | Token::Word(other) => Err(format!(
                "\"{other}\" is no operator; =, ==, !=, in and notin are"
            )),
            Token::End => Ok(Test::Exists),
        }
    }

    /// A single value, which may be empty.
    fn value(&mut self) -> Result<Box<str>, String> {
        match self.peek() {
            Token::End | Token::Mark(",") => Ok(Box::default()),
            Token::Word(value) => {
                self.next();
                Ok(value.into())
            }
            Token::Mark(other) => Err(format!("\"{other}\" stands where a value should")),
        }
    }

    /// Values in parentheses; each may be empty.
    fn values(&mut self) -> Result<Vec<Box<str>>, String> {
        if self.next() != Token::Mark("(") {
            return Err("values must stand in parentheses".to_owned());
        }
        let mut values = vec![Box::default()];
        let mut filled = false;
        loop {
            match self.next() {
                Token::Mark(")") => return Ok(values),
                Token::Mark(",") => {
                    values.push(Box::default());
                    filled = false;
                }
                Token::Word(value) if !filled => {
                    if let Some(last) = values.last_mut() {
                        *last = value.into();
                    }
                    filled = true;
                }
                Token::End => return Err("a parenthesis is not closed".to_owned()),
                Token::Mark(other) | Token::Word(other) => {
                    return Err(format!("\"{other}\" stands among values"));
                }
            }
        }
    }
}

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];
const SPECIAL: [char; 7] = ['=', '!', '(', ')', ',', '>', '<'];

#[cfg(test)]
mod tests {
    use super::Selector;
    use crate::object::Pairs;

    #[test]
    fn conditions_hold_or_not() {
        let labels = Pairs::new([("app", "web"), ("empty", ""), ("a.b/c", "x y")]);
        for (text, expected) in [
            ("", true),
            (" , ", true),
            ("app", true),
            ("!app", false),
            ("! app", false),
            ("other", false),
            ("!other", true),
            ("app=web", true),
            ("app == web", true),
            ("app=other", false),
            ("app!=web", false),
            ("other!=web", true),
            ("empty=", true),
            ("empty=,app=web", true),
            ("app in (web)", true),
            ("app in(x, web )", true),
            ("app in (x,y)", false),
            ("empty in (,a)", true),
            ("other in (,a)", false),
            ("app notin (x,y)", true),
            ("other notin (web)", true),
            ("app notin (web)", false),
            ("app=web,empty,!other", true),
            ("app=web,other", false),
        ] {
            let selector: Selector = text.parse().unwrap();
            assert_eq!(selector.matches(&labels), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_selector_says_why() {
        for (text, reason) in [
            ("a>1", "\">\" is no operator; =, ==, !=, in and notin are"),
            ("a b", "\"b\" is no operator; =, ==, !=, in and notin are"),
            ("a in b", "values must stand in parentheses"),
            ("a in (b", "a parenthesis is not closed"),
            ("a in (b c)", "\"c\" stands among values"),
            ("a=b c", "\"c\" stands where a comma should"),
            ("=b", "\"=\" stands before a key"),
            ("!", "a key must follow \"!\""),
            ("a=!b", "\"!\" stands where a value should"),
        ] {
            let error = text.parse::<Selector>().unwrap_err();
            assert_eq!(error.reason, reason, "{text}");
        }
    }
}
