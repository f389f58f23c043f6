//! The calls, and RRsets as they look in them.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use plan::{Endpoint, ErrorKind};
use serde::{Deserialize, Serialize};
use wire::{Rtype, Ttl};

use crate::client::{self, Refusal, Web};
use crate::exec::{Answer, Api, BatchApi, Cost, Done, Edit};
use crate::record::quirks::Quirks;
use crate::record::{Found, Key, Rrset};
use crate::zones::Zone;

/// A server.
#[derive(Debug)]
pub(super) struct Pdns {
    /// What is below the address of one of its servers.
    pub(super) web: Web,
    /// The names of the zones that were listed last.
    pub(super) known: Mutex<Vec<Box<str>>>,
}

/// What went wrong; at a wrong key, what to look at.
pub(super) fn judge(answer: &client::Answer) -> Option<Refusal> {
    let mut refusal = Refusal::by_status(answer)?;
    if refusal.kind == ErrorKind::Auth {
        refusal
            .message
            .push_str("; the key is that of --pdns-api-key or EXTERNAL_DNS_PDNS_API_KEY");
    }
    Some(refusal)
}

impl Api for Pdns {
    const NAME: &'static str = super::NAME;

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        let zones: Vec<HostedZone> = self.web.get_json("list zones", &["zones"]).await?;
        // What others are primary of cannot be changed here.
        let ours = zones.iter().filter(|zone| !COPIES.contains(&&*zone.kind));
        let ours: Vec<Zone> = ours.map(|zone| Zone::new(&zone.name, &zone.id)).collect();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = ours.iter().map(|zone| zone.name.clone()).collect();
        Ok(ours)
    }

    fn adjust(&self, endpoint: &mut Endpoint) {
        let name = plan::name::normalize(&endpoint.name);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_asked = endpoint.properties.value(ALIAS) == Some("true");
        // A zone's own name has other records beside it, so a CNAME is never taken there.
        let is_own = known.iter().any(|zone| **zone == *name);
        if endpoint.rtype == Rtype::CNAME && (is_asked || is_own) {
            endpoint.properties.set(ALIAS, "true");
        } else {
            endpoint.properties.remove(ALIAS);
        }
    }
}

impl BatchApi for Pdns {
    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        let whole: WholeZone = self
            .web
            .get_json("list records", &["zones", &zone.id])
            .await?;
        Ok(whole.rrsets.iter().filter_map(found).collect())
    }

    fn limits(&self) -> (Cost, Duration) {
        (Cost::changes(1000), Duration::ZERO)
    }

    async fn submit(&self, zone: &Zone, edits: &[Edit]) -> Answer<Done> {
        let changes = Changes {
            rrsets: edits.iter().flat_map(changes).collect(),
        };
        // The same sets put twice are the same sets.
        let call = self
            .web
            .patch("apply changes", &["zones", &zone.id])
            .idempotent();
        call.json(&changes).done().await?;
        Ok(Done::Now)
    }
}

/// An RRset as the server tells it; none of types that only it knows.
fn found(set: &Set) -> Option<Found> {
    let alias = set.rtype == "ALIAS";
    let rtype = match alias {
        true => Rtype::CNAME,
        false => Rtype::from_text(set.rtype.as_bytes())?,
    };
    let on = set.records.iter().filter(|record| !record.disabled);
    let values = on.map(|record| QUIRKS.value(rtype, &record.content));
    let ttl = set.ttl.map(Ttl::from_secs);
    let mut rrset = Rrset::new(Key::new(&QUIRKS.name("", &set.name), rtype), ttl, values);
    if alias {
        rrset.properties.set(ALIAS, "true");
    }
    let off: Vec<&Content> = set
        .records
        .iter()
        .filter(|record| record.disabled)
        .collect();
    // A list of texts and switches has a JSON form.
    let off = serde_json::to_value(off).unwrap_or_default();
    Some(Found::whole(rrset, "", off))
}

/// What an edit is there: the old set goes if the new one is of another type for the server.
fn changes(edit: &Edit) -> Vec<Set> {
    let name = format!("{}.", edit.key().name);
    // An ownership record has the settings of what it is for.
    let is_alias = |rrset: &Rrset| {
        rrset.key.rtype == Rtype::CNAME && rrset.properties.value(ALIAS) == Some("true")
    };
    let rtype = |rrset: &Rrset| match is_alias(rrset) {
        true => "ALIAS".to_owned(),
        false => rrset.key.rtype.to_string(),
    };
    let old = edit.old.as_ref().map(|old| (rtype(&old.rrset), old));
    let new = edit.new.as_ref().map(|new| (rtype(new), new));
    let mut sets = Vec::new();
    if let Some((rtype, old)) = &old
        && new.as_ref().is_none_or(|(other, _)| other != rtype)
    {
        sets.push(Set::of(&name, rtype, &[], old.rrset.ttl, off(old)));
    }
    if let Some((rtype, new)) = new {
        let off = old
            .filter(|(other, _)| *other == rtype)
            .map(|(_, old)| off(old));
        let off = off.unwrap_or_default();
        sets.push(Set::of(&name, &rtype, &new.values, new.ttl, off));
    }
    sets
}

/// The records of a set that are switched off.
fn off(old: &Found) -> Vec<Content> {
    serde_json::from_value(old.foreign().clone()).unwrap_or_default()
}

impl Set {
    fn of(
        name: &str,
        rtype: &str,
        values: &[Box<str>],
        ttl: Option<Ttl>,
        mut records: Vec<Content>,
    ) -> Self {
        let number = Rtype::from_text(rtype.as_bytes()).unwrap_or(Rtype::CNAME);
        records.extend(values.iter().filter_map(|value| {
            let content = QUIRKS.data(number, value)?;
            let disabled = false;
            Some(Content { content, disabled })
        }));
        let change = match records.is_empty() {
            true => "DELETE",
            false => "REPLACE",
        };
        Self {
            name: name.to_owned(),
            rtype: rtype.to_owned(),
            ttl: ttl.map(Ttl::as_secs),
            changetype: Some(change.to_owned()),
            records,
        }
    }
}

#[derive(Deserialize)]
struct HostedZone {
    id: String,
    name: String,
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
struct WholeZone {
    rrsets: Vec<Set>,
}

#[derive(Serialize)]
struct Changes {
    rrsets: Vec<Set>,
}

#[derive(Deserialize, Serialize)]
struct Set {
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changetype: Option<String>,
    #[serde(default)]
    records: Vec<Content>,
}

#[derive(Deserialize, Serialize)]
struct Content {
    content: String,
    #[serde(default)]
    disabled: bool,
}

/// Kinds of zones that are copies of others'.
const COPIES: &[&str] = &["Slave", "Secondary", "Consumer"];

const ALIAS: &str = "alias";

pub(crate) const QUIRKS: Quirks = Quirks {
    properties: &[ALIAS],
    apex_cname: true,
    inner_wildcard: false,
    ..Quirks::NONE
};
