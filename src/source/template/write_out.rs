//! Typed objects as JSON, written as Kubernetes' converter does: unknown fields are gone, fields that
//! are not left out when empty appear with their zero value.

use serde_json::{Map, Value as Json};

use super::{
    kinds::{Shape, TypeId, types},
    value::{Value, fields_of, inner},
};

/// Writes a typed object out.
pub(super) fn write_out(id: TypeId, json: Option<&Json>) -> Json {
    let json = json.filter(|json| !json.is_null());
    match &types().get(id).shape {
        Shape::Bool => Json::Bool(json.and_then(Json::as_bool).unwrap_or_default()),
        Shape::Int | Shape::Uint => json
            .filter(|json| json.is_number())
            .cloned()
            .unwrap_or_else(|| Json::from(0)),
        Shape::Float => Json::from(json.and_then(Json::as_f64).unwrap_or_default()),
        Shape::Text => Json::from(json.and_then(Json::as_str).unwrap_or_default()),
        Shape::List(element) => match json.and_then(Json::as_array) {
            Some(list) => list
                .iter()
                .map(|json| write_out(*element, Some(json)))
                .collect(),
            None => Json::Null,
        },
        Shape::Map(_, element) => match json.and_then(Json::as_object) {
            Some(map) => {
                let entry =
                    |(key, json): (&String, _)| (key.clone(), write_out(*element, Some(json)));
                Json::Object(map.iter().map(entry).collect())
            }
            None => Json::Null,
        },
        Shape::Pointer(pointee) => json.map_or(Json::Null, |json| write_out(*pointee, Some(json))),
        // Messages of protocol buffers write themselves, without what is empty.
        Shape::Struct(_) if types().get(id).getters => {
            json.cloned().unwrap_or_else(|| Json::Object(Map::new()))
        }
        Shape::Struct(_) => {
            let mut out = Map::new();
            write_fields(id, json, &mut out);
            Json::Object(out)
        }
        Shape::IntOrString => json.cloned().unwrap_or_else(|| Json::from(0)),
        Shape::Quantity => {
            let text = super::special::quantity(json).map(|quantity| quantity.to_string());
            Json::from(text.unwrap_or_else(|| "0".to_owned()))
        }
        Shape::Any | Shape::Raw | Shape::Time => json.cloned().unwrap_or_default(),
    }
}

fn write_fields(id: TypeId, json: Option<&Json>, out: &mut Map<String, Json>) {
    for field in fields_of(id) {
        let inner = inner(field, json);
        if field.json == "-" {
            continue;
        }
        if field.inline {
            write_fields(field.shape, inner, out);
            continue;
        }
        let value = Value::of(field.shape, inner, false);
        let is_struct = matches!(value, Value::Struct(..));
        let is_zero = if is_struct {
            inner.is_none()
        } else {
            !value.truth()
        };
        let left_out = (field.omit_zero && is_zero) || (field.omit_empty && is_zero && !is_struct);
        if !left_out {
            out.insert(field.json.clone(), write_out(field.shape, inner));
        }
    }
}
