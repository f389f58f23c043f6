//! An operation, and whether a request is one of it.

use http::header;
use serde_json::Value;

use super::schema::{Link, Schema, Schemas, check, check_text};
use super::xml;
use crate::sim::{Asked, Request};

/// What can be asked for.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) method: String,
    /// Segments; what is in braces may be anything.
    pub(super) path: Vec<String>,
    /// What a header says where all operations have one path.
    pub(super) target: Option<String>,
    /// Parts of the path, by their names.
    pub(super) parts: Vec<(String, Link)>,
    /// Parameters of the query, and whether they are required.
    pub(super) query: Vec<(String, Link, bool)>,
    pub(super) body: Body,
}

/// What is in the body.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Empty,
    Json {
        schema: Link,
        required: bool,
    },
    /// With the name of its root, and the name space of that.
    Xml {
        schema: Link,
        root: String,
        space: String,
    },
}

/// The segments of a path.
pub(super) fn segments(path: &str) -> Vec<String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split('/').map(str::to_owned).collect()
}

impl Operation {
    /// How many segments may be anything.
    pub(super) fn wild(&self) -> usize {
        self.path
            .iter()
            .filter(|part| part.starts_with('{'))
            .count()
    }

    /// Whether a request is one of it, by its method and path.
    pub(super) fn is_asked(&self, request: &Request) -> bool {
        let asked = Asked::of(request);
        let is_same = |(part, there): (&String, &String)| {
            part == there || (part.starts_with('{') && !there.is_empty())
        };
        let target = request.headers().get("x-amz-target");
        let target = target.and_then(|target| target.to_str().ok());
        self.method == request.method().as_str()
            && self.target.as_deref() == target
            && self.path.len() == asked.path.len()
            && self.path.iter().zip(&asked.path).all(is_same)
    }

    /// Whether a request of it is as it has to be.
    ///
    /// # Errors
    /// What is wrong.
    pub(super) fn check(&self, request: &Request, all: &Schemas) -> Result<(), String> {
        let asked = Asked::of(request);
        for (part, there) in self.path.iter().zip(&asked.path) {
            let name = part.trim_matches(['{', '}']);
            let mut parts = self.parts.iter();
            if let Some((_, link)) = parts.find(|(other, _)| other == name) {
                let checked = check_text(there, link.follow(all), all);
                checked.map_err(|wrong| format!("path, {name}: {wrong}"))?;
            }
        }
        for (name, text) in &asked.query {
            let known = self.query.iter().find(|(other, ..)| other == name);
            let (_, link, _) = known.ok_or_else(|| format!("there is no parameter \"{name}\""))?;
            let checked = check_text(text, link.follow(all), all);
            checked.map_err(|wrong| format!("parameter {name}: {wrong}"))?;
        }
        let missing = self
            .query
            .iter()
            .find(|(name, _, required)| *required && asked.query(name).is_none());
        if let Some((name, ..)) = missing {
            return Err(format!("parameter \"{name}\" is required"));
        }
        self.check_body(request, all)
            .map_err(|wrong| format!("body: {wrong}"))
    }

    fn check_body(&self, request: &Request, all: &Schemas) -> Result<(), String> {
        let bytes = request.body();
        match &self.body {
            Body::Empty if bytes.is_empty() => Ok(()),
            Body::Empty => Err("there is to be none".to_owned()),
            Body::Json { required, .. } if bytes.is_empty() => match required {
                true => Err("it is required".to_owned()),
                false => Ok(()),
            },
            Body::Json { schema, .. } => {
                let kind = request.headers().get(header::CONTENT_TYPE);
                let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
                if !kind.contains("json") {
                    return Err(format!("its type is \"{kind}\""));
                }
                let value: Value =
                    serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
                check(&value, schema.follow(all), all)
            }
            Body::Xml {
                schema,
                root,
                space,
            } => {
                let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
                let element = xml::read(text)?;
                if element.name != *root || element.space != *space {
                    let (name, space) = (&element.name, &element.space);
                    return Err(format!("it begins with \"{name}\" of \"{space}\""));
                }
                // Parts of the path are members too.
                let schema = match schema.follow(all) {
                    Schema::Object { members, required } => Schema::Object {
                        members: members.clone(),
                        required: without(required, &self.parts),
                    },
                    other => other.clone(),
                };
                let value = xml::value(&element, &schema, all)?;
                check(&value, &schema, all)
            }
        }
    }
}

/// What is required beside the parts of the path.
pub(super) fn without(required: &[String], parts: &[(String, Link)]) -> Vec<String> {
    let is_part = |name: &&String| parts.iter().any(|(part, _)| part == *name);
    required
        .iter()
        .filter(|name| !is_part(name))
        .cloned()
        .collect()
}
