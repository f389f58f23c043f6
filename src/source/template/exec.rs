//! Runs a tree on an object.
//!
//! Invariants: output, steps and nesting are bounded, whatever the template; a run has no effect
//! but its output, and the same template, object and source give the same output.

use super::{
    builtins, display,
    format::Options,
    functions::{self, Parameter, Refusal, Signature, Surroundings},
    kinds::{INT, Shape, TEXT, TypeId, types},
    methods,
    tree::{Call, Choice, Command, MAIN, Node, Number, Operand, Pipe, Range, Term, Tree},
    value::Value,
};

/// Why a run ended without output, and where in the template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) message: String,
    /// Whether Go could have gone on: then another try would hide that we could not.
    pub(super) is_final: bool,
}

/// What a run is given besides the tree and the object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'a> {
    pub(super) surroundings: Surroundings<'a>,
    /// The object's kind and version, for when it does not say so itself.
    pub(super) kind: &'a str,
    pub(super) api_version: &'a str,
    /// Whether a key that a map lacks is an error.
    pub(super) strict: bool,
}

/// Executes the main body with the object as its dot.
pub(super) fn execute<'a>(
    tree: &'a Tree,
    object: Value<'a>,
    run: Run<'a>,
) -> Result<Vec<u8>, Fault> {
    let variables = vec![("$", object.clone())];
    let mut state = State {
        tree,
        run,
        output: Vec::new(),
        variables,
        at: 0,
        depth: 0,
        steps: 0,
    };
    if let Some(body) = tree.bodies.get(MAIN) {
        state.list(&object, body)?;
    }
    Ok(state.output)
}

/// How a list of nodes ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Flow {
    Break,
    Continue,
    On,
}

struct State<'a> {
    tree: &'a Tree,
    run: Run<'a>,
    output: Vec<u8>,
    variables: Vec<(&'a str, Value<'a>)>,
    at: usize,
    depth: usize,
    steps: usize,
}

impl<'a> State<'a> {
    fn list(&mut self, dot: &Value<'a>, nodes: &'a [Node]) -> Result<Flow, Fault> {
        self.enter()?;
        let mut flow = Flow::On;
        for node in nodes {
            flow = self.node(dot, node)?;
            if flow != Flow::On {
                break;
            }
        }
        self.depth -= 1;
        Ok(flow)
    }

    fn node(&mut self, dot: &Value<'a>, node: &'a Node) -> Result<Flow, Fault> {
        self.step()?;
        match node {
            Node::Action(pipe) => {
                let value = self.pipe(dot, pipe)?;
                if pipe.variables.is_empty() {
                    self.at = pipe.at;
                    self.print(&value)?;
                }
            }
            Node::Break => return Ok(Flow::Break),
            Node::Choice(choice) => return self.choice(dot, choice),
            Node::Continue => return Ok(Flow::Continue),
            Node::Range(range) => return self.range(dot, range),
            Node::Template(call) => self.call_template(dot, call)?,
            Node::Text(text) => self.write(text.as_bytes())?,
        }
        Ok(Flow::On)
    }

    fn choice(&mut self, dot: &Value<'a>, choice: &'a Choice) -> Result<Flow, Fault> {
        let declared = self.variables.len();
        let mut flow = None;
        for (pipe, body) in &choice.branches {
            let value = self.pipe(dot, pipe)?;
            if value.truth() {
                let dot = if choice.sets_dot { &value } else { dot };
                flow = Some(self.list(dot, body)?);
                break;
            }
        }
        let flow = match flow {
            Some(flow) => flow,
            None => self.list(dot, &choice.otherwise)?,
        };
        self.variables.truncate(declared);
        Ok(flow)
    }

