//! XML as the values that a schema asks for.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value};

use super::schema::{Schema, Schemas, of_text};

/// An element.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    /// The name space that it begins.
    pub(super) space: String,
    text: String,
    children: Vec<Self>,
}

/// Reads a document.
pub(super) fn read(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        match event {
            Event::Start(start) => {
                let space = start.attributes().flatten();
                let space = space.into_iter().find(|it| it.key.as_ref() == "xmlns");
                open.push(Element {
                    name: start.name().as_ref().to_owned(),
                    space: space.map_or_else(String::new, |it| it.value.into_owned()),
                    ..Element::default()
                });
            }
            Event::Empty(start) => {
                let name = start.name().as_ref().to_owned();
                if let Some(parent) = open.last_mut() {
                    parent.children.push(Element {
                        name,
                        ..Element::default()
                    });
                }
            }
            Event::End(_) => {
                if let (Some(done), Some(parent)) = (open.pop(), open.last_mut()) {
                    parent.children.push(done);
                }
            }
            Event::Text(text) => {
                if let Some(parent) = open.last_mut() {
                    parent.text.push_str(&text);
                }
            }
            // What stands for letters that XML has a use for is one letter.
            Event::GeneralRef(_) => {
                if let Some(parent) = open.last_mut() {
                    parent.text.push('&');
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let document = open.pop().ok_or("it has no end")?;
    document
        .children
        .into_iter()
        .next()
        .ok_or_else(|| "it is empty".to_owned())
}

/// The value of an element.
///
/// # Errors
/// Its parts are not those of the schema, or not in their order.
pub(super) fn value(element: &Element, schema: &Schema, all: &Schemas) -> Result<Value, String> {
    let name = &element.name;
    let within = |wrong: String| format!("<{name}> {wrong}");
    match schema {
        Schema::Object { members, .. } => {
            let (mut fields, mut last) = (Map::new(), None);
            for child in &element.children {
                let known = members.iter().position(|(other, _)| *other == child.name);
                let at = known.ok_or_else(|| within(format!("has no <{}>", child.name)))?;
                if last.is_some_and(|last| at <= last) {
                    return Err(within(format!("has <{}> in a wrong place", child.name)));
                }
                last = Some(at);
                if let Some((_, link)) = members.get(at) {
                    let of_child = value(child, link.follow(all), all).map_err(within)?;
                    fields.insert(child.name.clone(), of_child);
                }
            }
            Ok(Value::Object(fields))
        }
        Schema::List { item, tag, .. } => {
            let items = element
                .children
                .iter()
                .map(|child| match child.name == *tag {
                    true => value(child, item.follow(all), all).map_err(within),
                    false => Err(within(format!("has <{}> for <{tag}>", child.name))),
                });
            items
                .collect::<Result<Vec<Value>, String>>()
                .map(Value::Array)
        }
        _ if element.children.is_empty() => Ok(of_text(&element.text, schema)),
        _ => Err(within("has parts".to_owned())),
    }
}
