//! Listeners, as Gateways and ListenerSets have them: what they take, and whose routes.

use serde::Deserialize;

use super::raw::{RawPairs, Text, nullable};
use crate::{Requirement, Selector, Test};

/// One listener.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    /// Its name.
    pub name: Box<str>,
    /// The names it takes, as a name or with a `*`; empty for all.
    pub hostname: Box<str>,
    /// Its port.
    pub port: i64,
    /// What it speaks.
    pub protocol: Protocol,
    /// Namespaces whose routes it takes.
    pub from: From,
    /// Kinds of routes that it takes, each with its group; empty for all.
    pub kinds: Box<[(Box<str>, Box<str>)]>,
    /// Whether it was accepted, where its object's status says so of each.
    pub accepted: Option<bool>,
}

/// What a listener or a route speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP, with TLS or without.
    Http,
    /// Something else.
    Other,
    /// TCP.
    Tcp,
    /// TLS.
    Tls,
    /// UDP.
    Udp,
}

/// Namespaces from which something is taken.
#[derive(Clone, Debug, PartialEq)]
pub enum From {
    /// All.
    All,
    /// None.
    None,
    /// The same one.
    Same,
    /// Those with such labels; none at all if it does not say which.
    Selector(Option<Selector>),
    /// A word that is not known, so none.
    Unknown,
}

impl From {
    /// Whether it depends on the labels of namespaces.
    #[must_use]
    pub fn selects(&self) -> bool {
        matches!(self, Self::Selector(_))
    }
}

/// A listener as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawListener<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    hostname: Text<'a>,
    #[serde(deserialize_with = "nullable")]
    port: i64,
    #[serde(borrow)]
    protocol: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    allowed_routes: RawAllowed<'a>,
}

impl RawListener<'_> {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Keeps what is read.
    pub(super) fn trim(&self, accepted: Option<bool>) -> Listener {
        let kinds = self.allowed_routes.kinds.iter();
        let kinds = kinds.map(|kind| (Box::from(kind.group()), Box::from(&*kind.kind)));
        Listener {
            name: Box::from(&*self.name),
            hostname: Box::from(&*self.hostname),
            port: self.port,
            protocol: match &*self.protocol {
                "HTTP" | "HTTPS" => Protocol::Http,
                "TCP" => Protocol::Tcp,
                "TLS" => Protocol::Tls,
                "UDP" => Protocol::Udp,
                _ => Protocol::Other,
            },
            from: self.allowed_routes.namespaces.trim(From::Same),
            kinds: kinds.collect(),
            accepted,
        }
    }
}

/// What may be attached, as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawAllowed<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    namespaces: RawFrom<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    kinds: Vec<RawGroupKind<'a>>,
}

impl RawAllowed<'_> {
    /// The namespaces; `default` if it does not say.
    pub(super) fn namespaces(&self, default: From) -> From {
        self.namespaces.trim(default)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawGroupKind<'a> {
    #[serde(borrow)]
    group: Option<Text<'a>>,
    #[serde(borrow)]
    kind: Text<'a>,
}

impl RawGroupKind<'_> {
    fn group(&self) -> &str {
        group_or_ours(self.group.as_deref())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawFrom<'a> {
    #[serde(borrow)]
    from: Option<Text<'a>>,
    #[serde(borrow)]
    selector: Option<RawSelector<'a>>,
}

impl RawFrom<'_> {
    fn trim(&self, default: From) -> From {
        match self.from.as_deref() {
            None => default,
            Some("All") => From::All,
            Some("None") => From::None,
            Some("Same") => From::Same,
            Some("Selector") => From::Selector(self.selector.as_ref().and_then(RawSelector::trim)),
            Some(_) => From::Unknown,
        }
    }
}

/// A selector in the form of objects.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawSelector<'a> {
    #[serde(borrow)]
    match_labels: RawPairs<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    match_expressions: Vec<RawExpression<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawExpression<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    #[serde(borrow)]
    operator: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    values: Vec<Text<'a>>,
}

impl RawSelector<'_> {
    /// The selector; nothing if a condition of it makes no sense, which then nothing meets.
    fn trim(&self) -> Option<Selector> {
        let labels = self.match_labels.0.iter().map(|(key, value)| Requirement {
            key: Box::from(&**key),
            test: Test::In(vec![Box::from(&**value)]),
        });
        let mut requirements: Vec<Requirement> = labels.collect();
        for expression in &self.match_expressions {
            let values: Vec<Box<str>> = (expression.values.iter())
                .map(|value| Box::from(&**value))
                .collect();
            let test = match (&*expression.operator, values.is_empty()) {
                ("In", false) => Test::In(values),
                ("NotIn", false) => Test::NotIn(values),
                ("Exists", true) => Test::Exists,
                ("DoesNotExist", true) => Test::Missing,
                _ => return None,
            };
            let key = Box::from(&*expression.key);
            requirements.push(Requirement { key, test });
        }
        Some(Selector::new(requirements))
    }
}

/// A condition of a status.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawCondition<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
}

/// Whether the first condition `Accepted` is true.
pub(super) fn accepted(conditions: &[RawCondition<'_>]) -> bool {
    let condition = conditions
        .iter()
        .find(|condition| &*condition.kind == "Accepted");
    condition.is_some_and(|condition| &*condition.status == "True")
}

/// A group; where none is written the Gateway API's is meant.
pub(super) fn group_or_ours(group: Option<&str>) -> &str {
    group.filter(|group| !group.is_empty()).unwrap_or(GROUP)
}

/// The group of the Gateway API.
pub(crate) const GROUP: &str = "gateway.networking.k8s.io";
