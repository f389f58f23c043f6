//! One value as Go's `fmt` writes it for one verb.
//!
//! What Go prints by a method of the type's own is written here for times, amounts and the like;
//! whole objects of Kubernetes, which no name is made of, are refused instead.

use serde_json::Value as Json;

use super::{
    kinds::{Shape, Stringer, types},
    number,
    output::{Options, Output, first_character},
    special,
    value::{Value, fields_of, inner, type_of},
};

/// What an action prints: pointers count as what they point to.
pub(super) fn printable<'a>(value: &Value<'a>) -> Value<'a> {
    match value {
        Value::Pointer(..) => value.indirect().unwrap_or_else(|| value.clone()),
        other => other.clone(),
    }
}

/// Writes a value that is handed to `fmt`.
pub(super) fn argument(out: &mut Output, value: &Value<'_>, verb: char, options: &Options) {
    match value {
        Value::Invalid | Value::Nil => match verb {
            'T' | 'v' => out.pad(b"<nil>", options),
            _ => mistake(out, value, verb, options),
        },
        _ if verb == 'T' => text(out, value.type_name().as_bytes(), 's', options),
        _ if verb == 'p' => address(out, value),
        _ if own_text(out, value, verb, options) => {}
        _ => nested(out, value, verb, options, 0),
    }
}

/// Writes a value by its own method, if it has one that fits the verb.
fn own_text(out: &mut Output, value: &Value<'_>, verb: char, options: &Options) -> bool {
    if options.sharp_v || !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
        return false;
    }
    match string_of(value) {
        Own::No => false,
        // The method fails on nil, which Go tells without regard to the verb.
        Own::Text(own) if own == "<nil>" => {
            out.extend_from_slice(own.as_bytes());
            true
        }
        Own::Text(own) => {
            text(out, own.as_bytes(), verb, options);
            true
        }
        Own::Unknown(name) => {
            out.refuse(name);
            true
        }
    }
}

