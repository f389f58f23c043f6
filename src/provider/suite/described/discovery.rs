//! Descriptions that Google's own clients are made of.

use serde_json::Value;

use super::operation::{Body, Operation, segments};
use super::schema::{Link, Schema, Schemas, bounds};

/// The operations of a service.
pub(super) fn read(whole: &Value) -> (Vec<Operation>, Schemas) {
    let base = text(whole, "servicePath");
    let common: Vec<(&String, &Value)> = fields(whole, "parameters").collect();
    let mut operations = Vec::new();
    let mut rooms = vec![whole];
    while let Some(room) = rooms.pop() {
        rooms.extend(fields(room, "resources").map(|(_, inner)| inner));
        for (_, method) in fields(room, "methods") {
            let own = fields(method, "parameters").chain(common.iter().copied());
            let (in_path, in_query): (Vec<_>, Vec<_>) =
                own.partition(|(_, it)| text(it, "location") == "path");
            let request = method.pointer("/request/$ref").and_then(Value::as_str);
            operations.push(Operation {
                name: text(method, "id").to_owned(),
                method: text(method, "httpMethod").to_owned(),
                path: segments(&format!("{base}{}", text(method, "path"))),
                target: None,
                parts: in_path
                    .iter()
                    .map(|(name, it)| ((*name).clone(), Link::own(schema(it))))
                    .collect(),
                query: in_query
                    .iter()
                    .map(|(name, it)| {
                        let required = it.get("required") == Some(&Value::Bool(true));
                        ((*name).clone(), Link::own(schema(it)), required)
                    })
                    .collect(),
                body: match request {
                    None => Body::Empty,
                    Some(name) => Body::Json {
                        schema: Link::Named(name.to_owned()),
                        required: true,
                    },
                },
            });
        }
    }
    let schemas = fields(whole, "schemas");
    let schemas = schemas.map(|(name, it)| (name.clone(), schema(it)));
    (operations, schemas.collect())
}

/// A schema of JSON, as Swagger has it too.
pub(super) fn schema(it: &Value) -> Schema {
    let link = |it: &Value| match it.get("$ref").and_then(Value::as_str) {
        Some(name) => Link::Named(name.rsplit('/').next().unwrap_or(name).to_owned()),
        None => Link::own(schema(it)),
    };
    let words = |name: &str| {
        let words = it.get(name).and_then(Value::as_array);
        let words = words.into_iter().flatten().filter_map(Value::as_str);
        words.map(str::to_owned).collect::<Vec<String>>()
    };
    match text(it, "type") {
        "boolean" => Schema::Bool,
        "integer" | "number" => Schema::Number(bounds(it, "minimum", "maximum")),
        // What has 64 bits is a text in Google's JSON.
        "string" => Schema::Text {
            one_of: words("enum"),
            length: bounds(it, "minLength", "maxLength"),
        },
        "array" => Schema::List {
            item: it.get("items").map_or_else(|| Link::own(Schema::Any), link),
            tag: String::new(),
            length: bounds(it, "minItems", "maxItems"),
        },
        "object" | "" if it.get("properties").is_some() => Schema::Object {
            members: fields(it, "properties")
                .map(|(name, it)| (name.clone(), link(it)))
                .collect(),
            required: words("required"),
        },
        "object" => match it.get("additionalProperties") {
            Some(item) => Schema::Map(link(item)),
            None => Schema::Any,
        },
        _ => Schema::Any,
    }
}

pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn fields<'v>(
    value: &'v Value,
    name: &str,
) -> impl Iterator<Item = (&'v String, &'v Value)> + use<'v> {
    let fields = value.get(name).and_then(Value::as_object);
    fields.into_iter().flatten()
}
