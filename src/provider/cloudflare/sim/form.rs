//! Records as the stand-in tells and reads them.

use serde_json::{Map, Value, json};
use wire::Rtype;

use crate::sim::{Form, Owner, Refused, Row, SetKey, Text, number, text};

/// A record as it is told.
pub(super) fn told(key: &SetKey, row: &Row) -> Value {
    let content = FORM.print(key.rtype, &row.rdata);
    let words: Vec<&str> = content.split(' ').collect();
    let mut told = row.extra.clone();
    let mut set = |name: &str, value: Value| drop(told.insert(name.to_owned(), value));
    set("id", format!("{:032x}", row.id).into());
    set("name", key.name.clone().into());
    set("type", key.rtype.to_string().into());
    set("ttl", row.ttl.into());
    set("proxiable", is_proxiable(key.rtype).into());
    if key.rtype == Rtype::MX {
        set(
            "priority",
            words.first().and_then(|it| it.parse::<u32>().ok()).into(),
        );
        set("content", words.last().copied().into());
    } else {
        if let Some((numbers, names)) = fields(key.rtype) {
            let mut data = Map::new();
            for (at, name) in names.iter().enumerate() {
                let rest = words.get(at..).unwrap_or_default();
                let last = at + 1 == names.len();
                let text = if last {
                    rest.join(" ")
                } else {
                    rest.first().copied().unwrap_or_default().to_owned()
                };
                let text = text.trim_matches('"').to_owned();
                let number = text.parse::<u32>().ok().filter(|_| at < numbers);
                data.insert(
                    (*name).to_owned(),
                    number.map_or_else(|| text.into(), Value::from),
                );
            }
            set("data", data.into());
        }
        set("content", content.into());
    }
    Value::Object(told)
}

/// The record that a body tells.
pub(super) fn read(zone: &str, body: &Value) -> Result<(SetKey, Row), Refused> {
    let wrong = |why: &str| Refused::Invalid(why.to_owned());
    let rtype = Rtype::from_text(text(body, "type").as_bytes());
    let rtype = rtype.ok_or_else(|| wrong("Type is invalid."))?;
    let name = FORM
        .name(zone, text(body, "name"))
        .map_err(Refused::Invalid)?;
    let content = match (fields(rtype), body.get("data")) {
        (Some((_, names)), Some(data)) => content(rtype, names, data)?,
        (Some(_), None) => return Err(wrong("data is a required data field.")),
        (None, _) => text(body, "content").to_owned(),
    };
    if content.is_empty() {
        return Err(wrong("Content for this record is invalid."));
    }
    let content = match (rtype, number(body, "priority")) {
        (Rtype::MX, Some(priority)) => format!("{priority} {content}"),
        (Rtype::MX, None) => return Err(wrong("priority is a required data field.")),
        _ => content,
    };
    let proxied = body.get("proxied") == Some(&Value::Bool(true));
    if proxied && !is_proxiable(rtype) {
        return Err(wrong("This record type cannot be proxied."));
    }
    let ttl = number(body, "ttl").unwrap_or(1);
    if ttl != 1 && (proxied || !(60..=86_400).contains(&ttl)) {
        return Err(wrong("Invalid TTL."));
    }
    if text(body, "comment").chars().count() > 100 {
        return Err(wrong("Comment is too long."));
    }
    let rdata = FORM.read(zone, rtype, &content).map_err(Refused::Invalid)?;
    let mut row = Row::new(ttl, rdata);
    for (name, value) in body.as_object().into_iter().flatten() {
        // What says nothing is not kept, so that it is not taken for something foreign.
        let says = !matches!(value, Value::Null | Value::Bool(false))
            && *value != json!("")
            && *value != json!([]);
        if says && !OF_RECORD.contains(&&**name) {
            row.extra.insert(name.clone(), value.clone());
        }
    }
    Ok((SetKey::new(&name, rtype), row))
}

/// The text of data that is told in fields.
fn content(rtype: Rtype, names: &[&str], data: &Value) -> Result<String, Refused> {
    let words = names.iter().enumerate().map(|(at, name)| {
        let value = data.get(name);
        let value =
            value.ok_or_else(|| Refused::Invalid(format!("{name} is a required data field.")))?;
        let is_quoted = match rtype {
            Rtype::CAA => at == 2,
            Rtype::NAPTR => (2..5).contains(&at),
            _ => false,
        };
        match value {
            Value::String(text) if is_quoted => Ok(format!("\"{text}\"")),
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(Refused::Invalid(format!("{name} is invalid."))),
        }
    });
    let words: Result<Vec<String>, Refused> = words.collect();
    Ok(words?.join(" ").trim_end().to_owned())
}

/// How many fields of data are numbers, and the names of all; none for types whose data is one text.
fn fields(rtype: Rtype) -> Option<(usize, &'static [&'static str])> {
    Some(match rtype {
        Rtype::CAA => (1, &["flags", "tag", "value"]),
        Rtype::DS => (3, &["key_tag", "algorithm", "digest_type", "digest"]),
        Rtype::HTTPS | Rtype::SVCB => (1, &["priority", "target", "value"]),
        Rtype::NAPTR => (
            2,
            &[
                "order",
                "preference",
                "flags",
                "service",
                "regex",
                "replacement",
            ],
        ),
        Rtype::SRV => (3, &["priority", "weight", "port", "target"]),
        Rtype::SSHFP => (2, &["algorithm", "type", "fingerprint"]),
        Rtype::TLSA => (3, &["usage", "selector", "matching_type", "certificate"]),
        _ => return None,
    })
}

fn is_proxiable(rtype: Rtype) -> bool {
    matches!(rtype, Rtype::A | Rtype::AAAA | Rtype::CNAME)
}

/// What is told of a record in its own place.
const OF_RECORD: &[&str] = &[
    "content",
    "data",
    "id",
    "name",
    "priority",
    "proxiable",
    "ttl",
    "type",
];

const FORM: Form = Form {
    owner: Owner::Whole,
    dots: false,
    text: Text::Either,
};