/// What a value's method `String` returns.
pub(super) enum Own {
    No,
    Text(String),
    /// There is such a method, but only Go knows what it returns.
    Unknown(&'static str),
}

/// The text that a value makes of itself.
pub(super) fn string_of(value: &Value<'_>) -> Own {
    let Some(row) = type_of(value) else {
        return match value {
            Value::Data(data) => Own::Unknown(data.type_name()),
            _ => Own::No,
        };
    };
    let (row, json, reachable) = match (value, &row.shape) {
        (Value::Pointer(_, json), Shape::Pointer(pointee)) => {
            (types().get(*pointee), *json, Stringer::Pointer)
        }
        (Value::Struct(_, json, true), _) => (row, *json, Stringer::Pointer),
        (Value::Struct(_, json, false), _) => (row, *json, Stringer::Value),
        // `v1.ResourceName` is the one text with a method, which changes nothing.
        _ => return Own::No,
    };
    let has_method = row.stringer == Stringer::Value
        || (row.stringer == Stringer::Pointer && reachable == Stringer::Pointer);
    if !has_method || matches!(row.shape, Shape::Text) {
        return Own::No;
    }
    if matches!(value, Value::Pointer(_, None)) {
        let is_message = matches!(row.shape, Shape::Struct(_)) && !row.getters;
        return Own::Text(if is_message { "nil" } else { "<nil>" }.to_owned());
    }
    match row.shape {
        Shape::IntOrString => Own::Text(match json {
            Some(Json::String(text)) => text.clone(),
            Some(Json::Number(number)) => number.to_string(),
            _ => "0".to_owned(),
        }),
        Shape::Quantity => {
            let text = special::quantity(json).map(|quantity| quantity.to_string());
            Own::Text(text.unwrap_or_else(|| "0".to_owned()))
        }
        Shape::Time => Own::Text(special::time(json).to_string()),
        Shape::Struct(_) if row.name == "schema.GroupVersionKind" => {
            let part = |name: &str| {
                json.and_then(|json| json.get(name))
                    .and_then(Json::as_str)
                    .unwrap_or_default()
            };
            let (group, version, kind) = (part("Group"), part("Version"), part("Kind"));
            Own::Text(format!("{group}/{version}, Kind={kind}"))
        }
        _ => Own::Unknown(&row.name),
    }
}

/// Writes a value by what it is made of.
fn nested(out: &mut Output, value: &Value<'_>, verb: char, options: &Options, depth: usize) {
    if depth > 0 && own_text(out, value, verb, options) {
        return;
    }
    let is_plain = matches!(
        value,
        Value::Bool(_) | Value::Float(_) | Value::Int(..) | Value::Text(..) | Value::Uint(..)
    );
    if options.sharp_v && !is_plain {
        out.refuse(value.type_name());
        return;
    }
    match value {
        Value::Bool(truth) if matches!(verb, 't' | 'v') => {
            out.pad(if *truth { b"true" } else { b"false" }, options);
        }
        Value::Float(float) if "vbgGxXfFeE".contains(verb) => {
            if !number::float(out, *float, verb, options) {
                out.refuse(value.type_name());
            }
        }
        Value::Int(_, integer) if "vdboOxXcqU".contains(verb) => {
            let magnitude = integer.unsigned_abs();
            number::integer(out, magnitude, *integer < 0, verb, options);
        }
        Value::Uint(_, integer) if "vdboOxXcqU".contains(verb) => {
            let options = Options {
                sharp: options.sharp || options.sharp_v,
                ..*options
            };
            let verb = if options.sharp_v && verb == 'v' {
                'x'
            } else {
                verb
            };
            number::integer(out, *integer, false, verb, &options);
        }
        Value::Text(_, bytes) if "vsxXq".contains(verb) => {
            let verb = if options.sharp_v { 'q' } else { verb };
            text(out, bytes, verb, options);
        }
        Value::Invalid | Value::Nil => out.extend_from_slice(b"<nil>"),
        Value::List(_, list) => {
            out.push(b'[');
            for index in 0..list.map_or(0, <[Json]>::len) {
                if index > 0 {
                    out.push(b' ');
                }
                let element = value.element(index).unwrap_or(Value::Nil);
                nested(out, &element.by_value(), verb, options, depth + 1);
            }
            out.push(b']');
        }
        Value::Map(id, map) => {
            let Shape::Map(key_type, _) = types().get(*id).shape else {
                return;
            };
            out.extend_from_slice(b"map[");
            for (index, key) in sorted_keys(*map).into_iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                let key_value = Value::Text(key_type, key.as_bytes().into());
                nested(out, &key_value, verb, options, depth + 1);
                out.push(b':');
                let element = value.entry(key).unwrap_or(Value::Nil);
                nested(out, &element, verb, options, depth + 1);
            }
            out.push(b']');
        }
        Value::Struct(id, json, _) => {
            let fields: Vec<(&str, Value<'_>)> = match types().get(*id).shape {
                Shape::Struct(_) => fields_of(*id)
                    .iter()
                    .map(|field| {
                        let value = Value::of(field.shape, inner(field, *json), false);
                        (field.name.as_str(), value)
                    })
                    .collect(),
                Shape::IntOrString => ["Type", "IntVal", "StrVal"]
                    .iter()
                    .map(|name| (*name, value.field(name).unwrap_or(Value::Nil)))
                    .collect(),
                _ => {
                    out.refuse(value.type_name());
                    return;
                }
            };
            out.push(b'{');
            for (index, (name, value)) in fields.into_iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                if options.plus_v {
                    out.extend_from_slice(name.as_bytes());
                    out.push(b':');
                }
                nested(out, &value, verb, options, depth + 1);
            }
            out.push(b'}');
        }
        Value::Pointer(_, json) => {
            let pointee = value.indirect();
            let is_composite = matches!(
                pointee,
                Some(Value::List(..) | Value::Map(..) | Value::Struct(..))
            );
            match (pointee, json) {
                (Some(pointee), _) if depth == 0 && is_composite => {
                    out.push(b'&');
                    nested(out, &pointee.by_value(), verb, options, depth + 1);
                }
                (_, None) if verb == 'v' => out.pad(b"<nil>", options),
                (_, Some(_)) if verb == 'v' => address(out, value),
                (_, json) if "bodxX".contains(verb) => {
                    let place = if json.is_some() { ADDRESS } else { 0 };
                    number::integer(out, place, false, verb, options);
                }
                _ => mistake(out, value, verb, options),
            }
        }
        Value::Data(_) => {
            out.refuse(value.type_name());
        }
        _ => mistake(out, value, verb, options),
    }
}