    fn range(&mut self, dot: &Value<'a>, range: &'a Range) -> Result<Flow, Fault> {
        let declared = self.variables.len();
        let value = self.pipe(dot, &range.pipe)?;
        let value = match value.indirect() {
            Some(value) => value,
            None if matches!(value, Value::Nil) => Value::Invalid,
            // A nil pointer to whatever it is can't be looped over.
            None => return Err(self.fault(format!("{} is nil in range", value.type_name()))),
        };
        let mut rounds = 0_usize;
        match &value {
            Value::Int(id, _) | Value::Uint(id, _) => {
                if range.pipe.variables.len() > 1 {
                    let message = "range over a number has one variable at most";
                    return Err(self.fault(message.to_owned()));
                }
                let (signed, count) = match &value {
                    Value::Int(_, count) => (true, u64::try_from(*count).unwrap_or_default()),
                    Value::Uint(_, count) => (false, *count),
                    _ => (true, 0),
                };
                for number in 0..count {
                    let element = match signed {
                        true => Value::Int(*id, i64::try_from(number).unwrap_or(i64::MAX)),
                        false => Value::Uint(*id, number),
                    };
                    rounds += 1;
                    if self.round(range, Value::Invalid, element)? == Flow::Break {
                        break;
                    }
                }
            }
            Value::List(_, list) => {
                for index in 0..list.map_or(0, <[_]>::len) {
                    let element = value.element(index).unwrap_or(Value::Invalid);
                    rounds += 1;
                    if self.round(range, Value::Int(INT, to_i64(index)), element)? == Flow::Break {
                        break;
                    }
                }
            }
            Value::Map(id, map) => {
                let key_type = match types().get(*id).shape {
                    Shape::Map(key, _) => key,
                    _ => TEXT,
                };
                for key in display::sorted_keys(*map) {
                    let element = value.entry(key).unwrap_or(Value::Invalid);
                    let key = Value::Text(key_type, key.as_bytes().into());
                    rounds += 1;
                    if self.round(range, key, element)? == Flow::Break {
                        break;
                    }
                }
            }
            Value::Invalid => {}
            other => {
                let name = other.type_name();
                return Err(self.fault(format!("range can't loop over a value of type {name}")));
            }
        }
        let flow = match rounds {
            0 => self.list(dot, &range.otherwise)?,
            _ => Flow::On,
        };
        self.variables.truncate(declared);
        Ok(flow)
    }

    /// One round of a range.
    fn round(
        &mut self,
        range: &'a Range,
        index: Value<'a>,
        element: Value<'a>,
    ) -> Result<Flow, Fault> {
        self.step()?;
        let mark = self.variables.len();
        let values = match range.pipe.variables.len() {
            2 => [Some(index), Some(element.clone())],
            _ => [Some(element.clone()), None],
        };
        let count = range.pipe.variables.len();
        for (at, (name, value)) in range.pipe.variables.iter().zip(values).enumerate() {
            let Some(value) = value else { continue };
            if range.pipe.assigns {
                self.assign(name, value)?;
            } else if let Some(variable) = self.variables.get_mut(mark + at - count) {
                variable.1 = value;
            }
        }
        let flow = self.list(&element, &range.body)?;
        self.variables.truncate(mark);
        Ok(flow)
    }

    fn call_template(&mut self, dot: &Value<'a>, call: &'a Call) -> Result<(), Fault> {
        self.at = call.at;
        let Some(body) = self.tree.bodies.get(&call.name) else {
            let name = String::from_utf8_lossy(&call.name).into_owned();
            return Err(self.fault(format!("template {name:?} is not defined")));
        };
        let dot = match &call.pipe {
            Some(pipe) => self.pipe(dot, pipe)?,
            None => Value::Invalid,
        };
        let variables = std::mem::replace(&mut self.variables, vec![("$", dot.clone())]);
        self.list(&dot, body)?;
        self.variables = variables;
        Ok(())
    }

