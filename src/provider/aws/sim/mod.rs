//! A stand-in for Route 53, as strict as its documentation: signatures, limits of a batch, routing
//! policies, aliases, and errors that name all that is wrong.

mod words;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wire::Rtype;

use super::api::QUIRKS;
use super::form::{Alias, Change, Cidr, Record, Records, Set, name};
use super::targets;
use crate::auth::aws::verify;
use crate::sim::{
    Asked, Dialect, Draft, Form, Limits, Owner, Refused, Request, Response, Row, SECRET, SetKey,
    Sim, SimZone, Text, ZoneStore, store,
};
use crate::suite::{Family, Hosted, Start};
use words::{
    BatchFault, ChangeAnswer, ChangeInfo, ChangeRequest, ErrorAnswer, HostedZone, HostedZones,
    Messages, RecordAnswer, Sets, Tag, TagAnswer, TagRequest, TagSet, TagSets, Tags, Told,
    ZoneAnswer, ZoneConfig, decimal, escaped, octal,
};

/// The provider with keys and limits as users have them.
pub(crate) const SUBJECT: Hosted =
    Hosted::new(super::NAME, (&QUIRKS, Family::Batch), start).set(SETTINGS);

/// What is set unless a trial is about something else.
pub(crate) const SETTINGS: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", "AKIDSUITE"),
    ("AWS_SECRET_ACCESS_KEY", SECRET),
    ("aws-batch-change-size", "1000"),
    ("aws-batch-change-size-bytes", "32000"),
    ("aws-batch-change-size-values", "1000"),
    ("aws-batch-change-interval", "1"),
    ("aws-evaluate-target-health", "true"),
    ("aws-api-retries", "3"),
];

fn start(start: &Start) -> Sim {
    Sim::new(store(start, LIMITS), Host::default())
}

/// What it takes.
pub(crate) const LIMITS: Limits = Limits {
    types: &[],
    ttl: 0,
    ttls: &[],
    values: 400,
    text: 4000,
    wildcard: true,
    apex_cname: false,
};

/// Route 53's side.
#[derive(Debug, Default)]
pub(crate) struct Host {
    /// Tags of zones, by identifier.
    pub(crate) tags: BTreeMap<String, Vec<(String, String)>>,
}

/// A status, a code, and what is said.
type Fault = (StatusCode, &'static str, Vec<String>);

const FORM: Form = Form {
    owner: Owner::Dotted,
    dots: true,
    text: Text::Quoted,
};

impl Dialect for Host {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        let body = String::from_utf8_lossy(request.body());
        let (method, mut path) = asked.route();
        // A slash at the end means nothing.
        path.retain(|part| !part.is_empty());
        let result = match (method, &path[..]) {
            ("GET", [VERSION, "hostedzone"]) => Ok(zones(store, &asked)),
            ("POST", [VERSION, "tags", "hostedzone"]) => self.tags(&body),
            ("GET", [VERSION, "hostedzone", id, "rrset"]) => records(store, id, &asked),
            ("POST", [VERSION, "hostedzone", id, "rrset"]) => change(store, id, &body),
            _ => Err(fault(
                "UnknownOperationException",
                "there is no such address",
            )),
        };
        result.unwrap_or_else(|fault| refused(&fault))
    }

    fn writes(&self, request: &Request) -> bool {
        request.method() == http::Method::POST && !request.uri().path().contains("/tags/")
    }

    fn admits(&self, request: &Request) -> bool {
        verify(request, SECRET, "route53")
    }

    fn unauthorized(&self) -> Response {
        let said = "The request signature we calculated does not match the signature you provided.";
        refused(&(
            StatusCode::FORBIDDEN,
            "SignatureDoesNotMatch",
            vec![said.to_owned()],
        ))
    }
}

