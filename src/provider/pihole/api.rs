//! The calls, and records as they look in them.

use std::net::IpAddr;

use plan::filter::DomainFilter;
use plan::{Endpoint, ErrorKind};
use serde::Deserialize;
use wire::{Rtype, Ttl};

use crate::client::{self, Refusal, Web};
use crate::exec::{Answer, Api, Done, RecordApi};
use crate::record::quirks::{Names, Quirks, TtlRule, Txt};
use crate::record::{Handle, Key, Record};
use crate::zones::Zone;

/// A server.
#[derive(Debug)]
pub(super) struct Pihole {
    pub(super) web: Web,
    /// The names that are looked at.
    pub(super) domains: DomainFilter,
}

/// What went wrong; where it is about who we are, what to look at. A line that is there already is fine.
pub(super) fn judge(answer: &client::Answer) -> Option<Refusal> {
    let mut refusal = Refusal::by_status(answer)?;
    if answer.status == 400 && refusal.message.contains("already present") {
        return None;
    }
    if refusal.message.contains("API seats exceeded") {
        let hint = "; end sessions there, or raise webserver.api.max_sessions";
        refusal.message.push_str(hint);
    }
    if refusal.kind == ErrorKind::Auth {
        let hint = "; the password is that of --pihole-password or EXTERNAL_DNS_PIHOLE_PASSWORD";
        refusal.message.push_str(hint);
    }
    Some(refusal)
}

/// A line of one of the two lists.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    names: Vec<String>,
    target: String,
    rtype: Rtype,
    ttl: Option<u32>,
}

impl Line {
    /// Reads `ADDRESS NAME…`.
    fn host(text: &str) -> Option<Self> {
        let text = text.split('#').next().unwrap_or_default();
        let mut words = text.split_whitespace();
        let target: IpAddr = words.next()?.parse().ok()?;
        let names: Vec<String> = words.map(str::to_owned).collect();
        let rtype = match target {
            IpAddr::V4(_) => Rtype::A,
            IpAddr::V6(_) => Rtype::AAAA,
        };
        let target = target.to_string();
        (!names.is_empty()).then_some(Self {
            names,
            target,
            rtype,
            ttl: None,
        })
    }

    /// Reads `NAME,…,TARGET[,TTL]`.
    fn cname(text: &str) -> Option<Self> {
        let mut words: Vec<&str> = text.split(',').map(str::trim).collect();
        let ttl = words.last().and_then(|word| word.parse().ok());
        if ttl.is_some() {
            words.pop();
        }
        let target = words.pop()?.to_owned();
        let names: Vec<String> = words.into_iter().map(str::to_owned).collect();
        (!names.is_empty()).then_some(Self {
            names,
            target,
            rtype: Rtype::CNAME,
            ttl,
        })
    }

    fn of(record: &Record) -> Self {
        let data = QUIRKS.data(record.key.rtype, &record.value);
        Self {
            names: vec![record.key.name.to_string()],
            target: data.unwrap_or_default(),
            rtype: record.key.rtype,
            ttl: record.ttl.map(Ttl::as_secs),
        }
    }

    /// The same without a name; none if it was of no other.
    fn without(mut self, name: &str) -> Option<Self> {
        self.names.retain(|other| *QUIRKS.name("", other) != *name);
        (!self.names.is_empty()).then_some(self)
    }

    fn text(&self) -> String {
        if self.rtype != Rtype::CNAME {
            return format!("{} {}", self.target, self.names.join(" "));
        }
        let ttl = self.ttl.map_or_else(String::new, |ttl| format!(",{ttl}"));
        format!("{},{}{ttl}", self.names.join(","), self.target)
    }
}

impl Pihole {
    async fn put(&self, rtype: Rtype, line: &str) -> Answer<()> {
        let path = ["config", "dns", list(rtype), line];
        self.web.put("add a line", &path).done().await
    }

    async fn delete(&self, rtype: Rtype, line: &str) -> Answer<()> {
        let path = ["config", "dns", list(rtype), line];
        self.web.delete("remove a line", &path).done().await
    }

