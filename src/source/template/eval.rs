//! Evaluates pipelines, commands and their arguments: the part of an execution that has values.

use super::{
    builtins,
    exec::{Fault, State},
    functions::{self, Parameter, Signature},
    kinds::{INT, Shape, TEXT, TypeId, types},
    methods,
    tree::{Command, Number, Operand, Pipe, Term},
    value::{Value, embeds},
};

impl<'a> State<'a> {
    /// The value of a pipeline; its variables get it too.
    pub(super) fn pipe(&mut self, dot: &Value<'a>, pipe: &'a Pipe) -> Result<Value<'a>, Fault> {
        self.enter()?;
        self.at = pipe.at;
        let mut value = None;
        for command in &pipe.commands {
            let result = self.command(dot, command, value)?;
            // What an interface holds counts; one that holds nothing is nothing.
            value = Some(if matches!(result, Value::Nil) {
                Value::Invalid
            } else {
                result
            });
        }
        let value = value.unwrap_or(Value::Invalid);
        for name in &pipe.variables {
            if pipe.assigns {
                self.assign(name, value.clone())?;
            } else {
                self.variables.push((name, value.clone()));
            }
        }
        self.depth -= 1;
        Ok(value)
    }

    /// Gives a variable that exists another value.
    pub(super) fn assign(&mut self, name: &str, value: Value<'a>) -> Result<(), Fault> {
        match self
            .variables
            .iter_mut()
            .rev()
            .find(|variable| variable.0 == name)
        {
            Some(variable) => {
                variable.1 = value;
                Ok(())
            }
            None => Err(self.fault(format!("variable {name:?} is not declared"))),
        }
    }

    /// An operand applied to its arguments and to what is piped into it.
    fn command(
        &mut self,
        dot: &Value<'a>,
        command: &'a Command,
        piped: Option<Value<'a>>,
    ) -> Result<Value<'a>, Fault> {
        self.step()?;
        let Operand { at, term } = &command.first;
        self.at = *at;
        let arguments = command.arguments.as_slice();
        match term {
            Term::Chain(..) | Term::Field(_) => {
                let (receiver, names) = self.receiver(dot, term)?;
                return self.fields(dot, receiver, names, arguments, piped);
            }
            Term::Variable(_, names) if !names.is_empty() => {
                let (receiver, names) = self.receiver(dot, term)?;
                return self.fields(dot, receiver, names, arguments, piped);
            }
            Term::Function(name) => return self.function(dot, name, arguments, piped),
            _ => {}
        }
        if !arguments.is_empty() || piped.is_some() {
            return Err(self.fault("a value takes no arguments".to_owned()));
        }
        match term {
            Term::Nil => Err(self.fault("nil is no command".to_owned())),
            _ => self.plain(dot, term),
        }
    }

    /// The value of a term that needs no arguments.
    fn plain(&mut self, dot: &Value<'a>, term: &'a Term) -> Result<Value<'a>, Fault> {
        Ok(match term {
            Term::Bool(truth) => Value::Bool(*truth),
            Term::Chain(..) | Term::Field(_) => {
                let (receiver, names) = self.receiver(dot, term)?;
                self.fields(dot, receiver, names, &[], None)?
            }
            Term::Dot => dot.clone(),
            Term::Function(name) => self.function(dot, name, &[], None)?,
            Term::Nil => Value::Nil,
            Term::Number(Number::Float(value)) => Value::Float(*value),
            Term::Number(Number::Int(value)) => Value::Int(INT, *value),
            Term::Number(Number::TooLarge) => {
                return Err(self.fault("number is too large for an int".to_owned()));
            }
            Term::Pipe(pipe) => self.pipe(dot, pipe)?,
            Term::Text(text) => Value::text(text.as_slice()),
            Term::Variable(..) => {
                let (receiver, names) = self.receiver(dot, term)?;
                match names {
                    [] => receiver,
                    names => self.fields(dot, receiver, names, &[], None)?,
                }
            }
        })
    }

    /// What a chain of fields begins at, and the fields.
    fn receiver(
        &mut self,
        dot: &Value<'a>,
        term: &'a Term,
    ) -> Result<(Value<'a>, &'a [String]), Fault> {
        match term {
            Term::Field(names) => Ok((dot.clone(), names)),
            Term::Variable(name, names) => {
                let found = self
                    .variables
                    .iter()
                    .rev()
                    .find(|variable| variable.0 == name);
                match found {
                    Some((_, value)) => Ok((value.clone(), names)),
                    None => Err(self.fault(format!("variable {name:?} is not declared"))),
                }
            }
            Term::Chain(operand, names) => {
                if matches!(operand.term, Term::Nil) {
                    return Err(self.fault("nil has no fields".to_owned()));
                }
                self.enter()?;
                let receiver = self.plain(dot, &operand.term)?;
                self.depth -= 1;
                Ok((receiver, names))
            }
            _ => Ok((Value::Invalid, &[])),
        }
    }

    /// Field after field; the last may be a method that takes the arguments.
    fn fields(
        &mut self,
        dot: &Value<'a>,
        receiver: Value<'a>,
        names: &'a [String],
        arguments: &'a [Operand],
        piped: Option<Value<'a>>,
    ) -> Result<Value<'a>, Fault> {
        let Some((last, before)) = names.split_last() else {
            return Ok(receiver);
        };
        let mut value = receiver;
        for name in before {
            value = self.field(dot, &value, name, &[], None)?;
        }
        self.field(dot, &value, last, arguments, piped)
    }

    fn field(
        &mut self,
        dot: &Value<'a>,
        receiver: &Value<'a>,
        name: &'a str,
        arguments: &'a [Operand],
        piped: Option<Value<'a>>,
    ) -> Result<Value<'a>, Fault> {
        self.step()?;
        if matches!(receiver, Value::Invalid) {
            if self.run.strict {
                return Err(self.fault(format!("nothing has a key {name:?}")));
            }
            return Ok(Value::Invalid);
        }
        let Some(value) = receiver.indirect() else {
            let type_name = receiver.type_name();
            return Err(self.fault(format!("{type_name} is nil, so it has no field {name:?}")));
        };
        if let Some(method) = methods::find(&value, name) {
            let signature = Signature {
                fixed: method.parameters,
                variadic: None,
            };
            let arguments = self.arguments(dot, name, signature, arguments, piped)?;
            let run = self.run;
            let result = method.call(
                name,
                &arguments,
                run.surroundings,
                (run.kind, run.api_version),
            );
            return result.or_else(|refusal| self.refused(name, refusal));
        }
        let found = match &value {
            Value::Struct(..) => value.field(name),
            Value::Data(data) => data.field(name),
            Value::Map(id, _) if has_text_keys(*id) => match value.entry(name) {
                None if self.run.strict => {
                    return Err(self.fault(format!("map has no key {name:?}")));
                }
                found => Some(found.unwrap_or(Value::Invalid)),
            },
            _ => None,
        };
        let Some(found) = found else {
            let type_name = receiver.type_name();
            return Err(self.fault(format!("values of type {type_name} have no field {name:?}")));
        };
        if !arguments.is_empty() || piped.is_some() {
            return Err(self.fault(format!("field {name:?} takes no arguments")));
        }
        // Clients leave kind and version out of objects; templates see them all the same.
        match (&found, name) {
            (Value::Text(id, text), "Kind" | "APIVersion") if text.is_empty() => {
                let is_root = matches!(&value, Value::Struct(id, ..) if is_object(*id));
                let own = if name == "Kind" {
                    self.run.kind
                } else {
                    self.run.api_version
                };
                Ok(if is_root {
                    Value::Text(*id, own.as_bytes().into())
                } else {
                    found
                })
            }
            _ => Ok(found),
        }
    }

    fn function(
        &mut self,
        dot: &Value<'a>,
        name: &'a str,
        arguments: &'a [Operand],
        piped: Option<Value<'a>>,
    ) -> Result<Value<'a>, Fault> {
        let Some(signature) = functions::signature(name) else {
            return Err(self.fault(format!("function {name:?} does not exist")));
        };
        if matches!(name, "and" | "or") {
            return self.and_or(dot, name, arguments, piped);
        }
        let at = self.at;
        let arguments = self.arguments(dot, name, signature, arguments, piped)?;
        self.at = at;
        let result = functions::call(name, &arguments, self.run.surroundings)
            .or_else(|refusal| self.refused(name, refusal))?;
        if let Value::Text(_, text) = &result
            && text.len() > self.run.surroundings.limit
        {
            return Err(self.limit("a text is too long"));
        }
        if self.run.surroundings.arena.is_overfull() {
            return Err(self.limit("there are too many calls of fromJson"));
        }
        Ok(result)
    }

    /// The first argument that decides, or the last.
    fn and_or(
        &mut self,
        dot: &Value<'a>,
        name: &str,
        arguments: &'a [Operand],
        piped: Option<Value<'a>>,
    ) -> Result<Value<'a>, Fault> {
        let mut value = None;
        for argument in arguments {
            let argument = self.argument(dot, name, argument, Parameter::Any)?;
            if argument.truth() == (name == "or") {
                return Ok(argument);
            }
            value = Some(argument);
        }
        match piped.or(value) {
            Some(value) => Ok(value),
            None => Err(self.fault(format!("{name} has no arguments; expected one or more"))),
        }
    }

    /// Arguments and what is piped, which is the last of them, checked against a signature.
    fn arguments(
        &mut self,
        dot: &Value<'a>,
        name: &str,
        signature: Signature,
        arguments: &'a [Operand],
        piped: Option<Value<'a>>,
    ) -> Result<Vec<Value<'a>>, Fault> {
        let given = arguments.len() + usize::from(piped.is_some());
        let wanted = signature.fixed.len();
        let fits = if signature.variadic.is_some() {
            given >= wanted
        } else {
            given == wanted
        };
        if !fits {
            let least = if signature.variadic.is_some() {
                " or more"
            } else {
                ""
            };
            let message = format!("{name} has {given} arguments; expected {wanted}{least}");
            return Err(self.fault(message));
        }
        let parameter = |index: usize| signature.fixed.get(index).copied().or(signature.variadic);
        let mut values = Vec::with_capacity(given);
        for (index, argument) in arguments.iter().enumerate() {
            let parameter = parameter(index).unwrap_or(Parameter::Any);
            values.push(self.argument(dot, name, argument, parameter)?);
        }
        if let Some(piped) = piped {
            let parameter = parameter(arguments.len()).unwrap_or(Parameter::Any);
            values.push(self.fit(name, piped, parameter)?);
        }
        Ok(values)
    }

    fn argument(
        &mut self,
        dot: &Value<'a>,
        name: &str,
        operand: &'a Operand,
        parameter: Parameter,
    ) -> Result<Value<'a>, Fault> {
        self.step()?;
        self.at = operand.at;
        let value = match (&operand.term, parameter) {
            (Term::Nil, Parameter::Text) => {
                return Err(self.fault(format!("{name} takes a text here, not nil")));
            }
            (Term::Nil, Parameter::TextMap | Parameter::Any) => return Ok(Value::Invalid),
            (Term::Nil, Parameter::Copy) => return Ok(Value::Nil),
            (Term::Bool(_) | Term::Number(_), Parameter::Text)
            | (Term::Bool(_) | Term::Number(_) | Term::Text(_), Parameter::TextMap) => {
                let wanted = if parameter == Parameter::Text {
                    "a text"
                } else {
                    "a map of texts"
                };
                return Err(self.fault(format!("{name} takes {wanted} here")));
            }
            (term, _) => self.plain(dot, term)?,
        };
        self.fit(name, value, parameter)
    }

    /// A value as a parameter takes it.
    fn fit(&self, name: &str, value: Value<'a>, parameter: Parameter) -> Result<Value<'a>, Fault> {
        let pointee = match &value {
            Value::Pointer(id, Some(json)) => match types().get(*id).shape {
                Shape::Pointer(pointee) => Value::of(pointee, Some(*json), true),
                _ => Value::Invalid,
            },
            _ => Value::Invalid,
        };
        let is_text = |value: &Value<'_>| matches!(value, Value::Text(id, _) if *id == TEXT);
        let wanted = match parameter {
            Parameter::Any => return Ok(value),
            Parameter::Copy => {
                let is_nothing = matches!(value, Value::Invalid);
                return Ok(if is_nothing {
                    Value::Nil
                } else {
                    value.by_value()
                });
            }
            Parameter::Text if is_text(&value) => return Ok(value),
            Parameter::Text if is_text(&pointee) => return Ok(pointee),
            Parameter::TextMap if builtins::is_text_map(&value) => return Ok(value),
            Parameter::TextMap if matches!(value, Value::Invalid) => return Ok(value),
            Parameter::Text => "string",
            Parameter::TextMap => "map[string]string",
        };
        let found = value.type_name();
        Err(self.fault(format!("{name} takes a {wanted} here, not a {found}")))
    }
}

/// Whether the keys of a map are of type `string`, so that a field can name one.
fn has_text_keys(id: TypeId) -> bool {
    matches!(types().get(id).shape, Shape::Map(key, _) if key == TEXT)
}

/// Whether a struct has a kind and version of its own.
fn is_object(id: TypeId) -> bool {
    embeds(id, "meta/v1.TypeMeta")
}
