//! Descriptions in the form of Swagger 2.

use serde_json::Value;

use super::discovery::{fields, schema, text};
use super::operation::{Body, Operation, segments};
use super::schema::{Link, Schemas};

/// The operations of an interface.
pub(super) fn read(whole: &Value) -> (Vec<Operation>, Schemas) {
    let base = text(whole, "basePath").trim_end_matches('/');
    let mut operations = Vec::new();
    for (path, item) in fields(whole, "paths") {
        let methods = item.as_object().into_iter().flatten();
        for (method, asked) in methods.filter(|(name, _)| name.as_str() != "parameters") {
            let all = parameters(item).chain(parameters(asked));
            let mut operation = Operation {
                name: text(asked, "operationId").to_owned(),
                method: method.to_ascii_uppercase(),
                path: segments(&format!("{base}{path}")),
                target: None,
                parts: Vec::new(),
                query: Vec::new(),
                body: Body::Empty,
            };
            for it in all {
                let name = text(it, "name").to_owned();
                let required = it.get("required") == Some(&Value::Bool(true));
                match text(it, "in") {
                    "path" => operation.parts.push((name, Link::own(schema(it)))),
                    "query" => operation
                        .query
                        .push((name, Link::own(schema(it)), required)),
                    "body" => {
                        let told = it.get("schema").cloned().unwrap_or_default();
                        let named = told.get("$ref").and_then(Value::as_str);
                        let named = named.and_then(|name| name.rsplit('/').next());
                        operation.body = Body::Json {
                            schema: match named {
                                Some(name) => Link::Named(name.to_owned()),
                                None => Link::own(schema(&told)),
                            },
                            required,
                        };
                    }
                    _ => {}
                }
            }
            operations.push(operation);
        }
    }
    let schemas = fields(whole, "definitions");
    let schemas = schemas.map(|(name, it)| (name.clone(), schema(it)));
    (operations, schemas.collect())
}

fn parameters(of: &Value) -> impl Iterator<Item = &Value> {
    let all = of.get("parameters").and_then(Value::as_array);
    all.into_iter().flatten()
}
