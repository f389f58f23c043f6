//! The calls, and records as they look in them.

use plan::{Endpoint, ErrorKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use wire::{Rtype, Ttl};

use super::zones::{self, in_one_view, is_reverse, view};
use crate::client::{self, Call, Pages, Refusal, Web};
use crate::exec::{Answer, Api, Done, RecordApi};
use crate::record::quirks::{Names, Quirks, TtlRule};
use crate::record::{Handle, Key, Record};
use crate::zones::Zone;

/// A grid.
#[derive(Debug)]
pub(super) struct Infoblox {
    pub(super) web: Web,
    /// The view; without any all are looked at.
    pub(super) view: String,
    /// A pattern of names of zones.
    pub(super) zones: String,
    /// A pattern of names of records.
    pub(super) names: String,
    /// The TTL of all records; 0 is what each asks for.
    pub(super) ttl: u32,
    /// Objects of a page.
    pub(super) page: u32,
}

/// What went wrong, in their words; at wrong credentials, what to look at.
pub(super) fn judge(answer: &client::Answer) -> Option<Refusal> {
    let mut refusal = Refusal::with_hint(
        answer,
        "the user is that of --infoblox-wapi-username, the password that of \
         EXTERNAL_DNS_INFOBLOX_WAPI_PASSWORD",
    )?;
    let fault: Fault = serde_json::from_slice(&answer.body).unwrap_or_default();
    if fault.code.ends_with("Data.Conflict") {
        refusal.kind = ErrorKind::Conflict;
    }
    if !fault.text.is_empty() && refusal.kind != ErrorKind::Auth {
        refusal.message = format!("HTTP {}: {}", answer.status.as_u16(), fault.text);
    }
    Some(refusal)
}

impl Infoblox {
    /// All objects of a kind.
    async fn all<T: serde::de::DeserializeOwned>(
        &self,
        call: Call<'_>,
        fields: &str,
        view: &str,
    ) -> Answer<Vec<T>> {
        let mut call = call
            .query("_paging", 1)
            .query("_return_as_object", 1)
            .query("_return_fields", fields);
        if !view.is_empty() {
            call = call.query("view", view);
        }
        let pages = PAGES.size("_max_results", self.page);
        call.pages(&pages).await
    }
}

impl Api for Infoblox {
    const NAME: &'static str = super::NAME;

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        let mut call = self.web.get("list zones", &["zone_auth"]);
        if !self.zones.is_empty() {
            call = call.query("fqdn~", &self.zones);
        }
        let zones: Vec<zones::Theirs> = self.all(call, "fqdn,view", &self.view).await?;
        let zones = zones.iter().filter_map(zones::Theirs::zone).collect();
        Ok(in_one_view(zones))
    }

    fn adjust(&self, endpoint: &mut Endpoint) {
        if self.ttl > 0 {
            endpoint.ttl = Some(Ttl::from_secs(self.ttl));
        }
    }
}

impl RecordApi for Infoblox {
    async fn list(&self, zone: &Zone) -> Answer<Vec<(Record, Handle)>> {
        let mut records = Vec::new();
        for kind in KINDS
            .iter()
            .filter(|kind| kind.reverse.contains(&is_reverse(zone)))
        {
            let call = self.web.get("list records", &[kind.object]);
            let mut call = call.query("zone", &zone.name);
            if !self.names.is_empty() {
                call = call.query("name~", &self.names);
            }
            let fields = match kind.object {
                HOST => "name,ipv4addrs".to_owned(),
                _ => format!("name,{},ttl,use_ttl", kind.field),
            };
            let all: Vec<Theirs> = self.all(call, &fields, view(zone)).await?;
            for one in &all {
                one.records(kind, &mut records);
            }
        }
        Ok(records)
    }

    async fn create(&self, zone: &Zone, new: &Record, _: Option<&Handle>) -> Answer<Done> {
        let kind = kind(new.key.rtype);
        let mut body = told(kind, new);
        body.insert("name".to_owned(), json!(new.key.name));
        if !view(zone).is_empty() {
            body.insert("view".to_owned(), json!(view(zone)));
        }
        let call = self.web.post("create record", &[kind.object]);
        let reference: String = call.json(&body).read().await?;
        Ok(Done::As(reference.into()))
    }

