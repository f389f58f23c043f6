//! The calls.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use plan::{Endpoint, ErrorKind};
use serde::de::DeserializeOwned;
use wire::Rtype;

use super::adjust::{self, Settings, bare};
use super::form::{self, Change, Set};
use super::message::{
    ChangeAnswer, ChangeBatch, ChangeRequest, Changes, Fault, Messages, RecordPage, ResourceIds,
    TagPage, TagRequest, Told, XMLNS, ZonePage, written,
};
use crate::amazon;
use crate::auth::aws::is_stale;
use crate::client::{self, Next, Refusal, Web};
use crate::exec::{Answer, Api, BatchApi, Cost, Done, Edit};
use crate::record::Found;
use crate::record::quirks::{Names, Quirks, Refusal as Refused, TtlRule};
use crate::zones::{Zone, ZoneFilter};

/// The accounts that there are credentials for.
#[derive(Debug)]
pub(super) struct Route53 {
    /// One for each profile.
    pub(super) accounts: Vec<Web>,
    pub(super) settings: Settings,
    /// Which zones are looked at; only of these tags are asked for.
    pub(super) filter: ZoneFilter,
    /// Whether only private zones are looked at, or only public ones.
    pub(super) private: Option<bool>,
    /// Tags that zones must have; without a value any will do.
    pub(super) tags: Vec<(String, String)>,
    /// What a batch may cost.
    pub(super) most: Cost,
    /// Time between batches.
    pub(super) pause: Duration,
    /// Whose each zone is, by identifier.
    pub(super) homes: Mutex<BTreeMap<Box<str>, usize>>,
}

/// What went wrong, in their words; at wrong credentials, what to look at.
pub(super) fn judge(answer: &client::Answer) -> Option<Refusal> {
    let mut refusal = Refusal::by_status(answer)?;
    let text = String::from_utf8_lossy(&answer.body);
    let fault: Fault = quick_xml::de::from_str(&text).unwrap_or_default();
    let (code, said) = match fault {
        Fault {
            error: Some(Told { code, message }),
            ..
        } => (code, vec![message]),
        Fault {
            messages: Some(Messages { all }),
            ..
        } => (BATCH.to_owned(), all),
        _ => {
            return Some(with_hint(refusal));
        }
    };
    let said = said.join("; ");
    refusal.renew = is_stale(&code);
    refusal.kind = match &*code {
        "NoSuchHostedZone" => ErrorKind::NotFound,
        BATCH if is_past(&said) => ErrorKind::Conflict,
        BATCH => ErrorKind::Rejected,
        code => amazon::kind(code).unwrap_or(refusal.kind),
    };
    refusal.message = format!("HTTP {}: {code}: {}", answer.status.as_u16(), said.trim());
    Some(with_hint(refusal))
}

fn is_auth(kind: ErrorKind) -> bool {
    kind == ErrorKind::Auth
}

fn with_hint(mut refusal: Refusal) -> Refusal {
    if is_auth(refusal.kind) {
        refusal
            .message
            .push_str(&format!("; {}{NEEDS}", amazon::WHERE));
    }
    refusal
}

/// Whether all that is wrong with a batch is that something is not as it was.
fn is_past(said: &str) -> bool {
    let tried = said.matches("Tried to ").count();
    let is = |what: &str| said.matches(what).count();
    let past = is("but it already exists")
        + is("but it was not found")
        + is("but the values provided do not match the current values");
    tried > 0 && tried == past && !said.contains("not permitted") && !said.contains("Invalid")
}

impl Route53 {
    /// All zones of an account that are looked at.
    async fn zones_of(&self, account: &Web) -> Answer<Vec<Zone>> {
        let call = account.get(ZONES, &["hostedzone"]);
        let call = call.query("maxitems", ZONES_PAGE);
        let all = call.walk(|answer| {
            let page: ZonePage = read(account, ZONES, answer)?;
            let next = page.next_marker.map(|marker| ("marker", marker));
            let next = follow(account, ZONES, (page.is_truncated, Vec::from_iter(next)))?;
            Ok((page.hosted_zones.all, next))
        });
        let zones = all.await?.into_iter().map(|zone| Zone {
            private: zone.config.private_zone,
            // A private zone is seen by whoever is in its networks, whatever other zones there are.
            wide: zone.config.private_zone,
            ..Zone::new(&form::name(&zone.name), &zone.id)
        });
        let is_ours = |zone: &Zone| {
            let is_kind = self.private.is_none_or(|private| private == zone.private);
            is_kind && self.filter.takes(zone)
        };
        Ok(zones.filter(is_ours).collect())
    }

