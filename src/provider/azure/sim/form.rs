//! Record sets as the stand-in tells and reads them.

use serde_json::{Map, Value, json};
use wire::Rtype;

use super::{Host, KEPT};
use crate::sim::{Form, Owner, Refused, Row, Set, SetKey, Text, form};

impl Host {
    pub(super) fn key(&self, zone: &str, rtype: &str, owner: &str) -> Result<SetKey, Refused> {
        let rtype = Rtype::from_text(rtype.as_bytes()).filter(|it| *it != Rtype::SOA);
        let known = rtype.filter(|it| self.members.iter().any(|(member, _)| member == it));
        let known = known.ok_or_else(|| Refused::Invalid("no such type".to_owned()))?;
        let name = FORM.name(zone, owner).map_err(Refused::Invalid)?;
        Ok(SetKey::new(&name, known))
    }

    pub(super) fn member(&self, rtype: Rtype) -> Option<&'static str> {
        let mut members = self.members.iter();
        members
            .find(|(known, _)| *known == rtype)
            .map(|(_, name)| *name)
    }

    /// A set as it is told.
    pub(super) fn told(&self, (at, zone): (&str, &str), (key, set): (&SetKey, &Set)) -> Value {
        let owner = FORM.owner(zone, &key.name);
        let mut properties = Map::new();
        let mut put = |name: &str, value: Value| drop(properties.insert(name.to_owned(), value));
        put(self.ttl, set.ttl().into());
        put("fqdn", format!("{}.", key.name).into());
        put("provisioningState", "Succeeded".into());
        let mut extra = set.extra.clone();
        let kept = extra.remove(KEPT);
        put("metadata", extra.into());
        let is_alias = kept.is_some() && !self.is_private();
        if let (Some(name), false) = (self.member(key.rtype), is_alias) {
            let mut all: Vec<Value> = set
                .rows
                .iter()
                .map(|row| datum(key.rtype, &row.rdata))
                .collect();
            put(
                name,
                match key.rtype {
                    Rtype::CNAME | Rtype::SOA => all.pop().unwrap_or_default(),
                    _ => all.into(),
                },
            );
        }
        match kept {
            kept if self.is_private() => put("isAutoRegistered", kept.is_some().into()),
            Some(id) => put("targetResource", json!({"id": id})),
            None => put("targetResource", json!({})),
        }
        // Only the older service tells its name in small letters.
        let kind = match self.is_private() {
            true => self.kind.to_owned(),
            false => self.kind.to_ascii_lowercase(),
        };
        let rtype = key.rtype;
        json!({
            "id": format!("{at}/{rtype}/{owner}"),
            "name": owner, "type": format!("Microsoft.Network/{kind}/{rtype}"),
            "etag": etag(set.version), "properties": properties,
        })
    }

    /// The values and the metadata of a body.
    pub(super) fn read(
        &self,
        zone: &str,
        rtype: Rtype,
        body: &Value,
    ) -> Result<(Vec<Row>, Map<String, Value>), Refused> {
        let wrong = |why: &str| Refused::Invalid(why.to_owned());
        let properties = body.get("properties").and_then(Value::as_object);
        let properties = properties.ok_or_else(|| wrong("there are no properties"))?;
        let member = self.member(rtype).unwrap_or_default();
        let known = [member, self.ttl, "metadata"];
        if let Some(odd) = properties.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(Refused::Invalid(format!(
                "\"{odd}\" is not a part of {rtype}"
            )));
        }
        let ttl = properties.get(self.ttl).and_then(Value::as_u64);
        let ttl = ttl.and_then(|ttl| u32::try_from(ttl).ok());
        let ttl = ttl
            .filter(|ttl| *ttl <= 2_147_483_647)
            .ok_or_else(|| wrong("no TTL"))?;
        let records = match properties.get(member) {
            Some(Value::Array(all)) if rtype != Rtype::CNAME => all.clone(),
            Some(one @ Value::Object(_)) if rtype == Rtype::CNAME => vec![one.clone()],
            _ => return Err(wrong("there are no records")),
        };
        let mut rows = Vec::new();
        for record in &records {
            let rdata = self.rdata(zone, rtype, record).map_err(Refused::Invalid)?;
            rows.push(Row::new(ttl, rdata));
        }
        let texts = rows.iter().map(|row| form::bytes(&row.rdata).len());
        if rtype == Rtype::TXT && texts.sum::<usize>() > self.text {
            return Err(wrong("the combined length of all TXT records is too large"));
        }
        let metadata = properties.get("metadata").and_then(Value::as_object);
        let metadata = metadata.cloned().unwrap_or_default();
        match metadata.values().all(Value::is_string) {
            true => Ok((rows, metadata)),
            false => Err(wrong("metadata is texts")),
        }
    }

    pub(super) fn rdata(
        &self,
        zone: &str,
        rtype: Rtype,
        record: &Value,
    ) -> Result<Vec<u8>, String> {
        let object = record.as_object().ok_or("a record is an object")?;
        let fields = fields(rtype);
        let odd = object.keys().find(|key| !fields.contains(&key.as_str()));
        if let Some(odd) = odd {
            return Err(format!("\"{odd}\" is no part of {rtype}"));
        }
        if rtype == Rtype::TXT {
            let strings = record["value"].as_array().ok_or("a text is a list")?;
            let mut out = Vec::new();
            for string in strings {
                let string = string.as_str().filter(|it| !it.is_empty());
                let string = string.ok_or("a string is empty")?.as_bytes();
                let length = u8::try_from(string.len());
                out.push(length.map_err(|_| "a string has at most 255 bytes")?);
                out.extend_from_slice(string);
            }
            return if out.is_empty() {
                Err("a text is empty".to_owned())
            } else {
                Ok(out)
            };
        }
        let mut words = Vec::new();
        for name in fields {
            words.push(match object.get(*name) {
                Some(Value::String(text)) if *name == "value" => format!("\"{text}\""),
                Some(Value::String(text)) if !text.is_empty() => text.clone(),
                Some(Value::Number(number)) if number.is_u64() => number.to_string(),
                _ => return Err(format!("there is no \"{name}\"")),
            });
        }
        if rtype == Rtype::MX && words.last().is_some_and(|host| host == ".") {
            return Err("an exchange is a host".to_owned());
        }
        FORM.read(zone, rtype, &words.join(" "))
    }
}

