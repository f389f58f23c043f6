//! What a service is at the stand-in, and what it may be.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use wire::Rtype;

use crate::sim::{Row, form, number, text};

/// A service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Theirs {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) policy: String,
    /// Types with their TTLs.
    pub(crate) records: Vec<(String, u32)>,
    pub(crate) health: Option<Value>,
    pub(crate) tags: Vec<Value>,
    /// Attributes, by identifier.
    pub(crate) instances: BTreeMap<String, Map<String, Value>>,
}

/// A change of an instance that was accepted.
#[derive(Clone, Debug)]
pub(super) struct Op {
    pub(super) number: u64,
    pub(super) service: (String, String),
    pub(super) rtype: Rtype,
    pub(super) instance: String,
    pub(super) attributes: Option<Map<String, Value>>,
    pub(super) status: &'static str,
}

impl Default for Op {
    fn default() -> Self {
        Self {
            number: 0,
            service: Default::default(),
            rtype: Rtype::A,
            instance: String::new(),
            attributes: None,
            status: "SUCCESS",
        }
    }
}

impl Theirs {
    /// One that somebody asks for.
    pub(super) fn asked(id: String, body: &Value) -> Result<Self, String> {
        let config = &body["DnsConfig"];
        let policy = match text(config, "RoutingPolicy") {
            "" => "MULTIVALUE",
            policy => policy,
        };
        if !["MULTIVALUE", "WEIGHTED"].contains(&policy) {
            return Err("RoutingPolicy".to_owned());
        }
        let records = records(config)?;
        let types: Vec<&str> = records.iter().map(|(rtype, _)| rtype.as_str()).collect();
        if types.contains(&"CNAME") && (types.len() > 1 || policy != "WEIGHTED") {
            return Err("a CNAME is alone, and WEIGHTED".to_owned());
        }
        let tags = body["Tags"].as_array().cloned().unwrap_or_default();
        let is_tag = |tag: &Value| !text(tag, "Key").is_empty() && tag["Value"].is_string();
        if !tags.iter().all(is_tag) {
            return Err("Tags".to_owned());
        }
        let description = text(body, "Description").to_owned();
        Ok(Self {
            id,
            name: text(body, "Name").to_owned(),
            description: Some(description).filter(|it| !it.is_empty()),
            policy: policy.to_owned(),
            records,
            health: body.get("HealthCheckConfig").cloned(),
            tags,
            instances: BTreeMap::new(),
        })
    }

    /// One that somebody else has made.
    pub(super) fn planted(id: String, name: &str, rows: &[(Rtype, &Row)]) -> Self {
        let mut records: Vec<(String, u32)> = Vec::new();
        for (rtype, row) in rows {
            let rtype = rtype.to_string();
            if !records.iter().any(|(other, _)| *other == rtype) {
                records.push((rtype, row.ttl));
            }
        }
        let is_name = rows.iter().any(|(rtype, _)| *rtype == Rtype::CNAME);
        let policy = if is_name { "WEIGHTED" } else { "MULTIVALUE" };
        Self {
            id,
            name: name.to_owned(),
            policy: policy.to_owned(),
            records,
            ..Self::default()
        }
    }

    /// Has an instance for each row, and no other.
    pub(super) fn sync(&mut self, rows: &[(Rtype, &Row)]) {
        let mut left: Vec<(Rtype, String, u32)> = rows
            .iter()
            .map(|(rtype, row)| (*rtype, form::print(*rtype, &row.rdata), row.ttl))
            .collect();
        self.instances.retain(|_, attributes| {
            let Some((rtype, value)) = kind_of(attributes) else {
                return true;
            };
            let value = form::parse(rtype, &value).unwrap_or_default();
            let value = form::print(rtype, &value);
            let at = left.iter().position(|it| it.0 == rtype && it.1 == value);
            at.map(|at| left.swap_remove(at)).is_some()
        });
        for (rtype, value, ttl) in left {
            let value = value.strip_suffix('.').unwrap_or(&value).to_owned();
            let attribute = match rtype {
                Rtype::AAAA => "AWS_INSTANCE_IPV6",
                Rtype::CNAME => "AWS_INSTANCE_CNAME",
                _ => "AWS_INSTANCE_IPV4",
            };
            let rtype = rtype.to_string();
            if !self.records.iter().any(|(other, _)| *other == rtype) {
                self.records.push((rtype, ttl));
            }
            let mut attributes = Map::new();
            attributes.insert(attribute.to_owned(), value.clone().into());
            self.instances
                .insert(format!("planted@{value}"), attributes);
        }
    }

