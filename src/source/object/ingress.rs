//! Ingress: its hosts, its class and where it is reached.

use serde::Deserialize;

use super::raw::{RawMeta, Text, nullable};
use super::service::{Entry, RawLoadBalancer};
use super::{Keep, Meta, Trim, Trimmed};

/// An Ingress.
#[derive(Clone, Debug, PartialEq)]
pub struct Ingress {
    /// Its metadata.
    pub meta: Meta,
    /// Its class; empty if only an annotation says it.
    pub class: Box<str>,
    /// The hosts of its rules.
    pub rule_hosts: Box<[Box<str>]>,
    /// The hosts of its certificates.
    pub tls_hosts: Box<[Box<str>]>,
    /// Where its load balancer is reached.
    pub entries: Box<[Entry]>,
}

impl Trimmed for Ingress {
    type Raw<'a> = RawIngress<'a>;

    fn trim(raw: &RawIngress<'_>, trim: &Trim) -> Self {
        let rules = raw.spec.rules.iter().map(|rule| &*rule.host);
        let tls = raw.spec.tls.iter().flat_map(|tls| &tls.hosts);
        Self {
            meta: Meta::new(&raw.metadata, Keep::Named(&[]), trim),
            class: Box::from(&*raw.spec.ingress_class_name),
            rule_hosts: named(rules),
            tls_hosts: named(tls.map(|host| &**host)),
            entries: raw.status.load_balancer.entries(),
        }
    }
}

/// The texts that are not empty.
fn named<'a>(texts: impl Iterator<Item = &'a str>) -> Box<[Box<str>]> {
    texts
        .filter(|text| !text.is_empty())
        .map(Box::from)
        .collect()
}

/// An Ingress as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawIngress<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    metadata: RawMeta<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    spec: RawSpec<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    status: RawStatus<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawSpec<'a> {
    #[serde(borrow)]
    ingress_class_name: Text<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    rules: Vec<RawRule<'a>>,
    #[serde(borrow, deserialize_with = "nullable")]
    tls: Vec<RawTls<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawRule<'a> {
    #[serde(borrow)]
    host: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawTls<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    hosts: Vec<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawStatus<'a> {
    #[serde(borrow, deserialize_with = "nullable")]
    load_balancer: RawLoadBalancer<'a>,
}
