//! Go's functions for comparing, indexing and measuring, with its rules about types.

use super::{
    kinds::{Shape, types},
    value::{Class, Value, type_of},
};

/// `eq`: whether the first equals one of the others.
pub(super) fn equal_to_any(first: &Value<'_>, others: &[Value<'_>]) -> Result<bool, String> {
    if others.is_empty() {
        return Err("nothing to compare with; expected two values".to_owned());
    }
    for other in others {
        if equal(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equal(first: &Value<'_>, second: &Value<'_>) -> Result<bool, String> {
    let is_nothing = |value: &Value<'_>| matches!(value, Value::Invalid | Value::Nil);
    Ok(match (first, second) {
        (Value::Bool(first), Value::Bool(second)) => first == second,
        #[expect(
            clippy::float_cmp,
            reason = "a template that compares floats gets what Go gives"
        )]
        (Value::Float(first), Value::Float(second)) => first == second,
        (Value::Int(_, first), Value::Int(_, second)) => first == second,
        (Value::Text(_, first), Value::Text(_, second)) => first == second,
        (Value::Uint(_, first), Value::Uint(_, second)) => first == second,
        (Value::Int(_, first), Value::Uint(_, second))
        | (Value::Uint(_, second), Value::Int(_, first)) => u64::try_from(*first) == Ok(*second),
        _ if first.class() != second.class() => {
            if is_nothing(first) || is_nothing(second) {
                return Ok(false);
            }
            return Err(incompatible(first, second));
        }
        _ => return equal_composites(first, second),
    })
}

fn equal_composites(first: &Value<'_>, second: &Value<'_>) -> Result<bool, String> {
    let nothing = matches!(first, Value::Invalid | Value::Nil)
        || matches!(second, Value::Invalid | Value::Nil);
    let same_kind = std::mem::discriminant(first) == std::mem::discriminant(second);
    if !nothing && !same_kind {
        return Err(incompatible(first, second));
    }
    if first.is_nil() || second.is_nil() {
        return Ok(first.is_nil() == second.is_nil());
    }
    match (first, second) {
        (Value::Data(first), Value::Data(second)) => Ok(std::ptr::eq(*first, *second)),
        (Value::Pointer(first_type, first), Value::Pointer(second_type, second)) => {
            let same_place = match (first, second) {
                (Some(first), Some(second)) => std::ptr::eq(*first, *second),
                _ => false,
            };
            Ok(first_type == second_type && same_place)
        }
        (Value::Struct(first_type, first, _), Value::Struct(second_type, second, _)) => {
            if !is_comparable(second) {
                return Err(format!(
                    "values of type {} can't be compared",
                    type_name(second_type)
                ));
            }
            Ok(first_type == second_type && first == second)
        }
        _ => Err(format!(
            "values of type {} can't be compared",
            second.type_name()
        )),
    }
}

/// Structs with lists or maps in them can't be compared, which only the JSON shows here.
fn is_comparable(json: &Option<&serde_json::Value>) -> bool {
    !json.is_some_and(|json| {
        json.as_object()
            .is_some_and(|map| map.values().any(|v| v.is_array() || v.is_object()))
    })
}

fn type_name(id: &super::kinds::TypeId) -> &'static str {
    &types().get(*id).name
}

fn incompatible(first: &Value<'_>, second: &Value<'_>) -> String {
    format!(
        "types {} and {} can't be compared",
        first.type_name(),
        second.type_name()
    )
}

/// `lt`
pub(super) fn less(first: &Value<'_>, second: &Value<'_>) -> Result<bool, String> {
    Ok(match (first, second) {
        (Value::Float(first), Value::Float(second)) => first < second,
        (Value::Int(_, first), Value::Int(_, second)) => first < second,
        (Value::Text(_, first), Value::Text(_, second)) => first < second,
        (Value::Uint(_, first), Value::Uint(_, second)) => first < second,
        (Value::Int(_, first), Value::Uint(_, second)) => {
            u64::try_from(*first).map_or(true, |first| first < *second)
        }
        (Value::Uint(_, first), Value::Int(_, second)) => {
            u64::try_from(*second).is_ok_and(|second| *first < second)
        }
        _ if first.class() == Class::Other || second.class() == Class::Other => {
            let wrong = if first.class() == Class::Other {
                first
            } else {
                second
            };
            return Err(format!(
                "values of type {} have no order",
                wrong.type_name()
            ));
        }
        _ => return Err(incompatible(first, second)),
    })
}

