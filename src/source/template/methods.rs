//! Methods of Kubernetes' types that templates call like fields.
//!
//! Those of `ObjectMeta` and of the types with JSON of their own, and the getters of messages. What
//! else a type's methods do (copying, encoding) is of no use in a name and is not here.

use serde_json::Value as Json;

use super::{
    display::{self, Own},
    functions::{Parameter, Refusal, Surroundings},
    kinds::{INT, INT64, Shape, TypeId, types},
    special,
    value::{Value, embeds, find_field},
};

/// A method that is bound to its receiver.
#[derive(Debug)]
pub(super) struct Method<'a> {
    receiver: Value<'a>,
    /// What it takes besides the receiver.
    pub(super) parameters: &'static [Parameter],
}

/// The method of a value with this name, if it has one.
pub(super) fn find<'a>(receiver: &Value<'a>, name: &str) -> Option<Method<'a>> {
    let receiver = receiver.clone();
    let none: &[Parameter] = &[];
    if let Value::Data(data) = &receiver {
        let getter = name.strip_prefix("Get").unwrap_or_default();
        let known = METADATA.contains(&getter)
            || matches!(
                name,
                "GetAPIVersion" | "GetKind" | "GetObjectKind" | "GroupVersionKind"
            );
        return (known && data.has_methods()).then_some(Method {
            receiver,
            parameters: none,
        });
    }
    let id = receiver.type_id()?;
    let row = types().get(id);
    let addressable = matches!(receiver, Value::Struct(_, _, true) | Value::Map(..));
    let parameters = match row.shape {
        Shape::Time => match name {
            "Format" => &[Parameter::Text],
            "Day" | "Hour" | "IsZero" | "Minute" | "Second" | "String" | "UTC" | "Unix"
            | "Year" => none,
            _ => return None,
        },
        Shape::Quantity if addressable => match name {
            "IsZero" | "MilliValue" | "String" | "Value" => none,
            _ => return None,
        },
        Shape::IntOrString if addressable => match name {
            "IntValue" | "String" => none,
            _ => return None,
        },
        Shape::Map(..) if row.name == "v1.ResourceList" => match name {
            "Cpu" | "Memory" | "Pods" | "Storage" | "StorageEphemeral" => none,
            _ => return None,
        },
        Shape::Struct(_) => {
            let is_string = name == "String" && !matches!(display::string_of(&receiver), Own::No);
            let is_method = addressable && struct_method(id, name);
            if !is_string && !is_method {
                return None;
            }
            none
        }
        _ => return None,
    };
    Some(Method {
        receiver,
        parameters,
    })
}

/// Whether a struct has such a method without parameters.
fn struct_method(id: TypeId, name: &str) -> bool {
    let getter = name.strip_prefix("Get");
    if name == "GetObjectKind" || name == "GroupVersionKind" {
        return embeds(id, "meta/v1.TypeMeta");
    }
    match getter {
        Some(field) if METADATA.contains(&field) && embeds(id, "meta/v1.ObjectMeta") => true,
        Some(field) => types().get(id).getters && find_field(id, None, field).is_some(),
        None => false,
    }
}

impl<'a> Method<'a> {
    /// Calls it.
    pub(super) fn call(
        &self,
        name: &str,
        arguments: &[Value<'a>],
        surroundings: Surroundings<'a>,
        (kind, api_version): (&str, &str),
    ) -> Result<Value<'a>, Refusal> {
        let field = name.strip_prefix("Get").unwrap_or(name);
        match &self.receiver {
            Value::Data(_) if name == "GetObjectKind" => Ok(self.receiver.clone()),
            Value::Data(_) if name == "GroupVersionKind" => {
                Ok(group_version_kind(kind, api_version, surroundings))
            }
            Value::Data(data) => match data.field(field) {
                Some(value) => Ok(value),
                None => Ok(self.metadata(data.field("Metadata"), field)),
            },
            Value::Map(..) => Ok(self.amount(name)),
            Value::Struct(id, json, _) => match types().get(*id).shape {
                Shape::Time => Ok(self.time(*json, name, arguments)),
                Shape::Quantity => Ok(self.quantity(*json, name)),
                Shape::IntOrString if name == "IntValue" => Ok(Value::int(match json {
                    Some(Json::String(text)) => text.parse().unwrap_or_default(),
                    other => other.and_then(Json::as_i64).unwrap_or_default(),
                })),
                _ if name == "GetObjectKind" => Ok(self
                    .receiver
                    .field("TypeMeta")
                    .unwrap_or_else(|| self.receiver.clone())),
                _ if name == "GroupVersionKind" => {
                    Ok(group_version_kind(kind, api_version, surroundings))
                }
                _ if name == "String" => match display::string_of(&self.receiver) {
                    Own::Text(text) => Ok(Value::text(text.into_bytes())),
                    _ => {
                        let name = self.receiver.type_name();
                        let message = format!("method String of {name} is not supported here");
                        Err(Refusal::Unsupported(message))
                    }
                },
                _ => {
                    // `ObjectMeta` returns what it holds, and so do messages.
                    let value = self.receiver.field(field);
                    Ok(value.unwrap_or(Value::Invalid))
                }
            },
            _ => Ok(Value::Invalid),
        }
    }

