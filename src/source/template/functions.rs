//! The functions that templates may call: Go's own and those external-dns adds, with what each
//! takes. Arguments come checked against [`Signature`]; what they do is here and in `builtins`.

use std::{
    borrow::Cow,
    net::{Ipv4Addr, Ipv6Addr},
};

use super::{
    arena::Arena, builtins, display::printable, escape, format, output::Output, value::Value,
};

/// What a function takes in one place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Parameter {
    /// A value as it is; nil too.
    Any,
    /// A copy of a value, in an interface.
    Copy,
    /// A text of type `string`.
    Text,
    /// A map of type `map[string]string`.
    TextMap,
}

/// What a function takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature {
    pub(super) fixed: &'static [Parameter],
    pub(super) variadic: Option<Parameter>,
}

/// Why a function has no result.
#[derive(Debug)]
pub(super) enum Refusal {
    /// As in Go.
    Error(String),
    /// Only Go itself could do it.
    Unsupported(String),
}

impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self::Error(message)
    }
}

/// What an execution knows besides its arguments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings<'a> {
    pub(super) arena: &'a Arena,
    /// The name of the source that executes; empty if none is known.
    pub(super) source: &'a str,
    /// How long a text may get.
    pub(super) limit: usize,
}

/// Whether there is a function with this name.
pub(super) fn exists(name: &str) -> bool {
    signature(name).is_some()
}

/// What the function with this name takes.
pub(super) fn signature(name: &str) -> Option<Signature> {
    use Parameter::{Any, Copy, Text, TextMap};
    let (fixed, variadic): (&[Parameter], _) = match name {
        "and" | "or" | "call" | "eq" | "index" | "slice" => (&[Any], Some(Any)),
        "len" | "not" => (&[Any], None),
        "ge" | "gt" | "le" | "lt" | "ne" => (&[Any, Any], None),
        "html" | "js" | "print" | "println" | "urlquery" => (&[], Some(Copy)),
        "printf" => (&[Text], Some(Copy)),
        "contains" | "trimPrefix" | "trimSuffix" => (&[Text, Text], None),
        "fromJson" | "isIPv4" | "isIPv6" | "isSource" | "toLower" | "trim" => (&[Text], None),
        "hasKey" => (&[TextMap, Text], None),
        "replace" => (&[Text, Text, Text], None),
        _ => return None,
    };
    Some(Signature { fixed, variadic })
}

/// Calls a function; `and` and `or`, which look at their arguments one by one, never get here.
pub(super) fn call<'a>(
    name: &str,
    arguments: &[Value<'a>],
    surroundings: Surroundings<'a>,
) -> Result<Value<'a>, Refusal> {
    let nothing = Value::Invalid;
    let first = arguments.first().unwrap_or(&nothing);
    let second = arguments.get(1).unwrap_or(&nothing);
    let rest = arguments.get(1..).unwrap_or_default();
    Ok(match name {
        "call" => return Err(Refusal::Error("there are no functions to call".to_owned())),
        "contains" => Value::Bool(text(first).contains(&*text(second))),
        "eq" => Value::Bool(builtins::equal_to_any(first, rest)?),
        "fromJson" => from_json(&text(first), surroundings.arena),
        "ge" => Value::Bool(!builtins::less(first, second)?),
        "gt" => Value::Bool(!builtins::less_or_equal(first, second)?),
        "hasKey" => Value::Bool(first.entry(&text(second)).is_some()),
        "html" => Value::text(escape::html(&joined(arguments)?)),
        "index" => builtins::index(first, rest)?,
        "isIPv4" => Value::Bool(text(first).parse::<Ipv4Addr>().is_ok()),
        "isIPv6" => Value::Bool(is_ipv6(&text(first))),
        "isSource" => Value::Bool(is_source(surroundings.source, &text(first))?),
        "js" => Value::text(escape::js(&joined(arguments)?)),
        "le" => Value::Bool(builtins::less_or_equal(first, second)?),
        "len" => Value::int(builtins::length(first)?),
        "lt" => Value::Bool(builtins::less(first, second)?),
        "ne" => Value::Bool(!builtins::equal_to_any(first, rest)?),
        "not" => Value::Bool(!first.truth()),
        "print" => finished(format::print(arguments))?,
        "printf" => {
            let Value::Text(_, pattern) = first else {
                return Ok(Value::Invalid);
            };
            finished(format::printf(pattern, rest, surroundings.limit))?
        }
        "println" => finished(format::println(arguments))?,
        "replace" => {
            let third = arguments.get(2).unwrap_or(&nothing);
            let (old, new, target) = (text(first), text(second), text(third));
            let most = (target.len() + 1).saturating_mul(new.len() + 1);
            if most > surroundings.limit.saturating_mul(64) {
                return Err(Refusal::Unsupported(
                    "result of replace is too long".to_owned(),
                ));
            }
            Value::text(target.replace(&*old, &new).into_bytes())
        }
        "slice" => builtins::slice(first, rest)?,
        "toLower" => Value::text(lower(&text(first)).into_bytes()),
        "trim" => Value::text(text(first).trim().to_owned().into_bytes()),
        "trimPrefix" => {
            let (text, prefix) = (text(first), text(second));
            Value::text(
                text.strip_prefix(&*prefix)
                    .unwrap_or(&text)
                    .to_owned()
                    .into_bytes(),
            )
        }
        "trimSuffix" => {
            let (text, suffix) = (text(first), text(second));
            Value::text(
                text.strip_suffix(&*suffix)
                    .unwrap_or(&text)
                    .to_owned()
                    .into_bytes(),
            )
        }
        "urlquery" => Value::text(escape::url_query(&joined(arguments)?)),
        _ => return Err(Refusal::Error(format!("function {name:?} does not exist"))),
    })
}