impl Host {
    fn tags(&self, body: &str) -> Result<Response, Fault> {
        let request: TagRequest = read(body)?;
        if request.resource_ids.all.len() > 10 {
            return Err(fault("InvalidInput", "more than 10 identifiers"));
        }
        let sets = request.resource_ids.all.into_iter().map(|id| TagSet {
            resource_type: "hostedzone",
            tags: Tags {
                all: (self.tags.get(&id).into_iter().flatten())
                    .map(|(key, value)| Tag {
                        key: key.clone(),
                        value: value.clone(),
                    })
                    .collect(),
            },
            resource_id: id,
        });
        let answer = TagAnswer {
            resource_tag_sets: TagSets {
                all: sets.collect(),
            },
        };
        Ok(xml(StatusCode::OK, "ListTagsForResourcesResponse", &answer))
    }
}

fn zones(store: &ZoneStore, asked: &Asked) -> Response {
    let most = most(asked, 100);
    let from = asked.query("marker");
    let mut all = store
        .zones
        .iter()
        .skip_while(|zone| from.is_some_and(|from| from != zone.id));
    let shown = all.by_ref().take(most).map(|zone| HostedZone {
        id: format!("/hostedzone/{}", zone.id),
        name: format!("{}.", zone.name),
        caller_reference: "suite",
        config: ZoneConfig {
            private_zone: zone.private,
        },
    });
    let hosted_zones = HostedZones {
        all: shown.collect(),
    };
    let next_marker = all.next().map(|zone| zone.id.clone());
    let answer = ZoneAnswer {
        hosted_zones,
        is_truncated: next_marker.is_some(),
        next_marker,
        max_items: most,
    };
    xml(StatusCode::OK, "ListHostedZonesResponse", &answer)
}

/// Names are in order from their last label on.
fn order(key: &SetKey) -> (Vec<String>, String, String) {
    let labels = key.name.rsplit('.').map(str::to_owned).collect();
    (labels, key.rtype.to_string(), key.set.clone())
}

fn records(store: &ZoneStore, id: &str, asked: &Asked) -> Result<Response, Fault> {
    let zone = zone(store, id)?;
    let most = most(asked, 100);
    let text = |name: &str| asked.query(name).unwrap_or_default().to_owned();
    let begin = SetKey::new(&name(&text("name")), Rtype(0));
    let (from, rtype) = (order(&begin).0, text("type"));
    let from = (from, rtype, text("identifier"));
    let mut sets: Vec<_> = zone
        .sets
        .iter()
        .map(|(key, set)| (order(key), key, set))
        .collect();
    sets.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    let is_before = |place: &(Vec<String>, String, String)| {
        asked.query("name").is_some() && place.cmp(&from) == Ordering::Less
    };
    let mut sets = sets.into_iter().skip_while(|(place, ..)| is_before(place));
    let shown = sets
        .by_ref()
        .take(most)
        .map(|(_, key, set)| shown(key, set));
    let resource_record_sets = Sets {
        all: shown.collect(),
    };
    let next = sets.next().map(|(_, key, _)| key);
    let answer = RecordAnswer {
        resource_record_sets,
        is_truncated: next.is_some(),
        next_record_name: next.map(|key| escaped(&key.name)),
        next_record_type: next.map(|key| key.rtype.to_string()),
        next_record_identifier: next
            .map(|key| key.set.clone())
            .filter(|set| !set.is_empty()),
        max_items: most,
    };
    Ok(xml(
        StatusCode::OK,
        "ListResourceRecordSetsResponse",
        &answer,
    ))
}

/// A set as it is told. What belongs to it beside its values is kept as it was sent.
fn shown(key: &SetKey, set: &crate::sim::Set) -> Set {
    let kept = set.extra.get(SENT).cloned();
    let kept = kept.and_then(|kept| serde_json::from_value::<Set>(kept).ok());
    let mut told = kept.unwrap_or_else(|| Set {
        set_identifier: Some(key.set.clone()).filter(|set| !set.is_empty()),
        ..Set::default()
    });
    told.name = escaped(&key.name);
    told.rtype = key.rtype.to_string();
    if told.alias_target.is_none() {
        let rows = set.rows.iter();
        let values = rows.map(|row| Record {
            value: octal(&FORM.print(key.rtype, &row.rdata)),
        });
        let all = values.collect();
        told.ttl = Some(set.ttl());
        told.resource_records = Some(Records { all });
    }
    let mut others = set.extra.clone();
    others.remove(SENT);
    if !others.is_empty() {
        told.cidr_routing_config = Some(Cidr {
            collection_id: Value::from(others).to_string(),
            location_name: "*".to_owned(),
        });
    }
    told
}