    async fn update(&self, _: &Zone, old: &Handle, new: &Record) -> Answer<Done> {
        let path = self.path(old, &new.key)?;
        let call = self.web.put("update record", &path);
        let reference: String = call.json(&told(kind(new.key.rtype), new)).read().await?;
        Ok(Done::As(reference.into()))
    }

    async fn remove(&self, _: &Zone, old: &Handle, record: &Record) -> Answer<Done> {
        let path = self.path(old, &record.key)?;
        self.web.delete("delete record", &path).done().await?;
        Ok(Done::Now)
    }
}

impl Infoblox {
    /// Where an object is: what follows the second colon of a reference is for humans.
    fn path<'h>(&self, handle: &'h Handle, key: &Key) -> Answer<[&'h str; 2]> {
        let parts = handle.id.split_once('/');
        let (object, rest) = parts.ok_or_else(|| {
            let message = format!("{key}: it is of a host object, which is left as it is");
            self.web
                .error(ErrorKind::Rejected, "apply changes", message)
        })?;
        Ok([object, rest.split(':').next().unwrap_or(rest)])
    }
}

/// Objects of a type.
#[derive(Clone, Copy)]
struct Kind {
    object: &'static str,
    rtype: Rtype,
    /// The field of the data.
    field: &'static str,
    /// Whether it is in zones of addresses, or in others.
    reverse: &'static [bool],
}

const fn row(
    object: &'static str,
    rtype: Rtype,
    field: &'static str,
    reverse: &'static [bool],
) -> Kind {
    Kind {
        object,
        rtype,
        field,
        reverse,
    }
}

const KINDS: &[Kind] = &[
    row("record:a", Rtype::A, "ipv4addr", &[false]),
    row("record:aaaa", Rtype::AAAA, "ipv6addr", &[false]),
    row("record:cname", Rtype::CNAME, "canonical", &[false]),
    row("record:ptr", Rtype::PTR, "ptrdname", &[true]),
    row("record:txt", Rtype::TXT, "text", &[false, true]),
    row(HOST, Rtype::A, "ipv4addrs", &[false]),
];

/// The objects that records of a type are written as.
fn kind(rtype: Rtype) -> &'static Kind {
    static NONE: Kind = row("record:a", Rtype::A, "ipv4addr", &[]);
    KINDS
        .iter()
        .find(|kind| kind.rtype == rtype)
        .unwrap_or(&NONE)
}

/// What a call says of a record.
fn told(kind: &Kind, record: &Record) -> Map<String, Value> {
    let data = QUIRKS.data(kind.rtype, &record.value).unwrap_or_default();
    let mut body = Map::new();
    body.insert(kind.field.to_owned(), json!(data));
    body.insert("use_ttl".to_owned(), json!(record.ttl.is_some()));
    if let Some(ttl) = record.ttl {
        body.insert("ttl".to_owned(), json!(ttl.as_secs()));
    }
    body
}

/// An object as it is there.
#[derive(Deserialize)]
struct Theirs {
    #[serde(rename = "_ref")]
    reference: String,
    name: String,
    ttl: Option<u32>,
    #[serde(default)]
    use_ttl: bool,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Theirs {
    /// The records in our form.
    fn records(&self, kind: &Kind, records: &mut Vec<(Record, Handle)>) {
        let key = Key::new(&QUIRKS.name("", &self.name), kind.rtype);
        // The TTL of a zone shows through where there is none.
        let ttl = self.ttl.filter(|_| self.use_ttl).map(Ttl::from_secs);
        let mut add = |data: &Value, id: &str| {
            let value = QUIRKS.value(kind.rtype, data.as_str().unwrap_or_default());
            records.push(Record::found(key.clone(), ttl, value, id));
        };
        match self.rest.get(kind.field) {
            Some(Value::Array(addresses)) => {
                for address in addresses {
                    add(&address["ipv4addr"], "");
                }
            }
            Some(data) => add(data, &self.reference),
            None => {}
        }
    }
}

#[derive(Default, Deserialize)]
struct Fault {
    #[serde(default)]
    code: String,
    #[serde(default)]
    text: String,
}

const HOST: &str = "record:host";

const PAGES: Pages = Pages::cursor("_page_id", "/next_page_id").items("/result");

pub(crate) const QUIRKS: Quirks = Quirks {
    names: Names::Whole,
    dots: false,
    ttl: TtlRule::from(0, None),
    types: &[Rtype::A, Rtype::AAAA, Rtype::CNAME, Rtype::PTR, Rtype::TXT],
    text: 512,
    ..Quirks::NONE
};
