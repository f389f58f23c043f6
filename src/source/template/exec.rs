//! Runs a tree on an object.
//!
//! Invariants: output, steps and nesting are bounded, whatever the template; a run has no effect
//! but its output, and the same template, object and source give the same output.

use super::{
    display,
    functions::{self, Refusal, Surroundings},
    kinds::{INT, Shape, TEXT, types},
    output::{Options, Output},
    tree::{Call, Choice, MAIN, Node, Range, Tree},
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
        refused: None,
    };
    if let Some(body) = tree.bodies.get(MAIN) {
        state.list(&object, body)?;
    }
    // Only now: an error further on would have meant another try, as in Go.
    state.refused.map_or(Ok(state.output), Err)
}

/// How a list of nodes ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Flow {
    Break,
    Continue,
    On,
}

/// An execution on its way.
pub(super) struct State<'a> {
    tree: &'a Tree,
    pub(super) run: Run<'a>,
    output: Vec<u8>,
    /// Names and values, innermost last.
    pub(super) variables: Vec<(&'a str, Value<'a>)>,
    /// Where in the template; faults name it.
    pub(super) at: usize,
    pub(super) depth: usize,
    steps: usize,
    /// The first thing that Go could do and we can't.
    refused: Option<Fault>,
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

    fn print(&mut self, value: &Value<'a>) -> Result<(), Fault> {
        let mut out = Output::default();
        match display::printable(value) {
            Value::Invalid => out.extend_from_slice(b"<no value>"),
            value => display::argument(&mut out, &value, 'v', &Options::default()),
        }
        match functions::shown(out) {
            Ok(bytes) => self.write(&bytes),
            Err(refusal) => self.refused("print", refusal).map(|_| ()),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if self.output.len() + bytes.len() > self.run.surroundings.limit {
            return Err(self.limit("output is too long"));
        }
        self.output.extend_from_slice(bytes);
        Ok(())
    }

    /// Goes one deeper; every way back takes one off, save after faults.
    pub(super) fn enter(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            Err(self.limit("templates nest too deep"))
        } else {
            Ok(())
        }
    }

    /// Counts one more thing to do.
    pub(super) fn step(&mut self) -> Result<(), Fault> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            Err(self.limit("template runs too long"))
        } else {
            Ok(())
        }
    }

    /// An error as Go has it.
    pub(super) fn fault(&self, message: String) -> Fault {
        Fault {
            at: self.at,
            message,
            is_final: false,
        }
    }

    /// An error that Go does not have.
    pub(super) fn limit(&self, message: &str) -> Fault {
        Fault {
            at: self.at,
            message: message.to_owned(),
            is_final: true,
        }
    }

    /// An error, or an empty text in place of what only Go could give.
    pub(super) fn refused(&mut self, name: &str, refusal: Refusal) -> Result<Value<'a>, Fault> {
        let at = self.at;
        match refusal {
            Refusal::Error(message) => Err(self.fault(format!("{name}: {message}"))),
            Refusal::Unsupported(message) => {
                let message = format!("{name}: {message}");
                self.refused.get_or_insert(Fault {
                    at,
                    message,
                    is_final: true,
                });
                Ok(Value::text(&b""[..]))
            }
        }
    }
}

fn to_i64(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Bodies, branches and parentheses within each other, counted at run time.
const MAX_DEPTH: usize = 200;

/// Nodes, commands, arguments and fields that one run may evaluate.
const MAX_STEPS: usize = 500_000;