fn change(store: &mut ZoneStore, id: &str, body: &str) -> Result<Response, Fault> {
    zone(store, id)?;
    let request: ChangeRequest = read(body)?;
    let changes = request.change_batch.changes.all;
    check(&changes)?;
    let mut wrong = Vec::new();
    let done = store.edit(id, |draft: &mut Draft<'_>| {
        for change in &changes {
            if let Err(message) = apply(draft, change) {
                wrong.push(message);
            }
        }
        for change in &changes {
            wrong.extend(beside(draft, change).err());
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(Refused::Invalid(String::new())),
        }
    });
    if let Err(refused) = done {
        if wrong.is_empty() {
            wrong.push(format!("[Invalid Resource Record: {refused:?}]"));
        }
        return Err((StatusCode::BAD_REQUEST, BATCH, wrong));
    }
    let change_info = ChangeInfo {
        id: format!("/change/C{}", store.number()),
        status: "PENDING",
        submitted_at: "2026-08-22T12:00:00Z",
    };
    Ok(xml(
        StatusCode::OK,
        "ChangeResourceRecordSetsResponse",
        &ChangeAnswer { change_info },
    ))
}

/// What is wrong with a request as such.
fn check(changes: &[Change]) -> Result<(), Fault> {
    let (mut values, mut bytes) = (0, 0);
    for change in changes {
        let set = &change.resource_record_set;
        let times = if change.action == "UPSERT" { 2 } else { 1 };
        let records = set.resource_records.iter().flat_map(|records| &records.all);
        for record in records {
            values += times;
            bytes += times * record.value.len();
        }
        let policies = [
            set.weight.is_some(),
            set.region.is_some(),
            set.failover.is_some(),
            set.geo_location.is_some(),
            set.multi_value_answer.is_some(),
            set.geo_proximity_location.is_some(),
            set.cidr_routing_config.is_some() && set.set_identifier.is_some(),
        ];
        let policies = policies.iter().filter(|is| **is).count();
        let name = &set.name;
        if policies > 1 || (policies == 1) != set.set_identifier.is_some() {
            let said = format!(
                "Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, CidrRoutingConfig] with a SetIdentifier, but found {policies} in Change with [Action={}, Name={name}]",
                change.action
            );
            return Err(fault("InvalidInput", &said));
        }
        let is_alias = set.alias_target.is_some();
        if is_alias == set.ttl.is_some() || is_alias == set.resource_records.is_some() {
            let said = format!(
                "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], in Change with [Action={}, Name={name}]",
                change.action
            );
            return Err(fault("InvalidInput", &said));
        }
        if !["CREATE", "DELETE", "UPSERT"].contains(&&*change.action) {
            return Err(fault("InvalidInput", "there is no such action"));
        }
    }
    if changes.is_empty() || changes.len() > 1000 || values > 1000 || bytes > 32_000 {
        let said = "Number of records limit of 1000 exceeded, or of 32000 characters of values";
        return Err((StatusCode::BAD_REQUEST, BATCH, vec![said.to_owned()]));
    }
    Ok(())
}

