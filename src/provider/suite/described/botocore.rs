//! Descriptions that Amazon's own client for Python comes with.

use std::collections::BTreeMap;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::operation::{Body, Operation, segments, without};
use super::schema::{Link, Schema, Schemas};

#[derive(Deserialize)]
struct Service {
    metadata: Metadata,
    operations: BTreeMap<String, Asked>,
    shapes: BTreeMap<String, Shape>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    protocol: String,
    target_prefix: Option<String>,
}

#[derive(Deserialize)]
struct Asked {
    http: Line,
    input: Option<Input>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    method: String,
    request_uri: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    shape: String,
    location_name: Option<String>,
    xml_namespace: Option<Space>,
}

#[derive(Deserialize)]
struct Space {
    uri: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shape {
    #[serde(rename = "type")]
    kind: String,
    members: Members,
    member: Option<Member>,
    value: Option<Member>,
    required: Vec<String>,
    #[serde(rename = "enum")]
    one_of: Vec<String>,
    min: Option<i64>,
    max: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    shape: String,
    location: Option<String>,
    location_name: Option<String>,
}

/// Members in their order, which is that of XML.
#[derive(Default)]
struct Members(Vec<(String, Member)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("members")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut all = Vec::new();
                while let Some(member) = map.next_entry()? {
                    all.push(member);
                }
                Ok(Members(all))
            }
        }
        from.deserialize_map(InOrder)
    }
}

/// The operations of a service.
pub(super) fn read(text: &str) -> Result<(Vec<Operation>, Schemas), String> {
    let service: Service = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let schemas = service.shapes.iter();
    let schemas = schemas.map(|(name, shape)| (name.clone(), schema(shape)));
    let operations = service.operations.iter();
    let operations = operations.map(|(name, asked)| operation(name, asked, &service));
    Ok((operations.collect(), schemas.collect()))
}

fn operation(name: &str, asked: &Asked, service: &Service) -> Operation {
    let input = asked.input.as_ref();
    let shape = input.and_then(|input| service.shapes.get(&input.shape));
    let (mut parts, mut query, mut rest) = (Vec::new(), Vec::new(), false);
    for (member, of) in shape.iter().flat_map(|shape| &shape.members.0) {
        let link = Link::Named(of.shape.clone());
        let called = of.location_name.clone().unwrap_or_else(|| member.clone());
        match of.location.as_deref() {
            Some("uri") => parts.push((called, link)),
            Some("querystring") => {
                let required = shape.is_some_and(|shape| shape.required.contains(member));
                query.push((called, link, required));
            }
            Some(_) => {}
            None => rest = true,
        }
    }
    let is_json = service.metadata.protocol == "json";
    let body = match input {
        Some(input) if is_json => Body::Json {
            schema: Link::Named(input.shape.clone()),
            required: true,
        },
        Some(input) if rest => Body::Xml {
            schema: Link::Named(input.shape.clone()),
            root: input.location_name.clone().unwrap_or_default(),
            space: input
                .xml_namespace
                .as_ref()
                .map_or_else(String::new, |it| it.uri.clone()),
        },
        _ => Body::Empty,
    };
    let target = service.metadata.target_prefix.as_ref().filter(|_| is_json);
    Operation {
        name: name.to_owned(),
        method: asked.http.method.clone(),
        path: segments(&asked.http.request_uri),
        target: target.map(|prefix| format!("{prefix}.{name}")),
        parts,
        query,
        body,
    }
}

fn schema(shape: &Shape) -> Schema {
    let bounds = (shape.min, shape.max);
    let link = |member: &Option<Member>| match member {
        Some(member) => Link::Named(member.shape.clone()),
        None => Link::own(Schema::Any),
    };
    match shape.kind.as_str() {
        "boolean" => Schema::Bool,
        "integer" | "long" | "float" | "double" => Schema::Number(bounds),
        "string" | "character" => Schema::Text {
            one_of: shape.one_of.clone(),
            length: bounds,
        },
        "list" => Schema::List {
            item: link(&shape.member),
            tag: match &shape.member {
                Some(member) => member.location_name.clone(),
                None => None,
            }
            .unwrap_or_else(|| "member".to_owned()),
            length: bounds,
        },
        "map" => Schema::Map(link(&shape.value)),
        "structure" => {
            let (elsewhere, here): (Vec<_>, Vec<_>) =
                (shape.members.0.iter()).partition(|(_, member)| member.location.is_some());
            let name = |(name, of): &&(String, Member)| {
                let called = of.location_name.clone().unwrap_or_else(|| name.clone());
                (called, Link::Named(of.shape.clone()))
            };
            let own =
                |(name, of): &&(String, Member)| (name.clone(), Link::Named(of.shape.clone()));
            let elsewhere: Vec<(String, Link)> = elsewhere.iter().map(own).collect();
            Schema::Object {
                members: here.iter().map(name).collect(),
                required: without(&shape.required, &elsewhere),
            }
        }
        _ => Schema::Any,
    }
}
