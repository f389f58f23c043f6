//! The calls.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use plan::{Endpoint, ErrorKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wire::Rtype;

use super::adjust::{self, Settings};
use super::form::{Theirs, told_to};
use super::hostnames::Hung;
use crate::client::{self, Pages, Refusal, Web};
use crate::exec::{Answer, Api, BatchApi, Cost, Done, Edit, Step, is_undone, steps};
use crate::record::quirks::{Names, Quirks, Refusal as Refused, TtlRule};
use crate::record::{Found, gather};
use crate::zones::{Zone, places};

/// An account.
#[derive(Debug)]
pub(super) struct Cloudflare {
    pub(super) web: Web,
    /// Records of a page.
    pub(super) page: u32,
    /// Calls in a batch at most.
    pub(super) batch: usize,
    /// Time between batches.
    pub(super) pause: Duration,
    /// Zones that are asked for one by one: tokens of single zones cannot list any.
    pub(super) ids: Vec<String>,
    pub(super) settings: Settings,
    pub(super) seen: Seen,
}

/// What listings have told beside records.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<Known>);

#[derive(Debug, Default)]
pub(super) struct Known {
    /// Zones, and whether each is paid for.
    zones: Vec<(Zone, bool)>,
    /// What hangs on names, by zone.
    pub(super) hung: Vec<(Box<str>, Hung)>,
}

impl Seen {
    pub(super) fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What went wrong, in their words; at wrong credentials, what to look at.
pub(super) fn judge(answer: &client::Answer) -> Option<Refusal> {
    let body: Envelope = serde_json::from_slice(&answer.body).unwrap_or_default();
    let mut refusal = match Refusal::by_status(answer) {
        Some(refusal) => refusal,
        None if body.success == Some(false) => Refusal::new(ErrorKind::Rejected, ""),
        None => return None,
    };
    let codes: Vec<u32> = body.errors.iter().map(|error| error.code).collect();
    if refusal.kind == ErrorKind::Rejected {
        let of = |list: &[u32]| codes.iter().any(|code| list.contains(code));
        refusal.kind = match () {
            () if of(WHO) => ErrorKind::Auth,
            () if of(EXISTS) => ErrorKind::Conflict,
            () if of(MISSING) => ErrorKind::NotFound,
            () => ErrorKind::Rejected,
        };
    }
    if !codes.is_empty() {
        let said = body.errors.iter();
        let said = said.map(|error| format!("{} (code {})", error.message, error.code));
        let said: Vec<String> = said.collect();
        refusal.message = format!("HTTP {}: {}", answer.status.as_u16(), said.join("; "));
    }
    if refusal.kind == ErrorKind::Auth {
        refusal.message.push_str(
            "; the token is that of CF_API_TOKEN, or the key that of CF_API_KEY with CF_API_EMAIL, \
             and it needs Zone:Read and DNS:Edit",
        );
    }
    Some(refusal)
}

impl Cloudflare {
    /// All items of a list.
    pub(super) async fn all<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
        size: u32,
    ) -> Answer<Vec<T>> {
        let pages = Pages::page("page", "/result_info/total_pages");
        let pages = pages.items("/result").size("per_page", size);
        self.web.get(operation, path).pages(&pages).await
    }