    /// Those of some zones that have the tags.
    async fn tagged(&self, account: &Web, zones: Vec<Zone>) -> Answer<Vec<Zone>> {
        if self.tags.is_empty() {
            return Ok(zones);
        }
        let mut ours = Vec::new();
        for some in zones.chunks(TAGS_PAGE) {
            let all = some.iter().map(|zone| bare(&zone.id).to_owned());
            let request = TagRequest {
                xmlns: XMLNS,
                resource_ids: ResourceIds { all: all.collect() },
            };
            let body = written("ListTagsForResourcesRequest", &request);
            let call = account.post(TAGS, &["tags", "hostedzone"]).idempotent();
            let answer = call.body(XML, body).send().await?;
            let told: TagPage = read(account, TAGS, &answer)?;
            let has = |zone: &&Zone| {
                let sets = &told.resource_tag_sets.all;
                let set = sets.iter().find(|set| set.resource_id == bare(&zone.id));
                let tags = set.map(|set| &*set.tags.all).unwrap_or_default();
                self.tags.iter().all(|(key, value)| {
                    let mut tags = tags.iter().filter(|tag| tag.key == *key);
                    tags.any(|tag| value.is_empty() || tag.value == *value)
                })
            };
            ours.extend(some.iter().filter(has).cloned());
        }
        Ok(ours)
    }

    /// The account that a zone is of.
    fn account(&self, zone: &Zone) -> Answer<&Web> {
        let homes = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
        let at = homes.get(&zone.id).copied().unwrap_or_default();
        drop(homes);
        // There is one at least.
        let account = self.accounts.get(at).or_else(|| self.accounts.first());
        account.ok_or_else(|| plan::ProviderError {
            kind: ErrorKind::Config,
            provider: Self::NAME,
            operation: ZONES,
            message: "there is no account".to_owned(),
            source: None,
        })
    }
}

impl Api for Route53 {
    const NAME: &'static str = super::NAME;
    const PIN: &'static str = adjust::ZONE;

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        let mut all: BTreeMap<Box<str>, (usize, Zone)> = BTreeMap::new();
        for (at, account) in self.accounts.iter().enumerate() {
            let zones = self.zones_of(account).await?;
            for zone in self.tagged(account, zones).await? {
                // What several accounts see is the first one's.
                all.entry(zone.id.clone()).or_insert((at, zone));
            }
        }
        let homes = all.iter().map(|(id, (at, _))| (id.clone(), *at));
        *self.homes.lock().unwrap_or_else(PoisonError::into_inner) = homes.collect();
        Ok(all.into_values().map(|(_, zone)| zone).collect())
    }

    fn spread(&self, endpoint: Endpoint) -> Vec<Endpoint> {
        self.settings.spread(endpoint)
    }
}

impl BatchApi for Route53 {
    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        let account = self.account(zone)?;
        let id = bare(&zone.id);
        let call = account.get(RECORDS, &["hostedzone", id, "rrset"]);
        let call = call.query("maxitems", RECORDS_PAGE);
        let sets = call.walk(|answer| {
            let page: RecordPage = read(account, RECORDS, answer)?;
            let next = [
                ("name", page.next_record_name),
                ("type", page.next_record_type),
                ("identifier", page.next_record_identifier),
            ];
            // What is empty is not to be asked for.
            let next = next
                .into_iter()
                .filter_map(|(name, text)| Some((name, text?)));
            let next: Vec<(&str, String)> = next.filter(|(_, text)| !text.is_empty()).collect();
            let next = follow(account, RECORDS, (page.is_truncated, next))?;
            Ok((page.resource_record_sets.all, next))
        });
        let sets = sets.await?;
        let found = sets.iter().filter_map(|set| {
            // Texts and numbers have a JSON form.
            let foreign = serde_json::to_value(set).unwrap_or_default();
            Some(Found::whole(set.rrset(id)?, "", foreign))
        });
        Ok(found.collect())
    }

    fn limits(&self) -> (Cost, Duration) {
        (self.most, self.pause)
    }

    fn cost(&self, edit: &Edit) -> Cost {
        let mut cost = Cost::changes(0);
        for change in changes(edit, "") {
            let (values, bytes) = change.resource_record_set.size();
            cost.changes += 1;
            cost.values += values;
            cost.bytes += bytes;
        }
        cost
    }

    async fn submit(&self, zone: &Zone, edits: &[Edit]) -> Answer<Done> {
        let account = self.account(zone)?;
        let id = bare(&zone.id);
        let mut all: Vec<Change> = edits.iter().flat_map(|edit| changes(edit, id)).collect();
        if all.is_empty() {
            return Ok(Done::Now);
        }
        // What goes makes room for what comes.
        all.sort_by_key(|change| change.action != DELETE);
        let request = ChangeRequest {
            xmlns: XMLNS,
            change_batch: ChangeBatch {
                changes: Changes { all },
            },
        };
        let body = written("ChangeResourceRecordSetsRequest", &request);
        let call = account.post(CHANGE, &["hostedzone", id, "rrset", ""]);
        let answer = call.body(XML, body).send().await?;
        let told: Result<ChangeAnswer, _> = read(account, CHANGE, &answer);
        told.map_err(|error| plan::ProviderError {
            kind: ErrorKind::Ambiguous,
            ..error
        })?;
        Ok(Done::Now)
    }
}

