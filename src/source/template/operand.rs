//! The inside of actions: pipelines, commands and operands.

use super::{
    cursor::{MAX_DEPTH, ParseError, Parser, fail, unexpected},
    functions,
    lex::{Kind, Token},
    literal,
    tree::{Command, Operand, Pipe, Term},
};

impl Parser<'_> {
    /// Variables and commands up to a closing token, which is taken too.
    pub(super) fn pipe(&mut self, context: &'static str, end: Kind) -> Result<Pipe, ParseError> {
        self.skip_space();
        let at = self.tokens.get(self.next).map_or(0, |token| token.at);
        let (variables, assigns) = self.declarations(context)?;
        let mut commands: Vec<Command> = Vec::new();
        loop {
            let token = self.take_word()?;
            if token.kind == end {
                break;
            }
            if !begins_operand(token.kind) {
                return Err(unexpected(&token, context));
            }
            self.next -= 1;
            commands.push(self.command()?);
        }
        if commands.is_empty() {
            return Err(fail(at, &format!("value is missing in {context}")));
        }
        for command in commands.iter().skip(1) {
            let first = &command.first;
            let is_value = matches!(
                first.term,
                Term::Bool(_) | Term::Dot | Term::Nil | Term::Number(_) | Term::Text(_)
            );
            if is_value {
                return Err(fail(first.at, "a value can't take what is piped into it"));
            }
        }
        Ok(Pipe {
            at,
            variables,
            assigns,
            commands,
        })
    }

    /// `$x :=`, `$x =`, and for ranges `$i, $x :=`.
    fn declarations(&mut self, context: &str) -> Result<(Vec<String>, bool), ParseError> {
        let mut variables = Vec::new();
        let mut assigns = false;
        loop {
            let start = self.next;
            let Some(variable) = self.word_ahead().filter(|word| word.kind == Kind::Variable)
            else {
                break;
            };
            self.next += 1;
            let follows = self.word_ahead();
            match follows.map(|word| (word.kind, word.text)) {
                Some((kind @ (Kind::Assign | Kind::Declare), _)) => {
                    self.next += 1;
                    assigns = kind == Kind::Assign;
                    variables.push(variable.text.to_owned());
                    self.variables.push(variable.text);
                    break;
                }
                Some((Kind::Char, ",")) => {
                    self.next += 1;
                    variables.push(variable.text.to_owned());
                    self.variables.push(variable.text);
                    let ahead = self.word_ahead().map(|word| word.kind);
                    if context != "range" || variables.len() > 1 {
                        let message = format!("too many variables in {context}");
                        return Err(fail(variable.at, &message));
                    }
                    let goes_on = [Kind::Variable, Kind::RightDelimiter, Kind::RightParenthesis];
                    if !ahead.is_some_and(|kind| goes_on.contains(&kind)) {
                        let message = "range can only set variables; expected a second variable";
                        return Err(fail(variable.at, message));
                    }
                }
                _ => {
                    self.next = start;
                    break;
                }
            }
        }
        Ok((variables, assigns))
    }

    /// Operands up to a pipe, which is taken, or a closing token, which is not.
    fn command(&mut self) -> Result<Command, ParseError> {
        let mut first = None;
        let mut arguments = Vec::new();
        loop {
            if let Some(operand) = self.operand()? {
                match first {
                    None => first = Some(operand),
                    Some(_) => arguments.push(operand),
                }
            }
            let token = self.take()?;
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelimiter | Kind::RightParenthesis => self.next -= 1,
                Kind::Pipe => {}
                _ => return Err(unexpected(&token, "operand")),
            }
            let first = first.ok_or_else(|| fail(token.at, "command is empty"))?;
            return Ok(Command { first, arguments });
        }
    }

    /// A term with the fields that follow it; none if the next token begins none.
    fn operand(&mut self) -> Result<Option<Operand>, ParseError> {
        let Some(Operand { at, term }) = self.term()? else {
            return Ok(None);
        };
        let mut fields = Vec::new();
        while self.peek_kind() == Some(Kind::Field) {
            fields.push(field_of(&self.take()?));
        }
        if fields.is_empty() {
            return Ok(Some(Operand { at, term }));
        }
        let term = match term {
            Term::Field(mut names) => {
                names.append(&mut fields);
                Term::Field(names)
            }
            Term::Variable(name, mut names) => {
                names.append(&mut fields);
                Term::Variable(name, names)
            }
            Term::Bool(_) | Term::Text(_) | Term::Number(_) | Term::Nil | Term::Dot => {
                return Err(fail(at, "a field can't follow this value"));
            }
            other => Term::Chain(Box::new(Operand { at, term: other }), fields),
        };
        Ok(Some(Operand { at, term }))
    }

    fn term(&mut self) -> Result<Option<Operand>, ParseError> {
        let token = self.take_word()?;
        let term = match token.kind {
            Kind::Identifier => {
                if !functions::exists(token.text) {
                    let message = format!("function {:?} does not exist", token.text);
                    return Err(fail(token.at, &message));
                }
                Term::Function(token.text.to_owned())
            }
            Kind::Dot => Term::Dot,
            Kind::Nil => Term::Nil,
            Kind::Variable => {
                if !self.variables.contains(&token.text) {
                    let message = format!("variable {:?} is not declared", token.text);
                    return Err(fail(token.at, &message));
                }
                Term::Variable(token.text.to_owned(), Vec::new())
            }
            Kind::Field => Term::Field(vec![field_of(&token)]),
            Kind::Bool => Term::Bool(token.text == "true"),
            Kind::CharConstant | Kind::Number => {
                let number = literal::number(token.text);
                Term::Number(number.map_err(|message| fail(token.at, &message))?)
            }
            Kind::LeftParenthesis => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(fail(
                        token.at,
                        &format!("nested more than {MAX_DEPTH} deep"),
                    ));
                }
                let pipe = self.pipe("parentheses", Kind::RightParenthesis)?;
                self.depth -= 1;
                Term::Pipe(Box::new(pipe))
            }
            Kind::QuotedText | Kind::RawText => Term::Text(text_of(&token)?),
            _ => {
                self.next -= 1;
                return Ok(None);
            }
        };
        Ok(Some(Operand { at: token.at, term }))
    }
}

fn begins_operand(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Bool
            | Kind::CharConstant
            | Kind::Dot
            | Kind::Field
            | Kind::Identifier
            | Kind::LeftParenthesis
            | Kind::Nil
            | Kind::Number
            | Kind::QuotedText
            | Kind::RawText
            | Kind::Variable
    )
}

/// The name behind the point of a field.
fn field_of(token: &Token<'_>) -> String {
    token.text.trim_start_matches('.').to_owned()
}

/// The text between the quotes of a token.
pub(super) fn text_of(token: &Token<'_>) -> Result<Vec<u8>, ParseError> {
    literal::text(token.text).ok_or_else(|| {
        fail(
            token.at,
            &format!("{} is not a text as Go writes it", token.text),
        )
    })
}