/// Makes a change, or says why not.
fn apply(draft: &mut Draft<'_>, change: &Change) -> Result<(), String> {
    let set = &change.resource_record_set;
    let (key, rows, extra) = held(draft.zone(), set)?;
    let there = draft.get(&key).cloned();
    let what = |key: &SetKey| {
        let set = match &*key.set {
            "" => String::new(),
            set => format!(", set-identifier='{set}'"),
        };
        format!("[name='{}.', type='{}'{set}]", key.name, key.rtype)
    };
    match (&*change.action, &there) {
        ("CREATE", Some(_)) => Err(format!(
            "Tried to create resource record set {} but it already exists",
            what(&key)
        )),
        ("DELETE", None) => Err(format!(
            "Tried to delete resource record set {} but it was not found",
            what(&key)
        )),
        ("DELETE", Some(there)) => {
            let values = |rows: &[Row]| {
                let mut all: Vec<_> = rows
                    .iter()
                    .map(|row| (row.ttl, row.rdata.clone()))
                    .collect();
                all.sort();
                all
            };
            let is_same = values(&there.rows) == values(&rows) && shown(&key, there).same(set);
            if !is_same {
                return Err(format!(
                    "Tried to delete resource record set {} but the values provided do not match the current values",
                    what(&key)
                ));
            }
            draft
                .take(&key)
                .map(drop)
                .map_err(|refused| format!("{refused:?}"))
        }
        _ => {
            draft.put(key, rows, Some(extra));
            Ok(())
        }
    }
}

impl Set {
    /// Whether two sets have the same policy, health check and target.
    fn same(&self, other: &Self) -> bool {
        let bare = |set: &Self| Self {
            name: String::new(),
            ttl: None,
            resource_records: None,
            alias_target: set.alias_target.clone().map(|alias| Alias {
                name: name(&alias.name).trim_end_matches('.').to_ascii_lowercase(),
                ..alias
            }),
            ..set.clone()
        };
        bare(self) == bare(other)
    }
}

/// What is wrong with a set among others, once all changes are made.
fn beside(draft: &Draft<'_>, change: &Change) -> Result<(), String> {
    let set = &change.resource_record_set;
    if change.action == "DELETE" {
        return Ok(());
    }
    let zone = draft.zone();
    let (key, ..) = held(zone, set)?;
    let named = format!("{}., type {}", key.name, key.rtype);
    let kind = |set: &Set| {
        let parts = (
            set.weight.is_some(),
            set.region.is_some(),
            set.failover.is_some(),
            set.geo_location.is_some(),
            set.multi_value_answer.is_some(),
        );
        (set.set_identifier.is_some(), parts)
    };
    for (other, there) in zone.at(&key.name) {
        if other.rtype == key.rtype && kind(&shown(other, there)) != kind(set) {
            return Err(format!(
                "RRSet with DNS name {named}, SetIdentifier {} cannot be created as there are sets of another routing policy with the same name and type",
                key.set
            ));
        }
        if other.rtype != key.rtype && [other.rtype, key.rtype].contains(&Rtype::CNAME) {
            return Err(format!(
                "RRSet of type {} with DNS name {}. is not permitted as it conflicts with other records with the same DNS name in zone {}.",
                key.rtype, key.name, zone.name
            ));
        }
    }
    let Some(alias) = &set.alias_target else {
        return Ok(());
    };
    let target = name(&alias.name).trim_end_matches('.').to_ascii_lowercase();
    let there = SetKey::new(&target, key.rtype);
    let is_there = zone
        .at(&there.name)
        .any(|(other, _)| other.rtype == there.rtype);
    let tried = format!(
        "Tried to create an alias that targets {target}., type {} in zone {},",
        key.rtype, alias.hosted_zone_id
    );
    match alias.hosted_zone_id == zone.id {
        true if is_there => Ok(()),
        true => Err(format!("{tried} but that target was not found")),
        false if targets::zone(&target) == Some(&alias.hosted_zone_id) => Ok(()),
        false if alias.hosted_zone_id == ELSEWHERE => Ok(()),
        false => Err(format!(
            "{tried} but the alias target name does not lie within the target zone"
        )),
    }
}

/// A set as it is kept: its key, its values, and what is beside these.
type Kept = (SetKey, Vec<Row>, Map<String, Value>);

