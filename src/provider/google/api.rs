//! The calls, and RRsets as they look in them.

use std::sync::Arc;
use std::time::Duration;

use plan::ErrorKind;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use wire::{Rtype, Ttl};

use crate::auth::google::Google;
use crate::client::{self, Pages, Refusal, Web};
use crate::exec::{Answer, Api, BatchApi, Cost, Done, Edit};
use crate::record::quirks::Quirks;
use crate::record::{Found, Key, Rrset};
use crate::zones::Zone;

/// A project.
#[derive(Debug)]
pub(super) struct CloudDns {
    /// What is below the address of all projects.
    pub(super) web: Web,
    /// Who we are, which may say what project it is.
    pub(super) who: Arc<Google>,
    /// The project, once it is known.
    pub(super) project: OnceCell<String>,
    /// Additions and deletions of a change at most; 0 for any number.
    pub(super) batch: usize,
    /// The pause between two changes of a zone.
    pub(super) pause: Duration,
    /// `public` or `private` zones only.
    pub(super) visibility: Option<String>,
    /// Names or numbers of zones; without any all are looked at.
    pub(super) ids: Vec<String>,
}

/// What went wrong: its reason says more than its status.
pub(super) fn judge(answer: &client::Answer) -> Option<Refusal> {
    let mut refusal = Refusal::by_status(answer)?;
    let told: Option<Told> = serde_json::from_slice(&answer.body).ok();
    if let Some(Told { error }) = told {
        let reasons = error.errors.iter().map(|one| &*one.reason);
        let reasons: Vec<&str> = reasons.filter(|reason| !reason.is_empty()).collect();
        refusal.kind = match &reasons[..] {
            all if all.iter().any(|it| RATE.contains(it)) => ErrorKind::RateLimited,
            all if all.iter().any(|it| TOO_MUCH.contains(it)) => ErrorKind::Rejected,
            _ => refusal.kind,
        };
        let status = answer.status.as_u16();
        refusal.message = match reasons.first() {
            Some(reason) => format!("HTTP {status}: {} ({reason})", error.message),
            None => format!("HTTP {status}: {}", error.message),
        };
    }
    if refusal.kind == ErrorKind::Auth {
        refusal.message.push_str(
            "; credentials are those of GOOGLE_APPLICATION_CREDENTIALS, of gcloud or of the machine, and \
             need the role roles/dns.admin in the project",
        );
    }
    Some(refusal)
}

impl CloudDns {
    async fn project(&self) -> Answer<&str> {
        let found = self.project.get_or_try_init(|| async {
            let project = self.who.project().await.map_err(|mut error| {
                error.message.push_str("; set --google-project");
                error
            })?;
            tracing::info!(project, "found the project; --google-project would say it");
            Ok(project)
        });
        found.await.map(String::as_str)
    }

    /// Whether a zone is one that is looked at, beside what its name says.
    fn takes(&self, zone: &ManagedZone) -> bool {
        // Whole: another's zone may have a name that ends the same.
        let of_id = |id: &String| id.is_empty() || [&zone.id, &zone.name].contains(&id);
        let visible = &self.visibility;
        // What a zone has that is peered with another network is that one's.
        zone.peering_config.is_none()
            && (self.ids.is_empty() || self.ids.iter().any(of_id))
            && (visible.as_ref()).is_none_or(|only| *only == zone.visibility)
    }
}

impl Api for CloudDns {
    const NAME: &'static str = super::NAME;

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        let path = [self.project().await?, "managedZones"];
        let pages = PAGES.items("/managedZones").or_absent();
        let zones: Vec<ManagedZone> = self.web.get("list zones", &path).pages(&pages).await?;
        let zones = zones.iter().filter(|zone| self.takes(zone));
        let zones = zones.map(|zone| Zone {
            private: zone.visibility == "private",
            ..Zone::new(&zone.dns_name, &zone.name)
        });
        Ok(zones.collect())
    }
}

impl BatchApi for CloudDns {
    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        let path = [self.project().await?, "managedZones", &zone.id, "rrsets"];
        let pages = PAGES.items("/rrsets").or_absent();
        let sets: Vec<Set> = self.web.get("list records", &path).pages(&pages).await?;
        Ok(sets.iter().filter_map(Set::found).collect())
    }

    fn limits(&self) -> (Cost, Duration) {
        let most = Cost {
            bytes: MOST_BYTES,
            ..Cost::changes(self.batch)
        };
        (most, self.pause)
    }

    fn cost(&self, edit: &Edit) -> Cost {
        let sets = [edit.old.as_ref().map(|old| &old.rrset), edit.new.as_ref()];
        let sets = || sets.iter().flatten();
        let values = sets().flat_map(|set| &set.values);
        Cost {
            bytes: values.map(|value| value.len()).sum(),
            ..Cost::changes(sets().count())
        }
    }

    async fn submit(&self, zone: &Zone, edits: &[Edit]) -> Answer<Done> {
        if let Some(edit) = edits.iter().find(|edit| is_routed(edit)) {
            let message = format!(
                "{} answers by a routing policy, and is left alone",
                edit.key()
            );
            return Err(self.web.error(ErrorKind::Rejected, CHANGE, message));
        }
        let change = Change {
            additions: edits
                .iter()
                .filter_map(|it| Some(Set::of(it.new.as_ref()?)))
                .collect(),
            deletions: edits
                .iter()
                .filter_map(|it| Some(Set::old(it.old.as_ref()?)))
                .collect(),
        };
        let path = [self.project().await?, "managedZones", &zone.id, "changes"];
        // The same change made twice is refused the second time: what it adds is there.
        let call = self.web.post(CHANGE, &path).json(&change).idempotent();
        call.done().await?;
        Ok(Done::Now)
    }
}