    /// Makes the calls of a batch one by one, where there are no batches.
    async fn one_by_one(&self, zone: &Zone, calls: &Calls) -> Answer<()> {
        let records = ["zones", &zone.id, "dns_records"];
        let at = |call: &Value| call["id"].as_str().unwrap_or_default().to_owned();
        for call in &calls.deletes {
            let id = at(call);
            let path = ["zones", &zone.id, "dns_records", &id];
            self.web.delete("delete record", &path).done().await?;
        }
        for call in &calls.patches {
            let id = at(call);
            let path = ["zones", &zone.id, "dns_records", &id];
            let patch = self.web.patch("update record", &path).idempotent();
            patch.json(call).done().await?;
        }
        let mut made: Vec<String> = Vec::new();
        for call in &calls.posts {
            let post = self.web.post("create record", &records).json(call);
            match post.read::<One<Made>>().await {
                Ok(one) => made.push(one.result.id),
                Err(error) => {
                    if is_undone(error.kind) {
                        self.take_back(zone, &made).await;
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Takes away what was made of a batch: an ownership record that stays would make ours what stands
    /// in the way of its record.
    async fn take_back(&self, zone: &Zone, made: &[String]) {
        for id in made {
            let path = ["zones", &zone.id, "dns_records", id];
            let gone = self.web.delete("delete record", &path).done().await;
            if let Err(error) = gone {
                let error = client::chain(&error);
                tracing::warn!(error, "a part of a change that was refused stays");
            }
        }
    }
}

impl Api for Cloudflare {
    const NAME: &'static str = super::NAME;

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        let mut zones: Vec<HostedZone> = Vec::new();
        for id in &self.ids {
            let one: One<HostedZone> = self.web.get_json("read zone", &["zones", id]).await?;
            zones.push(one.result);
        }
        if self.ids.is_empty() {
            zones = self.all("list zones", &["zones"], 50).await?;
        }
        // What others are primary of cannot be changed here.
        zones.retain(|zone| zone.kind != "secondary");
        let zones = zones.iter().map(|zone| {
            let paid = zone.plan.is_subscribed;
            (Zone::new(&zone.name, &zone.id), paid)
        });
        let zones: Vec<(Zone, bool)> = zones.collect();
        self.seen.lock().zones.clone_from(&zones);
        Ok(zones.into_iter().map(|(zone, _)| zone).collect())
    }

    fn adjust(&self, endpoint: &mut Endpoint) {
        let seen = self.seen.lock();
        let zones = seen.zones.iter().map(|(zone, _)| zone);
        let of_name = places(zones, &plan::name::normalize(&endpoint.name));
        let mut of_name = of_name.iter().filter_map(|at| seen.zones.get(*at));
        let paid = of_name.any(|(_, paid)| *paid);
        self.settings.adjust(endpoint, paid);
    }
}

impl BatchApi for Cloudflare {
    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        let path = ["zones", &*zone.id, "dns_records"];
        let all: Vec<Theirs> = self.all("list records", &path, self.page).await?;
        let mut found = gather(all.iter().filter_map(Theirs::record));
        self.hang(zone, &mut found).await?;
        Ok(found)
    }

    fn limits(&self) -> (Cost, Duration) {
        (Cost::changes(self.batch), self.pause)
    }

    fn cost(&self, edit: &Edit) -> Cost {
        Cost::changes(steps(edit).0.len())
    }

    async fn submit(&self, zone: &Zone, edits: &[Edit]) -> Answer<Done> {
        self.hang_new(zone, edits).await?;
        let mut calls = Calls::default();
        for edit in edits {
            calls.add(edit);
        }
        if calls.deletes.is_empty() && calls.patches.is_empty() && calls.posts.is_empty() {
            return Ok(Done::Unseen);
        }
        let path = ["zones", &*zone.id, "dns_records", "batch"];
        let batch =
            json!({"deletes": calls.deletes, "patches": calls.patches, "posts": calls.posts});
        let call = self.web.post("apply changes", &path).json(&batch);
        let answer = call.accept(&[404, 405]).send().await?;
        if !answer.status.is_success() {
            // A record that is gone is told so; all else is an API without batches.
            let refusal = judge(&answer).filter(|_| tells_codes(&answer));
            if let Some(Refusal { kind, message, .. }) = refusal {
                return Err(self.web.error(kind, "apply changes", message));
            }
            self.one_by_one(zone, &calls).await?;
        }
        Ok(Done::Unseen)
    }
}

fn tells_codes(answer: &client::Answer) -> bool {
    let body: Envelope = serde_json::from_slice(&answer.body).unwrap_or_default();
    body.errors
        .iter()
        .any(|error| MISSING.contains(&error.code))
}

/// The calls that a batch is made of.
#[derive(Default)]
struct Calls {
    deletes: Vec<Value>,
    /// They say nothing of settings that we do not know, which stay.
    patches: Vec<Value>,
    posts: Vec<Value>,
}

impl Calls {
    fn add(&mut self, edit: &Edit) {
        let old = edit.old.as_ref().map(|old| &old.rrset);
        let Some(rrset) = edit.new.as_ref().or(old) else {
            return;
        };
        for step in steps(edit).0 {
            match step {
                Step::Create(value) => self.posts.push(told_to(rrset, value, None)),
                Step::Update(handle, value) => {
                    let new = told_to(rrset, value, Some(&handle.id));
                    let before = edit.old.as_ref().map(|old| {
                        let mut before = old.rrset.clone();
                        before.ttl = handle.ttl;
                        told_to(&before, &handle.value, Some(&handle.id))
                    });
                    // A text has the settings of what it is for, of which none is one there.
                    if before.as_ref() != Some(&new) {
                        self.patches.push(new);
                    }
                }
                Step::Remove(old) => self.deletes.push(json!({"id": old.id})),
            }
        }
    }
}

#[derive(Deserialize)]
struct HostedZone {
    id: String,
    name: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    plan: Plan,
}

#[derive(Default, Deserialize)]
struct Plan {
    #[serde(default)]
    is_subscribed: bool,
}

#[derive(Deserialize)]
pub(super) struct One<T> {
    pub(super) result: T,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

#[derive(Default, Deserialize)]
struct Envelope {
    success: Option<bool>,
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    code: u32,
    #[serde(default)]
    message: String,
}

/// Codes of credentials that are wrong or malformed.
const WHO: &[u32] = &[6003, 9106, 9109, 10000];

/// Codes of a record that is there already.
const EXISTS: &[u32] = &[81053, 81054, 81057, 81058];

/// Codes of a record that is not there.
const MISSING: &[u32] = &[81044];

pub(crate) const QUIRKS: Quirks = Quirks {
    names: Names::Whole,
    dots: false,
    ttl: TtlRule {
        most: 86_400,
        ..TtlRule::from(60, Some(1))
    },
    types: &[
        Rtype::A,
        Rtype::AAAA,
        Rtype::CAA,
        Rtype::CNAME,
        Rtype::DS,
        Rtype::HTTPS,
        Rtype::MX,
        Rtype::NAPTR,
        Rtype::NS,
        Rtype::PTR,
        Rtype::SRV,
        Rtype::SSHFP,
        Rtype::SVCB,
        Rtype::TLSA,
        Rtype::TXT,
    ],
    properties: &[
        adjust::PROXIED,
        adjust::HOSTNAMES,
        adjust::REGION,
        adjust::COMMENT,
        adjust::TAGS,
    ],
    apex_cname: true,
    // What a batch takes without a paid plan; a set is written whole.
    values: 200,
    refuses: &[Refused::TXT_EMPTY],
    ..Quirks::NONE
};

/// Names that records of types which have regions are at.
pub(super) fn proxiable_names(found: &[Found]) -> BTreeSet<(Box<str>, Rtype)> {
    let keys = found.iter().map(|found| &found.rrset.key);
    let keys = keys.filter(|key| adjust::is_proxiable(key.rtype));
    keys.map(|key| (key.name.clone(), key.rtype)).collect()
}