    /// Takes a record away; the names that its line has beside it get a line of their own.
    async fn take(&self, old: &Handle, record: &Record) -> Answer<()> {
        let (rtype, text) = (record.key.rtype, &*old.id);
        let line = match rtype {
            Rtype::CNAME => Line::cname(text),
            _ => Line::host(text),
        };
        let rest = line.and_then(|line| line.without(&record.key.name));
        match rest {
            None => self.delete(rtype, text).await,
            // Two lines of one alias would stop the server.
            Some(rest) if rtype == Rtype::CNAME => {
                self.delete(rtype, text).await?;
                self.put(rtype, &rest.text()).await
            }
            Some(rest) => {
                self.put(rtype, &rest.text()).await?;
                self.delete(rtype, text).await
            }
        }
    }
}

fn list(rtype: Rtype) -> &'static str {
    match rtype {
        Rtype::CNAME => "cnameRecords",
        _ => "hosts",
    }
}

impl Api for Pihole {
    const NAME: &'static str = super::NAME;

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        Ok(vec![Zone::default()])
    }

    fn adjust(&self, endpoint: &mut Endpoint) {
        // Lines of hosts have none; one that is wanted would be missing at each pass.
        if endpoint.rtype != Rtype::CNAME {
            endpoint.ttl = None;
        }
    }
}

impl RecordApi for Pihole {
    async fn list(&self, _zone: &Zone) -> Answer<Vec<(Record, Handle)>> {
        let path = ["config", "dns"];
        let Whole { config } = self.web.get_json("list records", &path).await?;
        let hosts = config.dns.hosts.iter();
        let hosts = hosts.filter_map(|text| Some((text, Line::host(text)?)));
        let cnames = config.dns.cname_records.iter();
        let cnames = cnames.filter_map(|text| Some((text, Line::cname(text)?)));
        let mut records = Vec::new();
        for (text, line) in hosts.chain(cnames) {
            let ttl = line.ttl.map(Ttl::from_secs);
            let value = QUIRKS.value(line.rtype, &line.target);
            for name in &line.names {
                let key = Key::new(name, line.rtype);
                if !self.domains.matches(&key.name) {
                    continue;
                }
                let record = Record {
                    key,
                    ttl,
                    value: value.clone(),
                    properties: plan::Properties::default(),
                };
                let handle = Handle {
                    id: text.as_str().into(),
                    value: value.clone(),
                    ttl,
                    foreign: serde_json::Value::Null,
                };
                records.push((record, handle));
            }
        }
        Ok(records)
    }

    async fn create(&self, _zone: &Zone, new: &Record, _beside: Option<&Handle>) -> Answer<Done> {
        let text = Line::of(new).text();
        self.put(new.key.rtype, &text).await?;
        Ok(Done::As(text.into()))
    }

    async fn update(&self, _zone: &Zone, old: &Handle, new: &Record) -> Answer<Done> {
        let (rtype, text) = (new.key.rtype, Line::of(new).text());
        if rtype != Rtype::CNAME {
            self.put(rtype, &text).await?;
            self.take(old, new).await?;
            return Ok(Done::As(text.into()));
        }
        // Two lines of one alias would stop the server.
        self.take(old, new).await?;
        if let Err(error) = self.put(rtype, &text).await {
            // If even that fails, the next pass sees it.
            let _next_pass = self.put(rtype, &old.id).await;
            return Err(error);
        }
        Ok(Done::As(text.into()))
    }

    async fn remove(&self, _zone: &Zone, old: &Handle, record: &Record) -> Answer<Done> {
        self.take(old, record).await?;
        Ok(Done::Now)
    }
}

#[derive(Deserialize)]
struct Whole {
    config: Config,
}

#[derive(Deserialize)]
struct Config {
    dns: Lists,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lists {
    hosts: Vec<String>,
    cname_records: Vec<String>,
}

pub(crate) const QUIRKS: Quirks = Quirks {
    names: Names::Whole,
    dots: false,
    txt: Txt::Raw,
    ttl: TtlRule {
        unset: None,
        least: 1,
        most: 2_147_483_647,
        allowed: &[],
    },
    types: &[Rtype::A, Rtype::AAAA, Rtype::CNAME],
    apex_cname: true,
    wildcard: false,
    ..Quirks::NONE
};