/// The characters of a text.
fn text<'v>(value: &'v Value<'_>) -> Cow<'v, str> {
    match value {
        Value::Text(_, bytes) => String::from_utf8_lossy(bytes),
        _ => Cow::Borrowed(""),
    }
}

/// What an escaping function escapes: its arguments printed, pointers as what they point to.
fn joined(arguments: &[Value<'_>]) -> Result<Vec<u8>, Refusal> {
    let values: Vec<Value<'_>> = arguments
        .iter()
        .map(|value| match value {
            Value::Nil | Value::Invalid => Value::text("<no value>".as_bytes()),
            other => printable(other),
        })
        .collect();
    shown(format::print(&values))
}

fn finished<'a>(output: Output) -> Result<Value<'a>, Refusal> {
    shown(output).map(Value::text)
}

/// The text of an output, unless it lacks something.
pub(super) fn shown(output: Output) -> Result<Vec<u8>, Refusal> {
    match output.refused {
        None => Ok(output.bytes),
        Some(name) => {
            let message =
                format!("a whole value of type {name} can't be printed here; name a field");
            Err(Refusal::Unsupported(message))
        }
    }
}

/// Letter by letter, as Go does, and never more letters than before.
fn lower(text: &str) -> String {
    text.chars()
        .map(|letter| letter.to_lowercase().next().unwrap_or(letter))
        .collect()
}

/// Go's addresses may carry a zone.
fn is_ipv6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "0"));
    !zone.is_empty() && address.parse::<Ipv6Addr>().is_ok()
}

/// Nil if it is no JSON; numbers are floats, as Go decodes them.
fn from_json<'a>(text: &str, arena: &'a Arena) -> Value<'a> {
    match serde_json::from_str(text) {
        Ok(mut json) => {
            make_floats(&mut json);
            Value::untyped(arena.keep(json))
        }
        Err(_) => Value::Nil,
    }
}

fn make_floats(json: &mut serde_json::Value) {
    use serde_json::Value as Json;
    match json {
        Json::Number(number) => {
            let float = number.as_f64().and_then(serde_json::Number::from_f64);
            *json = float.map_or(Json::Null, Json::Number);
        }
        Json::Array(list) => list.iter_mut().for_each(make_floats),
        Json::Object(map) => map.values_mut().for_each(make_floats),
        _ => {}
    }
}

fn is_source(active: &str, wanted: &str) -> Result<bool, String> {
    if SOURCES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(wanted))
    {
        return Ok(active.eq_ignore_ascii_case(wanted));
    }
    Err(format!(
        "there is no source {wanted:?}; expected one of {}",
        SOURCES.join(", ")
    ))
}

/// Every name that `--source` takes.
const SOURCES: [&str; 26] = [
    "ambassador-host",
    "connector",
    "contour-httpproxy",
    "crd",
    "empty",
    "f5-transportserver",
    "f5-virtualserver",
    "fake",
    "gateway-grpcroute",
    "gateway-httproute",
    "gateway-tcproute",
    "gateway-tlsroute",
    "gateway-udproute",
    "gloo-proxy",
    "ingress",
    "istio-gateway",
    "istio-virtualservice",
    "kong-tcpingress",
    "manifests",
    "node",
    "openshift-route",
    "pod",
    "service",
    "skipper-routegroup",
    "traefik-proxy",
    "unstructured",
];