    /// What `Unstructured` returns for the rarer parts of the metadata.
    fn metadata(&self, metadata: Option<Value<'a>>, field: &str) -> Value<'a> {
        let types = types();
        let meta = types.named("meta/v1.ObjectMeta");
        let Some(Value::Map(_, Some(map))) = metadata else {
            return Value::Invalid;
        };
        let found = meta.and_then(|meta| find_field(meta, None, field));
        found.map_or(Value::Invalid, |(field, _)| {
            Value::of(field.shape, map.get(&field.json), false)
        })
    }

    /// The amount of one resource: a pointer, never nil.
    fn amount(&self, name: &str) -> Value<'a> {
        let key = match name {
            "Cpu" => "cpu",
            "Memory" => "memory",
            "Pods" => "pods",
            "Storage" => "storage",
            _ => "ephemeral-storage",
        };
        let zero = || {
            types()
                .named("resource.Quantity")
                .map(|id| Value::of(id, None, true))
        };
        match self.receiver.entry(key) {
            Some(Value::Struct(id, json, _)) => Value::Struct(id, json, true),
            _ => zero().unwrap_or(Value::Invalid),
        }
    }

    fn quantity(&self, json: Option<&Json>, name: &str) -> Value<'a> {
        let quantity = special::quantity(json);
        match name {
            "IsZero" => Value::Bool(quantity.is_none_or(|quantity| quantity.is_zero())),
            "MilliValue" => Value::Int(INT64, quantity.map_or(0, |quantity| quantity.scaled(-3))),
            "Value" => Value::Int(INT64, quantity.map_or(0, |quantity| quantity.scaled(0))),
            _ => Value::text(
                quantity
                    .map_or_else(|| "0".to_owned(), |q| q.to_string())
                    .into_bytes(),
            ),
        }
    }

    fn time(&self, json: Option<&Json>, name: &str, arguments: &[Value<'a>]) -> Value<'a> {
        let time = special::time(json);
        let (year, _, day) = time.date();
        let (hour, minute, second) = time.clock();
        match name {
            "Day" => Value::Int(INT, day),
            "Format" => match arguments.first() {
                Some(Value::Text(_, layout)) => {
                    Value::text(time.layout(&String::from_utf8_lossy(layout)).into_bytes())
                }
                _ => Value::Invalid,
            },
            "Hour" => Value::Int(INT, hour),
            "IsZero" => Value::Bool(time == special::time(None)),
            "Minute" => Value::Int(INT, minute),
            "Second" => Value::Int(INT, second),
            "Unix" => Value::Int(INT64, time.seconds),
            "UTC" => self.receiver.clone(),
            "Year" => Value::Int(INT, year),
            _ => Value::text(time.to_string().into_bytes()),
        }
    }
}

fn group_version_kind<'a>(
    kind: &str,
    api_version: &str,
    surroundings: Surroundings<'a>,
) -> Value<'a> {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let json = serde_json::json!({ "Group": group, "Version": version, "Kind": kind });
    match types().named("schema.GroupVersionKind") {
        Some(id) => Value::Struct(id, Some(surroundings.arena.keep(json)), false),
        None => Value::Invalid,
    }
}

/// What `ObjectMeta` has getters for.
const METADATA: [&str; 14] = [
    "Annotations",
    "CreationTimestamp",
    "DeletionGracePeriodSeconds",
    "DeletionTimestamp",
    "Finalizers",
    "GenerateName",
    "Generation",
    "Labels",
    "ManagedFields",
    "Name",
    "Namespace",
    "OwnerReferences",
    "ResourceVersion",
    "UID",
];