/// The members of a record.
fn fields(rtype: Rtype) -> &'static [&'static str] {
    match rtype {
        Rtype::A => &["ipv4Address"],
        Rtype::AAAA => &["ipv6Address"],
        Rtype::CAA => &["flags", "tag", "value"],
        Rtype::CNAME => &["cname"],
        Rtype::MX => &["preference", "exchange"],
        Rtype::NS => &["nsdname"],
        Rtype::PTR => &["ptrdname"],
        Rtype::SRV => &["priority", "weight", "port", "target"],
        Rtype::TXT => &["value"],
        _ => &["host"],
    }
}

/// A record as it is told.
fn datum(rtype: Rtype, rdata: &[u8]) -> Value {
    if rtype == Rtype::TXT {
        let (mut strings, mut rest) = (Vec::new(), rdata);
        while let Some((&length, tail)) = rest.split_first() {
            let (string, tail) = tail.split_at(usize::from(length).min(tail.len()));
            strings.push(String::from_utf8_lossy(string).into_owned());
            rest = tail;
        }
        return json!({"value": strings});
    }
    let text = FORM.print(rtype, rdata);
    let fields = fields(rtype);
    let words = text.splitn(fields.len(), ' ');
    let pairs = fields.iter().zip(words).map(|(name, word)| {
        let is_text = matches!(*name, "tag" | "value" | "host");
        let number = word.parse::<u64>().ok().filter(|_| !is_text);
        let text = || word.trim_matches('"').into();
        ((*name).to_owned(), number.map_or_else(text, Value::from))
    });
    Value::Object(pairs.collect())
}

pub(super) fn etag(version: u64) -> String {
    format!("00000000-0000-0000-0000-{version:012}")
}

pub(super) const FORM: Form = Form {
    owner: Owner::At,
    dots: false,
    text: Text::Raw,
};
