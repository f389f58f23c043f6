//! What a value may be, and whether one is.

use std::collections::BTreeMap;

use serde_json::Value;

/// Schemas by their names.
pub(super) type Schemas = BTreeMap<String, Schema>;

/// Where a schema is.
#[derive(Clone, Debug)]
pub(super) enum Link {
    /// Among the named ones.
    Named(String),
    /// Here.
    Own(Box<Schema>),
}

impl Link {
    pub(super) fn own(schema: Schema) -> Self {
        Self::Own(Box::new(schema))
    }

    /// The schema; what is not described may be anything.
    pub(super) fn follow<'s>(&'s self, all: &'s Schemas) -> &'s Schema {
        match self {
            Self::Own(schema) => schema,
            Self::Named(name) => all.get(name).unwrap_or(&Schema::Any),
        }
    }
}

/// The least and the most of something.
pub(super) type Bounds = (Option<i64>, Option<i64>);

/// What a value may be.
#[derive(Clone, Debug)]
pub(super) enum Schema {
    Any,
    Bool,
    Number(Bounds),
    Text {
        /// Without any, all.
        one_of: Vec<String>,
        length: Bounds,
    },
    List {
        item: Link,
        /// What items are called in XML.
        tag: String,
        length: Bounds,
    },
    /// Of any names.
    Map(Link),
    Object {
        /// In their order.
        members: Vec<(String, Link)>,
        required: Vec<String>,
    },
}

/// Whether a value is what a schema says.
///
/// # Errors
/// What is not, and where.
pub(super) fn check(value: &Value, schema: &Schema, all: &Schemas) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{value} is no {what}"));
    match (schema, value) {
        (Schema::Any, _) | (Schema::Bool, Value::Bool(_)) => Ok(()),
        (Schema::Number(bounds), Value::Number(number)) => match number.as_i64() {
            Some(number) => within(number, *bounds, "a number"),
            None => Ok(()),
        },
        (Schema::Text { one_of, length }, Value::String(text)) => {
            if !one_of.is_empty() && !one_of.contains(text) {
                return wrong(&format!("value of {one_of:?}"));
            }
            within(count(text.chars().count()), *length, "the length of a text")
        }
        (Schema::List { item, length, .. }, Value::Array(items)) => {
            within(count(items.len()), *length, "how many items there are")?;
            for (at, one) in items.iter().enumerate() {
                check(one, item.follow(all), all).map_err(|wrong| format!("[{at}] {wrong}"))?;
            }
            Ok(())
        }
        (Schema::Map(item), Value::Object(fields)) => {
            for (name, one) in fields {
                check(one, item.follow(all), all).map_err(|wrong| format!(".{name} {wrong}"))?;
            }
            Ok(())
        }
        (Schema::Object { members, required }, Value::Object(fields)) => {
            if let Some(missing) = required.iter().find(|name| !fields.contains_key(*name)) {
                return Err(format!("\"{missing}\" is required"));
            }
            for (name, one) in fields {
                let member = members.iter().find(|(other, _)| other == name);
                let (_, link) = member.ok_or_else(|| format!("there is no member \"{name}\""))?;
                check(one, link.follow(all), all).map_err(|wrong| format!(".{name} {wrong}"))?;
            }
            Ok(())
        }
        (Schema::Bool, _) => wrong("truth"),
        (Schema::Number(_), _) => wrong("number"),
        (Schema::Text { .. }, _) => wrong("text"),
        (Schema::List { .. }, _) => wrong("list"),
        (Schema::Map(_) | Schema::Object { .. }, _) => wrong("object"),
    }
}

/// Whether a text, as in a path or a query, is what a schema says.
pub(super) fn check_text(text: &str, schema: &Schema, all: &Schemas) -> Result<(), String> {
    match schema {
        // One after the other, under one name.
        Schema::List { item, .. } => check_text(text, item.follow(all), all),
        _ => check(&of_text(text, schema), schema, all),
    }
}

/// A text as the value that a schema asks for.
pub(super) fn of_text(text: &str, schema: &Schema) -> Value {
    let parsed = match schema {
        Schema::Bool | Schema::Number(_) => serde_json::from_str(text).ok(),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::from(text))
}

fn within(number: i64, (least, most): Bounds, what: &str) -> Result<(), String> {
    let is_below = least.is_some_and(|least| number < least);
    let is_above = most.is_some_and(|most| number > most);
    match is_below || is_above {
        true => Err(format!(
            "{what}, {number}, is not within {least:?} and {most:?}"
        )),
        false => Ok(()),
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Bounds that a description names.
pub(super) fn bounds(value: &Value, least: &str, most: &str) -> Bounds {
    let number = |name: &str| {
        let number = value.get(name)?;
        // Google writes them as texts.
        number.as_i64().or_else(|| number.as_str()?.parse().ok())
    };
    (number(least), number(most))
}
