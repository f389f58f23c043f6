//! Tokens of a template → its tree, with Go's rules and in Go's order of checks.
//!
//! Invariants: every variable that a tree names was declared before it in the text; every function
//! exists; nesting is bounded, so whoever walks the tree may recurse.

use super::{
    cursor::{MAX_DEPTH, ParseError, Parser, fail, unexpected},
    lex::{Kind, Token},
    operand::text_of,
    tree::{Call, Choice, MAIN, Node, Range, Tree},
};

/// Parses a text into its bodies.
pub(super) fn parse(text: &str) -> Result<Tree, ParseError> {
    let mut parser = Parser::new(text);
    let mut main = Vec::new();
    while parser.peek_kind() != Some(Kind::End) {
        if parser.at_definition() {
            parser.definition()?;
            continue;
        }
        match parser.node()? {
            Step::Node(node) => main.push(node),
            Step::Else { at } => return Err(fail(at, "{{else}} outside if, with or range")),
            Step::End { at } => return Err(fail(at, "{{end}} without a beginning")),
        }
    }
    parser.add(MAIN.to_vec(), main, 0)?;
    Ok(parser.tree)
}

/// What stands next in a list of nodes.
enum Step {
    Node(Node),
    Else { at: usize },
    End { at: usize },
}

impl Parser<'_> {
    /// Whether `{{define` is next.
    fn at_definition(&self) -> bool {
        let mut ahead = self
            .tokens
            .iter()
            .skip(self.next)
            .filter(|token| token.kind != Kind::Space);
        ahead
            .next()
            .is_some_and(|token| token.kind == Kind::LeftDelimiter)
            && ahead
                .next()
                .is_some_and(|token| is_keyword(token, "define"))
    }

    /// `{{define "name"}} … {{end}}`, known to be next.
    fn definition(&mut self) -> Result<(), ParseError> {
        let at = self.take()?.at;
        self.take_word()?;
        let name = self.name("define")?;
        self.expect(Kind::RightDelimiter, "define")?;
        self.body_apart(name, at)
    }

    /// A body with variables and ranges of its own, up to its `{{end}}`.
    fn body_apart(&mut self, name: Vec<u8>, at: usize) -> Result<(), ParseError> {
        let variables = std::mem::replace(&mut self.variables, vec!["$"]);
        let ranges = std::mem::take(&mut self.ranges);
        let (body, end) = self.list(at)?;
        if let Step::Else { at } = end {
            return Err(fail(at, "{{else}} outside if, with or range"));
        }
        self.variables = variables;
        self.ranges = ranges;
        self.add(name, body, at)
    }

    /// Keeps a body; one that holds only space never takes the place of another.
    fn add(&mut self, name: Vec<u8>, body: Vec<Node>, at: usize) -> Result<(), ParseError> {
        match self.tree.bodies.get(&name) {
            Some(known) if !is_empty(known) => {
                if is_empty(&body) {
                    return Ok(());
                }
                let name = String::from_utf8_lossy(&name).into_owned();
                Err(fail(at, &format!("template {name:?} is defined twice")))
            }
            _ => {
                self.tree.bodies.insert(name, body);
                Ok(())
            }
        }
    }

    /// Nodes up to `{{end}}` or `{{else}}`.
    fn list(&mut self, start: usize) -> Result<(Vec<Node>, Step), ParseError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(fail(start, &format!("nested more than {MAX_DEPTH} deep")));
        }
        let mut nodes = Vec::new();
        loop {
            self.skip_space();
            if self.peek_kind() == Some(Kind::End) {
                return Err(fail(
                    start,
                    "template ends before this is closed; expected {{end}}",
                ));
            }
            match self.node()? {
                Step::Node(node) => nodes.push(node),
                end => {
                    self.depth -= 1;
                    return Ok((nodes, end));
                }
            }
        }
    }

    /// A text or an action.
    fn node(&mut self) -> Result<Step, ParseError> {
        let token = self.take_word()?;
        match token.kind {
            Kind::Text => Ok(Step::Node(Node::Text(token.text.to_owned()))),
            Kind::LeftDelimiter => self.action(),
            _ => Err(unexpected(&token, "text")),
        }
    }

    fn action(&mut self) -> Result<Step, ParseError> {
        let token = self.take_word()?;
        let node = match (token.kind, token.text) {
            (Kind::Keyword, "block") => self.block(token.at)?,
            (Kind::Keyword, word @ ("break" | "continue")) => {
                self.expect(Kind::RightDelimiter, word)?;
                if self.ranges == 0 {
                    return Err(fail(token.at, &format!("{{{{{word}}}}} outside range")));
                }
                if word == "break" {
                    Node::Break
                } else {
                    Node::Continue
                }
            }
            (Kind::Keyword, "else") => {
                self.skip_space();
                let follows = self.tokens.get(self.next);
                if !follows.is_some_and(|next| is_keyword(next, "if") || is_keyword(next, "with")) {
                    self.expect(Kind::RightDelimiter, "else")?;
                }
                return Ok(Step::Else { at: token.at });
            }
            (Kind::Keyword, "end") => {
                self.expect(Kind::RightDelimiter, "end")?;
                return Ok(Step::End { at: token.at });
            }
            (Kind::Keyword, "if") => self.choice(token.at, "if")?,
            (Kind::Keyword, "with") => self.choice(token.at, "with")?,
            (Kind::Keyword, "range") => self.range(token.at)?,
            (Kind::Keyword, "template") => {
                let name = self.name("template")?;
                self.skip_space();
                let pipe = if self.peek_kind() == Some(Kind::RightDelimiter) {
                    self.next += 1;
                    None
                } else {
                    Some(self.pipe("template", Kind::RightDelimiter)?)
                };
                Node::Template(Call {
                    at: token.at,
                    name,
                    pipe,
                })
            }
            _ => {
                self.next -= 1;
                Node::Action(self.pipe("command", Kind::RightDelimiter)?)
            }
        };
        Ok(Step::Node(node))
    }

    fn block(&mut self, at: usize) -> Result<Node, ParseError> {
        let name = self.name("block")?;
        let pipe = Some(self.pipe("block", Kind::RightDelimiter)?);
        self.body_apart(name.clone(), at)?;
        Ok(Node::Template(Call { at, name, pipe }))
    }

    fn choice(&mut self, at: usize, word: &'static str) -> Result<Node, ParseError> {
        let declared = self.variables.len();
        let mut choice = Choice {
            sets_dot: word == "with",
            branches: Vec::new(),
            otherwise: Vec::new(),
        };
        loop {
            let pipe = self.pipe(word, Kind::RightDelimiter)?;
            let (body, end) = self.list(at)?;
            choice.branches.push((pipe, body));
            if let Step::End { .. } = end {
                break;
            }
            if self
                .tokens
                .get(self.next)
                .is_some_and(|next| is_keyword(next, word))
            {
                self.next += 1;
                continue;
            }
            choice.otherwise = self.otherwise(at)?;
            break;
        }
        self.variables.truncate(declared);
        Ok(Node::Choice(choice))
    }

    fn range(&mut self, at: usize) -> Result<Node, ParseError> {
        let declared = self.variables.len();
        let pipe = self.pipe("range", Kind::RightDelimiter)?;
        self.ranges += 1;
        let (body, end) = self.list(at)?;
        self.ranges -= 1;
        let otherwise = match end {
            Step::Else { .. } => self.otherwise(at)?,
            _ => Vec::new(),
        };
        self.variables.truncate(declared);
        Ok(Node::Range(Range {
            pipe,
            body,
            otherwise,
        }))
    }

    /// The list after a plain `else`.
    fn otherwise(&mut self, at: usize) -> Result<Vec<Node>, ParseError> {
        match self.list(at)? {
            (nodes, Step::End { .. }) => Ok(nodes),
            (_, Step::Else { at } | Step::Node(Node::Template(Call { at, .. }))) => {
                Err(fail(at, "second {{else}}; expected {{end}}"))
            }
            (_, Step::Node(_)) => Err(fail(at, "expected {{end}}")),
        }
    }

    /// The name of a body in quotes.
    fn name(&mut self, context: &str) -> Result<Vec<u8>, ParseError> {
        let token = self.take_word()?;
        match token.kind {
            Kind::QuotedText | Kind::RawText => text_of(&token),
            _ => Err(unexpected(
                &token,
                &format!("{context}; expected a name in quotes"),
            )),
        }
    }
}

/// Whether a body holds nothing but space.
fn is_empty(body: &[Node]) -> bool {
    body.iter()
        .all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
}

fn is_keyword(token: &Token<'_>, word: &str) -> bool {
    token.kind == Kind::Keyword && token.text == word
}