    fn pipe(&mut self, dot: &Value<'a>, pipe: &'a Pipe) -> Result<Value<'a>, Fault> {
        self.enter()?;
        self.at = pipe.at;
        let mut value = None;
        for command in &pipe.commands {
            let result = self.command(dot, command, value)?;
            // What an interface holds counts; one that holds nothing is nothing.
            value = Some(if matches!(result, Value::Nil) { Value::Invalid } else { result });
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

    fn assign(&mut self, name: &str, value: Value<'a>) -> Result<(), Fault> {
        match self.variables.iter_mut().rev().find(|variable| variable.0 == name) {
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
                let found = self.variables.iter().rev().find(|variable| variable.0 == name);
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
        let Some((last, before)) = names.split_last() else { return Ok(receiver) };
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
            let signature = Signature { fixed: method.parameters, variadic: None };
            let arguments = self.arguments(dot, name, signature, arguments, piped)?;
            let run = self.run;
            let result =
                method.call(name, &arguments, run.surroundings, (run.kind, run.api_version));
            return result.map_err(|refusal| self.refused(name, refusal));
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
                let own = if name == "Kind" { self.run.kind } else { self.run.api_version };
                Ok(if is_root { Value::Text(*id, own.as_bytes().into()) } else { found })
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
            .map_err(|refusal| self.refused(name, refusal))?;
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
        let fits = if signature.variadic.is_some() { given >= wanted } else { given == wanted };
        if !fits {
            let least = if signature.variadic.is_some() { " or more" } else { "" };
            let message = format!("{name} has {given} arguments; expected {wanted}{least}");
            return Err(self.fault(message));
        }
        let parameter =
            |index: usize| signature.fixed.get(index).copied().or(signature.variadic);
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
                let wanted = if parameter == Parameter::Text { "a text" } else { "a map of texts" };
                return Err(self.fault(format!("{name} takes {wanted} here")));
            }
            (term, _) => self.plain(dot, term)?,
        };
        self.fit(name, value, parameter)
    }

    /// A value as a parameter takes it.
    fn fit(
        &self,
        name: &str,
        value: Value<'a>,
        parameter: Parameter,
    ) -> Result<Value<'a>, Fault> {
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
                return Ok(if is_nothing { Value::Nil } else { value.by_value() });
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

    fn print(&mut self, value: &Value<'a>) -> Result<(), Fault> {
        let mut out = display::Output::default();
        match display::printable(value) {
            Value::Invalid => out.extend_from_slice(b"<no value>"),
            value => display::argument(&mut out, &value, 'v', &Options::default()),
        }
        let bytes = functions::shown(out).map_err(|refusal| self.refused("print", refusal))?;
        self.write(&bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if self.output.len() + bytes.len() > self.run.surroundings.limit {
            return Err(self.limit("output is too long"));
        }
        self.output.extend_from_slice(bytes);
        Ok(())
    }

    /// Goes one deeper; every way back takes one off, save after faults.
    fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.limit("templates nest too deep")) } else { Ok(()) }
    }

    fn step(&mut self) -> Result<(), Fault> {
        self.steps += 1;
        if self.steps > MAX_STEPS { Err(self.limit("template runs too long")) } else { Ok(()) }
    }

    fn fault(&self, message: String) -> Fault {
        Fault { at: self.at, message, is_final: false }
    }

    fn limit(&self, message: &str) -> Fault {
        Fault { at: self.at, message: message.to_owned(), is_final: true }
    }

    fn refused(&self, name: &str, refusal: Refusal) -> Fault {
        let (message, is_final) = match refusal {
            Refusal::Error(message) => (message, false),
            Refusal::Unsupported(message) => (message, true),
        };
        Fault { at: self.at, message: format!("{name}: {message}"), is_final }
    }
}

/// Whether the keys of a map are of type `string`, so that a field can name one.
fn has_text_keys(id: TypeId) -> bool {
    matches!(types().get(id).shape, Shape::Map(key, _) if key == TEXT)
}

/// Whether a struct has a kind and version of its own.
fn is_object(id: TypeId) -> bool {
    super::value::embeds(id, "meta/v1.TypeMeta")
}

fn to_i64(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Bodies, branches and parentheses within each other, counted at run time.
const MAX_DEPTH: usize = 200;

/// Nodes, commands, arguments and fields that one run may evaluate.
const MAX_STEPS: usize = 500_000;
