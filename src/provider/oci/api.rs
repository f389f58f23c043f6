//! The calls, and records as they look in them.

use std::time::Duration;

use plan::{Endpoint, ErrorKind};
use serde::{Deserialize, Serialize};
use wire::{Rtype, Ttl};

use crate::client::{self, Pages, Refusal, Web};
use crate::exec::{Answer, Api, BatchApi, Cost, Done, Edit};
use crate::record::quirks::{Names, Quirks, TtlRule};
use crate::record::{Found, Key, Record, gather};
use crate::zones::Zone;

/// A compartment.
#[derive(Debug)]
pub(super) struct OciDns {
    /// What is below the address of the service.
    pub(super) web: Web,
    /// The compartment.
    pub(super) compartment: String,
    /// Which zones: `GLOBAL` ones, `PRIVATE` ones or both.
    pub(super) scopes: &'static [&'static str],
}

/// What went wrong, and what to look at.
pub(super) fn judge(answer: &client::Answer) -> Option<Refusal> {
    let mut refusal = Refusal::by_status(answer)?;
    let said: Option<Said> = serde_json::from_slice(&answer.body).ok();
    let code = said.as_ref().map_or("", |said| &*said.code);
    let hint = match refusal.kind {
        ErrorKind::Auth => "; the key is that of --oci-config-file",
        ErrorKind::NotFound if code == "NotAuthorizedOrNotFound" => {
            "; a policy has to let its user manage dns in the compartment"
        }
        _ => "",
    };
    if let Some(Said { code, message }) = &said {
        let status = answer.status.as_u16();
        refusal.message = format!("HTTP {status}: {message} ({code})");
    }
    refusal.message.push_str(hint);
    Some(refusal)
}

impl Api for OciDns {
    const NAME: &'static str = super::NAME;

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        let mut zones = Vec::new();
        for scope in self.scopes {
            let call = self.web.get("list zones", &["zones"]);
            let call = call.query("compartmentId", &self.compartment);
            let call = call.query("zoneType", "PRIMARY").query("scope", scope);
            let of_scope: Vec<HostedZone> = call.pages(&PAGES).await?;
            zones.extend(of_scope.iter().map(|zone| Zone {
                private: *scope == "PRIVATE",
                ..Zone::new(&zone.name, &zone.id)
            }));
        }
        Ok(zones)
    }

    fn adjust(&self, endpoint: &mut Endpoint) {
        // There are no several sets of one name and type.
        endpoint.set_identifier = Box::default();
        if endpoint.rtype == Rtype::NS {
            // They have a TTL that is the same for all, whatever is asked for.
            endpoint.ttl = None;
        }
    }
}

impl BatchApi for OciDns {
    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        let call = self
            .web
            .get("list records", &["zones", &zone.id, "records"]);
        let records: Vec<Theirs> = call.pages(&PAGES.items("/items")).await?;
        let records = records.iter().filter_map(|record| {
            let rtype = Rtype::from_text(record.rtype.as_bytes())?;
            let key = Key::new(&QUIRKS.name(&zone.name, &record.domain), rtype);
            let value = QUIRKS.value(rtype, &record.rdata);
            let ttl = Some(Ttl::from_secs(record.ttl));
            // It is found again by its data as it was told.
            Some(Record::found(key, ttl, value, &record.rdata))
        });
        Ok(gather(records))
    }

    fn limits(&self) -> (Cost, Duration) {
        (Cost::changes(1000), Duration::ZERO)
    }

    async fn submit(&self, zone: &Zone, edits: &[Edit]) -> Answer<Done> {
        let mut items: Vec<Operation<'_>> = edits.iter().flat_map(operations).collect();
        // Conditions, then what goes, then what comes.
        items.sort_by_key(|item| item.operation);
        let path = ["zones", &*zone.id, "records"];
        // The same made twice is refused the second time: what was there is not.
        let call = self.web.patch("apply changes", &path).idempotent();
        call.json(&Patch { items }).done().await?;
        Ok(Done::Now)
    }
}

/// What an edit is there.
pub(super) fn operations(edit: &Edit) -> Vec<Operation<'_>> {
    let key = edit.key();
    let operation = |operation, data: Option<(String, Option<Ttl>)>| Operation {
        domain: &key.name,
        rtype: key.rtype.to_string(),
        ttl: data.as_ref().and_then(|(_, ttl)| ttl.map(Ttl::as_secs)),
        rdata: data.map(|(rdata, _)| rdata),
        operation,
    };
    let old = edit.old.as_ref().filter(|old| !old.rrset.values.is_empty());
    let (there, ttl) = old.map_or((&[][..], None), |old| (&*old.rrset.values, old.rrset.ttl));
    let (wanted, new_ttl) = match &edit.new {
        Some(new) => (&*new.values, new.ttl),
        None => (&[][..], None),
    };
    let told = |value: &str| {
        let mut handles = old.into_iter().flat_map(|old| &old.handles);
        let handle = handles.find(|handle| *handle.value == *value);
        match handle {
            Some(handle) => Some((handle.id.to_string(), handle.ttl)),
            None => Some((QUIRKS.data(key.rtype, value)?, ttl)),
        }
    };
    let same_ttl = |value: &str| told(value).is_some_and(|(_, ttl)| ttl == new_ttl);
    let stays = |value: &str| {
        let (here, then) = (there.iter(), wanted.iter());
        here.chain(then).filter(|it| ***it == *value).count() == 2 && same_ttl(value)
    };
    let mut all = Vec::new();
    if there.is_empty() {
        all.push(operation(What::Prohibit, None));
    }
    all.extend(
        there
            .iter()
            .map(|value| operation(What::Require, told(value))),
    );
    let gone = there.iter().filter(|value| !stays(value));
    all.extend(gone.map(|value| operation(What::Remove, told(value))));
    let come = wanted.iter().filter(|value| !stays(value));
    let come = come.filter_map(|value| Some((QUIRKS.data(key.rtype, value)?, new_ttl)));
    all.extend(come.map(|data| operation(What::Add, Some(data))));
    all
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct HostedZone {
    id: String,
    name: String,
}

/// A record as it is there.
#[derive(Deserialize)]
struct Theirs {
    domain: String,
    rtype: String,
    rdata: String,
    ttl: u32,
}

#[derive(Serialize)]
struct Patch<'e> {
    items: Vec<Operation<'e>>,
}

/// What is to be with a record.
#[derive(Serialize)]
pub(super) struct Operation<'e> {
    domain: &'e str,
    rtype: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rdata: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u32>,
    operation: What,
}

/// What is done with a record, in the order that it is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum What {
    Prohibit,
    Require,
    Remove,
    Add,
}

const PAGES: Pages = Pages::header("page", "opc-next-page");

pub(crate) const QUIRKS: Quirks = Quirks {
    names: Names::Whole,
    ttl: TtlRule::from(1, Some(300)),
    types: &[
        Rtype::A,
        Rtype::AAAA,
        Rtype::CAA,
        Rtype::CNAME,
        Rtype::MX,
        Rtype::NAPTR,
        Rtype::NS,
        Rtype::PTR,
        Rtype::SRV,
        Rtype::SSHFP,
        Rtype::TLSA,
        Rtype::TXT,
    ],
    conditional: true,
    ..Quirks::NONE
};
