//! The Go types behind the kinds of objects: what fields there are, their JSON names and types.
//!
//! `table.txt` is written by `conformance/templates/generate` from the types that external-dns
//! executes templates on; its head says how to read it. Here it becomes a graph of types, once.
//! A new kind is one row in the generator.

use std::{collections::HashMap, sync::OnceLock};

/// The kind of an object, as templates see it.
#[derive(Debug)]
pub struct Kind {
    pub(super) api_version: String,
    pub(super) name: String,
    /// A pointer to the object's struct. None: the object is executed on as JSON, as external-dns
    /// does for its unstructured source.
    pub(super) shape: Option<TypeId>,
}

impl Kind {
    /// The kind of typed objects with this version and name, if there is a row for it.
    ///
    /// Versions of a group that differ from the row's are taken as the same kind.
    pub fn typed(api_version: &str, name: &str) -> Option<&'static Self> {
        let group = group_of(api_version);
        types()
            .kinds
            .iter()
            .find(|kind| kind.name == name && group_of(&kind.api_version) == group)
    }

    /// What every object of no typed kind is: JSON with Go-like names beside its own.
    pub fn untyped() -> &'static Self {
        &types().untyped
    }
}

fn group_of(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}

/// A place in the graph of types.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct TypeId(u32);

/// A Go type.
#[derive(Debug)]
pub(super) struct Type {
    /// How Go prints its name.
    pub(super) name: String,
    /// What values of it are made of.
    pub(super) shape: Shape,
    /// How values print themselves, if they do.
    pub(super) stringer: Stringer,
    /// Whether each field has a method `GetField`.
    pub(super) getters: bool,
    /// What the zero of a named number prints.
    pub(super) zero: String,
}

/// What values of a type are made of.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Any,
    Bool,
    Float,
    Int,
    /// A number or a text in JSON, a struct in Go.
    IntOrString,
    List(TypeId),
    Map(TypeId, TypeId),
    Pointer(TypeId),
    /// An amount with a unit.
    Quantity,
    /// JSON that Go keeps as bytes.
    Raw,
    Struct(Vec<Field>),
    Text,
    Time,
    Uint,
}

/// Who has the method `String`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stringer {
    None,
    /// Values that can be pointed to.
    Pointer,
    /// Every value.
    Value,
}

/// A field of a struct.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) json: String,
    pub(super) shape: TypeId,
    /// Its fields are fields of the struct too.
    pub(super) embedded: bool,
    /// Its JSON is that of the struct.
    pub(super) inline: bool,
    pub(super) omit_empty: bool,
    pub(super) omit_zero: bool,
}

/// All types and kinds.
#[derive(Debug)]
pub(super) struct Types {
    list: Vec<Type>,
    names: HashMap<String, TypeId>,
    kinds: Vec<Kind>,
    untyped: Kind,
}

impl Types {
    /// A type; ids come from here only, so each has one.
    pub(super) fn get(&self, id: TypeId) -> &Type {
        let index = usize::try_from(id.0).unwrap_or_default();
        self.list.get(index).unwrap_or(&NO_TYPE)
    }

    /// The type with this name in the table.
    pub(super) fn named(&self, name: &str) -> Option<TypeId> {
        self.names.get(name).copied()
    }

    fn read(table: &str) -> Self {
        let mut types = Self {
            list: Vec::new(),
            names: HashMap::new(),
            kinds: Vec::new(),
            untyped: Kind {
                api_version: String::new(),
                name: String::new(),
                shape: None,
            },
        };
        for name in PREDECLARED {
            types.intern(name);
        }
        let mut current = None;
        for line in table.lines() {
            let words: Vec<&str> = line.trim_start().split(' ').collect();
            match words.as_slice() {
                ["kind", api_version, name, shape] => {
                    let shape = Some(types.intern(&format!("*{shape}")));
                    let api_version = (*api_version).to_owned();
                    types.kinds.push(Kind {
                        api_version,
                        name: (*name).to_owned(),
                        shape,
                    });
                }
                ["type", name, under, flags @ ..] => {
                    current = Some(types.define(name, under, flags));
                }
                [name, json, shape] if line.starts_with(' ') => {
                    let field = types.field(name, json, shape);
                    let index = current.and_then(|TypeId(id)| usize::try_from(id).ok());
                    let owner = index.and_then(|index| types.list.get_mut(index));
                    if let Some(Type {
                        shape: Shape::Struct(fields),
                        ..
                    }) = owner
                    {
                        fields.push(field);
                    }
                }
                _ => {}
            }
        }
        types
    }

    /// The id of a type expression.
    fn intern(&mut self, expression: &str) -> TypeId {
        if let Some(id) = self.names.get(expression) {
            return *id;
        }
        let shape = self.shape_of(expression);
        let id = TypeId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        let name = go_name(expression);
        let zero = String::new();
        self.list.push(Type {
            name,
            shape,
            stringer: Stringer::None,
            getters: false,
            zero,
        });
        self.names.insert(expression.to_owned(), id);
        id
    }

