//! Values as Go's reflection shows them: a place in an object's JSON together with a Go type.
//!
//! Invariants: a value never holds an interface with something in it, only what is in it; absent or
//! null JSON is Go's zero value; JSON that does not fit its type counts as absent.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::{
    data::Data,
    kinds::{
        FLOAT64, Field, INT, INT64, LIST_OF_ANY, MAP_OF_ANY, MAP_OF_TEXT, Shape, Stringer, TEXT,
        Type, TypeId, types,
    },
};

/// A Go value.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    Bool(bool),
    /// The struct that JSON is shown through.
    Data(&'a Data<'a>),
    Float(f64),
    Int(TypeId, i64),
    /// No value at all: the result of a key that is not there.
    Invalid,
    List(TypeId, Option<&'a [Json]>),
    Map(TypeId, Option<&'a Map<String, Json>>),
    /// An interface with nothing in it.
    Nil,
    Pointer(TypeId, Option<&'a Json>),
    /// A struct, and types with JSON of their own; whether something can point to it.
    Struct(TypeId, Option<&'a Json>, bool),
    Text(TypeId, Cow<'a, [u8]>),
    Uint(TypeId, u64),
}

/// What Go's comparisons tell apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Class {
    Bool,
    Float,
    Int,
    Other,
    Text,
    Uint,
}

impl<'a> Value<'a> {
    /// The value of a type at a place; `addressable` says whether something can point to it.
    pub(super) fn of(id: TypeId, json: Option<&'a Json>, addressable: bool) -> Self {
        let row = types().get(id);
        match &row.shape {
            // Named numbers of messages: their JSON is the name, and so is what they print.
            Shape::Int if row.stringer == Stringer::Value => {
                let name = json.and_then(Json::as_str).unwrap_or(&row.zero);
                Self::Text(id, Cow::Borrowed(name.as_bytes()))
            }
            Shape::Any => json.map_or(Self::Nil, Self::untyped),
            Shape::Bool => Self::Bool(json.and_then(Json::as_bool).unwrap_or_default()),
            Shape::Float => Self::Float(json.and_then(Json::as_f64).unwrap_or_default()),
            Shape::Int => Self::Int(id, json.and_then(Json::as_i64).unwrap_or_default()),
            Shape::List(_) => Self::List(id, json.and_then(Json::as_array).map(Vec::as_slice)),
            Shape::Map(..) => Self::Map(id, json.and_then(Json::as_object)),
            Shape::Pointer(_) => Self::Pointer(id, json.filter(|json| !json.is_null())),
            Shape::Text => {
                let text = json.and_then(Json::as_str).unwrap_or_default();
                Self::Text(id, Cow::Borrowed(text.as_bytes()))
            }
            Shape::Uint => Self::Uint(id, json.and_then(Json::as_u64).unwrap_or_default()),
            Shape::IntOrString | Shape::Quantity | Shape::Raw | Shape::Struct(_) | Shape::Time => {
                Self::Struct(id, json, addressable)
            }
        }
    }

    /// The value that Go's decoders make of JSON that has no type.
    pub(super) fn untyped(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Nil,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(value) => Self::Int(INT64, value),
                None => Self::Float(number.as_f64().unwrap_or_default()),
            },
            Json::String(text) => Self::Text(TEXT, Cow::Borrowed(text.as_bytes())),
            Json::Array(list) => Self::List(LIST_OF_ANY, Some(list)),
            Json::Object(map) => Self::Map(MAP_OF_ANY, Some(map)),
        }
    }

    /// A text of type `string`.
    pub(super) fn text(text: impl Into<Cow<'a, [u8]>>) -> Self {
        Self::Text(TEXT, text.into())
    }

    /// A number of type `int`.
    pub(super) fn int(value: impl TryInto<i64>) -> Self {
        Self::Int(INT, value.try_into().unwrap_or(i64::MAX))
    }

    /// Labels or annotations.
    pub(super) fn texts(json: Option<&'a Json>) -> Self {
        Self::of(MAP_OF_TEXT, json, false)
    }

    /// The type, where there is one that the table knows.
    pub(super) fn type_id(&self) -> Option<TypeId> {
        match self {
            Self::Float(_) => Some(FLOAT64),
            Self::Int(id, _)
            | Self::List(id, _)
            | Self::Map(id, _)
            | Self::Pointer(id, _)
            | Self::Struct(id, ..)
            | Self::Text(id, _)
            | Self::Uint(id, _) => Some(*id),
            Self::Bool(_) | Self::Data(_) | Self::Invalid | Self::Nil => None,
        }
    }

    /// How Go prints the name of the type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Bool(_) => "bool",
            Self::Data(data) => data.type_name(),
            Self::Invalid | Self::Nil => "<nil>",
            other => other.type_id().map_or("", |id| &types().get(id).name),
        }
    }

    /// A copy that nothing can point to, as an interface holds it.
    pub(super) fn by_value(self) -> Self {
        match self {
            Self::Struct(id, json, _) => Self::Struct(id, json, false),
            other => other,
        }
    }

    /// What comparisons take it for.
    pub(super) fn class(&self) -> Class {
        match self {
            Self::Bool(_) => Class::Bool,
            Self::Float(_) => Class::Float,
            Self::Int(..) => Class::Int,
            Self::Text(..) => Class::Text,
            Self::Uint(..) => Class::Uint,
            _ => Class::Other,
        }
    }

    /// Whether it is nil, or nothing at all.
    pub(super) fn is_nil(&self) -> bool {
        matches!(
            self,
            Self::Invalid
                | Self::Nil
                | Self::List(_, None)
                | Self::Map(_, None)
                | Self::Pointer(_, None)
        )
    }

    /// What `if` takes it for: everything but the zero of its type is true.
    pub(super) fn truth(&self) -> bool {
        match self {
            Self::Bool(value) => *value,
            Self::Data(_) | Self::Struct(..) => true,
            Self::Float(value) => *value != 0.0,
            Self::Int(_, value) => *value != 0,
            Self::Invalid | Self::Nil => false,
            Self::List(_, list) => list.is_some_and(|list| !list.is_empty()),
            Self::Map(_, map) => map.is_some_and(|map| !map.is_empty()),
            Self::Pointer(_, pointee) => pointee.is_some(),
            Self::Text(_, text) => !text.is_empty(),
            Self::Uint(_, value) => *value != 0,
        }
    }

    /// What a pointer points to, through all pointers; none at a nil one.
    pub(super) fn indirect(&self) -> Option<Self> {
        match self {
            Self::Nil | Self::Pointer(_, None) => None,
            Self::Pointer(id, json) => match types().get(*id).shape {
                Shape::Pointer(pointee) => Self::of(pointee, *json, true).indirect(),
                _ => None,
            },
            other => Some(other.clone()),
        }
    }

    /// The element of a list.
    pub(super) fn element(&self, index: usize) -> Option<Self> {
        let Self::List(id, Some(list)) = self else {
            return None;
        };
        let Shape::List(element) = types().get(*id).shape else {
            return None;
        };
        list.get(index)
            .map(|json| Self::of(element, Some(json), true))
    }

    /// The value behind a key of a map; none if there is no such key.
    pub(super) fn entry(&self, key: &str) -> Option<Self> {
        let Self::Map(id, map) = self else {
            return None;
        };
        let Shape::Map(_, element) = types().get(*id).shape else {
            return None;
        };
        map.and_then(|map| map.get(key))
            .map(|json| Self::of(element, Some(json), false))
    }

    /// A field of a struct, its own or one of a struct embedded in it.
    pub(super) fn field(&self, name: &str) -> Option<Self> {
        let Self::Struct(id, json, addressable) = self else {
            return None;
        };
        match types().get(*id).shape {
            Shape::IntOrString => return int_or_string_field(*json, name),
            Shape::Time if name == "Time" => return Some(self.clone()),
            _ => {}
        }
        let (field, json) = find_field(*id, *json, name)?;
        Some(Self::of(field.shape, json, *addressable))
    }
}