/// `le`
pub(super) fn less_or_equal(first: &Value<'_>, second: &Value<'_>) -> Result<bool, String> {
    Ok(less(first, second)? || equal(first, second)?)
}

/// `index`: an element of a list, a byte of a text, the value behind a key.
pub(super) fn index<'a>(item: &Value<'a>, indexes: &[Value<'a>]) -> Result<Value<'a>, String> {
    if matches!(item, Value::Invalid | Value::Nil) {
        return Err("nil can't be indexed".to_owned());
    }
    let mut item = item.clone();
    for key in indexes {
        item = item.indirect().ok_or("a nil pointer can't be indexed")?;
        item = match &item {
            Value::List(_, list) => {
                let length = list.map_or(0, <[_]>::len);
                let at = position(key, length)?;
                item.element(at).ok_or_else(|| out_of_range(at))?
            }
            Value::Text(_, text) => {
                let at = position(key, text.len())?;
                let byte = text.get(at).ok_or_else(|| out_of_range(at))?;
                Value::Uint(super::kinds::UINT8, u64::from(*byte))
            }
            Value::Map(id, _) => {
                let Shape::Map(key_type, element) = types().get(*id).shape else {
                    return Err("a map without a type can't be indexed".to_owned());
                };
                match key {
                    Value::Text(id, text) if *id == key_type => {
                        let key = String::from_utf8_lossy(text);
                        item.entry(&key)
                            .unwrap_or_else(|| Value::of(element, None, false))
                    }
                    _ => {
                        let wanted = &types().get(key_type).name;
                        return Err(format!(
                            "key has type {}; expected {wanted}",
                            key.type_name()
                        ));
                    }
                }
            }
            other => {
                return Err(format!(
                    "a value of type {} can't be indexed",
                    other.type_name()
                ));
            }
        };
    }
    Ok(item)
}

/// `slice`: a part of a list or text.
pub(super) fn slice<'a>(item: &Value<'a>, indexes: &[Value<'a>]) -> Result<Value<'a>, String> {
    if matches!(item, Value::Invalid | Value::Nil) {
        return Err("nil can't be sliced".to_owned());
    }
    let item = item.indirect().ok_or("a nil pointer can't be sliced")?;
    if indexes.len() > 3 {
        return Err(format!("{} indexes are too many for slice", indexes.len()));
    }
    let length = match &item {
        Value::Text(..) if indexes.len() == 3 => {
            return Err("a text can't be sliced with 3 indexes".to_owned());
        }
        Value::Text(_, text) => text.len(),
        Value::List(_, list) => list.map_or(0, <[_]>::len),
        other => {
            return Err(format!(
                "a value of type {} can't be sliced",
                other.type_name()
            ));
        }
    };
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = position(index, length)?;
    }
    let [from, to, end] = bounds;
    if from > to || to > end {
        return Err(format!("slice from {from} to {to} runs backwards"));
    }
    Ok(match item {
        Value::Text(id, text) => {
            let part = text.get(from..to).unwrap_or_default().to_vec();
            Value::Text(id, part.into())
        }
        Value::List(id, list) => Value::List(id, list.and_then(|list| list.get(from..to))),
        other => other,
    })
}

/// `len`
pub(super) fn length(item: &Value<'_>) -> Result<usize, String> {
    match item.indirect().ok_or("nil has no length")? {
        Value::List(_, list) => Ok(list.map_or(0, <[_]>::len)),
        Value::Map(_, map) => Ok(map.map_or(0, serde_json::Map::len)),
        Value::Text(_, text) => Ok(text.len()),
        other => Err(format!(
            "a value of type {} has no length",
            other.type_name()
        )),
    }
}

/// An index that is not past the end of what has this length.
fn position(index: &Value<'_>, length: usize) -> Result<usize, String> {
    let at = match index {
        Value::Int(_, at) => usize::try_from(*at).ok(),
        Value::Uint(_, at) => usize::try_from(*at).ok(),
        other => {
            return Err(format!(
                "index has type {}; expected a number",
                other.type_name()
            ));
        }
    };
    at.filter(|at| *at <= length)
        .ok_or_else(|| "index is out of range".to_owned())
}

fn out_of_range(at: usize) -> String {
    format!("index {at} is out of range")
}

/// Whether a value is a map of type `map[string]string`, or of a type made of it.
pub(super) fn is_text_map(value: &Value<'_>) -> bool {
    let text = super::kinds::TEXT;
    matches!(value, Value::Map(..))
        && type_of(value)
            .is_some_and(|row| matches!(row.shape, Shape::Map(k, e) if k == text && e == text))
}