    fn shape_of(&mut self, expression: &str) -> Shape {
        if let Some(pointee) = expression.strip_prefix('*') {
            return Shape::Pointer(self.intern(pointee));
        }
        if let Some(element) = expression.strip_prefix("[]") {
            return Shape::List(self.intern(element));
        }
        if let Some((key, element)) = expression
            .strip_prefix("map[")
            .and_then(|rest| rest.split_once(']'))
        {
            return Shape::Map(self.intern(key), self.intern(element));
        }
        match expression {
            "bool" => Shape::Bool,
            "float32" | "float64" => Shape::Float,
            "int" | "int8" | "int16" | "int32" | "int64" => Shape::Int,
            "intstr" => Shape::IntOrString,
            "quantity" => Shape::Quantity,
            "raw" => Shape::Raw,
            "string" => Shape::Text,
            "struct" => Shape::Struct(Vec::new()),
            "time" => Shape::Time,
            "uint" | "uint8" | "uint16" | "uint32" | "uint64" => Shape::Uint,
            // Named types get their shape when their row is read.
            _ => Shape::Any,
        }
    }

    fn define(&mut self, name: &str, under: &str, flags: &[&str]) -> TypeId {
        let zero = flags
            .get(1)
            .and_then(|flag| flag.strip_prefix("zero="))
            .unwrap_or_default();
        let flags = *flags.first().unwrap_or(&"");
        let id = self.intern(name);
        let shape = self.shape_of(under);
        let index = usize::try_from(id.0).unwrap_or_default();
        if let Some(defined) = self.list.get_mut(index) {
            defined.shape = shape;
            defined.zero = zero.to_owned();
            defined.getters = flags.contains('g');
            defined.stringer = match flags {
                flags if flags.contains('s') => Stringer::Value,
                flags if flags.contains('p') => Stringer::Pointer,
                _ => Stringer::None,
            };
        }
        id
    }

    fn field(&mut self, name: &str, json: &str, shape: &str) -> Field {
        let (json, marks) = json.split_once(',').unwrap_or((json, ""));
        let json = match json {
            "=" => {
                let mut letters = name.chars();
                let first = letters.next().map(|letter| letter.to_ascii_lowercase());
                first.into_iter().chain(letters).collect()
            }
            json => json.to_owned(),
        };
        Field {
            name: name.to_owned(),
            json,
            shape: self.intern(shape),
            embedded: marks.contains('e'),
            inline: marks.contains('i'),
            omit_empty: marks.contains('o'),
            omit_zero: marks.contains('z'),
        }
    }
}

/// The one graph of types.
pub(super) fn types() -> &'static Types {
    static TYPES: OnceLock<Types> = OnceLock::new();
    TYPES.get_or_init(|| Types::read(include_str!("table.txt")))
}

/// `[]core/v1.ServicePort` → `[]v1.ServicePort`
fn go_name(expression: &str) -> String {
    if expression == "any" {
        return "interface {}".to_owned();
    }
    if let Some((key, element)) = expression
        .strip_prefix("map[")
        .and_then(|rest| rest.split_once(']'))
    {
        return format!("map[{}]{}", go_name(key), go_name(element));
    }
    for prefix in ["*", "[]"] {
        if let Some(rest) = expression.strip_prefix(prefix) {
            return format!("{prefix}{}", go_name(rest));
        }
    }
    expression
        .rsplit_once('/')
        .map_or(expression, |(_, name)| name)
        .to_owned()
}

/// Types of values that come from templates themselves and from JSON, in the order of the ids below.
const PREDECLARED: [&str; 9] = [
    "bool",
    "int",
    "int64",
    "float64",
    "string",
    "uint8",
    "map[string]any",
    "[]any",
    "map[string]string",
];

// Interning an expression interns its parts first, hence the gap.
pub(super) const INT: TypeId = TypeId(1);
pub(super) const INT64: TypeId = TypeId(2);
pub(super) const FLOAT64: TypeId = TypeId(3);
pub(super) const TEXT: TypeId = TypeId(4);
pub(super) const UINT8: TypeId = TypeId(5);
pub(super) const MAP_OF_ANY: TypeId = TypeId(7);
pub(super) const LIST_OF_ANY: TypeId = TypeId(8);
pub(super) const MAP_OF_TEXT: TypeId = TypeId(9);

static NO_TYPE: Type = Type {
    name: String::new(),
    shape: Shape::Any,
    stringer: Stringer::None,
    getters: false,
    zero: String::new(),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_predeclared_types_are_where_they_are_said_to_be() {
        let names = [
            (INT, "int"),
            (INT64, "int64"),
            (FLOAT64, "float64"),
            (TEXT, "string"),
            (UINT8, "uint8"),
            (MAP_OF_ANY, "map[string]any"),
            (LIST_OF_ANY, "[]any"),
            (MAP_OF_TEXT, "map[string]string"),
        ];
        for (id, name) in names {
            assert_eq!(types().named(name), Some(id), "{name}");
        }
    }

    #[test]
    fn every_type_of_the_table_has_a_row() {
        for (name, id) in &types().names {
            let is_any = matches!(types().get(*id).shape, Shape::Any);
            let known_any = name == "any" || name.contains(".is");
            assert!(!is_any || known_any, "{name} has no row");
        }
    }

    #[test]
    fn kinds_are_found_by_group_and_name() {
        assert!(Kind::typed("v1", "Service").is_some());
        assert!(Kind::typed("serving.knative.dev/v1", "Service").is_none());
        let gateway = Kind::typed("gateway.networking.k8s.io/v1beta1", "Gateway");
        assert_eq!(
            gateway.map(|kind| kind.api_version.as_str()),
            Some("gateway.networking.k8s.io/v1")
        );
        let istio = Kind::typed("networking.istio.io/v1alpha3", "Gateway");
        assert_eq!(
            istio.map(|kind| kind.api_version.as_str()),
            Some("networking.istio.io/v1")
        );
    }
}