impl<'a> Data<'a> {
    /// A field.
    pub(super) fn field(&'a self, name: &str) -> Option<Value<'a>> {
        let metadata = |name: &str| {
            let value = self
                .object
                .get("metadata")
                .and_then(|metadata| metadata.get(name));
            Value::text(value.and_then(Json::as_str).unwrap_or_default().as_bytes())
        };
        let section = |index: usize, name: &str| match &self.aliased {
            Some(aliased) => map(aliased.get(index).and_then(Option::as_ref)),
            None => map(self.object.get(name)),
        };
        Some(match name {
            "APIVersion" => Value::text(self.api_version.as_bytes()),
            "Annotations" => Value::texts(self.annotations),
            "Kind" => Value::text(self.kind.as_bytes()),
            "Labels" => Value::texts(self.labels),
            "Metadata" => map(self.object.get("metadata")),
            "Name" => metadata("name"),
            "Namespace" => metadata("namespace"),
            "Object" => map(Some(self.object)),
            "Spec" => section(0, "spec"),
            "Status" => section(1, "status"),
            _ => return None,
        })
    }
}

/// JSON as a map that may hold anything.
fn map<'a>(json: Option<&'a Json>) -> Value<'a> {
    Value::Map(MAP_OF_ANY, json.and_then(Json::as_object))
}