/// What an edit is there: what was there goes as exactly as it was, so that what somebody else has
/// made of it meanwhile does not go with it.
fn changes(edit: &Edit, zone: &str) -> Vec<Change> {
    let old = edit.old.as_ref().map(|old| Set::there(old, zone));
    let new = edit
        .new
        .as_ref()
        .map(|new| Set::of(new, zone, old.as_ref()));
    // What only the record beside an ownership record has a use for makes that one no other.
    if let (Some(old), Some(new)) = (&old, &new)
        && old.rrset(zone) == new.rrset(zone)
    {
        return Vec::new();
    }
    let old = old.map(|set| (DELETE, set));
    let new = new.map(|set| (CREATE, set));
    let all = old.into_iter().chain(new);
    all.map(|(action, resource_record_set)| Change {
        action: action.to_owned(),
        resource_record_set,
    })
    .collect()
}

/// The next page, if there is one. A list that says of itself that it is cut off, but not where it goes
/// on, is none.
fn follow(
    account: &Web,
    operation: &'static str,
    (is_truncated, next): (bool, Vec<(&'static str, String)>),
) -> Answer<Option<Next>> {
    match (is_truncated, next.is_empty()) {
        (false, _) => Ok(None),
        (true, false) => Ok(Some(Next::Query(next))),
        (true, true) => {
            let message = "the list is cut off, and does not say where it goes on".to_owned();
            Err(account.error(ErrorKind::Protocol, operation, message))
        }
    }
}

/// The XML of an answer.
fn read<T: DeserializeOwned>(
    account: &Web,
    operation: &'static str,
    answer: &client::Answer,
) -> Answer<T> {
    let text = String::from_utf8_lossy(&answer.body);
    quick_xml::de::from_str(&text).map_err(|error| {
        let message = "the answer is not the XML that is expected";
        account.unreadable(operation, message, &error)
    })
}

const ZONES: &str = "list zones";
const TAGS: &str = "list tags";
const RECORDS: &str = "list records";
const CHANGE: &str = "apply changes";

pub(super) const CREATE: &str = "CREATE";
pub(super) const DELETE: &str = "DELETE";

/// The code of a batch that is not made.
const BATCH: &str = "InvalidChangeBatch";

/// What has to be permitted.
const NEEDS: &str = "route53:ListHostedZones, ListResourceRecordSets, ChangeResourceRecordSets and \
    ListTagsForResources";

const XML: &str = "application/xml";

/// Zones of a page at most.
const ZONES_PAGE: usize = 100;
/// Identifiers that tags are asked for at once.
const TAGS_PAGE: usize = 10;
/// RRsets of a page at most.
const RECORDS_PAGE: usize = 300;

pub(crate) const QUIRKS: Quirks = Quirks {
    names: Names::Dotted,
    ttl: TtlRule::from(0, Some(adjust::TTL)),
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
        adjust::ALIAS,
        adjust::BIAS,
        adjust::CONTINENT,
        adjust::COORDINATES,
        adjust::COUNTRY,
        adjust::FAILOVER,
        adjust::HEALTH,
        adjust::HEALTH_CHECK,
        adjust::LOCAL_ZONES,
        adjust::MULTI_VALUE,
        adjust::PROXIMITY,
        adjust::REGION,
        adjust::SUBDIVISION,
        adjust::TARGET_ZONE,
        adjust::WEIGHT,
        adjust::ZONE,
    ],
    values: 400,
    text: 4000,
    refuses: &[Refused {
        what: "a text of more than 4000 letters as it is written",
        rtype: Rtype::TXT,
        is: |value| form::written(value) > 4000,
    }],
    conditional: true,
    ..Quirks::NONE
};
