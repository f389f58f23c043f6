//! Which parts of an object templates read, so that the rest need not be kept.
//!
//! Invariant: a template gives the same for an object and for what the mask leaves of it.

use std::collections::BTreeSet;

use super::{
    kinds::{Kind, Shape, TypeId, types},
    tree::{Call, MAIN, Node, Operand, Pipe, Term, Tree},
    value::fields_of,
};

/// The parts of an object to keep for templates.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Mask {
    /// Paths in the object's JSON, each with all below it.
    Paths(BTreeSet<Vec<String>>),
    /// All of it: what is read can't be told beforehand.
    Whole,
}

/// What the templates read of an object of this kind.
pub(super) fn of<'t>(trees: impl Iterator<Item = &'t Tree>, kind: &Kind) -> Mask {
    let mut paths = BTreeSet::new();
    for tree in trees {
        let mut reader = Reader {
            tree,
            chains: BTreeSet::new(),
            whole: false,
            seen: BTreeSet::new(),
        };
        reader.body(MAIN, true);
        if reader.whole {
            return Mask::Whole;
        }
        for chain in reader.chains {
            match kind.shape {
                Some(shape) => {
                    let typed = typed_path(shape, chain);
                    let untyped = untyped_path(chain, true);
                    if typed.is_none() && untyped.is_none() {
                        // A name that is nowhere: an error with or without the object.
                        continue;
                    }
                    for path in [typed, untyped].into_iter().flatten() {
                        if path.is_empty() {
                            return Mask::Whole;
                        }
                        paths.insert(path);
                    }
                }
                None => match untyped_path(chain, false) {
                    Some(path) if path.is_empty() => return Mask::Whole,
                    Some(path) => {
                        paths.insert(path);
                    }
                    None => {}
                },
            }
        }
    }
    Mask::Paths(paths)
}

/// Collects chains of fields that begin at the object.
struct Reader<'t> {
    tree: &'t Tree,
    chains: BTreeSet<&'t [String]>,
    whole: bool,
    seen: BTreeSet<(&'t [u8], bool)>,
}

/// Whether the dot and `$` are the object.
#[derive(Clone, Copy)]
struct Scope {
    dot: bool,
    dollar: bool,
}

impl<'t> Reader<'t> {
    fn body(&mut self, name: &[u8], is_object: bool) {
        let Some((name, nodes)) = self.tree.bodies.get_key_value(name) else {
            return;
        };
        if self.seen.insert((name, is_object)) {
            self.nodes(
                nodes,
                Scope {
                    dot: is_object,
                    dollar: is_object,
                },
            );
        }
    }

    fn nodes(&mut self, nodes: &'t [Node], scope: Scope) {
        let inner = Scope {
            dot: false,
            ..scope
        };
        for node in nodes {
            match node {
                Node::Action(pipe) => self.pipe(pipe, scope),
                Node::Break | Node::Continue | Node::Text(_) => {}
                Node::Choice(choice) => {
                    let branch = if choice.sets_dot { inner } else { scope };
                    for (pipe, body) in &choice.branches {
                        self.pipe(pipe, scope);
                        self.nodes(body, branch);
                    }
                    self.nodes(&choice.otherwise, scope);
                }
                Node::Range(range) => {
                    self.pipe(&range.pipe, scope);
                    self.nodes(&range.body, inner);
                    self.nodes(&range.otherwise, scope);
                }
                Node::Template(call) => self.call(call, scope),
            }
        }
    }

    /// Another body; one that is given the object is read like this one.
    fn call(&mut self, call: &'t Call, scope: Scope) {
        let Some(pipe) = &call.pipe else {
            return self.body(&call.name, false);
        };
        let is_object = match pipe.commands.as_slice() {
            [command] if command.arguments.is_empty() && pipe.variables.is_empty() => {
                match &command.first.term {
                    Term::Dot => scope.dot,
                    Term::Variable(name, names) => name == "$" && names.is_empty() && scope.dollar,
                    _ => false,
                }
            }
            _ => false,
        };
        if !is_object {
            self.pipe(pipe, scope);
        }
        self.body(&call.name, is_object);
    }