    /// Changes it as somebody asks for.
    pub(super) fn change(&mut self, change: &Value) -> Result<(), String> {
        let records = records(&change["DnsConfig"])?;
        let types = |records: &[(String, u32)]| {
            let types = records.iter().map(|(rtype, _)| rtype.clone());
            types.collect::<Vec<_>>()
        };
        if types(&records) != types(&self.records) {
            return Err("types of a service do not change".to_owned());
        }
        if !is_description(text(change, "Description")) {
            return Err("Description".to_owned());
        }
        self.records = records;
        // What is left out is taken away.
        self.health = change.get("HealthCheckConfig").cloned();
        if let Some(description) = change["Description"].as_str() {
            self.description = Some(description.to_owned());
        }
        Ok(())
    }

    pub(super) fn ttl(&self) -> u32 {
        self.records.first().map_or(0, |(_, ttl)| *ttl)
    }

    /// As it is told in lists.
    pub(super) fn told(&self) -> Value {
        let records = self.records.iter();
        let records = records.map(|(rtype, ttl)| json!({"Type": rtype, "TTL": ttl}));
        let mut told = json!({
            "Id": self.id,
            "Name": self.name,
            "InstanceCount": self.instances.len(),
            "DnsConfig": {
                "RoutingPolicy": self.policy,
                "DnsRecords": records.collect::<Vec<_>>(),
            },
        });
        if let Some(description) = &self.description {
            told["Description"] = description.as_str().into();
        }
        if !self.tags.is_empty() {
            told["Tags"] = self.tags.clone().into();
        }
        if let Some(health) = &self.health {
            told["HealthCheckConfig"] = health.clone();
        }
        told
    }
}

fn records(config: &Value) -> Result<Vec<(String, u32)>, String> {
    let all = config["DnsRecords"].as_array();
    let all = all.filter(|all| !all.is_empty()).ok_or("DnsRecords")?;
    let all = all.iter().map(|record| {
        let ttl = number(record, "TTL").filter(|ttl| *ttl <= 2_147_483_647);
        let ttl = ttl.ok_or("TTL")?;
        match text(record, "Type") {
            rtype @ ("A" | "AAAA" | "CNAME" | "SRV") => Ok((rtype.to_owned(), ttl)),
            _ => Err("Type".to_owned()),
        }
    });
    all.collect()
}

/// What an instance with these attributes is in DNS, if it may be one of the service.
pub(super) fn value_of(
    service: &Theirs,
    attributes: &Map<String, Value>,
) -> Result<(Rtype, String), String> {
    let has = |name: &str| attributes.get(name).is_some_and(Value::is_string);
    if has("AWS_ALIAS_DNS_NAME") {
        let alone = attributes.len() == 1;
        let addresses = service
            .records
            .iter()
            .all(|(rtype, _)| rtype.starts_with('A'));
        if service.policy != "WEIGHTED" || !addresses || !alone {
            return Err("an alias is WEIGHTED, alone, and has addresses".to_owned());
        }
    } else {
        for (rtype, _) in &service.records {
            let needed = match rtype.as_str() {
                "A" => "AWS_INSTANCE_IPV4",
                "AAAA" => "AWS_INSTANCE_IPV6",
                "CNAME" => "AWS_INSTANCE_CNAME",
                _ => "AWS_INSTANCE_PORT",
            };
            if !has(needed) {
                return Err(format!("{needed} is needed by a service of type {rtype}"));
            }
        }
    }
    kind_of(attributes).ok_or_else(|| "no value is among the attributes".to_owned())
}

/// The type and the value that attributes say.
pub(super) fn kind_of(attributes: &Map<String, Value>) -> Option<(Rtype, String)> {
    let text = |name: &str| attributes.get(name).and_then(Value::as_str);
    let name = text("AWS_ALIAS_DNS_NAME").or_else(|| text("AWS_INSTANCE_CNAME"));
    if let Some(name) = name {
        return Some((Rtype::CNAME, format!("{name}.")));
    }
    if let Some(address) = text("AWS_INSTANCE_IPV4") {
        return Some((Rtype::A, address.to_owned()));
    }
    text("AWS_INSTANCE_IPV6").map(|address| (Rtype::AAAA, address.to_owned()))
}

/// Names of services: labels of letters, digits, `_` and `-` within, 127 bytes in all.
pub(super) fn is_name(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let label = |label: &str| {
        let bytes = label.as_bytes();
        let is_end = |byte: Option<&u8>| byte.is_some_and(|byte| word(*byte));
        let all = bytes.iter().all(|byte| word(*byte) || *byte == b'-');
        let ends = is_end(bytes.first()) && is_end(bytes.last());
        all && ends && bytes.len() <= 63 && label != "_"
    };
    (1..=127).contains(&name.len()) && name.split('.').all(label)
}

pub(super) fn is_description(text: &str) -> bool {
    text.len() <= 1024
}

pub(super) fn is_instance_id(id: &str) -> bool {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"_/:.@-".contains(&byte);
    (1..=64).contains(&id.len()) && id.bytes().all(is_good)
}