/// A set as it is kept.
fn held(zone: &SimZone, set: &Set) -> Result<Kept, String> {
    let dotted = format!("{}.", name(&set.name).trim_end_matches('.'));
    let owner = FORM.name(&zone.name, &dotted);
    let owner = owner.map_err(|_| {
        format!(
            "RRSet with DNS name {dotted} is not permitted in zone {}.",
            zone.name
        )
    })?;
    let rtype = Rtype::from_text(set.rtype.as_bytes());
    let rtype = rtype.ok_or_else(|| format!("type {} is not known", set.rtype))?;
    let mut key = SetKey::new(&owner, rtype);
    key.set = set.set_identifier.clone().unwrap_or_default();
    let mut rows = Vec::new();
    let records = set.resource_records.iter().flat_map(|records| &records.all);
    for Record { value } in records {
        let odd = |why: String| {
            format!("Invalid Resource Record: 'FATAL problem: {why} encountered with '{value}''")
        };
        // The vendor's description has this limit, for what is written.
        if value.len() > 4000 {
            return Err(odd("CharacterStringTooLong".to_owned()));
        }
        let text = decimal(value).map_err(odd)?;
        // Names of values are whole there, with a dot or without.
        let rdata = FORM.read("", rtype, &text).map_err(odd)?;
        rows.push(Row::new(set.ttl.unwrap_or_default(), rdata));
    }
    if let Some(alias) = &set.alias_target {
        rows.push(Row::new(0, alias.name.to_ascii_lowercase().into_bytes()));
    }
    let mut extra = Map::new();
    let mut kept = Set {
        name: String::new(),
        ttl: None,
        resource_records: None,
        ..set.clone()
    };
    if let Some(cidr) = kept.cidr_routing_config.take()
        && let Ok(Value::Object(others)) = serde_json::from_str(&cidr.collection_id)
    {
        extra = others;
    }
    let is_plain = kept
        == Set {
            rtype: kept.rtype.clone(),
            ..Set::default()
        };
    if !is_plain {
        extra.insert(
            SENT.to_owned(),
            serde_json::to_value(kept).unwrap_or_default(),
        );
    }
    Ok((key, rows, extra))
}

fn zone<'s>(store: &'s ZoneStore, id: &str) -> Result<&'s SimZone, Fault> {
    store.zone(id).map_err(|_| {
        let said = format!("No hosted zone found with ID: {id}");
        (StatusCode::NOT_FOUND, "NoSuchHostedZone", vec![said])
    })
}

/// How many items are asked for.
fn most(asked: &Asked, usual: usize) -> usize {
    let number = asked.number("maxitems").unwrap_or(usual);
    // Records come in pages of 300 where that is asked for.
    number.clamp(1, usual.max(300))
}

fn read<'d, T: Deserialize<'d>>(body: &'d str) -> Result<T, Fault> {
    quick_xml::de::from_str(body).map_err(|error| {
        let said = format!("the request is malformed: {error}");
        (StatusCode::BAD_REQUEST, "MalformedInput", vec![said])
    })
}

fn fault(code: &'static str, said: &str) -> Fault {
    (StatusCode::BAD_REQUEST, code, vec![said.to_owned()])
}

fn refused((status, code, said): &Fault) -> Response {
    if *code == BATCH {
        let messages = Messages { all: said.clone() };
        return xml(*status, BATCH, &BatchFault { messages });
    }
    let error = Told {
        kind: "Sender",
        code,
        message: said.join("; "),
    };
    xml(*status, "ErrorResponse", &ErrorAnswer { error })
}

fn xml(status: StatusCode, root: &str, body: &impl Serialize) -> Response {
    let text = quick_xml::se::to_string_with_root(root, body).unwrap_or_default();
    let space = format!("<{root} xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">");
    let text = text.replacen(&format!("<{root}>"), &space, 1);
    let mut answer = Response::new(Bytes::from(format!("<?xml version=\"1.0\"?>\n{text}")));
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("text/xml");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

const VERSION: &str = "2013-04-01";
const BATCH: &str = "InvalidChangeBatch";

/// Where what was sent beside values is kept.
const SENT: &str = "sent";

/// A zone of another account.
pub(crate) const ELSEWHERE: &str = "Z0000OTHER";
