//! The calls, and records as they look in them.

use serde::{Deserialize, Serialize};
use wire::{Rtype, Ttl};

use crate::client::{self, Pages, Refusal, Web};
use crate::exec::{Answer, Api, Done, RecordApi};
use crate::record::parts::Parts;
use crate::record::quirks::{Names, Quirks, Refusal as Refused, TtlRule, Txt};
use crate::record::{Handle, Key, Record};
use crate::zones::Zone;

/// An account.
#[derive(Debug)]
pub(super) struct DigitalOcean {
    pub(super) web: Web,
    /// Items of a page.
    pub(super) page: u32,
}

/// What went wrong; at a wrong token, what to look at.
pub(super) fn judge(answer: &client::Answer) -> Option<Refusal> {
    Refusal::with_hint(answer, "the token is that of DO_TOKEN")
}

impl Api for DigitalOcean {
    const NAME: &'static str = super::NAME;

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        let pages = PAGES.items("/domains").size("per_page", self.page);
        let zones: Vec<Domain> = self
            .web
            .get("list zones", &["domains"])
            .pages(&pages)
            .await?;
        let zones = zones.iter().map(|zone| Zone::new(&zone.name, &zone.name));
        Ok(zones.collect())
    }
}

impl RecordApi for DigitalOcean {
    async fn list(&self, zone: &Zone) -> Answer<Vec<(Record, Handle)>> {
        let pages = PAGES.items("/domain_records").size("per_page", self.page);
        let call = self
            .web
            .get("list records", &["domains", &zone.id, "records"]);
        let all: Vec<Theirs> = call.pages(&pages).await?;
        Ok(all.iter().filter_map(|one| one.record(zone)).collect())
    }

    async fn create(&self, zone: &Zone, new: &Record, _: Option<&Handle>) -> Answer<Done> {
        let path = ["domains", &zone.id, "records"];
        let call = self.web.post("create record", &path);
        let made: Made = call.json(&Theirs::of(zone, new)).read().await?;
        Ok(Done::As(made.domain_record.id.to_string().into()))
    }

    async fn update(&self, zone: &Zone, old: &Handle, new: &Record) -> Answer<Done> {
        let path = ["domains", &zone.id, "records", &old.id];
        let call = self.web.put("update record", &path);
        call.json(&Theirs::of(zone, new)).done().await?;
        Ok(Done::Now)
    }

    async fn remove(&self, zone: &Zone, old: &Handle, _: &Record) -> Answer<Done> {
        let path = ["domains", &zone.id, "records", &old.id];
        self.web.delete("delete record", &path).done().await?;
        Ok(Done::Now)
    }
}

#[derive(Deserialize)]
struct Domain {
    name: String,
}

#[derive(Deserialize)]
struct Made {
    domain_record: Theirs,
}

/// A record as it is there.
#[derive(Deserialize, Serialize)]
struct Theirs {
    #[serde(default, skip_serializing)]
    id: u64,
    #[serde(rename = "type")]
    rtype: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u32>,
    #[serde(flatten)]
    parts: Parts,
}

impl Theirs {
    fn of(zone: &Zone, record: &Record) -> Self {
        let rtype = record.key.rtype;
        let data = QUIRKS.data(rtype, &record.value).unwrap_or_default();
        let mut parts = Parts::of(rtype, &data);
        if rtype == Rtype::CAA {
            // It is taken with a dot only, and comes back without.
            parts.data.push('.');
        }
        Self {
            id: 0,
            rtype: rtype.to_string(),
            name: QUIRKS.owner(&zone.name, &record.key.name),
            ttl: record.ttl.map(Ttl::as_secs),
            parts,
        }
    }

    /// The record in our form; none of a type that only they know.
    fn record(&self, zone: &Zone) -> Option<(Record, Handle)> {
        let rtype = Rtype::from_text(self.rtype.as_bytes())?;
        let mut parts = self.parts.clone();
        if rtype != Rtype::TXT && parts.data == "@" {
            // A target that is the zone itself.
            parts.data = zone.name.to_string();
        }
        let value = QUIRKS.value(rtype, &parts.join(rtype));
        let key = Key::new(&QUIRKS.name(&zone.name, &self.name), rtype);
        let ttl = self.ttl.map(Ttl::from_secs);
        Some(Record::found(key, ttl, value, &self.id.to_string()))
    }
}

const PAGES: Pages = Pages::link("/links/pages/next");

pub(crate) const QUIRKS: Quirks = Quirks {
    names: Names::At,
    txt: Txt::Raw,
    ttl: TtlRule::from(30, Some(300)),
    types: Quirks::USUAL,
    text: 509,
    refuses: &[
        Refused::CAA_SPACES,
        Refused::MX_NULL,
        Refused::TXT_BACKSLASH,
        Refused::TXT_EMPTY,
    ],
    ..Quirks::NONE
};