/// Whether an edit is of a set that answers by a policy, which only its owner can tell.
fn is_routed(edit: &Edit) -> bool {
    let old = edit.old.as_ref();
    old.is_some_and(|old| old.foreign().get(ROUTED).is_some())
}

#[derive(Deserialize)]
struct Told {
    error: Fault,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManagedZone {
    /// A number, as a text.
    id: String,
    name: String,
    dns_name: String,
    #[serde(default)]
    visibility: String,
    #[serde(default)]
    peering_config: Option<serde::de::IgnoredAny>,
}

#[derive(Serialize)]
struct Change {
    additions: Vec<Set>,
    deletions: Vec<Set>,
}

/// An RRset as it is there.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Set {
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    #[serde(default)]
    ttl: u32,
    #[serde(default)]
    rrdatas: Vec<String>,
    #[serde(default, skip_serializing)]
    routing_policy: Option<Value>,
}

impl Set {
    fn of(rrset: &Rrset) -> Self {
        let rtype = rrset.key.rtype;
        let values = rrset.values.iter();
        Self {
            name: QUIRKS.owner("", &rrset.key.name),
            rtype: rtype.to_string(),
            ttl: rrset.ttl.map_or(0, Ttl::as_secs),
            rrdatas: values
                .filter_map(|value| QUIRKS.data(rtype, value))
                .collect(),
            routing_policy: None,
        }
    }

    /// What there is, in the words that it was told in, unless it was changed since.
    fn old(found: &Found) -> Self {
        let mut set = Self::of(&found.rrset);
        let told = found.foreign().get(DATA).and_then(|told| told.as_array());
        let told: Vec<&str> = told
            .into_iter()
            .flatten()
            .filter_map(|it| it.as_str())
            .collect();
        let key = found.rrset.key.clone();
        if Rrset::new(key, None, &told).values == found.rrset.values {
            set.rrdatas = told.into_iter().map(str::to_owned).collect();
        }
        set
    }

    /// The RRset in our form; none of a type that only they know.
    fn found(&self) -> Option<Found> {
        let rtype = Rtype::from_text(self.rtype.as_bytes())?;
        let key = Key::new(&QUIRKS.name("", &self.name), rtype);
        let mut told: Vec<&str> = self.rrdatas.iter().map(String::as_str).collect();
        let foreign = match &self.routing_policy {
            Some(policy) => {
                collect(policy, &mut told);
                json!({ROUTED: true})
            }
            None => json!({DATA: self.rrdatas}),
        };
        let values = told.into_iter().map(|data| QUIRKS.value(rtype, data));
        let rrset = Rrset::new(key, Some(Ttl::from_secs(self.ttl)), values);
        Some(Found::whole(rrset, "", foreign))
    }
}

/// All data of a policy, wherever it stands in it.
fn collect<'p>(policy: &'p Value, data: &mut Vec<&'p str>) {
    match policy {
        Value::Array(parts) => parts.iter().for_each(|part| collect(part, data)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::Array(all) if name == DATA => {
                        data.extend(all.iter().filter_map(Value::as_str));
                    }
                    member => collect(member, data),
                }
            }
        }
        _ => {}
    }
}

const CHANGE: &str = "apply changes";

const PAGES: Pages = Pages::cursor("pageToken", "/nextPageToken");

/// Bytes of values in a change at most (quota `totalRrdataSizePerChange`).
const MOST_BYTES: usize = 100_000;

/// What is kept of a set: its data as it was told, or that it has none but a policy.
const DATA: &str = "rrdatas";
const ROUTED: &str = "routed";

/// Reasons that are gone after a while.
const RATE: &[&str] = &[
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "servingLimitExceeded",
];

/// Reasons that are those of one change, though they come as if we had no right to make any.
const TOO_MUCH: &[&str] = &["quotaExceeded"];

pub(crate) const QUIRKS: Quirks = Quirks {
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
    conditional: true,
    ..Quirks::NONE
};