/// A field by its Go name: the shallowest of all embedded structs, with its JSON.
pub(super) fn find_field<'a>(
    id: TypeId,
    json: Option<&'a Json>,
    name: &str,
) -> Option<(&'static Field, Option<&'a Json>)> {
    let mut level = vec![(id, json)];
    // Embedding has no cycles in the table, since Go has none.
    while !level.is_empty() {
        let mut below = Vec::new();
        for (id, json) in level {
            for field in fields_of(id) {
                let inner = inner(field, json);
                if field.name == name {
                    return Some((field, inner));
                }
                if field.embedded {
                    below.push((field.shape, inner));
                }
            }
        }
        level = below;
    }
    None
}

/// The fields of a struct; none of what is no struct.
pub(super) fn fields_of(id: TypeId) -> &'static [Field] {
    match &types().get(id).shape {
        Shape::Struct(fields) => fields,
        _ => &[],
    }
}

/// The JSON of a field in the JSON of its struct.
pub(super) fn inner<'a>(field: &Field, json: Option<&'a Json>) -> Option<&'a Json> {
    if field.inline {
        return json;
    }
    json.and_then(|json| json.get(&field.json))
        .filter(|json| !json.is_null())
}

/// Whether a type is a struct that has, or promotes, what the named type of the table has.
pub(super) fn embeds(id: TypeId, name: &str) -> bool {
    let wanted = types().named(name);
    wanted == Some(id)
        || fields_of(id)
            .iter()
            .any(|field| field.embedded && wanted == Some(field.shape))
}

/// The row of a value's type.
pub(super) fn type_of(value: &Value<'_>) -> Option<&'static Type> {
    value.type_id().map(|id| types().get(id))
}

fn int_or_string_field<'a>(json: Option<&'a Json>, name: &str) -> Option<Value<'a>> {
    let types = types();
    let text = json.and_then(Json::as_str);
    match name {
        "Type" => Some(Value::Int(
            types.named("intstr.Type")?,
            i64::from(text.is_some()),
        )),
        "IntVal" => {
            let number = json.and_then(Json::as_i64).unwrap_or_default();
            Some(Value::Int(types.named("int32")?, number))
        }
        "StrVal" => Some(Value::text(text.unwrap_or_default().as_bytes())),
        _ => None,
    }
}