/// A text by a verb for texts.
fn text(out: &mut Output, bytes: &[u8], verb: char, options: &Options) {
    match verb {
        'x' | 'X' => hexadecimal(out, bytes, verb == 'X', options),
        'q' => {
            let text = String::from_utf8_lossy(truncated(bytes, options)).into_owned();
            let plain = |character: char| character == '\t' || !character.is_control();
            let fits = text
                .chars()
                .all(|c| plain(c) && c != '`' && c != '\u{feff}');
            if options.sharp && fits {
                out.pad(format!("`{text}`").as_bytes(), options);
                return;
            }
            let quoted = number::quote(truncated(bytes, options), '"', options.plus);
            out.pad(&quoted, options);
        }
        _ => out.pad(truncated(bytes, options), options),
    }
}

/// As many characters as the precision lets through.
fn truncated<'b>(bytes: &'b [u8], options: &Options) -> &'b [u8] {
    let Some(precision) = options.precision else {
        return bytes;
    };
    let mut end = 0;
    for _ in 0..precision {
        match first_character(bytes.get(end..).unwrap_or_default()) {
            Some((_, length)) => end += length,
            None => break,
        }
    }
    bytes.get(..end).unwrap_or(bytes)
}

fn hexadecimal(out: &mut Output, bytes: &[u8], upper: bool, options: &Options) {
    let length = options
        .precision
        .map_or(bytes.len(), |precision| precision.min(bytes.len()));
    let prefix: &str = match (options.sharp, upper) {
        (false, _) => "",
        (true, false) => "0x",
        (true, true) => "0X",
    };
    let mut text = String::new();
    for (index, byte) in bytes.iter().take(length).enumerate() {
        if index > 0 && options.space {
            text.push(' ');
        }
        if index == 0 || options.space {
            text.push_str(prefix);
        }
        let digits = if upper {
            format!("{byte:02X}")
        } else {
            format!("{byte:02x}")
        };
        text.push_str(&digits);
    }
    out.pad(text.as_bytes(), options);
}

/// What Go writes for a verb that does not fit.
fn mistake(out: &mut Output, value: &Value<'_>, verb: char, options: &Options) {
    out.extend_from_slice(format!("%!{verb}(").as_bytes());
    match value {
        Value::Invalid | Value::Nil => out.extend_from_slice(b"<nil>"),
        Value::Pointer(_, Some(_)) => {
            out.extend_from_slice(value.type_name().as_bytes());
            out.push(b'=');
            address(out, value);
        }
        _ => {
            out.extend_from_slice(value.type_name().as_bytes());
            out.push(b'=');
            nested(out, value, 'v', options, 0);
        }
    }
    out.push(b')');
}

/// Go prints where a value lies in memory, which is different each time; here it is always the same.
fn address(out: &mut Output, value: &Value<'_>) {
    match value {
        Value::Pointer(_, Some(_)) => out.extend_from_slice(format!("{ADDRESS:#x}").as_bytes()),
        Value::Pointer(_, None) => out.extend_from_slice(b"0x0"),
        _ => {
            out.extend_from_slice(b"%!p(");
            out.extend_from_slice(value.type_name().as_bytes());
            out.push(b'=');
            nested(out, value, 'v', &Options::default(), 0);
            out.push(b')');
        }
    }
}

/// The keys of a map in Go's order of printing and ranging.
pub(super) fn sorted_keys(map: Option<&serde_json::Map<String, Json>>) -> Vec<&str> {
    let mut keys: Vec<&str> = map
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    keys.sort_unstable();
    keys
}

/// Where everything is said to lie.
const ADDRESS: u64 = 0xc0_0000_0000;