    fn pipe(&mut self, pipe: &'t Pipe, scope: Scope) {
        for command in &pipe.commands {
            self.operand(&command.first, scope);
            for argument in &command.arguments {
                self.operand(argument, scope);
            }
        }
        // From here on `$` is something else, which the parser allows; nothing is known of it.
        self.whole |= pipe.variables.iter().any(|name| name == "$");
    }

    fn operand(&mut self, operand: &'t Operand, scope: Scope) {
        match &operand.term {
            Term::Chain(operand, _) => self.operand(operand, scope),
            Term::Dot => self.whole |= scope.dot,
            Term::Field(names) if scope.dot => {
                self.chains.insert(names);
            }
            Term::Pipe(pipe) => self.pipe(pipe, scope),
            Term::Variable(name, names) if name == "$" && scope.dollar => {
                self.whole |= names.is_empty();
                self.chains.insert(names);
            }
            _ => {}
        }
    }
}

/// The JSON path of a chain of Go's names; none if there is no such field. Empty: all of it.
fn typed_path(shape: TypeId, chain: &[String]) -> Option<Vec<String>> {
    let mut path = Vec::new();
    let mut shape = shape;
    for name in chain {
        while let Shape::Pointer(pointee) = types().get(shape).shape {
            shape = pointee;
        }
        if fields_of(shape).is_empty() {
            break;
        }
        if matches!(
            name.as_str(),
            "GetObjectKind" | "GroupVersionKind" | "TypeMeta"
        ) {
            return Some(vec!["kind".to_owned()]);
        }
        let (mut steps, next) =
            field_path(shape, name).or_else(|| field_path(shape, name.strip_prefix("Get")?))?;
        path.append(&mut steps);
        shape = next;
    }
    Some(path)
}

/// The JSON path of a field within a struct, and the field's type.
fn field_path(shape: TypeId, name: &str) -> Option<(Vec<String>, TypeId)> {
    let own = |inline: bool, json: &str| {
        if inline {
            vec![]
        } else {
            vec![json.to_owned()]
        }
    };
    let fields = fields_of(shape);
    if let Some(field) = fields.iter().find(|field| field.name == name) {
        return Some((own(field.inline, &field.json), field.shape));
    }
    fields
        .iter()
        .filter(|field| field.embedded)
        .find_map(|field| {
            let (below, shape) = field_path(field.shape, name)?;
            let mut path = own(field.inline, &field.json);
            path.extend(below);
            Some((path, shape))
        })
}

/// The JSON path of a chain that begins with one of the sections JSON is shown with.
fn untyped_path(chain: &[String], exact: bool) -> Option<Vec<String>> {
    let (first, rest) = chain.split_first()?;
    let (section, rest): (&[&str], &[String]) = match first.as_str() {
        "APIVersion" | "GetAPIVersion" => (&["apiVersion"], &[]),
        "Annotations" | "GetAnnotations" => (&["metadata", "annotations"], &[]),
        "Kind" | "GetKind" => (&["kind"], &[]),
        "Labels" | "GetLabels" => (&["metadata", "labels"], &[]),
        "Metadata" => (&["metadata"], rest),
        "Name" | "GetName" => (&["metadata", "name"], &[]),
        "Namespace" | "GetNamespace" => (&["metadata", "namespace"], &[]),
        "Object" => (&[], rest),
        "Spec" => (&["spec"], rest),
        "Status" => (&["status"], rest),
        name if name.starts_with("Get") && !exact => (&["metadata"], &[]),
        _ => return None,
    };
    // Names below a section may be aliases, unless only JSON's own count.
    let rest = if exact || first == "Object" {
        rest
    } else {
        &[]
    };
    let section = section.iter().map(|name| (*name).to_owned());
    Some(section.chain(rest.iter().cloned()).collect())
}
